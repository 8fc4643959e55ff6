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

from fangxian.common.errors import Problem
from fangxian.field.questionnaire.answers import MAX_REPEATS
from fangxian.field.questionnaire.expression import fields_of
from fangxian.field.questionnaire.schema import Option, Question, Questionnaire, in_language

PREFIX: Final = "a"
# The row that the browser copies when one is added; never a number, so never an answer.
BLANK: Final = "new"


def compiled(questionnaire: Questionnaire) -> list[dict[str, Any]]:
    """What the browser needs to show and hide: names, kinds, the trees of ``relevant`` and of
    ``choice_filter``, and what a filter sees of each option."""
    return [_compiled(question) for question in questionnaire.questions]


def _compiled(question: Question) -> dict[str, Any]:
    found: dict[str, Any] = {"name": question.name, "kind": question.kind}
    if question.relevant is not None:
        found["relevant"] = question.relevant
    if question.choice_filter is not None:
        found["choice_filter"] = question.choice_filter
        found["options"] = [option.columns() for option in question.options]
    if question.kind == "repeat":
        found["questions"] = [_compiled(inner) for inner in question.questions]
    return found


def fields_of_form(
    questionnaire: Questionnaire,
    given: Mapping[str, Any],
    errors: Mapping[str, Problem],
    *,
    today: dt.date,
) -> list[dict[str, Any]]:
    """The fields to draw, with what was given and what was wrong with it (by the answer's path).

    Options are narrowed by the answers given above; those that wait for an answer are all drawn,
    for a browser without scripts, and the others narrow them at once.
    """
    return _fields(questionnaire.questions, given, {}, errors, "", today)


def _fields(
    questions: Sequence[Question],
    given: Mapping[str, Any],
    outer: Mapping[str, Any],
    errors: Mapping[str, Problem],
    path: str,
    today: dt.date,
) -> list[dict[str, Any]]:
    fields, known = [], dict(outer)
    for question in questions:
        fields.append(_field(question, given, known, errors, path, today))
        if question.name in given and question.kind != "repeat":
            known[question.name] = given[question.name]
    return fields


def _options(question: Question, known: Mapping[str, Any], today: dt.date) -> Sequence[Option]:
    if question.choice_filter is None or not fields_of(question.choice_filter) <= set(known):
        return question.options
    return question.left(known, today)


def _field(
    question: Question,
    given: Mapping[str, Any],
    known: Mapping[str, Any],
    errors: Mapping[str, Problem],
    path: str,
    today: dt.date,
) -> dict[str, Any]:
    at = path + question.name
    value = given.get(question.name)
    error = errors.get(at)
    chosen = value if isinstance(value, list) else [] if value is None else [str(value)]
    field: dict[str, Any] = {
        "name": question.name,
        "kind": question.kind,
        "input": f"{PREFIX}.{at}",
        "id": f"q-{at}".replace(".", "-"),
        "label": question.text(),
        "hint": in_language(question.hint),
        "required": question.required,
        "value": "" if value is None or isinstance(value, list) else value,
        "error": f"{error.message} {error.mend}".strip() if error else "",
        "options": [
            {
                "code": option.code,
                "label": in_language(option.label),
                "checked": option.code in chosen,
            }
            for option in _options(question, known, today)
        ],
    }
    if question.kind == "repeat":
        rows: Sequence[Any] = value if isinstance(value, list) else []
        field["rows"] = [
            _fields(question.questions, row, known, errors, f"{at}.{n}.", today)
            for n, row in enumerate(rows)
        ]
        field["blank"] = _fields(question.questions, {}, {}, {}, f"{at}.{BLANK}.", today)
    return field


def answers_of(questionnaire: Questionnaire, sent: QueryDict) -> dict[str, Any]:
    """The answers in a submitted form, unchecked (``check_answers`` cleans them)."""
    return _block(questionnaire.questions, sent, PREFIX + ".")


def _block(questions: Sequence[Question], sent: QueryDict, prefix: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for question in questions:
        name = prefix + question.name
        if question.kind == "repeat":
            rows = [
                _block(question.questions, sent, f"{name}.{number}.")
                for number in _numbers(sent, name)
            ]
            # A row that was added and left empty asks nothing.
            if rows := [row for row in rows if row]:
                found[question.name] = rows
        elif question.kind == "choices":
            if chosen := [code for code in sent.getlist(name) if code]:
                found[question.name] = chosen
        elif question.kind != "note" and sent.get(name, "").strip():
            found[question.name] = sent.get(name, "")
    return found


def _numbers(sent: QueryDict, name: str) -> list[int]:
    pattern = re.compile(re.escape(name) + r"\.(\d{1,4})\.")
    numbers = {int(match.group(1)) for key in sent if (match := pattern.match(key))}
    return sorted(numbers)[: MAX_REPEATS + 1]
