"""Dates in every writing that ledgers show."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

from fangxian.common.sheets.cells import Cell
from fangxian.common.sheets.errors import Fault
from fangxian.common.sheets.words import fold, load

from .texts import is_filler, plain, today

FIRST: Final = dt.date(1890, 1, 1)
LAST: Final = dt.date(2100, 12, 31)
# Excel's day 1 is 1900-01-01, and it believes in 1900-02-29: later serials count from here.
_EPOCH: Final = dt.date(1899, 12, 30)
_TIME: Final = re.compile(r"[T\s]+\d{1,2}:\d{2}(?::\d{2})?(?:\.\d+)?(?:Z|[+-]\d{2}:?\d{2})?$")
_YEAR_FIRST: Final = re.compile(r"^(\d{4})[-/.\s]+(\d{1,2})[-/.\s]+(\d{1,2})[-/.]?$")
_SHORT_YEAR: Final = re.compile(r"^(\d{2})[-/.](\d{1,2})[-/.](\d{1,2})$")
_YEAR_LAST: Final = re.compile(r"^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})$")
_COMPACT: Final = re.compile(r"^(\d{4})(\d{2})(\d{2})$")
_YEAR_MONTH: Final = re.compile(r"^(\d{4})[-/.]?(\d{1,2})$|^(\d{4})$")
_SERIAL: Final = re.compile(r"^\d{4,5}(?:\.\d+)?$")


def clean_date(
    cell: Cell, *, first: dt.date = FIRST, last: dt.date = LAST
) -> dt.date | Fault | None:
    """The day; times are dropped. Serials count from 1900 (a 1904 workbook's date cells are already
    dates).

    A year of two digits is the latest such year that is not in the future.
    """
    if isinstance(cell, dt.datetime):
        return _within(cell.date(), first, last)
    if isinstance(cell, dt.date):
        return _within(cell, first, last)
    if isinstance(cell, bool | dt.time | dt.timedelta):
        return Fault("date_form")
    text = plain(cell)
    if text is None or isinstance(text, Fault):
        return text
    if is_filler(text):
        return None
    day = _parse(_unify(text), serial=isinstance(cell, int | float))
    return day if isinstance(day, Fault) else _within(day, first, last)


@dataclass(frozen=True, slots=True)
class Month:
    """A year, or a month of it, where a ledger gives no day."""

    year: int
    month: int | None = None

    def isoformat(self) -> str:
        """1980-05 or 1980-: how the days of it begin."""
        return f"{self.year:04d}-" + (f"{self.month:02d}" if self.month else "")


def clean_birth(cell: Cell) -> dt.date | Month | Fault | None:
    """A past day, or the month or year alone: 1980.05, 1980年5月, 198005, 1980."""
    day = clean_day_or_month(cell)
    return Fault("date_future") if is_future(day) else day


def clean_day_or_month(cell: Cell) -> dt.date | Month | Fault | None:
    """As :func:`clean_birth`, the future included."""
    day = clean_date(cell)
    return _month(cell) if isinstance(day, Fault) and day.code == "date_incomplete" else day


def is_future(day: dt.date | Month | Fault | None) -> bool:
    """Whether a day or a month has not begun yet."""
    if isinstance(day, Month):
        return dt.date(day.year, day.month or 1, 1) > today()
    return isinstance(day, dt.date) and day > today()


def _month(cell: Cell) -> Month | Fault:
    text = plain(cell)
    match = _YEAR_MONTH.match(_unify(text)) if isinstance(text, str) else None
    if match is None:
        return Fault("date_form")
    year, month = int(match[1] or match[3]), int(match[2] or 0)
    if isinstance(cell, float) and len(match[2] or "") == 1:
        # The number 1980.1 was typed as 1980.10, or as 1980.1.
        month = 0
    if month > 12:
        return Fault("date_impossible")
    return Month(year, month or None)


def _within(day: dt.date, first: dt.date, last: dt.date) -> dt.date | Fault:
    if first <= day <= last:
        return day
    return Fault("date_range", {"first": first.isoformat(), "last": last.isoformat()})


@lru_cache(maxsize=1)
def _marks() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    marks = load("words")["date_marks"]
    return (
        re.compile(r"\s*(?:" + "|".join(marks["year"]) + r")\s*"),
        re.compile(r"\s*(?:" + "|".join(sorted(marks["month"], key=len, reverse=True)) + r")\s*"),
        re.compile(r"\s*(?:" + "|".join(marks["day"]) + r")\s*"),
    )


@cache
def _separators() -> tuple[str, ...]:
    return tuple(fold(separator) for separator in load("words")["date_separators"])


@cache
def _numerals() -> frozenset[str]:
    data = load("words")
    return frozenset((*data["digits"], *data["tens"]))


def _unify(text: str) -> str:
    """2020年3月5日 to 2020-3-5, Chinese digits to digits, the time removed."""
    year, month, day = _marks()
    for separator in _separators():
        text = text.replace(separator, "-")
    if not text.isascii() and not _numerals().isdisjoint(text) and year.search(text):
        text = _chinese_digits(text)
    text = day.sub(" ", month.sub("-", year.sub("-", text))).strip()
    text = _TIME.sub("", text).strip()
    return (
        text.strip("- ")
        if not re.search(r"\d{4}-\d{1,2}-\d{1,2}", text)
        else text.split(" ")[0].strip("-")
    )


def _chinese_digits(text: str) -> str:
    data = load("words")
    digits: dict[str, int] = data["digits"]
    tens = "".join(data["tens"])
    names = "".join(digits)

    def ten(match: re.Match[str]) -> str:
        high = digits[match[1]] if match[1] else 1
        low = digits[match[2]] if match[2] else 0
        return str(high * 10 + low)

    text = re.sub(rf"([{names}])?[{tens}]([{names}])?", ten, text)
    return "".join(str(digits[char]) if char in digits else char for char in text)


def _parse(text: str, *, serial: bool) -> dt.date | Fault:
    if match := _COMPACT.match(text):
        return _day(match[1], match[2], match[3])
    if match := _YEAR_FIRST.match(text):
        return _day(match[1], match[2], match[3])
    if match := _SHORT_YEAR.match(text):
        year = 2000 + int(match[1])
        if year > today().year:
            year -= 100
        return _day(str(year), match[2], match[3])
    if match := _YEAR_LAST.match(text):
        # 3/5/2020 is 5 March or 3 May: only an unambiguous one is read.
        first, second = int(match[1]), int(match[2])
        if first > 12 >= second:
            return _day(match[3], match[2], match[1])
        if second > 12 >= first or first == second:
            return _day(match[3], match[1], match[2])
        return Fault("date_ambiguous")
    if (
        (serial or not text.startswith(("19", "20")))
        and _SERIAL.match(text)
        and (serial or len(text) >= 5)
    ):
        number = int(float(text))
        if number > 60 and not (serial and 1900 <= number <= 2100):
            return _EPOCH + dt.timedelta(days=number)
    if (match := _YEAR_MONTH.match(text)) and "1890" <= (match[1] or match[3]) <= "2100":
        return Fault("date_incomplete")
    return Fault("date_form")


def _day(year: str, month: str, day: str) -> dt.date | Fault:
    try:
        return dt.date(int(year), int(month), int(day))
    except ValueError:
        return Fault("date_impossible")
