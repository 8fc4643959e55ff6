"""Benchmark ``roster``: the instances 1–8 of Curtois and Qu (2014), points over the best known.

The instances are not ours to ship: ``--folder`` names where Instance1.txt … lie (they are published
at schedulingbenchmarks.org). The points come from a check that shares nothing with the search. The
reference is one plain CP-SAT model of all rules, with two workers and the same time.

    python benchmarks/roster.py --seconds 60 --instances 5 6 7 8

``--made 9 24`` takes instances of the published shapes that are made from ``--seed`` instead: no
best is known of them, so the points and the seconds are told.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from _plain_roster import plain
from _report import report

from fangxian_methods.rostering import Problem, Stop, breaches, cost, curtois_qu, solve
from fangxian_methods.rostering.tests.shapes import SHAPES, text

# Published tables of the instances, best of 10 and 60 minutes; 8: 1308, 1300 reported since.
BEST = {1: 607, 2: 828, 3: 1001, 4: 1716, 5: 1143, 6: 1950, 7: 1056, 8: 1308}
FOLDER = Path(__file__).resolve().parents[2] / "shared" / "reference" / "rostering"


def ours(problem: Problem, seconds: float, seed: int) -> tuple[float, float, float]:
    """Points, the bound, and the seconds that it took."""
    begun = time.perf_counter()
    result = solve(problem, seed=seed, stop=Stop(seconds=seconds))
    took = time.perf_counter() - begun
    if broken := breaches(problem, result.roster):
        raise SystemExit(f"the roster breaks a rule: {broken[0]}")
    return cost(problem, result.roster).total, result.bound, took


def over(points: float, best: float) -> float:
    return round(100 * (points - best) / best, 2)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--folder", type=Path, default=FOLDER)
    options.add_argument("--instances", type=int, nargs="+", default=sorted(BEST))
    options.add_argument("--seconds", type=float, default=6, help="for each instance")
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--no-reference", action="store_true")
    options.add_argument("--made", type=int, nargs="+", choices=sorted(SHAPES))
    args = options.parse_args()
    if args.made:
        found = {}
        for number in args.made:
            problem = curtois_qu.read(text(*SHAPES[number], args.seed))
            points, _bound, took = ours(problem, args.seconds, args.seed)
            found[str(number)] = {"points": points, "seconds": round(took, 1)}
        report("roster", {"made": found, "seed": args.seed})
        return
    if not args.folder.is_dir():
        raise SystemExit(f"{args.folder} isn't there: name where the instances lie, --folder PATH")
    gaps, bounds, plainly, longest = {}, {}, {}, 0.0
    for number in args.instances:
        problem = curtois_qu.read((args.folder / f"Instance{number}.txt").read_text("utf-8"))
        points, bound, took = ours(problem, args.seconds, args.seed)
        best = BEST.get(number, points)
        gaps[str(number)], bounds[str(number)] = over(points, best), round(bound, 1)
        longest = max(longest, took)
        if not args.no_reference:
            plain_points = plain(problem, args.seconds)
            plainly[str(number)] = None if plain_points is None else over(plain_points, best)
    report(
        "roster",
        {"gap_pct": gaps, "seconds": round(longest, 1), "bound": bounds, "seed": args.seed},
        reference=None if args.no_reference else {"gap_pct": plainly, "workers": 2},
    )


if __name__ == "__main__":
    main()
