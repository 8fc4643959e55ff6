"""Counters against an independent model: a plain dictionary of what was counted where."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, settings, strategies
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from fangxian.common.actor import Actor
from fangxian.common.codes import ancestors
from fangxian.common.errors import OutOfScope
from fangxian.common.scoping import acting
from fangxian.core import counters
from fangxian.core.counters import Source
from fangxian.core.models import CounterDelta, NodeStat

SYSTEM = Actor.system("test", "")
METRICS = ["test.target", "test.visited"]
KEY = "campaign"
LEAVES = [
    f"13090200100{community}00{grid}00{building}"
    for community in (1, 2)
    for grid in (1, 2)
    for building in (1, 2)
] + ["130902001001001", "130902001001", "13090200100100100101", "1301"]
PLACES = sorted({code for leaf in LEAVES for code in ancestors(leaf, include_self=True)})


class Counting(RuleBasedStateMachine):
    """Adds, folds, redraws and recounts in any order; every level is the sum of its leaves."""

    truth: Counter[tuple[str, str]]

    @initialize()
    def begin(self) -> None:
        self.block = transaction.atomic()
        self.block.__enter__()
        self.truth = Counter()
        counters.sources._entries["test"] = (1, Source(tuple(METRICS), self._rows))

    def _rows(self, _by: Actor, code: str) -> list[tuple[str, str, str, int]]:
        return [
            (metric, KEY, place, n)
            for (metric, place), n in self.truth.items()
            if place.startswith(code)
        ]

    @rule(
        rows=strategies.lists(
            strategies.tuples(
                strategies.sampled_from(METRICS),
                strategies.sampled_from(LEAVES),
                strategies.integers(-3, 5),
            ),
            max_size=6,
        )
    )
    def add(self, rows: list[tuple[str, str, int]]) -> None:
        with acting(SYSTEM):
            counters.add(SYSTEM, [(metric, KEY, place, n) for metric, place, n in rows])
        for metric, place, n in rows:
            self.truth[(metric, place)] += n

    @rule()
    def fold(self) -> None:
        counters.fold()

    @rule(
        pairs=strategies.dictionaries(
            strategies.sampled_from(LEAVES), strategies.sampled_from(LEAVES), max_size=4
        )
    )
    def redraw(self, pairs: dict[str, str]) -> None:
        """What was counted at some leaves now lies at others; codes may be exchanged."""
        pairs = {old: new for old, new in pairs.items() if old != new}
        before = {
            (metric, old): self.truth.pop((metric, old), 0) for old in pairs for metric in METRICS
        }
        for (metric, old), n in before.items():
            self.truth[(metric, pairs[old])] += n
        with acting(SYSTEM):
            counters.move(SYSTEM, "13", pairs, "default")

    @rule(leaf=strategies.sampled_from(LEAVES), n=strategies.integers(-3, 5))
    def mend(self, leaf: str, n: int) -> None:
        """A fact that nobody counted is found by counting anew."""
        self.truth[(METRICS[0], leaf)] += n
        assert counters.recount(SYSTEM, leaf) == (n != 0)

    @rule()
    def recount_without_need(self) -> None:
        assert counters.recount(SYSTEM, "13") == 0

    @invariant()
    def every_level_is_the_sum_of_its_leaves(self) -> None:
        if not hasattr(self, "truth"):
            return
        with acting(SYSTEM):
            read = counters.read(PLACES, METRICS, KEY)
        for (code, metric), value in read.items():
            expected = sum(
                n for (m, place), n in self.truth.items() if m == metric and place.startswith(code)
            )
            assert value == expected, (code, metric)

    def teardown(self) -> None:
        if hasattr(self, "block"):
            counters.sources._entries.pop("test", None)
            transaction.set_rollback(True)
            self.block.__exit__(None, None, None)


@pytest.mark.django_db
def test_any_order_of_adding_folding_and_recounting() -> None:
    run_state_machine_as_test(
        Counting,
        settings=settings(
            max_examples=15,
            stateful_step_count=10,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_reading_is_one_query_and_scoped(
    alice: Any, charlie: Any, places: Any, django_assert_num_queries: Any
) -> None:
    with acting(alice):
        counters.add(alice, [("visited", KEY, places.building, 2)])
    counters.fold()
    with acting(alice):
        counters.add(alice, [("visited", KEY, places.unit, 1)])
        with django_assert_num_queries(1):
            read = counters.read([places.community, places.grid], ["visited"], KEY)
        assert set(read.values()) == {3}
    with acting(charlie):
        assert counters.read([places.community], ["visited"], KEY) == {
            (places.community, "visited"): 0
        }
        with pytest.raises(OutOfScope):
            counters.add(charlie, [("visited", KEY, places.building, 1)])


def test_folding_leaves_no_delta_and_adds_nothing_at_zero(alice: Any, places: Any) -> None:
    with acting(alice):
        counters.add(
            alice,
            [("visited", KEY, places.unit, 1), ("visited", KEY, places.unit, -1)],
        )
        assert CounterDelta.objects.count() == 0
        counters.add(alice, [("visited", KEY, places.unit, 4)])
    assert counters.fold() == 1
    assert counters.fold() == 0
    with acting(alice):
        assert CounterDelta.objects.count() == 0
        assert set(NodeStat.objects.values_list("value", flat=True)) == {4}


def test_the_check_keeps_nobody_waiting_and_sees_one_moment(
    fresh_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import connections

    from fangxian.core.invariants import counters_add_up

    def rows(_by: Actor, _code: str) -> list[tuple[str, str, str, int]]:
        # A visit comes in between the facts and the deltas.
        with connections["maintenance"].cursor() as cursor:
            cursor.execute("SET lock_timeout = '1s'")
            cursor.execute(
                "INSERT INTO core_counterdelta (metric, key, place_code, n)"
                " VALUES ('test.target', 'campaign', '1309', 1)"
            )
        return []

    monkeypatch.setitem(counters.sources._entries, "test", (1, Source(tuple(METRICS), rows)))
    assert list(counters_add_up()) == []
    with acting(SYSTEM):
        assert CounterDelta.objects.filter(metric="test.target").count() == 1
    monkeypatch.setitem(
        counters.sources._entries, "test", (1, Source(tuple(METRICS), lambda _by, _code: []))
    )
    assert list(counters_add_up()) == ["test.target of campaign at 1309: off by 1"]


def test_only_one_folds_at_a_time(fresh_database: str) -> None:
    from django.db import connections

    other = connections["default"].copy()
    other.set_autocommit(False)
    with acting(SYSTEM):
        counters.add(SYSTEM, [("visited", KEY, "1309", 1)])
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [counters.FOLD_LOCK])
    assert counters.fold() == 0
    other.rollback()
    other.close()
    assert counters.fold() == 1
    assert connection.in_atomic_block is False


def test_counts_follow_moved_codes_while_others_are_counting(fresh_database: str) -> None:
    from django.db import connections

    old, new = LEAVES[0], LEAVES[1]
    other = connections["default"].copy()
    with acting(SYSTEM):
        counters.add(SYSTEM, [("visited", KEY, old, 5)])
    counters.sources._entries["test"] = (1, Source(("visited",), lambda _by, _code: []))
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute(
                "INSERT INTO core_counterdelta (metric, key, place_code, n) SELECT 'visited', %s,"
                " %s, 2 FROM (SELECT set_config('fangxian.lo', '13', true),"
                " set_config('fangxian.hi', '14', true)) AS scope",
                [KEY, old],
            )
        with acting(SYSTEM):
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '1s'")
            counters.move(SYSTEM, old[:12], {old: new}, "default")
        other.commit()
        with acting(SYSTEM):
            # What was written meanwhile follows with its row, when the rows catch up.
            assert counters.read([old, new], ["visited"], KEY) == {
                (old, "visited"): 2,
                (new, "visited"): 5,
            }
            counters.move(SYSTEM, old[:12], {old: new}, "default")
            assert counters.read([old, new], ["visited"], KEY) == {
                (old, "visited"): 0,
                (new, "visited"): 7,
            }
    finally:
        other.close()
        counters.sources._entries.pop("test")
