"""Boxes to tick in a cell, lists to choose from, and which of the choices a value means."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

from fangxian.common.sheets.sheetreader.boxes import BOXES, BRACKETS, MARKS, boxes_of
from fangxian.common.sheets.words import key, load, words

_BOX: Final = re.compile(f"[{BOXES}]")
# The choice beside a box ends with the next box, a wide gap or the end of the line.
_END: Final = re.compile(r"[ \t\u3000]{3,}")
_PUNCTUATION: Final = " \t\u00a0\u3000_,;:/\u3001\uff0c\uff1b\uff1a\u3002"
_TICKED: Final = re.compile(f"[{MARKS}]")
_SEPARATORS: Final = re.compile("[,;/\u3001\uff0c\uff1b]")
_USUAL_MARK: Final = "\u2611"
_LEAST_ALIKE: Final = 2


@dataclass(frozen=True, slots=True)
class Boxes:
    """Boxes of a text of which one or more are to be ticked: what a tick replaces of each, and what
    it says. `bracketed`: they are brackets, ticked within.
    """

    spans: tuple[tuple[int, int], ...]
    options: tuple[str, ...]
    bracketed: bool = False


def boxes_in(text: str) -> list[Boxes]:
    """The boxes of a text, line by line; a colon between two of them begins a new question.

    Brackets with nothing in them are boxes where no sign of one stands in the text.
    """
    found: list[Boxes] = []
    places = boxes_of(text) if _BOX.search(text) or BRACKETS.search(text) else []
    if len(places) < 2:
        return found
    bracketed = not _BOX.search(text)
    around = 1 if bracketed else 0
    for line in re.finditer(r"[^\n]+", text):
        spans = [span for span in places if line.start() <= span[0] < line.end()]
        outer = [(start - around, end + around) for start, end in spans]
        behind = bool(outer) and not text[outer[-1][1] : line.end()].strip(_PUNCTUATION)
        group: list[tuple[tuple[int, int], str]] = []
        for number, (start, end) in enumerate(outer):
            before = outer[number - 1][1] if number else line.start()
            if group and _asks(text[before:start], behind):
                found += _boxes(group, bracketed)
                group = []
            if behind:
                option = re.split("[:\uff1a]", text[before:start])[-1]
            else:
                stop = outer[number + 1][0] if number + 1 < len(outer) else line.end()
                wide = _END.search(text, end, stop)
                option = text[end : wide.start() if wide else stop]
                if _asks(option, behind):  # the last word names the next question
                    option = " ".join(option.split()[:-1]) or option
            group.append((spans[number], option.strip(_PUNCTUATION).rstrip("(\uff08")))
        found += _boxes(group, bracketed)
    if len(found) > 1 and ":" not in text and "\uff1a" not in text:
        # One question whose choices fill several lines.
        whole = tuple(span for one in found for span in one.spans)
        options = tuple(option for one in found for option in one.options)
        found = [Boxes(whole, options, bracketed)]
    return [one for one in found if len(one.spans) > 1]


def _boxes(group: list[tuple[tuple[int, int], str]], bracketed: bool) -> list[Boxes]:
    said = [(span, option) for span, option in group if option]
    if not said or (bracketed and any(_counts(option) for _span, option in said)):
        return []
    return [Boxes(tuple(span for span, _ in said), tuple(o for _, o in said), bracketed)]


def _counts(option: str) -> bool:
    """Whether a bracket waits for a number: ( )\u6237 ( )\u4eba, ( )\u6708( )\u65e5."""
    wanted = key(option)
    return any(wanted in words(name) for name in ("units", "counters", "date_parts"))


def _asks(between: str, behind: bool) -> bool:
    """Whether what stands between two boxes names another question."""
    text = between.strip()
    if behind:
        return ":" in text or "\uff1a" in text
    return text.endswith((":", "\uff1a"))


def is_boxes(text: str) -> bool:
    """Whether a text holds boxes to tick."""
    return bool(boxes_in(text))


def mark_in(texts: Iterable[str]) -> str:
    """How a form ticks a box, as an example in it shows; else a tick in the box."""
    for text in texts:
        match = _TICKED.search(text)
        if match and _BOX.search(text):
            return match[0]
    return _USUAL_MARK


def chosen(value: object, options: Sequence[str]) -> tuple[int, ...]:
    """Which of the options a value means: the same words, the same answer in other words, or
    several of them. None of them: ().
    """
    return _chosen(str(value), tuple(options))


@lru_cache(maxsize=8192)
def _chosen(text: str, options: tuple[str, ...]) -> tuple[int, ...]:
    one = _one(text, options)
    if one is not None:
        return (one,)
    parts = [part for part in _SEPARATORS.split(text) if part.strip()]
    found = [_one(part, options) for part in parts] if len(parts) > 1 else []
    if not found or None in found:
        return ()
    return tuple(sorted({number for number in found if number is not None}))


def _one(text: str, options: Sequence[str]) -> int | None:
    wanted = key(text)
    keys = [key(option) for option in options]
    same_one = said_by(text, options)
    if same_one is not None or not wanted:
        return same_one
    for answers, begins in ((words("yes"), "yes_beginnings"), (words("no"), "no_beginnings")):
        if wanted in answers:
            same = [number for number, one in enumerate(keys) if _begins(one, begins)]
            return same[0] if len(same) == 1 else None
    if len(wanted) < _LEAST_ALIKE or _SEPARATORS.search(text):
        return None
    alike = [
        number
        for number, one in enumerate(keys)
        if len(one) >= _LEAST_ALIKE and (one in wanted or wanted in one)
    ]
    return alike[0] if len(alike) == 1 else None


def said_by(text: str, options: Sequence[str]) -> int | None:
    """Which of the options says the same, in these or in other words; none that is but alike."""
    wanted, keys = key(text), [key(option) for option in options]
    if wanted in keys:
        return keys.index(wanted) if wanted else None
    for meaning in _meanings():
        if wanted in meaning:
            same = [number for number, one in enumerate(keys) if one in meaning]
            if len(same) == 1:
                return same[0]
    return None


def _begins(option: str, name: str) -> bool:
    return option not in _unknown() and option.startswith(tuple(words(name)))


@cache
def _unknown() -> frozenset[str]:
    return frozenset(map(key, load("words")["sex"]["unknown"])) | words("blank_values")


@cache
def _meanings() -> tuple[frozenset[str], ...]:
    """Words that say the same where somebody chooses."""
    given = load("words")
    sexes = (frozenset(map(key, given["sex"][name])) for name in ("male", "female", "unknown"))
    groups = (frozenset(map(key, group)) for group in given["same_choices"])
    return (words("yes"), words("no"), *sexes, *groups)
