"""Ids and codes of another county in bodies and queries: refused, and nothing there changes."""

from __future__ import annotations

import datetime as dt
import importlib
import re
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import orjson
import pytest
from django import forms
from django.apps import apps
from django.urls import reverse

from fangxian.common.actor import Actor
from fangxian.common.scoping import acting
from tests.kit.objects import MAKERS, Side
from tests.kit.routes import Route, routes
from tests.security.bodies import Case, every_case
from tests.security.snapshots import Digest, beyond
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


@dataclass(frozen=True)
class Ground:
    """Everything made on both sides, and what then stands beyond each county."""

    foreign: dict[str, Any]
    cases: dict[str, list[Case]]
    own: Digest
    other: Digest


def _beyond(world: World, home: Side, county: Side) -> Digest:
    asks = world.cast.user(EVERYTHING).pk
    return beyond(home.codes.county, county.codes.county, asks)


@pytest.fixture(scope="module")
def ground(world: World) -> Ground:
    given = foreign_values(world.foreign)
    # Buildings stand on both sides.
    world.foreign.get("regions:plan_id")
    for route in CHANGES:
        if route.policy and not route.policy.public:
            world.url(route, world.own, world.cast.user(EVERYTHING))
    cases = {side.name: list(every_case(world, side)) for side in (world.own, world.foreign)}
    own, other = world.own, world.foreign
    return Ground(given, cases, _beyond(world, other, own), _beyond(world, own, other))


@pytest.fixture(scope="module")
def foreign(ground: Ground) -> dict[str, Any]:
    return ground.foreign


def changed(before: Digest, after: Digest) -> set[str]:
    """The tables whose rows are not what they were."""
    return {table for table in before if before[table] != after[table]}


@pytest.mark.parametrize("route", CHANGES, ids=str)
def test_no_body_changes_another_county(world: World, ground: Ground, route: Route) -> None:
    policy = route.policy
    assert policy is not None
    if policy.public or policy.account:
        return
    own = world.url(route, world.own, world.cast.user(EVERYTHING))
    assert own is not None
    with undone():
        answer = world.clients[EVERYTHING].post(own, ground.foreign | {"reason": "foreign ids"})
        assert answer.status_code < 500, answer.status_code
        assert not changed(ground.other, _beyond(world, world.own, world.foreign))


def test_a_change_elsewhere_is_noticed_in_every_kind_of_table(world: World, ground: Ground) -> None:
    """Else nothing that is compared here could fail."""
    other = world.foreign
    community = other.region(other.codes.community).pk
    rows: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
        "regions.Region": ({"code": other.codes.grid}, {"name": "x"}),
        "regions.Building": ({"region__code": other.codes.building}, {"number": "x"}),
        "accounts.User": ({"pk": other.get("accounts:user_id")}, {"display_name": "x"}),
        "accounts.Grant": ({"pk": other.get("accounts:grant_id")}, {"reason": "x"}),
        "core.Emergency": ({"pk": other.get("core:emergency_id")}, {"level": 1}),
        "core.Measure": ({"pk": other.get("core:measure_id")}, {"title": "x"}),
        "core.Endpoint": ({}, {"active": False}),
        "core.Task": ({"pk": other.get("core:task_id")}, {"title": "x"}),
        "field.Campaign": ({"pk": other.get("field:campaign_id")}, {"name": "x"}),
        "organisations.Organisation": ({"seat": community}, {"short_name": "x"}),
        "people.Person": ({"pk": other.get("people:person_id")}, {"employer": "x"}),
    }
    for label, (found, change) in rows.items():
        model = apps.get_model(label)
        with undone():
            with acting(Actor.system("kit", other.codes.county)):
                done = model.objects.filter(**found).update(**change)
            table = model._meta.db_table
            assert done, label
            assert table in changed(ground.other, _beyond(world, world.own, other)), label


def test_what_is_in_order_at_home_is_written(world: World, ground: Ground) -> None:
    """Else it would prove nothing that it is refused elsewhere."""
    failures = []
    for case in ground.cases["own"]:
        with undone():
            answer = world.clients[EVERYTHING].post(case.url, case.body)
            written = changed(ground.own, _beyond(world, world.foreign, world.own))
            if answer.status_code not in (200, 302) or not written:
                failures.append(f"{case.route}: {answer.status_code}")
    assert not failures, failures


def test_what_is_in_order_but_for_the_place_is_refused(world: World, ground: Ground) -> None:
    failures = []
    for case in ground.cases["foreign"]:
        with undone():
            answer = world.clients[EVERYTHING].post(case.url, case.body)
            written = changed(ground.other, _beyond(world, world.own, world.foreign))
            refused = answer.status_code in (REFUSED if case.says_no else REFUSED | {302})
            if written or not refused:
                failures.append(f"{case.route}: {answer.status_code} {sorted(written)}")
    assert not failures, failures


def test_another_accounts_grant_is_not_taken(world: World) -> None:
    grant = world.cast.user("charlie").grants.get()
    answer = world.clients[EVERYTHING].post(reverse("accounts:switch"), {"grant": str(grant.pk)})
    assert answer.status_code in REFUSED


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
    sides = ((world.own, world.foreign), (world.foreign, world.own))
    visit = _visit(world, foreign)
    with undone():
        before = [_beyond(world, *both) for both in sides]
        one = _answer(world, visit)
        assert one["result"] == "rejected"
        assert [problem["code"] for problem in one["problems"]] == ["door"]
        assert [_beyond(world, *both) for both in sides] == before


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
