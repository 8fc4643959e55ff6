"""Entries of the job queue (procrastinate finds this module by its name)."""

from __future__ import annotations

from procrastinate.contrib.django import app


@app.periodic(cron="*/10 * * * *")
@app.task(name="accounts.forget", lock="accounts.forget", queueing_lock="accounts.forget")
def forget(timestamp: int) -> None:
    """Remove ended sessions and counts of attempts that have run out."""
    from fangxian.accounts.shared import forget_the_past

    forget_the_past()
