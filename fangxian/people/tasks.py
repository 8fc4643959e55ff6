"""Entries of the job queue (procrastinate finds this module by its name)."""

from __future__ import annotations

import datetime as dt

from procrastinate.contrib.django import app

from fangxian.core import daily
from fangxian.core.runner import system_actor

PAIR_AT = dt.time(3, 20)


@app.periodic(cron="* * * * *")
@app.task(
    name="people.open_merge_tasks",
    lock="people.open_merge_tasks",
    queueing_lock="people.open_merge_tasks",
)
def open_merge_tasks(timestamp: int) -> None:
    """Open the tasks of possible duplicates that lie above the place where they were found."""
    from fangxian.people import queue

    queue.open_everywhere(system_actor("people.merges"))


@app.periodic(cron=daily.CRON)
@app.task(
    name="people.pair_equal_documents",
    queueing_lock="people.pair_equal_documents",
    lock="people.pair_equal_documents",
)
def pair_equal_documents(timestamp: int) -> None:
    """Put records with an equal document into the merge queue, however they came to be."""
    from fangxian.people import queue

    def pair() -> None:
        queue.pair_equal_documents(system_actor("people.merges"))

    daily.once("people.pair_equal_documents", PAIR_AT, pair)
