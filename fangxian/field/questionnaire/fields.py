"""A questionnaire on a page: what is drawn, what the browser evaluates, what comes back.

The answer to ``fever`` is the field ``a.fever``; the second row of a repeat ``members`` sends
``a.members.1.name``. The browser hides what is skipped by the very trees that the server checks by.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.http import QueryDict
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from fangxian.common.errors import Problem
from fangxian.field.questionnaire.answers import MAX_REPEATS, counted, gathered
from fangxian.field.questionnaire.expression import fields_of, holds, worked_out
from fangxian.field.questionnaire.schema import (
    REFERENCE,
    Option,
    Question,
    Questionnaire,
    in_language,
)
from fangxian.field.questionnaire.values import text

PREFIX: Final = "a"
# The row that the browser copies when one is added; never a number, so never an answer.
BLANK: Final = "new"


def compiled(questionnaire: Questionnaire) -> list[dict[str, Any]]:
    """What the browser needs to show, hide and work out: names, kinds, the trees of logic, and
    what a filter sees of each option."""
    labels = questionnaire.labels()
    return [_compiled(question, labels) for question in questionnaire.questions]


def _compiled(question: Question, labels: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    found: dict[str, Any] = {"name": question.name, "kind": question.kind}
    for key in (
        "relevant",
        "calculation",
        "count",
        "required_when",
        "constraint",
        "exception_when",
    ):
        if (tree := getattr(question, key)) is not None:
            found[key] = tree
    if question.constraint is not None:
        found["message"] = in_language(question.constraint_message) or _(
            "This answer is not allowed."
        )
    if question.choice_filter is not None:
        found["choice_filter"] = question.choice_filter
        found["options"] = [option.columns() for option in question.options]
    if question.name in labels:
        found["labels"] = labels[question.name]
    if question.kind == "repeat":
        found["questions"] = [_compiled(inner, labels) for inner in question.questions]
    return found


def defaults_of(questions: Sequence[Question], **around: Any) -> dict[str, Any]:
    """The answers that a form begins with; ``around`` as for ``evaluate``."""
    found: dict[str, Any] = {}
    for question in questions:
        value = question.default
        if question.default_value is not None:
            value = worked_out(question.default_value, {}, **around)
        if value is not None:
            found[question.name] = value
    return found


def fields_of_form(
    questionnaire: Questionnaire,
    given: Mapping[str, Any] | None,
    errors: Mapping[str, Problem],
    *,
    today: dt.date,
    now: dt.datetime | None = None,
    masked: Mapping[str, str] | None = None,
) -> list[dict[str, Any]]:
    """The fields to draw, with what was given and what was wrong with it (by the answer's path).

    ``given`` is None where nothing was answered yet: then the form begins with its defaults.
    ``masked``: answers that are to be written again, as they are shown, by their paths.
    All options are drawn, since the answers above may change; those that they don't leave are
    hidden. Where nothing is answered above none is, for a browser without scripts.
    """
    around = {"today": today, "now": now, "labels": questionnaire.labels()}
    if given is None:
        given = defaults_of(questionnaire.questions, **around)
    return _Drawing(errors, around, masked or {}).fields(
        questionnaire.questions, given, {}, "", None
    )


class _Drawing:
    def __init__(
        self,
        errors: Mapping[str, Problem],
        around: Mapping[str, Any],
        masked: Mapping[str, str],
    ) -> None:
        self.errors = errors
        self.around = around
        self.masked = masked

    def fields(
        self,
        questions: Sequence[Question],
        given: Mapping[str, Any],
        outer: Mapping[str, Any],
        path: str,
        row: int | None,
    ) -> list[dict[str, Any]]:
        fields, known = [], dict(outer)
        around = {**self.around, "row": row}
        for question in questions:
            if question.calculation is not None:
                known[question.name] = worked_out(question.calculation, known, **around)
            fields.append(self.field(question, given, known, path, around))
            if question.kind == "repeat":
                known |= gathered(question, _rows(given.get(question.name)))
            elif question.name in given and question.calculation is None:
                known[question.name] = given[question.name]
        return fields

    def field(
        self,
        question: Question,
        given: Mapping[str, Any],
        known: Mapping[str, Any],
        path: str,
        around: Mapping[str, Any],
    ) -> dict[str, Any]:
        at = path + question.name
        value, masked = given.get(question.name), self.masked.get(at)
        if question.calculation is not None:
            value = text(known.get(question.name))
        error = self.errors.get(at)
        chosen = value if isinstance(value, list) else [] if value is None else [str(value)]
        when = question.required_when
        left = {id(option) for option in self.left(question, known, around)}
        field: dict[str, Any] = {
            "name": question.name,
            "kind": question.kind,
            "input": f"{PREFIX}.{at}",
            "id": f"q-{at}".replace(".", "-"),
            "label": shown(in_language(question.label), known),
            "hint": shown(in_language(question.hint), known),
            "required": question.required,
            "required_when": when is not None,
            "required_now": question.required
            or (when is not None and holds(when, known, **around)),
            "value": "" if value is None or isinstance(value, list) else value,
            "masked": masked_hint(masked) if masked and value is None else "",
            "error": f"{error.message} {error.mend}".strip() if error else "",
            "options": [
                {
                    "code": option.code,
                    "at": number,
                    "label": in_language(option.label),
                    "checked": option.code in chosen and id(option) in left,
                    "hidden": id(option) not in left,
                }
                for number, option in enumerate(question.options)
            ],
        }
        if question.kind == "repeat":
            field |= self.repeat(question, value, known, at, around)
        return field

    def left(
        self, question: Question, known: Mapping[str, Any], around: Mapping[str, Any]
    ) -> tuple[Option, ...]:
        answered = {name for name, value in known.items() if value not in (None, "", [])}
        if question.choice_filter is None or not fields_of(question.choice_filter) <= answered:
            return question.options
        return question.left(known, **around)

    def repeat(
        self,
        question: Question,
        value: Any,
        known: Mapping[str, Any],
        at: str,
        around: Mapping[str, Any],
    ) -> dict[str, Any]:
        rows = list(_rows(value))
        begun = defaults_of(question.questions, **around)
        wanted = counted(question, known, **around)
        rows += [begun] * ((wanted or 0) - len(rows))
        return {
            "counted": wanted is not None,
            "rows": [
                self.fields(question.questions, row, known, f"{at}.{n}.", n + 1)
                for n, row in enumerate(rows)
            ],
            "blank": self.fields(question.questions, begun, {}, f"{at}.{BLANK}.", None),
        }


def masked_hint(masked: str) -> str:
    """What to do with a field that said ``masked``."""
    return _(
        "It said “%(masked)s”, which is masked here: write it again in full, or it will be missing."
    ) % {"masked": masked}


def _rows(value: Any) -> Sequence[Mapping[str, Any]]:
    return value if isinstance(value, list) else []


def shown(label: str, known: Mapping[str, Any]) -> SafeString:
    """A text for a page, each answer that it names in an element that the browser fills anew."""
    parts: list[SafeString] = []
    end = 0
    for found in REFERENCE.finditer(label):
        answer = text(known.get(found[1])) or "…"
        parts.append(escape(label[end : found.start()]))
        parts.append(format_html('<span data-answer="{}">{}</span>', found[1], answer))
        end = found.end()
    return SafeString("".join([*parts, escape(label[end:])]))


def answers_of(questionnaire: Questionnaire, sent: QueryDict) -> dict[str, Any]:
    """The answers in a submitted form, unchecked (``check_answers`` cleans them)."""
    return _block(questionnaire.questions, sent, PREFIX + ".")


def _block(questions: Sequence[Question], sent: QueryDict, prefix: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for question in questions:
        name = prefix + question.name
        if question.kind == "repeat":
            numbers = _numbers(sent, name)
            if question.count is not None and numbers:
                # A row of which nothing was sent keeps its place: nobody added or removed rows.
                numbers = list(range(numbers[-1] + 1))[: MAX_REPEATS + 1]
            rows = [_block(question.questions, sent, f"{name}.{number}.") for number in numbers]
            # A row that was added and left empty asks nothing; one that is counted does.
            if rows := [row for row in rows if row or question.count is not None]:
                found[question.name] = rows
        elif question.kind == "choices":
            if chosen := [code for code in sent.getlist(name) if code]:
                found[question.name] = chosen
        elif question.kind not in ("note", "calculate", "result") and sent.get(name, "").strip():
            found[question.name] = sent.get(name, "")
    return found


def _numbers(sent: QueryDict, name: str) -> list[int]:
    pattern = re.compile(re.escape(name) + r"\.(\d{1,4})\.")
    numbers = {int(match.group(1)) for key in sent if (match := pattern.match(key))}
    return sorted(numbers)[: MAX_REPEATS + 1]
