"""What must always hold in core. Read by the maintenance role: the check sees every place."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from django.conf import settings
from django.db import connections
from django.utils import timezone

from fangxian.common.actor import Actor
from fangxian.common.keyring import KeyDestroyed, keyring
from fangxian.common.scoping import acting
from fangxian.core import counters
from fangxian.core.models import Emergency
from fangxian.core.moment import one_moment

CHECK = "maintenance"


def _rows(sql: str) -> list[tuple[object, ...]]:
    with connections[CHECK].cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def counters_add_up() -> Iterator[str]:
    """Each counter is what its source counts, at every place of this installation."""
    by = Actor.system("core.check", settings.FANGXIAN_AREA)
    with one_moment(), acting(by):
        for metric, key, code, n in counters.corrections(by, by.area):
            yield f"{metric} of {key} at {code}: off by {-n}"


def imports_add_up() -> Iterator[str]:
    """Finished runs: the counts are those of the rows, and none waits."""
    for run, rows_in, accepted, rejected, rows, ok, bad in _rows(
        "SELECT r.id, r.rows_in, r.accepted, r.rejected, count(i.id),"
        " count(i.id) FILTER (WHERE i.state = 'accepted'),"
        " count(i.id) FILTER (WHERE i.state = 'rejected')"
        " FROM core_importrun r LEFT JOIN core_importrow i ON i.run_id = r.id"
        " WHERE r.state IN ('ready', 'running', 'finished')"
        " GROUP BY r.id HAVING r.rows_in <> count(i.id)"
        "  OR r.accepted <> count(i.id) FILTER (WHERE i.state = 'accepted')"
        "  OR r.rejected <> count(i.id) FILTER (WHERE i.state = 'rejected')"
    ):
        yield (
            f"import {run}: {rows_in} in, {accepted} accepted, {rejected} rejected; "
            f"its rows: {rows}, {ok}, {bad}"
        )


def files_are_whole() -> Iterator[str]:
    """Each file that is kept has all its parts."""
    for file, chunks, found in _rows(
        "SELECT f.id, f.chunks, count(c.id) FROM core_file f"
        " LEFT JOIN core_filechunk c ON c.file_id = f.id"
        " LEFT JOIN core_emergency e ON e.id = f.emergency_id"
        " WHERE f.purged_at IS NULL AND e.key_destroyed_at IS NULL"
        " GROUP BY f.id HAVING f.chunks <> count(c.id)"
    ):
        yield f"file {file}: {found} of {chunks} parts"


def keys_match_emergencies() -> Iterator[str]:
    """An emergency in force has its key, one that has ended none, and a day later a certificate.

    The key goes with the end, the rest by a worker.
    """
    yesterday = timezone.localdate() - dt.timedelta(days=1)
    for emergency in Emergency.objects.using(CHECK).order_by("id"):
        try:
            keyring().emergency(emergency.id)
            there = True
        except KeyDestroyed:
            there = False
        if emergency.in_force and not there:
            yield f"emergency {emergency.id} is in force but its key is missing"
        if emergency.key_destroyed_at is not None and there:
            yield f"emergency {emergency.id} has ended but its key is still there"
        ended = emergency.ended_on
        if ended is not None and ended < yesterday and emergency.certificate_id is None:
            yield f"emergency {emergency.id} has ended but what it left is not removed"


def jobs_are_alive() -> Iterator[str]:
    """No job has been without a sign of life for an hour."""
    for job, kind in _rows(
        "SELECT id, kind FROM core_job WHERE state IN ('running', 'stopping')"
        " AND heartbeat_at < now() - interval '1 hour'"
    ):
        yield f"job {job} ({kind}) runs without a sign of life"


def one_epoch() -> Iterator[str]:
    """There is exactly one server epoch."""
    (count,) = _rows("SELECT count(*) FROM core_serverepoch")[0]
    if count != 1:
        yield f"there are {count} server epochs"
