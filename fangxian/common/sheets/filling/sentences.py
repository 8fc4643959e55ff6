"""What names the lines to write on within a sentence: the words around them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Final

from fangxian.common.sheets.words import load

Span = tuple[int, int]

# What ends the parts of a count: the sentence, or the brackets in which they stand.
_ENDS: Final = re.compile(r"[;\uff1b\u3002\n)\uff09]")

_CLAUSE: Final = re.compile(r"\n|[,;:.\uff0c\uff1b\uff1a\u3001\u3002()\uff08\uff09](?!\d)")
_SPACES: Final = " \t\u00a0\u3000"
_LONGEST: Final = 20


def names_of_lines(text: str, lines: Sequence[Span]) -> list[tuple[str, str]]:
    """The name and the unit of each line. What comes before a number names it, unless it only
    leads to it, else its unit; of one subject in several units the further
    ones have it in brackets.
    """
    found: list[tuple[str, str]] = []
    subject, clause = "", -1
    for number, (start, end) in enumerate(lines):
        before_end = lines[number - 1][1] if number else 0
        breaks = [m.end() for m in _CLAUSE.finditer(text, before_end, start)]
        begin = breaks[-1] if breaks else before_end
        before = text[begin:start].strip(_SPACES)
        stop = lines[number + 1][0] if number + 1 < len(lines) else len(text)
        cut = _CLAUSE.search(text, end, stop)
        after = text[end : cut.start() if cut else stop].strip(_SPACES)
        if number and begin == before_end:
            # Within the same clause the unit of the line before comes first, with what it counts.
            unit, rest = _unit(before)
            before = "" if unit in _counters() and found[-1][0] == rest else rest
        else:
            subject, clause = "", number
        own = _bare(before)
        subject = own or (subject if number > clause else "")
        unit, rest = _unit(after)
        name = subject
        if not subject and unit in _counters() and rest:
            name = rest
        elif not subject:
            name = unit or after
        if subject and unit and not own:
            name = f"{subject}({unit})"
        found.append((name[:_LONGEST] if not own else name[-_LONGEST:], unit))
    return found


def are_parts(text: str, lines: Sequence[Span]) -> list[bool]:
    """Which lines are parts of the count before them: those behind a word that says so, up to the
    end of the sentence.
    """
    found: list[bool] = []
    at = 0
    for start, end in lines:
        between = text[at:start]
        cut = [match.end() for match in _ENDS.finditer(between)]
        goes_on = bool(found) and found[-1] and not cut
        said = between[cut[-1] :] if cut else between
        found.append(at > 0 and (goes_on or any(word in said for word in _part_openings())))
        at = end
    return found


def opens_part(text: str) -> str:
    """What follows the word by which a name is that of a part of the count before it; "" if there
    is no such word.
    """
    for word in _part_openings():
        if text.startswith(word):
            return text[len(word) :].strip(_SPACES + ":\uff1a")
    return ""


def _unit(text: str) -> tuple[str, str]:
    """The unit that a text begins with, and what follows it."""
    for unit in _units():
        if text.startswith(unit):
            return unit, text[len(unit) :].strip(_SPACES)
    return "", text


def _bare(text: str) -> str:
    """A subject without the words that only lead to a number."""
    changed = True
    while changed and text:
        changed = False
        for word in _leading():
            if text.startswith(word):
                text, changed = text[len(word) :].strip(_SPACES), True
        for word in _closing():
            if text.endswith(word):
                text, changed = text[: -len(word)].strip(_SPACES), True
    return text


@cache
def _units() -> tuple[str, ...]:
    return tuple(sorted(load("words")["units"], key=len, reverse=True))


@cache
def _part_openings() -> tuple[str, ...]:
    return tuple(load("words")["part_openings"])


@cache
def _counters() -> frozenset[str]:
    return frozenset(load("words")["counters"])


@cache
def _leading() -> tuple[str, ...]:
    return tuple(sorted(load("words")["sentence_openings"], key=len, reverse=True))


@cache
def _closing() -> tuple[str, ...]:
    return tuple(sorted(load("words")["sentence_closings"], key=len, reverse=True))
