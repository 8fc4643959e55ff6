"""Founding, changing and dissolving organisations."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from stdnum.cn import uscc

from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, Invalid, Problem
from fangxian.common.models import update_fields
from fangxian.common.ui import formats
from fangxian.organisations.models import (
    EndedBy,
    Organisation,
    OrganisationKind,
    Responsibility,
)
from fangxian.organisations.vacancies import refreshed_last
from fangxian.people import tokens
from fangxian.people.models import PersonLink
from fangxian.regions.models import Region
from fangxian.regions.pinyin import initials

EDIT = "organisations.edit"
CHANGEABLE = (
    "name",
    "short_name",
    "kind",
    "parent",
    "seat",
    "credit_code",
    "founded_on",
    "elected_on",
)


def checked_credit_code(text: str) -> str:
    """Return the code in its normal form ("" stays ""). Raises Invalid with the mend."""
    code = text.strip().upper()
    if code and not uscc.is_valid(code):
        raise Invalid(
            Problem(
                _("The unified social credit code is not valid."),
                field="credit_code",
                mend=_("It has 18 characters, the last a check character; compare the licence."),
                code="credit_code",
            )
        )
    return code


def check(
    known: Organisation | None,
    *,
    name: str,
    seat: Region,
    parent: Organisation | None,
    credit_code: str,
) -> None:
    """Say in words what the table's unique rules would refuse."""
    others = Organisation.objects.all()
    if known is not None:
        others = others.exclude(id=known.id)
    problems = []
    if not name.strip():
        problems.append(Problem(_("The name is missing."), "name", mend=_("Write the name.")))
    if others.filter(seat=seat, parent=parent, name=name.strip(), dissolved_on=None).exists():
        problems.append(
            Problem(
                _("“%(name)s” is there already.") % {"name": name.strip()},
                field="name",
                mend=_("Change that one, or give this one another name."),
                code="twice",
            )
        )
    code = checked_credit_code(credit_code)
    same = others.filter(credit_code=code).first() if code else None
    if same is not None:
        problems.append(
            Problem(
                _("“%(name)s” has this credit code.") % {"name": same},
                field="credit_code",
                mend=_("Compare the licence of both."),
                code="credit_code",
            )
        )
    if problems:
        raise Invalid(*problems)


def not_yet(day: dt.date) -> None:
    """Refuse a last day to come: lists and choices show who is there today. Raises Invalid."""
    if day > timezone.localdate():
        raise Invalid(
            Problem(
                _("%(day)s has not come yet.") % {"day": formats.date(day)},
                field="on",
                mend=_("Enter it on that day."),
                code="future",
            )
        )


def _refuse_circle(organisation: Organisation, parent: Organisation | None) -> None:
    if parent is None:
        return
    with connection.cursor() as cursor:
        # Two at once could each put one below the other.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('organisations.tree'))")
    above: Organisation | None = Organisation.objects.filter(id=parent.id).first()
    seen: set[UUID] = set()
    while above is not None and above.id not in seen:
        seen.add(above.id)
        if above.id == organisation.id:
            raise Invalid(
                Problem(
                    _("“%(parent)s” lies below “%(name)s”.")
                    % {"parent": parent, "name": organisation},
                    field="parent",
                    mend=_("Choose an organisation that is not below this one."),
                    code="circle",
                )
            )
        above = above.parent


@action
def create_organisation(
    *,
    by: Actor,
    name: str,
    kind: OrganisationKind,
    seat: Region,
    parent: Organisation | None = None,
    short_name: str = "",
    credit_code: str = "",
    founded_on: dt.date | None = None,
    elected_on: dt.date | None = None,
) -> Organisation:
    """Found an organisation with its seat at a place in the actor's area.

    Raises Invalid for an empty name, one that is there already, a wrong or taken credit code.
    """
    by.require(EDIT, seat.code)
    check(None, name=name, seat=seat, parent=parent, credit_code=credit_code)
    _elected(elected_on, founded_on)
    return Organisation.objects.create(
        name=name.strip(),
        initials=initials(name.strip()),
        short_name=short_name.strip(),
        kind=kind,
        parent=parent,
        seat=seat,
        credit_code=checked_credit_code(credit_code),
        founded_on=founded_on,
        elected_on=elected_on,
    )


