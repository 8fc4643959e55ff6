"""Patterns of ``regex()``: only those that can't take for ever on any answer."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib import import_module
from typing import Any, Final

# Answers are matched up to here.
LONGEST: Final = 200
# Ways through a pattern that are tried at most: three parts of free length.
MOST_WAYS: Final = (LONGEST + 1) ** 3
# The standard library's own reader of patterns; it has no public name.
_reader: Any = import_module("re._parser")
# In a pattern \d, \w and \s mean what they mean in a browser.
_FLAGS: Final = re.ASCII


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, _FLAGS)


def matches(value: str, pattern: str) -> bool:
    """Whether all of a text fits a pattern."""
    return _compiled(pattern).fullmatch(value[:LONGEST]) is not None


def is_safe(pattern: str) -> bool:
    """Whether a pattern can be read, and is matched or refused soon whatever is answered."""
    try:
        return _ways(_reader.parse(pattern, _FLAGS)) <= MOST_WAYS
    except (re.error, OverflowError, RecursionError):
        return False


def _ways(part: Any) -> int:
    """An upper bound of the ways in which a part can be tried at one place of a text."""
    ways = 1
    for operator, argument in part:
        name = str(operator)
        if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            ways *= _of_repeat(*argument)
        elif name == "BRANCH":
            ways *= sum(_ways(one) for one in argument[1])
        elif name == "SUBPATTERN":
            ways *= _ways(argument[-1])
        elif name in ("ASSERT", "ASSERT_NOT"):
            ways *= _ways(argument[1])
        elif name == "ATOMIC_GROUP":
            ways *= _ways(argument)
        elif name == "GROUPREF_EXISTS":
            ways *= sum(_ways(one) for one in argument[1:] if one is not None)
        if ways > MOST_WAYS:
            return MOST_WAYS + 1
    return ways


def _of_repeat(least: int, most: int, inner: Any) -> int:
    lengths = min(most, LONGEST) - min(least, LONGEST) + 1
    once = _ways(inner)
    if once == 1:
        return lengths
    if most > LONGEST:
        # Free lengths within free lengths.
        return MOST_WAYS + 1
    every: int = once**most
    return every * lengths
