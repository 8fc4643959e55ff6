"""Checking answers against a questionnaire; the same for a page, a phone and an import."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext as _

from fangxian.common.errors import Problem
from fangxian.field.questionnaire.expression import Tree, evaluate, holds, worked_out
from fangxian.field.questionnaire.schema import Question, Questionnaire, filled, in_language
from fangxian.field.questionnaire.values import hours_of, number

MAX_TEXT: Final = 2_000
MAX_REPEATS: Final = 50
MAX_NUMBER: Final = 1e12
_TIME: Final = re.compile(r"^\d{1,2}:\d{2}(:\d{2})?$", re.ASCII)
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


def _time(_question: Question, value: Any) -> str:
    said = str(value).strip()
    if not _TIME.match(said) or math.isnan(hours_of(said)):
        raise _Unfit(_("This is not a time."), _("Write it like 14:30."))
    return said


def _datetime(_question: Question, value: Any) -> str:
    try:
        found = dt.datetime.fromisoformat(str(value).strip())
    except ValueError:
        raise _Unfit(
            _("This is not a day with a time."), _("Write it like 2020-03-05T14:30.")
        ) from None
    return found.replace(tzinfo=None).isoformat(timespec="minutes")


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


def _photo(_question: Question, value: Any) -> str:
    try:
        return str(UUID(str(value)))
    except ValueError:
        raise _Unfit(_("This is not a photo."), _("Take it again.")) from None


_CLEAN = {
    "choice": _choice,
    "choices": _choice,
    "text": _text,
    "integer": _integer,
    "decimal": _decimal,
    "date": _date,
    "position": _position,
    "barcode": _text,
    "photo": _photo,
    "time": _time,
    "datetime": _datetime,
}


def _empty(value: Any) -> bool:
    return value is None or value == "" or value == []


def counted(question: Question, known: Mapping[str, Any], **around: Any) -> int | None:
    """How many rows a repeat has whose number is worked out; None where somebody adds them."""
    if question.count is None:
        return None
    try:
        found = number(evaluate(question.count, known, **around))
    except (ArithmeticError, ValueError):
        return 0
    return max(0, min(MAX_REPEATS, int(found))) if math.isfinite(found) else 0


def gathered(question: Question, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What logic below a repeat sees of it: its rows, and of each question in it all answers."""
    inside = {one.name: [row.get(one.name) for row in rows] for one in question.questions}
    return {**inside, question.name: list(rows)}


class _Checker:
    def __init__(self, around: Mapping[str, Any]) -> None:
        self.around = dict(around)
        self.result = Checked()

    def problem(self, path: str, message: str, mend: str, row: int | None) -> None:
        self.result.problems.append(Problem(message, field=path, mend=mend, row=row, code="answer"))

    def holds(self, tree: Tree, known: Mapping[str, Any], own: Any = None) -> bool:
        return holds(tree, known, own=own, **self.around)

    def required(self, question: Question, known: Mapping[str, Any]) -> bool:
        when = question.required_when
        return question.required or (when is not None and self.holds(when, known))

    def one(
        self, question: Question, given: Any, known: Mapping[str, Any], path: str, row: int | None
    ) -> Any:
        """The cleaned answer, or None when there is none or it has a problem."""
        if question.kind == "repeat":
            return self.repeat(question, given, known, path)
        if _empty(given):
            if self.required(question, known):
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
            said = filled(in_language(question.constraint_message), known)
            message = said or _("This answer is not allowed.")
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
        wanted = counted(question, known, **self.around)
        most = MAX_REPEATS if wanted is None else wanted
        if len(rows) > most:
            mend = _("%(n)d are the most.") % {"n": most}
            self.problem(path, _("There are too many rows."), mend, None)
            return None
        if self.required(question, known) and not rows:
            self.problem(path, _("This is not answered."), _("Add a row."), None)
        # So many are asked for, filled in or not.
        rows = [*rows, *([{}] * ((wanted or 0) - len(rows)))]
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
        rows: dict[str, Any] = {}
        self.around["row"] = row
        for question in questions:
            known = {**outer, **rows, **answers}
            if question.kind == "note":
                continue
            if question.relevant is not None and not self.holds(question.relevant, known):
                # What was skipped is not kept, even if a phone sent it; a repeat has no rows then.
                if question.kind == "repeat":
                    rows |= gathered(question, [])
                continue
            if question.calculation is not None:
                value = worked_out(question.calculation, known, **self.around)
                if value is not None:
                    answers[question.name] = value
                continue
            value, asked = given.get(question.name), question
            if question.choice_filter is not None:
                asked = replace(question, options=question.left(known, **self.around))
                if not asked.options and _empty(value):
                    # Nothing is left to choose from, so nothing is asked.
                    continue
            value = self.one(asked, value, known, prefix + question.name, row)
            if question.kind == "repeat":
                self.around["row"] = row
                rows |= gathered(question, value or [])
            if not _empty(value):
                answers[question.name] = value
        return answers


def check_answers(
    questionnaire: Questionnaire,
    given: Mapping[str, Any],
    *,
    today: dt.date,
    now: dt.datetime | None = None,
) -> Checked:
    """Clean and check answers by question name (repeats: lists of such mappings).

    Answers of questions that are skipped or unknown are dropped, calculations worked out anew;
    logic sees only answers above the question. ``today`` and ``now`` are the day and the local time
    of the visit. Never raises: problems are in the result.
    """
    checker = _Checker({"today": today, "now": now, "labels": questionnaire.labels()})
    checker.result.answers = checker.block(questionnaire.questions, given, {})
    return checker.result
