"""Naming who answers for a place; hand-over, substitution, take-over."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from uuid import UUID

from django.db import connection
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, Invalid, OutOfScope, Problem
from fangxian.common.ids import uuid7
from fangxian.common.ui import formats
from fangxian.organisations.checking import (
    Appointment,
    Board,
    Holder,
    gone,
    holder_name,
    wrong_holder,
)
from fangxian.organisations.models import (
    FiveOneEvidence,
    Member,
    Organisation,
    Responsibility,
    ResponsibilityHousehold,
)
from fangxian.organisations.queries import in_force
from fangxian.organisations.rules import ChainRules, chain_rules
from fangxian.organisations.vacancies import refresh_places, refreshed_last
from fangxian.people.actions import link_person, unlink_person
from fangxian.people.locks import lock_persons
from fangxian.regions.models import Region

APPOINT = "organisations.appoint"
LINK = "responsible"


def lock(appointments: Iterable[Appointment]) -> None:
    """One appointment at a time for a place and role, and for a holder; taken late, in order.

    The persons among the holders are locked too, and known as they are then: nobody merges their
    records or records a death until the appointment is written.
    """
    wanted = list(appointments)
    _lock_holders(one.holder for one in wanted)
    keys = {f"{one.place.id}/{one.role}" for one in wanted}
    keys |= {f"{one.holder_id}/{one.role}" for one in wanted}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(key, 0))"
            " FROM (SELECT key FROM unnest(%s::text[]) key ORDER BY key) keys",
            [sorted(keys)],
        )


def _lock_holders(holders: Iterable[Holder]) -> None:
    persons = [
        one.person if isinstance(one, Member) else one
        for one in holders
        if not isinstance(one, Organisation)
    ]
    now = {
        row["id"]: row
        for row in lock_persons(person.id for person in persons).values(
            "id", "deceased_on", "merged_into_id"
        )
    }
    for person in persons:
        for name, value in now.get(person.id, {}).items():
            setattr(person, name, value)


def _locked(by: Actor, responsibility: Responsibility) -> Responsibility:
    """The row as it is now, locked. Raises OutOfScope, Forbidden."""
    found = (
        Responsibility.objects.select_for_update(of=("self",))
        .select_related("place")
        .filter(id=responsibility.id)
        .first()
    )
    if found is None:
        # Read from below, or gone: a row above the actor's area can't be locked by him.
        by.require(APPOINT, responsibility.place_code)
        raise OutOfScope(f"responsibility {responsibility.id}")
    by.require(APPOINT, found.place_code)
    return found


def create(
    by: Actor,
    wanted: Appointment,
    version: int,
    *,
    substitute_for: Responsibility | None = None,
    establishment_id: UUID | None = None,
    row_id: UUID | None = None,
) -> Responsibility:
    """Write an appointment that was checked, and make the person seen where he answers."""
    holder = wanted.holder
    row = Responsibility.objects.create(
        id=row_id or uuid7(),
        place=wanted.place,
        place_code=wanted.place.code,
        role=wanted.role,
        person_id=None if isinstance(holder, Organisation) else wanted.holder_id,
        member=holder if isinstance(holder, Member) else None,
        organisation=holder if isinstance(holder, Organisation) else None,
        establishment_id=establishment_id,
        holder_name=holder_name(holder),
        contact=wanted.contact.strip() or None,
        from_date=wanted.from_date,
        to_date=wanted.to_date,
        rule_version=version,
        reason=wanted.reason.strip(),
        substitute_for=substitute_for,
    )
    if row.person_id is not None:
        link_person(
            by=by, person_id=row.person_id, place_code=row.place_code, kind=LINK, source_id=row.id
        )
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
    to_date: dt.date | None = None,
    reason: str = "",
) -> Responsibility:
    """Name who answers for a place in a role, until further notice or to a last day.

    Raises Invalid when the role does not belong to the place's level, the holder is of the wrong
    kind or gone, the place has its holders on one of these days already (no overlap) or the holder
    would have too many places.
    """
    by.require(APPOINT, place.code)
    day = from_date or timezone.localdate()
    wanted = Appointment(place, role, holder, day, to_date, contact, reason)
    rules = _checked(wanted)
    row = create(by, wanted, rules.version)
    refresh_places(by, [place])
    return row


def _checked(wanted: Appointment) -> ChainRules:
    rules = chain_rules(wanted.from_date)
    rules.role(wanted.role)
    _check_days(wanted.from_date, wanted.to_date)
    lock([wanted])
    board = Board(rules, [wanted.place], [wanted.role], [wanted.holder])
    problem = board.problem(wanted)
    if problem is not None:
        raise Invalid(problem)
    return rules


def _check_days(first: dt.date, last: dt.date | None) -> None:
    if last is not None and last < first:
        raise Invalid(
            Problem(
                _("The last day lies before the first."),
                field="to_date",
                mend=_("Swap the two days."),
            )
        )


@action
def end_responsibility(
    *, by: Actor, responsibility: Responsibility, on: dt.date | None = None, reason: str = ""
) -> Responsibility:
    """End it on a day (its last); substitutions for it end too. The place falls vacant.

    Raises Conflict when it ended before that day, Invalid when it begins after it (then it is
    withdrawn, not ended).
    """
    row = _locked(by, responsibility)
    day = on or timezone.localdate()
    if row.to_date is not None and row.to_date < day:
        raise Conflict(_("It ended already on %(day)s.") % {"day": formats.date(row.to_date)})
    if day < row.from_date:
        raise Invalid(
            Problem(
                _("It begins on %(day)s only.") % {"day": formats.date(row.from_date)},
                field="on",
                mend=_("Choose a later day, or withdraw it if it was a mistake."),
                code="too_early",
            )
        )
    close(by, row, day, reason)
    refresh_places(by, [row.place])
    return row


CUT = ("to_date", "cut_for_id", "cut_until", "ended_by")


def cut(row: Responsibility, day: dt.date, taken_over: UUID | None, ended_by: str = "") -> None:
    """Set a row's last day and keep what it was, for whom (a row's id) or by what it ended."""
    if ended_by:
        # Of who was to hand over the last day is that of the hand-over.
        row.cut_until = row.cut_until if row.ended_by else row.to_date
    elif taken_over is None:
        row.cut_until = None
    elif row.cut_for_id is None and not row.ended_by:
        row.cut_until = row.to_date
    # Who was to take over later from this one will take over from the one between: see hand_over.
    row.to_date, row.cut_for_id, row.ended_by = day, taken_over, ended_by


def close(
    by: Actor,
    row: Responsibility,
    day: dt.date,
    reason: str = "",
    *,
    taken_over: UUID | None = None,
    ended_by: str = "",
) -> None:
    """Set the last day of a row and of what hangs on it. The vacancies are the caller's.

    ``taken_over``: the id of the row that takes over; ``ended_by``: what else ends it. Either may
    be taken back.
    """
    cut(row, day, taken_over, ended_by)
    row.reason = reason.strip() or row.reason
    row.save(update_fields=[*CUT, "reason"])
    for other in row.substitutes.filter(to_date__gt=day).order_by("id"):
        # One that had not begun has nothing left; its history keeps for whom it went.
        if other.from_date > day:
            other.cut_for_id, other.ended_by = taken_over, ended_by
            other.save(update_fields=["cut_for_id", "ended_by"])
            _unlink(by, other)
            other.delete()
        else:
            cut(other, day, taken_over, ended_by)
            other.save(update_fields=CUT)
            _unlink_when_over(by, other)
    row.households.filter(from_date__gt=day).delete()
    row.households.filter(Q(to_date=None) | Q(to_date__gt=day)).update(to_date=day)
    _unlink_when_over(by, row)


def _unlink_when_over(by: Actor, row: Responsibility) -> None:
    # Until the last day is over the holder is still seen at the place; upkeep takes it away then.
    if row.to_date is not None and row.to_date < timezone.localdate():
        _unlink(by, row)


def _unlink(by: Actor, row: Responsibility) -> None:
    if row.person_id is not None:
        unlink_person(by=by, person_id=row.person_id, kind=LINK, source_id=row.id)


@action
@refreshed_last
def withdraw_responsibility(*, by: Actor, responsibility: Responsibility) -> None:
    """Take back a mistake: a responsibility that began today or begins later. History keeps it.

    From whom it took over goes on as before. Raises Conflict once it has held for a day (what was
    so can only be ended), Invalid when the former holder has the most places already.
    """
    from fangxian.organisations.actions.taking_back import take_back

    row = _locked(by, responsibility)
    if row.from_date < timezone.localdate():
        raise Conflict(
            _("It has held since %(day)s; end it instead.") % {"day": formats.date(row.from_date)}
        )
    evidence = FiveOneEvidence.objects.filter(responsibility=row)
    if evidence.exists():
        raise Conflict(_("It is evidence of the five ones; withdraw that first."))
    take_back(by, row)


def drop(by: Actor, row: Responsibility) -> None:
    """Delete a row that never held, and who stood in for it. The vacancies are the caller's."""
    for other in row.substitutes.all():
        _unlink(by, other)
        other.delete()
    _unlink(by, row)
    row.delete()


