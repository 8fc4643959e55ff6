"""Working days, days off, and on which of them a shift recurs.

The days off that the State Council announces each year, and the weekends worked for them, come from
the package ``chinesecalendar``. Years that it does not know yet have plain weekends.
"""

from __future__ import annotations

import datetime as dt

import chinese_calendar

from fangxian.mobilise.models import Pattern

_SATURDAY = 5


def is_working_day(day: dt.date) -> bool:
    """Whether people work on that day, by the announcement of its year if there is one."""
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return day.weekday() < _SATURDAY


def recurs(pattern: Pattern, day: dt.date) -> bool:
    """Whether a shift is on that day: by its weekdays, or by working days and days off."""
    if pattern.on_holidays == Pattern.Holidays.NEVER:
        return is_working_day(day)
    if pattern.on_holidays == Pattern.Holidays.ONLY:
        return not is_working_day(day)
    return bool(pattern.weekdays >> day.weekday() & 1)
