"""Papers: drafted from a template, reviewed by a second person, issued with a number, withdrawn."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import orjson
from django.db import connection
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.accounts.actions import checked_reason
from fangxian.common import access
from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, Forbidden, Invalid, OutOfScope, Problem
from fangxian.common.papers.documents import Document, Note, Paragraph
from fangxian.core.actions.files import require_scope
from fangxian.reporting.bulletins.issuers import issuer_of, values_of
from fangxian.reporting.bulletins.making import Making
from fangxian.reporting.bulletins.parsing import read
from fangxian.reporting.bulletins.templates import (
    KINDS,
    MOST_SPOKEN,
    SPEECH,
    Offered,
    template_of,
)
from fangxian.reporting.models import Bulletin, Issuer, PaperTemplate
from fangxian.reporting.registered import DRAFT, ISSUE, TEMPLATES

# What stands in a draft for what only its issue brings: characters that nobody types.
SERIAL: Final = "\ue000"
NUMBER: Final = "\ue001"
OPEN: Final = "×"
MOST_ANSWER: Final = 5_000
_CODE: Final = re.compile(r"[a-z][a-z0-9-]{1,38}")


def document_of(row: Bulletin) -> Document:
    """The paper as it was made; in a draft its number is open."""
    return Document.from_json(content_of(row)["document"])


def content_of(row: Bulletin) -> dict[str, Any]:
    """What is kept of a paper: document, figures, answers. Raises OutOfScope without its key."""
    if not row.content:
        raise OutOfScope(str(row.pk))
    text = row.content
    if row.state in (Bulletin.State.DRAFT, Bulletin.State.REVIEW):
        text = text.replace(SERIAL, OPEN).replace(NUMBER, OPEN)
    kept: dict[str, Any] = orjson.loads(text)
    return kept


def last_figures(place: str, template: str, before: dt.date) -> dict[str, float]:
    """The figures of the last issued paper of a template at a place before a day."""
    row = (
        Bulletin.objects.filter(
            place_code=place, template=template, state=Bulletin.State.ISSUED, day__lt=before
        )
        .order_by("-day", "-serial")
        .first()
    )
    return dict(content_of(row)["figures"]) if row is not None else {}


def open_paper(row: Bulletin, by: Actor) -> Document:
    """The paper for who opens it; whom it is about was then read.

    Raises Forbidden without the rights to what it tells of a person or home, OutOfScope.
    """
    kept = content_of(row)
    for right in kept.get("rights", ()):
        by.require(right, row.place_code)
    access.note(*(UUID(one) for one in kept.get("persons", ())))
    return Document.from_json(kept["document"])


def _made(
    by: Actor,
    place: str,
    template: Offered,
    day: dt.date,
    answers: Mapping[str, str],
    about: Mapping[str, str],
) -> tuple[Making, Document]:
    answers = {name: text.strip()[:MOST_ANSWER] for name, text in answers.items()}
    making = Making(
        by, place, day, template.template, answers, last_figures(place, template.code, day),
        {"serial": SERIAL, "number": NUMBER, "author": by.name} | values_of(place), about=about,
    )  # fmt: skip
    paper = making.document()
    if template.kind == SPEECH:
        _spoken(paper)
    return making, paper


def spoken_text(paper: Document) -> str:
    """What is read aloud: the paragraphs of a paper, one after another."""
    return "".join(
        "".join(run if isinstance(run, str) else run.text for run in block.runs)
        for block in paper.blocks
        if isinstance(block, Paragraph)
    )


def _spoken(paper: Document) -> None:
    """Raise Invalid unless a text can be read aloud: sentences alone, at most 150 characters."""
    if any(not isinstance(block, Paragraph | Note) for block in paper.blocks):
        raise Invalid(
            Problem(
                _("What is read aloud has no headings, tables or pictures."), "source",
                mend=_("Leave sentences alone."),
            )
        )  # fmt: skip
    many = len(spoken_text(paper))
    if many > MOST_SPOKEN:
        raise Invalid(
            Problem(
                _("The text has %(n)d characters, %(most)d can be read aloud.")
                % {"n": many, "most": MOST_SPOKEN},
                "answers", mend=_("Shorten it."),
            )
        )  # fmt: skip


def _fill(row: Bulletin, making: Making, paper: Document) -> None:
    kept: dict[str, Any] = {
        "document": paper.to_json(),
        "figures": making.used,
        "told": making.told,
        "answers": dict(making.answers),
    }
    if making.template.subjects:
        kept |= {
            "about": {name: making.about[name] for name in making.template.subjects},
            "persons": [str(one) for one in making.subject.persons],
            "rights": list(making.subject.rights),
        }
    row.content = orjson.dumps(kept, option=orjson.OPT_SORT_KEYS).decode()
    row.digest = hashlib.sha256(row.content.encode()).hexdigest()
    row.title = paper.title.replace(SERIAL, OPEN).replace(NUMBER, OPEN)[:200]
    row.as_of = making.moment


@action
def draft_paper(
    *,
    by: Actor,
    place_code: str,
    template: str,
    day: dt.date,
    answers: Mapping[str, str] | None = None,
    about: Mapping[str, str] | None = None,
) -> Bulletin:
    """Draft a paper from a template with the figures of this moment.

    ``about``: the key of the row that it is about, by what that is (``person``). Raises Forbidden
    (the room's or the facts' right), OutOfScope, Invalid.
    """
    require_scope(by, place_code)
    by.require(DRAFT, place_code)
    if by.user_id is None:
        raise Forbidden(DRAFT)
    if day > timezone.localdate():
        raise Invalid(
            Problem(_("This day has not come yet."), "day", mend=_("Take today or a day before."))
        )
    chosen = template_of(place_code, template)
    making, paper = _made(by, place_code, chosen, day, answers or {}, about or {})
    row = Bulletin(
        place_code=place_code, kind=chosen.kind, template=chosen.code,
        template_version=chosen.version or None, day=day, user_id=by.user_id, made_by=by.name,
    )  # fmt: skip
    _fill(row, making, paper)
    row.save(force_insert=True)
    return row


def _locked(bulletin_id: UUID) -> Bulletin:
    row = Bulletin.objects.select_for_update().filter(pk=bulletin_id).first()
    if row is None:
        raise OutOfScope(f"bulletin {bulletin_id}")
    return row


def _in(row: Bulletin, *states: str) -> None:
    if row.state not in states:
        raise Conflict(_("The paper is %(state)s.") % {"state": row.get_state_display()})


@action
def renew_paper(
    *, by: Actor, bulletin_id: UUID, answers: Mapping[str, str] | None = None
) -> Bulletin:
    """Fill a draft anew with the figures of now, and other answers if they are given.

    Raises OutOfScope, Forbidden, Conflict (no draft any more), Invalid.
    """
    row = _locked(bulletin_id)
    by.require(DRAFT, row.place_code)
    _in(row, Bulletin.State.DRAFT)
    chosen = template_of(row.place_code, row.template)
    kept = content_of(row)
    known = kept["answers"] if answers is None else answers
    making, paper = _made(by, row.place_code, chosen, row.day, known, kept.get("about", {}))
    _fill(row, making, paper)
    row.template_version = chosen.version or None
    row.returned_for = ""
    row.save()
    return row


@action
def remove_paper(*, by: Actor, bulletin_id: UUID) -> None:
    """Remove a draft. Raises OutOfScope, Forbidden, Conflict."""
    row = _locked(bulletin_id)
    by.require(DRAFT, row.place_code)
    _in(row, Bulletin.State.DRAFT)
    row.delete()


@action
def submit_paper(*, by: Actor, bulletin_id: UUID) -> Bulletin:
    """Send a draft to review. Raises OutOfScope, Forbidden, Conflict, Invalid (answers missing)."""
    row = _locked(bulletin_id)
    by.require(DRAFT, row.place_code)
    _in(row, Bulletin.State.DRAFT)
    answers = content_of(row)["answers"]
    chosen = template_of(row.place_code, row.template)
    missing = [name for name in chosen.template.asked if not answers.get(name)]
    if missing:
        raise Invalid(
            *(
                Problem(
                    _("“%(name)s” isn't filled in.") % {"name": name}, "answers",
                    mend=_("Fill it in, then send the paper to review."),
                )
                for name in missing
            )
        )  # fmt: skip
    # Who sends it stands for it, and so can't issue it.
    row.state, row.made_by = Bulletin.State.REVIEW, by.name
    row.user_id = by.user_id or row.user_id
    row.save()
    return row


@action
def return_paper(*, by: Actor, bulletin_id: UUID, reason: str) -> Bulletin:
    """Send a paper in review back. Raises OutOfScope, Forbidden, Conflict, Invalid."""
    row = _locked(bulletin_id)
    by.require(ISSUE, row.place_code)
    _in(row, Bulletin.State.REVIEW)
    row.state, row.returned_for = Bulletin.State.DRAFT, checked_reason(reason)
    row.save()
    return row


@action
def issue_paper(*, by: Actor, bulletin_id: UUID) -> Bulletin:
    """Issue a reviewed paper with the next number of its kind, place and year; then it is frozen.

    Who drafted it doesn't issue it. Raises OutOfScope, Forbidden, Conflict.
    """
    row = _locked(bulletin_id)
    by.require(ISSUE, row.place_code)
    _in(row, Bulletin.State.REVIEW)
    if row.user_id == by.user_id:
        raise Forbidden(ISSUE, row.place_code)
    with connection.cursor() as cursor:
        # Two papers issued at once get two numbers, without a gap.
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
            [f"bulletin:{row.place_code}:{row.kind}:{row.day.year}"],
        )
    same = Bulletin.objects.filter(
        place_code=row.place_code, kind=row.kind, year=row.day.year, serial__isnull=False
    )
    row.serial = int(same.aggregate(most=Max("serial"))["most"] or 0) + 1
    row.year = row.day.year
    content = row.content.replace(SERIAL, str(row.serial))
    head = Document.from_json(orjson.loads(content)["document"]).number.replace(NUMBER, "")
    row.number = (head or f"{row.year}-{row.serial}")[:60]
    # In JSON as everything there: a number is text that may hold quotes.
    row.content = content.replace(NUMBER, orjson.dumps(row.number).decode()[1:-1])
    row.digest = hashlib.sha256(row.content.encode()).hexdigest()
    row.title = Document.from_json(orjson.loads(row.content)["document"]).title[:200]
    row.state, row.issued_at = Bulletin.State.ISSUED, timezone.now()
    row.issued_by = row.reviewed_by = by.name
    row.reviewer_id, row.returned_for = by.user_id, ""
    row.save()
    return row


@action
def withdraw_paper(*, by: Actor, bulletin_id: UUID, reason: str) -> Bulletin:
    """Withdraw an issued paper; it stays as it was, marked.

    Raises OutOfScope, Forbidden, Conflict, Invalid.
    """
    row = _locked(bulletin_id)
    by.require(ISSUE, row.place_code)
    _in(row, Bulletin.State.ISSUED)
    row.state, row.withdrawn_at = Bulletin.State.WITHDRAWN, timezone.now()
    row.withdrawn_by, row.withdrawn_for = by.name, checked_reason(reason)
    row.save(update_fields=["state", "withdrawn_at", "withdrawn_by", "withdrawn_for"])
    return row


@action
def write_template(
    *, by: Actor, place_code: str, code: str, kind: str, name: str, source: str
) -> PaperTemplate:
    """Write a version of a template at a place; the one before stays with what was made from it.

    Raises Forbidden, OutOfScope, Invalid with a problem for each line that is wrong.
    """
    require_scope(by, place_code)
    by.require(TEMPLATES, place_code)
    problems = []
    if not _CODE.fullmatch(code):
        problems.append(
            Problem(
                _("A code has small letters, digits and hyphens."), "code",
                mend=_("Write something like daily-market."),
            )
        )  # fmt: skip
    if kind not in KINDS:
        problems.append(Problem(_("There is no such kind of paper."), "kind"))
    if not name.strip():
        problems.append(Problem(_("A template needs a name."), "name", mend=_("Give it one.")))
    try:
        read(source)
    except Invalid as error:
        problems += error.problems
    if problems:
        raise Invalid(*problems)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"paper:{place_code}:{code}"]
        )
    same = PaperTemplate.objects.filter(place_code=place_code, code=code)
    row = PaperTemplate(
        place_code=place_code, code=code, kind=kind, name=name.strip(), source=source,
        version=int(same.aggregate(most=Max("version"))["most"] or 0) + 1, made_by=by.name,
    )  # fmt: skip
    row.save(force_insert=True)
    return row


@action
def retire_template(*, by: Actor, place_code: str, code: str) -> None:
    """Offer a template of a place no more; one of the same code above comes into force again."""
    require_scope(by, place_code)
    by.require(TEMPLATES, place_code)
    row = (
        PaperTemplate.objects.select_for_update()
        .filter(place_code=place_code, code=code)
        .order_by("-version")
        .first()
    )
    if row is None or row.retired_on is not None:
        raise OutOfScope(f"template {code}")
    PaperTemplate.objects.filter(place_code=place_code, code=code, retired_on=None).update(
        retired_on=timezone.localdate()
    )


@action
def set_issuer(
    *, by: Actor, place_code: str, red_head: str = "", body: str = "", addressee: str = ""
) -> Issuer | None:
    """Set as whom a place issues papers; with nothing set it is as usual (None).

    Papers drafted from then on, or filled anew, bear it. Raises Forbidden, OutOfScope.
    """
    require_scope(by, place_code)
    by.require(TEMPLATES, place_code)
    given = {"red_head": red_head.strip(), "body": body.strip(), "addressee": addressee.strip()}
    row = issuer_of(place_code)
    if not any(given.values()):
        if row is not None:
            row.delete()
        return None
    row = row or Issuer(place_code=place_code)
    for name, value in given.items():
        setattr(row, name, value)
    row.save()
    return row
