"""Patterns of ``regex()``: they mean what they mean in a browser, and none takes for ever."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from importlib import import_module
from typing import Any, Final

# Answers are matched up to here.
LONGEST: Final = 200
# Steps through a pattern that are taken at most: three parts of free length.
MOST_STEPS: Final = 2 * (LONGEST + 1) ** 3
# The standard library's own reader of patterns; it has no public name.
_reader: Any = import_module("re._parser")
# In a pattern \d and \w mean what they mean in a browser.
_FLAGS: Final = re.ASCII
# So does \s: ECMAScript, WhiteSpace and LineTerminator; and what is none of it.
_SPACE: Final = "\t-\r \xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
_OTHER: Final = (
    "\x00-\x08\x0e-\x1f!-\x9f\xa1-\u167f\u1681-\u1fff\u200b-\u2027\u202a-\u202e\u2030-\u205e"
    "\u2060-\u2fff\u3001-\ufefe\uff00-\U0010ffff"
)
_LAST: Final = 0x10FFFF
_DIGITS: Final = [(0x30, 0x39)]
_WORD: Final = [(0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A)]
_REPEATS: Final = ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT")
_WIDTHLESS: Final = ("AT", "ASSERT", "ASSERT_NOT")
_TOO_MANY: Final = (MOST_STEPS + 1, MOST_STEPS + 1)

# Ranges of characters, both ends included.
_Set = list[tuple[int, int]]


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str] | None:
    try:
        return re.compile(_spaced(pattern), _FLAGS)
    except (re.error, OverflowError, RecursionError):
        return None


def matches(value: str, pattern: str) -> bool:
    """Whether all of a text fits a pattern; none fits one that can't be read."""
    compiled = _compiled(pattern)
    return compiled is not None and compiled.fullmatch(value[:LONGEST]) is not None


def is_safe(pattern: str) -> bool:
    """Whether a pattern can be read, and is matched or refused soon whatever is answered."""
    try:
        parts = list(_reader.parse(_spaced(pattern), _FLAGS))
    except (re.error, OverflowError, RecursionError):
        return False
    # Where capitals don't count, sets of characters that look apart may meet.
    folded = re.search(r"\(\?[a-z]*i", pattern) is not None
    return _Steps(folded=folded).of(parts, None)[1] <= MOST_STEPS


def _spaced(pattern: str) -> str:
    r"""The pattern with ``\s`` and ``\S`` written out."""
    found, inside = [], False
    for part in re.findall(r"\\.|.", pattern, re.DOTALL):
        if part in (r"\s", r"\S"):
            characters = _SPACE if part == r"\s" else _OTHER
            found.append(characters if inside else f"[{characters}]")
            continue
        inside = part == "[" or (inside and part != "]")
        found.append(part)
    return "".join(found)


class _Steps:
    """Upper bounds: in how many ways a part is passed, and with how many steps in all.

    A repeat that ends where the next part begins (``\\d+-``) is passed in one way only.
    """

    def __init__(self, *, folded: bool) -> None:
        self.folded = folded

    def of(self, parts: Sequence[Any], behind: _Set | None) -> tuple[int, int]:
        """``behind``: what must follow; None where that is not known."""
        ways, steps = 1, 0
        for at, (operator, argument) in enumerate(parts):
            follows = None if self.folded else _begin(parts[at + 1 :], behind)
            more, taken = self.part(str(operator), argument, follows)
            steps += ways * taken
            ways *= more
            if max(ways, steps) > MOST_STEPS:
                return _TOO_MANY
        return ways, steps

    def part(self, name: str, argument: Any, behind: _Set | None) -> tuple[int, int]:
        if name in _REPEATS:
            least, most, inner = argument
            return self.repeat(least, most, inner, behind)
        if name == "SUBPATTERN":
            return self.of(list(argument[-1]), behind)
        if name == "BRANCH":
            return self.either(argument[1], behind)
        if name in ("ASSERT", "ASSERT_NOT"):
            return self.of(list(argument[1]), None)
        if name == "ATOMIC_GROUP":
            return self.of(list(argument), None)
        if name == "GROUPREF_EXISTS":
            return self.either([one for one in argument[1:] if one is not None], None)
        return 1, 0

    def either(self, parts: Sequence[Any], behind: _Set | None) -> tuple[int, int]:
        found = [self.of(list(one), behind) for one in parts]
        return sum(ways for ways, _steps in found), len(found) + sum(steps for _w, steps in found)

    def repeat(self, least: int, most: int, inner: Any, behind: _Set | None) -> tuple[int, int]:
        lengths = min(most, LONGEST) - min(least, LONGEST) + 1
        parts = list(inner)
        taken = _taken(*parts[0]) if len(parts) == 1 else None
        if taken is not None and behind is not None and not _meet(taken, behind):
            return 1, lengths
        ways, steps = self.of(parts, None)
        if ways == 1:
            return lengths, max(lengths, min(most, LONGEST) * steps)
        if most > LONGEST:
            # Free lengths within free lengths.
            return _TOO_MANY
        every: int = ways**most * lengths
        return every, every * max(1, steps)


def _begin(parts: Sequence[Any], behind: _Set | None) -> _Set | None:
    """What a text must begin with that goes on with these parts; None where that is not known."""
    for operator, argument in parts:
        name = str(operator)
        if name in _WIDTHLESS:
            continue
        if name == "SUBPATTERN":
            return _begin(list(argument[-1]), None)
        if name in _REPEATS:
            return _begin(list(argument[2]), None) if argument[0] else None
        return _taken(operator, argument)
    return behind


def _taken(operator: Any, argument: Any) -> _Set | None:
    """The characters of which a part takes one; None where it takes something else."""
    name = str(operator)
    if name == "LITERAL":
        return [(argument, argument)]
    if name == "NOT_LITERAL":
        return _others([(argument, argument)])
    if name == "ANY":
        return _others([(0x0A, 0x0A)])
    if name != "IN":
        return None
    found: _Set = []
    negated = False
    for kind, what in argument:
        one = _members(str(kind), what)
        negated = negated or str(kind) == "NEGATE"
        if one is None:
            return None
        found += one
    return _others(found) if negated else found


def _members(kind: str, what: Any) -> _Set | None:
    if kind == "LITERAL":
        return [(what, what)]
    if kind == "RANGE":
        return [what]
    if kind == "NEGATE":
        return []
    return {
        "CATEGORY_DIGIT": _DIGITS,
        "CATEGORY_NOT_DIGIT": _others(_DIGITS),
        "CATEGORY_WORD": _WORD,
        "CATEGORY_NOT_WORD": _others(_WORD),
    }.get(str(what))


def _others(ranges: _Set) -> _Set:
    found, at = [], 0
    for low, high in sorted(ranges):
        if low > at:
            found.append((at, low - 1))
        at = max(at, high + 1)
    return [*found, (at, _LAST)] if at <= _LAST else found


def _meet(one: _Set, other: _Set) -> bool:
    return any(low <= top and bottom <= high for low, high in one for bottom, top in other)
