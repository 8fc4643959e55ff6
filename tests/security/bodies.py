"""Bodies that reach the write: each is taken with what it names at home, and refused elsewhere.

A case names objects and places of one side of the world, in its address or in its body; the rest is
of the own county and in order.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from fangxian.common.ids import uuid7
from fangxian.field.models import Campaign, Point, RoundCheck
from fangxian.organisations.models import Member
from fangxian.regions.actions.plans import assignment_of
from fangxian.regions.models import GridPlan
from tests.kit.field_makers import TODAY, _any_form
from tests.kit.makers import _namesake
from tests.kit.objects import Side
from tests.security.world import World

WHY = {"reason": "foreign ids"}
LATER = TODAY + dt.timedelta(days=900)
NOON = "2020-01-01T12:00"


@dataclass(frozen=True)
class Case:
    """``says_no`` false: what is foreign is passed over and the answer is that of nothing done."""

    route: str
    url: str
    body: dict[str, Any] = field(default_factory=dict)
    says_no: bool = True


def every_case(world: World, side: Side) -> Iterator[Case]:
    """The cases with what ``side`` has."""
    side.viewer = world.cast.user("everything" if side.is_own else "charlie")
    for room in (_regions, _accounts, _core, _people, _organisations, _field):
        yield from room(world.own, side)


def _case(route: str, /, *args: Any, says_no: bool = True, query: str = "", **body: Any) -> Case:
    return Case(route, reverse(route, args=args) + query, body, says_no)


def _regions(own: Side, side: Side) -> Iterator[Case]:
    codes = side.codes
    yield _case("regions:create", codes.community, name="新网格")
    yield _case("regions:edit", codes.grid, name="改名")
    yield _case("regions:end", codes.unit[:-1] + "2", on=TODAY)
    yield _case("regions:move", own.codes.building, to=codes.grid[:-1] + "2", on=TODAY)
    shape = {"type": "Polygon", "coordinates": [[[117, 38], [118, 38], [118, 39], [117, 38]]]}
    feature = {"type": "Feature", "properties": {"code": codes.town}, "geometry": shape}
    data = orjson.dumps({"type": "FeatureCollection", "features": [feature]})
    file = SimpleUploadedFile("a.geojson", data)
    yield _case("regions:boundaries", own.codes.county, file=file, says_no=False)
    plan = own.act(lambda _by: GridPlan.objects.get(pk=own.get("regions:plan_id")))
    (part, _unit), number = next(iter(assignment_of(plan).items()))
    other = next(drawn["number"] for drawn in plan.drawing if drawn["number"] != number)
    part = part if side.is_own else side.region(codes.building).pk
    moved = {"part": part, "grid": other, "version": plan.version}
    yield _case("regions:plan_assign", plan.pk, **moved)


def _accounts(own: Side, side: Side) -> Iterator[Case]:
    place = side.codes.community
    account, grant = side.get("accounts:user_id"), side.get("accounts:grant_id")
    for name in ("disable", "reset_password", "unlock", "remove_factors"):
        yield _case(f"accounts:{name}", account, **WHY)
    yield _case("accounts:name_holder", account, staff_number="K-1", **WHY)
    yield _case("accounts:revoke", grant, **WHY)
    yield _case("accounts:create", username="eve", display_name="Eve", place=place)
    role = {"role": "community_staff", **WHY}
    yield _case("accounts:grant", own.get("accounts:user_id"), place=place, **role)
    yield _case("accounts:grant", account, place=own.codes.community, **role)


def _core(own: Side, side: Side) -> Iterator[Case]:
    codes = side.codes
    mine, theirs = own.get("core:emergency_id"), side.get("core:emergency_id")
    begun = {"name": "x", "disease": "x", "level": 1, "started_on": "2020-01-01"}
    yield _case("core:emergency_begin", place_code=codes.county, **begun)
    measure = {"title": "x", "body": "x", "content": "x", "from_at": NOON}
    yield _case("core:measure_add", mine, place_code=codes.community, **measure)
    yield _case("core:measure_add", theirs, place_code=own.codes.community, **measure)
    yield _case("core:measure_lift", side.get("core:measure_id"))
    yield _case("core:emergency_level", theirs, level=1)
    yield _case("core:emergency_end", theirs, confirm=f"Kit {side.name}")
    account = side.cast.user("alice" if side.is_own else "charlie").pk
    given = {"assignee_user": account, "assignee_level": 12}
    yield _case("core:task_reassign", own.get("core:task_id"), **given)
    given = {"assignee_user": side.cast.user("alice").pk, "assignee_level": 12}
    yield _case("core:tasks_hand_over", ids=[side.get("core:task_id")], says_no=False, **given)
    for name in ("register:import", "organisations:import"):
        ledger = SimpleUploadedFile("a.csv", f"姓名,住址\n张三,{name}\n".encode())
        yield _case(name, place_code=codes.grid, file=ledger)
        again = SimpleUploadedFile("b.csv", f"姓名,住址\n李四,{name}\n".encode())
        of_it = {"emergency_id": side.get("core:emergency_id"), "file": again}
        yield _case(name, place_code=own.codes.grid, **of_it)


def _people(own: Side, side: Side) -> Iterator[Case]:
    emergency = side.get("core:emergency_id")
    person, residency = own.get("people:person_id"), own.get("register:residency_id")
    other = _namesake(side)
    yield _case("people:propose", person, other=other)
    yield _case("people:add_phone", person, phone="13800000000", emergency_id=emergency)
    number = {"kind": "passport", "number": "E12345678"}
    yield _case("people:add_document", person, emergency_id=emergency, **number)
    group = {"group": "elderly_80", "since": TODAY, "emergency_id": emergency}
    yield _case("register:join_group", residency, **group)
    lives = {"name": "新人", "relation": "other", "kind": "registered", "on": TODAY}
    home = own.get("register:household_id")
    yield _case("register:move_in", home, emergency_id=emergency, **lives)


def _organisations(own: Side, side: Side) -> Iterator[Case]:
    mine, theirs = own.get("organisations:member_id"), side.get("organisations:member_id")

    def body_of(one: Side) -> Any:
        found = Member.objects.select_related("organisation__kind")
        member_id = one.get("organisations:member_id")
        return one.act(lambda _by: found.get(pk=member_id).organisation)

    body, other = body_of(own), body_of(side)
    person = f"person:{side.get('people:person_id')}"
    known = f"person:{own.get('people:person_id')}"
    kind, seat = body.kind_id, side.codes.community
    yield _case("organisations:create", name="新局", kind=kind, seat=seat)
    values = {"name": body.name, "kind": kind}
    yield _case("organisations:edit", body.pk, seat=side.codes.town, **values)
    yield _case("organisations:edit", other.pk, name="改名", kind=kind, seat=own.codes.community)
    yield _case("organisations:dissolve", other.pk, on=TODAY)
    yield _case("organisations:join", body.pk, holder=person, on=TODAY)
    yield _case("organisations:join", other.pk, name="新人", on=TODAY)
    yield _case("organisations:member", theirs, duty="改")
    yield _case("organisations:member_end", theirs, on=TODAY)
    grid = {"query": "?role=grid_officer", "on": TODAY}
    yield _case("organisations:appoint", own.codes.grid, holder=person, **grid)
    yield _case("organisations:appoint", own.codes.grid, holder=f"member:{theirs}", **grid)
    yield _case("organisations:appoint", side.codes.grid, holder=known, **grid)
    home = side.get("register:household_id")
    given = {"place": side.codes.unit, "household": home}
    yield _case("organisations:households", mine, **given)
    given = {"place": own.codes.unit, "household": [home, own.get("register:household_id")]}
    yield _case("organisations:households", mine, says_no=False, **given)
    # The one who shows this item is a chief of section rank.
    side.act(lambda _by: Member.objects.filter(pk=theirs).update(rank="科级"))
    at = own.codes.community
    yield _case("organisations:five_one", at, "chief", chosen=theirs)


def _field(own: Side, side: Side) -> Iterator[Case]:
    campaign = Campaign.objects.get(pk=side.get("field:campaign_id"))
    sweep = {
        "name": "x",
        "group": "all",
        "form": _any_form().pk,
        "starts_on": TODAY,
        "ends_on": LATER,
    }
    yield _case("field:campaign_new", area=side.codes.community, **sweep)
    emergency = side.get("core:emergency_id")
    yield _case("field:campaign_new", area=own.codes.community, emergency=emergency, **sweep)
    yield _case("field:campaign_extend", campaign.pk, ends_on=LATER)
    yield _case("field:campaign_close", campaign.pk, confirm=campaign.name)
    yield from _duties(own, side)


def _duties(own: Side, side: Side) -> Iterator[Case]:
    place, here = side.codes.grid, own.codes.grid
    emergency = side.get("core:emergency_id")
    gate = {"name": "新门", "kind": "quarter", "units": ""}
    yield _case("field:gate_new", place=place, **gate)
    yield _case("field:gate_new", place=here, emergency=emergency, **gate)
    yield _case("field:gate_edit", side.get("field:gate_id"), **{**gate, "name": "改门"})
    entry = {"direction": "in", "decision": "pass", "people": 1}
    yield _case("field:gate", side.get("field:gate_id"), op_id=uuid7(), **entry)
    yield _case("field:gate_entry", side.get("field:entry_id"), op_id=uuid7(), **entry)
    hours = {"times": 2, "first_at": "08:00", "last_at": "20:00", "points": "东门"}
    yield _case("field:round_new", name="新巡查", place=place, **hours)
    yield _case("field:round_edit", side.get("field:round_id"), name="改巡查", **hours)
    point = side.act(lambda _by: Point.objects.get(round_id=side.get("field:round_id")).pk)
    check = {"op_id": uuid7(), "point_id": point, "found": "fine"}
    yield _case("field:round", own.get("field:round_id"), **check)
    days = {"from_date": TODAY, "to_date": TODAY}
    yield _case("field:message_new", text="少出门", kind="door", place=place, **days)
    used = {"site": "lift", "agent": "chlorine"}
    yield _case("field:disinfections", op_id=uuid7(), place=place, **used)
    said = {"what": "told.said", "people": 1, "place": here}
    yield _case("field:outreach", op_id=uuid7(), **{**said, "place": place})
    message = side.get("field:message_id")
    yield _case("field:outreach", op_id=uuid7(), message_id=message, **said)
    yield _case("field:message_end", side.get("field:message_id"))
    checked = side.act(lambda _by: RoundCheck.objects.get(pk=side.get("field:check_id")).point_id)
    found = {"op_id": uuid7(), "point_id": checked, "found": "danger"}
    yield _case("field:check", side.get("field:check_id"), **found)
    yield _case("field:disinfection", side.get("field:disinfection_id"), op_id=uuid7(), **used)
    talked = {"op_id": uuid7(), "what": "talk.refused", "people": 1}
    yield _case("field:outreach_correct", side.get("field:outreach_id"), **talked)
