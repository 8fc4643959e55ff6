"""Temporary units of an emergency: they end with it, and those concerned are told."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from fangxian.common.scoping import acting
from fangxian.core.actions import create_emergency
from fangxian.core.models import Notification, Task
from fangxian.organisations.actions import (
    add_member,
    approve_unit,
    change_unit,
    create_organisation,
    dissolve_organisation,
    draft_unit,
    propose_unit,
    second,
)
from fangxian.organisations.ending import end_with_emergency
from fangxian.organisations.models import Member, OrganisationKind, TemporaryUnit
from fangxian.organisations.tests.conftest import refused

TODAY = timezone.localdate()


@pytest.fixture
def emergency(hq, places):
    return create_emergency(by=hq, name="示例", disease="示例", place_code=places.county, level=1)


@pytest.fixture
def homes(alice, person, places):
    kind = OrganisationKind.objects.get(code="residents_committee")
    body = create_organisation(
        by=alice, name="示例居委会", kind=kind, seat=places[places.community]
    )
    return [
        add_member(by=alice, person=person(alice, name), organisation=body, party_member=True)
        for name in ("王一", "王二", "王三")
    ]


@pytest.fixture
def drafted(alice, places, unit, emergency, homes):
    def make(name: str):
        row = draft_unit(
            by=alice, kind=OrganisationKind.objects.get(code="temporary_branch"), name=name,
            setting="checkpoint", task="值守", place=places[places.community], superior=unit,
            emergency=emergency, from_date=TODAY, until=TODAY + dt.timedelta(days=20),
        )  # fmt: skip
        for at, home in enumerate(homes):
            second(by=alice, unit=row, home=home, office="" if at else "secretary")
        return row

    return make


def told(by, template):
    """How often somebody was told."""
    with acting(by):
        return Notification.objects.filter(template=template).count()


def test_units_end_with_their_emergency(alice, hq, client_of, drafted, emergency, homes):
    """Founded ones are dissolved, others given up with their tasks; who proposed them is told."""
    row, waiting = drafted("东门临时党支部"), drafted("西门临时党支部")
    propose_unit(by=alice, unit=row)
    row = approve_unit(by=hq, unit=row)
    assert told(alice, "organisations.unit_founded") == 1
    propose_unit(by=alice, unit=waiting)
    page = client_of("alice").get(reverse("organisations:unit", args=[row.id]))
    assert emergency.name in page.content.decode()
    with acting(hq):
        end_with_emergency(hq, emergency.id)
        end_with_emergency(hq, emergency.id)
        row.organisation.refresh_from_db()
        assert row.organisation.dissolved_on == TODAY
        assert TemporaryUnit.objects.get(id=waiting.id).state == "withdrawn"
        assert not Task.objects.filter(state="open", kind__startswith="organisations.unit").exists()
        # At home they go on.
        mine = Member.objects.filter(person_id=homes[0].person_id, to_date=None)
        assert [one.id for one in mine] == [homes[0].id]
    assert told(alice, "organisations.unit_dissolved") == 1


def test_one_with_others_below_it_is_a_task_until_it_is_dissolved(
    alice, hq, drafted, emergency, places
):
    row = drafted("东门临时党支部")
    propose_unit(by=alice, unit=row)
    row = approve_unit(by=hq, unit=row)
    kind = OrganisationKind.objects.get(code="department")
    seat = places[places.community]
    below = create_organisation(
        by=alice, name="示例小组", kind=kind, seat=seat, parent=row.organisation
    )
    with acting(hq):
        end_with_emergency(hq, emergency.id)
        row.organisation.refresh_from_db()
        assert row.organisation.dissolved_on is None
        asked = Task.objects.get(kind="organisations.unit_ending", state="open")
        assert (asked.object_id, asked.assignee_role) == (row.id, "headquarters")
    dissolve_organisation(by=alice, organisation=below)
    dissolve_organisation(by=alice, organisation=row.organisation)
    with acting(hq):
        assert not Task.objects.filter(kind="organisations.unit_ending", state="open").exists()


def test_an_emergency_that_is_not_in_force_is_refused(alice, hq, drafted, emergency, places):
    row = drafted("东门临时党支部")
    with acting(hq):
        type(emergency).objects.filter(id=emergency.id).update(ended_on=TODAY)
    with refused("invalid"):
        change_unit(by=alice, unit=row, emergency=emergency)
