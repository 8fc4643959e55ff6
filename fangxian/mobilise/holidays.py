"""Working days, days off, and on which of them a shift recurs.

The days off that the State Council announces each year, and the weekends worked for them: those
that the rule set ``calendar`` names, else those of the package ``chinesecalendar``. A year that
neither knows has plain weekends, and pages say so (:func:`not_announced`).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final

import chinese_calendar
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from fangxian.common.vocabulary import in_language
from fangxian.core import shapes
from fangxian.core.rules import rule
from fangxian.mobilise.models import Pattern

NAME: Final = "calendar"
_SATURDAY: Final = 5
_DAY: Final = dt.timedelta(days=1)

SHAPE = shapes.record(
    {
        "years": shapes.rows(
            shapes.record(
                {
                    "year": shapes.number(2000, 2100, whole=True),
                    "off": shapes.rows(
                        shapes.record(
                            {
                                "first": shapes.date,
                                "last": shapes.date,
                                "zh": shapes.text,
                                "en": shapes.text,
                            }
                        ),
                        least=1,
                    ),
                    "worked": shapes.rows(
                        shapes.record({"day": shapes.date, "zh": shapes.text, "en": shapes.text})
                    ),
                }
            ),
            unique="year",
        )
    }
)


@dataclass(frozen=True)
class DayMark:
    """What is special about a day: a day off by announcement (with its name), or worked for one."""

    off: bool
    name: str

    @property
    def word(self) -> str:
        """The short sign of calendars."""
        return pgettext("calendar", "off") if self.off else pgettext("calendar", "work")


def check(data: Any) -> None:
    """Raise Invalid for data that is none of this rule set."""
    shapes.check(SHAPE, data)
    shapes.refuse(_odd(data))


def _odd(data: Any) -> shapes.Mistakes:
    for n, year in enumerate(data["years"]):
        for at, off in enumerate(year["off"]):
            where = f"years[{n}].off[{at}]"
            if off["last"] < off["first"]:
                yield f"{where}.last", _("This is before the first day.")
            elif _year(off["last"]) != year["year"]:
                yield f"{where}.last", _("Write the days of this year.")
        for at, one in enumerate(year["worked"]):
            if _year(one["day"]) != year["year"]:
                yield f"years[{n}].worked[{at}].day", _("Write the days of this year.")


def _year(day: str) -> int:
    return dt.date.fromisoformat(day).year


def _by_rule(day: dt.date) -> DayMark | bool | None:
    """What the rules say of a day: a mark, None for a usual day, False where its year isn't there.

    A holiday may begin on the last days of the year before the one that announces it.
    """
    years = {one["year"]: one for one in rule(NAME).data["years"]}
    written = day.isoformat()
    for year in (years.get(day.year), years.get(day.year + 1)):
        for off in year["off"] if year else ():
            if off["first"] <= written <= off["last"]:
                return DayMark(True, in_language(en=off["en"], zh=off["zh"]))
    if day.year not in years:
        return False
    for one in years[day.year]["worked"]:
        if one["day"] == written:
            return DayMark(False, in_language(en=one["en"], zh=one["zh"]))
    return None


def _by_package(day: dt.date) -> DayMark | bool | None:
    try:
        off, holiday = chinese_calendar.get_holiday_detail(day)
    except NotImplementedError:
        return False
    if holiday is None or (not off and day.weekday() < _SATURDAY):
        return None
    named = chinese_calendar.Holiday(holiday)
    return DayMark(bool(off), in_language(en=named.value, zh=named.chinese))


def marked(day: dt.date) -> DayMark | None:
    """What stands beside a day in calendars; None for weekdays and weekends as ever."""
    found = _by_rule(day)
    if found is False:
        found = _by_package(day)
    return found if isinstance(found, DayMark) else None


def is_working_day(day: dt.date) -> bool:
    """Whether people work on that day, by the announcement of its year if there is one."""
    mark = marked(day)
    return not mark.off if mark is not None else day.weekday() < _SATURDAY


def recurs(pattern: Pattern, day: dt.date) -> bool:
    """Whether a shift is on that day: by its weekdays, or by working days and days off."""
    if pattern.on_holidays == Pattern.Holidays.NEVER:
        return is_working_day(day)
    if pattern.on_holidays == Pattern.Holidays.ONLY:
        return not is_working_day(day)
    return bool(pattern.weekdays >> day.weekday() & 1)


def not_announced(first: dt.date, last: dt.date) -> str:
    """What is to be known of days of years whose days off nobody has announced here; else empty."""
    years = [
        year
        for year in range(first.year, last.year + 1)
        if _by_rule(dt.date(year, 1, 1)) is False and _by_package(dt.date(year, 1, 1)) is False
    ]
    if not years:
        return ""
    return _(
        "The public holidays of %(years)s are not recorded yet: its weekends count as days off."
        " Once they are announced, add a version of the rule “Public holidays”."
    ) % {"years": _("; ").join(map(str, years))}
