"""Upkeep and vacancies of an area in one go: for the periodic job, redraws and the command line."""

from __future__ import annotations

from fangxian.common.actor import Actor
from fangxian.common.scoping import acting
from fangxian.organisations import upkeep, vacancies


def settle(*, by: Actor, area: str) -> tuple[int, int, int]:
    """Bring an area up to date: responsibilities ended, vacancies opened, vacancies closed."""
    with acting(by):
        ended = upkeep.upkeep(by=by, area=area)
        opened, closed = vacancies.refresh(by=by, area=area)
    return ended, opened, closed
