"""The day's work begins at its local time, is made up for, and is done once."""

from __future__ import annotations

import datetime as dt
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connections

from fangxian.core import daily
from fangxian.core.models import DailyRun

AT = dt.time(2, 40)
BEIJING = ZoneInfo("Asia/Shanghai")


def local(day: int, hour: int, minute: int = 0) -> dt.datetime:
    """The moment of a local time in May 2026, as workers have it: in UTC."""
    return dt.datetime(2026, 5, day, hour, minute, tzinfo=BEIJING).astimezone(dt.UTC)


class Work:
    def __init__(self) -> None:
        self.done = 0

    def __call__(self) -> None:
        self.done += 1


@pytest.fixture
def work(db: None) -> Work:
    work = Work()
    assert daily.once("test.work", AT, work, now=local(1, 2, 40))
    return work


def test_the_days_work_begins_at_its_local_time(work: Work) -> None:
    assert not daily.once("test.work", AT, work, now=local(2, 2, 39))
    assert daily.once("test.work", AT, work, now=local(2, 2, 40))
    assert work.done == 2
    assert DailyRun.objects.get(name="test.work").day == dt.date(2026, 5, 2)


def test_it_is_done_once_a_day_also_by_a_worker_that_comes_up_again(work: Work) -> None:
    for hour in range(3, 24):
        assert not daily.once("test.work", AT, work, now=local(1, hour))
    assert work.done == 1


@pytest.mark.parametrize("hour", [3, 9, 23])
def test_a_worker_that_was_down_at_the_time_does_it_when_it_comes_up(work: Work, hour: int) -> None:
    assert daily.once("test.work", AT, work, now=local(2, hour))
    assert not daily.once("test.work", AT, work, now=local(2, hour, 5))
    assert daily.once("test.work", AT, work, now=local(3, 2, 40))
    assert work.done == 3


def test_a_worker_that_was_down_past_midnight_does_yesterdays_work_once(work: Work) -> None:
    assert daily.once("test.work", AT, work, now=local(4, 1))
    assert DailyRun.objects.get(name="test.work").day == dt.date(2026, 5, 3)
    assert not daily.once("test.work", AT, work, now=local(4, 2))
    assert daily.once("test.work", AT, work, now=local(4, 2, 40))


def test_work_that_raises_is_tried_again(work: Work) -> None:
    def broken() -> None:
        raise RuntimeError("no database")

    with pytest.raises(RuntimeError):
        daily.once("test.work", AT, broken, now=local(2, 3))
    assert daily.once("test.work", AT, work, now=local(2, 3, 5))
    assert not daily.once("test.work", AT, work, now=local(2, 3, 10))


def test_work_under_way_is_left_alone_until_its_worker_must_be_dead(work: Work) -> None:
    DailyRun.objects.filter(name="test.work").update(
        day=dt.date(2026, 5, 2), claimed_at=local(2, 3), done_at=None
    )
    assert not daily.once("test.work", AT, work, now=local(2, 3, 59))
    assert daily.once("test.work", AT, work, now=local(2, 4))


def test_of_workers_at_once_one_does_it(fresh_database: str, django_db_blocker: Any) -> None:
    begun, start = Work(), threading.Barrier(4)

    def worker(_number: int) -> bool:
        try:
            with django_db_blocker.unblock():
                start.wait(10)
                return daily.once("test.work", AT, begun, now=local(2, 3))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(worker, range(4))) == [False, False, False, True]
    assert begun.done == 1
