"""The questions of forms as columns of visits, so that ledgers and offices' templates have them.

Forms are made while the system runs, so these columns are known when they are read only: those of
the forms of sweeps in the reader's area or around it, one query a transaction. A question is one
column however many versions of its form asked it; each visit is read by the version that it
answered. Answers are sealed: they are opened once a chunk of rows, shown as on the page of a
household (numbers that may be a document's or a phone's are masked) and can't be searched or sorted
by.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from django.db.models import Q
from django.utils.functional import lazystr
from django.utils.translation import gettext_lazy as _

from fangxian.common import access, codes
from fangxian.common.facts import Column, Sensitivity, within
from fangxian.common.fields import Destroyed
from fangxian.common.scoping import current_actor
from fangxian.common.sheets.words import known_field
from fangxian.field import queries
from fangxian.field.models import Campaign, FormDefinition, Visit
from fangxian.field.questionnaire.said import Said, in_words, read, said
from fangxian.field.questionnaire.schema import DEFAULT_LANGUAGE, Question, Questionnaire
from fangxian.field.questionnaire.values import text

# To take what was recorded in the field away: as for the answers of a whole sweep.
RIGHT: Final = "field.export"
NUMBERS: Final = frozenset({"integer", "decimal"})
FORMS_KEPT: Final = 128
_COVERS: Final = ("field.Visit.answers", "field.Visit.form")


@dataclass(frozen=True)
class Answered:
    """The answers of a visit and the version of the form that asked."""

    sealed: str
    form: UUID

    @property
    def questionnaire(self) -> Questionnaire:
        """The questions as they were asked."""
        return questionnaire(self.form)


def distinct(blocks: Iterable[Iterable[Question]]) -> list[Question]:
    """The questions of several versions, by name; the first that is given of each."""
    found: dict[str, Question] = {}
    for block in blocks:
        for question in block:
            if question.kind != "note":
                found.setdefault(question.name, question)
    return list(found.values())


def cell(
    question: Question, kind: str, value: Any, known: Mapping[str, Any], *, clear: bool
) -> object:
    """An answer as a cell of a column of ``kind`` (a question's): a number, a day or words."""
    if question.kind == kind == "date":
        return dt.date.fromisoformat(value)
    words = in_words(question, value, known, clear=clear)
    typed = question.kind in NUMBERS and kind in NUMBERS
    # One that was masked is no number any more.
    return value if typed and words == text(value) else words


@lru_cache(maxsize=FORMS_KEPT)
def questionnaire(form: UUID) -> Questionnaire:
    """The questions of a version, which never changes. One query the first time."""
    return FormDefinition.objects.get(pk=form).questionnaire()


def fixed_columns() -> tuple[Column, ...]:
    """The columns that need no form: which one was asked, and all its answers in one text."""
    return (
        Column("form", _("Form"), path="form__name"),
        Column("answers", _("Answers"), path="pk", load=_answered, shown=_all_of, opaque=True,
               covers=_COVERS, sensitivity=Sensitivity.PERSONAL, right=RIGHT, width=40),
    )  # fmt: skip


def columns() -> tuple[Column, ...]:
    """A column for each question of the forms of sweeps in the reader's area or around it.

    None where nobody reads: outside a transaction with its scope nothing is asked.
    """
    reader = current_actor()
    if reader is None:
        return ()
    memory = access.memory()
    key = ("questions of forms", reader.area)
    if key not in memory:
        above = codes.ancestors(reader.area, include_self=True)
        here = within(reader.area, "area__code") | Q(area__code__in=above)
        asked = Campaign.objects.filter(here).order_by().values("form__code")
        found = FormDefinition.objects.filter(code__in=asked).order_by("name", "code", "-version")
        memory[key] = _made(tuple(found.values_list("code", "name", "id")))
    made: tuple[Column, ...] = memory[key]
    return made


@lru_cache(maxsize=16)
def _made(versions: tuple[tuple[str, str, UUID], ...]) -> tuple[Column, ...]:
    """The columns of some versions of forms, of each form the latest first."""
    forms: dict[str, tuple[str, list[Questionnaire]]] = {}
    for code, name, pk in versions:
        forms.setdefault(code, (name, []))[1].append(questionnaire(pk))
    asked = [
        _Asked(code, name, question, repeat)
        for code, (name, every) in forms.items()
        for question, repeat in _of_all(every)
    ]
    # Two forms may ask the same; then each says which form it is of.
    often = Counter(one.called() for one in asked)
    within = Counter((one.form, one.called()) for one in asked)
    return tuple(
        one.column(often[one.called()] > 1, within[one.form, one.called()] > 1) for one in asked
    )


def _of_all(versions: Sequence[Questionnaire]) -> Iterator[tuple[Question, Question | None]]:
    """Each question of the versions, and the repeat that it stands in."""
    for question in distinct(version.questions for version in versions):
        yield question, None
        if question.kind == "repeat":
            same = [q for version in versions for q in version.questions if q.name == question.name]
            for inner in distinct(one.questions for one in same):
                yield inner, question


@dataclass(frozen=True)
class _Asked:
    """A question of a form, within a repeat or not."""

    form: str
    form_name: str
    question: Question
    repeat: Question | None

    def called(self) -> str:
        """What it is called in the language that forms are made in."""
        outer = self.repeat.label.get(DEFAULT_LANGUAGE, "") if self.repeat else ""
        return f"{outer}·{self.question.label.get(DEFAULT_LANGUAGE) or self.question.text()}"

    def column(self, of_form: bool, named: bool) -> Column:
        question, repeat = self.question, self.repeat
        names = [self.form, *([repeat.name] if repeat else []), question.name]
        numbers = not repeat and (question.kind in NUMBERS or question.kind == "repeat")
        own = question.label.get(DEFAULT_LANGUAGE, "")
        return Column(
            "__".join(["asked", *names]),
            lazystr(_Label(self, of_form, named)),
            "number" if numbers else "date" if question.kind == "date" and not repeat else "text",
            path="pk", load=_answered, shown=_shown(question, repeat), opaque=True, covers=_COVERS,
            sensitivity=Sensitivity.PERSONAL, right=RIGHT, heading=self.form_name, width=18,
            synonyms="" if repeat else known_field(own) or "",
        )  # fmt: skip


@dataclass(frozen=True)
class _Label:
    """What the column of a question is called, in the reader's language."""

    asked: _Asked
    of_form: bool
    named: bool

    def __str__(self) -> str:
        asked = self.asked
        name = asked.question.text() or asked.question.name
        if asked.repeat is not None:
            name = f"{asked.repeat.text() or asked.repeat.name}·{name}"
        if self.named:
            name = f"{name} {asked.question.name}"
        return f"{name}（{asked.form_name}）" if self.of_form else name


def _answered(visits: Sequence[UUID], _clear: bool) -> dict[UUID, Answered]:
    """The answers of visits; whoever lives or lived at their doors is noted. Two queries."""
    found = Visit.objects.filter(pk__in=visits, answers__isnull=False).order_by()
    rows: list[tuple[Any, ...]] = list(
        found.values_list("pk", "household_id", "form_id", "answers")
    )
    queries.note_residents(household for _pk, household, _form, _sealed in rows)
    return {pk: Answered(sealed, form) for pk, _household, form, sealed in rows}


def _all_of(answered: Answered) -> Any:
    """All answers in one text: each with its question."""
    if isinstance(answered.sealed, Destroyed):
        return answered.sealed
    return _joined(said(answered.questionnaire, answered.sealed))


def _joined(lines: Iterable[Said]) -> str:
    return "；".join(
        f"{one.label}：{'、'.join(f'（{_joined(row)}）' for row in one.rows) or one.value}"
        for one in lines
    )


def _shown(column: Question, repeat: Question | None) -> Callable[[Answered], Any]:
    """How the answer to one question is read out of all of a visit."""

    def shown(answered: Answered) -> Any:
        if isinstance(answered.sealed, Destroyed):
            return answered.sealed
        answers = read(answered.sealed)
        block = answered.questionnaire.questions
        if repeat is None:
            return _one(block, column, answers, answers)
        rows = answers.get(repeat.name) or ()
        inside = next((one.questions for one in block if one.name == repeat.name), ())
        cells = [_one(inside, column, row, answers | row) for row in rows]
        return "；".join("—" if one is None else text(one) for one in cells) or None

    return shown


def _one(
    block: Sequence[Question], column: Question, answers: Mapping[str, Any], known: dict[str, Any]
) -> Any:
    question = next((one for one in block if one.name == column.name), None)
    value = answers.get(column.name)
    if question is None or value is None:
        return None
    if question.kind == "repeat":
        return len(value)
    return cell(question, column.kind, value, known, clear=False)
