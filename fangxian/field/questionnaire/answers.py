"""Checking answers against a questionnaire; the same for a page, a phone and an import."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from django.utils.translation import gettext as _

from fangxian.common.errors import Problem
from fangxian.field.questionnaire.expression import Tree, holds
from fangxian.field.questionnaire.schema import Question, Questionnaire, in_language

MAX_TEXT: Final = 2_000
MAX_REPEATS: Final = 50
MAX_NUMBER: Final = 1e12
_POSITION: Final = re.compile(r"^-?\d{1,3}(\.\d+)?,-?\d{1,3}(\.\d+)?$")


@dataclass
class Checked:
    """Cleaned answers (only of relevant questions), problems, and which answers are exceptions."""

    answers: dict[str, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    exceptions: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.problems


class _Unfit(ValueError):
    def __init__(self, message: str, mend: str) -> None:
        super().__init__(message)
        self.mend = mend


def _choice(question: Question, value: Any) -> Any:
    codes = [option.code for option in question.options]
    chosen = value if isinstance(value, list) else str(value).split()
    unknown = [str(c) for c in chosen if str(c) not in codes]
    if unknown or (question.kind == "choice" and len(chosen) != 1):
        names = "、".join(in_language(option.label) for option in question.options)
        mend = _("Choose from: %(names)s.") % {"names": names}
        if not codes:
            mend = _("Nothing is left to choose from: correct the answers above.")
        raise _Unfit(_("This is not one of the options."), mend)
    return str(chosen[0]) if question.kind == "choice" else [str(c) for c in chosen]


def _finite(value: Any) -> float:
    """The number that was given; not-a-number for anything else and for what is out of bounds."""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return math.nan
    return number if abs(number) <= MAX_NUMBER else math.nan


def _integer(_question: Question, value: Any) -> int:
    number = _finite(value)
    if not number.is_integer():
        raise _Unfit(_("This is not a whole number."), _("Write digits only."))
    return int(number)


def _decimal(_question: Question, value: Any) -> float:
    number = _finite(value)
    if number != number:
        raise _Unfit(_("This is not a number."), _("Write it like 36.5."))
    return number


def _date(_question: Question, value: Any) -> str:
    try:
        return dt.date.fromisoformat(str(value)).isoformat()
    except ValueError:
        raise _Unfit(_("This is not a date."), _("Write it like 2020-03-05.")) from None


def _text(_question: Question, value: Any) -> str:
    text = str(value).replace("\x00", "").strip()
    if len(text) > MAX_TEXT:
        raise _Unfit(
            _("The text is too long."), _("%(n)d characters are the most.") % {"n": MAX_TEXT}
        )
    return text


def _position(_question: Question, value: Any) -> str:
    text = str(value).replace(" ", "")
    if not _POSITION.match(text):
        raise _Unfit(_("This is not a position."), _("Write longitude and latitude with a comma."))
    return text


_CLEAN = {
    "choice": _choice,
    "choices": _choice,
    "text": _text,
    "integer": _integer,
    "decimal": _decimal,
    "date": _date,
    "position": _position,
    "barcode": _text,
}


def _empty(value: Any) -> bool:
    return value is None or value == "" or value == []


class _Checker:
    def __init__(self, today: dt.date) -> None:
        self.today = today
        self.result = Checked()

    def problem(self, path: str, message: str, mend: str, row: int | None) -> None:
        self.result.problems.append(Problem(message, field=path, mend=mend, row=row, code="answer"))

    def holds(self, tree: Tree, known: Mapping[str, Any], own: Any = None) -> bool:
        return holds(tree, known, own=own, today=self.today)

    def one(
        self, question: Question, given: Any, known: Mapping[str, Any], path: str, row: int | None
    ) -> Any:
        """The cleaned answer, or None when there is none or it has a problem."""
        if question.kind == "repeat":
            return self.repeat(question, given, known, path)
        if _empty(given):
            if question.required:
                self.problem(path, _("This is not answered."), _("Answer it."), row)
            return None
        try:
            value = _CLEAN[question.kind](question, given)
        except _Unfit as unfit:
            self.problem(path, str(unfit), unfit.mend, row)
            return None
        except (ArithmeticError, ValueError):
            self.problem(path, _("This answer can’t be read."), _("Check and correct it."), row)
            return None
        known = {**known, question.name: value}
        if question.constraint is not None and not self.holds(question.constraint, known, value):
            message = in_language(question.constraint_message) or _("This answer is not allowed.")
            self.problem(path, message, _("Check and correct it."), row)
            return None
        if question.exception_when is not None and self.holds(
            question.exception_when, known, value
        ):
            self.result.exceptions.append(path)
        return value

    def repeat(
        self, question: Question, given: Any, known: Mapping[str, Any], path: str
    ) -> list[dict[str, Any]] | None:
        rows = given if isinstance(given, list) else []
        if len(rows) > MAX_REPEATS:
            self.problem(
                path,
                _("There are too many rows."),
                _("%(n)d are the most.") % {"n": MAX_REPEATS},
                None,
            )
            return None
        if question.required and not rows:
            self.problem(path, _("This is not answered."), _("Add a row."), None)
        return [
            self.block(
                question.questions,
                row if isinstance(row, Mapping) else {},
                known,
                f"{path}.{at}.",
                at + 1,
            )
            for at, row in enumerate(rows)
        ]

    def block(
        self,
        questions: Sequence[Question],
        given: Mapping[str, Any],
        outer: Mapping[str, Any],
        prefix: str = "",
        row: int | None = None,
    ) -> dict[str, Any]:
        answers: dict[str, Any] = {}
        for question in questions:
            known = {**outer, **answers}
            if question.kind == "note":
                continue
            if question.relevant is not None and not self.holds(question.relevant, known):
                # What was skipped is not kept, even if a phone sent it.
                continue
            value, asked = given.get(question.name), question
            if question.choice_filter is not None:
                asked = replace(question, options=question.left(known, self.today))
                if not asked.options and _empty(value):
                    # Nothing is left to choose from, so nothing is asked.
                    continue
            value = self.one(asked, value, known, prefix + question.name, row)
            if not _empty(value):
                answers[question.name] = value
        return answers


def check_answers(
    questionnaire: Questionnaire, given: Mapping[str, Any], *, today: dt.date
) -> Checked:
    """Clean and check answers by question name (repeats: lists of such mappings).

    Answers of questions that are skipped or unknown are dropped; logic sees only answers above the
    question. ``today`` is the day of the visit. Never raises: problems are in the result.
    """
    checker = _Checker(today)
    checker.result.answers = checker.block(questionnaire.questions, given, {})
    return checker.result
