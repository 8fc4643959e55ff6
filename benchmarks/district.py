"""Benchmark ``district``: 20,000 buildings of one region → 300 grids within ±10 % of the mean.

Sizes are skewed (villas of 1–4 households, blocks of up to 120) and roads wind at random. The
figures come from a check that shares nothing with the drawing but the published graph. The
reference is spopt, which ``make bench`` installs for this benchmark: it draws 1,000 such buildings
on the same graph as ours. Without it the line says how to install it.

    python benchmarks/district.py --shape all --seeds 3
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import _spopt
from _report import report

from fangxian_methods.districting import Building, Community, Parameters, Result, draw

COMPARED = 1000  # buildings: spopt needs minutes for many more
SHAPES = ("square", "concave", "clustered", "bridge")


def positions(shape: str, n: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Positions in metres: a square, a horseshoe, forty villages, two towns and a narrow bridge."""
    if shape == "square":
        return rng.uniform(0, 10_000, (n, 2))
    if shape == "concave":
        angle, radius = rng.uniform(0.3, 2 * np.pi - 0.3, n), rng.uniform(3500, 5500, n)
        return np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
    if shape == "clustered":
        centres = rng.uniform(0, 10_000, (40, 2))
        return centres[rng.integers(0, 40, n)] + rng.normal(0, 300, (n, 2))
    east = rng.random(n) < 0.5
    town = rng.normal(0, 1000, (n, 2)) + np.where(east, 12_000, 0)[:, None] * np.array([1, 0])
    lane = max(2, n // 1000)
    town[:lane] = np.column_stack([np.linspace(3500, 8500, lane), rng.normal(0, 10, lane)])
    return town


def community(shape: str, n: int, roads: int, seed: int) -> Community:
    """A region made from a seed."""
    rng = np.random.default_rng(seed)
    at = positions(shape, n, rng)
    households = np.where(rng.random(n) < 0.05, rng.integers(20, 121, n), rng.integers(1, 5, n))
    low, extent = at.min(axis=0), np.ptp(at, axis=0)
    lines = []
    for _ in range(roads):
        steps = np.cumsum(rng.normal(0, 0.25, 30)) + rng.uniform(0, 2 * np.pi)
        moves = np.column_stack([np.cos(steps), np.sin(steps)]) * extent.max() / 60
        start = low + extent * rng.random(2)
        lines.append([tuple(point) for point in (start + np.cumsum(moves, axis=0)).tolist()])
    return Community(
        "benchmark",
        tuple(
            Building(f"{i:06d}", x, y, size)
            for i, ((x, y), size) in enumerate(zip(at.tolist(), households.tolist(), strict=True))
        ),
        tuple(lines),
    )


def check(region: Community, result: Result) -> tuple[int, int]:
    """Grids off the mean by more than a tenth, and pieces beyond one a grid, counted anew."""
    grid_of = {part.building: grid.number - 1 for grid in result.grids for part in grid.parts}
    if sorted(grid_of) != sorted(building.id for building in region.buildings):
        raise SystemExit("the grids don't cover every building once")
    label = np.array([grid_of[part.building] for part in result.graph.parts])
    size_of = {building.id: building.households for building in region.buildings}
    weights = np.array([size_of[part.building] for part in result.graph.parts])
    return judged(label, weights, result.graph.pairs, len(result.grids))


def judged(
    label: NDArray[np.int64], weights: NDArray[np.int64], pairs: NDArray[np.int64], grids: int
) -> tuple[int, int]:
    """Grids off the mean by more than a tenth, and pieces beyond one a grid.

    ``label`` is the grid of each node, ``weights`` its households, ``pairs`` are the neighbours.
    """
    sizes = np.bincount(label, weights=weights, minlength=grids)
    mean = weights.sum() / grids
    first, second = pairs.T
    inside = label[first] == label[second]
    matrix = coo_array(
        (np.ones(int(inside.sum())), (first[inside], second[inside])), shape=(len(label),) * 2
    )
    pieces = connected_components(matrix, directed=False)[0]
    return int((np.abs(sizes / mean - 1) > 0.1).sum()), int(pieces - grids)


def compared(
    shape: str, roads: int, grids: int, seed: int, limit: int
) -> tuple[dict[str, Any] | None, dict[str, float], str]:
    """The reference's figures beside ours for the same buildings, their ratios, and a note."""
    region = community(shape, COMPARED, roads, seed)
    started, used = time.perf_counter(), time.process_time()
    result = draw(region, Parameters(grids=grids), seed=seed)
    seconds, cpu = time.perf_counter() - started, time.process_time() - used
    off, pieces = check(region, result)
    buildings = {building.id: building for building in region.buildings}
    nodes = [buildings[part.building] for part in result.graph.parts]
    weights = np.array([node.households for node in nodes])
    answer = _spopt.regions(
        np.array([(node.x, node.y) for node in nodes]),
        weights,
        result.graph.pairs,
        floor=0.9 * weights.sum() / grids,
        seed=seed,
        limit=limit,
    )
    reference = {
        "name": _spopt.NAME,
        "buildings": COMPARED,
        "ours": {
            "seconds": round(seconds, 3),
            "cpu_seconds": round(cpu, 3),
            "grids": len(result.grids),
            "outside_10pct": off,
            "outside_share": round(off / len(result.grids), 3),
            "extra_pieces": pieces,
        },
    }
    if answer.note == _spopt.MISSING:
        return None, {}, answer.note
    if answer.label is None:
        return {**reference, "seconds": None}, {}, answer.note
    theirs = int(answer.label.max()) + 1
    off, pieces = judged(answer.label, weights, result.graph.pairs, theirs)
    reference |= {
        "seconds": round(answer.seconds, 3),
        "cpu_seconds": round(answer.cpu_seconds, 3),
        "grids": theirs,
        "outside_10pct": off,
        "outside_share": round(off / theirs, 3),
        "extra_pieces": pieces,
    }
    ratio = {
        "seconds": round(answer.seconds / seconds, 1),
        "cpu_seconds": round(answer.cpu_seconds / cpu, 1),
    }
    return reference, ratio, ""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--buildings", type=int, default=20_000)
    options.add_argument("--grids", type=int, default=300)
    options.add_argument("--roads", type=int, default=30)
    options.add_argument("--seed", type=int, default=2020)
    options.add_argument("--seeds", type=int, default=1, help="that many seeds one after another")
    options.add_argument("--shape", choices=[*SHAPES, "all"], default="square")
    options.add_argument("--limit", type=int, default=100, help="seconds for the reference")
    args = options.parse_args()
    shapes = SHAPES if args.shape == "all" else (args.shape,)
    slowest = cpu = 0.0
    outside = extra = runs = 0
    roundness = []
    for shape in shapes:
        for seed in range(args.seed, args.seed + args.seeds):
            region = community(shape, args.buildings, args.roads, seed)
            started, used = time.perf_counter(), time.process_time()
            result = draw(region, Parameters(grids=args.grids), seed=seed)
            slowest = max(slowest, time.perf_counter() - started)
            cpu = max(cpu, time.process_time() - used)
            off, pieces = check(region, result)
            outside, extra, runs = outside + off, extra + pieces, runs + 1
            roundness += [grid.compactness.polsby_popper or 0.0 for grid in result.grids]
    grids = max(2, round(args.grids * COMPARED / args.buildings))
    reference, ratio, note = compared(shapes[0], args.roads, grids, args.seed, args.limit)
    report(
        "district",
        {
            "seconds": round(slowest, 3),
            "cpu_seconds": round(cpu, 3),
            "outside_10pct": outside,
            "extra_pieces": extra,
            "polsby_popper": round(float(np.mean(roundness)), 3),
            "buildings": args.buildings,
            "grids": args.grids,
            "runs": runs,
        },
        reference=reference,
        ratio=ratio,
        **({"note": note} if note else {}),
    )


if __name__ == "__main__":
    main()
