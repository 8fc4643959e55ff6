"""Values of expressions: text, numbers, booleans, lists, and None (not answered; "" in XPath).

Days and hours are text as they are written (2020-03-05, 14:30, 2020-03-05T14:30:00); read as
numbers they are days since 1970, as XForms has it. ``frontend/islands/expression.ts`` does the
same.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from decimal import Decimal
from typing import Any, Final

Value = Any

# As XPath writes a number; Python's float() would take "1_000", "inf" and "1e3" too.
_NUMERAL: Final = re.compile(r"^-?(\d+(\.\d*)?|\.\d+)$", re.ASCII)
_DATE: Final = re.compile(r"^\d{4}-\d{2}-\d{2}", re.ASCII)
_TIME: Final = re.compile(r"^(\d{1,2}):(\d{2})(?::(\d{2}(?:\.\d+)?))?", re.ASCII)
_EPOCH: Final = dt.date(1970, 1, 1)


def text(value: Value) -> str:
    """A value as text; numbers without exponents."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _numeral(value)
    if isinstance(value, list):
        return " ".join(text(one) for one in value)
    return str(value)


def _numeral(value: float) -> str:
    if not math.isfinite(value):
        return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"
    if value.is_integer() and abs(value) < 1e16:
        return str(int(value))
    return format(Decimal(repr(value)), "f")


def day_of(value: Value) -> dt.date | None:
    """The day that a text begins with."""
    said = text(value).strip()
    if not _DATE.match(said):
        return None
    try:
        return dt.date.fromisoformat(said[:10])
    except ValueError:
        return None


def hours_of(said: str) -> float:
    """The part of a day that a time (14:30, 14:30:05) is; not-a-number for what is none."""
    match = _TIME.match(said)
    if match is None:
        return math.nan
    hours, minutes, seconds = int(match[1]), int(match[2]), float(match[3] or 0)
    if hours > 23 or minutes > 59 or seconds >= 60:
        return math.nan
    return (hours * 3600 + minutes * 60 + seconds) / 86400


def number(value: Value) -> float:
    """A value as a number; not-a-number for what is none."""
    if isinstance(value, bool | int | float):
        return float(value)
    said = text(value).strip()
    if _NUMERAL.match(said):
        return float(said)
    day = day_of(said)
    if day is None:
        return hours_of(said)
    part = hours_of(said[11:]) if said[10:11] in ("T", " ") else 0.0
    return float((day - _EPOCH).days) + (0.0 if part != part else part)


def truth(value: Value) -> bool:
    """A value as true or false: empty text, zero, not-a-number and no answer are false."""
    if isinstance(value, int | float):
        return value == value and value != 0
    return bool(text(value))


def equal(left: Value, right: Value) -> bool:
    """Whether two values are the same, compared as XPath does."""
    if isinstance(left, bool) or isinstance(right, bool):
        return truth(left) == truth(right)
    if isinstance(left, int | float) or isinstance(right, int | float):
        return number(left) == number(right)
    return text(left) == text(right)


def date_text(days: float) -> str:
    """The day so many days after 1970-01-01; "" for none that a calendar has."""
    if not math.isfinite(days):
        return ""
    try:
        return (_EPOCH + dt.timedelta(days=math.floor(days))).isoformat()
    except OverflowError:
        return ""
