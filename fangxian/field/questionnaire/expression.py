"""Skip logic and constraints: the part of XPath that XLSForm authors use, parsed once.

An expression becomes a tree of plain lists (JSON), which the server evaluates here and a phone
evaluates by the same rules; nothing is ever handed to an interpreter. Grammar, by precedence::

    or | and | = != | < <= > >= | + - | * div mod | - | ${name} . 'text' 12 f(a, b) ( )

In a filter of choices a bare word names a column of the choices instead of ".".

Values are text, numbers, booleans, lists of chosen codes, and None (not answered; "" in XPath).
Source: XLSForm reference, section "Operators and functions"; XPath 1.0, sections 3.3 to 3.5.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Mapping, Set
from typing import Any, Final

from django.utils.translation import gettext as _

Tree = list[Any]
Value = Any
MAX_LENGTH: Final = 2_000
MAX_DEPTH: Final = 40

_TOKENS = re.compile(
    r"""\s*(?:
      (?P<number>\d+(?:\.\d+)?)
    | (?P<text>'[^']*'|"[^"]*")
    | (?P<field>\$\{\s*[A-Za-z_][\w.-]*\s*\})
    | (?P<word>[^\W\d][\w-]*)
    | (?P<op><=|>=|!=|=|<|>|\+|-|\*|\(|\)|,|\.)
    )""",
    re.VERBOSE,
)

_BINARY: Final = {
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

# name: (fewest, most) arguments; None is any number.
_FUNCTIONS: Final[Mapping[str, tuple[int, int | None]]] = {
    "selected": (2, 2),
    "count-selected": (1, 1),
    "string-length": (1, 1),
    "regex": (2, 2),
    "not": (1, 1),
    "true": (0, 0),
    "false": (0, 0),
    "today": (0, 0),
    "if": (3, 3),
    "coalesce": (2, 2),
    "number": (1, 1),
    "int": (1, 1),
    "round": (1, 2),
    "concat": (1, None),
    "contains": (2, 2),
    "starts-with": (2, 2),
    "boolean": (1, 1),
    "min": (1, None),
    "max": (1, None),
}


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

    def __init__(self, source: str, columns: Set[str] | None) -> None:
        self.tokens = _tokens(source)
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
            rank = _BINARY.get(operator, 0)
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
        if name not in _FUNCTIONS:
            raise ExpressionError(
                _("The function “%(name)s” at character %(at)d is not known. Known: %(known)s.")
                % {"name": name, "at": at, "known": ", ".join(sorted(_FUNCTIONS))}
            )
        self.expect("(")
        arguments: list[Tree] = []
        while self.peek() != ")":
            arguments.append(self.expression())
            if self.peek() != ",":
                break
            self.at += 1
        self.expect(")")
        fewest, most = _FUNCTIONS[name]
        if len(arguments) < fewest or (most is not None and len(arguments) > most):
            raise ExpressionError(
                _("“%(name)s” got %(n)d arguments.") % {"name": name, "n": len(arguments)}
            )
        if name == "regex":
            _check_pattern(arguments[1], at)
        return ["call", name, *arguments]


def compile_expression(source: str, columns: Set[str] | None = None) -> Tree:
    """Parse an expression, or with ``columns`` a filter of choices that have them.

    Raises ExpressionError with the place and what was expected.
    """
    parser = _Parser(source, columns)
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


def _named(tree: Tree, head: str) -> set[str]:
    if tree[0] == head:
        return {str(tree[1])}
    found: set[str] = set()
    for part in tree[1:]:
        if isinstance(part, list):
            found |= _named(part, head)
    return found


def _text(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return "NaN" if value != value else str(int(value)) if value.is_integer() else str(value)
    if isinstance(value, list):
        return " ".join(str(v) for v in value)
    return str(value)


# As XPath writes a number; Python's float() would take "1_000", "inf" and "1e3" too.
_NUMERAL: Final = re.compile(r"^-?(\d+(\.\d*)?|\.\d+)$", re.ASCII)


def _number(value: Value) -> float:
    if isinstance(value, bool):
        return float(value)
    if isinstance(value, dt.date):
        # Days since 1970, as XForms reads a date as a number.
        return float((value - dt.date(1970, 1, 1)).days)
    text = _text(value).strip()
    if _NUMERAL.match(text):
        return float(text)
    try:
        return _number(dt.date.fromisoformat(text[:10]))
    except ValueError:
        return math.nan


def truth(value: Value) -> bool:
    """A value as true or false: empty text, zero, not-a-number and no answer are false."""
    if isinstance(value, int | float):
        return value == value and value != 0
    return bool(_text(value))


def _equal(left: Value, right: Value) -> bool:
    if isinstance(left, bool) or isinstance(right, bool):
        return truth(left) == truth(right)
    if isinstance(left, int | float) or isinstance(right, int | float):
        return _number(left) == _number(right)
    return _text(left) == _text(right)


def _selected(chosen: Value, code: Value) -> bool:
    options = chosen if isinstance(chosen, list) else _text(chosen).split()
    return _text(code) in [_text(option) for option in options]


_MAX_REGEX_TEXT: Final = 200


def _regex(value: Value, pattern: Value) -> bool:
    # Answers are short; the cap keeps a slow pattern from being fed a long text.
    return re.fullmatch(_text(pattern), _text(value)[:_MAX_REGEX_TEXT]) is not None


def _check_pattern(pattern: Tree, at: int) -> None:
    """Refuse a pattern that can't be read, or that could take for ever on some text."""
    text = str(pattern[1]) if pattern[0] == "value" else ""
    try:
        re.compile(text)
        good = pattern[0] == "value" and not re.search(r"\)[*+{]", text)
    except re.error:
        good = False
    if not good:
        raise ExpressionError(
            _("The pattern at character %(at)d can’t be used. Write it without repeated brackets.")
            % {"at": at}
        )


