"""Benchmark ``match-city``: a call of a whole city, matched by the room's own job.

So many volunteers, spread over the communities, have pledged; each community wants its part of
them, some of these one nurse, of whom there are just enough. ``match_s`` is the job from its start
to the proposal that is kept, ``solve_s`` the method in it; ``page_s`` shows the proposal, and
``accept_s`` accepts it, where all are told and serve.

    python benchmarks/match-city.py --pledges 80000 --communities 6000 --skilled 600
"""

from __future__ import annotations

import argparse
import datetime as dt
import random
import resource
import time
from typing import Any

from _database import database
from _report import report

COUNTY = "130999"
A_TOWN = 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pledges", type=int, default=80_000)
    parser.add_argument("--communities", type=int, default=6_000)
    parser.add_argument("--skilled", type=int, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--accept", action="store_true", help="accept the proposal too")
    parser.add_argument("--data", default="", help="folder of the database; temporary without")
    options = parser.parse_args()
    with database(options.data):
        call = made(options.pledges, options.communities, options.skilled, options.seed)
        report("match-city", measured(call, accept=options.accept))


def made(pledges: int, communities: int, skilled: int, seed: int) -> Any:
    """The places, the volunteers, the call that was sent, and its pledges."""
    from django.db import connections
    from django.utils import timezone

    from fangxian.mobilise.models import Call, CallLine, Pledge, Skill, Volunteer
    from fangxian.people.models import Person, PersonLink
    from fangxian.regions.lists import Row
    from fangxian.regions.load import copy_places

    rng = random.Random(seed)
    codes = [f"{COUNTY}{n // A_TOWN + 1:03d}{n % A_TOWN + 1:03d}" for n in range(communities)]
    every = {code[:size] for code in codes for size in (2, 4, 6, 9, 12)}
    every |= {f"{code}001{end}" for code in codes for end in ("", "001")}
    rows = [Row(code, f"示例{code[6:]}") for code in sorted(every)]
    ids = copy_places(rows, dt.date(2020, 1, 1), using="owner")
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "UPDATE regions_region SET longitude = 116 + (hashtext(code) & 65535) / 80000.0,"
            " latitude = 38 + (hashtext(code || 'n') & 65535) / 100000.0 WHERE length(code) = 18"
        )
        cursor.execute("ALTER TABLE mobilise_pledge DISABLE TRIGGER mobilise_pledged_new")
    today, now = timezone.localdate(), timezone.now()
    call = Call.objects.using("maintenance").create(
        place_code=COUNTY, title="示例征召", kind="gate", starts_on=today, echelon=1,
        ends_on=today + dt.timedelta(days=7), cut_off=now + dt.timedelta(days=1), state="sent",
        sent_at=now, sent_by="bench", made_by="bench", pledged=pledges,
    )  # fmt: skip
    nurses = set(rng.sample(range(communities), skilled))
    insert(
        CallLine(
            place_code=COUNTY, call=call, number=n + 1, place_id=ids[code],
            heads=pledges // communities + (n < pledges % communities),
            skills={"nurse": 1} if n in nurses else {},
        )
        for n, code in enumerate(codes)
    )  # fmt: skip
    people = [Person(name=f"测试{n}") for n in range(pledges)]
    insert(people)
    volunteers = [
        Volunteer(person=one, name=one.name, place_code=rng.choice(codes), rank=n, from_date=today)
        for n, one in enumerate(people)
    ]
    insert(volunteers)
    insert(
        PersonLink(person=one.person, place_code=one.place_code, kind="volunteer", source_id=one.id)
        for one in volunteers
    )
    insert(
        Skill(volunteer=one, place_code=one.place_code, skill="nurse")
        for one in rng.sample(volunteers, skilled)
    )
    insert(
        Pledge(
            place_code=one.place_code, call=call, volunteer=one, hours="any", made_by="bench",
            from_date=call.starts_on, until=call.ends_on,
        )
        for one in volunteers
    )  # fmt: skip
    with connections["owner"].cursor() as cursor:
        cursor.execute("ALTER TABLE mobilise_pledge ENABLE TRIGGER mobilise_pledged_new")
        cursor.execute("ANALYZE")
    return call


def insert(rows: Any) -> None:
    """Write rows as they are, without a place that limits them."""
    found = list(rows)
    type(found[0])._base_manager.using("maintenance").bulk_create(found, batch_size=5_000)


def measured(call: Any, *, accept: bool) -> dict[str, Any]:
    """The job, the page's figures, and what it takes to accept."""
    from fangxian.common.actor import Actor
    from fangxian.common.scoping import acting
    from fangxian.core import runner
    from fangxian.core.models import Job
    from fangxian.mobilise import actions
    from fangxian.mobilise.calls import matching, solve
    from fangxian.mobilise.models import Match
    from fangxian.mobilise.views.matches import _shown

    by = Actor.system("bench", COUNTY)
    took: list[float] = []
    plain = solve.assign

    def timed(*args: Any, **kwargs: Any) -> Any:
        began = time.perf_counter()
        found = plain(*args, **kwargs)
        took.append(time.perf_counter() - began)
        return found

    vars(solve)["assign"] = timed
    began = time.perf_counter()
    match = actions.ask_match(by=by, call=call)
    asked = time.perf_counter() - began
    with acting(by):
        job = Job.objects.get(kind=matching.JOB)
    began = time.perf_counter()
    runner.run(job.id)
    worked = time.perf_counter() - began
    began = time.perf_counter()
    with acting(by):
        match = Match.objects.select_related("call").get(id=match.id)
        if match.result is None:
            raise SystemExit("the job has failed")
        sums = matching.figures(match)
        _shown(match)
        seen = matching.digest_of(match)
    shown = time.perf_counter() - began
    assert sums is not None
    figures = {
        "ask_s": round(asked, 2),
        "match_s": round(worked, 2),
        "solve_s": round(sum(took), 2),
        "page_s": round(shown, 2),
        "placed": sums.placed,
        "left": sums.left,
        "missing": sums.missing,
        "mean_km": round(sums.mean or 0, 2),
        "complete": match.result["complete"],
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    if accept:
        began = time.perf_counter()
        actions.accept_match(by=by, match=match, seen=seen)
        figures["accept_s"] = round(time.perf_counter() - began, 2)
    return figures


if __name__ == "__main__":
    main()
