"""Proposals through HTTP: who fits the rule of a post, why, and what is named when accepted."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.utils import timezone

from fangxian.common.scoping import acting
from fangxian.core.models import Job
from fangxian.organisations.actions import (
    add_member,
    appoint,
    create_organisation,
)
from fangxian.organisations.models import (
    Member,
    OrganisationKind,
    Responsibility,
    ResponsibilityHousehold,
)
from fangxian.organisations.tests.test_ledgers import run_job
from fangxian.organisations.tests.test_pages import text, url
from fangxian.organisations.vacancies import refresh
from fangxian.people.models import Person
from fangxian.regions.models import Building, BuildingKind
from fangxian.register.actions import create_establishment, create_household, move_in
from fangxian.register.models import Residency

TODAY = timezone.localdate()


@pytest.fixture
def neighbours(alice, places):
    """Two buildings 1 km apart, an adult in each, a child in the first."""
    kind = BuildingKind.objects.first()
    codes = [places.building, "130902001001001002"]
    for number, code in enumerate(codes):
        place = places[code]
        place.longitude, place.latitude = 116.8 + number * 0.0115, 38.3
        place.save()
        Building.objects.create(region=place, kind=kind)
        home = create_household(by=alice, place_code=code + "01", room="101")
        adults = [(f"王{'甲乙'[number]}", dt.date(1980, 1, 1))]
        for name, born in [*adults, *([("王童", dt.date(2019, 1, 1))] if not number else [])]:
            move_in(by=alice, household_id=home.id, on=TODAY, name=name, birth_date=born)
    return codes


def test_proposals_prefer_who_lives_there_and_are_accepted_in_part(
    alice, hq, client_of, places, neighbours, unit
):
    client = client_of("alice")
    # A unit of the county, out of Alice's sight, counts the resident as a member of the party.
    with acting(hq):
        resident = Person.objects.get(name="王甲")
        away = Person.objects.get(name="王童")
    member = add_member(by=hq, person=resident, organisation=unit, party_member=True)
    add_member(by=hq, person=away, organisation=unit, party_member=True)
    with acting(hq):
        Residency.objects.filter(person=away).update(to_date=TODAY, ended="moved")
    with acting(alice), connection.cursor() as cursor:
        assert not Member.objects.exists()
        ids = [resident.id, away.id]
        cursor.execute("SELECT organisations_party(%s::uuid[])", [ids])
        assert cursor.fetchall() == [(resident.id,)]
    at = url("propose", places.community) + "?role=building_head"
    response = client.get(at)
    outcome = response.context["outcome"]
    assert outcome.candidates == 2
    best = {line.place.code: line for line in outcome.lines}
    assert [best[code].name for code in neighbours] == ["王甲", "王乙"]
    assert [best[code].distance_m for code in neighbours] == [0, 0]
    assert ["党员" in best[code].reasons for code in neighbours] == [True, False]
    assert not any("愿意在此服务" in line.reasons for line in outcome.lines)
    # He would rather serve next door, where somebody else lives.
    with acting(hq):
        member.wish = places[neighbours[1]]
        member.save()
    wished = client.get(at).context["outcome"]
    [line] = [one for one in wished.lines if one.place.code == neighbours[1]]
    assert (line.name, line.reasons[0]) == ("王甲", "愿意在此服务")
    with acting(hq):
        member.wish = None
        member.save()
    far = [line for code, line in best.items() if code not in neighbours]
    assert all(line.distance_m is None or line.load for line in far)
    assert client.post(at, {}).status_code == 422
    chosen = [best[code].value for code in neighbours]
    assert client.post(at, {"accept": chosen}).status_code == 302
    with acting(alice):
        rows = Responsibility.objects.order_by("place_code").values_list("place_code", flat=True)
        assert list(rows) == neighbours
    # Accepted meanwhile by somebody else: left as it is.
    assert (
        client.post(at, {"accept": [f"{best[neighbours[0]].place.id}=person:x"]}).status_code == 422
    )


def test_a_large_proposal_is_worked_out_by_a_job(alice, client_of, places, neighbours, monkeypatch):
    from fangxian.organisations import proposing

    client = client_of("alice")
    at = url("propose", places.community) + "?role=building_head"
    at_once = client.get(at).context["outcome"]
    monkeypatch.setattr(proposing, "AT_ONCE", 0)
    page = client.get(at)
    assert page.context["outcome"] is None
    assert 'name="work_out"' in text(page)
    assert client.post(at, {"work_out": "1"}).status_code == 302
    with acting(alice):
        job = Job.objects.get(kind=proposing.JOB)
    assert client.get(at, {"role": "building_head", "job": job.id}).context["outcome"] is None
    run_job(alice, job)
    with acting(alice):
        Job.objects.filter(id=job.id).update(state="done", finished_at=timezone.now())
    ready = {"role": "building_head", "job": str(job.id)}
    assert client.get(at, ready).context["outcome"] == at_once
    # What was worked out for another place says nothing here.
    assert client.get(url("propose", places.grid), ready).context["outcome"] is None
    with acting(alice):
        appoint(
            by=alice,
            place=places[neighbours[0]],
            role="building_head",
            holder=Person.objects.get(name="王甲"),
        )
    later = client.get(at, ready).context["outcome"]
    assert neighbours[0] not in {line.place.code for line in later.lines}


def test_linked_units_are_proposed_within_the_county(hq, client_of, places):
    kind = OrganisationKind.objects.get(code="department")
    for name in ("甲局", "乙局"):
        create_organisation(by=hq, name=name, kind=kind, seat=places[places.county])
    client = client_of("headquarters")
    at = url("propose", places.county) + "?role=linked_unit"
    lines = client.get(at).context["outcome"].lines
    assert {line.name for line in lines} == {"甲局", "乙局"}
    client.post(at, {"accept": [line.value for line in lines]})
    with acting(hq):
        assert Responsibility.objects.filter(role="linked_unit").count() == 2


def test_leaders_of_towns_secretaries_and_keepers_are_proposed_by_their_rules(
    hq, client_of, places, person
):
    """Who is of the rank, in the party, of the kind; nobody else."""
    kind = OrganisationKind.objects.get(code="department")
    bodies = {
        code: create_organisation(by=hq, name=f"{code}局", kind=kind, seat=places[code])
        for code in (places.county, places.town)
    }
    for name, seat, more in (
        ("王处", places.county, {"rank": "正处级"}),
        ("王科", places.county, {"rank": "正科级"}),
        ("王党", places.town, {"party_member": True}),
        ("王群", places.town, {}),
    ):
        add_member(by=hq, person=person(hq, name), organisation=bodies[seat], **more)
    kind = OrganisationKind.objects.get(code="property_manager")
    create_organisation(by=hq, name="示例物业", kind=kind, seat=places[places.community])
    Building.objects.create(
        region=places[places.building], kind=BuildingKind.objects.first(), managed=False
    )
    refresh(by=hq, area=places.county)
    client = client_of("headquarters")

    def proposed(code, role):
        outcome = client.get(url("propose", code) + f"?role={role}").context["outcome"]
        return {line.name for line in outcome.lines}

    assert proposed(places.county, "town_leader") == {"王处"}
    assert proposed(places.town, "community_secretary") == {"王党"}
    # The department of the town is near enough too, but one keeper will do.
    assert len(proposed(places.town, "building_keeper")) == 1
    assert proposed(places.community, "building_keeper") == {"示例物业"}


def test_members_are_proposed_for_households_and_leaders_for_establishments(
    alice, hq, client_of, places, neighbours, unit, person
):
    """1+10 by who of the party lives near; what somebody got meanwhile stays his."""
    body = create_organisation(
        by=alice,
        name="示例党支部",
        kind=OrganisationKind.objects.get(code="branch"),
        seat=places[places.community],
    )
    with acting(alice):
        first, second = (Person.objects.get(name=name) for name in ("王甲", "王乙"))
    near = add_member(by=alice, person=first, organisation=body, party_member=True)
    add_member(by=alice, person=second, organisation=body)
    add_member(by=alice, person=person(alice, "王外"), organisation=body, party_member=True)
    client = client_of("alice")
    at = url("propose", places.community) + "?role=member_household"
    outcome = client.get(at).context["outcome"]
    assert {line.key for line in outcome.lines} == {f"member:{near.id}"}
    doors = sorted(line.place.code[:18] for line in outcome.lines)
    assert doors == neighbours
    assert outcome.lines[0].distance_m == 0
    assert outcome.lines[1].distance_m > 0
    assert client.post(at, {"accept": [outcome.lines[0].value]}).status_code == 302
    # The first again, and the second: what is looked after already is left as it is.
    assert client.post(at, {"accept": [line.value for line in outcome.lines]}).status_code == 302
    with acting(alice):
        links = ResponsibilityHousehold.objects.order_by("place_code")
        assert [link.place_code[:18] for link in links] == neighbours
        assert {link.responsibility.member_id for link in links} == {near.id}
    assert client.get(at).context["outcome"].lines == []

    school = create_establishment(
        by=alice, name="示例小学", kind="school", place_code=places.building
    )
    leader = add_member(by=hq, person=person(hq, "王处"), organisation=unit, rank="正处级")
    client, at = client_of("headquarters"), url("propose", places.county) + "?role=contact_leader"
    [line] = client.get(at).context["outcome"].lines
    assert (line.place.name, line.key) == ("示例小学", f"member:{leader.id}")
    assert client.post(at, {"accept": [line.value]}).status_code == 302
    with acting(hq):
        row = Responsibility.objects.get(role="contact_leader")
        assert (row.establishment_id, row.member_id) == (school.id, leader.id)
