"""Ledgers to take away: organisations with members, who answers where. No identity numbers."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fangxian.common import access, codes
from fangxian.common.sheets.writing import ExportColumn, write_rows
from fangxian.core.actions import store_file
from fangxian.core.jobs import JobKind, kinds
from fangxian.core.ledgers import XLSX
from fangxian.core.models import File
from fangxian.core.progress import Progress
from fangxian.organisations.models import Member, Organisation
from fangxian.organisations.queries import in_force, in_order
from fangxian.organisations.rules import chain_rules
from fangxian.regions.queries import current

RIGHT: Final = "organisations.export"
# More than this is written by a job.
AT_ONCE: Final = 2_000
KEPT_DAYS: Final = 30

Row = Sequence[object]


@dataclass(frozen=True)
class Export:
    """A ledger to take away: ``count(code)`` rows, ``rows(code)`` of them."""

    name: str
    label: Any
    columns: tuple[ExportColumn, ...]
    count: Callable[[str], int]
    rows: Callable[[str], Iterator[Row]]


def _organisations(code: str) -> Any:
    lo, hi = codes.bounds(code)
    return Organisation.objects.filter(seat__code__gte=lo, seat__code__lt=hi, dissolved_on=None)


def _members(code: str) -> Any:
    lo, hi = codes.bounds(code)
    return Member.objects.filter(place_code__gte=lo, place_code__lt=hi, to_date=None)


def _count_organisations(code: str) -> int:
    return int(_organisations(code).count() + _members(code).count())


def _organisation_rows(code: str) -> Iterator[Row]:
    """One row for each member, one for an organisation without any."""
    members: dict[object, list[Any]] = {}
    rows = _members(code).order_by("from_date", "id")
    for row in rows.values_list(
        "organisation_id", "person_id", "person__name", "duty", "rank", "party_member", "from_date"
    ):
        members.setdefault(row[0], []).append(row[1:])
    for body in (
        _organisations(code).select_related("kind", "seat", "parent").order_by("seat__code", "name")
    ):
        head = [
            body.name,
            str(body.kind),
            body.parent.name if body.parent else "",
            body.credit_code,
            body.seat.name,
            body.seat.code,
        ]
        for person, name, duty, rank, party, since in members.get(body.id, []):
            access.note(person)
            yield [*head, name, duty, rank, _("yes") if party else _("no"), since]
        if body.id not in members:
            yield [*head, "", "", "", "", None]


def _responsibilities(code: str) -> Any:
    lo, hi = codes.bounds(code)
    return in_force().filter(place_code__gte=lo, place_code__lt=hi)


def _count_responsibilities(code: str) -> int:
    return int(_responsibilities(code).count())


def _responsibility_rows(code: str) -> Iterator[Row]:
    rules = chain_rules()
    rows = in_order(
        _responsibilities(code).select_related("member__organisation", "establishment"), rules
    )
    rows.sort(key=lambda row: row.place_code)
    wanted = {row.place_code[:size] for row in rows for size in (9, 12, 15, 18, 20)}
    names = dict(current().filter(code__in=wanted).values_list("code", "name"))
    for row in rows:
        if row.person_id is not None:
            access.note(row.person_id)
        at = row.place_code
        way = [names.get(at[:size], "") if size <= len(at) else "" for size in (9, 12, 15, 18, 20)]
        yield [
            at,
            *way,
            row.establishment.name if row.establishment else "",
            rules.name_of(row.role),
            row.holder_name,
            row.member.organisation.name if row.member else "",
            row.contact or "",
            row.from_date,
            row.to_date,
            _("standing in") if row.substitute_for_id else "",
        ]


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
                ExportColumn(gettext_lazy("From"), "date"),
            ),
            _count_organisations,
            _organisation_rows,
        ),
        Export(
            "responsibilities",
            gettext_lazy("Who answers where"),
            (
                ExportColumn(gettext_lazy("Code of the place"), "identity"),
                ExportColumn(gettext_lazy("Town or street")),
                ExportColumn(gettext_lazy("Community or village")),
                ExportColumn(gettext_lazy("Grid")),
                ExportColumn(gettext_lazy("Building")),
                ExportColumn(gettext_lazy("Entrance")),
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
    )
}


def written(export: Export, code: str, progress: Callable[[int], None] | None = None) -> bytes:
    """The workbook of a ledger at a place."""
    out = io.BytesIO()
    write_rows(
        out,
        export.columns,
        export.rows(code),
        sheet=str(export.label)[:31],
        progress=progress,
    )
    return out.getvalue()


def file_name(export: Export, code: str) -> str:
    """What the workbook is called."""
    place = current().filter(code=code).first()
    day = timezone.localdate().isoformat()
    return f"{place.name if place else ''}{export.label}-{day}.xlsx"


def run(progress: Progress, *, ledger: str, code: str) -> File:
    """Write a ledger as a file to download."""
    export = EXPORTS[ledger]
    with progress.chunk() as by:
        total = export.count(code)
        data = written(export, code, lambda done: progress.step(done, total))
        return store_file(
            by=by,
            data=data,
            name=file_name(export, code),
            media_type=XLSX,
            place_code=code,
            keep_until=timezone.localdate() + dt.timedelta(days=KEPT_DAYS),
            right=RIGHT,
        )


def register() -> None:
    """Register the job (from ``ready()``)."""
    name = "organisations.export"
    kinds.register(name, JobKind(name, gettext_lazy("Export of a ledger"), RIGHT, run))
