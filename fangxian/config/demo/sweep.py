"""A sweep under way: most doors visited, some gaps, reports of two days, one of them overdue."""

from __future__ import annotations

import dataclasses
import datetime as dt
from bisect import bisect_left
from typing import Any
from uuid import UUID

from django.utils import timezone

from fangxian.common.actor import Actor
from fangxian.common.codes import Level
from fangxian.common.ids import uuid7
from fangxian.common.scoping import acting
from fangxian.config.demo.recipe import Chance
from fangxian.core import counters
from fangxian.core.actions import create_emergency
from fangxian.field.actions import (
    NewVisit,
    exempt,
    plan_campaign,
    prepare_reports,
    publish_form,
    record_visits,
    send_report,
    start_campaign,
)
from fangxian.field.actions.visits import MOST
from fangxian.field.models import Campaign, DailyReport, Target
from fangxian.field.reporting import due_at
from fangxian.people.actions import create_person, propose_merge
from fangxian.people.models import Person
from fangxian.regions.queries import at, below
from fangxian.register.actions import move_in
from fangxian.register.models import Residency

BEGAN = 3
LASTS = 10
COVERED = (0.97, 1.0, 0.9, 0.75, 1.0, 0.85, 0.4)
OUTCOMES = {"all_well": 0.86, "exceptions": 0.03, "absent": 0.06, "refused": 0.01}
EXEMPTED = 60
# Of those where nobody was met or let in: so many are overdue, the others wait until some day soon.
IN_VAIN = ("absent", "refused")
LATE = 6
SOON = 3
# Late, so that one report is overdue all day long, and not those of each place from the afternoon.
REPORT_AT = dt.time(23, 45)


def begin(by: Actor, chance: Chance) -> Campaign:
    """Begin the emergency and the sweep."""
    data = chance.data
    county = at(data["county"])
    start = chance.today - dt.timedelta(days=BEGAN)
    emergency = create_emergency(
        by=by,
        name=data["emergency"],
        disease=data["disease"],
        place_code=county.code,
        level=3,
        started_on=start,
    )
    form = publish_form(by=by, **data["form"], source="shipped")
    campaign = plan_campaign(
        by=by,
        name=data["sweep"],
        area=county,
        form=form,
        starts_on=start,
        ends_on=start + dt.timedelta(days=LASTS),
        emergency=emergency,
        report_at=REPORT_AT,
    )
    return start_campaign(by=by, campaign=campaign)


def visit(by: Actor, chance: Chance, campaign: Campaign) -> None:
    """Record what grid officers have found so far, and send the reports of the last two days.

    One of yesterday's stays overdue.
    """
    with acting(by):
        grids = list(below(chance.data["county"], Level.GRID).order_by("code"))
        doors: dict[str, list[UUID]] = {}
        rows = Target.objects.filter(campaign=campaign).order_by("place_code", "household__room")
        for code, household in rows.values_list("place_code", "household_id"):
            doors.setdefault(code[: int(Level.GRID)], []).append(household)
    pending: list[NewVisit] = []
    for number, grid in enumerate(grids):
        share = COVERED[number % len(COVERED)]
        inside = doors.get(grid.code, [])
        for household in inside[: round(len(inside) * share)]:
            pending.append(_visit(chance, campaign, household))
    # In the order of the days, so that each report counts what came in until it was sent.
    pending.sort(key=_moment)
    pending = _again(chance, pending)
    done = 0
    for ago in (2, 1):
        day = chance.today - dt.timedelta(days=ago)
        sent_at = due_at(campaign, day)
        upto = bisect_left(pending, sent_at, key=_moment)
        _record(by, pending[done:upto])
        _send(by, chance, campaign, day, but_one=ago == 1)
        done = upto
    _record(by, pending[done:])


def _again(chance: Chance, visits: list[NewVisit]) -> list[NewVisit]:
    """The visits, in their order, with a day ahead to come back after all but the first in vain."""
    late = [n for n, visit in enumerate(visits) if visit.outcome in IN_VAIN][:LATE]
    return [
        dataclasses.replace(
            visit, revisit_on=chance.today + dt.timedelta(days=chance.random.randint(0, SOON))
        )
        if visit.outcome in IN_VAIN and n not in late
        else visit
        for n, visit in enumerate(visits)
    ]


def _moment(visit: NewVisit) -> dt.datetime:
    return visit.visited_at or timezone.now()


def _record(by: Actor, visits: list[NewVisit]) -> None:
    for first in range(0, len(visits), MOST):
        record_visits(by=by, visits=visits[first : first + MOST])


def _send(by: Actor, chance: Chance, campaign: Campaign, day: dt.date, *, but_one: bool) -> None:
    """Send the reports of a day, those of the places below first; one may stay overdue."""
    with acting(by):
        prepare_reports(by=by, campaign=campaign, day=day, area=chance.data["county"])
        owed = list(
            DailyReport.objects.filter(campaign=campaign, day=day, sent_at=None).order_by(
                "-place__level", "-place_code"
            )
        )
        late = next((r for r in owed if but_one and len(r.place_code) == Level.VILLAGE), None)
        for report in owed:
            if report != late:
                send_report(by=by, report=report)


