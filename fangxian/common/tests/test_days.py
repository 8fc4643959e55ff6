"""Days of other years."""

from __future__ import annotations

import datetime as dt

import pytest

from fangxian.common.days import years_before


@pytest.mark.parametrize(
    ("day", "years", "before"),
    [
        (dt.date(2026, 5, 1), 60, dt.date(1966, 5, 1)),
        (dt.date(2024, 2, 29), 4, dt.date(2020, 2, 29)),
        (dt.date(2024, 2, 29), 1, dt.date(2023, 2, 28)),
    ],
)
def test_the_same_day_of_an_earlier_year(day: dt.date, years: int, before: dt.date) -> None:
    assert years_before(day, years) == before
