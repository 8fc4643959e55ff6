"""The demonstration county looks alive, on the first day and on later ones."""

from __future__ import annotations

import datetime as dt
import os
import time
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from django.core.management import call_command
from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext

from fangxian.accounts.actions import grant_role, revoke_grant
from fangxian.accounts.models import Device, Grant, User
from fangxian.common import registries
from fangxian.common.actor import Actor
from fangxian.common.scoping import acting
from fangxian.config.demo import alive, chain, duties, sweep
from fangxian.config.demo.officers import Officers
from fangxian.config.demo.recipe import CHECKS, WEIGHTS, Chance, recipe
from fangxian.core.models import Measure, Task
from fangxian.field.actions.reports import OVERDUE
from fangxian.field.duties.figures import figures
from fangxian.field.models import (
    Campaign,
    DailyReport,
    FieldConflict,
    Gate,
    GateEntry,
    GateUnit,
    HeldOperation,
    Operation,
    Round,
    Target,
    Visit,
)
from fangxian.field.sync.entities import Result
from fangxian.field.sync.held import take_over
from fangxian.mobilise.models import Call, Certificate, DraftLine, Post, RosterDraft, Turn
from fangxian.organisations import reporting
from fangxian.organisations.models import (
    Alliance,
    Member,
    Pairing,
    Responsibility,
    Secondment,
    TemporaryUnit,
    Vacancy,
)
from fangxian.organisations.proposing import ground, shown, solved
from fangxian.organisations.queries import who_closes_many
from fangxian.organisations.rules import chain_rules
from fangxian.people.models import MergeCandidate, PersonDocument
from fangxian.regions.queries import at
from fangxian.register.models import Establishment, Household
from fangxian.reporting.models import Bulletin, Issuer, Ledger, OfficeTemplate, Shot, Taking
from tests.browser.county import HOUSEHOLDS, copied, make_template

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
COUNTY = recipe()["county"]
NEARLY_OVER = dt.timedelta(minutes=2)


def past_midnight() -> None:
    """A county that was made for a day is looked at on that day."""
    now = timezone.localtime()
    tomorrow = now.date() + dt.timedelta(days=1)
    left = timezone.make_aware(dt.datetime.combine(tomorrow, dt.time())) - now
    if left < NEARLY_OVER:
        time.sleep(left.total_seconds() + 1)


@pytest.fixture
def county(
    django_db_setup: None, template_database: str, django_db_blocker: Any, worker_id: str
) -> Iterator[Actor]:
    with django_db_blocker.unblock():
        past_midnight()
        name = make_template(template_database)
        with copied(name, f"fx_{os.getpid()}_{worker_id}_demo"):
            yield Actor.system("test", COUNTY)


def overdue(by: Actor, day: dt.date) -> list[str]:
    """The places whose reports are overdue on a day, before its own are due."""
    moment = timezone.make_aware(dt.datetime.combine(day, dt.time(22, 30)))
    with acting(by):
        late = DailyReport.objects.filter(sent_at=None, due_at__lt=moment)
        tasks = Task.objects.filter(kind=OVERDUE, state="open", due_at__lt=moment)
        assert late.count() == tasks.count()
        return list(late.values_list("place_code", flat=True))


def to_revisit(by: Actor, before: dt.date) -> int:
    """Doors where nobody was met and which should have been revisited before the day."""
    with acting(by):
        return Target.objects.filter(state="open", visits__gt=0, due_on__lt=before).count()


def passed() -> dict[tuple[Any, dt.date], int]:
    """Entries of each gate and day."""
    days = GateEntry.objects.values_list("gate_id", "at__date").annotate(n=Count("id"))
    return {(gate, day): n for gate, day, n in days}


