"""Standing party bodies: the form that fits their number, their committee, their term."""

from __future__ import annotations

import copy
import datetime as dt
from html import unescape

import pytest
from django.urls import reverse
from django.utils import timezone

from fangxian.common.errors import Invalid
from fangxian.common.scoping import acting
from fangxian.organisations import standing
from fangxian.organisations.actions import (
    add_member,
    change_member,
    change_organisation,
    create_organisation,
)
from fangxian.organisations.models import Member, OrganisationKind
from fangxian.organisations.registered_coming import today as todays
from fangxian.organisations.rules import in_force
from fangxian.organisations.standing_rules import STANDING, check
from fangxian.organisations.tests.conftest import refused

TODAY = timezone.localdate()
DAY = dt.timedelta(days=1)


def text(response) -> str:
    return unescape(response.content.decode())


@pytest.fixture
def body(alice, places):
    def make(name: str, kind: str = "branch", **more):
        found = OrganisationKind.objects.get(code=kind)
        seat = places[places.community]
        return create_organisation(by=alice, name=name, kind=found, seat=seat, **more)

    return make


@pytest.fixture
def join(alice, person):
    def add(where, count: int, duty: str = "", party: bool = True):
        for n in range(count):
            add_member(
                by=alice, person=person(alice, f"党员{duty}{n}"), organisation=where, duty=duty,
                party_member=party,
            )  # fmt: skip

    return add


@pytest.fixture
def codes_of(alice):
    def found(one):
        with acting(alice):
            one.refresh_from_db()
            return {problem.code for problem in standing.against(one, alice.area)}

    return found


def test_a_branch_that_does_not_fit_is_listed_with_what_to_do(
    alice, client_of, body, join, codes_of
):
    branch = body("示例党支部")
    join(branch, 2)
    join(branch, 4, party=False)
    assert codes_of(branch) == {"size"}
    client = client_of("alice")
    listed = reverse("organisations:tree") + "?state=unfit"
    assert "示例党支部" in text(client.get(listed))
    page = text(client.get(reverse("organisations:organisation", args=[branch.id])))
    assert "正式党员2名；这种形式应为3至50名" in page
    with acting(alice):
        assert [item.count for item in todays(alice)] == [1]
    # Who is in a group of it counts with it.
    group = body("第1党小组", "party_group", parent=branch)
    join(group, 1, duty="组长")
    assert codes_of(branch) == set()
    # A probationary member is none of the three.
    with acting(alice):
        (leader,) = Member.objects.filter(organisation=group)
    told = {"duty": leader.duty, "rank": "", "wish": None}
    half = change_member(by=alice, member=leader, party_member=True, probationary=True, **told)
    assert (half.party_member, codes_of(branch)) == (True, {"size"})
    assert "预备党员" in text(client.get(reverse("organisations:organisation", args=[group.id])))
    change_member(by=alice, member=leader, party_member=True, probationary=False, **told)
    assert codes_of(branch) == set()
    assert "示例党支部" not in text(client.get(listed))
    with acting(alice):
        assert todays(alice) == []


def test_from_seven_on_a_branch_has_a_committee(body, join, codes_of):
    branch = body("示例党支部")
    join(branch, 3, duty="委员")
    join(branch, 3)
    assert codes_of(branch) == {"no_committee"}
    join(branch, 1, duty="组长")
    assert codes_of(branch) == set()
    join(branch, 3, duty="支部委员")
    assert codes_of(branch) == {"committee"}


def test_the_term_of_a_leadership_is_told_before_it_ends(alice, body, join, codes_of):
    branch = body("示例党支部")
    join(branch, 3)
    with refused("elected"):
        change_organisation(by=alice, organisation=branch, elected_on=TODAY + DAY)
    # In a village or community it is five years.
    elected = dt.date(2020, 2, 29)
    change_organisation(by=alice, organisation=branch, elected_on=elected)
    with acting(alice):
        assert standing.term_of(branch) == dt.date(2025, 2, 28)
    assert codes_of(branch) == {"term"}
    change_organisation(by=alice, organisation=branch, elected_on=TODAY - 5 * 365 * DAY + 30 * DAY)
    assert codes_of(branch) == {"term"}
    change_organisation(by=alice, organisation=branch, elected_on=TODAY - 5 * 365 * DAY + 90 * DAY)
    assert codes_of(branch) == set()
    change_organisation(
        by=alice, organisation=branch, founded_on=TODAY - 400 * DAY, elected_on=None
    )
    with refused("elected"):
        change_organisation(by=alice, organisation=branch, elected_on=TODAY - 401 * DAY)


def test_rules_of_standing_bodies_are_checked(db):
    data = copy.deepcopy(in_force(STANDING, None).data)
    check(data)
    data["forms"][0]["committee"]["min"] = 9
    with pytest.raises(Invalid):
        check(data)
