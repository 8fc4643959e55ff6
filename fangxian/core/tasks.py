"""Entries of the job queue (procrastinate finds this module by its name)."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from procrastinate.contrib.django import app

from fangxian.core import daily, runner, sunset

PURGE_AT = dt.time(3, 20)


@app.task(name="core.run_job")
def run_job(job_id: str) -> None:
    """Run a job in its requester's scope."""
    runner.run(UUID(job_id))


@app.task(name="core.finish_endings", lock="core.finish_endings")
def finish_endings() -> None:
    """Remove what ended emergencies leave behind and certify it."""
    sunset.finish_all()


# No lock: it takes away what a dead worker holds, and that may be its own last run.
@app.periodic(cron="* * * * *")
@app.task(name="core.sweep", queueing_lock="core.sweep", pass_context=False)
def sweep(timestamp: int) -> None:
    """Queue again what dead workers left behind; finish endings that were cut short."""
    runner.sweep()
    sunset.finish_all()


@app.periodic(cron="* * * * *")
@app.task(name="core.escalate", lock="core.escalate", queueing_lock="core.escalate")
def escalate(timestamp: int) -> None:
    """Give tasks back that nobody sees any more; take overdue ones one level up."""
    from fangxian.core.escalation import escalate_due, give_back

    give_back()
    escalate_due()


@app.periodic(cron=daily.CRON)
@app.task(name="core.purge", lock="core.purge", queueing_lock="core.purge")
def purge(timestamp: int) -> None:
    """Remove files whose retention has ended."""
    daily.once("core.purge", PURGE_AT, _purge)


def _purge() -> None:
    from fangxian.core.actions import purge_files

    by = runner.system_actor("core.purge")
    while purge_files(by=by):
        pass
