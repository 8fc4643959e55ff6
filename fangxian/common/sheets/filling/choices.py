"""Boxes to tick in a cell, lists to choose from, and which of the choices a value means."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

from fangxian.common.sheets.sheetreader.boxes import BOXES, MARKS
from fangxian.common.sheets.words import key, load, words

_BOX: Final = re.compile(f"[{BOXES}]")
# The choice beside a box ends with the next box, a wide gap or the end of the line.
_END: Final = re.compile(rf"[{BOXES}\n]|[ \t\u3000]{{3,}}")
_PUNCTUATION: Final = " \t\u00a0\u3000_,;:/\u3001\uff0c\uff1b\uff1a\u3002"
_TICKED: Final = re.compile(f"[{MARKS}]")
_SEPARATORS: Final = re.compile("[,;/\u3001\uff0c\uff1b]")
_USUAL_MARK: Final = "\u2611"
_LEAST_ALIKE: Final = 2


@dataclass(frozen=True, slots=True)
class Boxes:
    """Boxes of a text of which one or more are to be ticked: where each is, and what it says."""

    spans: tuple[tuple[int, int], ...]
    options: tuple[str, ...]


def boxes_in(text: str) -> list[Boxes]:
    """The boxes of a text, line by line; a colon between two of them begins a new question."""
    found: list[Boxes] = []
    if not _BOX.search(text):
        return found
    for line in re.finditer(r"[^\n]+", text):
        starts = [match.start() + line.start() for match in _BOX.finditer(line[0])]
        behind = bool(starts) and _is_behind(text, starts, line.end())
        group: list[tuple[int, str]] = []
        for number, start in enumerate(starts):
            before = starts[number - 1] + 1 if number else line.start()
            if group and _asks(text[before:start], behind):
                found += _boxes(group)
                group = []
            if behind:
                option = re.split("[:\uff1a]", text[before:start])[-1]
            else:
                end = _END.search(text, start + 1, line.end())
                option = text[start + 1 : end.start() if end else line.end()]
            group.append((start, option.strip(_PUNCTUATION)))
        found += _boxes(group)
    if len(found) > 1 and ":" not in text and "\uff1a" not in text:
        # One question whose choices fill several lines.
        spans = tuple(span for one in found for span in one.spans)
        found = [Boxes(spans, tuple(option for one in found for option in one.options))]
    return [one for one in found if len(one.spans) > 1]


def _boxes(group: list[tuple[int, str]]) -> list[Boxes]:
    said = [(start, option) for start, option in group if option]
    if not said:
        return []
    return [Boxes(tuple((start, start + 1) for start, _ in said), tuple(o for _, o in said))]


def _asks(between: str, behind: bool) -> bool:
    """Whether what stands between two boxes names another question."""
    text = between.strip()
    if behind:
        return ":" in text or "\uff1a" in text
    return text.endswith((":", "\uff1a"))


def _is_behind(text: str, starts: Sequence[int], end: int) -> bool:
    """Whether the boxes stand behind what they say."""
    return not text[starts[-1] + 1 : end].strip(_PUNCTUATION)


def is_boxes(text: str) -> bool:
    """Whether a text holds boxes to tick."""
    return bool(_BOX.search(text)) and bool(boxes_in(text))


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
    if not wanted:
        return None
    if wanted in keys:
        return keys.index(wanted)
    for meaning in _meanings():
        if wanted in meaning:
            same = [number for number, one in enumerate(keys) if one in meaning]
            if len(same) == 1:
                return same[0]
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
