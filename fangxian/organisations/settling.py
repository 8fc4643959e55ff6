"""Upkeep and vacancies of an area in one go: for the periodic job, redraws and the command line."""

from __future__ import annotations

from fangxian.common.actor import Actor
from fangxian.organisations import account_needs, employers, keepers, lacking, upkeep, vacancies


def settle(*, by: Actor, area: str) -> tuple[int, int, int]:
    """Bring an area up to date: responsibilities ended, vacancies opened, vacancies closed.

    Buildings without property management get their keeper on the way, accounts the organisation of
    their holder; roles that run out and what places lack otherwise are asked for. Each step is a
    transaction of its own unless the caller has one, and the vacancies of each county.
    """
    ended = upkeep.upkeep(by=by, area=area)
    employers.follow(by=by)
    keepers.keep(by=by, area=area)
    account_needs.settle(by=by, area=area)
    opened, closed = vacancies.refresh(by=by, area=area)
    lacking.refresh(by=by, area=area)
    return ended, opened, closed
