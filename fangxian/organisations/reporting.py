"""Reporting in: who reported in where, the lists and their state, which feedback is missing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar
from uuid import UUID

from django.db import connection
from django.db.models import Count, Exists, F, Model, OuterRef, Q, QuerySet
from django.db.models.functions import Left
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.accounts.models import Grant
from fangxian.common import codes
from fangxian.common.actor import Actor
from fangxian.common.errors import OutOfScope
from fangxian.organisations.models import (
    Claim,
    CommunityItem,
    Feedback,
    Organisation,
    ReportIn,
)
from fangxian.organisations.models.reporting import QUARTERS
from fangxian.organisations.proposing import party_members
from fangxian.organisations.reporting_rules import ReportingRules, reporting_rules
from fangxian.people.models import Person
from fangxian.regions.queries import current
from fangxian.register.models import Residency
from fangxian.register.vocabularies import SEPARATED

M = TypeVar("M", bound=Model)
CLAIM: Final = "organisations.claim"
STATES = ("open", "claimed", "done", "withdrawn")
SHOWN = 50
DAY = dt.timedelta(days=1)


def quarter_of(day: dt.date) -> dt.date:
    """The first day of the quarter that a day lies in."""
    return day.replace(day=1, month=max(month for month in QUARTERS if month <= day.month))


def quarter_before(day: dt.date) -> dt.date:
    """The first day of the quarter before that of a day: the last one that is over."""
    return quarter_of(quarter_of(day) - DAY)


def quarter_end(quarter: dt.date) -> dt.date:
    """The last day of a quarter."""
    first = quarter_of(quarter)
    later = [month for month in QUARTERS if month > first.month]
    following = first.replace(month=later[0]) if later else dt.date(first.year + 1, 1, 1)
    return following - DAY


def quarter_name(quarter: dt.date) -> str:
    """A quarter as people say it."""
    return _("quarter %(n)d of %(year)d") % {
        "n": QUARTERS.index(quarter.month) + 1,
        "year": quarter.year,
    }


def report(report_id: UUID) -> ReportIn:
    """One reporting in, in scope. Raises OutOfScope."""
    rows = ReportIn.objects.select_related("community", "organisation")
    found = rows.filter(id=report_id).first()
    if found is None:
        raise OutOfScope(f"reporting in {report_id}")
    return found


def item(item_id: UUID) -> CommunityItem:
    """One item in scope. Raises OutOfScope."""
    found = CommunityItem.objects.select_related("community").filter(id=item_id).first()
    if found is None:
        raise OutOfScope(f"item {item_id}")
    return found


def own_reports(by: Actor) -> QuerySet[ReportIn]:
    """Where the actor's unit, or he himself, was received and goes on, as far as it is in scope."""
    mine = Q(pk=None)
    if by.organisation_id is not None:
        mine |= Q(organisation=by.organisation_id)
    if by.person_id is not None:
        mine |= Q(person=by.person_id)
    found = ReportIn.objects.filter(mine, ended_on=None, received_on__isnull=False)
    return found.select_related("community", "organisation").order_by("community__code", "id")


def own_waiting(by: Actor) -> QuerySet[ReportIn]:
    """Where the actor's unit, or he himself, has reported in and was not received yet."""
    mine = Q(organisation=by.organisation_id) if by.organisation_id else Q(pk=None)
    mine |= Q(person=by.person_id) if by.person_id else Q(pk=None)
    found = ReportIn.objects.filter(mine, ended_on=None, received_on=None)
    return found.select_related("community", "organisation").order_by("community__code", "id")


def own_feedback(by: Actor) -> QuerySet[Feedback]:
    """What communities said of the actor's unit, or of him, the latest first."""
    mine = Q(report__organisation=by.organisation_id) if by.organisation_id else Q(pk=None)
    mine |= Q(report__person=by.person_id) if by.person_id else Q(pk=None)
    found = Feedback.objects.filter(mine).select_related("report__community")
    return found.order_by("-quarter", "report__community__code", "id")


def accounts_of(report: ReportIn) -> set[UUID]:
    """The accounts of who reported in that may ask for items: of a unit, or a member's own."""
    grants = Grant.objects.in_force().filter(role__rights__contains=[CLAIM])
    if report.organisation_id is not None:
        grants = grants.filter(organisation_id=report.organisation_id)
    else:
        grants = grants.filter(user__person_id=report.person_id)
    return set(grants.values_list("user_id", flat=True))


