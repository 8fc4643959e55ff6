"""Gaps and vacancies as a ledger: at once when few, by a job when many."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from typing import IO
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from fangxian.command.gaps import gap_rows, vacancies_at, vacancy_rows
from fangxian.common.actor import Actor
from fangxian.common.sheets.writing import ExportColumn, write_csv, write_rows
from fangxian.common.ui.formats import date_time
from fangxian.core.actions import store_file
from fangxian.core.jobs import job_kind
from fangxian.core.models import File
from fangxian.core.progress import Progress
from fangxian.field.exporting import DOOR_COLUMNS
from fangxian.field.models import Campaign
from fangxian.regions.queries import at

# More than this is written by a job.
AT_ONCE = 5_000
KEPT_DAYS = 30
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv; charset=utf-8"
GAP_COLUMNS = (
    *DOOR_COLUMNS,
    ExportColumn(gettext_lazy("Last outcome")),
    ExportColumn(gettext_lazy("Visits"), "number"),
    ExportColumn(gettext_lazy("Last visit"), "datetime"),
    ExportColumn(gettext_lazy("Due"), "date"),
    ExportColumn(gettext_lazy("Role")),
    ExportColumn(gettext_lazy("Who closes it")),
)
VACANCY_COLUMNS = (
    ExportColumn(gettext_lazy("Place"), width=28),
    ExportColumn(gettext_lazy("Place code"), "identity"),
    ExportColumn(gettext_lazy("Role"), width=28),
    ExportColumn(gettext_lazy("Missing"), "number"),
    ExportColumn(gettext_lazy("Vacant since"), "date"),
    ExportColumn(gettext_lazy("Due"), "datetime"),
    ExportColumn(gettext_lazy("Named by")),
    ExportColumn(gettext_lazy("Account")),
    ExportColumn(gettext_lazy("Whom to call"), width=28),
)


@dataclass(frozen=True)
class Ledger:
    """Columns, rows and what stands above them."""

    title: str
    name: str
    columns: tuple[ExportColumn, ...]
    rows: Iterable[list[object]]


def gaps_ledger(campaign: Campaign, code: str, who: str) -> Ledger:
    """The uncovered doors of a place."""
    place = at(code)
    what = f"{campaign.name} · {place.name}"
    return Ledger(
        _titled(what, who),
        f"{_('Gaps')} {place.name}",
        GAP_COLUMNS,
        _plain(gap_rows(campaign, code)),
    )


def vacancies_ledger(code: str, who: str) -> Ledger:
    """The vacancies of a place ("" is the whole country)."""
    name = at(code).name if code else _("The whole country")
    title = _titled(f"{_('Vacancies')} · {name}", who)
    return Ledger(title, f"{_('Vacancies')} {name}", VACANCY_COLUMNS, _plain(vacancy_rows(code)))


def _titled(what: str, who: str) -> str:
    return f"{what} · {date_time(timezone.now())} · {who}"


def _plain(rows: Iterable[list[object]]) -> Iterable[list[object]]:
    """Times as the clock on the wall shows them; spreadsheets know no zones."""
    for row in rows:
        yield [_clock(value) if isinstance(value, dt.datetime) else value for value in row]


def _clock(value: dt.datetime) -> dt.datetime:
    return timezone.make_naive(value) if timezone.is_aware(value) else value


def write(out: IO[bytes], ledger: Ledger, form: str) -> int:
    """Write a ledger as ``xlsx`` or ``csv``; returns the number of rows."""
    if form == "csv":
        return write_csv(out, ledger.columns, ledger.rows)
    return write_rows(out, ledger.columns, ledger.rows, sheet=ledger.name[:31], title=ledger.title)


def vacancies_count(code: str) -> int:
    """How many rows :func:`vacancies_ledger` has."""
    return vacancies_at(code).count()


@job_kind("command.gaps", label=gettext_lazy("List of gaps"), right="field.view")
def gaps_file(progress: Progress, campaign: str, code: str, form: str, language: str) -> File:
    """The uncovered doors of a place as a file; read in one snapshot."""
    with progress.chunk() as by, override(language):
        found = Campaign.objects.get(id=UUID(campaign))
        return _stored(by, gaps_ledger(found, code, by.name), code, form, "field.view")


@job_kind("command.vacancies", label=gettext_lazy("List of vacancies"), right="command.board")
def vacancies_file(progress: Progress, code: str, form: str, language: str) -> File:
    """The vacancies of a place as a file; read in one snapshot."""
    with progress.chunk() as by, override(language):
        return _stored(by, vacancies_ledger(code, by.name), code, form, "command.board")


def _stored(by: Actor, ledger: Ledger, code: str, form: str, right: str) -> File:
    with tempfile.TemporaryFile() as out:
        write(out, ledger, form)
        out.seek(0)
        return store_file(
            by=by,
            data=out.read(),
            name=f"{ledger.name}.{form}",
            media_type=CSV if form == "csv" else XLSX,
            place_code=code,
            keep_until=timezone.localdate() + dt.timedelta(days=KEPT_DAYS),
            right=right,
        )
