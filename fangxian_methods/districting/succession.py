"""Which new grid follows which old one, so that nobody's responsibility is lost in a redraw."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TypeVar

import numpy as np
from scipy.optimize import linear_sum_assignment

from .model import Part

Old = TypeVar("Old", bound=Hashable)
New = TypeVar("New", bound=Hashable)


def succession(
    before: Mapping[Part, Old], after: Mapping[Part, New], households: Mapping[Part, int]
) -> dict[New, Old | None]:
    """New grid → the old grid that it follows, or None; as many households as possible stay.

    Each old grid is followed by at most one new one, and only where they share households. A
    part that was whole before and is split now, or the other way round, is not recognised:
    give ``before`` in the parts of ``after``.
    """
    old = list(dict.fromkeys(before.values()))
    new = list(dict.fromkeys(after.values()))
    rows = {number: i for i, number in enumerate(new)}
    columns = {number: i for i, number in enumerate(old)}
    shared = np.zeros((len(new), len(old)))
    for part, number in after.items():
        if part in before:
            shared[rows[number], columns[before[part]]] += households.get(part, 0)
    follows: dict[New, Old | None] = dict.fromkeys(new)
    for i, j in zip(*linear_sum_assignment(shared, maximize=True), strict=True):
        if shared[i, j] > 0:
            follows[new[i]] = old[j]
    return follows
