from __future__ import annotations

import datetime as dt

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from fangxian.accounts import actions, checks, queries
from fangxian.accounts.models import Grant, User, UserHistory
from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, Forbidden, Invalid, OutOfScope

pytestmark = pytest.mark.django_db

WHY = "moved to another office"


@pytest.fixture
def system(cast):
    return cast.actor("system_administrator")


@pytest.fixture
def security(cast):
    return cast.actor("security_administrator")


def make_user(places, username="dora", place=None, **grant):
    user = User.objects.create(
        username=username,
        display_name=username,
        region=places[place or places.community],
        staff_number=username,
    )
    if grant:
        Grant.objects.create(user=user, valid_from="2020-01-01", **grant)
    return user


def test_who_when_why_and_from_where_stand_in_the_history(system, places):
    made = actions.create_user(
        by=system, username="dora", display_name="Dora", region_code=places.community
    )
    actions.disable_user(by=system, user_id=made.user.pk, reason=WHY)
    last = UserHistory.objects.filter(pgh_obj_id=made.user.pk, is_active=False).latest("pgh_id")
    context = last.pgh_context
    assert context["who"] == "system_administrator"
    assert context["why"] == WHY
    assert context["source"] == "test"
    assert not hasattr(last, "password")


def test_an_account_without_grant_is_nobody(system, places):
    made = actions.create_user(
        by=system, username="dora", display_name="Dora", region_code=places.community
    )
    assert queries.grants_of(made.user) == []
    assert made.user.check_password(made.password)
    assert not made.user.temporary_password_is_over()
    assert made.user.temporary_password_is_over(timezone.now() + dt.timedelta(hours=73))


@pytest.mark.parametrize("role", ["security_administrator", "audit_administrator", "headquarters"])
def test_only_the_system_administrator_makes_accounts(cast, places, role):
    with pytest.raises(Forbidden):
        actions.create_user(
            by=cast.actor(role), username="x", display_name="x", region_code=places.community
        )


def test_accounts_are_made_in_the_own_area_only(system, places):
    with pytest.raises(Forbidden):
        actions.create_user(by=system, username="x", display_name="x", region_code=places.outside)
    with pytest.raises(Forbidden):
        actions.create_user(by=system, username="x", display_name="x", region_code="")


@pytest.mark.parametrize("name", ["11010519491231002X", "13800001234", "ALICE", "", "a b"])
def test_user_names_name_nobody_and_are_unique_in_any_case(system, places, cast, name):
    with pytest.raises(Invalid) as caught:
        actions.create_user(
            by=system, username=name, display_name="x", region_code=places.community
        )
    assert {problem.field for problem in caught.value.problems} <= {"username", ""}


def test_the_database_refuses_a_number_as_user_name(db):
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create(username="13800001234")


def test_an_account_that_reaches_further_is_out_of_reach(system, places, cast):
    wide = make_user(places, "wide", role_id="headquarters", region=places["1309"])
    for change in (actions.disable_user, actions.reset_password):
        with pytest.raises(Forbidden):
            change(by=system, user_id=wide.pk, reason=WHY)
    Grant.objects.filter(user=wide).update(valid_from="2999-01-01")
    with pytest.raises(Forbidden):
        actions.reset_password(by=system, user_id=wide.pk, reason=WHY)
    User.objects.filter(pk=wide.pk).update(is_active=False)
    with pytest.raises(Forbidden):
        actions.enable_user(by=system, user_id=wide.pk, reason=WHY)


def test_accounts_of_another_area_do_not_exist(system, security, places):
    other = make_user(places, "other", places.outside)
    for by, change in (
        (system, actions.disable_user),
        (system, actions.reset_password),
        (security, actions.unlock_user),
        (security, actions.reset_second_factor),
    ):
        with pytest.raises(OutOfScope):
            change(by=by, user_id=other.pk, reason=WHY)


def test_nobody_manages_himself(system, security, places):
    User.objects.update(region=places["130902"])
    for by, change in ((system, actions.disable_user), (security, actions.unlock_user)):
        with pytest.raises(Forbidden):
            change(by=by, user_id=by.user_id, reason=WHY)
    with pytest.raises(Forbidden):
        actions.grant_role(
            by=security,
            user_id=security.user_id,
            role="grid_officer",
            region_code=places.grid,
            reason=WHY,
        )
    grant = Grant.objects.get(user_id=security.user_id)
    with pytest.raises(Forbidden):
        actions.revoke_grant(by=security, grant_id=grant.pk, reason=WHY)
    with pytest.raises(IntegrityError), transaction.atomic():
        Grant.objects.filter(pk=grant.pk).update(granted_by=security.user_id)


