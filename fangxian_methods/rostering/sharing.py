"""Who of those who are there stands at which post."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment

from .frame import Frame, Ints

_PLACE = 20.0  # points for a head that is missing, or a skill: more than posts differ for a person
_LOT = 0.1  # points that are drawn by lot
_NEVER = 1e9


class Sharing:
    """Shares out the posts of one kind of shift on one day: an assignment of least cost of those
    there to places, as many as there are heads wanted, and some beyond.

    ``cells``: the demands (m) of each kind and day that have more than one.
    """

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        cells: dict[int, list[int]] = {}
        for m, cell in enumerate(frame.cell.tolist()):
            cells.setdefault(cell, []).append(m)
        self.cells = [np.array(posts) for posts in cells.values() if len(posts) > 1]
        self._some: dict[int, list[int]] = {}
        for row, (m, *_) in enumerate(frame.some):
            self._some.setdefault(m, []).append(row)

    def shared(
        self,
        cells: Sequence[Ints],
        worked: Mapping[int, Sequence[int]],
        rng: np.random.Generator,
    ) -> dict[int, list[int]]:
        """Person → demands, of those who change the post in one of these cells; ``worked``: of
        everybody now."""
        at: dict[int, list[int]] = {m: [] for posts in cells for m in posts.tolist()}
        for person, demands in worked.items():
            for m in demands:
                if m in at:
                    at[m].append(person)
        changed: dict[int, dict[int, int]] = {}
        for posts in cells:
            now = [(person, m) for m in posts.tolist() for person in at[m]]
            if not now:
                continue
            people = np.array([person for person, _m in now])
            for (person, m), other in zip(now, self._places(posts, people, rng), strict=True):
                if other != m:
                    changed.setdefault(person, {})[m] = other
        return {
            person: [swaps.get(m, m) for m in worked[person]] for person, swaps in changed.items()
        }

    def _places(self, posts: Ints, people: Ints, rng: np.random.Generator) -> list[int]:
        """The post of each of these people."""
        frame = self.frame
        own = np.where(frame.able[np.ix_(people, posts)], frame.own[np.ix_(people, posts)], _NEVER)
        beyond = max(1, len(people) - round(frame.least[posts].sum()) + 1)
        places: list[int] = []
        costs = []
        for column, m in enumerate(posts.tolist()):
            lot = rng.random() * _LOT
            for place in range(round(frame.least[m])):
                cost = own[:, column] - _PLACE - lot
                for row in self._some.get(m, ()):
                    _m, holders, least = frame.some[row]
                    if place < least:
                        cost = cost - _PLACE * holders[people]
                places.append(m)
                costs.append(cost)
            places += [m] * beyond
            costs += [own[:, column] + frame.over[m]] * beyond
        _rows, chosen = linear_sum_assignment(np.array(costs).T)
        return [places[place] for place in chosen.tolist()]
