"""Temporary units: reading them, and what speaks against founding one, each with its mend."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fangxian.common import codes
from fangxian.common.actor import Actor
from fangxian.common.errors import OutOfScope, Problem
from fangxian.common.ui import formats
from fangxian.organisations.models import (
    Member,
    OrganisationKind,
    Secondment,
    Standing,
    TemporaryUnit,
    UnitState,
)
from fangxian.organisations.temporary_rules import Form, TemporaryRules, temporary_rules

APPROVE = "organisations.approve"
OPEN = (UnitState.DRAFT, UnitState.RETURNED)
STANDING = Q(state=UnitState.FOUNDED, organisation__dissolved_on=None)


def unit(unit_id: UUID) -> TemporaryUnit:
    """One unit in scope. Raises OutOfScope."""
    found = (
        TemporaryUnit.objects.select_related("kind", "place", "superior", "organisation")
        .select_related("emergency")
        .filter(id=unit_id)
        .first()
    )
    if found is None:
        raise OutOfScope(f"temporary unit {unit_id}")
    return found


def secondment(secondment_id: UUID) -> Secondment:
    """One secondment in scope. Raises OutOfScope."""
    rows = Secondment.objects.select_related("unit__organisation", "unit__place", "member")
    found = rows.filter(id=secondment_id).first()
    if found is None:
        raise OutOfScope(f"secondment {secondment_id}")
    return found


def hold(which: Q) -> None:
    """Hold units, by id, before those who serve in them are changed."""
    rows = TemporaryUnit.objects.select_for_update(of=("self",))
    ids = TemporaryUnit.objects.filter(which).values("id")
    list(rows.filter(id__in=ids).order_by("id").values_list("id", flat=True))


def units_in(area: str) -> QuerySet[TemporaryUnit]:
    """The units of an area with ``people``: how many they have; the latest first."""
    lo, hi = codes.bounds(area)
    found = TemporaryUnit.objects.filter(place_code__gte=lo, place_code__lt=hi)
    serving = Q(secondments__member=None) | Q(secondments__member__to_date=None)
    found = found.select_related("kind", "place", "superior", "organisation")
    found = found.annotate(people=Count("secondments", filter=serving))
    return found.order_by("-created_at", "id")


def running(area: str) -> QuerySet[TemporaryUnit]:
    """Founded units of an area that stand."""
    return units_in(area).filter(STANDING)


def ending(area: str, on: dt.date | None = None) -> QuerySet[TemporaryUnit]:
    """Standing units whose term ends soon, the nearest first."""
    last = (on or timezone.localdate()) + dt.timedelta(days=temporary_rules(on).ending_days)
    return running(area).filter(until__lte=last).order_by("until", "id")


def to_decide(by: Actor) -> QuerySet[TemporaryUnit]:
    """What waits for a decision that the actor may take: proposed by others, below his place."""
    found = units_in(by.area).filter(state=UnitState.PROPOSED).exclude(proposed_by=by.name)
    own = Q(superior_id=by.organisation_id) if by.organisation_id else Q(pk__in=[])
    return found.filter(~Q(place_code=by.area) | own)


def superior_problem(by: Actor, one: TemporaryUnit) -> Problem | None:
    """Why this actor can't decide about a unit, None if he can.

    The superior is who has the right at a place above the unit's, or works for the superior
    organisation.
    """
    above = len(by.area) < len(one.place_code) and codes.contains(by.area, one.place_code)
    if above or (by.organisation_id is not None and by.organisation_id == one.superior_id):
        return None
    return Problem(
        _("The superior decides about this unit."),
        mend=_("Somebody at a place above it, or of “%(name)s”, opens it and decides.")
        % {"name": one.superior},
        code="not_superior",
    )


def people_of(one: TemporaryUnit) -> list[Secondment]:
    """Everybody of a unit with the person: who serves, or is to serve; officers first."""
    offices = list(temporary_rules().offices)
    rows = Secondment.objects.filter(unit=one).select_related("person", "home_body", "member")
    if one.state == UnitState.FOUNDED:
        rows = rows.filter(member__to_date=None)
    place = {code: at for at, code in enumerate(offices)}
    return sorted(rows, key=lambda row: (place.get(row.office, len(offices)), row.created_at))


def former_of(one: TemporaryUnit) -> QuerySet[Secondment]:
    """Who served in a unit and does no more; without their persons, who may be out of sight."""
    rows = Secondment.objects.filter(unit=one).exclude(member=None)
    return rows.exclude(member__to_date=None).select_related("home_body", "member")


def serving_from(members: Iterable[Member]) -> dict[UUID, list[Secondment]]:
    """Where members of a standing body serve now, by the membership at home. One query."""
    rows = Secondment.objects.filter(home__in=[row.id for row in members], member__to_date=None)
    found: dict[UUID, list[Secondment]] = {}
    for row in rows.exclude(member=None).select_related("unit__organisation"):
        found.setdefault(row.home_id, []).append(row)
    return found


def problems(
    one: TemporaryUnit, people: Sequence[Secondment], rules: TemporaryRules | None = None
) -> list[Problem]:
    """What the rules have against a unit with these people; each with how to mend it."""
    rules = rules or temporary_rules()
    form = rules.form(one.kind_id)
    return [
        *_superior(one),
        *_term(one, rules),
        *_size(form, people, rules),
        *_offices(form, people, rules),
        *_committee(form, people, rules),
        *_homes(people),
    ]


def full(people: Iterable[Secondment]) -> int:
    """How many of them are full members of the party."""
    return sum(row.standing == Standing.FULL for row in people)


def suggestion(people: Sequence[Secondment], rules: TemporaryRules) -> str:
    """Which forms of party units fit the number of full members, in words; "" if none does."""
    kinds = OrganisationKind.objects.in_bulk(rules.fitting(full(people)))
    return _(", ").join(str(kinds[code]) for code in rules.fitting(full(people)) if code in kinds)


def _superior(one: TemporaryUnit) -> Iterator[Problem]:
    if one.superior.dissolved_on is not None:
        yield Problem(
            _("“%(name)s” is dissolved.") % {"name": one.superior},
            field="superior",
            mend=_("Name an organisation that stands."),
            code="dissolved",
        )


def _term(one: TemporaryUnit, rules: TemporaryRules) -> Iterator[Problem]:
    last = one.from_date + dt.timedelta(days=rules.most_days)
    if one.until > last:
        yield Problem(
            _("The term is longer than %(most)d days.") % {"most": rules.most_days},
            field="until",
            mend=_("End it on %(day)s at the latest; it can be prolonged later.")
            % {"day": formats.date(last)},
            code="term",
        )


def _size(form: Form, people: Sequence[Secondment], rules: TemporaryRules) -> Iterator[Problem]:
    count = full(people) if form.party else len(people)
    if count in form.size:
        return
    said = {"count": count, "least": form.size.least, "most": form.size.most}
    text = (
        _("It has %(count)d full members of the party; this form takes %(least)d to %(most)d.")
        if form.party
        else _("It has %(count)d members; this form takes %(least)d to %(most)d.")
    )
    fits = suggestion(people, rules) if form.party else ""
    if fits:
        mend = _("What fits this number: %(forms)s.") % {"forms": fits}
    elif count < form.size.least:
        missing = form.size.least - count
        mend = ngettext("Add %(n)d more.", "Add %(n)d more.", missing) % {"n": missing}
    else:
        mend = _("Make two units of it.")
    yield Problem(text % said, field="kind", mend=mend, code="size")


def _offices(form: Form, people: Sequence[Secondment], rules: TemporaryRules) -> Iterator[Problem]:
    held = Counter(row.office for row in people if row.office)
    for code in held:
        if code not in form.offices:
            yield Problem(
                _("This form has no %(office)s.") % {"office": rules.office_name(code)},
                field="office",
                mend=_("Give those who hold it another office or none."),
                code="office",
            )
    for code, size in form.offices.items():
        if held[code] in size:
            continue
        said = {"office": rules.office_name(code), "held": held[code]}
        if held[code] < size.least:
            yield Problem(
                _("The %(office)s is missing.") % said,
                field="office",
                mend=_("Name who it is."),
                code="office_missing",
            )
        else:
            yield Problem(
                _("%(office)s: %(held)d are named, at most %(most)d may be.")
                % {**said, "most": size.most},
                field="office",
                mend=_("Give the others another office or none."),
                code="office_many",
            )
    outside = [
        row.office
        for row in people
        if row.office in rules.offices and rules.offices[row.office].party and not row.standing
    ]
    for code in sorted(set(outside)):
        yield Problem(
            _("%(office)s can be a member of the party only.")
            % {"office": rules.office_name(code)},
            field="office",
            mend=_("Choose somebody else, or correct what is said of the standing in the party."),
            code="office_party",
        )


def _committee(
    form: Form, people: Sequence[Secondment], rules: TemporaryRules
) -> Iterator[Problem]:
    if form.committee is None:
        return
    size = sum(
        row.office in rules.offices and rules.offices[row.office].committee for row in people
    )
    said = {
        "from": form.committee_from,
        "least": form.committee.least,
        "most": form.committee.most,
        "size": size,
    }
    if full(people) >= form.committee_from and size not in form.committee:
        yield Problem(
            _(
                "From %(from)d full members on it has a committee of %(least)d to %(most)d; "
                "%(size)d are named."
            )
            % said,
            field="office",
            mend=_("Name the secretary, deputies and members of the committee."),
            code="committee",
        )
    elif full(people) < form.committee_from and size >= form.committee.least:
        yield Problem(
            _("Below %(from)d full members it has no committee.") % said,
            field="office",
            mend=_("Name a secretary, and a deputy if need be."),
            code="no_committee",
        )


def _homes(people: Sequence[Secondment]) -> Iterator[Problem]:
    left = Member.objects.filter(id__in=[row.home_id for row in people]).exclude(to_date=None)
    gone = left.count()
    if gone:
        yield Problem(
            ngettext(
                "%(n)d of them is no member at home any more.",
                "%(n)d of them are no members at home any more.",
                gone,
            )
            % {"n": gone},
            field="people",
            mend=_("Take them out, or add them where they are members now."),
            code="home",
        )
