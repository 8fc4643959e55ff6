"""Entries of the job queue (procrastinate finds this module by its name)."""

from __future__ import annotations

from procrastinate.contrib.django import app

from fangxian.core import runner


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
