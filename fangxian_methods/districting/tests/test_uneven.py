"""Communities that whole buildings don't divide evenly: giants, blocks of units, odd grounds."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fangxian_methods.districting import (
    Building,
    Code,
    Community,
    Parameters,
    Result,
    Stop,
    Unit,
    draw,
    evaluate,
)

QUICK = Stop(rounds=30)


def units(*sizes: int) -> tuple[Unit, ...]:
    return tuple(Unit(f"u{i}", size) for i, size in enumerate(sizes))


def block(n: int, households: int) -> list[Building]:
    return [Building(f"b{i:03d}", (i % 8) * 20.0, (i // 8) * 20.0, households) for i in range(n)]


def codes(result: Result) -> set[Code]:
    return {message.code for message in result.messages}


@pytest.mark.parametrize("giants", [(3000,), (1500, 1500), (3000, 700)])
def test_what_no_grid_can_hold_does_not_spoil_the_others(giants: tuple[int, ...]) -> None:
    large = [Building(f"g{i}", 30.0 + 40 * i, 50.0, size) for i, size in enumerate(giants)]
    community = Community("c", (*block(40, 30), *large))
    result = draw(community, stop=QUICK)
    others = [grid for grid in result.grids if grid.households not in giants]
    assert len(others) == 3
    assert all(abs(grid.households - 400) <= 40 for grid in others)
    assert result.mean == 400
    assert not result.balanced
    assert codes(result) >= {Code.BUILDING_TOO_LARGE, Code.JUDGED_APART, Code.BALANCE_IMPOSSIBLE}
    assert Code.BALANCE_NOT_FOUND not in codes(result)
    off = [
        finding.values["households"]
        for finding in evaluate(community, result.assignment()).findings
        if finding.code is Code.OUTSIDE_TOLERANCE
    ]
    assert sorted(off) == sorted(giants)


def test_a_large_building_that_the_tolerance_can_hold_is_no_giant() -> None:
    community = Community("c", (*block(50, 30), Building("g", 30.0, 50.0, 520)))
    result = draw(community, stop=QUICK)
    assert result.balanced
    assert Code.JUDGED_APART not in codes(result)


def test_buildings_are_divided_where_whole_ones_do_not_come_out_even() -> None:
    row = tuple(Building(f"b{i}", i * 20.0, 0.0, 160, units(40, 40, 40, 40)) for i in range(5))
    community = Community("c", row)
    result = draw(community)
    assert result.balanced
    divided = [m.values["building"] for m in result.messages if m.code is Code.BUILDING_DIVIDED]
    assert len(divided) == 1
    assert evaluate(community, result.assignment()).valid


def test_the_exact_search_divides_by_unit_too() -> None:
    # Around a pond: two blocks must be cut so that the runs meet 400 ± 2 %.
    angle = np.linspace(0, 2 * np.pi, 6, endpoint=False)
    sizes = [(97, 31), (111, 23), (89, 53), (130, 7), (70, 61), (101, 27)]
    community = Community(
        "c",
        tuple(
            Building(f"b{i}", float(np.cos(a)) * 90, float(np.sin(a)) * 90, sum(size), units(*size))
            for i, (a, size) in enumerate(zip(angle, sizes, strict=True))
        ),
    )
    result = draw(community, Parameters(grids=2, tolerance=0.02))
    assert result.balanced
    assert evaluate(community, result.assignment(), Parameters(tolerance=0.02)).valid


def test_proof_is_claimed_only_when_units_were_tried() -> None:
    whole = [Building(f"b{i}", i * 20.0, 0.0, 160) for i in range(5)]
    assert Code.BALANCE_IMPOSSIBLE in codes(draw(Community("c", tuple(whole))))
    with_units = [*whole[:4], Building("b4", 80.0, 0.0, 160, units(150, 10))]
    found = draw(Community("c", tuple(with_units)))
    # 320 + 150 and 330 + 160: the one split there is does not help either, and that is proved.
    assert not found.balanced
    assert Code.BALANCE_IMPOSSIBLE in codes(found)


def test_more_grids_than_households_are_refused() -> None:
    blocks = tuple(Building(f"b{i}", i * 20.0, 0.0, 7, units(*[1] * 7, 0, 0, 0)) for i in range(4))
    with pytest.raises(ValueError, match="28 at most"):
        draw(Community("c", blocks), Parameters(grids=40))
    result = draw(Community("c", blocks), Parameters(grids=28), stop=QUICK)
    assert len(result.grids) == 28


def test_one_building_too_large_for_a_grid_is_named() -> None:
    result = draw(Community("c", (Building("tower", 0.0, 0.0, 3000),)))
    assert Code.BUILDING_TOO_LARGE in codes(result)


def test_all_at_one_position_beside_a_road() -> None:
    place = tuple(Building(f"b{i}", 5.0, 5.0, 90) for i in range(12))
    result = draw(Community("c", place, (((0.0, 0.0), (9.0, 9.0)), ((0.0, 5.0), (9.0, 5.0)))))
    assert result.balanced


def test_a_long_row_is_cut_as_evenly_as_can_be() -> None:
    # No positions are known: buildings stand in a row, larger than the window is wide.
    rng = np.random.default_rng(5)
    row = tuple(
        Building(f"b{i:03d}", i * 30.0, 0.0, int(size))
        for i, size in enumerate(rng.integers(30, 110, 200))
    )
    result = draw(Community("c", row))
    assert result.balanced
    assert all(300 <= grid.households <= 500 for grid in result.grids)


@st.composite
def odd_ground(draw_: st.DrawFn) -> Community:
    """Few buildings: any sizes, units, positions on a small lattice or a line, roads anywhere."""
    n = draw_(st.integers(1, 14))
    spread = draw_(st.sampled_from([0, 1, 6, 40]))
    flat = draw_(st.booleans())
    buildings = []
    for i in range(n):
        x, y = draw_(st.integers(0, spread)), 0 if flat else draw_(st.integers(0, spread))
        far = 50_000.0 if draw_(st.integers(0, 9)) == 0 else 0.0
        sizes = draw_(st.lists(st.integers(0, 250), max_size=6))
        alone = draw_(st.sampled_from([0, 1, 35, 160, 700, 3000]))
        buildings.append(
            Building(
                f"b{i}", x * 20.0 + far, y * 20.0, sum(sizes) if sizes else alone, units(*sizes)
            )
        )
    point = st.tuples(st.integers(-1, 41), st.integers(-1, 41))
    roads = draw_(st.lists(st.lists(point, min_size=2, max_size=4), max_size=3))
    return Community(
        "c", tuple(buildings), tuple([(x * 20.0, y * 20.0) for x, y in road] for road in roads)
    )


@settings(max_examples=20, deadline=None)
@given(odd_ground(), st.one_of(st.none(), st.integers(1, 6)))
def test_any_ground_is_drawn_honestly(community: Community, grids: int | None) -> None:
    parameters = Parameters(grids=grids)
    try:
        result = draw(community, parameters, stop=QUICK)
    except ValueError:
        assert grids is not None
        return
    held: dict[str, list[str | None]] = defaultdict(list)
    for grid in result.grids:
        for part in grid.parts:
            held[part.building].append(part.unit)
    for building in community.buildings:
        every = [unit.id for unit in building.units]
        assert held[building.id] == [None] or sorted(map(str, held[building.id])) == every
    total = sum(building.households for building in community.buildings)
    assert sum(grid.households for grid in result.grids) == total
    evaluation = evaluate(community, result.assignment(), parameters)
    broken = {finding.code for finding in evaluation.findings}
    assert broken <= {Code.OUTSIDE_TOLERANCE, Code.SIZE_OUTSIDE_RANGE, Code.JUDGED_APART}
    mean = total / len(result.grids)
    assert result.balanced == all(
        abs(grid.households - mean) <= 0.1 * mean + 1e-9 for grid in result.grids
    )
    assert result.balanced == (Code.OUTSIDE_TOLERANCE not in broken)
    assert result.balanced or codes(result) & {Code.BALANCE_IMPOSSIBLE, Code.BALANCE_NOT_FOUND}
