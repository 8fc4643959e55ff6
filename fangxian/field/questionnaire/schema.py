"""A questionnaire as data: questions, options, groups that repeat, logic.

Stored as JSON in ``FormDefinition.schema``::

    {"questions": [
        {"name": "fever", "kind": "choice", "label": {"zh-hans": "有无发热", "en": "Fever"},
         "options": [{"code": "yes", "label": {…}}, …], "required": true,
         "relevant": "${present} = 'yes'", "constraint": ". != ''", "constraint_message": {…},
         "hint": {…}, "exception_when": "selected(., 'yes')"},
        {"name": "village", "kind": "choice", "label": {…}, "choice_filter": "town = ${town}",
         "options": [{"code": "v1", "label": {…}, "values": {"town": "t1"}}, …]},
        {"name": "members", "kind": "repeat", "label": {…}, "count": "${n}", "questions": […]},
        {"name": "total", "kind": "calculate", "calculation": "sum(${age})"},
        {"name": "told", "kind": "note", "label": {"en": "${total} years in all"}}]}

``required`` may be a condition; ``default`` is an answer to begin with, ``default_value`` one that
is worked out when the form is opened. A ``calculate`` is not shown, a ``result`` is. The answer to
a ``photo`` is the id under which it is sent apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from fangxian.common.errors import Invalid, Problem
from fangxian.field.questionnaire.expression import (
    ExpressionError,
    Tree,
    compile_expression,
    gathered_of,
    holds,
    labelled_of,
    lone_of,
)
from fangxian.field.questionnaire.values import text

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
        "photo",
        "time",
        "datetime",
        "calculate",
        "result",
        "repeat",
    }
)
# Letters of any script, as XML names have them: forms are written by people of all languages.
NAME: Final = re.compile(r"^(?!__proto__$)[^\W\d]\w{0,99}$")
REFERENCE: Final = re.compile(r"\$\{\s*([^}\s]+)\s*\}")
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
    required_when: Tree | None = None
    relevant: Tree | None = None
    constraint: Tree | None = None
    constraint_message: Mapping[str, str] = field(default_factory=dict)
    exception_when: Tree | None = None
    choice_filter: Tree | None = None
    calculation: Tree | None = None
    default: Any = None
    default_value: Tree | None = None
    count: Tree | None = None
    questions: tuple[Question, ...] = ()

    def text(self, known: Mapping[str, Any] | None = None) -> str:
        """The label in the reader's language, with the answers that it names; "…" for none."""
        return filled(in_language(self.label), known or {})

    def left(self, known: Mapping[str, Any], **around: Any) -> tuple[Option, ...]:
        """The options that the answers above, ``known``, leave; ``around`` as for ``evaluate``."""
        if self.choice_filter is None:
            return self.options
        return tuple(
            option
            for option in self.options
            if holds(self.choice_filter, known, choice=option.columns(), **around)
        )

    def trees(self) -> Iterator[Tree]:
        """All its logic."""
        every = (
            self.relevant,
            self.required_when,
            self.constraint,
            self.exception_when,
            self.choice_filter,
            self.calculation,
            self.default_value,
            self.count,
        )
        yield from (tree for tree in every if tree is not None)


@dataclass(frozen=True)
class Questionnaire:
    """All questions, in order."""

    questions: tuple[Question, ...]

    def walk(self) -> Iterator[Question]:
        """Every question, those inside repeats too."""
        yield from _walk(self.questions)

    @cached_property
    def called_by_label(self) -> frozenset[str]:
        """The questions whose options logic calls by their labels."""
        trees = (tree for one in self.walk() for tree in one.trees())
        return frozenset(name for tree in trees for name in labelled_of(tree))

    def labels(self) -> dict[str, dict[str, str]]:
        """Of these the labels by code, in the reader's language."""
        wanted = self.called_by_label
        return {
            one.name: {option.code: in_language(option.label) for option in one.options}
            for one in (self.walk() if wanted else ())
            if one.name in wanted
        }


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


def filled(label: str, known: Mapping[str, Any]) -> str:
    """A text with the answers that it names; "…" where there is none."""
    return REFERENCE.sub(lambda found: text(known.get(found[1])) or "…", label)


def _label(row: Mapping[str, Any], key: str) -> dict[str, str]:
    value = row.get(key) or {}
    if isinstance(value, str):
        value = {DEFAULT_LANGUAGE: value}
    return {str(language): str(text) for language, text in value.items()}


def _values(row: Mapping[str, Any]) -> dict[str, str]:
    return {str(column): str(value) for column, value in (row.get("values") or {}).items()}


