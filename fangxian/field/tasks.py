"""Periodic work (procrastinate finds this module by its name)."""

from __future__ import annotations

import datetime as dt
from typing import Final

from procrastinate.contrib.django import app

from fangxian.core.daily import CRON, once

# When few are at the gates.
FORGET_AT: Final = dt.time(3, 20)


@app.periodic(cron="* * * * * */15")
@app.task(name="field.follow", lock="field.follow", queueing_lock="field.follow")
def follow(timestamp: int) -> None:
    """Keep the tasks of gaps and revisits in step with the coverage."""
    from fangxian.field.jobs import follow_coverage

    follow_coverage()


@app.periodic(cron="* * * * * */15")
@app.task(name="field.close", lock="field.close", queueing_lock="field.close")
def close(timestamp: int) -> None:
    """Make the closing reports of sweeps that were closed."""
    from fangxian.field.jobs import report_closed

    report_closed()


@app.periodic(cron="*/10 * * * *")
@app.task(name="field.sync", lock="field.sync", queueing_lock="field.sync")
def sync(timestamp: int) -> None:
    """Keep running sweeps in step with the register."""
    from fangxian.field.jobs import sync_all

    sync_all()


@app.periodic(cron="1-59/10 * * * *")
@app.task(name="field.day", lock="field.day", queueing_lock="field.day")
def day(timestamp: int) -> None:
    """End exemptions that are over and prepare the reports of the day (safe to run again)."""
    from fangxian.field.jobs import begin_day

    begin_day()


@app.periodic(cron="3-59/10 * * * *")
@app.task(name="field.keys", lock="field.keys", queueing_lock="field.keys")
def keys(timestamp: int) -> None:
    """Renew the key that phones seal to; destroy those whose time is over."""
    from fangxian.field.sync.keys import rotate_keys

    rotate_keys()


@app.periodic(cron="* * * * *")
@app.task(name="field.photos", lock="field.photos", queueing_lock="field.photos")
def photos(timestamp: int) -> None:
    """Store photos whose visit has come; forget uploads that are finished or given up."""
    from fangxian.field.sync.photos import try_again

    try_again()


@app.periodic(cron=CRON)
@app.task(name="field.gate_log", lock="field.gate_log", queueing_lock="field.gate_log")
def gate_log(timestamp: int) -> None:
    """Forget who passed gates of no emergency, some days later."""
    from fangxian.field.jobs import forget_gate_log

    once("field.gate_log", FORGET_AT, forget_gate_log)
