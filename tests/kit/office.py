"""The other side of three phones: who sits at a desk, and what the tables hold in the end.

Each function takes and returns what JSON can carry, so it is called in the process of a test as
well as in one of its own beside a served site (``python -m tests.kit.office``, a request a line).
"""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Callable
from typing import Any
from uuid import UUID

# Two grids of one community; the people of the first are moved to the other and back.
HERE, THERE = "130902001001002", "130902001001001"
UNITS = {HERE: ("13090200100100200101", 10), THERE: ("13090200100100100102", 3)}
OFFICERS = ("dora", "erik")
CAME = dt.date(2020, 1, 1)


def _actor(name: str) -> Any:
    from fangxian.accounts.models import User
    from fangxian.accounts.queries import actor_of, grants_of

    grant = grants_of(User.objects.get(username=name))[0]
    return actor_of(grant, source="test", purpose="test")


def lay() -> dict[str, Any]:
    """Officers, homes, a resident in half of them, gate and round in both grids; what is there.

    The county's sweep is under way.
    """
    from django.utils import timezone

    from fangxian.accounts.models import Grant, User
    from fangxian.field.actions import NewPoint, open_gate, plan_round
    from fangxian.regions.models import Region
    from fangxian.register.actions import create_household, move_in

    headquarters, alice = _actor("headquarters"), _actor("alice")
    places = {code: Region.objects.get(code=code) for code in UNITS}
    for code, (unit, count) in UNITS.items():
        for number in range(count):
            home = create_household(by=headquarters, place_code=unit, room=f"9{number + 1:02d}")
            if number % 2:
                move_in(by=headquarters, household_id=home.id, on=CAME, name="查无此人")
        open_gate(by=alice, place=places[code], name="西门", kind="quarter")
        plan_round(
            by=alice,
            place=places[code],
            name="日巡",
            times=2,
            first_at=dt.time(8),
            last_at=dt.time(20),
            points=[NewPoint("西门"), NewPoint("车棚")],
        )
    users = {}
    for name in OFFICERS:
        user = User.objects.create(username=name, display_name=name.title())
        today = timezone.localdate()
        Grant.objects.create(
            user=user, role_id="grid_officer", region=places[HERE], valid_from=today
        )
        users[name] = str(user.id)
    return {"users": users, "reach": dict.fromkeys(users.values(), HERE), **_there()}


def _there() -> dict[str, Any]:
    from fangxian.common.scoping import acting
    from fangxian.field.models import Gate, Point
    from fangxian.register.models import Household, Residency

    with acting(_actor("alice")):
        homes = list(Household.objects.values("id", "place_code", "state", "note"))
        columns = "id", "place_code", "away_since", "away_where"
        residents = list(Residency.objects.values(*columns, "household_id"))
        posts = [*Gate.objects.values_list("id", "place_code")]
        posts += Point.objects.values_list("id", "place_code")
    things = [{"entity": "household", **one} for one in homes]
    things += [{"entity": "residency", **one} for one in residents]
    return {
        "things": [_plain(one) for one in things],
        "lived_in": [str(one["household_id"]) for one in residents],
        "posts": {str(id_): code[:15] for id_, code in posts},
    }


def _plain(one: dict[str, Any]) -> dict[str, Any]:
    told = {name: str(value) for name, value in one.items() if value is not None}
    since = one.get("away_since")
    return {**told, "place": one["place_code"][:15], "away_since": since and since.isoformat()}


def code(user: str) -> str:
    """A code by which a phone is enrolled."""
    from fangxian.accounts.actions import make_device_code

    return str(make_device_code(by=_actor(user), strong=False).code)


def change(entity: str, id_: str, values: dict[str, Any]) -> None:
    """Alice changes a household, or tells who is away since when and where."""
    from fangxian.register.actions import change_household, come_back, go_away

    alice, key = _actor("alice"), UUID(id_)
    if entity == "household":
        change_household(by=alice, household_id=key, **values)
    elif values["away_since"] is None:
        come_back(by=alice, residency_id=key)
    else:
        since = dt.date.fromisoformat(values["away_since"])
        go_away(by=alice, residency_id=key, since=since, where=values["away_where"])


def move(user: str, place: str) -> None:
    """Take a grid from an officer and give him another one."""
    from fangxian.accounts.actions import grant_role, revoke_grant
    from fangxian.accounts.models import Grant, User

    by, found = _actor("security_administrator"), User.objects.get(username=user)
    for grant in Grant.objects.filter(user=found, revoked_at=None):
        revoke_grant(by=by, grant_id=grant.id, reason="换到别的网格")
    grant_role(
        by=by, user_id=found.id, role="grid_officer", region_code=place, reason="换到别的网格"
    )


def decide(op_id: str, take: bool) -> str:
    """Alice takes over what is held, or turns it down; what became of it."""
    from fangxian.common.errors import Invalid
    from fangxian.common.scoping import acting
    from fangxian.field.models import HeldOperation
    from fangxian.field.sync.held import take_over, turn_down

    alice = _actor("alice")
    with acting(alice):
        held_id = HeldOperation.objects.get(op_id=op_id).id
    if take:
        try:
            return str(take_over(by=alice, held_id=held_id))
        except Invalid:
            return "held"
    turn_down(by=alice, held_id=held_id, reason="另行登记")
    return "rejected"


def tables() -> dict[str, Any]:
    """What the tables hold; ``broken``: what does not agree with what stands beside it."""
    from fangxian.common.actor import Actor
    from fangxian.common.scoping import acting
    from fangxian.core import counters
    from fangxian.field import invariants
    from fangxian.field.models import (
        FieldConflict,
        GateEntry,
        HeldOperation,
        Operation,
        RoundCheck,
        Visit,
    )

    alice = _actor("alice")
    with acting(alice):
        entries = GateEntry.objects.values_list("op_id", "gate_id")
        checks = RoundCheck.objects.values_list("op_id", "point_id")
        visits = Visit.objects.values_list("op_id", "household_id", "outcome")
        disputes = FieldConflict.objects.filter(state="open")
        held = HeldOperation.objects.filter(state="open")
        found = {
            "visits": {str(op_id): [str(home), outcome] for op_id, home, outcome in visits},
            "duties": {str(op_id): ["gate_entry", str(gate)] for op_id, gate in entries}
            | {str(op_id): ["round_check", str(point)] for op_id, point in checks},
            "disputed": [
                [entity, str(id_), name]
                for entity, id_, name in disputes.values_list("entity", "object_id", "field")
            ],
            "held": [str(op_id) for op_id in held.values_list("op_id", flat=True)],
        }
    results = Operation.objects.values_list("op_id", "result")
    county = Actor.system("test", alice.area[:6])
    with acting(county):
        wrong = counters.corrections(county, county.area)
    return {
        **found,
        "results": {str(op_id): result for op_id, result in results},
        "broken": [
            *invariants.operations(),
            *invariants.applied(),
            *invariants.targets(),
            *map(str, wrong),
        ],
    }


CALLS: dict[str, Callable[..., Any]] = {
    call.__name__: call for call in (lay, code, change, move, decide, tables)
}


def main() -> None:
    """Answer requests of a parent: ``[name, arguments]`` a line, the answer a line."""
    import django

    django.setup()
    for line in sys.stdin:
        name, arguments = json.loads(line)
        print(json.dumps(CALLS[name](*arguments)), flush=True)


if __name__ == "__main__":
    main()
