"""One member looks after up to ten households (1+10)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import Invalid, Problem
from fangxian.organisations.actions.responsibilities import APPOINT, create, lock
from fangxian.organisations.checking import Appointment, gone, holder_name
from fangxian.organisations.loads import Span, are_judged_last, most_at_once
from fangxian.organisations.models import Member, Responsibility, ResponsibilityHousehold
from fangxian.organisations.queries import links_from
from fangxian.organisations.rules import ChainRules, chain_rules
from fangxian.regions.models import Region
from fangxian.register.models import Household


@action
def link_households(
    *,
    by: Actor,
    member: Member,
    place: Region,
    households: Sequence[Household],
    contact: str = "",
    on: dt.date | None = None,
    until: dt.date | None = None,
) -> Responsibility:
    """Give households at ``place`` to a member. Those of another member move to this one.

    ``until``: the last day, None is until further notice; who looks after them later stays named.
    Raises Invalid when the member would have more than the rule allows, is gone, or a household
    lies elsewhere.
    """
    by.require(APPOINT, place.code)
    day = on or timezone.localdate()
    rules = chain_rules(day)
    wanted = Appointment(place, rules.member_role, member, day, None, contact)
    # Two at once must not give one member more than the most, nor one household to two members.
    lock([wanted])
    ids = {household.id for household in households}
    problem = gone(member, day) or _outside(place, households)
    problem = problem or _too_many(replace(wanted, to_date=until), ids, rules.max_households)
    if problem is not None:
        raise Invalid(problem)
    row = Responsibility.objects.filter(
        place=place,
        role=rules.member_role,
        member=member,
        from_date__lte=day,
        to_date=None,
        substitute_for=None,
    ).first()
    if row is None:
        row = create(by, wanted, rules.version)
    # Also of who was to look after them later.
    links = links_from(day).filter(household_id__in=ids)
    if until is not None:
        links = links.filter(from_date__lte=until)
    own = links.filter(responsibility=row, from_date__lte=day)
    kept = dict(own.values_list("household_id", "id"))
    _give_up(links.exclude(id__in=kept.values()), day)
    own.update(to_date=until)
    ResponsibilityHousehold.objects.bulk_create(
        ResponsibilityHousehold(
            responsibility=row,
            household=household,
            place_code=household.place_code,
            from_date=day,
            to_date=until,
        )
        for household in households
        if household.id not in kept
    )
    return row


def _give_up(links: QuerySet[ResponsibilityHousehold], day: dt.date) -> None:
    # The day before is the last, unless it began today and so never was.
    links.filter(from_date__gte=day).delete()
    links.update(to_date=day - dt.timedelta(days=1))


def _outside(place: Region, households: Sequence[Household]) -> Problem | None:
    for household in households:
        if not household.place_code.startswith(place.code):
            return Problem(
                _("“%(household)s” does not lie in “%(place)s”.")
                % {"household": household, "place": place.name},
                field="households",
                mend=_("Choose households of this place."),
                code="outside",
            )
    return None


def takes_them(rules: ChainRules, row: Responsibility, wanted: Appointment) -> Problem | None:
    """Why a member's households can't go to the one who is to take over, or None."""
    if not isinstance(wanted.holder, Member):
        return Problem(
            _("%(name)s was not chosen as a member of an organisation.")
            % {"name": holder_name(wanted.holder)},
            field="holder",
            mend=_("Choose a member, or make the person one first."),
            code="no_member",
        )
    links = links_from(wanted.from_date).filter(responsibility=row)
    ids = set(links.values_list("household_id", flat=True))
    return _too_many(wanted, ids, rules.max_households)


def _too_many(wanted: Appointment, ids: set[UUID], most: int) -> Problem | None:
    """Why the human can't look after these too, or None: by whatever membership he has others."""
    others = (
        links_from(wanted.from_date)
        .filter(responsibility__person=wanted.holder_id, responsibility__role=wanted.role)
        .exclude(household_id__in=ids)
    )
    spans = [Span(*days) for days in others.values_list("from_date", "to_date")]
    count = most_at_once(spans, wanted.span) + len(ids)
    if count <= most or are_judged_last():
        return None
    return Problem(
        _("%(name)s would look after %(count)d households; %(most)d is the most.")
        % {"name": holder_name(wanted.holder), "count": count, "most": most},
        field="households",
        mend=_("Give some of them to another member."),
        code="load",
    )


@action
def unlink_household(
    *, by: Actor, link: ResponsibilityHousehold, on: dt.date | None = None
) -> None:
    """A household is looked after by nobody from here on."""
    by.require(APPOINT, link.place_code)
    day = on or timezone.localdate()
    if link.to_date is None or link.to_date >= day:
        # Nor by who was to take it over later.
        later = links_from(day).filter(household_id=link.household_id)
        _give_up(later.filter(from_date__gte=link.from_date), day)