def test_it_looks_alive(county: Actor) -> None:
    assert recipe()["households"] == 20_000
    assert len(overdue(county, timezone.localdate())) == 1
    assert 1 <= to_revisit(county, timezone.localdate()) <= sweep.LATE
    # The others wait, some for each of the days to come.
    assert to_revisit(county, timezone.localdate() + dt.timedelta(days=sweep.SOON + 2)) > 15
    with acting(county):
        # A smaller one; as many as its grids need at least.
        assert Household.objects.count() >= HOUSEHOLDS
        assert sum(Vacancy.objects.values_list("missing", flat=True)) == 1
        assert MergeCandidate.objects.filter(state="open").count() == 1
        assert Target.objects.filter(state="open").exists()
        assert Target.objects.filter(state="visited").exists()
        assert Target.objects.filter(state="exempt").exists()
        numbers = [one.number for one in PersonDocument.objects.filter(kind="identity")[:500]]
    assert len(numbers) == 500
    for number in numbers:
        assert number[14:17] in {"996", "997", "998", "999"}, "an issued number"
        total = sum(int(a) * b for a, b in zip(number, WEIGHTS, strict=False))
        assert number[17] == CHECKS[total % 11]


def test_what_goes_on_beside_the_sweep_is_there_too(county: Actor) -> None:
    today = timezone.localdate()
    with acting(county):
        rows = Responsibility.objects.all()
        ten = rows.filter(role="member_household", to_date=None)
        assert ten.count() == alive.MEMBERS
        assert {row.households.filter(to_date=None).count() for row in ten} == {alive.TEN}
        assert all(row.member is not None and row.member.party_member for row in ten)
        (vacancy,) = Vacancy.objects.all()
        wishes = Member.objects.exclude(wish=None)
        assert wishes.filter(wish=vacancy.place_id).count() == chain.WISHING
        assert wishes.exclude(wish=vacancy.place_id).count() == alive.MEMBERS // 2
        of = ground(at(vacancy.place_code[:9]), chain_rules().role(vacancy.role))
        (line,) = shown(of, solved(of)).lines
        assert gettext("wishes to serve here") in line.reasons
        assert rows.exclude(substitute_for=None).filter(to_date__gte=today).count() == 1
        assert rows.filter(role="building_head", to_date__lt=today).count() == 1
        kept = rows.filter(role="contact_leader").values("establishment_id")
        asked = Establishment.objects.filter(kind__in=alive.CONTACTED)
        assert asked.filter(id__in=kept).exists()
        assert asked.exclude(id__in=kept).count() == alive.WITHOUT_CONTACT
        assert [measure.state for measure in Measure.objects.all()] == ["in_force"]
    for name, invariant in registries.invariants.items():
        assert not list(invariant.find()), name


def test_units_that_come_and_go_are_there(county: Actor) -> None:
    with acting(county):
        states = TemporaryUnit.objects.values_list("state", flat=True)
        assert sorted(states) == ["founded", "proposed"]
        serving = Secondment.objects.exclude(member=None)
        assert {row.home.to_date for row in serving.select_related("home")} == {None}
        assert Task.objects.filter(kind="organisations.unit_proposed", state="open").exists()
        assert Alliance.objects.get().allies.count() == 4
        assert Pairing.objects.get().entries.count() == 2
        here = Alliance.objects.get().place_code
        counts = {s: reporting.items_in(here, state=s).count() for s in reporting.STATES}
        assert counts == {"open": 2, "claimed": 1, "done": 1, "withdrawn": 0}
        assert reporting.to_receive(here).count() == 1
        assert reporting.missing_feedback(here)


def test_gates_and_rounds_are_alive(county: Actor) -> None:
    # Who starts it again later in the day finds what was due meanwhile.
    call_command("load_demo", later=True)
    yesterday = timezone.localdate() - dt.timedelta(days=1)
    with acting(county):
        assert {gate.kind for gate in Gate.objects.all()} >= {"quarter", "village", "road"}
        assert GateUnit.objects.count() >= 6
        found = figures(COUNTY, yesterday)
        assert found.gates.entries == duties.ENTRIES * Gate.objects.count()
        assert found.disinfections > 0
        assert set(found.outreach) > {"told"}
        states = duties.queries.states_of(Round.objects.all())
        # On purpose, at any hour: by day the last point of the first round, that of the night.
        assert 1 <= sum(state.missed for points in states.values() for state in points) <= 2
        said = list(GateEntry.objects.filter(plate__isnull=False)[:20])
        assert all(entry.plate.startswith("演示") for entry in said)
        assert max(entry.at for entry in GateEntry.objects.all()) <= timezone.now()
        before = passed()
        assert before
    call_command("load_demo", later=True)
    with acting(county):
        assert before.items() <= passed().items()


