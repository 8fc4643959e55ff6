"""Drawing the grids of a community."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from multiprocessing import get_context

import numpy as np

from .atoms import Atoms, atoms_for, divisible, division_of, parts_of, rows_of_units, units_for
from .divide import Division, neighbours
from .exact import MOST_CHOICES, MOST_NODES, MOST_PARTS, cannot_fit, solve_exactly
from .graph import neighbour_graph
from .model import (
    Code,
    Community,
    FloatArray,
    IntArray,
    Message,
    NeighbourGraph,
    Parameters,
    Result,
    Stop,
)
from .partition import Network, Window, partition
from .path import cut_row, row_of
from .reasons import about_balance, about_buildings, about_range
from .repair import PATIENCE, repair, total_excess
from .report import grids_of, part_values
from .sizes import Share, counts, fraction, indivisible, windows
from .smooth import border_cost, smooth

_STARTS, _START_NODES = 8, 4000  # several starts where they cost little
_EFFORT = 1.0  # deterministic time of the exact search, about seconds
_HOPELESS = 20  # rounds of repair where sizes alone prove that not all can fit
_SOON = 20  # rounds without any gain where the exact search follows
_MANY = 600  # buildings, above which two attempts have to do
_MOST_UNITS = 200  # above so many, units are not drawn anew one by one


@dataclass(frozen=True, slots=True, eq=False)
class _Attempt:
    """A drawing with ``share.k`` grids, sizes meant to lie in ``window``.

    ``excess`` leaves out what no grid of a size allowed could hold; ``proved``: no drawing of that
    many grids keeps the tolerance.
    """

    share: Share
    window: Window
    graph: NeighbourGraph
    labels: IntArray
    excess: float
    proved: bool = False


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
        self.divisible = divisible(self.buildings)
        self.rng = np.random.default_rng(seed)
        self.started = time.monotonic()
        self.effort, self.fresh = _EFFORT, True
        self.graphs: dict[frozenset[str], NeighbourGraph] = {}

    def run(self) -> Result:
        tried, messages = counts(self.community.id, self.buildings, self.parameters)
        several = windows(self.buildings, tried, self.parameters)
        attempts: list[_Attempt] = []
        for attempt in self._attempts(several):
            attempts.append(attempt)
            if attempt.excess == 0:
                break
        if all(attempt.excess for attempt in attempts) and self.divisible:
            for attempt in attempts[:]:
                attempts.append(self._divided(attempt))
                if attempts[-1].excess == 0 or self._expired():
                    break
        best = min(attempts, key=lambda attempt: attempt.excess)
        proved = any(attempt.proved and attempt.share == best.share for attempt in attempts)
        return self._result(best, proved, tried[0], messages)

    def _expired(self) -> bool:
        limit = self.stop.seconds
        return limit is not None and time.monotonic() - self.started > limit

    def _graph(self, split: Collection[str] = ()) -> NeighbourGraph:
        key = frozenset(split)
        if key not in self.graphs:
            self.graphs[key] = neighbour_graph(self.buildings, self.community.roads, key)
        return self.graphs[key]

    @cached_property
    def _near(self) -> list[list[int]]:
        return neighbours(len(self.buildings), self._graph().pairs.tolist())

    # Whole buildings; those too large for a grid in runs of units

    def _attempts(self, several: Sequence[tuple[Share, Window]]) -> Iterator[_Attempt]:
        rounds = max(1, self.stop.rounds // len(several))
        for i, (share, window) in enumerate(several):
            # One grid more or less changes little where there are very many.
            if i and (self._expired() or (i > 1 and len(self.buildings) > _MANY)):
                return
            yield self._attempt(share, window, rounds)

    def _attempt(self, share: Share, window: Window, rounds: int) -> _Attempt:
        atoms = atoms_for(self.buildings, self._graph, window, share.k)
        labels, proved = self._labels(atoms, share.k, window, rounds)
        labels, graph = labels[atoms.of_part], atoms.graph
        if len(graph.parts) > len(self.buildings):
            division = division_of(self.buildings, self._near, graph, labels, share.k, window)
            division.side_by_side()
            graph, labels = parts_of(self.buildings, division, self._graph)
        return self._made(share, window, graph, labels, proved and not self.divisible)

    def _labels(self, atoms: Atoms, k: int, window: Window, rounds: int) -> tuple[IntArray, bool]:
        """Labels of the atoms. What exceeds the window is a part of its own where that can be."""
        rest = ~atoms.large
        alone = int(atoms.large.sum())
        inner = atoms.net.part(rest)
        if not (alone and 0 < k - alone <= len(inner.weight) and inner.connected()):
            return self._solved(atoms.net, atoms.points, k, window, rounds)
        labels = np.empty(len(rest), dtype=np.int64)
        labels[~rest] = np.arange(k - alone, k)
        points = atoms.points[rest]
        labels[rest], _proved = self._solved(inner, points, k - alone, window, rounds)
        return labels, False

    def _solved(
        self, net: Network, points: FloatArray, k: int, window: Window, rounds: int
    ) -> tuple[IntArray, bool]:
        """Labels of a connected graph, and whether it is proved that none fit the window."""
        proved = cannot_fit(net.weight.tolist(), k, window)
        rounds = min(rounds, _HOPELESS) if proved else rounds
        row = row_of(net)
        found = None if row is None else cut_row(net.weight[row], k, window)
        if row is not None and found is not None:
            labels = np.empty(len(row), dtype=np.int64)
            labels[row] = found[0]
            return labels, not found[1]
        labels = partition(net, k, window, self.rng)
        patience = _SOON if self._small(net, k) else PATIENCE
        sizes = np.bincount(labels, weights=net.weight, minlength=k).astype(np.float64)
        if np.count_nonzero(window.excess(sizes, 1)) > rounds // 2:  # a round mends one or two
            rounds = min(rounds, _HOPELESS)
        labels = repair(net, labels, k, window, self.rng, rounds, self._expired, patience)
        if not proved and total_excess(net.weight, labels, k, window) > 0:
            exact, proved = self._exactly(net, k, window)
            labels = labels if exact is None else exact
        return self._smoothest(net, points, labels, k, window), proved

    def _exactly(
        self, net: Network, k: int, window: Window, rows: Sequence[Sequence[int]] = ()
    ) -> tuple[IntArray | None, bool]:
        """The exact answer where the community is small and effort is left."""
        if not self._small(net, k) or self._expired():
            return None, False
        found, proved, spent = solve_exactly(net, k, window, self.seed, self.effort, rows)
        self.effort -= spent
        return found, proved

    def _small(self, net: Network, k: int) -> bool:
        """Whether the exact search can answer, and effort for it is left."""
        few = len(net.weight) <= MOST_NODES and k <= MOST_PARTS and len(net.u) * k <= MOST_CHOICES
        return few and self.effort > 0

    def _smoothest(
        self, net: Network, points: FloatArray, labels: IntArray, k: int, window: Window
    ) -> IntArray:
        """Smooth borders; in small communities, the best of several starts."""
        price = self.parameters.compactness
        best, best_cost = labels, math.inf
        allowed = total_excess(net.weight, labels, k, window)
        starts = max(1, min(_STARTS, _START_NODES // len(labels)))
        for start in range(1 if k == 1 or allowed else starts):
            if start and self._expired():
                break
            fresh = partition(net, k, window, self.rng, loose=True) if start else labels
            if total_excess(net.weight, fresh, k, window) > allowed:
                continue
            fresh = smooth(net, points, fresh, k, window, price, self._expired)
            cost = border_cost(net, points, fresh, k, price)
            if cost < best_cost:
                best, best_cost = fresh, cost
        return best

    # Any building by unit, where whole ones don't come out even

    def _divided(self, attempt: _Attempt) -> _Attempt:
        share, window, k = attempt.share, attempt.window, attempt.share.k
        division = division_of(self.buildings, self._near, attempt.graph, attempt.labels, k, window)
        division.balance(self._expired)
        proved = False
        if division.excess() > 0:
            units = units_for(self.buildings, self._graph, window)
            rows = rows_of_units(self.buildings, units.graph)
            found, proved = self._exactly(units.net, k, window, rows)
            if found is None and not proved and self.fresh and len(units.points) <= _MOST_UNITS:
                self.fresh = False  # once is enough: it takes long
                labels = partition(units.net, k, window, self.rng)
                labels = repair(units.net, labels, k, window, self.rng, _HOPELESS, self._expired)
                other = division_of(self.buildings, self._near, units.graph, labels, k, window)
                other.side_by_side()
                other.balance(self._expired)
                division = min(division, other, key=Division.excess)
            if found is not None:
                division = division_of(self.buildings, self._near, units.graph, found, k, window)
        division.mend()
        graph, labels = parts_of(self.buildings, division, self._graph)
        return self._made(share, window, graph, labels, proved)

    # What is handed back

    def _made(
        self, share: Share, window: Window, graph: NeighbourGraph, labels: IntArray, proved: bool
    ) -> _Attempt:
        sizes = part_values(self.buildings, graph)[1]
        excess = total_excess(np.minimum(sizes, int(window.high)), labels, share.k, window)
        # What a smaller number of grids could hold counts, what none can does not.
        never = math.floor(self.parameters.max_households * (1 + self.parameters.tolerance))
        for part, size in zip(graph.parts, sizes.tolist(), strict=True):
            hopeless = part in share.giants and (self.parameters.grids or size > never)
            if size > window.high and not hopeless:
                excess += size - window.high
        tolerated = window == share.window(self.parameters.tolerance)
        return _Attempt(share, window, graph, labels, excess, proved and tolerated)

    def _result(self, best: _Attempt, proved: bool, wanted: int, said: list[Message]) -> Result:
        parameters, share = self.parameters, best.share
        window = share.window(parameters.tolerance)
        grids = grids_of(self.buildings, best.graph, best.labels, float(share.mean))
        # A building beyond the range is named even where nothing can be balanced against it.
        high = int(window.high)
        high = high if parameters.grids else min(high, parameters.max_households)
        messages = said + about_buildings(self.buildings, best.graph, share, high)
        if share.k != wanted:
            messages.append(Message(Code.COUNT_CHANGED, {"grids": share.k, "wanted": wanted}))
        proved = proved or cannot_fit(indivisible(self.buildings), share.k, window)
        reasons = about_balance(grids, share, parameters, proved, found=best.excess == 0)
        messages += reasons + about_range(grids, parameters, said)
        tolerance = fraction(parameters.tolerance)
        return Result(
            community=self.community.id,
            grids=grids,
            graph=best.graph,
            mean=float(share.mean),
            low=float(share.mean * (1 - tolerance)),
            high=float(share.mean * (1 + tolerance)),
            balanced=not reasons,
            messages=tuple(messages),
        )
