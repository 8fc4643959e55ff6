"""Periodic work (procrastinate finds this module by its name)."""

from __future__ import annotations

import datetime as dt

from procrastinate.contrib.django import app

from fangxian.core import daily

REDRAW_AT = dt.time(0, 5)
CHECK_AT = dt.time(2, 40)


@app.periodic(cron=daily.CRON)
@app.task(name="command.redraw", lock="command.redraw", queueing_lock="command.redraw")
def redraw(timestamp: int) -> None:
    """Put drawings of grids in force whose day has come."""
    from fangxian.command.jobs import put_due_in_force

    daily.once("command.redraw", REDRAW_AT, put_due_in_force)


@app.periodic(cron=daily.CRON)
@app.task(name="command.check", lock="command.check", queueing_lock="command.check")
def check(timestamp: int) -> None:
    """Check every invariant and keep the result for the pages."""
    from fangxian.command.checking import check_all

    daily.once("command.check", CHECK_AT, check_all)


@app.periodic(cron="*/10 * * * *")
@app.task(name="command.recoded", lock="command.recoded", queueing_lock="command.recoded")
def recoded(timestamp: int) -> None:
    """Take along what was written at former codes while a redraw went on."""
    from fangxian.command.jobs import follow_recoded

    follow_recoded()
