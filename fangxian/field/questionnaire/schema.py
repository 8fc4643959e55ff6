"""A questionnaire as data: questions, options, groups that repeat, logic.

Stored as JSON in ``FormDefinition.schema``::

    {"questions": [
        {"name": "fever", "kind": "choice", "label": {"zh-hans": "有无发热", "en": "Fever"},
         "options": [{"code": "yes", "label": {…}}, …], "required": true,
         "relevant": "${present} = 'yes'", "constraint": ". != ''", "constraint_message": {…},
         "hint": {…}, "exception_when": "selected(., 'yes')"},
        {"name": "village", "kind": "choice", "label": {…}, "choice_filter": "town = ${town}",
         "options": [{"code": "v1", "label": {…}, "values": {"town": "t1"}}, …]},
        {"name": "members", "kind": "repeat", "label": {…}, "questions": […]}]}
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any, Final

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from fangxian.common.errors import Invalid, Problem
from fangxian.field.questionnaire.expression import (
    ExpressionError,
    Tree,
    compile_expression,
    fields_of,
    holds,
)

KINDS: Final = frozenset(
    {
        "choice",
        "choices",
        "text",
        "integer",
        "decimal",
        "date",
        "note",
        "position",
        "barcode",
        "repeat",
    }
)
NAME: Final = re.compile(r"^[a-z][a-z0-9_]{0,39}$")
MAX_QUESTIONS: Final = 200
DEFAULT_LANGUAGE: Final = "zh-hans"


@dataclass(frozen=True)
class Option:
    """One choice of a question; ``values`` are the columns that its filter looks at."""

    code: str
    label: Mapping[str, str]
    values: Mapping[str, str] = field(default_factory=dict)

    def columns(self) -> dict[str, str]:
        """What a filter sees of it."""
        return {**self.values, "name": self.code}


@dataclass(frozen=True)
class Question:
    """One question. Logic is compiled; None means "always" or, for a constraint, "anything".

    ``choice_filter`` is worked out for each option: which of them the answers above leave.
    """

    name: str
    kind: str
    label: Mapping[str, str]
    hint: Mapping[str, str] = field(default_factory=dict)
    options: tuple[Option, ...] = ()
    required: bool = False
    relevant: Tree | None = None
    constraint: Tree | None = None
    constraint_message: Mapping[str, str] = field(default_factory=dict)
    exception_when: Tree | None = None
    choice_filter: Tree | None = None
    questions: tuple[Question, ...] = ()

    def text(self) -> str:
        """The label in the reader's language."""
        return in_language(self.label)

    def left(self, known: Mapping[str, Any], today: dt.date | None = None) -> tuple[Option, ...]:
        """The options that the answers above, ``known``, leave to choose from."""
        if self.choice_filter is None:
            return self.options
        return tuple(
            option
            for option in self.options
            if holds(self.choice_filter, known, choice=option.columns(), today=today)
        )


@dataclass(frozen=True)
class Questionnaire:
    """All questions, in order."""

    questions: tuple[Question, ...]

    def walk(self) -> Iterator[Question]:
        """Every question, those inside repeats too."""
        yield from _walk(self.questions)


def _walk(questions: Sequence[Question]) -> Iterator[Question]:
    for question in questions:
        yield question
        yield from _walk(question.questions)


def in_language(texts: Mapping[str, str]) -> str:
    """Choose the reader's language, else Chinese, else whatever there is."""
    language = (get_language() or DEFAULT_LANGUAGE).lower()
    for key in (language, DEFAULT_LANGUAGE, "zh-hant"):
        if texts.get(key):
            return texts[key]
    return next((text for text in texts.values() if text), "")


def _label(row: Mapping[str, Any], key: str) -> dict[str, str]:
    value = row.get(key) or {}
    if isinstance(value, str):
        value = {DEFAULT_LANGUAGE: value}
    return {str(language): str(text) for language, text in value.items()}


def _values(row: Mapping[str, Any]) -> dict[str, str]:
    return {str(column): str(value) for column, value in (row.get("values") or {}).items()}


