"""What was answered, in words: by label, for pages and for ledgers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final
from uuid import UUID

import orjson
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from fangxian.common.fields import Destroyed
from fangxian.common.masks import mask_text
from fangxian.common.ui.formats import date
from fangxian.field.questionnaire.answers import MAX_TEXT
from fangxian.field.questionnaire.schema import Question, Questionnaire, filled, in_language
from fangxian.field.questionnaire.values import text

# Where somebody may have typed a document's or a phone's number.
_TYPED: Final = frozenset({"text", "barcode", "integer", "decimal", "calculate", "result"})


@dataclass(frozen=True)
class Said:
    """One answer: the question's text and the answer in words; of a repeat, its rows.

    ``photo`` is the id of the one that answers it.
    """

    label: str
    value: str = ""
    rows: list[list[Said]] = field(default_factory=list)
    photo: str = ""


def read(sealed: str | None) -> dict[str, Any]:
    """The answers that a visit keeps; none if they were destroyed with their emergency."""
    if not sealed or isinstance(sealed, Destroyed):
        return {}
    found: dict[str, Any] = orjson.loads(sealed)
    return found


def in_words(
    question: Question, value: Any, known: Mapping[str, Any], *, clear: bool = False
) -> str:
    """One answer as text: labels for codes, several with “、” between them.

    ``known``: the answers above, which tell apart options of one code. Numbers that may be a
    document's or a phone's are masked unless ``clear``.
    """
    if question.kind in ("choice", "choices"):
        chosen = value if isinstance(value, list) else [value]
        return "、".join(_option(question, str(code), known) for code in chosen)
    if isinstance(value, bool):
        return pgettext("answer", "yes") if value else pgettext("answer", "no")
    if question.kind == "photo":
        return pgettext("answer", "photo")
    if question.kind == "date":
        return str(date(dt.date.fromisoformat(value)))
    words = text(value)
    return words if clear or question.kind not in _TYPED else typed(words)


def typed(words: str) -> str:
    """What somebody typed, numbers masked that may be a document's or a phone's."""
    return words if isinstance(words, Destroyed) else mask_text(words, MAX_TEXT)


def _option(question: Question, code: str, known: Mapping[str, Any]) -> str:
    fitting = [option for option in question.options if option.code == code]
    if len(fitting) > 1:
        fitting = [option for option in question.left(known) if option.code == code] or fitting
    return in_language(fitting[0].label) if fitting else code


def said(questionnaire: Questionnaire, sealed: str | None) -> list[Said]:
    """The answers of a visit in the order of its form, numbers masked."""
    if isinstance(sealed, Destroyed):
        return [Said(_("Answers"), sealed)]
    return list(_block(questionnaire.questions, read(sealed), {}, {}))


def withheld(
    questions: Sequence[Question], answers: Mapping[str, Any], path: str = ""
) -> tuple[dict[str, Any], dict[str, str]]:
    """The answers but those that are shown masked; these as they are shown, by their paths."""
    kept = dict(answers)
    masked: dict[str, str] = {}
    for question in questions:
        name, value = question.name, answers.get(question.name)
        if value is None:
            continue
        if question.kind == "repeat":
            rows = [
                withheld(question.questions, row, f"{path}{name}.{at}.")
                for at, row in enumerate(value)
            ]
            kept[name] = [row for row, _masked in rows]
            for _row, more in rows:
                masked |= more
        elif question.kind in _TYPED and (words := typed(text(value))) != text(value):
            del kept[name]
            masked[path + name] = words
    return kept, masked


def _block(
    questions: Sequence[Question],
    answers: Mapping[str, Any],
    outer: Mapping[str, Any],
    named: Mapping[str, Any],
) -> Iterator[Said]:
    """``named``: the answers above as a text may name them, masked like the answers themselves."""
    known = {**outer, **answers}
    masked = {
        one.name: typed(text(answers[one.name]))
        for one in questions
        if one.kind in _TYPED and one.name in answers
    }
    named = {**named, **answers, **masked}
    for question in questions:
        value = answers.get(question.name)
        label = filled(in_language(question.label), named)
        if value is None:
            continue
        if question.kind == "repeat":
            rows = [list(_block(question.questions, row, known, named)) for row in value]
            yield Said(label, rows=rows)
        elif label:
            photo = str(value) if question.kind == "photo" else ""
            yield Said(label, in_words(question, value, known), photo=photo)


def photos_of(lines: Iterable[Said]) -> Iterator[str]:
    """The ids of the photos among answers."""
    for line in lines:
        if line.photo:
            yield line.photo
        for row in line.rows:
            yield from photos_of(row)


def arrived(lines: Iterable[Said], here: Container[str]) -> list[Said]:
    """The answers; a photo that is not ``here`` is said to be on its way, and leads nowhere."""
    found = []
    for line in lines:
        one = replace(line, rows=[arrived(row, here) for row in line.rows])
        if line.photo and line.photo not in here:
            one = replace(one, value=pgettext("answer", "photo, not sent yet"), photo="")
        found.append(one)
    return found


def photos_in(questionnaire: Questionnaire, sealed: str | None) -> set[UUID]:
    """The ids of the photos that a visit's answers name."""
    return set(_photos(questionnaire.questions, read(sealed)))


def _photos(questions: Sequence[Question], answers: Mapping[str, Any]) -> Iterator[UUID]:
    for question in questions:
        value = answers.get(question.name)
        if value is None:
            continue
        if question.kind == "repeat":
            for row in value:
                yield from _photos(question.questions, row)
        elif question.kind == "photo":
            yield UUID(value)
