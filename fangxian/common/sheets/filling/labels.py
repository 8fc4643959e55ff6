"""What a text in a template is: the name of a column, a unit, a number of a column, a total, a
note, a place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from fangxian.common.sheets.words import fold, key, key_without_brackets, known_field, load, words

from .blanks import is_open
from .names import bare, day_of

_LABEL_LENGTH: Final = 60
NUMBER: Final = re.compile(r"-?[\d,]+(?:\.\d+)?%?")
_DATE: Final = re.compile(r"\d{2,4}[-/.\u5e74]\d{1,2}(?:[-/.\u6708]\d{1,2}\u65e5?)?")
# So many numbers one behind the other are days; fewer are figures. So many dates.
_LEAST_DAYS: Final = 5
_LEAST_DATES: Final = 2
_NUMBERED: Final = re.compile(r"\(?\d{1,3}\)?(?:=.*)?")
_BRACKETS: Final = re.compile(
    r"\s*[(\[\uff08\u3010]([^()\[\]\uff08\uff09\u3010\u3011]*)[)\]\uff09\u3011]\s*$"
)
# Between signs of which none is a letter of ours: a name in two lines.
_WRAPPED: Final = re.compile(r"(?<=[^\x00-\x7f])\s+(?=[^\x00-\x7f])")
UNIT_LINE: Final = re.compile(r"^\s*([^:\uff1a]{2,6})[:\uff1a]\s*([^\s:\uff1a]{1,6})\s*$")


def is_label(text: str) -> bool:
    folded = fold(text)
    return (
        0 < len(folded) <= _LABEL_LENGTH
        and not NUMBER.fullmatch(folded)
        and not _DATE.fullmatch(folded)
        and not folded.endswith(":")
        and not is_open(text)
        and not is_note(text)
        and not UNIT_LINE.match(text)
    )


def is_note(text: str) -> bool:
    """Whether a text begins as a note does: 注：…, 说明：…"""
    label, colon, rest = fold(text).partition(":")
    if colon and key(label) in words("note_labels"):
        return bool(rest.strip()) or len(label) > 1
    return False


def is_sample(texts: Sequence[str]) -> bool:
    """Whether the texts of a row, from the left, show how to fill it in: it says so where rows
    begin, or tells of somebody whom forms call so.
    """
    first = [key(text) for text in texts[:2]]
    if any(text in words("sample_marks") for text in first):
        return True
    if any(
        fold(text).strip("()").startswith(tuple(load("words")["sample_starts"]))
        for text in texts[:2]
    ):
        return True
    return any(key(text) in words("sample_names") for text in texts[:4])


def is_total(text: str) -> bool:
    folded = key(text)
    return any(folded == word or folded.endswith(word) for word in words("total_words"))


def is_serial(text: str) -> bool:
    return known_field(bare(text)) == "serial"


def unit_of(text: str) -> str:
    """The unit that a text is, without brackets; "" if it is none."""
    bare = text.strip().strip("()[]\uff08\uff09\u3010\u3011 ")
    match = UNIT_LINE.match(bare)
    if match and key(match[1]) in words("unit_labels"):
        bare = match[2]
    return bare if bare and key(bare) in words("units") else ""


def are_units(own: dict[int, str], width: int) -> bool:
    texts = list(own.values())
    units = sum(bool(unit_of(text)) for text in texts)
    others = [text for text in texts if not unit_of(text) and key(text) not in words("unit_labels")]
    blank = all(not key(text).isalnum() for text in others)
    bracketed = all(_BRACKETS.match(text) for text in texts)
    return bool(units and units * 2 >= len(texts) and blank) and (
        bracketed or len(own) * 3 >= width
    )


def are_numbers(own: dict[int, str], width: int) -> bool:
    """Whether a row numbers the columns: 甲 乙 1 2 3=1+2."""
    fits = all(
        _NUMBERED.fullmatch(fold(text)) or key(text) in words("numbering_words")
        for text in own.values()
    )
    numbers = [fold(text).strip("()") for text in own.values()]
    counted = [int(text) for text in numbers if text.isdecimal()]
    return (
        fits
        and len(own) * 10 >= width * 7
        and len(own) > 1
        and counted == list(range(counted[0], counted[0] + len(counted)) if counted else [])
    )


def days_in(texts: Mapping[int, str]) -> set[int]:
    """The columns whose texts are days in their order: 1 2 3 …, or whole dates."""
    found: set[int] = set()
    run: list[int] = []
    before: int | None = None
    whole = False
    for column in sorted(texts):
        day, is_date = _ordinal(texts[column])
        goes_on = day is not None and before is not None and day == before + 1 and is_date == whole
        if not goes_on:
            run = []
        if day is not None:
            run.append(column)
            if len(run) >= (_LEAST_DATES if is_date else _LEAST_DAYS):
                found.update(run)
        before, whole = day, is_date
    return found


def _ordinal(text: str) -> tuple[int | None, bool]:
    """The number of a day, and whether it is a whole date."""
    folded = fold(text)
    if folded.isdecimal() and len(folded) <= 2 and 1 <= int(folded) <= 31:
        return int(folded), False
    day = day_of(text)
    return (day.toordinal(), True) if day else (None, False)


def split_label(text: str) -> tuple[str, str, str]:
    """Name, unit and remark of a column's label."""
    unit = note = ""
    text = bare(text)
    match = _BRACKETS.search(text)
    while match and match.start():
        if found := unit_of(match[1]):
            unit = unit or found
        else:
            note = match[1].strip() if not note else f"{match[1].strip()}; {note}"
        text = text[: match.start()]
        match = _BRACKETS.search(text)
    return _WRAPPED.sub("", bare(text)), unit, note


def is_place(text: str) -> bool:
    name = key_without_brackets(text)
    return any(name.endswith(end) and name != end for end in words("place_endings"))
