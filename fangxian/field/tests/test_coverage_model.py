"""Coverage held against an independent model, whatever happens in whatever order.

The model keeps each household's door, whether it is closed, its visits with what corrects them, and
its exemption, and counts by plain Python. The product must agree at every level, before and after
its counters are folded, and with what it counts anew itself.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from fangxian.common.actor import Actor
from fangxian.common.codes import ancestors
from fangxian.common.errors import Conflict
from fangxian.common.scoping import acting
from fangxian.core import counters
from fangxian.field import invariants, queries
from fangxian.field.actions import (
    NewVisit,
    end_exemption,
    exempt,
    lapse_exemptions,
    record_visits,
)
from fangxian.field.models import Campaign, Exemption
from fangxian.field.targets import sync_targets
from fangxian.field.tests.conftest import begin
from fangxian.regions.actions import move_place
from fangxian.register.actions import (
    change_household,
    close_household,
    create_household,
    move_in,
    move_out,
)
from fangxian.register.models import Household
from tests.kit.cast import Places, make_cast, make_places

CLOSING = {"all_well", "exceptions", "vacant"}
OUTCOMES = ["all_well", "absent", "refused", "vacant"]
UNITS = [
    f"130902001{community}{grid}{building}01"
    for community in ("001", "002")
    for grid in ("001", "002")
    for building in ("001", "002")
]
OUTSIDE = "13090300100100100101"


@dataclass
class Door:
    """One household as the model sees it."""

    id: UUID
    unit: str
    closed: bool = False
    visits: list[tuple[UUID, str]] = field(default_factory=list)
    corrected: set[UUID] = field(default_factory=set)
    exempt: bool = False
    suspended: bool = False
    tenant: UUID | None = None
    out: bool = False

    def covered(self) -> bool:
        return any(o in CLOSING for op, o in self.visits if op not in self.corrected)

    def covering_ends_the_exemption(self) -> None:
        """A visit that covers ends it; when none holds any more, it goes on."""
        if self.covered():
            self.suspended = self.suspended or self.exempt
            self.exempt = False
            return
        if not self.closed:
            self.exempt = self.exempt or self.suspended
        self.suspended = False

    def state(self, *, tenants_only: bool = False) -> str:
        if self.out or (self.closed and not self.covered()):
            return "gone"
        if self.covered():
            return "visited"
        if self.exempt:
            return "exempt"
        left = tenants_only and self.tenant is None and not self.visits
        return "gone" if left else "open"


class Coverage(RuleBasedStateMachine):
    """What can happen to a sweep."""

    group = "all"

    def __init__(self) -> None:
        super().__init__()
        # A run is taken back as a whole, like a test.
        self.frame = transaction.atomic()
        self.frame.__enter__()
        self.places: Places = make_places()
        make_cast(self.places)
        self.by = Actor.system("test", "1309")
        self.doors: list[Door] = []
        self.units = {unit: unit for unit in UNITS}
        for unit in UNITS[:3]:
            self._create(unit)
        self.campaign: Campaign = begin(self.by, self.places, group=self.group)

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.frame.__exit__(None, None, None)

    def _create(self, unit: str) -> None:
        room = f"{len(self.doors) + 1:03d}"
        made = create_household(by=self.by, place_code=self.units[unit], room=room)
        self.doors.append(Door(made.id, unit))

    def _door(self, n: int) -> Door:
        return self.doors[n % len(self.doors)]

    def _code(self, door: Door) -> str:
        return OUTSIDE if door.out else self.units[door.unit]

    def _state(self, door: Door) -> str:
        return door.state(tenants_only=self.group == "tenants")

    def _in_step(self) -> None:
        """What the clock does: a group is looked at again when an exemption has ended."""
        sync_targets(by=self.by, campaign=self.campaign, area="130902", today=timezone.localdate())

    @rule(n=st.integers(0, 50))
    def a_tenant_moves_in_or_out(self, n: int) -> None:
        door = self._door(n)
        if door.closed:
            return
        today = timezone.localdate()
        if door.tenant is None:
            living = move_in(
                by=self.by,
                household_id=door.id,
                on=today,
                name="查无此人",
                sex="1",
                kind="tenant",
            )
            door.tenant = living.id
        else:
            move_out(by=self.by, residency_id=door.tenant, on=today)
            door.tenant = None

    @rule(unit=st.sampled_from(UNITS))
    def a_household_is_made(self, unit: str) -> None:
        self._create(unit)

    @rule(
        which=st.lists(st.tuples(st.integers(0, 50), st.sampled_from(OUTCOMES)), min_size=1),
        again=st.booleans(),
    )
    def visits_are_recorded(self, which: list[tuple[int, str]], again: bool) -> None:
        sent = [(self._door(n), uuid4(), outcome) for n, outcome in which]
        batch = [NewVisit(op, self.campaign.id, door.id, outcome) for door, op, outcome in sent]
        gone = [self._state(door) == "gone" for door, _op, _outcome in sent]
        answers = record_visits(by=self.by, visits=batch)
        assert [a.result == "rejected" for a in answers] == gone
        for (door, op, outcome), was_gone in zip(sent, gone, strict=True):
            if not was_gone:
                door.visits.append((op, outcome))
        if again:
            repeated = record_visits(by=self.by, visits=batch)
            for answer, repeat in zip(answers, repeated, strict=True):
                assert repeat.result == {"applied": "duplicate"}.get(answer.result, "rejected")
        for door, _op, _outcome in sent:
            door.covering_ends_the_exemption()

    @rule(n=st.integers(0, 50), at=st.integers(0, 9), outcome=st.sampled_from(OUTCOMES))
    def a_visit_is_corrected(self, n: int, at: int, outcome: str) -> None:
        door = self._door(n)
        if not door.visits:
            return
        mistaken = door.visits[at % len(door.visits)][0]
        op = uuid4()
        visit = NewVisit(op, self.campaign.id, door.id, outcome, corrects=mistaken)
        (answer,) = record_visits(by=self.by, visits=[visit])
        if self._state(door) == "gone" or mistaken in door.corrected:
            assert answer.result == "rejected"
            return
        assert answer.result == "applied"
        door.corrected.add(mistaken)
        door.visits.append((op, outcome))
        door.covering_ends_the_exemption()

    @rule(n=st.integers(0, 50), days=st.integers(0, 3))
    def a_household_is_exempted(self, n: int, days: int) -> None:
        door = self._door(n)
        if self._state(door) == "gone":
            return
        with acting(self.by):
            target = queries.target_at(self.campaign.id, door.id)
        until = timezone.localdate() + dt.timedelta(days=days)
        if self._state(door) == "open":
            exempt(by=self.by, target=target, reason="away", until=until)
            door.exempt = True
        else:
            with pytest.raises(Conflict):
                exempt(by=self.by, target=target, reason="away", until=until)

    @rule(n=st.integers(0, 50))
    def an_exemption_is_ended(self, n: int) -> None:
        door = self._door(n)
        with acting(self.by):
            found = Exemption.objects.filter(target__household_id=door.id, ended_on=None).first()
        assert (found is not None) == (door.exempt and door.state() == "exempt")
        if found is not None:
            end_exemption(by=self.by, exemption=found)
            door.exempt = False
            self._in_step()

    @rule(days=st.integers(0, 3))
    def days_pass(self, days: int) -> None:
        today = timezone.localdate() + dt.timedelta(days=days)
        with acting(self.by):
            over = set(
                Exemption.objects.filter(ended_on=None, until__lt=today).values_list(
                    "target__household_id", flat=True
                )
            )
        assert lapse_exemptions(by=self.by, today=today) == len(over)
        for door in self.doors:
            door.exempt = door.exempt and door.id not in over
        self._in_step()

    @rule(n=st.integers(0, 50), unit=st.sampled_from([*UNITS, OUTSIDE]))
    def a_household_is_put_elsewhere(self, n: int, unit: str) -> None:
        door = self._door(n)
        code = OUTSIDE if unit == OUTSIDE else self.units[unit]
        change_household(by=self.by, household_id=door.id, place_code=code)
        door.out = unit == OUTSIDE
        door.unit = door.unit if door.out else unit
        door.exempt = door.exempt and not door.out

    @rule(n=st.integers(0, 50))
    def a_household_is_closed_or_opened(self, n: int) -> None:
        door = self._door(n)
        if door.tenant is not None:
            return
        if door.closed:
            change_household(by=self.by, household_id=door.id, state="empty")
        else:
            close_household(by=self.by, household_id=door.id)
            door.exempt = door.exempt and door.covered()
        door.closed = not door.closed

    @precondition(lambda self: self.doors)
    @rule(unit=st.sampled_from(UNITS), grid=st.sampled_from(["001", "002"]))
    def a_building_goes_to_another_grid(self, unit: str, grid: str) -> None:
        building = self.units[unit][:18]
        to = building[:12] + grid
        if building.startswith(to):
            return
        moved = move_place(by=self.by, code=building, to=to, on=timezone.localdate())
        for name, code in self.units.items():
            if code.startswith(building):
                self.units[name] = moved.code + code[18:]

    @rule()
    def all_is_brought_in_step(self) -> None:
        """Nothing is left to do for it: every change was followed at once."""
        added = sync_targets(
            by=self.by, campaign=self.campaign, area="130902", today=timezone.localdate()
        )
        assert added == 0

    @rule()
    def the_counters_are_folded(self) -> None:
        with acting(self.by):
            counters._fold_once(self.by.area)

    @invariant()
    def sums_agree_with_the_model_at_every_level(self) -> None:
        wanted: dict[str, dict[str, int]] = {}
        for door in self.doors:
            state = self._state(door)
            if state == "gone":
                continue
            code = self._code(door)
            for at in ancestors(code, include_self=True):
                counts = wanted.setdefault(at, {"visited": 0, "exempt": 0, "open": 0})
                counts[state] += 1
        with acting(self.by):
            known = [place.code for place in self._regions()]
            found = queries.coverage(self.campaign, known)
            for code in known:
                counts = wanted.get(code, {"visited": 0, "exempt": 0, "open": 0})
                at = found[code]
                assert (at.visited, at.exempt, at.gap) == tuple(counts.values()), code
                assert at.target == at.visited + at.exempt + at.gap
            gaps = queries.gap_counts(self.campaign.id, "130902")
            assert gaps == {
                code: counts["open"]
                for code, counts in wanted.items()
                if len(code) == 15 and counts["open"]
            }
            # `targets.counted` counts anew from the doors; nothing is to be corrected.
            assert _differences(self.by) == []

    def _regions(self) -> Iterator[Any]:
        from fangxian.regions.models import Region

        yield from Region.objects.filter(code__startswith="1309", valid_to=None)


class CoverageOfTenants(Coverage):
    """A sweep of a group that households join and leave."""

    group = "tenants"


def _differences(by: Actor) -> list[counters.Row]:
    return [row for row in counters.corrections(by, by.area) if row[0] in queries.METRICS]


@pytest.mark.parametrize("machine", [Coverage, CoverageOfTenants])
def test_coverage_agrees_with_the_model(db: None, machine: type[Coverage]) -> None:
    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=12,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_the_check_finds_nothing_wrong_and_what_is_planted(
    fresh_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import connections

    hq = Actor.system("test", "130902")
    places = make_places()
    for unit in UNITS:
        create_household(by=hq, place_code=unit, room="101")
    campaign = begin(hq, places)
    with acting(hq):
        homes = list(Household.objects.values_list("id", flat=True))
    record_visits(by=hq, visits=[NewVisit(uuid4(), campaign.id, homes[0], "all_well")])
    checks = [
        invariants.targets,
        invariants.doors,
        invariants.complete,
        invariants.visits,
        invariants.exemptions,
    ]
    assert [list(check()) for check in checks] == [[], [], [], [], []]
    with connections["maintenance"].cursor() as cursor:
        cursor.execute("UPDATE field_target SET state = 'open', visits = 7 WHERE visits > 0")
        cursor.execute(
            "UPDATE register_household SET place_code = %s WHERE id = %s", [OUTSIDE, homes[1]]
        )
        cursor.execute("DELETE FROM field_target WHERE household_id = %s", [homes[2]])
    found = [len(list(check())) for check in checks]
    assert found == [1, 1, 1, 1, 0]
    with connections["maintenance"].cursor() as cursor:
        cursor.execute("UPDATE field_target SET state = 'exempt'")
    assert len(list(invariants.targets())) > 1
    monkeypatch.setattr(invariants, "LIMIT", 1)
    assert len(list(invariants.targets())) == 1
