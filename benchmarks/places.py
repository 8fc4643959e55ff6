"""Benchmark ``places``: the whole national tree taken in, searched, and one community redrawn.

Target: import ≤ 15 s, search p95 ≤ 20 ms at 665,000 places (as the application role, caches warm).
Reference: raw COPY of the same rows into a table without indexes, in the same run.

    python benchmarks/places.py --searches 400 --seed 1
"""

from __future__ import annotations

import argparse
import io
import random
import time
from typing import Any

from _database import database
from _report import percentile, report

COMMON = ["村", "社区", "居委会", "镇", "东", "大", "和平", "新华", "李家", "zj", "s", "hb"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--searches", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--households", type=int, default=2_000)
    options = parser.parse_args()
    with database():
        figures, copied = measure(options.searches, options.seed, options.households)
        report(
            "places",
            figures,
            reference={"copy_s": copied},
            ratio={"import_per_copy": round(figures["import_s"] / copied, 1)},
        )


def measure(searches: int, seed: int, households: int) -> tuple[dict[str, Any], float]:
    """Take the tree in, search it, redraw a community of it."""
    from django.core.management import call_command
    from django.db import connections

    from fangxian.regions.models import Region
    from fangxian.regions.search import search

    began = time.perf_counter()
    call_command("import_regions", stdout=io.StringIO())
    imported = time.perf_counter() - began
    began = time.perf_counter()
    call_command("import_regions", stdout=io.StringIO())
    again = time.perf_counter() - began
    copied = raw_copy(connections["owner"])
    rng = random.Random(seed)
    names = list(Region.objects.filter(level__gte=9).values_list("name", "code")[: 10**6])
    times = []
    for n in range(searches):
        name, code = rng.choice(names)
        at = rng.randrange(max(1, len(name) - 2))
        kinds = [name[at : at + 3], name[:2], code[: rng.choice([6, 9])], rng.choice(COMMON)]
        area = rng.choice(["", code[:4], code[:6]])
        began = time.perf_counter()
        search(kinds[n % len(kinds)], area, 20)
        times.append((time.perf_counter() - began) * 1000)
    return {
        "places": len(names) + Region.objects.filter(level__lt=9).count(),
        "import_s": round(imported, 1),
        "again_s": round(again, 1),
        "search_p50_ms": round(percentile(times, 0.5), 1),
        "search_p95_ms": round(percentile(times, 0.95), 1),
        **redrawn(households, rng),
    }, copied


def raw_copy(connection: Any) -> float:
    """Seconds for COPY of the same rows into a table without an index."""
    with connection.cursor() as cursor:
        out = io.BytesIO()
        with cursor.copy(
            "COPY (SELECT id, code, name, level, initials FROM regions_region) TO STDOUT"
        ) as copy:
            for part in copy:
                out.write(part)
        cursor.execute("CREATE TEMP TABLE raw (id uuid, code text, name text, level int, i text)")
        began = time.perf_counter()
        with cursor.copy("COPY raw FROM STDIN") as copy:
            copy.write(out.getvalue())
        return round(time.perf_counter() - began, 2)


def redrawn(households: int, rng: random.Random) -> dict[str, Any]:
    """Draw the grids of one community of 40-household buildings and put them in force."""
    from django.utils import timezone

    from fangxian.common.actor import Actor
    from fangxian.common.scoping import acting
    from fangxian.regions import actions, queries, redraw
    from fangxian.regions.actions import BuildingRow

    village = queries.below("1309", 12)[0]
    by = Actor("bench", frozenset({"regions.edit", "regions.draw"}), village.code, "bench")
    grid = actions.create_place(by=by, parent_code=village.code, name="1", level=15)
    rows = [
        BuildingRow(
            grid.code,
            f"{n}",
            households=40,
            longitude=116.8 + rng.random() / 100,
            latitude=38.3 + rng.random() / 100,
        )
        for n in range(households // 40)
    ]
    actions.upsert_buildings(by=by, rows=rows)
    began = time.perf_counter()
    plan = actions.draw_grids(by=by, community_code=village.code)
    drew = time.perf_counter() - began
    actions.accept_grids(by=by, plan_id=plan.id, version=1, effective=timezone.localdate())
    began = time.perf_counter()
    with acting(by):
        redraw.apply(by=by, plan_id=plan.id)
    return {"draw_s": round(drew, 2), "redraw_s": round(time.perf_counter() - began, 2)}


if __name__ == "__main__":
    main()
