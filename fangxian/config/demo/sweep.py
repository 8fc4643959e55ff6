"""A sweep under way: most doors visited by their officers, some gaps, one report overdue."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db.models import F, Max
from django.utils import timezone

from fangxian.common.actor import Actor
from fangxian.common.codes import Level
from fangxian.common.ids import uuid7
from fangxian.common.scoping import acting
from fangxian.config.demo.officers import Officers
from fangxian.config.demo.recipe import Chance
from fangxian.core import counters
from fangxian.core.actions import close_tasks, create_emergency
from fangxian.field.actions import (
    NewVisit,
    exempt,
    plan_campaign,
    prepare_reports,
    publish_form,
    record_visits,
    start_campaign,
)
from fangxian.field.actions.exemptions import RIGHT as EXEMPT
from fangxian.field.actions.reports import FILLED, OVERDUE, fill_report, report_key
from fangxian.field.actions.visits import MOST
from fangxian.field.models import Campaign, DailyReport, Target, Visit
from fangxian.field.reporting import Span, due_at
from fangxian.people.actions import create_person, propose_merge
from fangxian.people.models import Person
from fangxian.regions.queries import at, below
from fangxian.register.actions import move_in
from fangxian.register.models import Household, Residency

BEGAN = 3
LASTS = 10
DAY = dt.timedelta(days=1)
COVERED = (0.97, 1.0, 0.9, 0.75, 1.0, 0.85, 0.4)
OUTCOMES = {"all_well": 0.86, "exceptions": 0.03, "absent": 0.06, "refused": 0.01}
EXEMPTED = 60
# Of those where nobody was met or let in: so many are overdue, of the others some were tried again
# the evening after, the rest wait until some day soon.
IN_VAIN = ("absent", "refused")
LATE = 6
SOON = 3
AGAIN = 0.4
# When doors are visited, from the first in the morning to the last in the evening.
SHIFTS = (
    (dt.time(8, 30), dt.time(11, 45)),
    (dt.time(14, 30), dt.time(17, 45)),
    (dt.time(18, 30), dt.time(19, 55)),
)
EVENING = SHIFTS[-1]
# What a phone sends is received a little later.
SENT_AFTER = dt.timedelta(seconds=40)
# Late, so that one report is overdue all day long, and not those of each place from the afternoon;
# the county's, an hour later by the rules, is still due on its day.
REPORT_AT = dt.time(22, 59)
# From and until when reports are sent: those of communities first, which the others add up.
REPORTED = {
    Level.VILLAGE: (dt.time(20, 5), dt.time(21, 30)),
    Level.TOWN: (dt.time(21, 35), dt.time(22, 20)),
    Level.COUNTY: (dt.time(22, 30), dt.time(22, 50)),
}


def begin(by: Actor, chance: Chance) -> Campaign:
    """Begin the emergency and the sweep, some days ago."""
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
    start_campaign(by=by, campaign=campaign)
    campaign.started_at = _moment(start, SHIFTS[0][0])
    campaign.save(update_fields=["started_at"])
    return campaign


@dataclass(frozen=True)
class Walked:
    """A visit that is made in a grid, and when."""

    grid: str
    at: dt.datetime
    visit: NewVisit


def visit(by: Actor, chance: Chance, campaign: Campaign, officers: Officers) -> None:
    """Record what grid officers have found so far, and send the reports of the days before today.

    One of yesterday's stays overdue.
    """
    with acting(by):
        grids = list(below(chance.data["county"], Level.GRID).order_by("code"))
        doors: dict[str, list[tuple[UUID, str]]] = {}
        rows = Target.objects.filter(campaign=campaign).order_by("place_code", "household__room")
        for code, home, state in rows.values_list("place_code", "household_id", "household__state"):
            doors.setdefault(code[: int(Level.GRID)], []).append((home, state))
    now = timezone.now()
    shifts = _shifts(chance, now)
    walked: list[Walked] = []
    for number, grid in enumerate(grids):
        inside = doors.get(grid.code, [])
        inside = inside[: round(len(inside) * COVERED[number % len(COVERED)])]
        moments = _walk(chance, shifts, len(inside))
        for (household, state), moment in zip(inside, moments, strict=True):
            made = _visit(chance, campaign, household, moment, empty=state == Household.State.EMPTY)
            walked.append(Walked(grid.code, moment, made))
    # In the order of the days, so that each report counts what came in until it was sent.
    walked.sort(key=_when)
    walked = sorted(_again(chance, walked, now), key=_when)
    done = 0
    for ago in range(BEGAN, 0, -1):
        day = chance.today - dt.timedelta(days=ago)
        upto = bisect_left(walked, due_at(campaign, day), key=_when)
        _record(by, officers, walked[done:upto])
        _send(by, chance, campaign, day, officers, but_one=ago == 1)
        done = upto
    _record(by, officers, walked[done:])


def _when(walked: Walked) -> dt.datetime:
    return walked.at


def _moment(day: dt.date, time: dt.time) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, time))


def _shifts(chance: Chance, now: dt.datetime) -> list[tuple[dt.datetime, dt.timedelta]]:
    """Beginning and length of each shift since the sweep began, the last until now."""
    days = [chance.today - dt.timedelta(days=ago) for ago in range(BEGAN, -1, -1)]
    every = [(_moment(day, first), _moment(day, last)) for day in days for first, last in SHIFTS]
    return [(first, min(last, now) - first) for first, last in every if first < now]


def _walk(
    chance: Chance, shifts: list[tuple[dt.datetime, dt.timedelta]], doors: int
) -> Iterator[dt.datetime]:
    """When each of so many doors is visited, one after the other, over all shifts."""
    rest = iter(shifts)
    first, length = next(rest)
    total = sum((length for _first, length in shifts), dt.timedelta())
    before = dt.timedelta()
    for number in range(doors):
        passed = total * ((number + chance.random.random()) / doors)
        while passed - before > length:
            before += length
            first, length = next(rest)
        yield first + (passed - before)


def _again(chance: Chance, walked: list[Walked], now: dt.datetime) -> Iterator[Walked]:
    """The visits, and what follows from those in vain but the first, which are overdue."""
    late = LATE
    for one in walked:
        if one.visit.outcome not in IN_VAIN:
            yield one
        elif late:
            late -= 1
            yield one
        else:
            next_day = timezone.localdate(one.at) + DAY
            evening = _evening(chance, next_day)
            if evening < now and chance.random.random() < AGAIN:
                yield one
                found = replace(
                    one.visit, op_id=uuid7(), outcome="all_well", note="", visited_at=evening
                )
                yield Walked(one.grid, evening, found)
            else:
                back = chance.today + DAY * chance.random.randint(0, SOON)
                found = replace(one.visit, revisit_on=max(back, next_day))
                yield replace(one, visit=found)


def _evening(chance: Chance, day: dt.date) -> dt.datetime:
    """A moment of a day's last shift."""
    first, last = (_moment(day, time) for time in EVENING)
    return first + (last - first) * chance.random.random()


