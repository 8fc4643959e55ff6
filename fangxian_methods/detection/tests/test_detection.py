"""What every method keeps to, and what each says of cases that can be worked out by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from scipy import stats

from fangxian_methods.detection import METHODS, detect
from fangxian_methods.detection.historical import POISSON_LIMITS

# Short periods, so that short series have a history.
PARAMETERS: dict[str, dict[str, Any]] = {
    "ears_c1": {}, "ears_c2": {}, "ears_c3": {},
    "rki": {"years": 2, "half": 1, "period": 10},
    "bayes": {"years": 2, "half": 1, "period": 10},
    "historical_limits": {"years": 3, "span": 2, "period": 10},
    "moving_percentile": {"percentile": 80, "years": 2, "span": 3, "period": 14, "least": 5},
    "fixed_threshold": {"threshold": 5, "span": 3},
}  # fmt: skip
EACH = pytest.mark.parametrize("method", list(METHODS))
COUNTS = some.lists(
    some.lists(some.integers(0, 40), min_size=60, max_size=60), min_size=1, max_size=4
)


def test_every_method_is_tried() -> None:
    assert PARAMETERS.keys() == METHODS.keys()


@EACH
@settings(max_examples=30, deadline=None)
@given(counts=COUNTS, seed=some.integers(0, 1_000))
def test_the_order_of_the_series_is_that_of_the_results(
    method: str, counts: list[list[int]], seed: int
) -> None:
    table = np.array(counts, dtype=float)
    order = np.random.default_rng(seed).permutation(len(table))
    whole = detect(method, table, **PARAMETERS[method])
    mixed = detect(method, table[order], **PARAMETERS[method])
    for name in ("expected", "upperbound", "score", "alarm"):
        np.testing.assert_array_equal(getattr(whole, name)[order], getattr(mixed, name))


@EACH
@settings(max_examples=30, deadline=None)
@given(counts=COUNTS, more=some.integers(1, 30))
def test_another_case_now_never_takes_an_alarm_away(
    method: str, counts: list[list[int]], more: int
) -> None:
    table = np.array(counts, dtype=float)
    before = detect(method, table, **PARAMETERS[method]).alarm[:, -1]
    table[:, -1] += more
    after = detect(method, table, **PARAMETERS[method]).alarm[:, -1]
    assert (after | ~before).all()


@EACH
def test_a_short_history_is_not_judged(method: str) -> None:
    found = detect(method, [[9.0, 9.0]], **PARAMETERS[method])
    assert found.alarm.shape == (1, 2)
    assert not found.alarm.any()
    assert not found.judged.any()


@EACH
def test_a_missing_count_is_no_alarm_and_spoils_no_other_series(method: str) -> None:
    draw = np.random.default_rng(3)
    table = draw.poisson(6, size=(2, 90)).astype(float)
    whole = detect(method, table, **PARAMETERS[method])
    holed = table.copy()
    holed[0, 60] = np.nan
    found = detect(method, holed, **PARAMETERS[method])
    assert not found.alarm[0, 60]
    assert np.isnan(found.score[0, 60])
    np.testing.assert_array_equal(whole.upperbound[1], found.upperbound[1])
    # What lies before is judged as it was.
    np.testing.assert_array_equal(whole.upperbound[0, :60], found.upperbound[0, :60])


@EACH
@pytest.mark.parametrize("bad", [-1.0, np.inf])
def test_what_is_no_count_is_refused_by_its_place(method: str, bad: float) -> None:
    table = np.ones((2, 40))
    table[1, 7] = bad
    with pytest.raises(ValueError, match="series 1, time 7"):
        detect(method, table, **PARAMETERS[method])


@EACH
def test_an_outbreak_is_seen(method: str) -> None:
    draw = np.random.default_rng(11)
    table = draw.poisson(4, size=(50, 90)).astype(float)
    quiet = detect(method, table, **PARAMETERS[method]).alarm[:, 80]
    table[:, 80] += 40
    if method == "ears_c3":
        # It looks at the two counts before.
        table[:, 79] += 40
    loud = detect(method, table, **PARAMETERS[method]).alarm[:, 80]
    assert loud.mean() > 0.95
    if method not in ("moving_percentile", "fixed_threshold"):
        assert quiet.mean() < 0.2


def test_ears_by_hand() -> None:
    counts = [1, 2, 3, 4, 5, 6, 7, 10, 20]
    found = detect("ears_c1", [counts], alpha=0.001)
    sd = float(np.std(range(1, 8), ddof=1))
    assert found.expected[0, 7] == pytest.approx(4)
    assert found.upperbound[0, 7] == pytest.approx(4 + stats.norm.isf(0.001) * sd)
    assert found.score[0, 7] == pytest.approx(6 / sd)
    assert not found.alarm[0, 7]
    assert found.alarm[0, 8]


def test_a_baseline_without_variance() -> None:
    flat = [3.0] * 10 + [3.0, 4.0]
    found = detect("ears_c1", [flat])
    assert found.upperbound[0, 10] == 3.0
    assert not found.alarm[0, 10]
    assert detect("ears_c1", [[*flat[:10], 4.0]]).alarm[0, 10]
    assert not detect("ears_c1", [[*flat[:10], 4.0]], min_sigma=1.0).alarm[0, 10]


def test_limits_of_a_poisson_mean_are_the_shortest() -> None:
    """Crow & Gardner: of each mean the shortest region of 95 %, the highest of those."""
    limits = np.zeros(len(POISSON_LIMITS) + 1)
    last = 0
    for mean in np.arange(0.002, 31.0, 0.002):
        below = stats.poisson.cdf(np.arange(80), mean)
        for length in range(1, 60):
            firsts = [
                first
                for first in range(max(last, int(mean) - length - 1), int(mean) + 2)
                if below[first + length - 1] - (below[first - 1] if first else 0) >= 0.95
            ]
            if firsts:
                last = firsts[-1]
                region = range(last, min(last + length, len(limits)))
                limits[list(region)] = mean
                break
    assert np.abs(limits[:-1] - POISSON_LIMITS).max() < 0.005


def test_the_moving_percentile_of_three_years_has_fifteen_values() -> None:
    """Five windows of seven days a year; it alarms from the percentile on, never without a case."""
    draw = np.random.default_rng(5)
    days = draw.poisson(2, size=4 * 365).astype(float)
    at = len(days) - 1
    week = lambda end: days[end - 6 : end + 1].sum()  # noqa: E731
    values = [week(at - 365 * y + 7 * k) for y in (1, 2, 3) for k in (-2, -1, 0, 1, 2)]
    found = detect("moving_percentile", [days], percentile=80)
    assert found.upperbound[0, at] == pytest.approx(np.percentile(values, 80))
    assert found.alarm[0, at] == (week(at) >= np.percentile(values, 80))
    none = detect("moving_percentile", [np.zeros(4 * 365)], percentile=80)
    assert none.judged[0, at]
    assert not none.alarm.any()


def test_a_single_case_of_plague_is_one() -> None:
    found = detect("fixed_threshold", [[0, 0, 1, 0]])
    assert found.alarm.tolist() == [[False, False, True, False]]


def test_an_unknown_method_is_named_with_those_there_are() -> None:
    with pytest.raises(KeyError, match="ears_c1"):
        detect("crystal_ball", [[1.0]])