def test_posts_and_calls_are_alive(county: Actor) -> None:
    """At any hour of the day somebody is, or was, on duty; later there is something to answer."""
    today, now = timezone.localdate(), timezone.now()
    with acting(county):
        turns = Turn.objects.filter(state=Turn.State.PLACED)
        assert turns.filter(shift__day=today).exists()
        on_duty = turns.filter(shift__starts_at__lte=now, shift__ends_at__gt=now)
        assert not on_duty.filter(came_at=None).exists()
        assert turns.filter(minutes__gt=0).exclude(done={}).exists()
        assert Post.objects.exclude(duties=[]).exists()
        assert Certificate.objects.exists()
        assert Task.objects.filter(kind="mobilise.load", state="open").exists()
        assert set(Call.objects.values_list("state", flat=True)) == set(Call.State.values)
        drafts = RosterDraft.objects.values_list("state", "repairs").order_by("created_at")
        assert list(drafts) == [("published", False), ("ready", True), ("ready", False)]
        moved = DraftLine.objects.filter(draft__repairs=True).exclude(change="kept")
        assert {line.change for line in moved} >= {"off"}
        # A week later.
        Call.objects.filter(state=Call.State.SENT).update(cut_off=now)
    call_command("load_demo", later=True)
    with acting(county):
        assert Call.objects.filter(state=Call.State.SENT, cut_off__gt=now).count() == 2
        assert RosterDraft.objects.count() == 3


def test_ledgers_and_papers_are_alive(county: Actor) -> None:
    with acting(county):
        assert Ledger.objects.exclude(name="").count() == 5
        [standing] = Taking.objects.exclude(standing_until=None)
        assert standing.state == Taking.State.APPROVED
        assert Issuer.objects.get().place_code == COUNTY
        assert Shot.objects.get().rows > 0
        states = dict(Bulletin.objects.values_list("template", "state"))
        assert states == {"zero": "issued", "posting": "review", "daily": "draft"}
        assert OfficeTemplate.objects.get().checked
        (choice,) = OfficeTemplate.objects.get().choices["tables"].values()
        assert choice["mode"] == "figures"
        assert sum(bool(name) for name in choice["columns"].values()) == 4


def test_phones_are_alive(county: Actor) -> None:
    """All that the officer with a phone recorded came by it; some of it waits for a decision."""
    with acting(county):
        mine = User.objects.get(username="wangge")
        phones = Device.objects.order_by("enrolled_at")
        assert [one.state(timezone.now()) for one in phones] == ["wiped", "working", "working"]
        assert all(one.expires_at > timezone.now() > one.enrolled_at for one in phones)
        lost, *_others = phones
        own = Visit.objects.filter(user_id=mine.id)
        assert own.exists()
        assert {one.source.partition(" ")[0] for one in own} == {"device"}
        results = dict(Operation.objects.values_list("result").annotate(n=Count("op_id")))
        held = HeldOperation.objects.filter(state="open")
        assert {one.why for one in held} == {"device"}
        assert {one.device_id for one in held} == {lost.pk}
        assert {one.entity for one in held} == {"visit", "household"}
        disputed = list(FieldConflict.objects.filter(state="open").order_by("field"))
        assert [one.field for one in disputed] == ["away_where", "note"]
        assert [len(orjson.loads(one.values)) for one in disputed] == [3, 3]
        applied = results.pop("applied")
        # The gate, the round, the disinfection and what was said in his grid, too.
        assert applied > own.count() + duties.ENTRIES
        assert results == {"held": held.count(), "conflict": len(disputed)}
        waiting = list(held)
    for one in waiting:
        assert take_over(by=county, held_id=one.pk) is Result.APPLIED


