"""The answers of a sweep as a workbook: one row a visit, one column a question.

Each question that repeats has a sheet of its own, tied to the visits by their number. The rows come
from a cursor of the database and go to the file one by one. Numbers that may be a document's or a
phone's are masked, unless a reason was given: then the list is one reveal, logged with everybody
who lives or lived at its doors (:func:`reveal_answers`).
"""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final, TypeVar
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from fangxian.accounts.actions import log_reveal
from fangxian.common import codes
from fangxian.common.actor import Actor
from fangxian.common.codes import Level
from fangxian.common.errors import Invalid, Problem
from fangxian.common.scoping import acting
from fangxian.common.sheets.writing import ExportColumn, Table, write_book
from fangxian.common.ui.formats import date_time
from fangxian.core.actions import OWNER_ALONE, store_file
from fangxian.core.jobs import JobKind, kinds
from fangxian.core.ledgers import XLSX
from fangxian.core.models import File
from fangxian.core.progress import Progress
from fangxian.field import queries
from fangxian.field.models import Campaign, FormDefinition, Target, Visit
from fangxian.field.questionnaire.said import read, typed
from fangxian.field.questionnaire.schema import Question, Questionnaire
from fangxian.field.questions import NUMBERS, RIGHT, cell, distinct
from fangxian.regions.queries import at, names
from fangxian.register.models import Residency

JOB: Final = "field.answers"
WHAT: Final = "answers of a sweep"
KEPT_DAYS: Final = 30
CHUNK: Final = 1_000
_T = TypeVar("_T")
_LEVELS: Final = (Level.TOWN, Level.VILLAGE, Level.GRID, Level.BUILDING)
# Where a door is, in every list of doors.
DOOR_COLUMNS: Final = (
    ExportColumn(gettext_lazy("Town or street")),
    ExportColumn(gettext_lazy("Community or village")),
    ExportColumn(gettext_lazy("Grid")),
    ExportColumn(gettext_lazy("Building")),
    ExportColumn(gettext_lazy("Unit")),
    ExportColumn(gettext_lazy("Door")),
)
_DOOR: Final = (ExportColumn(gettext_lazy("Visit number"), "number"), *DOOR_COLUMNS)
_VISIT: Final = (
    ExportColumn(gettext_lazy("Outcome of the visit")),
    ExportColumn(gettext_lazy("Time of the visit"), "datetime"),
    ExportColumn(gettext_lazy("By")),
    ExportColumn(gettext_lazy("Corrected")),
    ExportColumn(gettext_lazy("Note"), width=28),
)


@dataclass
class _Ledger:
    """The visits of a sweep at a place, read in chunks.

    ``repeated``: by the name of a repeat the visits that have rows of it, with their numbers; known
    once the visits were read.
    """

    campaign: Campaign
    code: str
    clear: bool
    forms: Mapping[UUID, Questionnaire]
    repeated: dict[str, list[tuple[int, UUID]]] = field(default_factory=dict)

    def visits(self) -> QuerySet[Visit]:
        return queries.visits_at(self.campaign, self.code)

    def count(self) -> int:
        return self.visits().count()

    def questions(self) -> list[Question]:
        """The questions of all versions that were answered, the latest version's first."""
        return distinct(form.questions for form in self.forms.values())

    def inside(self, repeat: str) -> list[Question]:
        every = [q for form in self.forms.values() for q in form.questions if q.name == repeat]
        return distinct(q.questions for q in every)

    def rows(self, columns: Sequence[Question]) -> Iterator[list[object]]:
        found = self.visits().order_by("place_code", "visited_at", "id")
        number = 0
        for chunk in _chunks(found.iterator(chunk_size=CHUNK)):
            queries.note_residents({visit.household_id for visit in chunk})
            labels = door_labels({visit.place_code for visit in chunk})
            for line in queries.visit_lines(chunk):
                number += 1
                visit = line.visit
                answers = read(visit.answers)
                for name, value in answers.items():
                    if value and isinstance(value, list) and isinstance(value[0], dict):
                        self.repeated.setdefault(name, []).append((number, visit.id))
                yield [
                    number,
                    *door_cells(visit, labels),
                    line.said,
                    timezone.make_naive(visit.visited_at),
                    line.by,
                    _("corrected") if line.corrected else "",
                    visit.note if self.clear else typed(visit.note or ""),
                    *self.cells(columns, visit, answers, answers),
                ]

    def rows_of(self, repeat: str, columns: Sequence[Question]) -> Iterator[list[object]]:
        """The rows of a repeat, one for each time it was answered. Visits never change."""
        for part in _chunks(iter(self.repeated.get(repeat, ()))):
            numbers = {id_: number for number, id_ in part}
            visits = list(self.visits().filter(id__in=numbers))
            labels = door_labels({visit.place_code for visit in visits})
            for visit in sorted(visits, key=lambda one: numbers[one.id]):
                answers = read(visit.answers)
                for row in answers.get(repeat, ()):
                    cells = self.cells(columns, visit, row, answers | row, repeat)
                    yield [numbers[visit.id], *door_cells(visit, labels), *cells]

    def cells(
        self,
        columns: Sequence[Question],
        visit: Visit,
        answers: Mapping[str, Any],
        known: Mapping[str, Any],
        repeat: str = "",
    ) -> Iterator[object]:
        asked: Sequence[Question] = self.forms[visit.form_id].questions if answers else ()
        if repeat:
            asked = next((q.questions for q in asked if q.name == repeat), ())
        by_name = {question.name: question for question in asked}
        for column in columns:
            question, value = by_name.get(column.name), answers.get(column.name)
            if question is None or value is None:
                yield None
            elif question.kind == "repeat":
                yield len(value)
            else:
                yield cell(question, column.kind, value, known, clear=self.clear)


