"""Drawing: cover, pieces, balance, the same answer again, and what is said when it can't be."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fangxian_methods.districting import (
    Building,
    Code,
    Community,
    Parameters,
    Part,
    Stop,
    Unit,
    draw,
    draw_many,
    evaluate,
    succession,
)

QUICK = Stop(rounds=30)


def scattered(n: int, seed: int, low: int = 5, high: int = 90) -> Community:
    rng = np.random.default_rng(seed)
    return Community(
        f"c{seed}",
        tuple(
            Building(f"b{i}", float(x), float(y), int(size))
            for i, (x, y, size) in enumerate(
                zip(
                    rng.random(n) * 900,
                    rng.random(n) * 600,
                    rng.integers(low, high, n),
                    strict=True,
                )
            )
        ),
    )


buildings = st.lists(
    st.tuples(st.integers(0, 12), st.integers(0, 12), st.integers(0, 160)), min_size=1, max_size=24
)


@settings(max_examples=60, deadline=None)
@given(buildings, st.integers(0, 3))
def test_every_part_is_in_one_grid_and_every_grid_in_one_piece(
    rows: list[tuple[int, int, int]], seed: int
) -> None:
    community = Community(
        "c", tuple(Building(f"b{i}", x * 10.0, y * 10.0, h) for i, (x, y, h) in enumerate(rows))
    )
    result = draw(community, seed=seed, stop=QUICK)
    parts = [part for grid in result.grids for part in grid.parts]
    assert sorted(parts) == sorted(Part(b.id) for b in community.buildings)
    evaluation = evaluate(community, result.assignment())
    broken = {finding.code for finding in evaluation.findings}
    assert broken <= {Code.OUTSIDE_TOLERANCE, Code.SIZE_OUTSIDE_RANGE}
    assert result.balanced == (Code.OUTSIDE_TOLERANCE not in broken)
    assert result.balanced or {m.code for m in result.messages} & {
        Code.BALANCE_IMPOSSIBLE,
        Code.BALANCE_NOT_FOUND,
    }


@pytest.mark.parametrize("seed", range(6))
def test_sizes_keep_the_tolerance_and_the_range(seed: int) -> None:
    result = draw(scattered(60, seed))
    assert result.balanced
    assert all(abs(grid.deviation) <= 0.1 for grid in result.grids)
    assert all(300 <= grid.households <= 500 for grid in result.grids)


def test_same_seed_same_answer_in_any_order_of_buildings() -> None:
    community = scattered(80, 7)
    turned = Community(community.id, community.buildings[::-1])
    assert draw(community, seed=3).grids == draw(turned, seed=3).grids


def test_a_small_community_is_one_grid() -> None:
    result = draw(scattered(6, 1))
    assert len(result.grids) == 1
    assert result.balanced
    assert [message.code for message in result.messages] == [Code.ONE_GRID]


def test_no_number_of_grids_fits_and_it_is_said() -> None:
    community = Community("c", tuple(Building(f"b{i}", i * 10.0, 0.0, 55) for i in range(10)))
    result = draw(community)
    assert len(result.grids) == 2  # 550 is over by a factor of 1.1, 275 under by less
    assert Code.NO_COUNT_FITS in {message.code for message in result.messages}


def test_a_building_that_makes_balance_impossible_is_named() -> None:
    rest = tuple(Building(f"b{i}", i * 10.0, (i % 3) * 10.0, 40) for i in range(20))
    result = draw(Community("c", (*rest, Building("tower", 55.0, 40.0, 700))), stop=QUICK)
    named = [m for m in result.messages if m.code is Code.BUILDING_TOO_LARGE]
    assert [message.values["building"] for message in named] == ["tower"]
    assert not result.balanced
    tower = next(g for g in result.grids if Part("tower") in g.parts)
    assert len(tower.parts) == 1
    others = [grid.households for grid in result.grids if grid is not tower]
    assert max(others) - min(others) <= 80


def test_a_large_building_is_split_by_unit_into_runs() -> None:
    units = tuple(Unit(f"u{i}", 60) for i in range(12))
    rest = tuple(Building(f"b{i}", (i % 6) * 20.0, (i // 6) * 20.0, 40) for i in range(27))
    community = Community("c", (*rest, Building("slab", 50.0, 130.0, 720, units)))
    result = draw(community)
    assert result.balanced
    assert Code.BUILDING_SPLIT in {message.code for message in result.messages}
    assert evaluate(community, result.assignment(), graph=result.graph).valid


def test_balance_that_cannot_be_is_proved() -> None:
    # Three blocks of 340 in a row with little between: no two grids come near each other.
    row = tuple(Building(f"b{i}", i * 10.0, 0.0, h) for i, h in enumerate((340, 20, 340, 20, 340)))
    result = draw(Community("c", row), Parameters(grids=2), stop=QUICK)
    assert {Code.BALANCE_IMPOSSIBLE} <= {message.code for message in result.messages}


def test_exact_search_finds_what_few_drawings_keep() -> None:
    # A star: the centre joins all arms, so that the one other grid is a single arm.
    star = [Building("centre", 0.0, 0.0, 90)]
    star += [
        Building(f"a{i}", x, y, h)
        for i, (x, y, h) in enumerate(
            ((10.0, 0.0, 400), (0.0, 10.0, 100), (-10.0, 0.0, 110), (0.0, -10.0, 100))
        )
    ]
    result = draw(Community("c", tuple(star)), Parameters(grids=2, tolerance=0.02))
    assert result.balanced


def test_many_communities_answer_as_each_alone() -> None:
    communities = [scattered(40, seed) for seed in range(4)]
    together = draw_many(communities, seed=5)
    backwards = draw_many(communities[::-1], seed=5)
    assert list(together) == [community.id for community in communities]
    for community in communities:
        assert together[community.id].grids == backwards[community.id].grids


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"tolerence": 0.1}, "tolerence"),
        ({"tolerance": 10}, "tolerance"),
        ({"min_households": 600}, "min_households"),
        ({"grids": 0}, "grids"),
    ],
)
def test_wrong_parameters_are_refused_by_name(values: dict[str, float], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        Parameters.from_mapping(values)


def test_more_grids_than_buildings_are_refused() -> None:
    with pytest.raises(ValueError, match="30 grids are asked for"):
        draw(scattered(20, 1), Parameters(grids=30))


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda: Building("b", 0.0, float("nan"), 1), "position"),
        (lambda: Building("b", 0.0, 0.0, -1), "households"),
        (lambda: Building("b", 0.0, 0.0, 5, (Unit("u", 4),)), "units"),
        (lambda: Community("c", (Building("b", 0.0, 0.0, 1),) * 2), "given twice"),
        (lambda: Community("c", ()), "no building"),
        (lambda: Stop(rounds=0), "rounds"),
    ],
)
def test_senseless_input_is_refused(make: object, named: str) -> None:
    assert callable(make)
    with pytest.raises(ValueError, match=named):
        make()


def test_a_redraw_keeps_whom_most_households_had() -> None:
    before = {Part("a"): "old1", Part("b"): "old1", Part("c"): "old2"}
    after = {Part("a"): 1, Part("b"): 2, Part("c"): 2}
    sizes = {Part("a"): 50, Part("b"): 60, Part("c"): 90}
    assert succession(before, after, sizes) == {1: "old1", 2: "old2"}
