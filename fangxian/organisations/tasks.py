"""Entries of the job queue (procrastinate finds this module by its name)."""

from __future__ import annotations

from procrastinate.contrib.django import app

from fangxian.core import runner


@app.periodic(cron="*/5 * * * *")
@app.task(
    name="organisations.settle", lock="organisations.settle", queueing_lock="organisations.settle"
)
def settle(timestamp: int) -> None:
    """End what can no longer hold, list what is vacant: dates pass, buildings are made."""
    from fangxian.organisations.settling import settle as run

    by = runner.system_actor("organisations.settle")
    run(by=by, area=by.area)
