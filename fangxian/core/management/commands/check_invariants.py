from __future__ import annotations

from itertools import islice
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from fangxian.common import registries


class Command(BaseCommand):
    help = "Check everything that must always hold; exit 1 with a list if something does not."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--most", type=int, default=20, help="breaches shown for each (default 20)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        broken = 0
        for name, invariant in registries.invariants.items():
            found = list(islice(invariant.find(), options["most"] + 1))
            mark = "FAILED" if found else "ok"
            self.stdout.write(f"{mark:7} {name}: {invariant.label}")
            for sentence in found[: options["most"]]:
                self.stdout.write(f"        {sentence}")
            if len(found) > options["most"]:
                self.stdout.write("        …")
            broken += bool(found)
        if broken:
            raise CommandError(f"{broken} invariants do not hold", returncode=1)
        self.stdout.write(f"all {len(registries.invariants.names())} invariants hold")