class _Reader:
    def __init__(self, *, stored: bool) -> None:
        self.stored = stored
        self.problems: list[Problem] = []
        self.names: set[str] = set()
        self.chosen: set[str] = set()
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
            return compile_expression(str(source), columns, stored=self.stored)
        except ExpressionError as error:
            self.problem(at, name, f"{key}: {error}", _("Correct the expression."))
            return None

    def options(self, row: Mapping[str, Any], at: int, name: str) -> tuple[Option, ...]:
        options = tuple(
            Option(str(o.get("code", "")).strip(), _label(o, "label"), _values(o))
            for o in row.get("options") or []
        )
        codes = [o.code for o in options]
        if row.get("kind") in ("choice", "choices") and not options:
            self.problem(at, name, _("The question has no choices."), _("Add options."))
        # Options of one code are told apart by what the filter looks at.
        filtered = bool(row.get("choice_filter"))
        distinct = {(o.code, *(o.values.values() if filtered else ())) for o in options}
        if len(distinct) != len(codes) or any(not c or " " in c for c in codes):
            self.problem(
                at,
                name,
                _("The options’ codes are not distinct."),
                _("Give each option a code of its own, without blanks."),
            )
        return options

    def texts(self, row: Mapping[str, Any], at: int, name: str) -> None:
        """Refuse options whose text would show a name in place of an answer."""
        every = [o.get("label") for o in row.get("options") or [] if isinstance(o, Mapping)]
        if any("${" in one for label in every for one in _label({"text": label}, "text").values()):
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
                _("Use letters, digits and “_”, no digit first, 100 at most."),
            )
        if name in self.names:
            self.problem(at, name, _("The name stands twice."), _("Rename one of the two."))
        self.names.add(name)
        if kind in ("choice", "choices"):
            self.chosen.add(name)
        if kind == "repeat" and inside_repeat:
            message = _("A group that repeats can’t stand in another one.")
            self.problem(at, name, message, _("Ask its questions once in each row, or after it."))
        if kind not in KINDS:
            self.problem(
                at,
                name,
                _("The kind “%(kind)s” can’t be used here.") % {"kind": kind},
                _("Take one of: %(kinds)s.") % {"kinds": ", ".join(sorted(KINDS))},
            )
            return None
        label = _label(row, "label")
        if not in_language(label) and kind not in ("repeat", "calculate"):
            self.problem(at, name, _("The question has no text."), _("Write what is asked."))
        self.texts(row, at, name)
        options = self.options(row, at, name)
        columns = {column for option in options for column in option.columns()}
        if kind in ("calculate", "result") and not row.get("calculation"):
            self.problem(at, name, _("Nothing is calculated."), _("Write a calculation."))
        required = row.get("required")
        return Question(
            name=name,
            kind=kind,
            label=label,
            hint=_label(row, "hint"),
            options=options,
            required=required is True or required == 1,
            required_when=self.logic(row, "required", at, name)
            if isinstance(required, str)
            else None,
            relevant=self.logic(row, "relevant", at, name),
            constraint=self.logic(row, "constraint", at, name),
            constraint_message=_label(row, "constraint_message"),
            exception_when=self.logic(row, "exception_when", at, name),
            choice_filter=self.logic(row, "choice_filter", at, name, columns),
            calculation=self.logic(row, "calculation", at, name),
            default=row.get("default"),
            default_value=self.logic(row, "default_value", at, name),
            count=self.logic(row, "count", at, name) if kind == "repeat" else None,
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

    def references(
        self,
        questions: Sequence[Question],
        above: frozenset[str],
        gathered: frozenset[str],
        at: int,
    ) -> int:
        """Refuse what looks at an answer that is not there yet; return how many were read.

        Logic and texts see the answers above and, in a repeat, those above in the same row; a
        constraint and an exception see their own as well. ``gathered``: repeats above and what is
        asked in them, seen by functions that take all answers.
        """
        for question in questions:
            at += 1
            own = above | {question.name}
            for key, seen in (
                ("relevant", above),
                ("choice_filter", above),
                ("calculation", above),
                ("count", above),
                ("required_when", above),
                ("constraint", own),
                ("exception_when", own),
                ("default_value", frozenset()),
            ):
                tree = getattr(question, key)
                if tree is None:
                    continue
                lost = lone_of(tree) - seen
                lost |= gathered_of(tree) - seen - gathered
                lost |= labelled_of(tree) - self.chosen
                for name in sorted(lost):
                    self.problem(at, question.name, *self._unseen(name, key))
            for key, seen in (("label", above), ("hint", above), ("constraint_message", own)):
                texts = getattr(question, key).values()
                for name in sorted({n for one in texts for n in REFERENCE.findall(one)} - seen):
                    self.problem(at, question.name, *self._unseen(name, key))
            if question.kind == "repeat":
                inner = {one.name for one in question.questions if one.kind != "note"}
                at = self.references(question.questions, above, gathered, at)
                gathered |= {question.name, *inner}
            elif question.kind != "note":
                above = own
        return at

    def _unseen(self, name: str, key: str) -> tuple[str, str]:
        if name not in self.names:
            message = _("%(key)s: it refers to “%(name)s”, which is not a question.")
            return message % {"name": name, "key": key}, _("Correct the name in ${…}.")
        message = _("%(key)s: it refers to “%(name)s”, which has no answer there.")
        mend = _(
            "Refer to a question above it; to one in a repeat from outside only with count, sum,"
            " min, max or join."
        )
        return message % {"name": name, "key": key}, mend


def parse_questionnaire(schema: Mapping[str, Any], *, stored: bool = False) -> Questionnaire:
    """Read a submitted schema, or one that is ``stored`` since it was taken once.

    Raises Invalid naming each question's problem and mend.
    """
    rows = schema.get("questions")
    reader = _Reader(stored=stored)
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
    reader.references(questionnaire.questions, frozenset(), frozenset(), 0)
    if reader.problems:
        raise Invalid(*reader.problems)
    return questionnaire