def test_password_and_second_factor_are_reset_by_different_people(system, security, places):
    user = make_user(places)
    with pytest.raises(Forbidden):
        actions.reset_second_factor(by=system, user_id=user.pk, reason=WHY)
    with pytest.raises(Forbidden):
        actions.reset_password(by=security, user_id=user.pk, reason=WHY)


@pytest.mark.parametrize("reason", ["", "abc", "  a  ", "x" * 201])
def test_a_reason_is_asked(system, places, reason):
    user = make_user(places)
    with pytest.raises(Invalid) as caught:
        actions.disable_user(by=system, user_id=user.pk, reason=reason)
    assert caught.value.problems[0].field == "reason"
    user.refresh_from_db()
    assert user.is_active


def test_a_disabled_account_resolves_to_nobody(system, cast, places):
    bob = cast.user("bob")
    User.objects.filter(pk=bob.pk).update(region=places[places.grid])
    grant = Grant.objects.get(user=bob)
    queries.resolve(bob.pk, grant.pk, source="job", purpose="x")
    actions.disable_user(by=system, user_id=bob.pk, reason=WHY)
    with pytest.raises(Forbidden):
        queries.resolve(bob.pk, grant.pk, source="job", purpose="x")
    actions.enable_user(by=system, user_id=bob.pk, reason=WHY)
    assert queries.resolve(bob.pk, grant.pk, source="job", purpose="x").area == places.grid


def test_roles_are_given_within_the_area_and_from_the_list(security, places):
    user = make_user(places)

    def give(role, place, **days):
        return actions.grant_role(
            by=security, user_id=user.pk, role=role, region_code=place, reason=WHY, **days
        )

    assert give("grid_officer", places.grid).granted_by_id == security.user_id
    with pytest.raises(Forbidden):
        give("grid_officer", places.outside)
    with pytest.raises(Forbidden):
        give("headquarters", "")
    with pytest.raises(Invalid):
        give("no_such_role", places.grid)
    with pytest.raises(Invalid):
        give("grid_officer", "130902001999")
    with pytest.raises(Conflict):
        give("grid_officer", places.grid)
    # Nobody had a role on days that are over because somebody writes so today.
    with pytest.raises(Invalid):
        give("supply", places.grid, valid_from=timezone.localdate() - dt.timedelta(days=1))
    security.require("accounts.grant")
    narrowed = Actor(
        name="x", rights=frozenset({"accounts.grant"}), area="130902", source="", role="laboratory"
    )
    with pytest.raises(Forbidden):
        actions.grant_role(
            by=narrowed, user_id=user.pk, role="supply", region_code=places.grid, reason=WHY
        )


def test_administrators_are_appointed_from_above(security, places):
    user = make_user(places)
    with pytest.raises(Forbidden):
        actions.grant_role(
            by=security,
            user_id=user.pk,
            role="audit_administrator",
            region_code="130902",
            reason=WHY,
            staff_number="dora",
        )
    grant = actions.grant_role(
        by=security,
        user_id=user.pk,
        role="audit_administrator",
        region_code=places.town,
        reason=WHY,
        staff_number="dora",
    )
    assert grant.pk
    for second in ("system_administrator", "security_administrator"):
        with pytest.raises(Conflict):
            actions.grant_role(
                by=security,
                user_id=user.pk,
                role=second,
                region_code=places.town,
                reason=WHY,
                staff_number="dora",
            )
    # The same role at another place is one role still.
    actions.grant_role(
        by=security,
        user_id=user.pk,
        role="audit_administrator",
        region_code=places.community,
        reason=WHY,
        staff_number="dora",
    )


ROLES = ("system_administrator", "security_administrator", "audit_administrator")


