"""Volunteers: enlisted at a place, with skills; changed, discharged."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.codes import Level, level_of
from fangxian.common.errors import Conflict, Invalid, OutOfScope, Problem
from fangxian.common.ids import uuid7
from fangxian.common.models import update_fields
from fangxian.mobilise import fitting
from fangxian.mobilise.actions.posts import PLAN
from fangxian.mobilise.calls.leaving import held_pledges, leave
from fangxian.mobilise.calls.rules import call_rules
from fangxian.mobilise.models import Skill, Turn, Volunteer
from fangxian.mobilise.models.volunteer import ECHELONS, MOST_SEATS
from fangxian.mobilise.rules import post_rules
from fangxian.organisations.models import Organisation
from fangxian.people.actions import create_person, link_person, unlink_person
from fangxian.people.locks import lock_person
from fangxian.people.models import Person
from fangxian.regions.models import Region

KEEP: Final = "mobilise.volunteers"
LINK: Final = "volunteer"


@dataclass(frozen=True)
class NewSkill:
    """A skill (code of the rule set ``posts``) with what proves it, and until when."""

    skill: str
    certificate: str = ""
    expires_on: dt.date | None = None


@dataclass(frozen=True)
class Brings:
    """What a volunteer brings along: codes of the rule set ``calls``, seats of the vehicle."""

    vehicle_kind: str = ""
    seats: int | None = None
    languages: tuple[str, ...] = ()


@action
def enlist(
    *,
    by: Actor,
    place: Region,
    person: Person,
    organisation: Organisation | None = None,
    skills: Sequence[NewSkill] = (),
    echelon: int = 1,
    vehicle: bool = False,
    fit: bool | None = None,
    brings: Brings | None = None,
) -> Volunteer:
    """Enlist a person at a community or above; the person is seen there from then on.

    Raises Invalid (unknown skill, too small a place, somebody who died), Conflict (is one here
    already, or the record was merged into another).
    """
    by.require(KEEP, place.code)
    person = lock_person(person.id)
    if Volunteer.objects.filter(person=person, place_code=place.code, to_date=None).exists():
        raise Conflict(_("%(name)s is a volunteer here already.") % {"name": person.name})
    volunteer = Volunteer(person=person, name=person.name)
    more = {"vehicle": vehicle, "fit": fit, **_brought(brings, vehicle)}
    _enter(by, volunteer, place, organisation, skills, echelon, **more)
    link_person(
        by=by, person_id=person.id, place_code=place.code, kind=LINK, source_id=volunteer.id
    )
    return volunteer


@action
def enlist_like(*, by: Actor, place: Region, who: Volunteer) -> Volunteer:
    """Enlist somebody who serves elsewhere at another place, with all that he is recorded with.

    What the rules have no more stays as it stands. Raises as :func:`enlist`.
    """
    by.require(KEEP, place.code)
    person = lock_person(who.person_id)
    if Volunteer.objects.filter(person=person, place_code=place.code, to_date=None).exists():
        raise Conflict(_("%(name)s is a volunteer here already.") % {"name": person.name})
    skills = [
        NewSkill(one.skill, one.certificate or "", one.expires_on)
        for one in Skill.objects.filter(volunteer=who)
    ]
    volunteer = Volunteer(person=person, name=person.name)
    brings = {name: getattr(who, name) for name in _BRINGS}
    _enter(by, volunteer, place, who.organisation, skills, who.echelon, known=True, **brings)
    link_person(
        by=by, person_id=person.id, place_code=place.code, kind=LINK, source_id=volunteer.id
    )
    return volunteer


_BRINGS: Final = ("fit", "vehicle", "vehicle_kind", "seats", "languages")


@action
def enlist_new(
    *,
    by: Actor,
    place: Region,
    name: str,
    documents: Sequence[tuple[str, str]] = (),
    phones: Sequence[str] = (),
    organisation: Organisation | None = None,
    skills: Sequence[NewSkill] = (),
    echelon: int = 1,
    vehicle: bool = False,
    fit: bool | None = None,
    brings: Brings | None = None,
) -> Volunteer:
    """Enlist somebody whom the register does not know yet. Raises Invalid, Conflict."""
    by.require(KEEP, place.code)
    volunteer_id = uuid7()
    person = create_person(
        by=by,
        place_code=place.code,
        link_kind=LINK,
        source_id=volunteer_id,
        name=name,
        documents=documents,
        phones=phones,
    )
    volunteer = Volunteer(id=volunteer_id, person=person, name=person.name)
    more = {"vehicle": vehicle, "fit": fit, **_brought(brings, vehicle)}
    _enter(by, volunteer, place, organisation, skills, echelon, **more)
    return volunteer


def _enter(
    by: Actor,
    volunteer: Volunteer,
    place: Region,
    organisation: Organisation | None,
    skills: Sequence[NewSkill],
    echelon: int,
    *,
    known: bool = False,
    **values: Any,
) -> None:
    has = [one.skill for one in skills] if known else []
    problems = [*_unfit(volunteer.person, place, echelon), *_bad_skills(skills, has)]
    if problems:
        raise Invalid(*problems)
    last = Volunteer.objects.filter(place_code=place.code).order_by("-rank").first()
    volunteer.place_code = place.code
    volunteer.organisation = organisation
    volunteer.echelon = echelon
    volunteer.rank = last.rank + 1 if last else 1
    volunteer.from_date = timezone.localdate()
    update_fields(volunteer, **values)
    volunteer.save(force_insert=True)
    _set_skills(volunteer, skills)


def _brought(brings: Brings | None, vehicle: bool) -> dict[str, Any]:
    """The columns of what is brought along. Raises Invalid."""
    if brings is None:
        return {} if vehicle else {"vehicle_kind": "", "seats": None}
    rules = call_rules()
    problems = [
        Problem(_("“%(code)s” is no language of the list.") % {"code": code}, field="languages")
        for code in brings.languages
        if code not in rules.languages
    ]
    if brings.vehicle_kind and brings.vehicle_kind not in rules.vehicles:
        problems.append(
            Problem(
                _("“%(code)s” is no kind of vehicle.") % {"code": brings.vehicle_kind},
                field="vehicle_kind",
                mend=_("Choose one of the list."),
                code="unknown_code",
            )
        )
    if not vehicle and (brings.vehicle_kind or brings.seats):
        problems.append(
            Problem(
                _("There is a kind of vehicle or seats, but no vehicle."),
                field="vehicle",
                mend=_("Tick that there is a vehicle, or empty these."),
            )
        )
    if brings.seats is not None and not 1 <= brings.seats <= MOST_SEATS:
        problems.append(
            Problem(_("Seats are a number from 1 to %(n)d.") % {"n": MOST_SEATS}, field="seats")
        )
    if problems:
        raise Invalid(*problems)
    return {
        "vehicle_kind": brings.vehicle_kind,
        "seats": brings.seats,
        "languages": list(dict.fromkeys(brings.languages)),
    }


def _unfit(person: Person, place: Region, echelon: int) -> Iterator[Problem]:
    if person.deceased_on is not None:
        yield Problem(_("This person has died."), field="person")
    if level_of(place.code) > Level.VILLAGE:
        yield Problem(
            _("Volunteers belong to a community or to a place above it."),
            field="place",
            mend=_("Name the community."),
        )
    if not 1 <= echelon <= ECHELONS:
        yield Problem(
            _("An echelon is a number from 1 to %(n)d.") % {"n": ECHELONS}, field="echelon"
        )


def _bad_skills(skills: Sequence[NewSkill], has: Collection[str] = ()) -> Iterator[Problem]:
    known = {*post_rules().skills, *has}
    for row, one in enumerate(skills, start=1):
        if one.skill not in known:
            yield Problem(
                _("“%(code)s” is no skill.") % {"code": one.skill},
                field="skills",
                row=row,
                mend=_("Choose one of the list."),
                code="unknown_code",
            )
    if len({one.skill for one in skills}) < len(skills):
        yield Problem(_("A skill stands here twice."), field="skills")


def _set_skills(volunteer: Volunteer, skills: Sequence[NewSkill]) -> None:
    present: Mapping[str, Skill] = {
        one.skill: one for one in Skill.objects.filter(volunteer=volunteer)
    }
    wanted = {one.skill: one for one in skills}
    Skill.objects.filter(volunteer=volunteer).exclude(skill__in=wanted).delete()
    for code, new in wanted.items():
        values = {"certificate": new.certificate.strip() or None, "expires_on": new.expires_on}
        known = present.get(code)
        if known is None:
            Skill.objects.create(
                volunteer=volunteer, place_code=volunteer.place_code, skill=code, **values
            )
        elif changed := update_fields(known, **values):
            known.save(update_fields=changed)


@action
def change_volunteer(
    *,
    by: Actor,
    volunteer: Volunteer,
    organisation: Organisation | None,
    skills: Sequence[NewSkill],
    echelon: int,
    vehicle: bool,
    fit: bool | None,
    brings: Brings | None = None,
    rank: int | None = None,
) -> Volunteer:
    """Change what is known of a volunteer; ``brings`` and ``rank`` left out stay. Shifts to come
    follow, staff are told who fits no more.

    A skill of the volunteer's that the rules have no more may stay. Raises Invalid, Conflict
    (discharged).
    """
    shifts = fitting.ahead([volunteer.id])
    found = held(by, volunteer.id)
    was = fitting.known(found)
    problems = [*_bad_skills(skills, was.skills)]
    if not 1 <= echelon <= ECHELONS:
        problems.append(
            Problem(_("An echelon is a number from 1 to %(n)d.") % {"n": ECHELONS}, field="echelon")
        )
    if problems:
        raise Invalid(*problems)
    changed = update_fields(
        found,
        organisation_id=organisation.id if organisation else None,
        echelon=echelon,
        vehicle=vehicle,
        fit=fit,
        rank=found.rank if rank is None else rank,
        **_brought(brings, vehicle),
    )
    if changed:
        found.save(update_fields=changed)
    _set_skills(found, skills)
    fitting.judge_again(by, PLAN, found, shifts, was)
    return found


@action
def set_certificates(
    *, by: Actor, volunteer: Volunteer, certificates: Sequence[NewSkill]
) -> Volunteer:
    """Write numbers and last days of certificates of skills that somebody has; "" keeps a number.

    Raises Invalid (a skill that he has not), Conflict (discharged).
    """
    found = held(by, volunteer.id)
    known = {one.skill: one for one in Skill.objects.filter(volunteer=found)}
    rows = list(enumerate(certificates, start=1))
    unknown = [
        Problem(_("“%(code)s” is no skill of this volunteer.") % {"code": one.skill}, row=row)
        for row, one in rows
        if one.skill not in known
    ]
    if unknown:
        raise Invalid(*unknown)
    for _row, one in rows:
        has = known[one.skill]
        number = one.certificate.strip() or has.certificate
        if changed := update_fields(has, certificate=number, expires_on=one.expires_on):
            has.save(update_fields=changed)
    return found


@action
def discharge(*, by: Actor, volunteer: Volunteer) -> Volunteer:
    """End a volunteer's service today; what was served stays, what he had pledged is withdrawn.

    Raises Conflict where shifts are still to come: they are handed on first.
    """
    pledges = held_pledges([volunteer.id])
    found = held(by, volunteer.id)
    ahead = Turn.objects.filter(
        volunteer=found,
        state__in=[Turn.State.PLACED, Turn.State.WAITING],
        shift__starts_at__gt=timezone.now(),
    )
    if ahead.exists():
        raise Conflict(
            _("%(name)s is on shifts to come: take these off the roster first.")
            % {"name": found.name}
        )
    found.to_date = timezone.localdate()
    found.save(update_fields=["to_date"])
    leave(by, pledges)
    unlink_person(by=by, person_id=found.person_id, kind=LINK, source_id=found.id)
    return found


def held(by: Actor, volunteer_id: UUID) -> Volunteer:
    """The volunteer, locked, whom ``by`` may change. Raises OutOfScope, Forbidden, Conflict."""
    found = Volunteer.objects.select_for_update().filter(id=volunteer_id).first()
    if found is None:
        raise OutOfScope(str(volunteer_id))
    by.require(KEEP, found.place_code)
    if found.to_date is not None:
        raise Conflict(_("This volunteer was discharged already."))
    return found