def _places(value: Value) -> int:
    number = _number(value)
    return int(number) if math.isfinite(number) else 0


def _round(value: Value, places: Value = 0) -> Value:
    number = _number(value)
    if not math.isfinite(number):
        return number
    # Halves go up, as in XPath; Python's round() would take them to the even neighbour.
    shift = 10.0 ** max(-12, min(12, _places(places)))
    shifted = number * shift
    return math.floor(shifted + 0.5) / shift if math.isfinite(shifted) else number


def _int(value: Value) -> Value:
    number = _number(value)
    return math.trunc(number) if math.isfinite(number) else math.nan


def _extreme(choose: Callable[[list[float]], float], values: tuple[Value, ...]) -> float:
    numbers = [_number(value) for value in values]
    return math.nan if any(number != number for number in numbers) else choose(numbers)


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

_CALLS: Final[Mapping[str, Callable[..., Value]]] = {
    "selected": _selected,
    "count-selected": lambda v: len(v) if isinstance(v, list) else len(_text(v).split()),
    "string-length": lambda v: len(_text(v)),
    "regex": _regex,
    "not": lambda v: not truth(v),
    "true": lambda: True,
    "false": lambda: False,
    "coalesce": lambda a, b: a if _text(a) else b,
    "number": _number,
    "int": _int,
    "round": _round,
    "concat": lambda *vs: "".join(_text(v) for v in vs),
    "contains": lambda a, b: _text(b) in _text(a),
    "starts-with": lambda a, b: _text(a).startswith(_text(b)),
    "boolean": truth,
    "min": lambda *vs: _extreme(min, vs),
    "max": lambda *vs: _extreme(max, vs),
}


def evaluate(
    tree: Tree,
    answers: Mapping[str, Value],
    *,
    own: Value = None,
    choice: Mapping[str, Value] | None = None,
    today: dt.date | None = None,
) -> Value:
    """Evaluate a compiled expression.

    ``answers``: by question name; ``own``: what "." stands for; ``choice``: the columns of the
    choice that is filtered; ``today``: the day of the visit. An unanswered question is None and
    compares like empty text.
    """

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
        if head == "neg":
            return -_number(run(node[1]))
        if head == "and":
            return truth(run(node[1])) and truth(run(node[2]))
        if head == "or":
            return truth(run(node[1])) or truth(run(node[2]))
        if head == "=":
            return _equal(run(node[1]), run(node[2]))
        if head == "!=":
            return not _equal(run(node[1]), run(node[2]))
        if head == "call":
            return call(node[1], node[2:])
        return _ARITHMETIC[head](_number(run(node[1])), _number(run(node[2])))

    def call(name: str, arguments: list[Tree]) -> Value:
        if name == "if":
            return run(arguments[1] if truth(run(arguments[0])) else arguments[2])
        if name == "today":
            return today or dt.date.today()  # noqa: DTZ011 (the visit's own day is normally given)
        return _CALLS[name](*(run(argument) for argument in arguments))

    return run(tree)


def holds(tree: Tree, answers: Mapping[str, Value], **given: Any) -> bool:
    """Whether an expression is true; one that can't be worked out is not, as in a browser.

    Keywords as for :func:`evaluate`.
    """
    try:
        return truth(evaluate(tree, answers, **given))
    except (ArithmeticError, ValueError):
        return False
