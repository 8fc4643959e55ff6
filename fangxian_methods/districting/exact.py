"""The exact answer for small communities: found, or proved to be impossible."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np

from .model import IntArray
from .partition import Network, Window

MOST_NODES = 60
MOST_PARTS = 8
MOST_CHOICES = 1500  # edges times parts: the search is set up for each


def cannot_fit(sizes: Sequence[int], k: int, window: Window) -> bool:
    """Whether sizes alone prove that no ``k`` parts fit the window, wherever they lie.

    Either all together are too many or too few, or no selection of them adds up to a size in the
    window; for few sizes, none that holds a given one.
    """
    low, high = math.ceil(window.low), math.floor(window.high)
    if not k * low <= sum(sizes) <= k * high:
        return True
    if _missed(sizes, low, high):
        return True
    counted = Counter(sizes)
    if len(sizes) > MOST_NODES:
        return False
    return any(
        _missed((counted - Counter([size])).elements(), low - size, high - size)
        for size in counted
        if size
    )


def _missed(sizes: Iterable[int], low: int, high: int) -> bool:
    """Whether no selection adds up to ``low`` … ``high``."""
    if low <= 0 <= high:
        return False
    if high < 0:
        return True
    # Bit s of ``sums`` stands for the sum s.
    sums, kept = 1, (1 << (high + 1)) - 1
    for size in sizes:
        sums |= (sums << size) & kept if size <= high else 0
    return not sums >> max(0, low)


def solve_exactly(
    net: Network,
    k: int,
    window: Window,
    seed: int,
    effort: float,
    rows: Sequence[Sequence[int]] = (),
) -> tuple[IntArray | None, bool, float]:
    """Labels with all parts connected and inside the window, or None.

    The second value says whether None is proved, the third what was spent of ``effort``. That is
    CP-SAT's deterministic time, so that the answer doesn't depend on the machine's speed. Each
    part is a tree of parent edges hanging on its node with the lowest number. The nodes of each
    of ``rows`` that are in one part stand side by side there.
    """
    # Slow to load, and only small communities need it.
    from ortools.sat.python import cp_model

    n = len(net.weight)
    model = cp_model.CpModel()
    member = [[model.new_bool_var("") for _ in range(k)] for _ in range(n)]
    root = [[model.new_bool_var("") for _ in range(k)] for _ in range(n)]
    depth = [model.new_int_var(0, n - 1, "") for _ in range(n)]
    parents: list[list[cp_model.IntVar]] = [[] for _ in range(n)]
    for u, v in zip(net.u.tolist(), net.v.tolist(), strict=True):
        for child, parent in ((u, v), (v, u)):
            hangs = model.new_bool_var("")
            parents[child].append(hangs)
            model.add(depth[child] == depth[parent] + 1).only_enforce_if(hangs)
            for p in range(k):
                model.add_bool_or(~hangs, ~member[child][p], member[parent][p])
    low, high = int(np.ceil(window.low - 1e-9)), int(np.floor(window.high + 1e-9))
    for i in range(n):
        model.add_exactly_one(member[i])
        model.add_exactly_one([*root[i], *parents[i]])
        for p in range(k):
            model.add_implication(root[i][p], member[i][p])
            for lower in range(i):
                model.add_implication(root[i][p], ~member[lower][p])
    number = []
    for p in range(k):
        model.add_exactly_one(root[i][p] for i in range(n))
        number.append(sum(i * root[i][p] for i in range(n)))
        model.add_linear_constraint(
            sum(int(net.weight[i]) * member[i][p] for i in range(n)), low, high
        )
    for p in range(k - 1):
        model.add(number[p] < number[p + 1])
    for row in rows:
        for p in range(k):
            begins = [member[row[0]][p]] if len(row) > 1 else []
            for before, after in pairwise(row):
                starts = model.new_bool_var("")
                model.add_bool_or(~member[after][p], member[before][p], starts)
                begins.append(starts)
            model.add_at_most_one(begins)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = seed % 2**31
    solver.parameters.max_deterministic_time = effort
    status = solver.solve(model)
    spent = float(solver.response_proto.deterministic_time)
    if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        chosen = [next(p for p in range(k) if solver.boolean_value(member[i][p])) for i in range(n)]
        return np.array(chosen, dtype=np.int64), False, spent
    return None, status == cp_model.INFEASIBLE, spent
