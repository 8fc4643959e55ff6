"""Which report counts a visit: in whatever order they are sent, wherever the door lies later."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict
from fangxian.common.scoping import acting
from fangxian.core.models import Task
from fangxian.field import jobs
from fangxian.field.actions import (
    NewVisit,
    close_campaign,
    close_reports,
    prepare_reports,
    record_visits,
    send_report,
)
from fangxian.field.actions.reports import OVERDUE
from fangxian.field.models import Campaign, DailyReport, Visit
from fangxian.field.reporting import Span, below, due_at, due_times, first_day, span_among
from fangxian.field.tests.conftest import begin
from fangxian.regions.queries import full_name
from fangxian.register.actions import change_household, create_household
from tests.kit.cast import make_cast, make_places

HOUR = dt.timedelta(hours=1)
MONDAY = dt.date(2026, 3, 2)
DUE = 17
ELSEWHERE = "13090200100200100101"  # in another community than Bob's unit


def clock(day: int, hour: float) -> dt.datetime:
    morning = timezone.make_aware(dt.datetime.combine(MONDAY, dt.time.min))
    return morning + dt.timedelta(days=day, hours=hour)


def report(day: int, due: float = DUE) -> DailyReport:
    campaign = Campaign(created_at=clock(-1, 0))
    return DailyReport(
        campaign=campaign, day=MONDAY + dt.timedelta(days=day), due_at=clock(day, due)
    )


@given(
    due=st.sampled_from([9, 17, 24.5]),
    steps=st.lists(st.tuples(st.integers(1, 40), st.integers(0, 3)), min_size=1, max_size=12),
)
def test_the_reports_of_a_place_share_the_time_between_them(
    due: float, steps: list[tuple[int, int]]
) -> None:
    """Hours go by; each midnight brings a report; some are sent, in the order of their days."""
    now = clock(0, 8)
    every: list[DailyReport] = []
    for hours, sends in steps:
        now += hours * HOUR
        every += [report(day, due) for day in range(len(every), (now - clock(0, 0)).days + 1)]
        for one in [one for one in every if one.sent_at is None][:sends]:
            span = span_among(one, every, now)
            one.counted_from, one.counted_to, one.sent_at = span.start, span.end, now
    spans = [
        Span(one.counted_from, one.counted_to or now)
        if one.sent_at
        else span_among(one, every, now)
        for one in every
    ]
    assert spans[0].start is None
    for one, following in pairwise(spans):
        assert one.end == following.start
    for span in spans:
        assert span.end <= now
        assert span.start is None or span.start <= span.end
    assert every[-1].sent_at is not None or spans[-1].end == now
    for day, span in list(enumerate(spans))[:-1]:
        if every[day].sent_at is None:
            assert span.end == max(clock(day, due), span.start or clock(0, 0)) or span.end == now


def test_the_reports_of_a_weekend_that_was_missed_are_each_of_their_day() -> None:
    friday, saturday, sunday, monday = every = [report(day) for day in range(4)]
    friday.counted_to = friday.sent_at = clock(0, 16.5)
    now = clock(3, 9)
    expected = [
        (clock(0, 16.5), clock(1, DUE)),
        (clock(1, DUE), clock(2, DUE)),
        (clock(2, DUE), now),
    ]
    for late, bounds in zip((saturday, sunday, monday), expected, strict=True):
        span = span_among(late, every, now)
        assert (span.start, span.end) == bounds
    for late, bounds in zip((saturday, sunday, monday), expected, strict=True):
        span = span_among(late, every, now)
        assert (span.start, span.end) == bounds
        late.counted_from, late.counted_to, late.sent_at = span.start, span.end, now


def test_an_overdue_report_counts_its_own_day(campaign: Campaign, cast: Any, places: Any) -> None:
    """Of visits that the database received on the days of a weekend."""
    hq, today = cast.actor("headquarters"), timezone.localdate()
    days = [today - dt.timedelta(days=ago) for ago in (2, 1, 0)]
    for day in days:
        prepare_reports(by=hq, campaign=campaign, day=day)
    with acting(hq):
        target = campaign.targets.filter(place_code__startswith=places.community).first()
        assert target is not None
        for day, made in zip(days, (3, 0, 1), strict=True):
            Visit.objects.bulk_create(
                _received(campaign, target, due_at(campaign, day) - HOUR * (24 if n else 2))
                if day < today
                else _received(campaign, target, timezone.now())
                for n in range(made)
            )
        owed = list(DailyReport.objects.filter(place_code=places.community).order_by("-day"))
    for report in owed[:-1]:
        with pytest.raises(Conflict):
            send_report(by=hq, report=report)
    told = [send_report(by=hq, report=report).figures["visits"] for report in reversed(owed)]
    assert told == [3, 0, 1]


def _received(campaign: Campaign, target: Any, at: dt.datetime) -> Visit:
    return Visit(
        created_at=at,
        place_code=target.place_code,
        campaign=campaign,
        target=target,
        household_id=target.household_id,
        op_id=uuid4(),
        digest=b"",
        outcome="absent",
        form_id=campaign.form_id,
        visited_at=at,
        code_then=target.place_code,
    )


class Moves(RuleBasedStateMachine):
    """Doors are visited, corrected and put into another community, while reports are sent."""

    def __init__(self) -> None:
        super().__init__()
        self.frame = transaction.atomic()
        self.frame.__enter__()
        self.places = make_places()
        make_cast(self.places)
        self.by = Actor.system("test", "130902")
        self.codes = (self.places.community, self.places.other_community)
        units = (self.places.unit, ELSEWHERE)
        self.doors = [
            create_household(by=self.by, place_code=unit, room=f"{n:03d}").id
            for n, unit in enumerate(units * 2)
        ]
        self.units = {door: units[n % 2] for n, door in enumerate(self.doors)}
        self.other = dict(zip(units, units[::-1], strict=True))
        self.campaign = begin(self.by, self.places)
        self.last: dict[Any, Any] = {}
        self.days = dict.fromkeys((*self.codes, self.places.town), timezone.localdate())
        self.told = dict.fromkeys(self.days, 0)
        self.held = 0

    def teardown(self) -> None:
        try:
            self._each_visit_that_holds_is_in_one_report()
        finally:
            transaction.set_rollback(True)
            self.frame.__exit__(None, None, None)

    @rule(n=st.integers(0, 3), outcome=st.sampled_from(["all_well", "absent"]))
    def visit(self, n: int, outcome: str) -> None:
        self._record(self.doors[n], outcome, None)
        self.held += 1

    @rule(n=st.integers(0, 3), outcome=st.sampled_from(["all_well", "absent"]))
    def correct(self, n: int, outcome: str) -> None:
        if mistaken := self.last.get(self.doors[n]):
            self._record(self.doors[n], outcome, mistaken)

    def _record(self, door: Any, outcome: str, corrects: Any) -> None:
        self.last[door] = uuid4()
        visit = NewVisit(self.last[door], self.campaign.id, door, outcome, corrects=corrects)
        (answer,) = record_visits(by=self.by, visits=[visit])
        assert answer.result == "applied"

    @rule(n=st.integers(0, 3))
    def move(self, n: int) -> None:
        door = self.doors[n]
        self.units[door] = self.other[self.units[door]]
        change_household(by=self.by, household_id=door, place_code=self.units[door])

    @rule(which=st.integers(0, 2))
    def send(self, which: int) -> None:
        self._send(list(self.days)[which])

    def _send(self, code: str) -> None:
        day, self.days[code] = self.days[code], self.days[code] + dt.timedelta(days=1)
        # Whoever sends sees its own place alone, not where a door has gone since.
        here = self.by.within(code)
        prepare_reports(by=here, campaign=self.campaign, day=day)
        with acting(here):
            owed = DailyReport.objects.get(campaign=self.campaign, day=day, place_code=code)
        figures = send_report(by=here, report=owed).figures
        self.told[code] += figures["visits"] - figures["taken_back"]

    def _each_visit_that_holds_is_in_one_report(self) -> None:
        for code in self.days:
            self._send(code)
        assert sum(self.told[code] for code in self.codes) == self.held
        assert self.told[self.places.town] == self.held


TestMoves = Moves.TestCase
TestMoves.settings = settings(
    max_examples=8,
    stateful_step_count=12,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestMoves = pytest.mark.django_db(TestMoves)


def test_a_visit_stays_in_the_figures_of_the_place_that_made_it(
    campaign: Campaign, alice: Any, bob: Any, places: Any
) -> None:
    """Recorded in one community, put into another before either has sent."""
    hq = Actor.system("test", places.town)
    with acting(bob):
        door = campaign.targets.filter(household__room="201").first()
    assert door is not None
    visit = NewVisit(uuid4(), campaign.id, door.household_id, "all_well")
    record_visits(by=bob, visits=[visit])
    change_household(by=hq, household_id=door.household_id, place_code=ELSEWHERE)
    prepare_reports(by=hq, campaign=campaign, day=timezone.localdate())
    figures = {}
    for code in (places.other_community, places.community, places.town):
        with acting(hq):
            owed = DailyReport.objects.get(place_code=code)
        figures[code] = send_report(by=hq.within(code), report=owed).figures
    told = {code: (one["visits"], one["newly_covered"]) for code, one in figures.items()}
    assert told == {
        places.other_community: (0, 0),
        places.community: (1, 1),
        places.town: (1, 1),
    }


def test_a_correction_after_the_move_is_in_a_closing_report_of_both_places(
    campaign: Campaign, bob: Any, places: Any
) -> None:
    """The first place reported the visit; what takes it back must reach its reports too."""
    hq, today = Actor.system("test", places.county), timezone.localdate()
    with acting(bob):
        door = campaign.targets.filter(household__room="201").first()
    assert door is not None
    mistaken = NewVisit(uuid4(), campaign.id, door.household_id, "all_well")
    record_visits(by=bob, visits=[mistaken])
    prepare_reports(by=hq, campaign=campaign, day=today)
    with acting(hq):
        owed = list(DailyReport.objects.all())
    for one in owed:
        send_report(by=hq, report=one)
    change_household(by=hq, household_id=door.household_id, place_code=ELSEWHERE)
    right = NewVisit(uuid4(), campaign.id, door.household_id, "absent", corrects=mistaken.op_id)
    record_visits(by=hq, visits=[right])
    close_campaign(by=hq, campaign=campaign)
    close_reports(by=hq, campaign=campaign)
    with acting(hq):
        closing = {one.place_code: one.figures for one in DailyReport.objects.filter(closing=True)}
    told = {code: (one["visits"], one["taken_back"]) for code, one in closing.items()}
    assert told == {
        places.community: (0, 1),
        places.other_community: (1, 0),
        places.town: (1, 1),
        places.county: (1, 1),
    }


def test_visits_follow_a_community_that_gets_another_code(
    campaign: Campaign, bob: Any, places: Any
) -> None:
    from fangxian.regions.recode import move, with_places_below

    hq, today = Actor.system("test", places.county), timezone.localdate()
    with acting(bob):
        door = campaign.targets.filter(household__room="201").first()
    assert door is not None
    record_visits(by=bob, visits=[NewVisit(uuid4(), campaign.id, door.household_id, "all_well")])
    new = places.town + "009"
    move(by=hq, pairs=with_places_below({places.community: new}), area=places.town, on=today)
    record_visits(by=hq, visits=[NewVisit(uuid4(), campaign.id, door.household_id, "all_well")])
    prepare_reports(by=hq, campaign=campaign, day=today)
    with acting(hq):
        owed = {one.place_code: one for one in DailyReport.objects.all()}
    told = {code: send_report(by=hq, report=one).figures["visits"] for code, one in owed.items()}
    assert (told[new], told[places.other_community], told[places.town]) == (2, 0, 2)


def test_a_sweep_that_starts_in_the_evening_owes_its_first_report_the_next_day(
    campaign: Campaign,
) -> None:
    def at(hour: int, due: dt.time | None = None, *, lasts: int = 3) -> tuple[dt.date, dt.datetime]:
        campaign.starts_on, campaign.ends_on = MONDAY, MONDAY + dt.timedelta(days=lasts)
        campaign.started_at, campaign.report_at = clock(0, hour), due
        return first_day(campaign), due_at(campaign, first_day(campaign))

    tuesday = MONDAY + dt.timedelta(days=1)
    with acting(Actor.system("test", "130902")):
        assert at(16) == (MONDAY, clock(0, 17))
        assert at(17) == (tuesday, clock(1, 17))
        assert at(18) == (tuesday, clock(1, 17))
        # “After midnight” is the next morning, so the day of the start has its report.
        assert at(18, dt.time(0, 30)) == (MONDAY, clock(1, 0.5))
        assert at(18, dt.time(5, 59)) == (MONDAY, clock(1, 5 + 59 / 60))
        assert at(18, dt.time(6, 0)) == (tuesday, clock(1, 6))
        # It lasts for that day alone.
        day, due = at(18, lasts=0)
        assert (day, timezone.localdate(due), due > clock(0, 18)) == (MONDAY, MONDAY, True)
        assert due_at(campaign, tuesday) == clock(1, 17)


def test_the_first_day_is_not_owed_when_it_would_be_overdue_at_once(
    campaign: Campaign, cast: Any
) -> None:
    hq = cast.actor("headquarters")
    begun = timezone.localtime() - dt.timedelta(days=1)
    with acting(hq):
        Campaign.objects.update(started_at=begun, starts_on=begun.date(), report_at=dt.time(6))
        Campaign.objects.update(started_at=begun.replace(hour=18))
    assert jobs.begin_day(begun.date()) == 0
    assert jobs.begin_day(timezone.localdate()) == 4
    with acting(hq):
        assert {one.day for one in DailyReport.objects.all()} == {timezone.localdate()}


def test_each_level_of_a_city_owes_its_report_after_those_that_it_adds_up(
    client_of: Any, cast: Any, places: Any
) -> None:
    city = Actor.system("test", "1309")
    campaign = begin(city, places, area=places["1309"], report_at=None)
    tomorrow = timezone.localdate() + dt.timedelta(days=1)
    assert prepare_reports(by=city, campaign=campaign, day=tomorrow) == 9
    with acting(city):
        owed = {one.place_code: one for one in DailyReport.objects.select_related("campaign")}
        tasks = {one.place_code: one for one in Task.objects.filter(kind=OVERDUE)}
        counties = [one.place_code for one in below(owed["1309"])]
    times = [(places.community, 17, 0), (places.town, 17, 30), (places.county, 18, 0)]
    for code, hour, minute in [*times, ("1309", 18, 30)]:
        due = timezone.make_aware(dt.datetime.combine(tomorrow, dt.time(hour, minute)))
        assert owed[code].due_at == tasks[code].due_at == due
    assert (tasks["1309"].assignee_role, counties) == ("headquarters", ["130902", "130903"])
    assert full_name("1309") == places["1309"].name
    page = client_of("headquarters").get(reverse("field:campaign", args=[campaign.id]))
    told = page.content.decode()
    assert all(time in told for time in ("17:00", "17:30", "18:00", "18:30"))
    # The time of the sweep is that of its lowest level.
    campaign.report_at = dt.time(23, 15)
    with acting(city):
        told_late = [(at, next_day) for _level, at, next_day in due_times(campaign)]
    assert told_late == [
        (dt.time(23, 15), False),
        (dt.time(23, 45), False),
        (dt.time(0, 15), True),
        (dt.time(0, 45), True),
    ]


@pytest.mark.parametrize("level", [15, 18])
def test_a_sweep_of_less_than_a_community_is_reported_by_it(
    client_of: Any, cast: Any, bob: Any, places: Any, level: int
) -> None:
    hq = cast.actor("headquarters")
    for unit in (places.unit, ELSEWHERE):
        create_household(by=hq, place_code=unit, room="101")
    campaign = begin(hq, places, area=places[places.unit[:level]])
    assert jobs.begin_day() == 1
    with acting(bob):
        door = campaign.targets.get()
    record_visits(by=bob, visits=[NewVisit(uuid4(), campaign.id, door.household_id, "all_well")])
    with acting(hq):
        owed = DailyReport.objects.get(campaign=campaign)
        task = Task.objects.get(kind=OVERDUE)
    assert (owed.place_code, task.assignee_role) == (places.community, "community_staff")
    page = client_of("headquarters").get(reverse("field:reports", args=[campaign.id]))
    assert [row["report"].id for row in page.context["rows"]] == [owed.id]
    told = send_report(by=hq.within(places.community), report=owed).figures
    assert (told["visits"], told["target"], told["visited"], told["gap"]) == (1, 1, 1, 0)
