"""Entries of the job queue (procrastinate finds this module by its name)."""

from __future__ import annotations

import contextlib
import datetime as dt
from typing import Final

from procrastinate.contrib.django import app

from fangxian.core import runner
from fangxian.core.daily import CRON, once

# When few check in.
FORGET_AT: Final = dt.time(3, 35)


@app.periodic(cron="*/5 * * * *")
@app.task(name="mobilise.follow", lock="mobilise.follow", queueing_lock="mobilise.follow")
def follow(timestamp: int) -> None:
    """Names and deaths that were recorded where a volunteer's place is out of sight."""
    from fangxian.common.scoping import acting
    from fangxian.mobilise import following

    by = runner.system_actor("mobilise.follow")
    with acting(by):
        following.follow(by)


@app.periodic(cron="*/10 * * * *")
@app.task(name="mobilise.aid", lock="mobilise.aid", queueing_lock="mobilise.aid")
def aid(timestamp: int) -> None:
    """Ask for what is late in aid batches: days without progress, returns, quarantines."""
    from fangxian.mobilise.aid.raising import settle_area

    by = runner.system_actor("mobilise.aid")
    settle_area(by, by.area)


@app.periodic(cron="4-59/10 * * * *")
@app.task(name="mobilise.load", lock="mobilise.load", queueing_lock="mobilise.load")
def load(timestamp: int) -> None:
    """Tell of who comes near a limit; what has fallen again is closed."""
    from fangxian.mobilise.fatigue import follow_load

    follow_load(by=runner.system_actor("mobilise.load"))


@app.periodic(cron="*/10 * * * *")
@app.task(name="mobilise.echelons", lock="mobilise.echelons", queueing_lock="mobilise.echelons")
def echelons(timestamp: int) -> None:
    """Ask for the next echelon of calls where the one that was called did not do."""
    from fangxian.mobilise.calls.registered import ask_for_echelons

    ask_for_echelons(by=runner.system_actor("mobilise.echelons"))


@app.periodic(cron="2-59/10 * * * *")
@app.task(name="mobilise.lines", lock="mobilise.lines", queueing_lock="mobilise.lines")
def lines(timestamp: int) -> None:
    """Who waits for a shift moves up, also when it was another shift that let him."""
    from fangxian.common.errors import Conflict
    from fangxian.common.scoping import acting
    from fangxian.mobilise import lacking
    from fangxian.mobilise.actions import move_line

    by = runner.system_actor("mobilise.lines")
    with acting(by):
        shifts = lacking.waited_for(by.area)
    for shift in shifts:
        # Each for itself: shifts are held before people, never after.
        with contextlib.suppress(Conflict):
            move_line(by=by, shift=shift)


@app.periodic(cron=CRON)
@app.task(
    name="mobilise.whereabouts", lock="mobilise.whereabouts", queueing_lock="mobilise.whereabouts"
)
def whereabouts(timestamp: int) -> None:
    """Forget where people checked in, some days later."""
    from fangxian.mobilise.actions import forget_whereabouts

    by = runner.system_actor("mobilise.whereabouts")
    once("mobilise.whereabouts", FORGET_AT, lambda: forget_whereabouts(by=by))
