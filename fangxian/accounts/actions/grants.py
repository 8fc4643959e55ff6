"""Giving and taking back roles."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.accounts.actions._checks import (
    because,
    changed,
    checked_reason,
    place_at,
    problems_of,
)
from fangxian.accounts.actions.users import end_sessions, save_holder
from fangxian.accounts.models import Grant, Role, User
from fangxian.common import codes
from fangxian.common.actions import action
from fangxian.common.actor import ALL_RIGHTS, Actor
from fangxian.common.errors import Conflict, Forbidden, Invalid, OutOfScope, Problem
from fangxian.regions.models import Region


def grantable_roles(by: Actor) -> list[Role]:
    """The roles that the actor's own role may give to others."""
    if by.rights is ALL_RIGHTS:
        return list(Role.objects.all())
    own = Role.objects.filter(code=by.role).first()
    return list(Role.objects.filter(code__in=own.may_grant)) if own else []


def _check_role(by: Actor, role: Role, region_code: str) -> None:
    if by.rights is ALL_RIGHTS:
        return
    if role.code not in {allowed.code for allowed in grantable_roles(by)}:
        raise Forbidden(f"accounts.grant {role.code}", region_code)
    # Administrators are appointed from above, so none can make himself a peer.
    if role.exclusive_group and region_code == by.area:
        raise Forbidden(f"accounts.grant {role.code}", region_code)


@action
def grant_role(
    *,
    by: Actor,
    user_id: UUID,
    role: str,
    region_code: str,
    reason: str,
    valid_from: dt.date | None = None,
    valid_to: dt.date | None = None,
    organisation_id: UUID | None = None,
    staff_number: str = "",
) -> Grant:
    """Give an account a role at a place ("" the whole country).

    Nobody gives one to himself, outside his area, or one that his own role may not give; roles of
    one exclusive group never meet in one account (the database holds that too). With such a role
    the giver confirms by the ``staff_number`` who holds the account: the number it has already, or
    one that no other account has. A first day before today is refused: who had which right when is
    read from these days.
    Raises Forbidden, Invalid, Conflict, OutOfScope.
    """
    by.require("accounts.grant", region_code)
    why = checked_reason(reason)
    if user_id == by.user_id:
        raise Forbidden("accounts.grant oneself", region_code)
    user = User.objects.filter(pk=user_id).first()
    if user is None:
        raise OutOfScope(f"account {user_id}")
    if not user.is_active:
        raise Conflict(_("This account is disabled; enable it first."))
    wanted = Role.objects.filter(code=role).first()
    if wanted is None:
        raise Invalid(Problem(_("There is no such role."), field="role", mend=_("Choose one.")))
    _check_role(by, wanted, region_code)
    if wanted.exclusive_group:
        _confirm_holder(by, user, staff_number.strip(), why)
    if valid_from is not None and valid_from < timezone.localdate():
        raise Invalid(
            Problem(
                _("The first day has passed."),
                field="valid_from",
                mend=_("Choose today or a later day."),
            )
        )
    grant = Grant(
        user=user,
        role=wanted,
        region=place_at(region_code),
        organisation_id=organisation_id,
        valid_from=valid_from or timezone.localdate(),
        valid_to=valid_to,
        granted_by_id=by.user_id,
        reason=why,
    )
    if grant.valid_to is not None and grant.valid_to < grant.valid_from:
        raise Invalid(
            Problem(
                _("The end lies before the beginning."),
                field="valid_to",
                mend=_("Choose a later day."),
            )
        )
    try:
        grant.clean_fields()
        with because(by, why), transaction.atomic():
            grant.save(force_insert=True)
    except ValidationError as error:
        raise problems_of(error) from error
    except IntegrityError as error:
        raise _refusal(error) from error
    changed(by, user.person_id)
    return grant