def own_bodies(by: Actor) -> list[Organisation | Person]:
    """Who may report in through this account: oneself, one's unit."""
    found: list[Organisation | Person] = []
    if by.person_id is not None:
        found += Person.objects.filter(id=by.person_id)
    if by.organisation_id is not None:
        found += Organisation.objects.filter(id=by.organisation_id, dissolved_on=None)
    return found


def own_places(by: Actor) -> dict[str, list[Organisation | Person]]:
    """In which communities of the actor's area he, or his unit, could report in and has not."""
    level = int(reporting_rules().level)
    found: dict[str, list[Organisation | Person]] = {}
    for who in own_bodies(by):
        running = ReportIn.objects.filter(ended_on=None)
        if isinstance(who, Person):
            homes = _in(Residency.objects.filter(person=who, to_date=None), by.area)
            lived = homes.exclude(kind=SEPARATED).values_list("place_code", flat=True)
            places = set() if running.filter(person=who).exists() else {c[:level] for c in lived}
        else:
            # A unit's local community: that of its seat, or the one its officer works in.
            places = {who.seat.code[:level], by.area[:level]}
            places = {code for code in places if codes.contains(by.area, code)}
            known = running.filter(organisation=who)
            places -= set(known.values_list("place_code", flat=True))
        for code in places:
            if len(code) == level:
                found.setdefault(code, []).append(who)
    return found


def may_report(by: Actor, code: str) -> list[Organisation | Person]:
    """Who may report in to one community: who could by himself, and a unit to any in the area."""
    found = own_places(by).get(code, [])
    if by.organisation_id is not None and codes.contains(by.area, code):
        running = ReportIn.objects.filter(ended_on=None, place_code=code)
        units = Organisation.objects.filter(id=by.organisation_id, dissolved_on=None)
        if by.organisation_id not in {one.id for one in found}:
            found = [*found, *units.exclude(id__in=running.values("organisation_id"))]
    return found


def claim(claim_id: UUID) -> Claim:
    """One claim in scope. Raises OutOfScope."""
    rows = Claim.objects.select_related("item__community", "report__organisation")
    found = rows.filter(id=claim_id).first()
    if found is None:
        raise OutOfScope(f"claim {claim_id}")
    return found


def _in(found: QuerySet[M], area: str) -> QuerySet[M]:
    lo, hi = codes.bounds(area)
    return found.filter(place_code__gte=lo, place_code__lt=hi)


def reports_in(area: str, *, ended: bool = False) -> QuerySet[ReportIn]:
    """Who reported in in an area, with ``taken``: how many items were claimed and kept."""
    found = _in(ReportIn.objects.filter(ended_on__isnull=not ended), area)
    taken = Count("claims", filter=Q(claims__given_up_on=None))
    found = found.select_related("organisation", "community").annotate(taken=taken)
    # Those to be received first.
    return found.order_by(F("received_on").asc(nulls_first=True), "reported_on", "id")


def items_in(area: str, kind: str = "", state: str = "") -> QuerySet[CommunityItem]:
    """The items of an area with ``is_claimed`` and ``is_done``."""
    running = Claim.objects.filter(item=OuterRef("pk"), given_up_on=None)
    found = _in(CommunityItem.objects.all(), area).annotate(
        is_claimed=Exists(running), is_done=Exists(running.exclude(done_on=None))
    )
    if kind:
        found = found.filter(kind=kind)
    if state:
        found = found.filter(_of_state(state))
    return found.select_related("community").order_by(F("due").asc(nulls_last=True), "id")


def _of_state(state: str) -> Q:
    return {
        "open": Q(withdrawn_on=None, is_claimed=False),
        "claimed": Q(withdrawn_on=None, is_claimed=True, is_done=False),
        "done": Q(withdrawn_on=None, is_done=True),
        "withdrawn": ~Q(withdrawn_on=None),
    }.get(state, Q())


def state_of(row: Any) -> str:
    """One of ``STATES``, of a row of :func:`items_in`."""
    if row.withdrawn_on is not None:
        return "withdrawn"
    return "done" if row.is_done else "claimed" if row.is_claimed else "open"