def _record(by: Actor, officers: Officers, walked: Sequence[Walked]) -> None:
    """Record visits, each by who answered for its grid on that day, as received at that time.

    Those of an officer with a phone are sent by it.
    """
    days: dict[dt.date, dict[str, list[NewVisit]]] = {}
    for one in walked:
        by_grid = days.setdefault(timezone.localdate(one.at), {})
        by_grid.setdefault(one.grid, []).append(one.visit)
    for day, by_grid in days.items():
        answering = officers.answering(by_grid, day)
        carried = {
            grid: phone for grid, one in answering.items() if (phone := officers.phones.of(one))
        }
        for grid, phone in carried.items():
            for walk in by_grid[grid]:
                phone.record("visit", walk)
        officers.phones.send()
        with acting(by):
            for grid, visits in by_grid.items():
                if grid in carried:
                    continue
                for first in range(0, len(visits), MOST):
                    record_visits(by=answering[grid], visits=visits[first : first + MOST])
    with acting(by, using="owner"):
        made = Visit.objects.using("owner").filter(op_id__in=[one.visit.op_id for one in walked])
        made = made.filter(visited_at__lt=timezone.now() - SENT_AFTER)
        made.update(created_at=F("visited_at") + SENT_AFTER)


def _send(
    by: Actor,
    chance: Chance,
    campaign: Campaign,
    day: dt.date,
    officers: Officers,
    *,
    but_one: bool,
) -> int:
    """Send the reports of a day in its evening, places below first; one may stay overdue.

    Returns how many were sent.
    """
    with acting(by):
        prepare_reports(by=by, campaign=campaign, day=day, area=chance.data["county"])
        found = DailyReport.objects.filter(campaign=campaign)
        until = dict(found.values_list("place_id").annotate(until=Max("counted_to")))
        owed = list(
            found.filter(day=day, sent_at=None)
            .select_related("campaign", "place")
            .order_by("-place__level", "-place_code")
        )
        late = next((r for r in owed if but_one and len(r.place_code) == Level.VILLAGE), None)
        staff = officers.staff([report.place_code for report in owed], day)
        for report in owed:
            if report == late:
                continue
            first, last = (_moment(day, one) for one in REPORTED[Level(len(report.place_code))])
            sent = first + (last - first) * chance.random.random()
            # That of the day before may have been sent later, by a visitor.
            since = until.get(report.place_id)
            sent = max(sent, since or sent)
            span = Span(since, sent)
            fill_report(report, span, staff[report.place_code], sent)
        done = [report for report in owed if report != late]
        DailyReport.objects.bulk_update(done, FILLED)
        keys = [report_key(report) for report in done]
        close_tasks(by=by, kind=OVERDUE, dedupe_keys=keys, done_fact="report sent")
    return len(done)


