"""A ledger on screen: pages of fifty residents, from anywhere in a county's, as the web's role.

What a page of a ledger asks: the first rows, those after any row, under conditions, in another
order; how many there are; groups and how many are in each. The reference, in the same run: the same
rows in plain SQL past row-level security, paged by OFFSET as lists usually are, and counted.
``make bench NAME=ledger ARGS="--residents 7300000 --data ~/bench"``: a folder is kept, used again.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable
from typing import Any

from _database import database
from _report import percentile, report

PLAIN = "plain SQL on the same tables as the maintenance role, paged by OFFSET"
TABLE = "register.residents"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--residents", type=int, default=200_000)
    options.add_argument("--rounds", type=int, default=20)
    options.add_argument("--data", default="", help="a folder to keep the database in")
    given = options.parse_args()
    with database(given.data):
        run(given.residents, given.rounds)


def run(residents: int, rounds: int) -> None:
    import _county

    from fangxian.common.actor import Actor
    from fangxian.common.facts import Filter, Sort, View, plans

    _county.fill(residents)
    draw = random.Random(11)
    units = _county.unit_codes(residents)
    towns = sorted({unit[:9] for unit in units})
    county = Actor.system("bench", _county.COUNTY)
    open_ = View(TABLE)
    old = View(TABLE, filters=(Filter("age", "from", "80"), Filter("sex", "is", "2")))
    by_name = View(TABLE, sorts=(Sort("name"),))
    by_town = View(TABLE, groups=("town",))
    by_kind = View(TABLE, groups=("town", "sex"))

    def paged(view: View, place: str, after: Any = None) -> list[Any]:
        found = plans.page(view, county, place, after=after)
        return [line.key for line in found.lines]

    # The key of the row before a page anywhere, and how many rows stand before it.
    depth = draw.sample(range(residents // 10, residents - 100), max(1, rounds // 4))
    keys = {n: ask(_ORDERED + " LIMIT 1 OFFSET %s", _county.COUNTY, n)[0][0] for n in depth}
    questions: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any], Callable[[], Any]]] = {
        "first_page": (
            lambda _: paged(open_, _county.COUNTY),
            lambda _: ids(_ORDERED + " LIMIT 50", _county.COUNTY),
            lambda: None,
        ),
        "deep_page": (
            lambda n: paged(open_, _county.COUNTY, keys[n]),
            lambda n: ids(_ORDERED + " LIMIT 50 OFFSET %s", _county.COUNTY, n + 1),
            lambda: draw.choice(depth),
        ),
        "filtered_page": (
            lambda _: paged(old, _county.COUNTY),
            lambda _: ids(_OLD + " LIMIT 50", _county.COUNTY),
            lambda: None,
        ),
        "sorted_page": (
            lambda town: paged(by_name, town),
            lambda town: ids(_NAMED + " LIMIT 50", town),
            lambda: draw.choice(towns),
        ),
        "count": (
            lambda _: min(plans.count(open_, county, _county.COUNTY), plans.COUNTED + 1),
            lambda _: min(ask(_COUNT, _county.COUNTY)[0][0], plans.COUNTED + 1),
            lambda: None,
        ),
        "groups_of_a_town": (
            lambda town: sum(group.count for group in plans.grouped(by_kind, county, town)),
            lambda town: sum(row[-1] for row in ask(_KINDS, town)),
            lambda: draw.choice(towns),
        ),
        "groups_of_the_county": (
            lambda _: [group.count for group in plans.grouped(by_town, county, _county.COUNTY)],
            lambda _: [row[-1] for row in ask(_TOWNS, _county.COUNTY)],
            lambda: None,
        ),
    }
    figures: dict[str, Any] = {"residents": residents}
    reference: dict[str, Any] = {"name": PLAIN}
    for kind, (ours, plain, question) in questions.items():
        mine: list[float] = []
        theirs: list[float] = []
        for _one in range(rounds if "county" not in kind else 3):
            asked = question()
            began = time.perf_counter()
            found = in_scope(ours, asked, county)
            mine.append((time.perf_counter() - began) * 1000)
            began = time.perf_counter()
            same = plain(asked)
            theirs.append((time.perf_counter() - began) * 1000)
            if found is not SLOW and found != same:
                raise SystemExit(f"{kind}: the reference finds something else")
            if found is SLOW:
                figures[f"{kind}_refused"] = True
        for share in (95, 50):
            figures[f"{kind}_p{share}_ms"] = round(percentile(mine, share / 100), 1)
            reference[f"{kind}_p{share}_ms"] = round(percentile(theirs, share / 100), 1)
    ratio = {
        kind: round(reference[f"{kind}_p95_ms"] / figures[f"{kind}_p95_ms"], 2)
        for kind in questions
    }
    report("ledger", figures, reference=reference, ratio=ratio)


SLOW = object()


def in_scope(ask: Callable[[Any], Any], asked: Any, county: Any) -> Any:
    """The answer as a page gets it: in a scope of its own; reads of persons are logged."""
    from fangxian.common.facts.plans import TooSlow
    from fangxian.common.scoping import acting

    try:
        with acting(county):
            return ask(asked)
    except TooSlow:
        return SLOW


_FROM = """
FROM register_residency r JOIN register_household h ON h.id = r.household_id
JOIN people_person p ON p.id = r.person_id
WHERE r.place_code >= %s AND r.place_code < %s AND r.to_date IS NULL
"""
_SHOWN = "SELECT r.id, r.place_code, h.room, p.name, p.sex, p.birth_date, r.relation, r.kind"
_ORDERED = _SHOWN + _FROM + " ORDER BY r.place_code, r.id"
_OLD = (
    _SHOWN + _FROM + " AND extract(year FROM age(p.birth_date)) >= 80 AND p.sex = '2'"
    " ORDER BY r.place_code, r.id"
)
_NAMED = _SHOWN + _FROM + " ORDER BY p.name, r.place_code, r.id"
_COUNT = "SELECT count(*)" + _FROM
_TOWNS = "SELECT left(r.place_code, 9), count(*)" + _FROM + " GROUP BY 1 ORDER BY 1"
_KINDS = "SELECT left(r.place_code, 9), p.sex, count(*)" + _FROM + " GROUP BY 1, 2 ORDER BY 1, 2"


def ids(statement: str, place: str, *more: Any) -> list[Any]:
    """The first column of what a statement finds at a place."""
    return [row[0] for row in ask(statement, place, *more)]


def ask(statement: str, place: str, *more: Any) -> list[tuple[Any, ...]]:
    """What a statement finds at a place, by the role that sees everything."""
    from django.db import connections

    from fangxian.common import codes

    with connections["maintenance"].cursor() as cursor:
        cursor.execute(statement, [*codes.bounds(place), *more])
        return cursor.fetchall()


if __name__ == "__main__":
    main()
