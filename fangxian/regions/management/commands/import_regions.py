"""Take in a list of divisions: the shipped national one, or a later year's."""

from __future__ import annotations

import datetime as dt
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from fangxian.common.actor import Actor
from fangxian.common.errors import Invalid
from fangxian.regions import lists
from fangxian.regions.actions.national import Preview, preview, take_in

SHOWN = 40


class Command(BaseCommand):
    help = "Take in the national list of divisions, or a later year's (--file, --year)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--file", type=Path, help="CSV or JSON with code, name, old_code …")
        parser.add_argument("--year", type=int, help="the year that the list is of")
        parser.add_argument("--as-of", type=dt.date.fromisoformat, help="its day, 2024-12-31")
        parser.add_argument("--preview", action="store_true", help="show the changes only")

    def handle(self, *_args: Any, **options: Any) -> None:
        by = Actor.system("import_regions", "")
        try:
            if options["file"] is None:
                listed = lists.national(settings.FANGXIAN_DIVISIONS)
            elif options["year"] is None:
                raise CommandError("--file needs --year")
            elif not options["file"].is_file():
                raise CommandError(f"there is no file {options['file']}")
            else:
                listed = lists.read(options["file"], year=options["year"], as_of=options["as_of"])
            run = preview if options["preview"] else take_in
            self._tell(run(by=by, listed=listed), applied=not options["preview"])
        except Invalid as error:
            raise CommandError("\n".join(str(problem) for problem in error.problems)) from error

    def _tell(self, seen: Preview, *, applied: bool) -> None:
        counts = seen.listed.counts()
        self.stdout.write(
            f"{seen.listed.source} ({seen.listed.as_of}): "
            + ", ".join(f"{count} of {level} digits" for level, count in sorted(counts.items()))
        )
        if seen.first:
            # The first list of an area: there is nothing to compare it with.
            self.stdout.write("all of it is new" + ("; loaded" if applied else ""))
            return
        if seen.comparison.is_empty:
            self.stdout.write("nothing changes")
            return
        for change in seen.comparison.changes[:SHOWN]:
            row = seen.listed.rows.get(change.new)
            name = row.name if row else ""
            self.stdout.write(f"{change.kind:8} {change.old:12} → {change.new:12} {name}")
        rest = len(seen.comparison.changes) - SHOWN
        if rest > 0:
            self.stdout.write(f"… and {rest} more")
        totals = ", ".join(f"{n} {kind}" for kind, n in sorted(seen.comparison.counts().items()))
        self.stdout.write(("changed: " if applied else "would change: ") + totals)
