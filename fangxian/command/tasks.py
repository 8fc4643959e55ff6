"""Periodic work (procrastinate finds this module by its name)."""

from __future__ import annotations

from procrastinate.contrib.django import app


@app.periodic(cron="5 0 * * *")
@app.task(name="command.redraw", lock="command.redraw", queueing_lock="command.redraw")
def redraw(timestamp: int) -> None:
    """Put drawings of grids in force whose day has come."""
    from fangxian.command.jobs import put_due_in_force

    put_due_in_force()


@app.periodic(cron="40 2 * * *")
@app.task(name="command.check", lock="command.check", queueing_lock="command.check")
def check(timestamp: int) -> None:
    """Check every invariant and keep the result for the pages."""
    from fangxian.command.checking import check_all

    check_all()
