"""Working days, days off, and on which of them a shift recurs.

The days off that the State Council announces each year, and the weekends worked for them, come from
the package ``chinesecalendar``. Years that it does not know yet have plain weekends.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import chinese_calendar
from django.utils.translation import pgettext

from fangxian.common.vocabulary import in_language
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


@dataclass(frozen=True)
class DayMark:
    """What is special about a day: a day off by announcement (with its name), or worked for one."""

    off: bool
    name: str

    @property
    def word(self) -> str:
        """The short sign of calendars."""
        return pgettext("calendar", "off") if self.off else pgettext("calendar", "work")


def marked(day: dt.date) -> DayMark | None:
    """What stands beside a day in calendars; None for weekdays and weekends as ever."""
    try:
        off, holiday = chinese_calendar.get_holiday_detail(day)
    except NotImplementedError:
        return None
    if holiday is None or (not off and day.weekday() < _SATURDAY):
        return None
    named = chinese_calendar.Holiday(holiday)
    return DayMark(bool(off), in_language(en=named.value, zh=named.chinese))
