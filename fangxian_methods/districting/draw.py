"""Drawing the grids of a community."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from multiprocessing import get_context

import numpy as np

from .evaluate import outside_range, outside_tolerance
from .exact import MOST_NODES, MOST_PARTS, solve_exactly
from .graph import neighbour_graph, shared_positions
from .model import (
    EDGE_KINDS,
    BoolArray,
    Code,
    Community,
    EdgeKind,
    FloatArray,
    IntArray,
    Message,
    NeighbourGraph,
    Parameters,
    Part,
    Result,
    Stop,
)
from .partition import Network, Window, partition
from .repair import repair, total_excess
from .report import grids_of
from .sections import sections
from .smooth import border_cost, smooth

Values = dict[str, str | int | float]

_COUNTS_TRIED = 4
_STARTS, _START_NODES = 8, 4000  # several starts where they cost little
_EFFORT = 4.0  # deterministic time of the exact search, about seconds


@dataclass(frozen=True, slots=True, eq=False)
class _Atoms:
    """What is never divided: whole buildings, and the runs of units of split ones.

    ``of_part`` gives the atom of each part of ``graph``. The weight in ``net`` of an atom that
    alone exceeds the window is cut down to it, so that it counts as one full grid.
    """

    graph: NeighbourGraph
    net: Network
    points: FloatArray
    of_part: IntArray


@dataclass(frozen=True, slots=True, eq=False)
class _Attempt:
    k: int
    window: Window
    atoms: _Atoms
    labels: IntArray
    excess: float
    proved: bool


def draw(
    community: Community,
    parameters: Parameters | None = None,
    *,
    seed: int = 0,
    stop: Stop | None = None,
) -> Result:
    """Draw the grids of one community.

    Every building is in exactly one grid (a split one by unit), every grid is in one piece on
    the published graph, and the sizes keep the tolerance wherever a drawing that does was
    found; ``Result.messages`` says what could not be kept and why. The same community,
    parameters, seed and ``stop.rounds`` give the same answer, in whatever order the buildings
    are given.
    """
    return _Drawing(community, parameters or Parameters(), seed, stop or Stop()).run()


def draw_many(
    communities: Iterable[Community],
    parameters: Parameters | None = None,
    *,
    seed: int = 0,
    stop: Stop | None = None,
    workers: int = 1,
) -> dict[str, Result]:
    """Draw many communities; results by community id, in the order given.

    Each community has its own seed, made of ``seed`` and its id, so that its answer doesn't
    depend on the others or on ``workers`` (processes).
    """
    jobs = [
        (community, parameters or Parameters(), seed_for(seed, community.id), stop or Stop())
        for community in communities
    ]
    if workers <= 1 or len(jobs) < 2:
        results: Iterable[Result] = map(_job, jobs)
        return {result.community: result for result in results}
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        chunk = max(1, len(jobs) // (8 * workers))
        return {result.community: result for result in pool.map(_job, jobs, chunksize=chunk)}


def seed_for(seed: int, community: str) -> int:
    """The seed that :func:`draw_many` uses for a community, to draw it again alone."""
    digest = hashlib.blake2b(f"{seed}:{community}".encode(), digest_size=6).digest()
    return int.from_bytes(digest, "big")


def _job(job: tuple[Community, Parameters, int, Stop]) -> Result:
    community, parameters, seed, stop = job
    return draw(community, parameters, seed=seed, stop=stop)


class _Drawing:
    def __init__(self, community: Community, parameters: Parameters, seed: int, stop: Stop) -> None:
        self.community, self.parameters, self.seed, self.stop = community, parameters, seed, stop
        self.buildings = sorted(community.buildings, key=lambda building: building.id)
        self.households = sum(building.households for building in self.buildings)
        self.rng = np.random.default_rng(seed)
        self.started = time.monotonic()
        self.graphs: dict[frozenset[str], NeighbourGraph] = {}

    def run(self) -> Result:
        counts, messages = self._counts()
        best: _Attempt | None = None
        for attempt in self._attempts(counts):
            if best is None or attempt.excess < best.excess:
                best = attempt
            if best.excess == 0:
                break
        if best is None:
            raise RuntimeError("no number of grids was tried")
        return self._result(best, counts[0], messages)

    def _expired(self) -> bool:
        limit = self.stop.seconds
        return limit is not None and time.monotonic() - self.started > limit

    # How many grids

    def _counts(self) -> tuple[list[int], list[Message]]:
        """Numbers of grids to try, the best first."""
        p, total = self.parameters, self.households
        most = self._most_grids()
        if p.grids is not None:
            if p.grids > most:
                raise ValueError(
                    f"community {self.community.id}: {p.grids} grids are asked for, but its "
                    f"buildings and units allow {most} at most"
                )
            mean = total / p.grids
            if p.min_households <= mean <= p.max_households:
                return [p.grids], []
            values = {"grids": p.grids, "mean": round(mean), **self._range()}
            return [p.grids], [Message(Code.MEAN_OUTSIDE_RANGE, values)]
        if total <= p.max_households:
            return [1], [Message(Code.ONE_GRID, {"households": total})]
        # A building that can't be split and alone exceeds the ceiling is a grid of its own: the
        # others are counted without it.
        alone = [b.households for b in self.buildings if not b.units]
        alone = [size for size in alone if size > p.max_households]
        rest, extra = total - sum(alone), len(alone)
        few, many = -(-rest // p.max_households), rest // p.min_households
        counts = sorted(
            (k for k in range(max(few, 1 - extra), many + 1)),
            key=lambda k: (abs(rest / k - p.target_households) if k else 0.0, k),
        )
        counts = [k + extra for k in counts if 1 <= k + extra <= most]
        if counts:
            return counts[:_COUNTS_TRIED], []
        near = [k + extra for k in (many, few) if 1 <= k + extra <= most] or [
            min(most, few + extra)
        ]
        k = max(1, min(near, key=lambda k: self._miss(total / k)))
        values = {"households": total, "grids": k, "mean": round(total / k), **self._range()}
        return [k], [Message(Code.NO_COUNT_FITS, values)]

    def _most_grids(self) -> int:
        return sum(max(1, len(building.units)) for building in self.buildings)

    def _range(self) -> Values:
        return {"low": self.parameters.min_households, "high": self.parameters.max_households}

    def _miss(self, mean: float) -> float:
        """By what factor a mean size misses the range."""
        p = self.parameters
        return max(p.min_households / max(mean, 1e-9), mean / p.max_households)

    def _windows(self, counts: Sequence[int]) -> list[tuple[int, Window]]:
        """Counts with the sizes allowed: first all within the range too, then without it."""
        p = self.parameters
        tolerated = {k: self._tolerated(k) for k in counts}
        bounded = {
            k: Window(max(w.low, p.min_households), min(w.high, p.max_households))
            for k, w in tolerated.items()
        }
        tries = [(k, w) for k, w in bounded.items() if w.low <= self.households / k <= w.high]
        tries += [(k, w) for k, w in tolerated.items() if (k, w) not in tries]
        return tries

    def _tolerated(self, k: int) -> Window:
        """Whole sizes that keep the tolerance; the nearest two to the mean if there is none."""
        mean = Fraction(self.households, k)
        tolerance = Fraction(str(self.parameters.tolerance))
        low, high = math.ceil(mean * (1 - tolerance)), math.floor(mean * (1 + tolerance))
        if low > high:
            low, high = math.floor(mean), math.ceil(mean)
        return Window(low, high)

    # One attempt

    def _attempts(self, counts: Sequence[int]) -> Iterator[_Attempt]:
        windows = self._windows(counts)
        for i, (k, window) in enumerate(windows):
            if i and self._expired():
                return
            yield self._attempt(k, window, max(1, self.stop.rounds // len(windows)))

    def _attempt(self, k: int, window: Window, rounds: int) -> _Attempt:
        atoms = self._atoms(window)
        net, proved = atoms.net, False
        n = len(net.weight)
        if k > n:
            labels = np.arange(n, dtype=np.int64)
            return _Attempt(n, window, atoms, labels, self._excess(atoms, labels, n, window), False)
        labels = partition(net, k, window, self.rng)
        labels = repair(net, labels, k, window, self.rng, rounds, self._expired)
        small = n <= MOST_NODES and k <= MOST_PARTS
        if total_excess(net.weight, labels, k, window) > 0 and small and not self._expired():
            found, proved = solve_exactly(net, k, window, self.seed, _EFFORT)
            labels = labels if found is None else found
        labels = self._smoothest(atoms, labels, k, window)
        excess = self._excess(atoms, labels, k, window)
        return _Attempt(k, window, atoms, labels, excess, proved and excess > 0)

    def _smoothest(self, atoms: _Atoms, labels: IntArray, k: int, window: Window) -> IntArray:
        """Smooth borders; in small communities, the best of several starts."""
        net, price = atoms.net, self.parameters.compactness
        best, best_cost = labels, math.inf
        allowed = total_excess(net.weight, labels, k, window)
        for start in range(max(1, min(_STARTS, _START_NODES // len(labels)))):
            if start and (self._expired() or k == 1):
                break
            fresh = partition(net, k, window, self.rng, loose=True) if start else labels
            if total_excess(net.weight, fresh, k, window) > allowed:
                continue
            fresh = smooth(net, atoms.points, fresh, k, window, price, self._expired)
            cost = border_cost(net, atoms.points, fresh, k, price)
            if cost < best_cost:
                best, best_cost = fresh, cost
        return best

    def _excess(self, atoms: _Atoms, labels: IntArray, k: int, window: Window) -> float:
        """Excess with the real sizes of buildings that are too large."""
        of_part = labels[atoms.of_part]
        return total_excess(self._part_sizes(atoms.graph), of_part, k, window)

    def _part_sizes(self, graph: NeighbourGraph) -> IntArray:
        sizes = {
            Part(building.id, unit.id): unit.households
            for building in self.buildings
            for unit in building.units
        }
        sizes |= {Part(building.id): building.households for building in self.buildings}
        return np.array([sizes[part] for part in graph.parts], dtype=np.int64)

    def _atoms(self, window: Window) -> _Atoms:
        large = [b for b in self.buildings if b.units and b.households > window.high]
        split = frozenset(building.id for building in large)
        if split not in self.graphs:
            self.graphs[split] = neighbour_graph(self.buildings, self.community.roads, split)
        graph = self.graphs[split]
        of_part = np.empty(len(graph.parts), dtype=np.int64)
        pendant: list[bool] = []
        position = 0
        for building in self.buildings:
            runs, own = sections(building, window) if building.id in split else ([range(1)], 0)
            for i, run in enumerate(runs):
                of_part[position : position + len(run)] = len(pendant)
                pendant.append(i >= max(1, len(runs) - own) and building.id in split)
                position += len(run)
        real = np.bincount(of_part, weights=self._part_sizes(graph)).astype(np.int64)
        where = {building.id: (building.x, building.y) for building in self.buildings}
        at = np.array([where[part.building] for part in graph.parts])
        points = np.column_stack(
            [np.bincount(of_part, weights=at[:, i]) / np.bincount(of_part) for i in (0, 1)]
        )
        return _Atoms(
            graph=graph,
            net=_network(graph, of_part, np.array(pendant), points, np.minimum(real, window.high)),
            points=points,
            of_part=of_part,
        )

    # What is handed back

    def _result(self, best: _Attempt, wanted: int, messages: list[Message]) -> Result:
        graph, k = best.atoms.graph, best.k
        mean = Fraction(self.households, k)
        tolerance = Fraction(str(self.parameters.tolerance))
        grids = grids_of(self.buildings, graph, best.labels[best.atoms.of_part], float(mean))
        balanced = all(abs(grid.households - mean) <= tolerance * mean for grid in grids)
        messages = messages + self._about_buildings(best)
        if k != wanted:
            messages.append(Message(Code.COUNT_CHANGED, {"grids": k, "wanted": wanted}))
        percent = round(self.parameters.tolerance * 100, 2)
        if not balanced:
            code = Code.BALANCE_IMPOSSIBLE if best.proved else Code.BALANCE_NOT_FOUND
            messages.append(Message(code, {"grids": k, "percent": percent}))
            messages += outside_tolerance(grids, mean, tolerance)
        said = {message.code for message in messages}
        if not said & {Code.ONE_GRID, Code.MEAN_OUTSIDE_RANGE, Code.NO_COUNT_FITS}:
            messages += outside_range(grids, self.parameters)
        return Result(
            community=self.community.id,
            grids=grids,
            graph=graph,
            mean=float(mean),
            low=float(mean * (1 - tolerance)),
            high=float(mean * (1 + tolerance)),
            balanced=balanced,
            messages=tuple(messages),
        )

    def _about_buildings(self, best: _Attempt) -> list[Message]:
        messages = []
        shared = shared_positions(self.buildings)
        if shared:
            messages.append(Message(Code.SAME_POSITION, {"count": shared}))
        by_id = {building.id: building for building in self.buildings}
        for edge in best.atoms.graph.bridges():
            first, second = by_id[edge.first.building], by_id[edge.second.building]
            metres = round(math.hypot(first.x - second.x, first.y - second.y), 1)
            values: Values = {"first": first.id, "second": second.id, "metres": metres}
            if values not in [message.values for message in messages]:
                messages.append(Message(Code.BRIDGED, values))
        if best.k == 1:
            return messages
        high = int(best.window.high)
        for building in self.buildings:
            if building.households <= high:
                continue
            size: Values = {"building": building.id, "households": building.households}
            code = Code.BUILDING_SPLIT if building.units else Code.BUILDING_TOO_LARGE
            messages.append(Message(code, {**size, "high": high}))
            for unit in building.units:
                if unit.households > high:
                    values = {**size, "unit": unit.id, "households": unit.households, "high": high}
                    messages.append(Message(Code.UNIT_TOO_LARGE, values))
        return messages


def _network(
    graph: NeighbourGraph,
    of_part: IntArray,
    pendant: BoolArray,
    points: FloatArray,
    weight: IntArray,
) -> Network:
    """The graph of atoms. A run of units that is to be a grid hangs on the run before it only."""
    kind = EDGE_KINDS.index(EdgeKind.UNIT)
    ends = of_part[graph.pairs]
    inside = graph.kinds == kind
    keep = (ends[:, 0] != ends[:, 1]) & (inside | ~pendant[ends].any(axis=1))
    pairs = np.unique(np.sort(ends[keep], axis=1), axis=0).reshape(-1, 2)
    length = np.hypot(*(points[pairs[:, 0]] - points[pairs[:, 1]]).T)
    # Whole numbers, so that sums of lengths are exact; a thousandth of the mean is fine enough.
    grain = float(length.mean()) / 1000 if len(length) and length.any() else 1.0
    return Network(
        u=pairs[:, 0],
        v=pairs[:, 1],
        length=np.ceil(length / grain) + 1.0,
        weight=weight.astype(np.int64),
    )
