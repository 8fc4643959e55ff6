"""The counters of the register, held against its rows, whatever happens in whatever order."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from fangxian.common.actor import Actor
from fangxian.common.codes import ancestors
from fangxian.common.errors import Conflict, Invalid, OutOfScope
from fangxian.common.facts import measures, plans
from fangxian.common.scoping import acting
from fangxian.core import counters
from fangxian.people import actions as people
from fangxian.regions import recode
from fangxian.regions.actions import move_place
from fangxian.regions.models import Region
from fangxian.register import actions, queries
from fangxian.register.models import Establishment, Household, KeyGroupEntry, Residency
from fangxian.register.tests.importing import imported
from fangxian.register.tests.ledgers import person, workbook
from tests.kit.cast import make_cast, make_places

COUNTY = "1309"
UNITS = [
    f"130902001{community}{grid}{building}01"
    for community in ("001", "002")
    for grid in ("001", "002")
    for building in ("001", "002")
]
# What an action may answer to a change that makes no sense at the moment.
REFUSALS = (Conflict, Invalid, OutOfScope)
some = st.integers(0, 50)


def live() -> dict[str, Counter[str]]:
    """What every place should count, from the rows, in plain Python."""
    found: list[tuple[str, str]] = []
    for code, state in Household.objects.values_list("place_code", "state"):
        found += [(code, "households")] * (state != "closed") + [(code, "empty")] * (
            state == "empty"
        )
    for code, kind, away in Residency.objects.filter(to_date=None).values_list(
        "place_code", "kind", "away_since"
    ):
        lives = kind != "separated"
        found += [(code, "residents" if lives else "separated")]
        found += [(code, "away")] * (lives and away is not None)
        found += [(code, "tenants")] * (kind == "tenant")
    bodies = Establishment.objects.filter(to_date=None)
    found += [(code, "establishments") for code in bodies.values_list("place_code", flat=True)]
    members = KeyGroupEntry.objects.filter(to_date=None).values_list("place_code", "group")
    found += [(code, queries.GROUP + group) for code, group in members]
    sums: dict[str, Counter[str]] = {}
    for code, metric in found:
        for at in ancestors(code, include_self=True):
            sums.setdefault(at, Counter())[metric] += 1
    return sums


def corrections(by: Actor) -> list[counters.Row]:
    return [row for row in counters.corrections(by, by.area) if row[1] == queries.KEY]


def agree(by: Actor) -> None:
    """Counters are what the rows say, at every place, read in each of the ways."""
    with acting(by):
        wanted = live()
        known = list(
            Region.objects.filter(code__startswith=COUNTY, valid_to=None).values_list(
                "code", flat=True
            )
        )
        found = counters.read(known, queries.METRICS, queries.KEY)
        for code in known:
            sums = wanted.get(code, Counter())
            assert {metric: found[code, metric] for metric in queries.METRICS} == {
                metric: sums[metric] for metric in queries.METRICS
            }, code
        assert corrections(by) == []


def ledgers_agree(by: Actor) -> None:
    """What ledgers list adds up to what boards show, after whatever has happened."""
    with acting(by):
        places = [COUNTY, *sorted({code[:12] for code in UNITS}), UNITS[0][:15], UNITS[0]]
        for measure in measures:
            if measure.name.startswith("register.") and measure.counted is not None:
                rows = plans.from_rows(measure, by, places)
                assert measure.counted(by, places) == rows, measure.name


class Register(RuleBasedStateMachine):
    """What can happen to a register."""

    def __init__(self) -> None:
        super().__init__()
        self.frame = transaction.atomic()
        self.frame.__enter__()
        make_cast(make_places())
        self.by = Actor.system("test", COUNTY)
        self.today = timezone.localdate()
        self.units = {unit: unit for unit in UNITS}
        self.merges: list[UUID] = []
        self.homes: list[UUID] = []
        for unit in UNITS[:3]:
            self.a_household_is_made(unit, "lived_in")
            self.somebody_moves_in(len(self.homes) - 1, "registered", "head")

    def teardown(self) -> None:
        ledgers_agree(self.by)
        transaction.set_rollback(True)
        self.frame.__exit__(None, None, None)

    def _try(self, change: Callable[..., Any], **given: Any) -> Any:
        try:
            return change(by=self.by, **given)
        except REFUSALS:
            return None

    def _one(self, model: Any, n: int, **wanted: Any) -> Any:
        with acting(self.by):
            found = list(model.objects.filter(**wanted).order_by("created_at", "pk"))
        return found[n % len(found)] if found else None

    def _person(self, n: int) -> UUID | None:
        row = self._one(Residency, n)
        return row.person_id if row else None

    @rule(unit=st.sampled_from(UNITS), state=st.sampled_from(["lived_in", "empty"]))
    def a_household_is_made(self, unit: str, state: str) -> None:
        room = f"{len(self.homes) + 1:03d}"
        made = actions.create_household(
            by=self.by, place_code=self.units[unit], room=room, state=state
        )
        self.homes.append(made.id)

    @rule(
        n=some,
        unit=st.sampled_from(UNITS),
        state=st.sampled_from([None, "lived_in", "empty"]),
        closes=st.booleans(),
    )
    def a_household_changes(self, n: int, unit: str, state: str | None, closes: bool) -> None:
        home = self.homes[n % len(self.homes)]
        if closes:
            self._try(actions.close_household, household_id=home)
            return
        values = {"state": state} if state else {"place_code": self.units[unit]}
        self._try(actions.change_household, household_id=home, **values)

    @rule(
        n=some,
        kind=st.sampled_from(["registered", "tenant", "separated"]),
        relation=st.sampled_from(["head", "other"]),
    )
    def somebody_moves_in(self, n: int, kind: str, relation: str) -> None:
        given = {"household_id": self.homes[n % len(self.homes)], "on": self.today}
        self._try(actions.move_in, kind=kind, relation=relation, name="查无此人", **given)

    @rule(n=some)
    def a_child_is_born(self, n: int) -> None:
        given = {"household_id": self.homes[n % len(self.homes)], "on": self.today}
        self._try(actions.birth, name="新生儿", sex="2", **given)

    @rule(n=some, to=some, back=st.booleans())
    def somebody_moves(self, n: int, to: int, back: bool) -> None:
        row = self._one(Residency, n, to_date=None)
        if row is not None and back:
            given = {"relation": "other", "kind": "tenant", "on": self.today}
            home = self.homes[to % len(self.homes)]
            self._try(actions.move, person_id=row.person_id, household_id=home, **given)
        elif row is not None:
            self._try(actions.move_out, residency_id=row.pk, on=self.today)

    @rule(n=some, undone=st.booleans())
    def somebody_dies(self, n: int, undone: bool) -> None:
        person = self._person(n)
        change = actions.undo_death if undone else actions.death
        given = {} if undone else {"on": self.today}
        if person is not None:
            self._try(change, person_id=person, **given)

    @rule(n=some, what=st.sampled_from(["away", "back", "correct", "tenant", "head"]))
    def a_residency_changes(self, n: int, what: str) -> None:
        row = self._one(Residency, n, to_date=None)
        if row is None:
            return
        change, given = {
            "away": (actions.go_away, {"since": self.today}),
            "back": (actions.come_back, {}),
            "correct": (actions.correct, {}),
            "tenant": (actions.change_residency, {"kind": "tenant"}),
            "head": (actions.name_head, {}),
        }[what]
        self._try(change, residency_id=row.pk, **given)

    @rule(n=some, group=st.sampled_from(["dialysis", "pregnant", None]))
    def somebody_joins_or_leaves_a_group(self, n: int, group: str | None) -> None:
        entry = self._one(KeyGroupEntry, n, to_date=None)
        if group is not None and (person := self._person(n)) is not None:
            self._try(actions.join_group, person_id=person, group=group)
        elif group is None and entry is not None:
            self._try(actions.leave_group, entry_id=entry.pk)

    @rule(n=some, unit=st.sampled_from(UNITS), what=st.sampled_from(["make", "move", "close"]))
    def an_establishment_changes(self, n: int, unit: str, what: str) -> None:
        place = self.units[unit][:18]
        if what == "make":
            actions.create_establishment(by=self.by, place_code=place, name="示例店", kind="shop")
            return
        body = self._one(Establishment, n, to_date=None)
        if body is not None and what == "move":
            self._try(actions.change_establishment, establishment_id=body.pk, place_code=place)
        elif body is not None:
            self._try(actions.close_establishment, establishment_id=body.pk)

    @rule(n=some, m=some)
    def two_records_are_merged(self, n: int, m: int) -> None:
        first, second = self._person(n), self._person(m)
        if first is None or second is None or first == second:
            return
        entry = self._try(people.propose_merge, first_id=first, second_id=second)
        done = entry and self._try(people.merge, candidate_id=entry, keep_id=first)
        if done:
            self.merges.append(done.id)

    @rule(n=some)
    def a_merge_is_undone(self, n: int) -> None:
        if self.merges:
            self._try(people.undo_merge, merge_id=self.merges[n % len(self.merges)])

    @rule(unit=st.sampled_from(UNITS), grid=st.sampled_from(["001", "002"]))
    def a_building_goes_to_another_grid(self, unit: str, grid: str) -> None:
        building = self.units[unit][:18]
        to = building[:12] + grid
        if building.startswith(to):
            return
        moved = move_place(by=self.by, code=building, to=to, on=self.today)
        for name, code in self.units.items():
            if code.startswith(building):
                self.units[name] = moved.code + code[18:]

    @rule()
    def rows_are_deleted(self) -> None:
        row = self._one(Residency, 0, to_date=None)
        if row is not None:
            with acting(self.by):
                Residency.objects.filter(pk=row.pk).delete()

    @rule()
    def the_counters_are_folded(self) -> None:
        with acting(self.by):
            counters._fold_once(self.by.area)

    @invariant()
    def the_counters_agree_with_the_rows(self) -> None:
        agree(self.by)


def test_counters_agree_with_the_rows_whatever_happens(db: None) -> None:
    run_state_machine_as_test(
        Register,
        settings=settings(
            max_examples=10,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.django_db
def test_an_import_counts_what_it_writes(places: Any, alice: Any) -> None:
    imported(alice, workbook([person(n) for n in range(12)]), places.grid)
    agree(Actor.system("test", COUNTY))
    with acting(alice):
        assert queries.counts(places.grid)["residents"]


@pytest.mark.django_db
def test_counts_follow_codes_that_are_exchanged(places: Any, alice: Any) -> None:
    one, other = places.unit, places.unit[:-1] + "2"
    for unit, room in ((one, "101"), (one, "102"), (other, "101")):
        actions.create_household(by=alice, place_code=unit, room=room)
    by = Actor.system("test", COUNTY)
    pairs = {one: other, other: one}
    recode.move(by=by, pairs=pairs, area=places.community, on=timezone.localdate())
    agree(by)
    with acting(by):
        assert queries.household_counts([one, other]) == {one: 1, other: 2}


@pytest.mark.django_db
def test_the_check_names_a_counter_that_is_off_and_a_recount_mends_it(
    places: Any, alice: Any
) -> None:
    by = Actor.system("test", COUNTY)
    actions.create_household(by=alice, place_code=places.unit, room="101")
    with acting(by):
        counters.add(by, [("households", queries.KEY, places.unit, 3)])
        assert corrections(by) == [("households", queries.KEY, places.unit, -3)]
    assert counters.recount(by, places.community) == 1
    agree(by)


@pytest.mark.django_db
def test_pages_of_a_place_add_nothing_up(
    places: Any, alice: Any, django_assert_num_queries: Any
) -> None:
    """A county costs what a grid costs: one query of counters for each kind of count."""
    home = actions.create_household(by=alice, place_code=places.unit, room="101")
    on = dt.date(2021, 3, 1)
    actions.move_in(by=alice, household_id=home.id, on=on, name="王小明", relation="head")
    with acting(alice), django_assert_num_queries(3) as asked:
        assert queries.counts(places.community)["residents"] == 1
        assert queries.group_counts(places.community) == {}
        assert queries.household_counts([places.grid]) == {places.grid: 1}
    assert not any("register_" in query["sql"] for query in asked.captured_queries)
