"""Rows of a ledger that only fit together: who may hold how many is judged after the last of them.

Two who change posts, or three in a ring, have too much until all have moved. Rows are written one
by one as long as that helps; of those that are left, the ones that fit together are worked out from
what each gives and takes, written with loads judged last, and judged. A row of a ring that is
refused for another reason stays out, and so does each that fits only with it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from django.db import transaction

from fangxian.core.imports import Outcome, StagedRow
from fangxian.organisations.loads import Span, judged_last, most_at_once

# A holder in a role.
Key = tuple[UUID, str]
Days = tuple[Key, Span]


@dataclass(frozen=True, slots=True)
class Shift:
    """The days that a row gives to holders and takes from holders, as things stand."""

    gives: tuple[Days, ...] = ()
    takes: tuple[Days, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """A row to be written.

    ``write`` does it in a transaction of its own (a row that is refused changes nothing), ``shift``
    says what it would change.
    """

    row: StagedRow
    write: Callable[[], Outcome]
    shift: Callable[[], Shift]


@dataclass(frozen=True, slots=True)
class Loads:
    """``held``: the days of everything that holders have now; ``most``: the most of a role."""

    held: Callable[[Collection[Key]], Mapping[Key, Sequence[Span]]]
    most: Callable[[str], int]


def write_all(entries: Sequence[Entry], loads: Loads) -> list[Outcome]:
    """Write rows; who has too much is tried again once other rows relieved him.

    Rows that are refused for that in the end may still be relieved by another part of the ledger:
    their outcomes come ``later``.
    """
    outcomes: list[Outcome] = []
    waiting = list(entries)
    while waiting:
        full: list[tuple[Entry, Outcome]] = []
        for entry in waiting:
            outcome = entry.write()
            if any(problem.code == "load" for problem in outcome.problems):
                full.append((entry, outcome))
            else:
                outcomes.append(outcome)
        if len(full) == len(waiting):
            done = {one.number: one for one in _together([entry for entry, _none in full], loads)}
            outcomes += done.values()
            full = [(entry, none) for entry, none in full if entry.row.number not in done]
            if not done:
                return [*outcomes, *(replace(none, later=True) for _entry, none in full)]
        # Lists that are shifted by one relieve the last first.
        waiting = [entry for entry, _none in reversed(full)]
    return outcomes


def _together(entries: Sequence[Entry], loads: Loads) -> list[Outcome]:
    """Write those that fit together, and say what became of them."""
    left = list(entries)
    while left:
        shifts = {entry.row.number: entry.shift() for entry in left}
        fit = _fitting(shifts, loads)
        left = [entry for entry in left if entry.row.number in fit]
        with transaction.atomic():
            with judged_last():
                outcomes = [entry.write() for entry in left]
            refused = {one.number for one in outcomes if one.problems}
            refused |= _too_full({number: shifts[number] for number in fit}, loads)
            if not refused:
                return outcomes
            transaction.set_rollback(True)
        left = [entry for entry in left if entry.row.number not in refused]
    return []


def _fitting(shifts: Mapping[int, Shift], loads: Loads) -> set[int]:
    """The rows that together give nobody too much; of those who do, the last are left out."""
    givers, takers = _by_key(shifts)
    held = loads.held(givers)
    fit = set(shifts)
    open_keys = list(givers)
    while open_keys:
        key = open_keys.pop()
        while True:
            spans = [*held[key], *(span for number, span in givers[key] if number in fit)]
            less = [span for number, span in takers[key] if number in fit]
            over = [
                number
                for number, span in givers[key]
                if number in fit and most_at_once(spans, span, less) > loads.most(key[1])
            ]
            if not over:
                break
            number = max(over)
            fit.remove(number)
            # Whom it would have relieved has more than was thought.
            open_keys += [other for other, _span in shifts[number].takes if other in givers]
    return fit


def _too_full(shifts: Mapping[int, Shift], loads: Loads) -> set[int]:
    """The rows whose holders have too much now that all are written."""
    givers, _takers = _by_key(shifts)
    held = loads.held(givers)
    return {
        number
        for key, given in givers.items()
        for number, span in given
        if most_at_once(held[key], span) > loads.most(key[1])
    }


_ByKey = dict[Key, list[tuple[int, Span]]]


def _by_key(shifts: Mapping[int, Shift]) -> tuple[_ByKey, _ByKey]:
    givers: _ByKey = defaultdict(list)
    takers: _ByKey = defaultdict(list)
    for number, shift in shifts.items():
        for key, span in shift.gives:
            givers[key].append((number, span))
        for key, span in shift.takes:
            takers[key].append((number, span))
    return givers, takers
