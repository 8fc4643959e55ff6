"""The reference of ``district``: spopt's max-p regions, in a process of its own.

It is given the neighbour graph and asked for as many contiguous regions as there can be, none of
them below a floor of households (Wei, Rey, Knaap 2020). The floor is the least that a grid may
have, so that spopt is free to find the grids that ours has. Its best starts are annealed once each:
ten times, its default, take minutes and don't even out the sizes, which it doesn't aim at.
"""

from __future__ import annotations

import importlib.util
import json
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

NAME = "spopt MaxPHeuristic, one annealing of each best start"
MISSING = "reference spopt is not installed: make bench NAME=district, or pip install '.[bench]'"
# Its import alone takes seconds where nothing of it is compiled or in memory yet.
_START = 30


@dataclass(frozen=True)
class Answer:
    """The region of each node and the time taken, or ``note`` saying why there is none."""

    label: NDArray[np.int64] | None = None
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    note: str = ""


def regions(
    at: NDArray[np.float64],
    households: NDArray[np.int64],
    pairs: NDArray[np.int64],
    *,
    floor: float,
    seed: int,
    limit: int,
) -> Answer:
    """Regions of at least ``floor`` households, unless spopt is missing, fails or is too slow.

    ``pairs`` (m, 2) are the neighbours; ``limit`` bounds the solving in seconds, the import of
    spopt, which isn't counted, comes on top.
    """
    if importlib.util.find_spec("spopt") is None:
        return Answer(note=MISSING)
    task = {
        "at": at.tolist(),
        "households": households.tolist(),
        "pairs": pairs.tolist(),
        "floor": floor,
        "seed": seed,
        "limit": limit,
    }
    try:
        done = subprocess.run(
            [sys.executable, Path(__file__).resolve()],
            input=json.dumps(task),
            capture_output=True,
            text=True,
            check=False,
            timeout=limit + _START,
        )
    except (OSError, subprocess.SubprocessError) as error:
        return Answer(note=f"spopt didn't run: {type(error).__name__}")
    if done.returncode == -signal.SIGALRM:
        return Answer(note=f"spopt was stopped: it takes more than {limit} s")
    try:
        answer = json.loads(done.stdout.splitlines()[-1])
        label = np.unique(np.array(answer["label"]), return_inverse=True)[1]
        return Answer(label.astype(np.int64), answer["seconds"], answer["cpu_seconds"])
    except (IndexError, KeyError, TypeError, ValueError):
        last = (done.stderr.strip().splitlines() or [f"it ended with {done.returncode}"])[-1]
        return Answer(note=f"spopt failed: {last}")


def _solve() -> None:
    """Read the task from standard input, write the answer to standard output."""
    import geopandas
    from libpysal.weights import W
    from spopt.region import MaxPHeuristic

    task = json.load(sys.stdin)
    x, y = np.array(task["at"]).T
    frame = geopandas.GeoDataFrame(
        {"x": x, "y": y, "households": task["households"]}, geometry=geopandas.points_from_xy(x, y)
    )
    neighbours: dict[int, list[int]] = {node: [] for node in range(len(x))}
    for first, second in task["pairs"]:
        neighbours[first].append(second)
        neighbours[second].append(first)
    np.random.seed(task["seed"])
    model = MaxPHeuristic(
        frame,
        W(neighbours, silence_warnings=True),
        ["x", "y"],
        "households",
        task["floor"],
        max_iterations_sa=1,
    )
    # The alarm ends the process, even within compiled code.
    signal.alarm(task["limit"])
    started, used = time.perf_counter(), time.process_time()
    model.solve()
    answer = {
        "seconds": time.perf_counter() - started,
        "cpu_seconds": time.process_time() - used,
        "label": [int(region) for region in model.labels_],
    }
    signal.alarm(0)
    print(json.dumps(answer))


if __name__ == "__main__":
    _solve()
