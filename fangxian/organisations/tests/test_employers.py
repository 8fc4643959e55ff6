"""From which organisation somebody looks: that of the account's person, at that moment."""

from __future__ import annotations

import datetime as dt
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from fangxian.accounts.models import AccessLog, Grant, GrantHistory, User
from fangxian.common.actor import Actor
from fangxian.organisations.actions import add_member, create_organisation, end_membership
from fangxian.organisations.employers import follow
from fangxian.organisations.models import OrganisationKind
from fangxian.organisations.settling import settle
from fangxian.people.actions import create_person

pytestmark = pytest.mark.django_db

DAY = dt.timedelta(days=1)
TODAY = timezone.localdate()


@pytest.fixture
def system():
    return Actor.system("organisations.settle", "")


@pytest.fixture
def other(hq, places):
    kind = OrganisationKind.objects.get(code="department")
    return create_organisation(by=hq, name="示例所", kind=kind, seat=places[places.community])


@pytest.fixture
def holder(cast, alice, person):
    """The human whose account is Bob's."""
    human = person(alice, "李示例")
    User.objects.filter(username="bob").update(person_id=human.id)
    return human


def works_for():
    return Grant.objects.get(user__username="bob").organisation_id


def test_the_log_says_from_which_organisation_somebody_looked(
    hq, unit, system, holder, alice, places, client_of
):
    add_member(by=hq, person=holder, organisation=unit)
    settle(by=system, area=places.county)
    assert works_for() == unit.id
    seen = create_person(
        by=alice, name="王示例", place_code=places.grid, link_kind="met", source_id=uuid4()
    )
    page = reverse("people:person", args=[seen.id])
    assert client_of("bob").get(page).status_code == 200
    look = AccessLog.objects.filter(persons__contains=[seen.id], actor="bob").latest("id")
    assert look.organisation_id == unit.id
    assert "示例局 · 第1网格" in client_of("alice").get(page).content.decode()


def test_it_follows_who_moves_and_stays_with_who_joins_another(hq, unit, other, system, holder):
    first = add_member(by=hq, person=holder, organisation=unit, from_date=TODAY - 9 * DAY)
    assert follow(by=system) == 1
    second = add_member(by=hq, person=holder, organisation=other, from_date=TODAY - 5 * DAY)
    assert follow(by=system) == 0
    end_membership(by=hq, member=first, on=TODAY - DAY)
    assert follow(by=system) == 1
    assert works_for() == other.id
    end_membership(by=hq, member=second, on=TODAY)
    # The last day is a day of it.
    assert follow(by=system) == 0
    assert follow(by=system, on=TODAY + DAY) == 1
    assert works_for() is None
    history = GrantHistory.objects.filter(pgh_obj__user__username="bob")
    assert history.order_by("pgh_id").last().pgh_context["who"] == system.name


def test_what_a_grant_was_given_for_stays_without_a_membership(unit, system, holder):
    Grant.objects.filter(user__username="bob").update(organisation_id=unit.id)
    assert follow(by=system) == 0
    assert works_for() == unit.id


def test_an_account_of_nobody_and_one_of_somebody_else_keep_theirs(hq, unit, system, cast, person):
    add_member(by=hq, person=person(hq, "张示例"), organisation=unit)
    assert follow(by=system) == 0
    assert not Grant.objects.exclude(organisation_id=None).exists()


def test_a_grant_that_was_revoked_keeps_what_it_was(hq, unit, system, holder):
    Grant.objects.filter(user__username="bob").update(revoked_at=timezone.now())
    add_member(by=hq, person=holder, organisation=unit)
    assert follow(by=system) == 0


def test_a_role_is_given_for_an_organisation_of_its_holder(
    hq, unit, other, holder, client_of, cast, places
):
    add_member(by=hq, person=holder, organisation=unit)
    client = client_of("security_administrator")

    def give(name, organisation):
        account = cast.user(name)
        given = {"role": "supply", "place": places.town, "reason": "helps out in the store"}
        return client.post(
            reverse("accounts:grant", args=[account.pk]), given | {"organisation": organisation}
        )

    # Bob is a member of one; of Alice nobody knows, so all of the area are offered.
    assert give("bob", other.pk).status_code == 422
    for name in ("bob", "alice"):
        assert give(name, unit.pk).status_code == 302
        granted = Grant.objects.get(user__username=name, role="supply")
        assert granted.organisation_id == unit.pk
        page = client.get(reverse("accounts:user", args=[cast.user(name).pk])).content.decode()
        assert page.count(unit.name) == 2  # offered again, and beside the role
    page = client.get(reverse("accounts:user", args=[cast.user("alice").pk])).content.decode()
    assert f'value="{other.pk}"' in page