def _chunks(rows: Iterator[_T]) -> Iterator[list[_T]]:
    while chunk := list(islice(rows, CHUNK)):
        yield chunk


def door_labels(places: Iterable[str]) -> dict[str, str]:
    """Names of places and of all above them, for :func:`door_cells`. One query."""
    return names({at_ for code in places for at_ in codes.ancestors(code, include_self=True)})


def door_cells(row: Visit | Target, labels: Mapping[str, str]) -> Iterator[str]:
    """Where the door of a row is: the cells of :data:`DOOR_COLUMNS`."""
    code = row.place_code
    for level in _LEVELS:
        yield labels.get(code[: int(level)], "") if len(code) >= level else ""
    yield labels.get(code, "") if len(code) > Level.BUILDING else ""
    yield row.household.room or row.household.address


def _column(question: Question) -> ExportColumn:
    label = question.text() or question.name
    if question.kind in NUMBERS or question.kind == "repeat":
        return ExportColumn(label, "number", width=16)
    return ExportColumn(label, "date" if question.kind == "date" else "text", width=18)


def _ledger(campaign: Campaign, code: str, *, clear: bool) -> _Ledger:
    answered = queries.visits_at(campaign, code).filter(answers__isnull=False)
    ids = answered.order_by().values_list("form_id", flat=True).distinct()
    forms = FormDefinition.objects.filter(id__in=list(ids)).order_by("-version")
    return _Ledger(campaign, code, clear, {form.id: form.questionnaire() for form in forms})


def _tables(ledger: _Ledger, title: str) -> Iterator[Table]:
    questions = ledger.questions()
    columns = [*_DOOR, *_VISIT, *(_column(question) for question in questions)]
    yield Table(columns, ledger.rows(questions), _("Visits"), title)
    for question in questions:
        if question.kind == "repeat":
            inside = ledger.inside(question.name)
            columns = [*_DOOR, *(_column(one) for one in inside)]
            rows = ledger.rows_of(question.name, inside)
            yield Table(columns, rows, (question.text() or question.name)[:31], title)


def reveal_answers(*, by: Actor, campaign: Campaign, code: str, reason: str) -> UUID:
    """Log that the numbers among the answers are taken away in full; returns the entry's id.

    It takes one from the hourly quota. Raises Invalid (no reason, more than a community),
    RevealQuota, Forbidden.
    """
    if len(code) < Level.VILLAGE:
        raise Invalid(
            Problem(
                _("Full numbers are handed out for one community at a time."),
                field="place",
                mend=_("Open the visits of a community or village and take them there."),
                code="wide",
            )
        )
    with acting(by):
        by.require(RIGHT, code)
        by.require("people.reveal", code)
        doors = queries.visits_at(campaign, code).order_by().values("household_id")
        found = Residency.objects.filter(household_id__in=doors).order_by()
        persons = list(found.values_list("person_id", flat=True).distinct())
        return log_reveal(by=by, person_id=persons, what=WHAT, reason=reason).id


def run(progress: Progress, *, campaign: str, code: str, language: str, reveal: str = "") -> File:
    """Write the answers of a sweep at a place; ``reveal`` is the id of the entry that logged it.

    The file belongs to the sweep's emergency and is destroyed with it.
    """
    with progress.chunk() as by, override(language), tempfile.TemporaryFile() as out:
        found = Campaign.objects.select_related("emergency").get(id=UUID(campaign))
        # What is left of an emergency that has ended is not personal and has no key any more.
        over = found.emergency is not None and found.emergency.ended_on is not None
        place = at(code)
        ledger = _ledger(found, code, clear=bool(reveal))
        total = ledger.count()
        what = f"{found.name} · {place.name}"
        # Whose copy it is stands above the rows of each sheet.
        title = f"{what} · {date_time(timezone.now())} · {by.name}"
        write_book(
            out,
            _tables(ledger, title),
            progress=lambda done: progress.step(min(done, total), total),
        )
        out.seek(0)
        return store_file(
            by=by,
            data=out.read(),
            name=f"{_('Answers')} {what} {timezone.localdate().isoformat()}.xlsx",
            media_type=XLSX,
            place_code=code,
            emergency_id=None if over else found.emergency_id,
            keep_until=timezone.localdate() + dt.timedelta(days=KEPT_DAYS),
            # Full numbers are for whoever gave the reason.
            right=OWNER_ALONE if reveal else RIGHT,
        )


def register() -> None:
    """Register the job (from ``ready()``)."""
    kinds.register(JOB, JobKind(JOB, gettext_lazy("Answers of a sweep"), RIGHT, run))
