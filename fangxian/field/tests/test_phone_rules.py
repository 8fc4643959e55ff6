"""Rules that the phone reckons too (``frontend/field/rules.test.ts``): both to one corpus."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.utils import timezone

from fangxian.common.actor import Actor
from fangxian.common.scoping import acting
from fangxian.core.rules import add_rule_version, rule
from fangxian.field.actions import NewVisit, exempt, record_visit
from fangxian.field.duties import queries
from fangxian.field.models import Campaign, Point, Round, Target
from fangxian.field.rules import field_rules_version
from fangxian.field.tests.conftest import begin
from fangxian.register.actions import create_household

HERE = Path(__file__).parent / "corpus"
WALKS = json.loads((HERE / "walks.json").read_text("utf-8"))["cases"]
DOORS = json.loads((HERE / "doors.json").read_text("utf-8"))


def at(local: str) -> dt.datetime:
    return timezone.make_aware(dt.datetime.fromisoformat(local))


@pytest.mark.parametrize("case", WALKS, ids=lambda case: f"{case['first_at']} {case['now']}")
def test_a_walk_is_reckoned_as_the_corpus_says(case: dict[str, Any]) -> None:
    first, last = (dt.time.fromisoformat(case[name]) for name in ("first_at", "last_at"))
    one = Round(first_at=first, last_at=last, times=case["times"])
    walk = queries.walk_of(one, at(case["now"]))
    assert (walk.begins, walk.due) == (at(case["begins"]), case["due"])
    assert queries.counted_from(one, walk) == at(case["since"])
    for point in case["points"]:
        state = queries.PointState(Point(), point["done"], walk, at(point["made_at"]))
        assert bool(state.missed) is point["missed"], point


@pytest.fixture
def sweep(cast: Any, places: Any) -> Campaign:
    """A door in a sweep under rules with all outcomes of the corpus."""
    data = dict(rule("field").data)
    known = {one["code"] for one in data["outcomes"]}
    more = [
        {"code": code, "zh": code, "en": code, "key": str(9 - at), **one}
        for at, (code, one) in enumerate(DOORS["outcomes"].items())
        if code not in known
    ]
    data["outcomes"] = [
        *data["outcomes"],
        *({name: said for name, said in one.items() if said is not None} for one in more),
    ]
    add_rule_version(
        by=Actor.system("test", settings.FANGXIAN_AREA),
        name="field",
        data=data,
        source="test",
        valid_from=dt.date(2020, 1, 1),
    )
    hq = cast.actor("headquarters")
    create_household(by=hq, place_code=places.unit, room="101")
    ends = timezone.localdate() + dt.timedelta(days=DOORS["last_day"])
    return begin(hq, places, ends_on=ends)


def test_the_outcomes_are_those_of_the_rules(sweep: Campaign) -> None:
    rules = field_rules_version(sweep.rule_version).outcomes
    told = {
        code: {"closes": one.closes, "revisit_days": one.revisit_days}
        for code, one in rules.items()
    }
    assert told == DOORS["outcomes"]


@pytest.mark.parametrize("case", DOORS["cases"], ids=lambda case: case["name"])
def test_visits_make_of_a_door_what_the_corpus_says(
    case: dict[str, Any], sweep: Campaign, alice: Actor, bob: Actor
) -> None:
    today = timezone.localdate()
    with acting(bob):
        door = Target.objects.get(campaign=sweep)
    if case.get("exempt"):
        exempt(by=alice, target=door, reason="away", until=today)
    made: list[UUID] = []
    for said in case["visits"]:
        made.append(uuid4())
        record_visit(
            by=bob,
            visit=NewVisit(
                made[-1],
                sweep.id,
                door.household_id,
                said["outcome"],
                # Asked of exceptions.
                answers={"fever": "yes"} if said["outcome"] == "exceptions" else {},
                revisit_on=today + dt.timedelta(days=said["back"]) if "back" in said else None,
                corrects=made[said["corrects"]] if "corrects" in said else None,
            ),
        )
        with acting(bob):
            door = Target.objects.get(campaign=sweep)
        after = {
            "state": str(door.state),
            "outcome": door.outcome,
            "visits": door.visits,
            "due": (door.due_on - today).days,
        }
        assert after == said["after"]
