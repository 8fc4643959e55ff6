"""Part of the demonstration county as a database to copy: journeys in a browser walk it."""

from __future__ import annotations

import fcntl
import hashlib
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.utils import timezone

from fangxian.config.postgres import databases

CHECKOUT = Path(__file__).resolve().parents[2]
HOUSEHOLDS = 2_400
A_COMMUNITY = [400, 640]
# Of its towns the first, where the communities are, and the next: loading takes its time by the
# village. The pictures of the guide show all.
TOWNS = 2 if os.environ.get("FANGXIAN_SCREENSHOTS") != "1" else None
KEPT = 2


def _name(template: str) -> str:
    """Of a day: the county's sweep, its reports and tasks are of the day on which it was loaded."""
    digest = hashlib.sha256(f"{template} {TOWNS}".encode())
    for path in sorted((CHECKOUT / "fangxian" / "config" / "demo").glob("*.*")):
        digest.update(path.read_bytes())
    digest.update(Path(__file__).read_bytes())
    return f"fxc_on_{timezone.localdate():%Y%m%d}_{digest.hexdigest()[:12]}"


def point_to(database: str) -> None:
    for connection in connections.all():
        connection.close()
        connection.settings_dict["NAME"] = database
    os.environ["FANGXIAN_DATABASE"] = database


@contextmanager
def _locked(name: str = "template") -> Iterator[None]:
    with (settings.FANGXIAN_DATA / "test" / f"{name}.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def make_template(template: str) -> str:
    """Load the county into a copy of ``template``, once a day for each schema and recipe."""
    # A lock of its own: loading takes long, and others copy the template meanwhile.
    with _locked("county"):
        # Midnight may pass while it is loaded: then it is of the day before.
        while (name := _name(template)) not in settings.SERVER.status().databases:
            _make(name, template)
    return name


def _make(name: str, template: str) -> None:
    server = settings.SERVER
    for old in [n for n in server.status().databases if n.startswith("fxc_")][: -KEPT or None]:
        server.drop_database(old)
    building = f"{name}_new"
    server.drop_database(building)
    with _locked():
        server.create_database(building, template=template)
    before = connections["default"].settings_dict["NAME"]
    point_to(building)
    _load()
    point_to(before)
    databases.rename(lambda at: server.dsn("superuser", at), [(building, name)])


def _load() -> None:
    from fangxian.common.actor import Actor
    from fangxian.common.codes import Level
    from fangxian.config.demo.recipe import recipe
    from fangxian.regions import lists
    from fangxian.regions.actions.national import take_in

    county: str = recipe()["county"]
    listed: Any = lists.national(settings.FANGXIAN_DIVISIONS)
    inside = [code for code in listed.rows if code.startswith(county) and code != county]
    towns = sorted(code for code in inside if len(code) == Level.TOWN)[:TOWNS]
    near = {
        code: row
        for code, row in listed.rows.items()
        if county.startswith(code) or code[: int(Level.TOWN)] in towns
    }
    take_in(by=Actor.system("kit", ""), listed=replace(listed, rows=near))
    with mock.patch.dict(recipe(), community_households=A_COMMUNITY):
        call_command("load_demo", households=HOUSEHOLDS, stdout=io.StringIO())


@contextmanager
def copied(template: str, name: str) -> Iterator[str]:
    """A copy of the county under ``name``, to which the connections point meanwhile."""
    server = settings.SERVER
    before = connections["default"].settings_dict["NAME"]
    server.drop_database(name)
    with _locked():
        server.create_database(name, template=template)
    point_to(name)
    try:
        yield name
    finally:
        point_to(before)
        server.drop_database(name)