def names_of(reports: Sequence[ReportIn]) -> dict[UUID, str]:
    """Who reported in, by name; "" for members who are out of sight. One query."""
    people = Person.objects.in_bulk([row.person_id for row in reports if row.person_id])
    found = {}
    for row in reports:
        if row.organisation is not None:
            found[row.id] = row.organisation.name
        else:
            person = people.get(row.person_id) if row.person_id else None
            found[row.id] = person.name if person else ""
    return found


def lives_at(person_id: UUID, community: str) -> bool:
    """Whether somebody lives in a community today."""
    homes = _in(Residency.objects.filter(person_id=person_id, to_date=None), community)
    return homes.exclude(kind=SEPARATED).exists()


def proposed(community: str) -> list[Person]:
    """Members of the party who live in a community and have reported in nowhere that is known.

    By name, the first of them; of which organisation they are is not told.
    """
    homes = _in(Residency.objects.filter(to_date=None), community).exclude(kind=SEPARATED)
    residents = set(homes.values_list("person_id", flat=True))
    known = ReportIn.objects.filter(person__in=residents, ended_on=None)
    wanted = party_members(residents) - set(known.values_list("person_id", flat=True))
    return list(Person.objects.filter(id__in=wanted).order_by("name", "id")[:SHOWN])


# Quarters that are over, in which somebody was received for long enough, without feedback.
_MISSING = """
SELECT r.id, r.place_code, q.first::date
FROM organisations_reportin r
CROSS JOIN LATERAL generate_series(
    date_trunc('quarter', r.received_on::timestamp), %(last)s::timestamp, interval '3 months'
) AS q (first)
CROSS JOIN LATERAL (
    SELECT least((q.first + interval '3 months')::date - 1, r.ended_on) AS last
) AS shown
WHERE r.received_on IS NOT NULL AND r.place_code >= %(lo)s AND r.place_code < %(hi)s
  AND shown.last - greatest(q.first::date, r.received_on) + 1 >= %(least)s
  AND NOT EXISTS (SELECT 1 FROM organisations_feedback f
                  WHERE f.report_id = r.id AND f.quarter = q.first::date)
ORDER BY r.place_code, q.first, r.id
"""


@dataclass(frozen=True, slots=True)
class Missing:
    """Feedback that a community has not given: on whom, for which quarter."""

    report_id: UUID
    place_code: str
    quarter: dt.date


def missing_feedback(area: str, on: dt.date | None = None) -> list[Missing]:
    """The feedback that is missing in an area, place by place, the oldest first. One query."""
    lo, hi = codes.bounds(area)
    day = on or timezone.localdate()
    values: dict[str, Any] = {
        "lo": lo,
        "hi": hi,
        "last": quarter_before(day),
        "least": reporting_rules(day).least_days,
    }
    with connection.cursor() as cursor:
        cursor.execute(_MISSING, values)
        return [Missing(*row) for row in cursor.fetchall()]


def due_on(quarter: dt.date, rules: ReportingRules) -> dt.date:
    """By when the feedback of a quarter is given."""
    return quarter_end(quarter) + dt.timedelta(days=rules.feedback_days)


def to_receive(area: str) -> QuerySet[ReportIn]:
    """Who reported in and was not received yet."""
    return _in(ReportIn.objects.filter(ended_on=None, received_on=None), area)


@dataclass(frozen=True)
class Line:
    """A community in the overview of a wider place."""

    place: Any
    units: int
    members: int
    waiting: int
    open: int
    missing: int


def overview(area: str) -> Iterator[Line]:
    """Each community of an area with what is there. Five queries."""
    level = int(reporting_rules().level)
    at = Left("place_code", level)

    def counted(found: QuerySet[Any]) -> dict[str, int]:
        rows = found.order_by().annotate(at=at).values_list("at").annotate(n=Count("id"))
        return dict(rows)

    running = _in(ReportIn.objects.filter(ended_on=None), area)
    units_ = counted(running.filter(person=None))
    members = counted(running.filter(organisation=None))
    waiting = counted(to_receive(area))
    open_ = counted(items_in(area, state="open"))
    missing: dict[str, int] = {}
    for one in missing_feedback(area):
        missing[one.place_code[:level]] = missing.get(one.place_code[:level], 0) + 1
    lo, hi = codes.bounds(area)
    places = current().filter(code__gte=lo, code__lt=hi, level=level)
    for place in places.order_by("code"):
        yield Line(
            place,
            units_.get(place.code, 0),
            members.get(place.code, 0),
            waiting.get(place.code, 0),
            open_.get(place.code, 0),
            missing.get(place.code, 0),
        )
