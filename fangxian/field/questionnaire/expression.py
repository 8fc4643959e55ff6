"""Skip logic and constraints: the part of XPath that XLSForm authors use, parsed once.

An expression becomes a tree of plain lists (JSON), which the server evaluates here and a phone
evaluates by the same rules; nothing is ever handed to an interpreter. Grammar, by precedence::

    or | and | = != | < <= > >= | + - | * div mod | - | ${name} . 'text' 12 f(a, b) ( )
    position(..) | jr:choice-name(a, '${name}')

In a filter of choices a bare word names a column of the choices instead of ".".

Values are those of ``values``, functions those of ``functions``.
Source: XLSForm reference, section "Operators and functions"; XPath 1.0, sections 3.3 to 3.5.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.field.questionnaire.functions import ARITY, CALLS, DATE_LETTERS, GATHERING
from fangxian.field.questionnaire.patterns import is_safe
from fangxian.field.questionnaire.values import Value, equal, number, text, truth

Tree = list[Any]
MAX_LENGTH: Final = 2_000
MAX_DEPTH: Final = 40
# As large as a number may be that somebody answers.
MAX_RESULT: Final = 1e12

_TOKENS = re.compile(
    r"""\s*(?:
      (?P<number>\d+(?:\.\d+)?|\.\d+)
    | (?P<text>'[^']*'|"[^"]*")
    | (?P<field>\$\{\s*[^\W\d][\w.-]*\s*\})
    | (?P<word>(?:jr:)?[^\W\d][\w-]*)
    | (?P<op><=|>=|!=|=|<|>|\+|-|\*|\(|\)|,|\.\.|\.)
    )""",
    re.VERBOSE,
)

BINARY: Final = {
    "or": 1,
    "and": 2,
    "=": 3,
    "!=": 3,
    "<": 4,
    "<=": 4,
    ">": 4,
    ">=": 4,
    "+": 5,
    "-": 5,
    "*": 6,
    "div": 6,
    "mod": 6,
}

_QUESTION: Final = re.compile(r"^\$\{\s*([^\W\d][\w.-]*)\s*\}$")


class ExpressionError(ValueError):
    """An expression that can't be read; says where and what was expected."""


def _tokens(source: str) -> list[tuple[str, str, int]]:
    if len(source) > MAX_LENGTH:
        raise ExpressionError(
            _("The expression is longer than %(n)d characters.") % {"n": MAX_LENGTH}
        )
    found: list[tuple[str, str, int]] = []
    at = 0
    text = source.rstrip()
    while at < len(text):
        match = _TOKENS.match(text, at)
        if match is None:
            raise ExpressionError(
                _("Character %(at)d, “%(what)s”, does not belong in an expression.")
                % {"at": at + 1, "what": text[at : at + 1]}
            )
        kind = str(match.lastgroup)
        found.append((kind, match.group(kind), match.start(kind) + 1))
        at = match.end()
    return found


