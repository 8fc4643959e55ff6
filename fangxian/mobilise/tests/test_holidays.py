"""Days off that are announced, by rule or by the package; years that neither knows."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone
from django.utils.translation import override

from fangxian.common.actor import Actor
from fangxian.common.errors import Invalid
from fangxian.common.scoping import acting
from fangxian.core.rules import add_rule_version
from fangxian.mobilise.actions import NewPattern, lay_out
from fangxian.mobilise.holidays import NAME, is_working_day, marked, not_announced, recurs
from fangxian.mobilise.models import Pattern, Shift
from fangxian.mobilise.tests.conftest import EARLY, gate

pytestmark = pytest.mark.django_db
YEAR: dict[str, Any] = {
    "year": 2099,
    "off": [{"first": "2098-12-31", "last": "2099-01-02", "zh": "示例节", "en": "Example"}],
    "worked": [{"day": "2099-01-10", "zh": "示例节", "en": "Example"}],
}


@pytest.mark.parametrize(
    ("how", "weekdays", "days"),
    [
        # In 2020 the 19th of January was a Sunday worked for the Spring Festival, which lasted from
        # the 24th to the 2nd of February (State Council, 2020-01-26).
        ("all", 0b1111111, "2020-01-19 2020-01-24 2020-01-27"),
        ("all", 0b0011111, "2020-01-24 2020-01-27"),
        ("never", 0b1111111, "2020-01-19"),
        ("only", 0b1111111, "2020-01-24 2020-01-27"),
    ],
)
def test_on_which_days_a_shift_recurs(how: str, weekdays: int, days: str) -> None:
    pattern = Pattern(on_holidays=how, weekdays=weekdays)
    asked = [dt.date.fromisoformat(f"2020-01-{day}") for day in ("19", "24", "27")]
    assert " ".join(day.isoformat() for day in asked if recurs(pattern, day)) == days


def test_days_off_and_weekends_that_are_worked_are_marked() -> None:
    with override("en"):
        off, worked = marked(dt.date(2020, 10, 1)), marked(dt.date(2020, 10, 10))
    assert off is not None
    assert (off.off, off.name) == (True, "National Day")
    assert worked is not None
    assert worked.off is False
    assert marked(dt.date(2020, 10, 17)) is None
    assert marked(dt.date(2020, 10, 20)) is None
    assert marked(dt.date(2199, 1, 1)) is None


def announced(*years: Any) -> None:
    add_rule_version(
        by=Actor.system("test", settings.FANGXIAN_AREA),
        name=NAME,
        data={"years": list(years)},
        source="示例通知",
        valid_from=dt.date(2020, 1, 1),
    )


def test_a_year_that_nobody_announced_has_plain_weekends_and_says_so() -> None:
    days = [dt.date(2098, 12, 31), *(dt.date(2099, 1, day) for day in (2, 5, 10))]
    assert [is_working_day(day) for day in days] == [True, True, True, False]
    assert "2099年" in not_announced(days[1], days[2])
    assert "2098；2099年" in not_announced(days[0], days[1])
    assert not_announced(dt.date(2020, 1, 1), dt.date(2020, 12, 31)) == ""
    announced(YEAR)
    assert [is_working_day(day) for day in days] == [False, False, True, True]
    assert [(mark.off, mark.name) if (mark := marked(day)) else None for day in days] == [
        (True, "示例节"), (True, "示例节"), None, (False, "示例节"),
    ]  # fmt: skip
    assert not_announced(days[1], days[2]) == ""
    # What the rule says of a year stands for the package's.
    off = {**YEAR["off"][0], "first": "2020-10-02", "last": "2020-10-02"}
    announced({"year": 2020, "off": [off], "worked": []})
    assert [is_working_day(dt.date(2020, 10, day)) for day in (1, 2, 10)] == [True, False, False]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"off": [{**YEAR["off"][0], "last": "2098-12-30"}]}, "早于首日"),
        ({"off": [{**YEAR["off"][0], "first": "2100-01-01", "last": "2100-01-01"}]}, "本年"),
        ({"worked": [{**YEAR["worked"][0], "day": "2098-01-01"}]}, "本年"),
        ({"worked": [{**YEAR["worked"][0], "day": "2099-2-1"}]}, "请写日期"),
        ({"off": []}, "至少"),
    ],
)
def test_what_no_calendar_is_is_refused(change: Any, said: str) -> None:
    with pytest.raises(Invalid, match=said):
        announced({**YEAR, **change})


def test_shifts_are_laid_out_by_the_calendar(alice: Any, places: Any) -> None:
    """Two more on days off; the weekend that is worked for them is a working day."""
    first = timezone.localdate() + dt.timedelta(days=1)
    while first.weekday() or first.year != (first + dt.timedelta(days=6)).year:
        first += dt.timedelta(days=1)
    days = [first + dt.timedelta(days=n) for n in range(7)]
    written = [day.isoformat() for day in days]
    off = [{**YEAR["off"][0], "first": written[1], "last": written[2]}]
    worked = [{**YEAR["worked"][0], "day": written[5]}]
    announced({"year": first.year, "off": off, "worked": worked})
    patterns = (
        NewPattern(EARLY, dt.time(8), 240, 1, on_holidays=Pattern.Holidays.NEVER),
        NewPattern("加强", dt.time(8), 240, 3, on_holidays=Pattern.Holidays.ONLY),
    )
    post = gate(alice, places[places.community], *patterns, days=1)
    lay_out(by=alice, post=post, first=first, last=days[-1])
    with acting(alice):
        heads = dict(Shift.objects.filter(post=post).values_list("day", "heads"))
    assert [heads[day] for day in days] == [1, 3, 3, 1, 1, 1, 3]
