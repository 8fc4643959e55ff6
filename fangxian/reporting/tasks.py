"""Entries of the job queue (procrastinate finds this module by its name)."""

from __future__ import annotations

from procrastinate.contrib.django import app

from fangxian.core import runner


@app.periodic(cron="*/5 * * * *")
@app.task(name="reporting.daily", lock="reporting.daily", queueing_lock="reporting.daily")
def daily(timestamp: int) -> None:
    """Begin the day's files of scheduled ledgers."""
    from fangxian.reporting import actions

    actions.begin_daily(by=runner.system_actor("reporting.daily"))