@action
def lend_role(
    *, by: Actor, role: str, holders: Mapping[UUID, Region], until: dt.date, reason: str
) -> dict[UUID, UUID]:
    """Give accounts (id → place) a role from today ``until`` a day; the grants by account.

    For rooms that send people elsewhere, acting as a job of theirs: who has the role there already,
    a disabled account and one that must not have it beside another are left out. Nothing but roles
    without an exclusive group is lent. Raises Forbidden, Invalid. Three queries, one insert.
    """
    why = checked_reason(reason)
    for place in holders.values():
        by.require("accounts.grant", place.code)
    wanted = Role.objects.get(code=role)
    if wanted.exclusive_group:
        raise Forbidden(f"accounts.grant {role}", by.area)
    has = Grant.objects.in_force().filter(user__in=list(holders), role=wanted)
    known = {
        user
        for user, code in has.values_list("user_id", "region__code")
        if codes.contains(code or codes.WHOLE_COUNTRY, holders[user].code)
    }
    open_ = User.objects.filter(id__in=set(holders) - known, is_active=True)
    today = timezone.localdate()
    made = [
        Grant(
            user=user,
            role=wanted,
            region=holders[user.id],
            valid_from=today,
            valid_to=max(today, until),
            reason=why,
        )
        for user in open_.order_by("id")
    ]
    with because(by, why):
        Grant.objects.bulk_create(made, batch_size=1_000)
    changed(by, *(one.user.person_id for one in made))
    return {one.user_id: one.id for one in made}


@action
def end_lent(*, by: Actor, grants: Collection[UUID], reason: str) -> None:
    """End grants that were lent, wherever; the sessions of their holders end. Raises Forbidden."""
    by.require("accounts.grant")
    why = checked_reason(reason)
    rows = Grant.objects.filter(id__in=grants, revoked_at=None).select_for_update(
        of=("self",), no_key=True
    )
    for one in rows.select_related("user").order_by("id"):
        with because(by, why):
            one.revoked_at = timezone.now()
            one.save(update_fields=["revoked_at"])
            end_sessions(one.user)
        changed(by, one.user.person_id)


def _confirm_holder(by: Actor, user: User, number: str, why: str) -> None:
    if not number:
        raise Invalid(
            Problem(
                _("Who holds an administrator's account must be named."),
                field="staff_number",
                mend=_("Write the staff number of its holder, as on the badge."),
            )
        )
    if user.staff_number:
        if user.staff_number.casefold() != number.casefold():
            raise Invalid(
                Problem(
                    _("The account is held by somebody with another staff number."),
                    field="staff_number",
                    mend=_("Look at the badge; who makes accounts corrects the number."),
                )
            )
        return
    user.staff_number = number
    with because(by, why):
        save_holder(user)


def _refusal(error: IntegrityError) -> Exception:
    name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", "")
    if name == "grant_exclusive_roles":
        return Conflict(
            _(
                "System, security and audit administration must be three different people: this "
                "account holds another of these roles."
            )
        )
    if name == "grant_once":
        return Conflict(_("This account already holds the role at this place."))
    return error


@action
def revoke_grant(*, by: Actor, grant_id: UUID, reason: str) -> Grant:
    """Take a role back now; the account's sessions end, so that none keeps the old rights."""
    grant = (
        Grant.objects.select_for_update(of=("self",), no_key=True)
        .select_related("region", "user", "role")
        .filter(pk=grant_id)
        .first()
    )
    area = grant.region.code if grant and grant.region else codes.WHOLE_COUNTRY
    if grant is None or not codes.contains(by.area, area):
        raise OutOfScope(f"grant {grant_id}")
    by.require("accounts.grant", area)
    why = checked_reason(reason)
    if grant.user_id == by.user_id:
        raise Forbidden("accounts.grant oneself", area)
    _check_role(by, grant.role, area)
    if grant.revoked_at is not None:
        raise Conflict(_("This role was taken back already."))
    with because(by, why):
        grant.revoked_at = timezone.now()
        grant.save(update_fields=["revoked_at"])
        end_sessions(grant.user)
    changed(by, grant.user.person_id)
    return grant
