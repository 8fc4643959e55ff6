"""The checker finds every defect that is planted in a good drawing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fangxian_methods.districting import (
    Building,
    Code,
    Community,
    Parameters,
    Part,
    Unit,
    evaluate,
)

# Two rows of ten buildings with 40 households; the upper row is the second grid.
ROWS = Community(
    "c", tuple(Building(f"{r}{i}", i * 10.0, r * 10.0, 40) for r in range(2) for i in range(10))
)
GOOD = {Part(b.id): int(b.id[0]) for b in ROWS.buildings}


def test_a_good_drawing_has_no_finding() -> None:
    evaluation = evaluate(ROWS, GOOD)
    assert evaluation.valid
    assert evaluation.findings == ()
    assert [(g.households, g.deviation, g.pieces) for g in evaluation.grids] == [(400, 0.0, 1)] * 2


def missing(a: dict[Part, int]) -> None:
    del a[Part("05")]


def invented(a: dict[Part, int]) -> None:
    a[Part("99")] = 0


def torn(a: dict[Part, int]) -> None:
    a[Part("08")] = a[Part("09")] = 1
    a[Part("19")] = 0


def heavy(a: dict[Part, int]) -> None:
    a[Part("00")] = a[Part("01")] = 1


@pytest.mark.parametrize(
    ("plant", "code", "value"),
    [
        (missing, Code.NOT_COVERED, "05"),
        (invented, Code.UNKNOWN_PART, "99"),
        (torn, Code.IN_PIECES, "19"),
        (heavy, Code.OUTSIDE_TOLERANCE, 480),
    ],
)
def test_a_planted_defect_is_found(
    plant: Callable[[dict[Part, int]], None], code: Code, value: str | int
) -> None:
    assignment = dict(GOOD)
    plant(assignment)
    evaluation = evaluate(ROWS, assignment)
    assert not evaluation.valid
    found = [finding for finding in evaluation.findings if finding.code is code]
    assert any(value in finding.values.values() for finding in found)
    assert all(str(finding) for finding in found)


def test_size_outside_the_range_is_said_but_breaks_no_rule() -> None:
    evaluation = evaluate(ROWS, GOOD, Parameters(min_households=410, target_households=450))
    assert evaluation.valid
    assert {finding.code for finding in evaluation.findings} == {Code.SIZE_OUTSIDE_RANGE}


def test_units_of_a_building_must_stand_side_by_side() -> None:
    units = tuple(Unit(f"u{i}", 100) for i in range(4))
    community = Community("c", (Building("a", 0.0, 0.0, 400, units), Building("b", 9.0, 0.0, 400)))
    split = {Part("a", "u0"): 1, Part("a", "u1"): 2, Part("a", "u2"): 1, Part("a", "u3"): 2}
    evaluation = evaluate(community, {**split, Part("b"): 1})
    assert Code.UNITS_APART in {finding.code for finding in evaluation.findings}


def test_a_building_given_whole_and_by_unit_is_covered_twice() -> None:
    units = tuple(Unit(f"u{i}", 200) for i in range(2))
    community = Community("c", (Building("a", 0.0, 0.0, 400, units),))
    twice = {Part("a", "u0"): 1, Part("a", "u1"): 1, Part("a"): 1}
    assert Code.COVERED_TWICE in {finding.code for finding in evaluate(community, twice).findings}
