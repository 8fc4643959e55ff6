"""Free texts, names, sex, yes and no, numbers."""

from __future__ import annotations

import datetime as dt
import re
import time
import unicodedata
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from fangxian.common.sheets.cells import Cell, CellError, cell_text
from fangxian.common.sheets.errors import Fault
from fangxian.common.sheets.words import dittos, fold, key, load, longest, words

_ZONE: Final = ZoneInfo("Asia/Shanghai")
_QUARTER: Final = 900
_NO_TEXTS: Final = (dt.date, dt.time, bool)
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SPACES: Final = re.compile(r"[ \t\u00a0\u3000]+")
_GUARD: Final = re.compile(
    r"^'(?=[\t\r\n\d]|[\s\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20])"
)
_NUMBER: Final = re.compile(r"^[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?$|^[+-]?\d+(?:\.\d+)?$")
# Most names: nothing in them is to be changed or to be looked at closer.
_HAN_NAME: Final = re.compile(r"[\u4e00-\u9fa5]+")
_NOTE: Final = re.compile(r"\(([^()]*)\)$")
# Excel's mark of a text, as it was typed or corrected to a quotation mark.
_APOSTROPHES: Final = re.compile(r"^['\u2018\u2019`]+")
_LATIN_NAME: Final = re.compile(r"^[^\W\d_]+(?:[ .'\-][^\W\d_]+)*\.?$")


def plain(cell: Cell) -> str | Fault | None:
    """The cell as one folded text; None when empty, a Fault for an Excel error or unprintable
    characters.
    """
    if isinstance(cell, CellError):
        return _no_value(cell)
    if cell is None:
        return None
    text = fold(cell_text(cell))
    if not text:
        return None
    if text in dittos():
        return Fault("ditto")
    if text.isprintable() and text[0] != "'":
        return text
    if _CONTROL.search(text):
        return Fault("control_character")
    # The apostrophe that keeps a number or a formula as text is not part of it.
    return _GUARD.sub("", text)


def _no_value(cell: CellError) -> Fault:
    return Fault("formula") if cell.unstored else Fault("excel_error", {"error": cell.text})


def today() -> dt.date:
    """The day in China, whose ledgers these are."""
    # It is asked several times a row.
    return _day_at(int(time.time()) // _QUARTER)


@lru_cache(maxsize=1)
def _day_at(quarter: int) -> dt.date:
    """The day of a quarter of an hour: days begin with one in every zone."""
    return dt.datetime.fromtimestamp(quarter * _QUARTER, _ZONE).date()


def is_filler(text: str) -> bool:
    """True for what people write into a cell that they have nothing for: 无, /, 不详."""
    if text.isalnum() and len(text) > longest("blank_values"):
        return False
    word = key(text)
    return word in words("blank_values") or not word.strip("-/\\_.")


def clean_text(cell: Cell, *, limit: int = 255) -> str | Fault | None:
    """Free text: outer space removed, inner runs of spaces made one, line breaks kept; width is not
    changed.
    """
    if isinstance(cell, CellError):
        return _no_value(cell)
    text = cell_text(cell)
    if not text.isprintable() or text[:1] == "'" or "  " in text:
        text = _GUARD.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
        text = _SPACES.sub(" ", text)
    text = text.strip()
    if not text:
        return None
    if text in dittos():
        return Fault("ditto")
    if _CONTROL.search(text):
        return Fault("control_character")
    if len(text) > limit:
        return Fault("too_long", {"limit": limit})
    return text


def clean_name(cell: Cell, *, limit: int = 60) -> str | Fault | None:
    """A person's name: 张 三 becomes 张三, the separators of minority names become ·, Latin names
    keep spaces.
    """
    found = clean_noted_name(cell, limit=limit)
    return found if found is None or isinstance(found, Fault) else found[0]


def clean_noted_name(cell: Cell, *, limit: int = 60) -> tuple[str, str] | Fault | None:
    """As :func:`clean_name`, and what stands in brackets behind it: 张三（租户）. "" where that is
    nothing, or but the sex.
    """
    text = plain(cell)
    if text is None or isinstance(text, Fault):
        return text
    if isinstance(cell, _NO_TEXTS):
        return Fault("not_text")
    if is_filler(text):
        return None
    if _HAN_NAME.fullmatch(text):
        return (text, "") if len(text) <= limit else Fault("too_long", {"limit": limit})
    text, remark = _APOSTROPHES.sub("", text), ""
    if (note := _NOTE.search(text)) and key(note[1]) in words("name_notes"):
        text = text[: note.start()].strip()
        remark = "" if key(note[1]) in words("name_notes_of_sex") else note[1].strip()
    for separator in load("words")["name_separators"]:
        for form in {separator, unicodedata.normalize("NFKC", separator)}:
            if form not in (".", "\u00b7") or _has_han(text):
                text = text.replace(form, "\u00b7")
    text = re.sub(r"\s*\u00b7\s*", "\u00b7", text).strip("\u00b7 ")
    if not text:
        return None
    if _has_han(text):
        text = re.sub(r"(?<=[^\x00-\x7f])\s+(?=[^\x00-\x7f])", "", text)
        if any(
            not (_is_han(char) or char == "\u00b7" or char.isalpha() or char == " ")
            for char in text
        ):
            return Fault("name_form")
    elif not _LATIN_NAME.match(text := _SPACES.sub(" ", text)):
        return Fault("name_form")
    if len(text) > limit:
        return Fault("too_long", {"limit": limit})
    return text, remark


def clean_sex(cell: Cell) -> str | Fault | None:
    """GB/T 2261.1: "1" male, "2" female, "0" unknown, "9" unstated."""
    text = plain(cell)
    if text is None or isinstance(text, Fault):
        return text
    found = _sexes().get(key(text)) or _sexes().get(text)
    if found:
        return found
    return None if is_filler(text) else Fault("sex")


def clean_yes_no(cell: Cell) -> bool | Fault | None:
    """Yes or no in any usual writing, ticks and crosses included."""
    if isinstance(cell, bool):
        return cell
    text = plain(cell)
    if text is None or isinstance(text, Fault):
        return text
    if key(text) in words("yes"):
        return True
    if key(text) in words("no"):
        return False
    return Fault("yes_no")


def clean_number(cell: Cell, *, low: float = 0, high: float = 10**9) -> int | float | Fault | None:
    """A count or measure between `low` and `high`; whole numbers come as int."""
    if isinstance(cell, bool | dt.date | dt.time | dt.timedelta):
        return Fault("number")
    if isinstance(cell, int | float):
        value = float(cell)
    else:
        text = plain(cell)
        if text is None or isinstance(text, Fault):
            return text
        if is_filler(text):
            return None
        if not _NUMBER.match(text):
            return Fault("number")
        value = float(text.replace(",", ""))
    if not low <= value <= high:
        return Fault("number_range", {"low": low, "high": high})
    return int(value) if value.is_integer() else value


@lru_cache(maxsize=1)
def _sexes() -> dict[str, str]:
    codes = {"unknown": "0", "male": "1", "female": "2", "unstated": "9"}
    return {
        form: codes[sex]
        for sex, forms in load("words")["sex"].items()
        for word in forms
        for form in (word, key(word))
    }


def _is_han(char: str) -> bool:
    return "CJK" in unicodedata.name(char, "") or char in load("words")["han_name_extra"]


def _has_han(text: str) -> bool:
    return any(not char.isascii() and _is_han(char) for char in text)