def test_who_answers_for_a_door_visits_it_by_day(county: Actor) -> None:
    with acting(county):
        visits = list(Visit.objects.all())
        own = User.objects.select_related("region").get(username="wangge")
        days = {timezone.localdate(visit.visited_at) for visit in visits}
        grids = sorted({visit.place_code[:15] for visit in visits})
        held = {day: who_closes_many(grids, day) for day in days}
    assert {timezone.localtime(visit.visited_at).hour for visit in visits} <= set(range(8, 20))
    assert max(visit.visited_at for visit in visits) <= timezone.now()
    assert len(days) > sweep.BEGAN - 1
    for visit in visits:
        grid = visit.place_code[:15]
        if grid == own.region.code:
            assert (visit.actor, visit.user_id) == ("wangge", own.id)
        else:
            name = held[timezone.localdate(visit.visited_at)][grid][0].name
            assert (visit.actor, visit.user_id) == (name, None)
    # Some were found at the second attempt.
    assert len({visit.target_id for visit in visits}) < len(visits)


def test_each_report_counts_the_visits_of_its_day(county: Actor) -> None:
    check_reports(county)


def check_reports(county: Actor) -> None:
    """Each report of the county was sent in its evening and counts the visits of its day."""
    with acting(county):
        for report in DailyReport.objects.filter(place_code=COUNTY).exclude(sent_at=None):
            assert report.sent_by == "zhihuibu"
            assert (
                timezone.localdate(report.due_at)
                == timezone.localdate(report.sent_at)
                == report.day
            )
            made = Visit.objects.filter(visited_at__date=report.day).count()
            assert report.figures["visits"] == made
            assert made > 0 or report.day >= timezone.localdate()
        sent = DailyReport.objects.exclude(sent_at=None)
        assert not sent.filter(sent_by__startswith="system").exists()


def test_who_looks_at_whom_is_told_with_his_organisation(county: Actor) -> None:
    with acting(county):
        officer = User.objects.select_related("region").get(username="wangge")
        answers = Responsibility.objects.get(place=officer.region, role="grid_officer")
        assert answers.person_id == officer.person_id
        for user in User.objects.exclude(username__startswith="system"):
            bodies = Member.objects.filter(person_id=user.person_id).values_list("organisation_id")
            assert [(grant.organisation_id,) for grant in user.grants.all()] == list(bodies)


def test_one_report_is_overdue_on_each_later_day(
    county: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = timezone.now()
    today = timezone.localdate()
    (late,) = overdue(county, today)
    everywhere = Actor.system("test", "")
    with acting(county):
        known = set(Visit.objects.values_list("id", flat=True))
        above = User.objects.get(username="zhihuibu")
        office = User.objects.select_related("region").get(username="shequ").region
        taken = Grant.objects.get(user__username="shequ")
    # Visitors try things out: a second role below, a role that is taken back.
    grant_role(
        by=everywhere,
        user_id=above.id,
        role="community_staff",
        region_code=office.code,
        reason="on leave",
    )
    for days in (0, 1, 4):
        day = today + dt.timedelta(days=days)
        moment = began + dt.timedelta(days=days)
        monkeypatch.setattr(timezone, "now", lambda moment=moment: moment)
        assert Chance().today == day
        if days == 4:
            revoke_grant(by=everywhere, grant_id=taken.id, reason="on leave")
        call_command("load_demo", later=True)
        assert overdue(county, day) == [late]
        assert 1 <= to_revisit(county, day) <= sweep.LATE
    monkeypatch.undo()
    check_reports(county)
    with acting(county):
        again = Visit.objects.exclude(id__in=known)
        moments = [timezone.localtime(visit.visited_at) for visit in again]
        assert {moment.date() for moment in moments} >= {today, today + dt.timedelta(days=1)}
        first, last = sweep.EVENING
        assert all(first <= moment.time() <= last for moment in moments)
        assert {visit.created_at - visit.visited_at for visit in again} == {sweep.SENT_AFTER}
        of_office = DailyReport.objects.filter(place=office, day__gte=today)
        senders = dict(of_office.values_list("day", "sent_by"))
        assert senders[today] == "shequ"
        assert senders[today + dt.timedelta(days=2)] not in {"shequ", ""}


def test_nothing_is_sent_when_the_sweep_is_closed(county: Actor) -> None:
    with acting(county):
        Campaign.objects.update(state="closed")
    chance = Chance()
    assert sweep.catch_up(county, chance, Officers(county, chance)) == 0
