"""Dividing buildings by unit between adjoining parts, where whole ones don't come out even.

All units of a building have the same neighbours outside it. So a part that keeps one of them
keeps its way through the building, and whatever run of units goes to a part next door, both stay
in one piece: sizes alone decide. A building's units of one part always stand side by side.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby, pairwise
from typing import NamedTuple

from .partition import Window

_MOST_MOVES = 100_000  # looked at; each takes some microseconds
_LONGEST_WAY = 12


class _Move(NamedTuple):
    """Units ``start`` … ``stop`` − 1 of a building go from one part to another."""

    building: int
    start: int
    stop: int
    source: int
    target: int
    size: int
    cuts: int  # by how much more often buildings are divided then


class Division:
    """Parts of buildings and their units.

    near
        The neighbours of each building.
    sizes
        Households of each unit of each building; one number where it can't be divided.
    labels
        The part of each of them, 0 … k−1, each in one piece; changed in place.
    """

    def __init__(
        self,
        near: Sequence[Sequence[int]],
        sizes: Sequence[Sequence[int]],
        labels: list[list[int]],
        k: int,
        window: Window,
    ) -> None:
        self.near, self.sizes, self.labels, self.window = near, sizes, labels, window
        self.moves_left = _MOST_MOVES
        self.total = [0] * k
        self.homes: list[set[int]] = [set() for _ in range(k)]
        for i, row in enumerate(labels):
            for size, label in zip(sizes[i], row, strict=True):
                self.total[label] += size
                self.homes[label].add(i)
        self.missed = sum(self._off(size) for size in self.total)

    def excess(self) -> float:
        """By how much all parts together miss the window."""
        return self.missed

    def side_by_side(self) -> None:
        """Bring the units of one part together, wherever others stand between them."""
        for i, row in enumerate(self.labels):
            while (runs := self._runs(i)) and len(runs) > len(set(row)):
                again = [run for run in runs if sum(run[0] == other[0] for other in runs) > 1]
                source, start, stop = min(
                    again, key=lambda run: (sum(self.sizes[i][run[1] : run[2]]), run[1])
                )
                beside = [row[j] for j in (start - 1, stop) if 0 <= j < len(row)]
                target = min(beside, key=lambda label: self.total[label])
                self._apply(self._move(i, start, stop, source, target))

    def balance(self, expired: Callable[[], bool]) -> None:
        """Move units and whole buildings until the sizes fit or no move brings them nearer."""
        while self.moves_left > 0:
            off = [label for label, size in enumerate(self.total) if self._off(size) > 0]
            if not off or expired() or not (self._nearer(off) or self._along_a_way(off)):
                return

    def mend(self) -> None:
        """Give divided buildings back to one part, where the sizes allow it."""
        for i in range(len(self.labels)):
            for label in sorted(set(self.labels[i]), key=lambda one: -self._held(i, one)):
                moves = [
                    self._move(i, start, stop, source, label)
                    for source, start, stop in self._runs(i)
                    if source != label
                ]
                before = self.excess()
                if len(moves) == 1 and self._stays(moves[0]):
                    self._apply(moves[0])
                    if self.excess() <= before:
                        break
                    self._apply(_back(moves[0]))

    def divided(self) -> list[int]:
        """The buildings that lie in several parts."""
        return [i for i, row in enumerate(self.labels) if len(set(row)) > 1]

    # Moves

    def _nearer(self, off: Sequence[int]) -> bool:
        """For each part the move that lowers the excess most; of equal ones the least division."""
        moved = False
        for label in off:
            best: tuple[float, int, int] | None = None
            chosen = None
            for move in self._moves_of(label):
                gain = self._gain(move)
                rank = (-gain, move.cuts, move.size)
                if gain > 0 and (best is None or rank < best) and self._stays(move):
                    best, chosen = rank, move
            if chosen is not None:
                self._apply(chosen)
                moved = True
        return moved

    def _along_a_way(self, off: Sequence[int]) -> bool:
        """Pass households on from part to part, from where there are too many to too few."""
        before = self.excess()
        for start in off:
            more = self.total[start] > self.window.high
            for way in self._ways(start, more):
                if self.moves_left <= 0:
                    return False
                done: list[_Move] = []
                for one, other in pairwise(way):
                    source, target = (one, other) if more else (other, one)
                    wanted = self._wanted(one, more)
                    moves = [
                        move
                        for move in self._moves_between(source, target)
                        if move.size and self._stays(move)
                    ]
                    if wanted <= 0 or not moves:
                        break
                    move = min(moves, key=lambda move: (abs(move.size - wanted), move.cuts))
                    self._apply(move)
                    done.append(move)
                if self.excess() < before:
                    return True
                for move in reversed(done):
                    self._apply(_back(move))
        return False

    def _wanted(self, label: int, more: bool) -> float:
        """What a part has to give (``more``) or to get, so that it fits with a little room."""
        low, high = self.window.low, self.window.high
        size, middle = self.total[label], (low + high) / 2
        off = size - high if more else low - size
        return (off + abs(size - middle)) / 2 if off > 0 else 0.0

    def _ways(self, start: int, more: bool) -> Iterator[list[int]]:
        """Shortest ways over adjoining parts, nearest ends first."""
        came: dict[int, int | None] = {start: None}
        row = [start]
        for _ in range(_LONGEST_WAY):
            following = []
            for label in row:
                for other in sorted(self._beside(label)):
                    if other in came:
                        continue
                    came[other] = label
                    following.append(other)
                    size = self.total[other]
                    if size < self.window.high if more else size > self.window.low:
                        way: list[int] = [other]
                        while (last := came[way[-1]]) is not None:
                            way.append(last)
                        yield way[::-1]
            row = following

    def _moves_of(self, label: int) -> Iterator[_Move]:
        for other in sorted(self._beside(label)):
            if self.total[label] > self.window.high:
                yield from self._moves_between(label, other)
            else:
                yield from self._moves_between(other, label)

    def _moves_between(self, source: int, target: int) -> Iterator[_Move]:
        """Runs of units, whole buildings too, that could go from one part to the other."""
        for i in sorted(self.homes[source]):
            row = self.labels[i]
            first = row.index(source)
            last = len(row) - row[::-1].index(source)
            if target in self.homes_of(i):
                before = first > 0 and row[first - 1] == target
                after = last < len(row) and row[last] == target
            elif any(target in self.homes_of(j) for j in self.near[i]):
                before = after = True
            else:
                continue
            if before:
                for stop in range(first + 1, last + 1):
                    yield self._move(i, first, stop, source, target)
            if after:
                for start in range(first + (1 if before else 0), last):
                    yield self._move(i, start, last, source, target)

    def homes_of(self, building: int) -> set[int]:
        """The parts in which a building lies."""
        return set(self.labels[building])

    def _move(self, i: int, start: int, stop: int, source: int, target: int) -> _Move:
        self.moves_left -= 1
        row = self.labels[i]
        cuts = (target not in row) - (row.count(source) == stop - start)
        return _Move(i, start, stop, source, target, sum(self.sizes[i][start:stop]), cuts)

    def _gain(self, move: _Move) -> float:
        a, b = self.total[move.source], self.total[move.target]
        before = self._off(a) + self._off(b)
        return before - self._off(a - move.size) - self._off(b + move.size)

    def _apply(self, move: _Move) -> None:
        self.missed -= self._gain(move)
        row = self.labels[move.building]
        row[move.start : move.stop] = [move.target] * (move.stop - move.start)
        self.total[move.source] -= move.size
        self.total[move.target] += move.size
        self.homes[move.target].add(move.building)
        if move.source not in row:
            self.homes[move.source].discard(move.building)

    def _stays(self, move: _Move) -> bool:
        """Whether the part that gives stays in one piece, and stays at all."""
        if self.labels[move.building].count(move.source) > move.stop - move.start:
            return True
        left = self.homes[move.source] - {move.building}
        if not left:
            return False
        missing = left.intersection(self.near[move.building])
        if len(missing) == 1:
            return True
        seen = {next(iter(sorted(missing)))} if missing else set()
        stack = list(seen)
        missing -= seen
        while stack and missing:
            for other in self.near[stack.pop()]:
                if other in left and other not in seen:
                    seen.add(other)
                    missing.discard(other)
                    stack.append(other)
        return bool(seen) and not missing

    # Sizes and neighbours

    def _off(self, size: float) -> float:
        return max(self.window.low - size, size - self.window.high, 0.0)

    def _held(self, i: int, label: int) -> int:
        row = zip(self.sizes[i], self.labels[i], strict=True)
        return sum(size for size, other in row if other == label)

    def _runs(self, i: int) -> list[tuple[int, int, int]]:
        """Label, start and stop of each run of units."""
        runs, start = [], 0
        for label, units in groupby(self.labels[i]):
            stop = start + len(list(units))
            runs.append((label, start, stop))
            start = stop
        return runs

    def _beside(self, label: int) -> set[int]:
        found: set[int] = set()
        for i in self.homes[label]:
            found.update(self.labels[i])
            for j in self.near[i]:
                found.update(self.labels[j])
        found.discard(label)
        return found


def _back(move: _Move) -> _Move:
    return move._replace(source=move.target, target=move.source)


def neighbours(n: int, pairs: Sequence[tuple[int, int]]) -> list[list[int]]:
    """The neighbours of each of ``n`` nodes, in rising order."""
    near: dict[int, list[int]] = defaultdict(list)
    for a, b in pairs:
        near[a].append(b)
        near[b].append(a)
    return [sorted(near[i]) for i in range(n)]
