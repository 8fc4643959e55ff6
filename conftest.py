"""Fixtures of the whole suite: databases cloned from a migrated template, places, the cast.

The cast is fixed: Alice works for a community, Bob is a grid officer in it, Charlie is the same as
Alice in another county. Rooms' tests use these instead of making their own users.
"""

from __future__ import annotations

import fcntl
import gc
import hashlib
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.test import Client
from django.utils import translation

from fangxian.accounts.sessions import SECOND_FACTOR
from fangxian.common.sheets import reader
from fangxian.config.postgres import databases
from tests.kit.cast import Cast, Places, make_cast, make_places

# How long an example takes is the machine's load, no fault of the code. The suite tries the same
# examples each time, so that what it says is about the change; new ones are looked for on purpose.
hypothesis.settings.register_profile("fangxian", deadline=None, derandomize=True)
hypothesis.settings.register_profile("explore", deadline=None, print_blob=True)
hypothesis.settings.load_profile("fangxian")

CHECKOUT = Path(__file__).parent
KEPT_TEMPLATES = 12


def _schema_hash() -> str:
    digest = hashlib.sha256(str(settings.SERVER.version).encode())
    folders = ("migrations", "models", "data")
    for path in sorted((CHECKOUT / "fangxian").rglob("*")):
        parts = path.relative_to(CHECKOUT).parts
        kept = any(folder in parts for folder in folders) or parts[1] == "common"
        if path.suffix in {".py", ".json", ".sql"} and kept and "tests" not in parts:
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _point_connections_to(database: str) -> None:
    for connection in connections.all():
        connection.close()
        connection.settings_dict["NAME"] = database
    os.environ["FANGXIAN_DATABASE"] = database


# What stands on a database, or on a PostgreSQL server of its own.
ON_A_DATABASE = {"db", "transactional_db", "django_db_setup", "template_database", "folder"}


def _faces_the_database(item: pytest.Item) -> bool:
    fixtures = ON_A_DATABASE.intersection(getattr(item, "fixturenames", ()))
    # The launcher's tests start servers by themselves.
    launcher = "postgres" in item.path.name
    return launcher or bool(fixtures) or item.get_closest_marker("django_db") is not None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what faces the database, and put the longest files first.

    A file runs in one process: nobody should wait for the last one alone. First what needs a
    browser; there and then what is marked as slow (``slow(60)``: about so many seconds), then the
    files with most tests. Of those that need the county one begins: it loads it for all, and two
    others would but wait for that.
    """
    browsers = {item.path for item in items if item.get_closest_marker("browser")}
    slow: Counter[Path] = Counter()
    tests: Counter[Path] = Counter()
    county = {item.path for item in items if "county" in getattr(item, "fixturenames", ())}
    for item in items:
        if _faces_the_database(item):
            item.add_marker("database")
        tests[item.path] += 1
        if mark := item.get_closest_marker("slow"):
            slow[item.path] += mark.args[0] if mark.args else 2

    def order(item: pytest.Item) -> tuple[bool, int, int, Path]:
        path = item.path
        return path not in browsers, -slow[path], -tests[path], path

    items.sort(key=order)
    files = list(dict.fromkeys(item.path for item in items))
    loaders = [path for path in files if path in county]
    others = [path for path in files if path not in county]
    if loaders and files[0] == loaders[0]:
        first = [loaders[0], *others[:2]]
        rank = {path: n for n, path in enumerate([*first, *(p for p in files if p not in first)])}
        items.sort(key=lambda item: rank[item.path])


def pytest_collection_finish() -> None:
    """The thousands of tests stay to the end: the collector need not look through them again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True, scope="session")
def _each_file_is_read_once() -> Iterator[None]:
    """An import reads its file four times, each in its own process; equal bytes, equal cells."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reader, "_run", lru_cache(maxsize=64)(reader._run))
        yield


@pytest.fixture(autouse=True)
def _first_language() -> None:
    """A request leaves its language to the thread, and so to the next test."""
    translation.deactivate()


@pytest.fixture(scope="session")
def template_database(django_db_blocker: Any) -> str:
    """Name of a migrated, otherwise empty database; made once for each state of the schema."""
    server = settings.SERVER
    name = f"fxt_{_schema_hash()}"
    lock = settings.FANGXIAN_DATA / "test" / "template.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as handle, django_db_blocker.unblock():
        fcntl.flock(handle, fcntl.LOCK_EX)
        names = server.status().databases
        if name not in names:
            for old in [n for n in names if n.startswith("fxt_")][:-KEPT_TEMPLATES]:
                server.drop_database(old)
            building = f"{name}_new"
            server.drop_database(building)
            server.create_database(building)
            _point_connections_to(building)
            call_command("migrate", database="owner", verbosity=0)
            for connection in connections.all():
                connection.close()
            databases.rename(lambda at: server.dsn("superuser", at), [(building, name)])
    return name


@contextmanager
def _clone(template: str, name: str) -> Iterator[str]:
    server = settings.SERVER
    server.drop_database(name)
    with (settings.FANGXIAN_DATA / "test" / "template.lock").open("w") as handle:
        # A template can't be copied by two at once.
        fcntl.flock(handle, fcntl.LOCK_EX)
        server.create_database(name, template=template)
    try:
        yield name
    finally:
        for connection in connections.all():
            connection.close()
        server.drop_database(name)


@pytest.fixture(scope="session")
def django_db_setup(
    template_database: str, django_db_blocker: Any, worker_id: str
) -> Iterator[None]:
    """The database of this process, in which each test is rolled back."""
    with (
        django_db_blocker.unblock(),
        _clone(template_database, f"fx_{os.getpid()}_{worker_id}") as name,
    ):
        _point_connections_to(name)
        yield


@pytest.fixture
def fresh_database(
    django_db_setup: None, template_database: str, django_db_blocker: Any, worker_id: str
) -> Iterator[str]:
    """A database of this test alone, with real commits; for servers, jobs, races and drills."""
    before = connections["default"].settings_dict["NAME"]
    with django_db_blocker.unblock():
        with _clone(template_database, f"fx_{os.getpid()}_{worker_id}_fresh") as name:
            _point_connections_to(name)
            yield name
        _point_connections_to(before)


@pytest.fixture
def places(db: None) -> Places:
    """Two counties with a town, communities, grids, buildings and units each."""
    return make_places()


@pytest.fixture
def cast(places: Places) -> Cast:
    """Alice, Bob, Charlie and one holder of each role."""
    return make_cast(places)


@pytest.fixture
def alice(cast: Cast) -> Any:
    return cast.actor("alice")


@pytest.fixture
def bob(cast: Cast) -> Any:
    return cast.actor("bob")


@pytest.fixture
def charlie(cast: Cast) -> Any:
    return cast.actor("charlie")


@pytest.fixture
def client_of(cast: Cast) -> Any:
    """``client_of("alice")`` is a signed-in test client."""

    def make(name: str) -> Client:
        client = Client()
        client.force_login(cast.user(name), backend="fangxian.accounts.remembered.AccountBackend")
        # As after a sign-in with both factors.
        session = client.session
        session[SECOND_FACTOR] = True
        session.save()
        return client

    return make
