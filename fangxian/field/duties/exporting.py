"""The logs of duties as workbooks: gate entries, checks of points, disinfections, outreach.

Names and numbers of who passed a gate are masked, unless a reason was given: then the list is one
reveal, logged (:func:`reveal_entries`). Rows come from a cursor of the database and go to the file
one by one.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override, pgettext_lazy

from fangxian.accounts.actions import log_reveal
from fangxian.common.actor import Actor
from fangxian.common.errors import Invalid, Problem
from fangxian.common.fields import Destroyed
from fangxian.common.masks import mask_name, mask_number, mask_phone
from fangxian.common.scoping import acting
from fangxian.common.sheets.writing import ExportColumn, write_rows
from fangxian.common.ui import formats
from fangxian.core.actions import OWNER_ALONE, store_file
from fangxian.core.jobs import JobKind, kinds
from fangxian.core.ledgers import XLSX
from fangxian.core.models import File
from fangxian.core.progress import Progress
from fangxian.core.queries import emergencies_at
from fangxian.field.actions.gates import LOG
from fangxian.field.duties import queries
from fangxian.field.duties.rules import DutyRules, duty_rules, label
from fangxian.field.models import Disinfection, GateEntry, Outreach, RoundCheck
from fangxian.field.models.duties_log import DutyRecord
from fangxian.field.questionnaire.said import typed
from fangxian.regions.queries import at, called

RIGHT: Final = "field.export"
JOB: Final = "field.duties_export"
WHAT: Final = "gate log"
# More than this is written by a job.
AT_ONCE: Final = 2_000
KEPT_DAYS: Final = 30
MOST_DAYS: Final = 366
CHUNK: Final = 1_000

Cells = Iterator[object]


@dataclass(frozen=True)
class Log:
    """A log to take away. ``cells(row, rules, clear)`` follow place and time."""

    name: str
    label: Any
    rows: Callable[[], QuerySet[Any]]
    columns: tuple[ExportColumn, ...]
    cells: Callable[[Any, DutyRules, bool], Cells]
    masked: bool = False


def hidden(text: str | None, mask: Callable[[str], str], *, clear: bool = False) -> str:
    """A value as it is shown: masked unless ``clear``; what was destroyed says so."""
    if not text or isinstance(text, Destroyed):
        return text or ""
    return text if clear else mask(text)


def _entry(row: GateEntry, rules: DutyRules, clear: bool) -> Cells:
    yield row.gate.name
    yield row.get_direction_display()
    yield row.people
    yield label(rules.decisions, row.decision)
    yield row.temperature
    yield row.plate
    yield hidden(row.who, mask_name, clear=clear)
    yield hidden(row.identity, mask_number, clear=clear)
    yield hidden(row.phone, mask_phone, clear=clear)
    yield row.origin
    yield row.note if clear else typed(row.note or "")


def _check(row: RoundCheck, rules: DutyRules, _clear: bool) -> Cells:
    yield row.point.round.name
    yield row.point.name
    yield label(rules.found, row.found)
    yield _("QR read") if row.scanned else ""
    yield row.metres
    yield typed(row.note or "")


def _disinfection(row: Disinfection, rules: DutyRules, _clear: bool) -> Cells:
    yield label(rules.sites, row.site)
    yield label(rules.agents, row.agent)
    yield row.concentration
    yield row.minutes
    yield row.area
    yield row.operator
    yield typed(row.note or "")


def _outreach(row: Outreach, rules: DutyRules, _clear: bool) -> Cells:
    kind = rules.outreach.get(row.kind)
    yield label(rules.outreach, row.kind)
    yield label(kind.outcomes if kind else {}, row.outcome)
    yield row.people
    yield row.message.text if row.message else ""
    yield typed(row.note or "")


_NOTE = ExportColumn(gettext_lazy("Note"), width=28)
LOGS: Final = {
    one.name: one
    for one in (
        Log(
            "gates",
            gettext_lazy("Gate log"),
            lambda: GateEntry.objects.select_related("gate"),
            (
                ExportColumn(gettext_lazy("Gate")),
                ExportColumn(gettext_lazy("Direction")),
                ExportColumn(pgettext_lazy("how many", "People"), "number"),
                ExportColumn(gettext_lazy("Decision")),
                ExportColumn(gettext_lazy("Temperature (°C)")),
                ExportColumn(gettext_lazy("Plate"), "identity"),
                ExportColumn(pgettext_lazy("of a person", "Name")),
                ExportColumn(gettext_lazy("Identity number"), "identity"),
                ExportColumn(gettext_lazy("Phone"), "identity"),
                ExportColumn(gettext_lazy("Coming from")),
                _NOTE,
            ),
            _entry,
            masked=True,
        ),
        Log(
            "rounds",
            gettext_lazy("Checks of points"),
            lambda: RoundCheck.objects.select_related("point__round"),
            (
                ExportColumn(gettext_lazy("Round")),
                ExportColumn(gettext_lazy("Point")),
                ExportColumn(pgettext_lazy("at a point", "Found")),
                ExportColumn(gettext_lazy("QR read")),
                ExportColumn(gettext_lazy("Metres from the point"), "number"),
                _NOTE,
            ),
            _check,
        ),
        Log(
            "disinfections",
            gettext_lazy("Disinfections"),
            Disinfection.objects.all,
            (
                ExportColumn(pgettext_lazy("disinfected", "What")),
                ExportColumn(gettext_lazy("Agent")),
                ExportColumn(gettext_lazy("Concentration (mg/L)"), "number"),
                ExportColumn(gettext_lazy("Minutes of contact"), "number"),
                ExportColumn(gettext_lazy("Square metres"), "number"),
                ExportColumn(gettext_lazy("Done by")),
                _NOTE,
            ),
            _disinfection,
        ),
        Log(
            "outreach",
            gettext_lazy("Outreach"),
            lambda: Outreach.objects.select_related("message"),
            (
                ExportColumn(gettext_lazy("Kind")),
                ExportColumn(gettext_lazy("What came of it")),
                ExportColumn(gettext_lazy("People reached"), "number"),
                ExportColumn(pgettext_lazy("to be said", "Message"), width=40),
                _NOTE,
            ),
            _outreach,
        ),
    )
}
_FIRST = (
    ExportColumn(pgettext_lazy("of a record", "Time"), "datetime"),
    ExportColumn(gettext_lazy("Place"), width=24),
    ExportColumn(gettext_lazy("Code of the place"), "identity"),
)
_LAST = (ExportColumn(gettext_lazy("By")), ExportColumn(gettext_lazy("Corrected")))


@dataclass(frozen=True)
class Span:
    """A place and days, both included."""

    code: str
    first: dt.date
    last: dt.date

    def of(self, log: Log) -> QuerySet[Any]:
        """The rows of a log, also those that were corrected."""
        since, upto = queries.day_of(self.first)[0], queries.day_of(self.last)[1]
        return queries.inside(log.rows(), self.code).filter(at__gte=since, at__lt=upto)


def _rows(log: Log, span: Span, *, clear: bool) -> Iterator[Sequence[object]]:
    rules = duty_rules()
    found = span.of(log).select_related("corrected_by").order_by("at", "id")
    rows: Iterator[DutyRecord] = iter(found.iterator(chunk_size=CHUNK))
    while chunk := list(islice(rows, CHUNK)):
        places = called({row.place_code for row in chunk})
        people = formats.people({row.actor for row in chunk})
        for row in chunk:
            yield [
                timezone.make_naive(row.at),
                places[row.place_code],
                row.place_code,
                *log.cells(row, rules, clear),
                formats.who(row.actor, people),
                _("corrected") if hasattr(row, "corrected_by") else "",
            ]


def written(
    log: Log,
    span: Span,
    title: str,
    progress: Callable[[int], None] | None = None,
    *,
    clear: bool = False,
) -> bytes:
    """The workbook of a log. ``clear`` only after :func:`reveal_entries`."""
    out = io.BytesIO()
    write_rows(
        out,
        (*_FIRST, *log.columns, *_LAST),
        _rows(log, span, clear=clear),
        sheet=str(log.label)[:31],
        title=title,
        progress=progress,
    )
    return out.getvalue()


def title_of(by: Actor, log: Log, span: Span) -> str:
    """Whose copy of what it is: stands above the rows."""
    days = f"{formats.date(span.first)}–{formats.date(span.last)}"
    return f"{log.label} · {at(span.code).name} · {days} · {by.name}"


def file_name(log: Log, span: Span) -> str:
    """What the workbook is called."""
    return f"{at(span.code).name}{log.label}-{span.first}-{span.last}.xlsx"


def reveal_entries(*, by: Actor, span: Span, reason: str) -> UUID:
    """Log that the gate log is taken away with full names and numbers; returns the entry's id.

    It takes one from the hourly quota. Raises Invalid (no reason), RevealQuota, Forbidden.
    """
    with acting(by):
        by.require(RIGHT, span.code)
        by.require("people.reveal", span.code)
        by.require(LOG, span.code)
        return log_reveal(by=by, person_id=None, what=WHAT, reason=reason).id


def refuse_long(span: Span) -> None:
    """Raise Invalid for more days than a year has."""
    if (span.last - span.first).days >= MOST_DAYS:
        raise Invalid(
            Problem(
                _("Take at most %(n)d days at once.") % {"n": MOST_DAYS},
                field="last",
                mend=_("Choose a later first day."),
            )
        )


def run(
    progress: Progress,
    *,
    log: str,
    code: str,
    first: str,
    last: str,
    language: str,
    reveal: str = "",
) -> File:
    """Write a log as a file to download; ``reveal`` is the id of the entry that logged it.

    The file belongs to the emergency in force at the place and is destroyed with it.
    """
    wanted = LOGS[log]
    span = Span(code, dt.date.fromisoformat(first), dt.date.fromisoformat(last))
    with progress.chunk() as by, override(language):
        total = span.of(wanted).count()
        data = written(
            wanted,
            span,
            title_of(by, wanted, span),
            lambda done: progress.step(min(done, total), total),
            clear=bool(reveal),
        )
        emergency = emergencies_at(code).first()
        return store_file(
            by=by,
            data=data,
            name=file_name(wanted, span),
            media_type=XLSX,
            place_code=code,
            emergency_id=emergency.id if emergency else None,
            keep_until=timezone.localdate() + dt.timedelta(days=KEPT_DAYS),
            # Full numbers are for whoever gave the reason.
            right=OWNER_ALONE if reveal else RIGHT,
        )


def register() -> None:
    """Register the job (from ``ready()``)."""
    kinds.register(JOB, JobKind(JOB, gettext_lazy("Export of a log of duties"), RIGHT, run))