def _elected(elected_on: dt.date | None, founded_on: dt.date | None) -> None:
    """Refuse an election that is to come, or before there was anything to lead. Raises Invalid."""
    if elected_on is None:
        return
    problem = None
    if elected_on > timezone.localdate():
        problem = _("%(day)s has not come yet.") % {"day": formats.date(elected_on)}
    elif founded_on is not None and elected_on < founded_on:
        problem = _("It was founded on %(day)s.") % {"day": formats.date(founded_on)}
    if problem is not None:
        raise Invalid(
            Problem(
                problem,
                field="elected_on",
                mend=_("Write the day on which those who lead it now were elected."),
                code="elected",
            )
        )


@action
def change_organisation(*, by: Actor, organisation: Organisation, **values: Any) -> Organisation:
    """Change some of ``CHANGEABLE``. Members keep their seat's code in step with a moved seat."""
    by.require(EDIT, organisation.seat.code)
    unknown = set(values) - set(CHANGEABLE)
    if unknown:
        raise TypeError(f"not changeable: {', '.join(sorted(unknown))}")
    if "seat" in values:
        by.require(EDIT, values["seat"].code)
    if "credit_code" in values:
        values["credit_code"] = checked_credit_code(values["credit_code"])
    check(
        organisation,
        name=values.get("name", organisation.name),
        seat=values.get("seat", organisation.seat),
        parent=values.get("parent", organisation.parent),
        credit_code=values.get("credit_code", organisation.credit_code),
    )
    if {"elected_on", "founded_on"} & set(values):
        _elected(
            values.get("elected_on", organisation.elected_on),
            values.get("founded_on", organisation.founded_on),
        )
    if "parent" in values:
        _refuse_circle(organisation, values["parent"])
    if "name" in values:
        values |= {"name": values["name"].strip(), "initials": initials(values["name"].strip())}
    changed = update_fields(organisation, **values)
    if changed:
        organisation.save(update_fields=changed)
    if "seat" in changed:
        _move_members(organisation)
    return organisation


def _move_members(organisation: Organisation) -> None:
    """Members, and why their persons are seen, follow the seat."""
    seat = organisation.seat.code
    organisation.members.update(place_code=seat)
    ids = list(organisation.members.values_list("id", flat=True))
    links = PersonLink.objects.filter(kind="member", source_id__in=ids)
    persons = list(links.values_list("person_id", flat=True))
    tokens.erase(persons)
    links.update(place_code=seat)
    tokens.write(persons)


@action
@refreshed_last
def dissolve_organisation(
    *, by: Actor, organisation: Organisation, on: dt.date | None = None
) -> Organisation:
    """Dissolve it: its memberships and responsibilities end too; bodies below must go first.

    What it answers for outside the actor's area is ended by the next upkeep. Raises Invalid (a
    day to come too), Conflict when it was dissolved before.
    """
    from fangxian.organisations import units
    from fangxian.organisations.actions.members import close_all, leave, lock_held
    from fangxian.organisations.ending import dissolved, serving_in

    by.require(EDIT, organisation.seat.code)
    day = on or timezone.localdate()
    # Units in which its people serve come before them; then it, as it is now.
    units.hold(Q(organisation=organisation) | Q(secondments__home__organisation=organisation))
    row = Organisation.objects.select_for_update(of=("self",)).get(id=organisation.id)
    organisation.dissolved_on = row.dissolved_on
    if organisation.children.filter(dissolved_on=None).exists():
        raise Invalid(
            Problem(
                _("“%(name)s” still has organisations below it.") % {"name": organisation},
                mend=_("Dissolve them or give them another parent first."),
                code="has_children",
            )
        )
    if organisation.dissolved_on is not None:
        raise Conflict(
            _("It was dissolved already on %(day)s.")
            % {"day": formats.date(organisation.dissolved_on)}
        )
    if organisation.founded_on is not None and day < organisation.founded_on:
        raise Invalid(
            Problem(
                _("It was founded on %(day)s.") % {"day": formats.date(organisation.founded_on)},
                field="on",
                mend=_("Choose a later day."),
                code="too_early",
            )
        )
    not_yet(day)
    serving = serving_in(organisation)
    organisation.dissolved_on = day
    organisation.save(update_fields=["dissolved_on"])
    held = Q(organisation=organisation) | Q(member__organisation=organisation)
    lock_held(by, Responsibility.objects.filter(held), day)
    for member in organisation.members.filter(Q(to_date=None) | Q(to_date__gt=day)).order_by("id"):
        leave(by, member, max(day, member.from_date), EndedBy.DISSOLUTION)
    close_all(by, organisation.responsibilities.all(), day, EndedBy.DISSOLUTION)
    dissolved(by, organisation, serving)
    return organisation
