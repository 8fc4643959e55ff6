"""Load the demonstration county."""

from __future__ import annotations

import io
import time
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from fangxian.common.actor import Actor
from fangxian.common.scoping import acting
from fangxian.config.demo import (
    accounts,
    aid,
    alive,
    calls,
    chain,
    coming,
    diseases,
    duties,
    phones,
    places,
    posts,
    register,
    reporting,
    sweep,
)
from fangxian.config.demo.officers import Officers
from fangxian.config.demo.recipe import Chance
from fangxian.regions.models import Region


class Command(BaseCommand):
    help = "Load the demonstration county: plainly synthetic, from a seed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--households", type=int, help="another number of households")
        parser.add_argument(
            "--later", action="store_true", help="bring a loaded county to today, load nothing"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        if settings.FANGXIAN_MODE == "production":
            raise CommandError("made-up residents don't belong here; set FANGXIAN_MODE=demo")
        chance = Chance()
        if options["later"]:
            by = Actor.system("demo", chance.data["county"])
            officers = Officers(by, chance)
            sweep.catch_up(by, chance, officers)
            duties.catch_up(by, chance, officers)
            posts.catch_up(by, chance, officers)
            aid.catch_up(chance, officers)
            calls.catch_up(by, chance)
            sweep.settle()
            return
        if options["households"]:
            chance.data["households"] = options["households"]
        county = chance.data["county"]
        if Region.objects.filter(code__startswith=county, level=15).exists():
            raise CommandError(f"county {county} already has grids; use another database")
        by = Actor.system("demo", county)
        everywhere = Actor.system("demo", "")
        if not Region.objects.filter(code=county).exists():
            quiet = io.StringIO()
            self._step(
                "national list of divisions", lambda: call_command("import_regions", stdout=quiet)
            )
        self._step("grids and buildings", lambda: places.build(by, chance))
        self._step("households and residents", lambda: self._fill(by, chance))
        self._step("organisations and the chain", lambda: chain.found(by, chance))
        accounts.open_accounts(everywhere, chance)
        officers = Officers(by, chance)
        headquarters = officers.account("zhihuibu")
        with acting(headquarters):
            campaign = sweep.begin(headquarters, chance)
        self._step("what goes on beside", lambda: alive.go_on(by, chance, campaign))
        community = officers.account("shequ")
        self._step("units that come and go", lambda: coming.begin(community, headquarters, chance))
        with connections["owner"].cursor() as cursor:
            # Without statistics of the new rows the visits' statement would be planned for none.
            cursor.execute("ANALYZE")
        phones.hand_out(chance, campaign, officers)
        self._step("visits", lambda: sweep.visit(by, chance, campaign, officers))
        self._step("exemptions", lambda: sweep.exemptions(by, chance, campaign, officers))
        self._step("daily reports", lambda: sweep.reports_of_today(by, chance, campaign))
        self._step("gates and rounds", lambda: duties.set_up(by, chance, campaign, officers))
        self._step("posts and shifts", lambda: posts.set_up(by, chance, officers))
        self._step("aid deployments", lambda: aid.send(chance, officers))
        self._step("calls", lambda: calls.begin(chance, officers))
        self._step("phones", lambda: phones.meet(by, chance, campaign, officers))
        sweep.twice(by, chance, accounts.community_of(county))
        self._step("diseases", lambda: diseases.begin(chance, officers))
        self._step("ledgers and papers", lambda: reporting.begin(chance, officers))
        sweep.settle()

    def _fill(self, by: Actor, chance: Chance) -> None:
        with acting(by):
            spots = list(places.spots(chance.data["county"]))
        # After that transaction: the load locks tables that it has read.
        register.fill(chance, spots)

    def _step(self, what: str, do: Callable[[], Any]) -> None:
        started = time.monotonic()
        do()
        self.stdout.write(f"  {what}: {time.monotonic() - started:.1f} s")
