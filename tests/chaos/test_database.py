"""The database is durable, and its restart is survived."""

from __future__ import annotations

import psycopg
import pytest

from tests.chaos.site import Site, kill, until
from tests.chaos.visitor import Refused, Visitor

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]
RECOVERS_IN = 30


def test_what_is_acknowledged_is_on_the_disk(site: Site) -> None:
    for role in ("app", "maintenance"):
        with psycopg.connect(site.ground.server.dsn(role, site.database)) as connection:
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                row = connection.execute(f"SHOW {setting}").fetchone()
                assert row == ("on",), (role, setting)


def test_the_server_outlives_the_database(site: Site) -> None:
    visitor = site.visitor("alice")
    before = site.web_processes()
    assert before
    for _restart in range(2):
        kill(site.ground.postmaster())
        # While it is gone there are errors, told as such, and no process falls.
        assert visitor.get("/core/tasks/").status in (500, 503)
        site.ground.start_again()
        until(lambda: _is_answered(visitor), RECOVERS_IN, "a signed-in page is answered again")
    assert site.web_processes() == before, site.said()
    site.check()


def _is_answered(visitor: Visitor) -> bool:
    try:
        return visitor.get("/core/tasks/").status == 200
    except Refused:
        return False
