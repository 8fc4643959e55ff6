"""Two who write the same at once: the second is told, and nothing is written twice."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from django.utils import timezone

from fangxian.accounts.actions import create_user
from fangxian.accounts.models import User
from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict
from fangxian.common.ids import uuid7
from fangxian.common.scoping import acting
from fangxian.core import rules
from fangxian.core.actions import add_endpoint, add_rule_version
from fangxian.core.models import Endpoint, RuleSet
from fangxian.field import actions as field
from fangxian.field.actions import NewVisit
from fangxian.field.models import Campaign
from fangxian.field.tests.conftest import begin
from fangxian.organisations import actions as organisations
from fangxian.organisations.models import (
    Organisation,
    OrganisationKind,
    ResponsibilityHousehold,
)
from fangxian.people.actions import create_person
from fangxian.register.actions import create_household
from tests.kit.cast import Places, make_places
from tests.kit.races import beside

BY = Actor.system("test", "")


def _written(places: Places) -> dict[str, tuple[Callable[[], Any], Callable[[], int]]]:
    """What is written, and how many of it there are, by name."""
    kind = OrganisationKind.objects.get(code="department")
    county = places[places.county]
    rule = rules.rule("task.escalation")
    day = dt.date(2021, 1, 1)
    return {
        "account": (
            lambda: create_user(by=BY, username="eve", display_name="Eve", region_code=county.code),
            lambda: User.objects.filter(username="eve").count(),
        ),
        "endpoint": (
            lambda: add_endpoint(by=BY, name="duty", channel="wecom", url="https://1.1.1.1/x"),
            lambda: Endpoint.objects.count(),
        ),
        "rule": (
            lambda: add_rule_version(
                by=BY, name="task.escalation", data=rule.data, source="通知", valid_from=day
            ),
            lambda: RuleSet.objects.filter(source="通知").count(),
        ),
        "organisation": (
            lambda: organisations.create_organisation(by=BY, name="示例局", kind=kind, seat=county),
            lambda: Organisation.objects.filter(name="示例局").count(),
        ),
    }


@pytest.mark.usefixtures("fresh_database")
def test_the_second_of_two_who_write_the_same_is_told() -> None:
    for name, (write, count) in _written(make_places()).items():
        met = beside(BY, write, write)
        assert isinstance(met, Conflict), name
        with acting(BY):
            assert count() == 1, name


@pytest.mark.usefixtures("fresh_database")
def test_a_household_given_to_two_members_at_once_is_with_the_later() -> None:
    places = make_places()
    kind = OrganisationKind.objects.get(code="department")
    unit = organisations.create_organisation(
        by=BY, name="示例局", kind=kind, seat=places[places.county]
    )
    home = create_household(by=BY, place_code=places.unit, room="101")
    first, second = (
        organisations.add_member(
            by=BY,
            organisation=unit,
            person=create_person(
                by=BY, name=name, place_code=places.community, link_kind="met", source_id=home.pk
            ),
        )
        for name in ("王一", "王二")
    )
    members = iter([first, second])

    def give() -> Any:
        return organisations.link_households(
            by=BY, member=next(members), place=places[places.unit], households=[home]
        )

    beside(BY, give, give)
    with acting(BY):
        link = ResponsibilityHousehold.objects.select_related("responsibility").get(to_date=None)
        assert link.responsibility.member_id == second.id


@pytest.mark.usefixtures("fresh_database")
def test_a_door_corrected_while_its_sweep_is_extended_is_due_at_the_later_end() -> None:
    places = make_places()
    home, next_door = (
        create_household(by=BY, place_code=places.unit, room=room) for room in ("101", "102")
    )
    with acting(BY):
        data = deepcopy(rules.rule("field").data)
        for outcome in data["outcomes"]:
            outcome.pop("revisit_days", None)
    since = timezone.localdate() - dt.timedelta(days=30)
    add_rule_version(by=BY, name="field", data=data, source="通知", valid_from=since)
    campaign = begin(BY, places)
    mistaken = NewVisit(uuid7(), campaign.id, home.id, "all_well")
    field.record_visit(by=BY, visit=mistaken)
    later = campaign.ends_on + dt.timedelta(days=4)
    # In one batch, as a telephone sends them: the first one locks its door.
    visits = [
        NewVisit(uuid7(), campaign.id, next_door.id, "absent"),
        NewVisit(uuid7(), campaign.id, home.id, "absent", corrects=mistaken.op_id),
    ]
    answers = beside(
        BY,
        lambda: Campaign.objects.select_for_update().get(id=campaign.id),
        lambda: field.record_visits(by=BY, visits=visits),
        lambda: field.extend_campaign(by=BY, campaign=campaign, ends_on=later),
    )
    assert [answer.result for answer in answers] == ["applied", "applied"]
    with acting(BY):
        assert [target.due_on for target in campaign.targets.all()] == [later, later]