@pytest.mark.parametrize("first", ROLES)
@pytest.mark.parametrize("second", ROLES)
def test_the_database_keeps_the_three_administrators_apart(places, first, second):
    user = make_user(places, role_id=first, region=places["130902"])
    held = Grant.objects.filter(user=user)

    def add():
        with transaction.atomic():
            Grant.objects.create(
                user=user, role_id=second, region=places["130903"], valid_from="2021-01-01"
            )

    if first == second:
        add()
        return
    with pytest.raises(IntegrityError, match="exclude each other"):
        add()
    # One after the other is allowed, at once is not; neither by changing an old grant.
    held.update(valid_to="2020-12-31")
    add()
    with pytest.raises(IntegrityError, match="exclude each other"), transaction.atomic():
        held.filter(role_id=first).update(valid_to=None)
    with (
        pytest.raises(IntegrityError, match="exclude each other"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "UPDATE accounts_grant SET valid_from = '2020-06-01' WHERE role_id = %s"
            " AND user_id = %s",
            [second, user.pk],
        )


def test_who_holds_two_accounts_is_no_two_administrators(security, places, system):
    first, second = make_user(places), make_user(places, "emil")
    User.objects.update(staff_number="")

    def give(user, role, number):
        return actions.grant_role(
            by=security, user_id=user.pk, role=role, region_code=places.town, reason=WHY,
            staff_number=number,
        )  # fmt: skip

    with pytest.raises(Invalid, match="工号"):
        give(first, "audit_administrator", "")
    give(first, "audit_administrator", "G-1024")
    for number in ("G-1024", "g-1024 "):
        with pytest.raises(Invalid, match="工号"):
            give(second, "system_administrator", number)
        with pytest.raises(Invalid, match="工号"):
            actions.name_holder(by=system, user_id=second.pk, staff_number=number, reason=WHY)
    assert not Grant.objects.filter(user=second).exists()
    give(second, "system_administrator", "G-1025")
    # What the account says and what the giver reads on the badge must agree.
    revoked = Grant.objects.get(user=second)
    actions.revoke_grant(by=security, grant_id=revoked.pk, reason=WHY)
    with pytest.raises(Invalid, match="工号"):
        give(second, "system_administrator", "G-1026")
    with pytest.raises(Conflict):
        actions.name_holder(by=system, user_id=first.pk, staff_number="", reason=WHY)
    actions.name_holder(by=system, user_id=second.pk, staff_number="", reason=WHY)
    with pytest.raises(IntegrityError, match="named"), transaction.atomic():
        Grant.objects.create(
            user=second, role_id="system_administrator", valid_from="2021-01-01", region=None
        )


def test_an_administrator_who_is_nobody_is_found(places, monkeypatch):
    # The check reads what this test has not committed.
    monkeypatch.setattr(checks, "connections", {"maintenance": connection})
    make_user(places, role_id="audit_administrator", region=places["130902"])
    assert list(checks.exclusive_roles_are_apart()) == []
    User.objects.filter(username="dora").update(staff_number="")
    (told,) = checks.exclusive_roles_are_apart()
    assert "dora" in told


def test_a_person_has_one_account(places):
    from uuid import uuid4

    person = uuid4()
    User.objects.create(username="one", person_id=person)
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create(username="two", person_id=person)


def test_a_revoked_grant_ends_now_and_is_revoked_once(security, places, cast):
    grant = Grant.objects.get(user=cast.user("bob"))
    round_before = cast.user("bob").session_round
    actions.revoke_grant(by=security, grant_id=grant.pk, reason=WHY)
    assert queries.grants_of(cast.user("bob")) == []
    assert User.objects.get(username="bob").session_round == round_before + 1
    with pytest.raises(Conflict):
        actions.revoke_grant(by=security, grant_id=grant.pk, reason=WHY)
    foreign = Grant.objects.get(user=cast.user("charlie"))
    with pytest.raises(OutOfScope):
        actions.revoke_grant(by=security, grant_id=foreign.pk, reason=WHY)


def test_a_grant_has_its_days(places):
    user = make_user(places)
    today = timezone.localdate()
    day = dt.timedelta(days=1)
    for begin, end, holds in (
        (today, today, True),
        (today - day, today - day, False),
        (today + day, None, False),
        (today - day, None, True),
    ):
        Grant.objects.filter(user=user).delete()
        Grant.objects.create(
            user=user,
            role_id="grid_officer",
            region=places[places.grid],
            valid_from=begin,
            valid_to=end,
        )
        assert bool(queries.grants_of(user)) is holds, (begin, end)