class _Reader:
    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.names: set[str] = set()
        self.count = 0

    def problem(self, at: int, name: str, message: str, mend: str) -> None:
        self.problems.append(Problem(message, field=name, row=at, mend=mend, code="question"))

    def logic(
        self,
        row: Mapping[str, Any],
        key: str,
        at: int,
        name: str,
        columns: Set[str] | None = None,
    ) -> Tree | None:
        source = row.get(key)
        if not source:
            return None
        try:
            return compile_expression(str(source), columns)
        except ExpressionError as error:
            self.problem(at, name, f"{key}: {error}", _("Correct the expression."))
            return None

    def options(self, row: Mapping[str, Any], at: int, name: str) -> tuple[Option, ...]:
        options = tuple(
            Option(str(o.get("code", "")).strip(), _label(o, "label"), _values(o))
            for o in row.get("options") or []
        )
        codes = [o.code for o in options]
        if row.get("kind") in ("choice", "choices") and len(options) < 2:
            self.problem(at, name, _("A choice needs two options at least."), _("Add options."))
        if len(set(codes)) != len(codes) or any(not c or " " in c for c in codes):
            self.problem(
                at,
                name,
                _("The options’ codes are not distinct."),
                _("Give each option a code of its own, without blanks."),
            )
        return options

    def texts(self, row: Mapping[str, Any], at: int, name: str) -> None:
        """Refuse texts that would show a name in place of an answer."""
        every = [row.get(key) for key in ("label", "hint", "constraint_message")]
        every += [o.get("label") for o in row.get("options") or [] if isinstance(o, Mapping)]
        if any("${" in text for one in every for text in _label({"text": one}, "text").values()):
            self.problem(
                at,
                name,
                _("A text of the question refers to an answer."),
                _("Write the text without ${…}; it is shown as it stands."),
            )

    def question(self, row: Mapping[str, Any], *, inside_repeat: bool) -> Question | None:
        self.count += 1
        at = self.count
        name, kind = str(row.get("name", "")).strip(), str(row.get("kind", ""))
        if not NAME.match(name):
            self.problem(
                at,
                name,
                _("The question’s name is missing or has other characters."),
                _("Use small letters, digits and “_”, a letter first."),
            )
        if name in self.names:
            self.problem(at, name, _("The name stands twice."), _("Rename one of the two."))
        self.names.add(name)
        if kind not in KINDS or (inside_repeat and kind == "repeat"):
            self.problem(
                at,
                name,
                _("The kind “%(kind)s” can’t be used here.") % {"kind": kind},
                _("Take one of: %(kinds)s.") % {"kinds": ", ".join(sorted(KINDS))},
            )
            return None
        label = _label(row, "label")
        if not in_language(label):
            self.problem(at, name, _("The question has no text."), _("Write what is asked."))
        self.texts(row, at, name)
        options = self.options(row, at, name)
        columns = {column for option in options for column in option.columns()}
        return Question(
            name=name,
            kind=kind,
            label=label,
            hint=_label(row, "hint"),
            options=options,
            required=bool(row.get("required")),
            relevant=self.logic(row, "relevant", at, name),
            constraint=self.logic(row, "constraint", at, name),
            constraint_message=_label(row, "constraint_message"),
            exception_when=self.logic(row, "exception_when", at, name),
            choice_filter=self.logic(row, "choice_filter", at, name, columns),
            questions=self.block(row.get("questions") or [], inside_repeat=True)
            if kind == "repeat"
            else (),
        )

    def block(self, rows: Sequence[Any], *, inside_repeat: bool = False) -> tuple[Question, ...]:
        found = []
        for row in rows:
            question = (
                self.question(row, inside_repeat=inside_repeat)
                if isinstance(row, Mapping)
                else None
            )
            if question is not None:
                found.append(question)
        return tuple(found)

    def references(self, questions: Sequence[Question], above: frozenset[str], at: int) -> int:
        """Refuse what looks at an answer that is not there yet; return how many were read.

        Logic sees the answers above it and, in a repeat, those above in the same row; a constraint
        and an exception see their own as well.
        """
        for question in questions:
            at += 1
            own = above | {question.name}
            for tree, seen in (
                (question.relevant, above),
                (question.choice_filter, above),
                (question.constraint, own),
                (question.exception_when, own),
            ):
                for name in sorted(fields_of(tree) - seen) if tree else ():
                    self.problem(at, question.name, *self._unseen(name))
            if question.kind == "repeat":
                at = self.references(question.questions, above, at)
            elif question.kind != "note":
                above = own
        return at

    def _unseen(self, name: str) -> tuple[str, str]:
        if name not in self.names:
            message = _("It refers to “%(name)s”, which is not a question.")
            return message % {"name": name}, _("Correct the name in ${…}.")
        message = _("It refers to “%(name)s”, which has no answer there.")
        mend = _("Refer to a question above it, and not to one in a repeat from outside.")
        return message % {"name": name}, mend


def parse_questionnaire(schema: Mapping[str, Any]) -> Questionnaire:
    """Read a stored or submitted schema. Raises Invalid naming each question's problem and mend."""
    rows = schema.get("questions")
    reader = _Reader()
    if not isinstance(rows, list) or not rows:
        raise Invalid(Problem(_("The form has no question."), mend=_("Add a question.")))
    questionnaire = Questionnaire(reader.block(rows))
    if reader.count > MAX_QUESTIONS:
        reader.problem(
            reader.count,
            "",
            _("The form has more than %(n)d questions.") % {"n": MAX_QUESTIONS},
            _("Split it into two forms."),
        )
    reader.references(questionnaire.questions, frozenset(), 0)
    if reader.problems:
        raise Invalid(*reader.problems)
    return questionnaire