def _visit(
    chance: Chance, campaign: Campaign, household: UUID, moment: dt.datetime, *, empty: bool
) -> NewVisit:
    draw = chance.random
    outcome = "vacant" if empty else draw.choices(list(OUTCOMES), list(OUTCOMES.values()))[0]
    answers: dict[str, Any] = {}
    if outcome == "exceptions":
        answers = {"people": draw.randint(1, 5), "fever": "no", "returned": "no"}
        if draw.random() < 0.7:
            place = draw.choice(chance.data["returned_from"])
            answers |= {"returned": "yes", "from_place": place}
        else:
            answers |= {"fever": "yes", "temperature": round(draw.uniform(37.4, 38.6), 1)}
    return NewVisit(
        op_id=uuid7(),
        campaign_id=campaign.id,
        household_id=household,
        outcome=outcome,
        answers=answers,
        note=draw.choice(chance.data["notes"].get(outcome, [""])),
        visited_at=moment,
    )


def exemptions(by: Actor, chance: Chance, campaign: Campaign, officers: Officers) -> None:
    """Exempt some households that can't be visited."""
    with acting(by):
        open_ = Target.objects.filter(campaign=campaign, state="open", visits=0)
        some = list(open_.order_by("id")[: EXEMPTED * 3 : 3])
        communities = {_community(target.place_code) for target in some}
        staff = officers.staff(communities, chance.today, EXEMPT)
        for target in some:
            until = chance.today + dt.timedelta(days=chance.random.randint(3, 7))
            one = staff[_community(target.place_code)]
            exempt(by=one, target=target, reason="away", until=until)


def _community(code: str) -> str:
    return code[: int(Level.VILLAGE)]


def reports_of_today(by: Actor, chance: Chance, campaign: Campaign) -> None:
    """Today's reports are owed."""
    with acting(by):
        prepare_reports(by=by, campaign=campaign, day=chance.today, area=chance.data["county"])


def catch_up(by: Actor, chance: Chance, officers: Officers) -> int:
    """On a later day: what was done in the evenings since then. Returns how many reports were sent.

    Doors are visited again when they are due, but for some; reports are sent, but for one.
    """
    with acting(by):
        campaign = Campaign.objects.filter(name=chance.data["sweep"], state="running").first()
        if campaign is None:
            return 0
        reports = DailyReport.objects.filter(campaign=campaign)
        prepared = set(reports.values_list("day", flat=True))
        unsent = set(reports.filter(sent_at=None).values_list("day", flat=True))
        again = list(_visits_again(chance, campaign))
    # Before the reports that count them.
    _record(by, officers, again)
    sent, day = 0, min(prepared, default=chance.today)
    last = min(chance.today - DAY, campaign.ends_on)
    while day <= last:
        if day in unsent or day not in prepared:
            sent += _send(by, chance, campaign, day, officers, but_one=day == last)
        day += DAY
    if chance.today <= campaign.ends_on:
        reports_of_today(by, chance, campaign)
    return sent


def _visits_again(chance: Chance, campaign: Campaign) -> Iterator[Walked]:
    """All are well now behind the doors that were to be revisited by yesterday, but for some."""
    due = Target.objects.filter(
        campaign=campaign, state=Target.State.OPEN, visits__gt=0, due_on__lt=chance.today
    )
    sent = DailyReport.objects.filter(campaign=campaign).aggregate(last=Max("counted_to"))["last"]
    doors = due.order_by("due_on", "id").values_list(
        "household_id", "place_code", "due_on", "last_visit_at"
    )
    for door, code, day, seen in doors[LATE:]:
        # Nothing comes in before a visit that was made, or that was reported, already.
        past = max(one for one in (seen, sent) if one is not None)
        evening = _evening(chance, max(day, timezone.localdate(past)))
        if evening <= past:
            evening += DAY
        if evening < timezone.now() - SENT_AFTER:
            visit = NewVisit(
                op_id=uuid7(),
                campaign_id=campaign.id,
                household_id=door,
                outcome="all_well",
                visited_at=evening,
            )
            yield Walked(code[: int(Level.GRID)], evening, visit)


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
