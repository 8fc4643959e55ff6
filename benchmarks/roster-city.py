"""Benchmark ``roster-city``: a sub-district's volunteers, and a city's members and communities.

The first half makes a roster of 160 volunteers for 14 days of three shifts, with skills, wishes,
days off, limits and fair shares, from a seed; it ends when the roster is at most 2 % above its
bound, or after ``--seconds``. ``shift_s`` is the whole time, ``shift_gap_pct`` what was reached:
points by a check that shares nothing with the search, over a bound that no roster goes below.

The second half proposes 80,000 members for 6,000 communities with just enough room. The references
are OR-tools' minimum-cost flow over the pairs of each member and the nearest communities, and
whoever comes first goes to the nearest that has room among these.

    python benchmarks/roster-city.py --volunteers 160 --members 80000 --communities 6000
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from _city import checked, greedy, members, plain_flow, volunteers
from _report import report

from fangxian_methods.assignment import assign
from fangxian_methods.rostering import Stop, breaches, cost, solve

CLOSE = 0.02


def shifts(people: int, seconds: float, seed: int) -> dict[str, float]:
    """The figures of the first half."""
    problem = volunteers(people, seed=seed)
    begun = time.perf_counter()
    result = solve(problem, stop=Stop(seconds=seconds), watch=lambda now: now.gap > CLOSE)
    took = time.perf_counter() - begun
    if broken := breaches(problem, result.roster):
        raise SystemExit(f"the roster breaks a rule: {broken[0]}")
    points = cost(problem, result.roster).total
    return {
        "shift_s": round(took, 2),
        "shift_gap_pct": round(100 * (points - result.bound) / max(1.0, result.bound), 2),
        "shift_points": points,
        "shift_bound": round(result.bound, 2),
        "shift_missing": sum(one.missing for one in result.short),
    }


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--volunteers", type=int, default=160)
    options.add_argument("--seconds", type=float, default=3, help="for the roster")
    options.add_argument("--members", type=int, default=80_000)
    options.add_argument("--communities", type=int, default=6_000)
    options.add_argument("--seed", type=int, default=2020)
    options.add_argument("--no-reference", action="store_true")
    args = options.parse_args()
    figures: dict[str, float] = {**shifts(args.volunteers, args.seconds, args.seed)}
    people, nodes = members(args.members, args.communities, args.seed)
    begun = time.perf_counter()
    result = assign(people, nodes)
    took = time.perf_counter() - begun
    chosen = {one.person: one.node for one in result.placements}
    metres = checked(people, nodes, chosen)
    figures |= {
        "assign_s": round(took, 2),
        "unplaced": len(people) - len(chosen),
        "mean_m": round(metres),
    }
    if args.no_reference:
        report("roster-city", figures)
        return
    begun = time.perf_counter()
    first = greedy(people, nodes)
    greedy_s = time.perf_counter() - begun
    begun = time.perf_counter()
    flow = plain_flow(people, nodes)
    flow_s = time.perf_counter() - begun
    reference = {
        "greedy_s": round(greedy_s, 2),
        "greedy_unplaced": len(people) - len(first),
        "greedy_mean_m": round(checked(people, nodes, first)),
        "flow_s": round(flow_s, 2),
        "flow_unplaced": len(people) - len(flow),
        "flow_mean_m": round(checked(people, nodes, flow)),
    }
    report("roster-city", figures, reference=reference, ratio={"assign_s": round(flow_s / took, 2)})


if __name__ == "__main__":
    main()
