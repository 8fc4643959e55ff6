"""Ids and codes of another county in bodies and queries: refused, and nothing there changes."""

from __future__ import annotations

import datetime as dt
import importlib
import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import orjson
import pytest
from django import forms
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.urls import reverse

from fangxian.accounts.models import Grant, User
from fangxian.common.actor import Actor
from fangxian.common.scoping import Scoped, acting, tables
from fangxian.core.models import Emergency, File, ImportRun
from tests.kit.objects import MAKERS, Side
from tests.kit.routes import Route, routes
from tests.security.test_matrix import is_api
from tests.security.world import EVERYTHING, World, undone

NAMES = re.compile(r"(^|_)(id|ids|code|place|person|household|region|building|organisation)$")
CHANGES = [r for r in routes() if "POST" in r.methods and not is_api(r)]
REFUSED = {400, 403, 404, 409, 422}


def field_names() -> set[str]:
    """Every field of a form of ours that names an object or a place."""
    found = {"ids", "grant", "household_id", "person_id", "place_code", "place", "next"}
    for config in apps.get_app_configs():
        if config.name.startswith("fangxian."):
            try:
                module = importlib.import_module(f"{config.name}.forms")
            except ModuleNotFoundError:
                continue
            for form in vars(module).values():
                if isinstance(form, type) and issubclass(form, forms.BaseForm):
                    found |= {name for name in form.base_fields if NAMES.search(name)}
    return found


def foreign_values(side: Side) -> dict[str, Any]:
    """A foreign object for each name: that of a maker where one fits, else a place."""
    by_argument = {key.rpartition(":")[2]: key for key in MAKERS}
    values: dict[str, Any] = {}
    for name in field_names():
        key = by_argument.get(name) or by_argument.get(f"{name}_id")
        side.viewer = side.cast.user("charlie")
        value = side.get(key) if key else side.codes.unit
        values[name] = value if isinstance(value, str | int) else str(value)
    return values | {"place_code": side.codes.unit, "place": side.codes.unit}


def snapshot(county: str) -> dict[str, tuple[int, str]]:
    """Number and content of all rows of a county, by table."""
    found = {}
    with acting(Actor.system("kit", county)), connection.cursor() as cursor:
        for model, scope in tables():
            if isinstance(scope, Scoped):
                table = model._meta.db_table
                cursor.execute(
                    "SELECT count(*), md5(coalesce(string_agg(t::text, ',' ORDER BY t::text), ''))"
                    f' FROM "{table}" t WHERE {scope.column} >= %s AND {scope.column} < %s',
                    [county, county + ":"],
                )
                found[table] = cursor.fetchone()
    return found


@pytest.fixture(scope="module")
def foreign(world: World) -> dict[str, Any]:
    return foreign_values(world.foreign)


@pytest.mark.parametrize("route", CHANGES, ids=str)
def test_no_body_changes_another_county(
    world: World, foreign: dict[str, Any], route: Route
) -> None:
    policy = route.policy
    assert policy is not None
    if policy.public or policy.account:
        return
    own = world.url(route, world.own, world.cast.user(EVERYTHING))
    assert own is not None
    county = world.foreign.codes.county
    client = world.clients[EVERYTHING]
    with undone():
        before = snapshot(county)
        answer = client.post(own, foreign | {"reason": "foreign ids"})
        assert answer.status_code < 500, answer.status_code
        assert snapshot(county) == before


def _cases(world: World) -> Iterator[tuple[str, dict[str, Any]]]:
    codes = world.foreign.codes
    place = codes.community
    why = {"reason": "foreign ids"}
    ledger = SimpleUploadedFile("a.csv", "姓名,住址\n张三,1-1-101\n".encode())
    yield reverse("register:import"), {"place_code": codes.grid, "file": ledger}
    yield reverse("accounts:create"), {"username": "eve", "display_name": "Eve", "place": place}
    grant = {"role": "grid_officer", "place": place, **why}
    yield reverse("accounts:grant", args=[world.cast.user("bob").pk]), grant
    yield (
        reverse("core:emergency_begin"),
        {
            "name": "x",
            "disease": "x",
            "place_code": codes.county,
            "level": 1,
            "started_on": "2020-01-01",
        },
    )
    task = world.own.get("core:task_id")
    charlie = {"assignee_user": str(world.cast.user("charlie").pk), "assignee_level": 12}
    yield reverse("core:task_reassign", args=[task]), charlie
    yield reverse("accounts:switch"), {"grant": str(world.cast.user("charlie").grants.get().pk)}


def test_what_is_valid_but_for_the_place_is_refused(world: World) -> None:
    county = world.foreign.codes.county
    failures = []
    for url, body in _cases(world):
        with undone():
            rows = [model.objects.count() for model in (User, Grant, Emergency)]
            before = snapshot(county)
            answer = world.clients[EVERYTHING].post(url, body)
            if answer.status_code not in REFUSED:
                failures.append(f"{url}: {answer.status_code}")
            with acting(world.cast.actor(EVERYTHING)):
                assert not ImportRun.objects.filter(place_code__startswith=county).exists()
                assert not File.objects.filter(place_code__startswith=county).exists()
            assert rows == [model.objects.count() for model in (User, Grant, Emergency)], url
            assert snapshot(county) == before, url
    assert not failures, failures


_IDS = ("household_id", "campaign_id")


def _visit(world: World, foreign: set[str]) -> dict[str, Any]:
    """A visit whose ids named in ``foreign`` are those of another county."""
    sides = {name: world.foreign if name in foreign else world.own for name in _IDS}
    return {name: str(side.get(f"field:{name}")) for name, side in sides.items()} | {
        "op_id": str(uuid4()),
        "outcome": "all_well",
        "answers": {},
        "visited_at": dt.datetime.now(dt.UTC).isoformat(),
    }


def _answer(world: World, visit: dict[str, Any]) -> dict[str, Any]:
    answer = world.clients[EVERYTHING].post(
        "/api/field/visits", orjson.dumps({"visits": [visit]}), content_type="application/json"
    )
    assert answer.status_code == 200
    (one,) = answer.json()["answers"]
    return dict(one)


@pytest.mark.parametrize("foreign", [{"household_id"}, {"campaign_id"}, set(_IDS)])
def test_visits_of_another_county_are_rejected(world: World, foreign: set[str]) -> None:
    counties = (world.foreign.codes.county, world.own.codes.county)
    visit = _visit(world, foreign)
    with undone():
        before = [snapshot(county) for county in counties]
        one = _answer(world, visit)
        assert one["result"] == "rejected"
        assert [problem["code"] for problem in one["problems"]] == ["door"]
        assert [snapshot(county) for county in counties] == before


def test_the_same_visit_at_home_is_applied(world: World) -> None:
    visit = _visit(world, set())
    with undone():
        assert _answer(world, visit)["result"] == "applied"


@pytest.mark.parametrize("route", [r for r in routes() if not r.kwargs and not is_api(r)], ids=str)
def test_queries_show_nothing_of_another_county(
    world: World, foreign: dict[str, Any], route: Route
) -> None:
    policy = route.policy
    assert policy is not None
    if policy.public or policy.account or "GET" not in route.methods:
        return
    answer = world.ask(EVERYTHING, "GET", reverse(route.name), foreign)
    assert answer.status_code < 500
    if not answer.streaming:
        assert world.foreign.secrets["name"] not in answer.content.decode(errors="replace")
