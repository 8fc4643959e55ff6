"""Naming who answers for a place; hand-over, substitution, take-over."""

from __future__ import annotations

import datetime as dt

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, Invalid, Problem
from fangxian.organisations.models import Member, Organisation, Responsibility
from fangxian.organisations.queries import in_force, load_of
from fangxian.organisations.rules import ChainRole, chain_rules
from fangxian.organisations.vacancies import refresh_place
from fangxian.people.actions import link_person, unlink_person
from fangxian.people.models import Person
from fangxian.regions.models import Building, Region

APPOINT = "organisations.appoint"
LINK = "responsible"
Holder = Person | Member | Organisation


def _lock(place: Region, role: str) -> None:
    """One appointment at a time for a place and role, taken late and before counting."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"{place.id}/{role}"]
        )


def _check_level(role: ChainRole, place: Region) -> None:
    if int(role.level) != place.level:
        raise Invalid(
            Problem(
                _("“%(role)s” belongs to a place of the level “%(level)s”, not to “%(place)s”.")
                % {"role": role.name, "level": role.level.label, "place": place.name},
                field="place",
                mend=_("Choose a place of that level, or another role."),
                code="level",
            )
        )


def _check_holder(role: ChainRole, holder: Holder) -> None:
    if role.by_person == isinstance(holder, Organisation):
        what = _("a person") if role.by_person else _("an organisation")
        raise Invalid(
            Problem(
                _("“%(role)s” is held by %(what)s.") % {"role": role.name, "what": what},
                field="holder",
                mend=_("Choose %(what)s.") % {"what": what},
                code="holder",
            )
        )


def _check_room(role: ChainRole, place: Region, day: dt.date) -> None:
    """Refuse one holder more than the rule allows."""
    present = in_force(day).filter(place=place, role=role.code, substitute_for=None)
    names = [r.holder_name for r in present]
    if len(names) >= role.maximum:
        raise Invalid(
            Problem(
                ngettext(
                    "“%(place)s” has its %(role)s already: %(names)s.",
                    "“%(place)s” has all %(count)d of its %(role)s already: %(names)s.",
                    role.maximum,
                )
                % {
                    "place": place.name,
                    "role": role.name,
                    "names": "、".join(names),
                    "count": role.maximum,
                },
                field="place",
                mend=_("Hand it over from one of them instead."),
                code="overlap",
            )
        )


def _check_load(role: ChainRole, holder: Holder, day: dt.date) -> None:
    person_id, organisation_id = _ids(holder)
    held = load_of(role, person_id=person_id, organisation_id=organisation_id, on=day)
    if held >= role.max_per_holder:
        raise Invalid(
            Problem(
                _("%(name)s already answers for %(held)d places as %(role)s; %(most)d is the most.")
                % {
                    "name": _name(holder),
                    "held": held,
                    "role": role.name,
                    "most": role.max_per_holder,
                },
                field="holder",
                mend=_("Choose somebody else, or end one of those first."),
                code="load",
            )
        )


def _ids(holder: Holder) -> tuple[object, object]:
    if isinstance(holder, Organisation):
        return None, holder.id
    return (holder.person_id if isinstance(holder, Member) else holder.id), None


def _name(holder: Holder) -> str:
    return str(holder.person.name if isinstance(holder, Member) else holder.name)


def _create(
    by: Actor,
    role: ChainRole,
    place: Region,
    holder: Holder,
    *,
    from_date: dt.date,
    to_date: dt.date | None = None,
    contact: str = "",
    reason: str = "",
    version: str,
    substitute_for: Responsibility | None = None,
) -> Responsibility:
    row = Responsibility.objects.create(
        place=place,
        place_code=place.code,
        role=role.code,
        person=holder.person
        if isinstance(holder, Member)
        else holder
        if isinstance(holder, Person)
        else None,
        member=holder if isinstance(holder, Member) else None,
        organisation=holder if isinstance(holder, Organisation) else None,
        holder_name=_name(holder),
        contact=contact.strip() or None,
        from_date=from_date,
        to_date=to_date,
        rule_version=version,
        reason=reason.strip(),
        substitute_for=substitute_for,
    )
    if row.person_id is not None:
        link_person(
            by=by, person_id=row.person_id, place_code=place.code, kind=LINK, source_id=row.id
        )
    refresh_place(by=by, place=place)
    return row


@action
def appoint(
    *,
    by: Actor,
    place: Region,
    role: str,
    holder: Holder,
    contact: str = "",
    from_date: dt.date | None = None,
    reason: str = "",
) -> Responsibility:
    """Name who answers for a place in a role.

    Raises Invalid when the role does not belong to the place's level, the holder is of the wrong
    kind, the place has its holders already (no overlap) or the holder has too many places.
    """
    by.require(APPOINT, place.code)
    day = from_date or timezone.localdate()
    rules = chain_rules(day)
    wanted = rules.role(role)
    _check_level(wanted, place)
    _check_holder(wanted, holder)
    _lock(place, role)
    _check_room(wanted, place, day)
    _check_load(wanted, holder, day)
    return _create(
        by,
        wanted,
        place,
        holder,
        from_date=day,
        contact=contact,
        reason=reason,
        version=rules.version,
    )


@action
def end_responsibility(
    *, by: Actor, responsibility: Responsibility, on: dt.date | None = None, reason: str = ""
) -> Responsibility:
    """End it on a day (its last); substitutions for it end too. The place falls vacant."""
    by.require(APPOINT, responsibility.place_code)
    day = max(on or timezone.localdate(), responsibility.from_date)
    if responsibility.to_date is not None and responsibility.to_date < day:
        raise Conflict(_("It ended already on %(day)s.") % {"day": responsibility.to_date})
    responsibility.to_date = day
    responsibility.reason = reason.strip() or responsibility.reason
    responsibility.save(update_fields=["to_date", "reason"])
    responsibility.substitutes.filter(to_date__gt=day).update(to_date=day)
    responsibility.households.filter(to_date=None).update(to_date=day)
    if responsibility.person_id is not None:
        unlink_person(
            by=by, person_id=responsibility.person_id, kind=LINK, source_id=responsibility.id
        )
    refresh_place(by=by, place=responsibility.place)
    return responsibility


@action
def hand_over(
    *,
    by: Actor,
    responsibility: Responsibility,
    to: Holder,
    contact: str = "",
    on: dt.date | None = None,
    reason: str = "",
) -> Responsibility:
    """Hand over: the old holder's last day is the day before ``on``, the new one's first is ``on``.

    No day is without a holder and none has two. Handing over on the first day replaces the holder.
    """
    day = on or timezone.localdate()
    by.require(APPOINT, responsibility.place_code)
    rules = chain_rules(day)
    role = rules.role(responsibility.role)
    _check_holder(role, to)
    place = responsibility.place
    _lock(place, role.code)
    responsibility.refresh_from_db()
    if responsibility.to_date is not None:
        raise Conflict(_("It ended already on %(day)s.") % {"day": responsibility.to_date})
    _check_load(role, to, day)
    last = day - dt.timedelta(days=1)
    if last < responsibility.from_date:
        raise Invalid(
            Problem(
                _("It began on %(day)s only.") % {"day": responsibility.from_date},
                field="on",
                mend=_("Choose a later day, or end it and name somebody else."),
                code="too_early",
            )
        )
    end_responsibility(by=by, responsibility=responsibility, on=last, reason=reason)
    return _create(
        by, role, place, to, from_date=day, contact=contact, reason=reason, version=rules.version
    )


@action
def substitute(
    *,
    by: Actor,
    responsibility: Responsibility,
    holder: Holder,
    from_date: dt.date,
    to_date: dt.date,
    contact: str = "",
    reason: str = "",
) -> Responsibility:
    """Somebody stands in while the holder is absent, both days included; the holder stays named."""
    by.require(APPOINT, responsibility.place_code)
    rules = chain_rules(from_date)
    role = rules.role(responsibility.role)
    _check_holder(role, holder)
    _lock(responsibility.place, role.code)
    problem = None
    if to_date < from_date:
        problem = Problem(
            _("The last day lies before the first."), field="to_date", mend=_("Swap the two days.")
        )
    elif responsibility.substitutes.filter(from_date__lte=to_date, to_date__gte=from_date).exists():
        problem = Problem(
            _("Somebody stands in on some of these days already."),
            field="from_date",
            mend=_("Choose other days, or end that substitution first."),
            code="overlap",
        )
    if problem is not None:
        raise Invalid(problem)
    return _create(
        by,
        role,
        responsibility.place,
        holder,
        from_date=from_date,
        to_date=to_date,
        contact=contact,
        reason=reason,
        version=rules.version,
        substitute_for=responsibility,
    )


@action
def take_over_unmanaged(*, by: Actor, community: Region, on: dt.date | None = None) -> int:
    """Buildings without property management fall to the community's linked unit.

    Returns how many buildings got a keeper. Raises Invalid when the community has no linked unit.
    """
    by.require(APPOINT, community.code)
    day = on or timezone.localdate()
    rules = chain_rules(day)
    done = 0
    for keeper_code, unit_code in rules.takes_over.items():
        keeper = rules.role(keeper_code)
        unit = in_force(day).filter(place=community, role=unit_code).order_by("from_date").first()
        if unit is None or unit.organisation is None:
            raise Invalid(
                Problem(
                    _("“%(place)s” has no %(role)s.")
                    % {"place": community.name, "role": rules.name_of(unit_code)},
                    field="place",
                    mend=_("Name one first; its buildings without management then fall to it."),
                    code="no_unit",
                )
            )
        kept = in_force(day).filter(role=keeper_code).values("place_id")
        bare = Building.objects.filter(
            managed=False, region__code__startswith=community.code, region__valid_to=None
        ).exclude(region_id__in=kept)
        for building in bare.select_related("region"):
            _create(
                by,
                keeper,
                building.region,
                unit.organisation,
                from_date=day,
                contact=unit.contact or "",
                version=rules.version,
                reason=_("no property management"),
            )
            done += 1
    return done