class _Parser:
    """Precedence climbing over the tokens; with ``columns`` it reads a filter of choices."""

    def __init__(self, source: str, columns: Set[str] | None, *, stored: bool) -> None:
        self.tokens = _tokens(source)
        self.stored = stored
        self.columns = columns
        self.at = 0
        self.depth = 0

    def peek(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def next(self) -> tuple[str, str, int]:
        if self.at >= len(self.tokens):
            raise ExpressionError(_("The expression ends too early."))
        self.at += 1
        return self.tokens[self.at - 1]

    def expect(self, what: str) -> None:
        _kind, text, at = self.next()
        if text != what:
            raise ExpressionError(
                _("“%(what)s” is expected at character %(at)d, not “%(found)s”.")
                % {"what": what, "at": at, "found": text}
            )

    def expression(self, lowest: int = 1) -> Tree:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ExpressionError(_("The expression is nested too deeply."))
        left = self.operand()
        while True:
            operator = self.peek()
            rank = BINARY.get(operator, 0)
            if rank < lowest:
                break
            self.at += 1
            left = [operator, left, self.expression(rank + 1)]
        self.depth -= 1
        return left

    def operand(self) -> Tree:
        kind, text, at = self.next()
        if kind == "number":
            return ["value", float(text) if "." in text or len(text) > 15 else int(text)]
        if kind == "text":
            return ["value", text[1:-1]]
        if kind == "field":
            return ["field", text[2:-1].strip()]
        if text == "." and self.columns is None:
            return ["self"]
        if text == "(":
            inner = self.expression()
            self.expect(")")
            return inner
        if text == "-":
            return ["neg", self.operand()]
        if kind == "word" and self.peek() == "(":
            return self.call(text, at)
        if kind == "word" and self.columns is not None:
            return self.column(text, at)
        raise ExpressionError(
            _("“%(found)s” at character %(at)d is not a value.") % {"found": text, "at": at}
        )

    def column(self, name: str, at: int) -> Tree:
        if name not in (self.columns or ()):
            raise ExpressionError(
                _("“%(name)s” at character %(at)d is no column of the choices. Known: %(known)s.")
                % {"name": name, "at": at, "known": ", ".join(sorted(self.columns or ()))}
            )
        return ["column", name]

    def call(self, name: str, at: int) -> Tree:
        if name == "position":
            for what in ("(", "..", ")"):
                self.expect(what)
            return ["row"]
        if name == "jr:choice-name":
            return self.choice_name(at)
        if name not in ARITY:
            raise ExpressionError(
                _("The function “%(name)s” at character %(at)d is not known. Known: %(known)s.")
                % {"name": name, "at": at, "known": ", ".join(sorted(ARITY))}
            )
        self.expect("(")
        arguments: list[Tree] = []
        while self.peek() != ")":
            arguments.append(self.expression())
            if self.peek() != ",":
                break
            self.at += 1
        self.expect(")")
        fewest, most = ARITY[name]
        if len(arguments) < fewest or (most is not None and len(arguments) > most):
            raise ExpressionError(
                _("“%(name)s” got %(n)d arguments.") % {"name": name, "n": len(arguments)}
            )
        if name == "regex" and not self.stored:
            _check_pattern(arguments[1], at)
        if name.startswith("format-date"):
            _check_date_pattern(arguments[1], at)
        return ["call", name, *arguments]

    def choice_name(self, at: int) -> Tree:
        """``jr:choice-name(code, '${question}')``: the label of a choice."""
        self.expect("(")
        code = self.expression()
        self.expect(",")
        kind, quoted, _at = self.next()
        match = _QUESTION.match(quoted[1:-1]) if kind == "text" else None
        if match is None:
            raise ExpressionError(
                _("“jr:choice-name” at character %(at)d needs a question in quotes, as '${town}'.")
                % {"at": at}
            )
        self.expect(")")
        return ["label", code, match[1]]


def compile_expression(
    source: str, columns: Set[str] | None = None, *, stored: bool = False
) -> Tree:
    """Parse an expression, or with ``columns`` a filter of choices that have them.

    One that is ``stored`` was taken once: its patterns are not judged anew. Raises ExpressionError
    with the place and what was expected.
    """
    parser = _Parser(source, columns, stored=stored)
    tree = parser.expression()
    if parser.at < len(parser.tokens):
        _kind, text, at = parser.tokens[parser.at]
        raise ExpressionError(
            _("“%(found)s” at character %(at)d does not follow.") % {"found": text, "at": at}
        )
    return tree


def fields_of(tree: Tree) -> set[str]:
    """Names of the questions that an expression looks at."""
    return _named(tree, "field")


def columns_of(tree: Tree) -> set[str]:
    """Names of the columns that a filter of choices looks at."""
    return _named(tree, "column")


def gathered_of(tree: Tree) -> set[str]:
    """Names of the questions of which an expression takes all answers: ``sum(${age})``."""
    found: set[str] = set()
    if tree[0] == "call" and tree[1] in GATHERING:
        found |= {str(part[1]) for part in tree[2:] if part[0] == "field"}
    for part in tree[1:]:
        if isinstance(part, list):
            found |= gathered_of(part)
    return found


def lone_of(tree: Tree) -> set[str]:
    """Names of the questions that an expression looks at otherwise than ``gathered_of``."""
    if tree[0] == "field":
        return {str(tree[1])}
    gathers = tree[0] == "call" and tree[1] in GATHERING
    found: set[str] = set()
    for part in tree[1:]:
        if isinstance(part, list) and not (gathers and part[0] == "field"):
            found |= lone_of(part)
    return found


def labelled_of(tree: Tree) -> set[str]:
    """Names of the questions whose options an expression calls by their labels."""
    found = {str(tree[2])} if tree[0] == "label" else set()
    for part in tree[1:]:
        if isinstance(part, list):
            found |= labelled_of(part)
    return found


def _check_pattern(pattern: Tree, at: int) -> None:
    """Refuse a pattern that can't be read, or that could take for ever on some text."""
    if pattern[0] != "value" or not is_safe(str(pattern[1])):
        raise ExpressionError(
            _(
                "The pattern at character %(at)d can’t be used. Write it in quotes, without"
                " repeated brackets and with three parts of free length at most."
            )
            % {"at": at}
        )


def _check_date_pattern(pattern: Tree, at: int) -> None:
    letters = re.findall(r"%(.?)", str(pattern[1])) if pattern[0] == "value" else [""]
    if unknown := [letter for letter in letters if letter not in DATE_LETTERS]:
        raise ExpressionError(
            _("“%%%(letter)s” of the date at character %(at)d is not known. Known: %(known)s.")
            % {"letter": unknown[0], "at": at, "known": " ".join(f"%{d}" for d in "YymndeHhMS")}
        )


def _named(tree: Tree, head: str) -> set[str]:
    if tree[0] == head:
        return {str(tree[1])}
    found: set[str] = set()
    for part in tree[1:]:
        if isinstance(part, list):
            found |= _named(part, head)
    return found


_ARITHMETIC: Final[Mapping[str, Callable[[float, float], Value]]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "div": lambda a, b: a / b if b else math.nan,
    "mod": lambda a, b: math.fmod(a, b) if b and math.isfinite(a) else math.nan,
}


@dataclass(frozen=True)
class Moment:
    """When something is evaluated: the day of the visit and, as far as it is known, the hour."""

    today: dt.date
    now: dt.datetime | None = None

    def day(self) -> str:
        return self.today.isoformat()

    def time(self) -> str:
        """The clock on the wall, without a zone; the visit's day where only that is known."""
        return self.now.strftime("%Y-%m-%dT%H:%M:%S") if self.now else self.today.isoformat()


def evaluate(
    tree: Tree,
    answers: Mapping[str, Value],
    *,
    own: Value = None,
    choice: Mapping[str, Value] | None = None,
    today: dt.date | None = None,
    now: dt.datetime | None = None,
    row: int | None = None,
    labels: Mapping[str, Mapping[str, str]] | None = None,
) -> Value:
    """Evaluate a compiled expression.

    ``answers``: by question name, of questions in a repeat from outside as the list of its rows;
    ``own``: what "." stands for; ``choice``: the columns of the choice that is filtered;
    ``today``, ``now``: the day of the visit and its local time; ``row``: the number of the repeat's
    row, from 1; ``labels``: those of the options by question and code. An unanswered question is
    None and compares like empty text.
    """
    # The visit's own day is normally given.
    moment = Moment(today or timezone.localdate(), now)

    def run(node: Tree) -> Value:
        head = node[0]
        if head == "value":
            return node[1]
        if head == "field":
            return answers.get(node[1])
        if head == "column":
            return (choice or {}).get(node[1])
        if head == "self":
            return own
        if head == "row":
            return row
        if head == "label":
            known = (labels or {}).get(node[2], {})
            given = run(node[1])
            codes = given if isinstance(given, list) else [given]
            return ", ".join(known.get(text(code), text(code)) for code in codes)
        if head == "neg":
            return -number(run(node[1]))
        if head == "and":
            return truth(run(node[1])) and truth(run(node[2]))
        if head == "or":
            return truth(run(node[1])) or truth(run(node[2]))
        if head == "=":
            return equal(run(node[1]), run(node[2]))
        if head == "!=":
            return not equal(run(node[1]), run(node[2]))
        if head == "call":
            return call(node[1], node[2:])
        return _ARITHMETIC[head](number(run(node[1])), number(run(node[2])))

    def call(name: str, arguments: list[Tree]) -> Value:
        if name == "if":
            return run(arguments[1] if truth(run(arguments[0])) else arguments[2])
        if name == "today":
            return moment.day()
        if name == "now":
            return moment.time()
        return CALLS[name](*(run(argument) for argument in arguments))

    return run(tree)


def holds(tree: Tree, answers: Mapping[str, Value], **given: Any) -> bool:
    """Whether an expression is true; one that can't be worked out is not, as in a browser.

    Keywords as for :func:`evaluate`.
    """
    try:
        return truth(evaluate(tree, answers, **given))
    except (ArithmeticError, ValueError):
        return False


def worked_out(tree: Tree, answers: Mapping[str, Value], **given: Any) -> Value:
    """What a calculation comes to: text, a number, true or false; None where it comes to nothing.

    Keywords as for :func:`evaluate`.
    """
    try:
        value = evaluate(tree, answers, **given)
    except (ArithmeticError, ValueError):
        return None
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        if not math.isfinite(value) or abs(value) > MAX_RESULT:
            return None
        return int(value) if float(value).is_integer() else value
    return text(value)[:MAX_LENGTH] or None
