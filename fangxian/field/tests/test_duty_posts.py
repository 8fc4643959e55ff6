"""Duty outside one's area: gate staff, officers at what is set up above their grid, joint gates."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import uuid4

from django.urls import reverse

from fangxian.accounts.models import Grant
from fangxian.common.actor import Actor
from fangxian.common.scoping import acting
from fangxian.field.actions import NewPoint, change_gate, close_gate, open_gate, plan_round
from fangxian.field.models import Gate, GateEntry, Round, RoundCheck
from fangxian.field.sync.pulling import pull
from fangxian.field.tests.test_duties import COUNTY, DAWN, DUSK, gate, walk
from fangxian.field.tests.test_duties_phones import pulled
from fangxian.field.tests.test_phone_pages import file_of
from fangxian.field.tests.test_push import phone_of
from fangxian.organisations.actions import add_new_member, create_organisation
from fangxian.organisations.models import Organisation, OrganisationKind

__all__ = ["gate", "walk"]


def unit_of(name: str, places: Any) -> Organisation:
    kind = OrganisationKind.objects.get(code="department")
    return create_organisation(by=COUNTY, name=name, kind=kind, seat=places[places.county])


def passed(gate: Gate) -> dict[str, Any]:
    return {"gate_id": str(gate.id), "direction": "in", "decision": "pass", "plate": "冀J12345"}


def test_gate_staff_use_the_app(
    gate: Gate, walk: Round, cast: Any, places: Any, client_of: Any
) -> None:
    """Who staffs a gate enrols a phone, finds the gate there and no resident, logs who passes."""
    wide = open_gate(by=COUNTY, place=places[places.community], name="市场", kind="workplace")
    # A grant for more than a community needs a second factor, on the phone as on the web.
    grants = Grant.objects.filter(user=cast.user("duty_staff"))
    county = pull(uuid4(), uuid4(), [cast.actor("duty_staff")], cursor=None, epoch="").records
    assert {one["id"] for one in county if one["entity"] == "gate"} == {gate.id, wide.id}
    grants.update(region=places[places.community])
    phone = phone_of(cast.actor("duty_staff"))
    phone.pull()
    assert {one["name"] for one in phone.all("gate")} == {"东门", "市场"}
    assert {entity for entity, _id in phone.records} == {"grid", "duty_rules", "gate", "round"}
    for one in (gate, wide):
        phone.record("gate_entry", str(uuid4()), passed(one))
    assert [one["result"] for one in phone.push()] == ["applied", "applied"]
    # On the day on which the phone sends no more, the work is handed in at a desk.
    phone.record("gate_entry", str(uuid4()), passed(wide))
    client = client_of("duty_staff")
    assert reverse("field:hand_in") in client.get(reverse("field:duties")).content.decode()
    assert reverse("field:duties") in client.get(reverse("field:hand_in")).content.decode()
    assert client.post(reverse("field:hand_in"), {"file": file_of(phone)}).status_code == 200
    assert [(one["result"], one["first"]) for one in phone.push()] == [("duplicate", "applied")]


def test_what_is_set_up_above_a_grid_is_staffed_by_its_officers(
    bob: Actor, alice: Actor, charlie: Actor, places: Any
) -> None:
    """A village's gate and round lie at the village: its grid officers log there and see no more
    of it."""
    here = places[places.community]
    wide = open_gate(by=alice, place=here, name="村口", kind="road")
    village = plan_round(
        by=alice,
        place=here,
        name="村巡",
        times=1,
        first_at=DAWN,
        last_at=DUSK,
        points=[NewPoint("桥头")],
    )
    other = open_gate(by=alice, place=places[places.other_grid], name="邻格", kind="road")
    town = open_gate(by=COUNTY, place=places[places.town], name="镇口", kind="road")
    assert pulled(bob, "gate").keys() == {wide.id}
    (data,) = pulled(bob, "round").values()
    phone = phone_of(bob)
    check = {"point_id": str(data["points"][0]["id"]), "found": "fine"}
    phone.record("round_check", str(uuid4()), check)
    first = phone.record("gate_entry", str(uuid4()), passed(wide))
    phone.record("gate_entry", str(uuid4()), passed(wide) | {"corrects": first.op_id})
    for gate_elsewhere in (other, town):
        phone.record("gate_entry", str(uuid4()), passed(gate_elsewhere))
    # Taken in the order in which they were made, however they come.
    phone.queue.reverse()
    assert [one["result"] for one in phone.push()] == ["held"] * 2 + ["applied"] * 3
    with acting(alice):
        kept = GateEntry.objects.get(corrected_by=None)
        assert (kept.place_code, kept.user_id) == (places.community, bob.user_id)
        assert RoundCheck.objects.get().point.round == village
    (after,) = pulled(bob, "round").values()
    assert after["points"][0]["done"] == 1
    with acting(bob):
        assert not GateEntry.objects.exists()
    # Of another community nothing of it is there, and nothing is taken.
    assert pulled(charlie, "gate") == {}


def test_a_joint_gate_is_on_the_phones_of_its_units(
    bob: Actor, charlie: Actor, cast: Any, places: Any
) -> None:
    """Also where a unit's people have no place there: by their grant's unit or as its members."""
    police, traffic = unit_of("示例公安局", places), unit_of("示例交通局", places)
    joint = open_gate(
        by=COUNTY, place=places[places.town], name="国道口", kind="road", units=[police]
    )
    far = open_gate(
        by=COUNTY,
        place=places[places.other_community],
        name="省道口",
        kind="road",
        units=[police, traffic],
    )
    assert pulled(bob, "gate") == {}
    officer = replace(bob, organisation_id=police.id)
    assert pulled(officer, "gate").keys() == {joint.id, far.id}
    assert pulled(replace(charlie, organisation_id=traffic.id), "gate").keys() == {far.id}
    Grant.objects.filter(user=cast.user("bob")).update(organisation_id=police.id)
    phone = phone_of(officer)
    phone.record("gate_entry", str(uuid4()), passed(far))
    assert [one["result"] for one in phone.push()] == ["applied"]
    # What was logged before the gate was closed is taken; whoever left the unit has it no more.
    phone.record("gate_entry", str(uuid4()), passed(joint))
    close_gate(by=COUNTY, gate=joint)
    assert [one["result"] for one in phone.push()] == ["applied"]
    assert pulled(officer, "gate").keys() == {far.id}
    Grant.objects.filter(user=cast.user("bob")).update(organisation_id=traffic.id)
    change_gate(by=COUNTY, gate=far, units=[police])
    phone.record("gate_entry", str(uuid4()), passed(far))
    assert [one["result"] for one in phone.push()] == ["held"]
    member = add_new_member(by=COUNTY, organisation=police, name="某民警")
    assert pulled(replace(charlie, person_id=member.person_id), "gate").keys() == {far.id}
