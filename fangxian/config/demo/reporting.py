"""Ledgers that are kept, papers on their way, an office's template that one click fills."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

from django.utils import timezone

from fangxian.common.actor import Actor
from fangxian.common.facts import Filter, View
from fangxian.common.scoping import acting
from fangxian.common.sheets.xlsxstream import BookWriter, Style
from fangxian.config.demo.officers import Officers
from fangxian.config.demo.recipe import Chance
from fangxian.reporting import actions
from fangxian.reporting.actions.taking import entered
from fangxian.reporting.models import Ledger, OfficeTemplate
from fangxian.reporting.queries import view_of

ROWS = 6


def begin(chance: Chance, officers: Officers) -> None:
    """Add all of it, by the actions that people use."""
    given = chance.data["reporting"]
    community, headquarters = officers.account("shequ"), officers.account("zhihuibu")
    for row in given["ledgers"]:
        kept = _ledger(officers.account(row["account"]), row)
        if "approved_by" in row:
            _approved(officers.account(row["account"]), officers.account(row["approved_by"]), kept)
    head = dict(given["issuer"])
    issuer = officers.account(head.pop("account"))
    actions.set_issuer(by=issuer, place_code=issuer.area, **head)
    _papers(community, headquarters, given["papers"])
    _template(community, given["template"])
    # Everybody of a community at once: a second person has to approve.
    residents = given["export"]
    actions.ask(
        by=community, view=View(residents["table"], columns=tuple(residents["columns"])),
        place_code=community.area, title=residents["title"], form="xlsx",
    )  # fmt: skip


def _ledger(by: Actor, row: dict[str, Any]) -> Ledger:
    view = View(
        row["table"],
        columns=tuple(row["columns"]),
        filters=tuple(Filter(*one) for one in row["filters"]),
        groups=tuple(row.get("groups", ())),
        sums=tuple(row.get("sums", ())),
    )
    at = dt.time.fromisoformat(row["daily_at"]) if row["daily_at"] else None
    kept = actions.keep(
        by=by, view=view, place_code=by.area, name=row["name"], shared=row["shared"],
        daily_at=at, watched=row["watched"],
    )  # fmt: skip
    if kept.watched:
        actions.shoot(by=by, ledger_id=kept.pk)
    return kept


def _approved(by: Actor, approver: Actor, kept: Ledger) -> None:
    """A large ledger of every day was asked for once, and is approved for the days to come."""
    with acting(by):
        taking = entered(
            by, view_of(kept), place_code=kept.place_code, title=kept.name, form="xlsx",
            ledger=kept,
        )  # fmt: skip
    actions.decide(by=approver, taking_id=taking.pk, standing=True)


def _papers(community: Actor, headquarters: Actor, answers: dict[str, dict[str, str]]) -> None:
    """Yesterday's zero report is issued, a posting waits for that, today's bulletin is a draft."""
    today = timezone.localdate()
    yesterday = today - dt.timedelta(days=1)
    zero = _drafted(community, "zero", yesterday, answers)
    actions.submit_paper(by=community, bulletin_id=zero)
    actions.issue_paper(by=headquarters, bulletin_id=zero)
    posting = _drafted(community, "posting", today, answers)
    actions.submit_paper(by=community, bulletin_id=posting)
    _drafted(headquarters, "daily", today, answers)


def _drafted(by: Actor, code: str, day: dt.date, answers: dict[str, dict[str, str]]) -> Any:
    return actions.draft_paper(
        by=by, place_code=by.area, template=code, day=day, answers=answers[code]
    ).pk


def _template(by: Actor, words: dict[str, Any]) -> None:
    """A workbook with prepared rows, its columns known, ready for the one click."""
    with acting(by):
        row = actions.take_in(
            by=by, place_code=by.area, name=f"{words['name']}.xlsx", data=_workbook(words),
            office=words["office"],
        )  # fmt: skip
        found = OfficeTemplate.objects.get(pk=row.pk)
        actions.choose(by=by, template_id=found.pk, choices=found.choices)


def _workbook(words: dict[str, Any]) -> bytes:
    out, wide = io.BytesIO(), len(words["head"])
    with BookWriter(out) as book:
        sheet = book.sheet(words["sheet"], widths=dict.fromkeys(range(wide), (14, Style.PLAIN)))
        sheet.row([(words["name"], Style.TITLE)])
        sheet.row([(words["place"], Style.PLAIN), *[(None, Style.PLAIN)] * 3,
                   (words["day"], Style.PLAIN)])  # fmt: skip
        sheet.row([(name, Style.HEAD) for name in words["head"]])
        for _row in range(ROWS):
            sheet.row([(None, Style.TEXT)] * wide)
        sheet.row([(words["total"], Style.HEAD)])
        sheet.merge([(0, 0, 0, wide - 1)])
    return out.getvalue()