def _visit(chance: Chance, campaign: Campaign, household: UUID) -> NewVisit:
    draw = chance.random
    outcome = draw.choices(list(OUTCOMES), list(OUTCOMES.values()))[0]
    answers: dict[str, Any] = {}
    if outcome == "exceptions":
        answers = {"people": draw.randint(1, 5), "fever": "no", "returned": "no"}
        if draw.random() < 0.7:
            place = draw.choice(chance.data["returned_from"])
            answers |= {"returned": "yes", "from_place": place}
        else:
            answers |= {"fever": "yes", "temperature": round(draw.uniform(37.4, 38.6), 1)}
    minutes = draw.randint(0, BEGAN * 24 * 60 - 30)
    return NewVisit(
        op_id=uuid7(),
        campaign_id=campaign.id,
        household_id=household,
        outcome=outcome,
        answers=answers,
        visited_at=_by_day(timezone.now() - dt.timedelta(minutes=minutes)),
    )


def _by_day(moment: dt.datetime) -> dt.datetime:
    """A moment between 8 and 20 o'clock of the same day, of the day before if that is to come."""
    local = timezone.localtime(moment)
    seen = local.replace(hour=8 + local.hour // 2)
    return seen if seen <= timezone.now() else seen - dt.timedelta(days=1)


def exemptions(by: Actor, chance: Chance, campaign: Campaign) -> None:
    """Exempt some households that can't be visited."""
    with acting(by):
        open_ = Target.objects.filter(campaign=campaign, state="open", visits=0)
        some = list(open_.order_by("id")[: EXEMPTED * 3 : 3])
        for target in some:
            until = chance.today + dt.timedelta(days=chance.random.randint(3, 7))
            exempt(by=by, target=target, reason="away", until=until)


def reports(by: Actor, chance: Chance, campaign: Campaign) -> None:
    """Today's reports are owed."""
    with acting(by):
        prepare_reports(by=by, campaign=campaign, day=chance.today, area=chance.data["county"])


def catch_up(by: Actor, chance: Chance) -> int:
    """On a later day: send what the days since then owe, but for one report. Returns those sent."""
    with acting(by):
        campaign = Campaign.objects.filter(name=chance.data["sweep"], state="running").first()
        if campaign is None:
            return 0
        prepared = set(DailyReport.objects.filter(campaign=campaign).values_list("day", flat=True))
        last = min(chance.today, campaign.ends_on)
        for past in range((last - campaign.starts_on).days + 1):
            day = campaign.starts_on + dt.timedelta(days=past)
            if prepared and day > min(prepared) and day not in prepared:
                prepare_reports(by=by, campaign=campaign, day=day, area=chance.data["county"])
        unsent = DailyReport.objects.filter(campaign=campaign, sent_at=None, day__lt=chance.today)
        owed = list(unsent.order_by("day", "-place_code"))
        # Reports are sent in the order of their days: one of the last day stays overdue.
        villages = [report for report in owed if len(report.place_code) == Level.VILLAGE]
        late = next((one for one in villages if one.day == villages[-1].day), None)
        for report in owed:
            if report != late:
                send_report(by=by, report=report)
        again = _visits_again(chance, campaign)
    _record(by, again)
    return len(owed) - (late is not None)


def _visits_again(chance: Chance, campaign: Campaign) -> list[NewVisit]:
    """All are well now behind the doors that were to be revisited by yesterday, but for some."""
    due = Target.objects.filter(
        campaign=campaign, state=Target.State.OPEN, visits__gt=0, due_on__lt=chance.today
    )
    doors = due.order_by("due_on", "id").values_list("household_id", flat=True)
    return [
        NewVisit(op_id=uuid7(), campaign_id=campaign.id, household_id=door, outcome="all_well")
        for door in doors[LATE:]
    ]


def twice(by: Actor, chance: Chance, community: str) -> None:
    """Register one resident of a community a second time, for the merge queue."""
    with acting(by.within(community)) as here:
        first = (
            # Heads of households hold posts elsewhere too: such a pair is decided further up.
            Residency.objects.filter(place_code__startswith=community, relation="spouse")
            .order_by("place_code", "household__room")
            .select_related("household")[5]
        )
        person = Person.objects.get(id=first.person_id)
        other = (
            Residency.objects.filter(place_code__startswith=community, relation="head")
            .exclude(household=first.household)
            .order_by("-place_code")
            .select_related("household")
            .first()
        )
        assert other is not None
        double = create_person(
            by=here,
            name=person.name,
            sex=person.sex,
            birth_date=person.birth_date,
            place_code=other.place_code,
            link_kind="residency",
            source_id=uuid7(),
        )
        move_in(
            by=here,
            household_id=other.household_id,
            person_id=double.id,
            relation="other",
            kind="tenant",
            on=chance.today,
        )
        propose_merge(by=here, first_id=person.id, second_id=double.id)


def settle() -> None:
    """Fold the counters, so that the first page is quick."""
    counters.fold()