@action
@refreshed_last
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

    With a linked unit go the buildings that fell to it (a later day: when it has come), with a
    member of ten households the households.

    No day is without a holder and none has two; a term that is limited stays so, and one who stands
    in hands over to one who stands in. Raises Invalid, Conflict.
    """
    from fangxian.organisations.keepers import keep

    # As in a merge: persons before their posts.
    _lock_holders([to])
    row = _locked(by, responsibility)
    day = on or timezone.localdate()
    rules = chain_rules(day)
    post = rules.post(row.role)
    if row.to_date is not None and row.to_date < day:
        raise Conflict(_("It ended already on %(day)s.") % {"day": formats.date(row.to_date)})
    wanted = Appointment(row.place, row.role, to, day, row.to_date, contact, reason)
    lock([wanted])
    problem = wrong_holder(post, to, day) or _hand_over_problem(row, wanted)
    if problem is None and row.substitute_for_id is None:
        problem = _load_problem(rules, row, wanted)
    if problem is not None:
        raise Invalid(problem)
    made_id, later = uuid7(), (row.cut_for_id, row.cut_until)
    looked_after = list(row.households.filter(Q(to_date=None) | Q(to_date__gte=day)))
    close(by, row, day - dt.timedelta(days=1), reason, taken_over=made_id)
    made = create(
        by,
        wanted,
        rules.version,
        substitute_for=row.substitute_for,
        establishment_id=row.establishment_id,
        row_id=made_id,
    )
    if later[0] is not None:
        made.cut_for_id, made.cut_until = later
        made.save(update_fields=["cut_for_id", "cut_until"])
    if row.substitute_for_id is None:
        hand_households(looked_after, made)
    refresh_places(by, [row.place])
    if row.role in rules.takes_over.values():
        # What fell to the former unit falls to the new one.
        keep(by=by, area=row.place_code)
    return made


def _load_problem(rules: ChainRules, row: Responsibility, wanted: Appointment) -> Problem | None:
    """Why the one who takes over has too much, or the place somebody already; None if neither."""
    from fangxian.organisations.actions.contacts import full
    from fangxian.organisations.actions.households import takes_them

    if row.role == rules.contact_role:
        return full(rules.contact_max_per_holder, wanted)
    if row.role == rules.member_role:
        return takes_them(rules, row, wanted)
    return Board(rules, [row.place], [row.role], [wanted.holder], without=row.id).problem(wanted)


def hand_households(links: Iterable[ResponsibilityHousehold], to: Responsibility) -> None:
    """Give households (as they were linked before) to the row that takes over, from its day on."""
    for link in links:
        first = max(link.from_date, to.from_date)
        if link.from_date >= to.from_date:
            # It never was the former holder's.
            ResponsibilityHousehold.objects.filter(id=link.id).delete()
        ResponsibilityHousehold.objects.create(
            responsibility=to,
            household_id=link.household_id,
            place_code=link.place_code,
            from_date=first,
            to_date=link.to_date,
        )


def _hand_over_problem(row: Responsibility, wanted: Appointment) -> Problem | None:
    if wanted.from_date <= row.from_date:
        return Problem(
            _("It began on %(day)s only.") % {"day": formats.date(row.from_date)},
            field="on",
            mend=_("Choose a later day, or withdraw it and name somebody else."),
            code="too_early",
        )
    if wanted.holder_id == (row.person_id or row.organisation_id):
        return Problem(
            _("%(name)s holds it already.") % {"name": row.holder_name},
            field="holder",
            mend=_("Choose somebody else."),
            code="same",
        )
    return None


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
    """Somebody stands in while the holder is absent, both days included; the holder stays named.

    Raises Invalid when the days lie outside the holder's own, somebody stands in already, or the
    one who stands in is the holder or gone.
    """
    _lock_holders([holder])
    row = _locked(by, responsibility)
    rules = chain_rules(from_date)
    post = rules.post(row.role)
    wanted = Appointment(row.place, row.role, holder, from_date, to_date, contact, reason)
    _check_days(from_date, to_date)
    lock([wanted])
    problem = wrong_holder(post, holder, from_date) or _substitute_problem(row, wanted)
    if problem is not None:
        raise Invalid(problem)
    made = create(
        by, wanted, rules.version, substitute_for=row, establishment_id=row.establishment_id
    )
    refresh_places(by, [row.place])
    return made


def _substitute_problem(row: Responsibility, wanted: Appointment) -> Problem | None:
    if row.substitute_for_id is not None:
        return Problem(
            _("%(name)s stands in for somebody already.") % {"name": row.holder_name},
            mend=_("Let somebody stand in for the holder himself."),
            code="substitute",
        )
    if wanted.holder_id == (row.person_id or row.organisation_id):
        return Problem(
            _("%(name)s holds it already.") % {"name": row.holder_name},
            field="holder",
            mend=_("Choose somebody else."),
            code="same",
        )
    last = wanted.to_date or wanted.from_date
    if wanted.from_date < row.from_date or (row.to_date is not None and last > row.to_date):
        return Problem(
            _("On some of these days %(name)s does not hold it.") % {"name": row.holder_name},
            field="from_date",
            mend=_("Choose days between the first and the last of the holder."),
            code="outside",
        )
    if row.substitutes.filter(from_date__lte=last, to_date__gte=wanted.from_date).exists():
        return Problem(
            _("Somebody stands in on some of these days already."),
            field="from_date",
            mend=_("Choose other days, or end that substitution first."),
            code="overlap",
        )
    return None


@action
def change_contact(*, by: Actor, responsibility: Responsibility, contact: str) -> Responsibility:
    """Change the work phone of who answers; empty takes it away."""
    row = _locked(by, responsibility)
    if (row.contact or "") != contact.strip():
        row.contact = contact.strip() or None
        row.save(update_fields=["contact"])
    return row


@action
@refreshed_last
def take_over_unmanaged(*, by: Actor, community: Region, on: dt.date | None = None) -> int:
    """Buildings without property management fall to the community's linked unit.

    Returns how many buildings got a keeper. Raises Invalid when the community has no linked unit,
    or its unit would have more buildings than the rule allows.
    """
    from fangxian.organisations.actions.appointing import appoint_many, problems_of
    from fangxian.organisations.keepers import bare_buildings

    by.require(APPOINT, community.code)
    day = on or timezone.localdate()
    rules = chain_rules(day)
    done = 0
    for keeper, unit_code in rules.takes_over.items():
        unit, link = _linked_unit(rules, community, unit_code, day)
        reason = _("no property management")
        wanted = [
            Appointment(place, keeper, unit, day, None, link.contact or "", reason)
            for place in bare_buildings(community.code, keeper, day)
        ]
        made = appoint_many(by=by, wanted=wanted)
        if problems := problems_of(made):
            raise Invalid(*problems[:1])
        done += len(made)
    return done


def _linked_unit(
    rules: ChainRules, community: Region, role: str, day: dt.date
) -> tuple[Organisation, Responsibility]:
    found = (
        in_force(day)
        .filter(place=community, role=role, substitute_for=None)
        .select_related("organisation")
        .order_by("from_date", "id")
    )
    for row in found:
        if row.organisation is not None and gone(row.organisation, day) is None:
            return row.organisation, row
    raise Invalid(
        Problem(
            _("“%(place)s” has no %(role)s.")
            % {"place": community.name, "role": rules.name_of(role)},
            field="place",
            mend=_("Name one first; its buildings without management then fall to it."),
            code="no_unit",
        )
    )
