"""Ledgers to take away: organisations with members, who answers where. No identity numbers.

Work phones of persons are masked, unless a reason was given: then the whole list is one reveal,
logged with everybody on it (:func:`reveal_phones`). Rows come from a cursor of the database and go
to the file one by one.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final
from uuid import UUID

from django.db.models import Case, F, Value, When
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from fangxian.accounts.actions import log_reveal
from fangxian.common import access, codes
from fangxian.common.actor import Actor
from fangxian.common.masks import mask_phone
from fangxian.common.scoping import acting
from fangxian.common.sheets.writing import ExportColumn, write_rows
from fangxian.core.actions import OWNER_ALONE, store_file
from fangxian.core.jobs import JobKind, kinds
from fangxian.core.ledgers import XLSX
from fangxian.core.models import File
from fangxian.core.progress import Progress
from fangxian.organisations import exported_places, exporting_households, exporting_together
from fangxian.organisations.actions.revealing import WHAT
from fangxian.organisations.models import Member, Organisation, Responsibility, Standing
from fangxian.organisations.queries import in_force
from fangxian.organisations.rules import chain_rules
from fangxian.organisations.wishes import standing
from fangxian.regions.models import Region
from fangxian.regions.queries import current

RIGHT: Final = "organisations.export"
# More than this is written by a job.
AT_ONCE: Final = 2_000
KEPT_DAYS: Final = 30
CHUNK: Final = 1_000

Row = Sequence[object]


@dataclass(frozen=True)
class Export:
    """A ledger to take away: ``count(code)`` rows, ``rows(code, clear)`` of them.

    ``clear``: with the work phones of persons in full.
    """

    name: str
    label: Any
    columns: tuple[ExportColumn, ...]
    count: Callable[[str], int]
    rows: Callable[[str, bool], Iterator[Row]]


def _organisations(code: str) -> Any:
    lo, hi = codes.bounds(code)
    return Organisation.objects.filter(seat__code__gte=lo, seat__code__lt=hi, dissolved_on=None)


def _members(code: str) -> Any:
    lo, hi = codes.bounds(code)
    return Member.objects.filter(place_code__gte=lo, place_code__lt=hi, to_date=None)


def _count_organisations(code: str) -> int:
    return int(_organisations(code).count() + _members(code).count())


def _organisation_rows(code: str, clear: bool) -> Iterator[Row]:
    """One row for each member, one for an organisation without any."""
    bodies = iter(
        _organisations(code)
        .select_related("kind", "seat", "parent")
        .order_by("seat__code", "name", "id")
        .iterator(chunk_size=CHUNK)
    )
    while chunk := list(islice(bodies, CHUNK)):
        members: dict[object, list[Any]] = {}
        rows = _members(code).filter(organisation__in=chunk).order_by("from_date", "id")
        for row in rows.values_list(
            "organisation_id", "person_id", "person__name", "duty", "rank", "party_member",
            "probationary", "from_date", "wish_id",
        ):  # fmt: skip
            members.setdefault(row[0], []).append(row[1:])
        of_members = [row for some in members.values() for row in some]
        places = standing({row[-1] for row in of_members if row[-1] is not None})
        for body in chunk:
            head = [
                body.name,
                str(body.kind),
                body.parent.name if body.parent else "",
                body.credit_code,
                body.seat.name,
                body.seat.code,
            ]
            for person, name, duty, rank, *party, since, wish in members.get(body.id, []):
                access.note(person)
                yield [
                    *head,
                    name,
                    duty,
                    rank,
                    _party(*party),
                    # The names of grids and buildings repeat; the code says which.
                    _named(places.get(wish)),
                    since,
                ]
            if body.id not in members:
                yield [*head, "", "", "", "", "", None]


def _party(member: bool, probationary: bool) -> str:
    if probationary:
        return str(Standing.PROBATIONARY.label)
    return pgettext("answer", "yes") if member else pgettext("answer", "no")


def _named(place: Region | None) -> str:
    return f"{place.name} {place.code}" if place else ""


def _responsibilities(code: str) -> Any:
    lo, hi = codes.bounds(code)
    return in_force().filter(place_code__gte=lo, place_code__lt=hi)


def _count_responsibilities(code: str) -> int:
    return int(_responsibilities(code).count())


def _responsibility_rows(code: str, clear: bool) -> Iterator[Row]:
    """Place by place, in the order of the roles, substitutes after those they stand in for."""
    rules = chain_rules()
    order = Case(
        *(When(role=role, then=Value(at)) for at, role in enumerate(rules.names)),
        default=Value(len(rules.names)),
    )
    found = (
        _responsibilities(code)
        .select_related("member__organisation", "establishment")
        .order_by("place_code", order, F("substitute_for").asc(nulls_first=True), "from_date", "id")
        .iterator(chunk_size=CHUNK)
    )
    while chunk := list(islice(found, CHUNK)):
        places = exported_places.cells({row.place_code for row in chunk})
        for row in chunk:
            yield [
                *places[row.place_code],
                row.establishment.name if row.establishment else "",
                rules.name_of(row.role),
                row.holder_name,
                row.member.organisation.name if row.member else "",
                _phone(row, clear),
                row.from_date,
                row.to_date,
                _("standing in") if row.substitute_for_id else "",
            ]


def _phone(row: Responsibility, clear: bool) -> str:
    # The number of an organisation is nobody's own.
    number = row.contact or ""
    return number if clear or row.person_id is None or not number else mask_phone(number)


def reveal_phones(*, by: Actor, code: str, reason: str) -> UUID:
    """Log that the work phones of a place are taken away in full; returns the log entry's id.

    It takes one from the hourly quota. Raises Invalid (no reason), RevealQuota, Forbidden.
    """
    with acting(by):
        by.require(RIGHT, code)
        rows = _responsibilities(code).filter(contact__isnull=False, person__isnull=False)
        persons = sorted(set(rows.values_list("person_id", flat=True)))
        return log_reveal(by=by, person_id=persons, what=WHAT, reason=reason).id


EXPORTS: Final = {
    one.name: one
    for one in (
        Export(
            "organisations",
            gettext_lazy("Organisations and members"),
            (
                ExportColumn(gettext_lazy("Organisation"), width=28),
                ExportColumn(gettext_lazy("Kind of organisation")),
                ExportColumn(gettext_lazy("Parent organisation"), width=28),
                ExportColumn(gettext_lazy("Unified social credit code"), "identity"),
                ExportColumn(gettext_lazy("Seat")),
                ExportColumn(gettext_lazy("Code of the place"), "identity"),
                ExportColumn(gettext_lazy("Name of the member")),
                ExportColumn(gettext_lazy("Duty")),
                ExportColumn(gettext_lazy("Rank")),
                ExportColumn(gettext_lazy("Party member")),
                ExportColumn(gettext_lazy("Wishes to serve at"), width=28),
                ExportColumn(gettext_lazy("From"), "date"),
            ),
            _count_organisations,
            _organisation_rows,
        ),
        Export(
            "responsibilities",
            gettext_lazy("Who answers where"),
            (
                *exported_places.COLUMNS,
                ExportColumn(gettext_lazy("Establishment"), width=24),
                ExportColumn(gettext_lazy("Role")),
                ExportColumn(gettext_lazy("Who answers")),
                ExportColumn(gettext_lazy("Organisation"), width=24),
                ExportColumn(gettext_lazy("Work phone"), "identity"),
                ExportColumn(gettext_lazy("From"), "date"),
                ExportColumn(gettext_lazy("Until"), "date"),
                ExportColumn(gettext_lazy("Note")),
            ),
            _count_responsibilities,
            _responsibility_rows,
        ),
        Export(
            "member_households",
            gettext_lazy("Households of members (1+10)"),
            exporting_households.COLUMNS,
            exporting_households.count,
            exporting_households.rows,
        ),
        Export(
            "seconded",
            gettext_lazy("Temporary units and who serves in them"),
            exporting_together.UNIT_COLUMNS,
            exporting_together.count_units,
            exporting_together.unit_rows,
        ),
        Export(
            "alliances",
            gettext_lazy("Alliances"),
            exporting_together.ALLIANCE_COLUMNS,
            exporting_together.count_alliances,
            exporting_together.alliance_rows,
        ),
        Export(
            "pairings",
            gettext_lazy("Pairing"),
            exporting_together.PAIRING_COLUMNS,
            exporting_together.count_pairings,
            exporting_together.pairing_rows,
        ),
    )
}


def written(
    export: Export,
    code: str,
    progress: Callable[[int], None] | None = None,
    *,
    clear: bool = False,
) -> bytes:
    """The workbook of a ledger at a place. ``clear`` only after :func:`reveal_phones`."""
    out = io.BytesIO()
    write_rows(
        out,
        export.columns,
        export.rows(code, clear),
        sheet=str(export.label)[:31],
        progress=progress,
    )
    return out.getvalue()


def file_name(export: Export, code: str) -> str:
    """What the workbook is called."""
    place = current().filter(code=code).first()
    day = timezone.localdate().isoformat()
    return f"{place.name if place else ''}{export.label}-{day}.xlsx"


def run(progress: Progress, *, ledger: str, code: str, reveal: str = "") -> File:
    """Write a ledger as a file to download; ``reveal`` is the id of the entry that logged it."""
    export = EXPORTS[ledger]
    with progress.chunk() as by:
        total = export.count(code)
        data = written(export, code, lambda done: progress.step(done, total), clear=bool(reveal))
        return store_file(
            by=by,
            data=data,
            name=file_name(export, code),
            media_type=XLSX,
            place_code=code,
            keep_until=timezone.localdate() + dt.timedelta(days=KEPT_DAYS),
            # Full numbers are for whoever gave the reason.
            right=OWNER_ALONE if reveal else RIGHT,
        )


def register() -> None:
    """Register the job (from ``ready()``)."""
    name = "organisations.export"
    kinds.register(name, JobKind(name, gettext_lazy("Export of a ledger"), RIGHT, run))
