"""Import of a ledger without a browser: what the commands of the rooms share."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from fangxian.accounts.models import User
from fangxian.accounts.queries import actor_of, grants_of
from fangxian.common import codes
from fangxian.common.actor import Actor
from fangxian.common.errors import Forbidden, Invalid
from fangxian.common.scoping import acting
from fangxian.core import emergencies, ledgers, runner
from fangxian.core.actions import read_file
from fangxian.core.ledgers import Ledger, Option
from fangxian.core.models import ImportRun, Job
from fangxian.core.previews import preview_of


class LedgerCommand(BaseCommand):
    """``FILE --place CODE --as USER``: preview; ``--commit`` imports too."""

    room: str
    # The ledger of a command that reads one alone; else any of the room may be asked for.
    kind: str = ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        known = self._known()
        parser.add_argument("file", type=Path)
        parser.add_argument("--place", required=True, help="code of the place it is about")
        parser.add_argument("--as", dest="user", required=True, help="account that imports")
        parser.add_argument(
            "--ledger",
            choices=[ledger.kind for ledger in known],
            default=known[0].kind,
            help="what the rows are",
        )
        parser.add_argument(
            "--sheet",
            default="",
            help="this sheet alone, by name or by number; else all that have the same columns, but"
            " those whose names say that they are examples or of people who have gone",
        )
        parser.add_argument(
            "--no-sheet-places",
            action="store_true",
            help="the name of a sheet does not say in which building or group its rows lie",
        )
        if sealing := [ledger.kind for ledger in known if ledger.emergency]:
            parser.add_argument(
                "--emergency",
                default="",
                help=f"the emergency that the ledger ({', '.join(sealing)}) is for, by name or id:"
                " it is sealed with its key, as are the numbers and key groups it adds, and ends"
                " with it",
            )
        parser.add_argument("--commit", action="store_true", help="write the rows, not only check")
        parser.add_argument("--errors", type=Path, help="where the workbook with the errors goes")
        for option in self._options():
            parser.add_argument(option.flag, action="store_true", help=str(option.label))

    def _options(self) -> list[Option]:
        # Ledgers of a room may ask the same.
        return list({one.name: one for ledger in self._known() for one in ledger.options}.values())

    def _known(self) -> list[Ledger]:
        return [one for one in ledgers.of_room(self.room) if self.kind in ("", one.kind)]

    def handle(self, *args: Any, **options: Any) -> None:
        ledger = ledgers.ledgers.get(options["ledger"])
        by = _actor(options["user"], options["place"], ledger)
        path: Path = options["file"]
        try:
            run = ledgers.upload(
                by=by, kind=ledger.kind, place_code=options["place"], name=path.name,
                data=path.read_bytes(),
                emergency_id=_emergency(by, options["place"], options.get("emergency", "")),
            )  # fmt: skip
            with acting(by):
                found = ledgers.run_of(run.pk)
                source = ledgers.Source(by, found)
                sheet = _sheet(source, options["sheet"])
                if sheet != source.sheet:
                    source = ledgers.Source(by, found, sheet)
            wanted = {option.name: options[option.name] for option in self._options()}
            job = ledgers.choose(
                by=by, run_id=run.pk, mapping=source.mapping.remember(), sheet=sheet,
                sheets=[sheet] if options["sheet"] else None,
                places={} if options["no_sheet_places"] else None, options=wanted,
            )  # fmt: skip
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}") from None
        except (Invalid, Forbidden) as error:
            raise CommandError(str(error)) from None
        found = self._perform(by, job, run.pk)
        summary = preview_of(found)
        counts = summary.get("counts", {})
        self.stdout.write(" ".join(f"{name}={count}" for name, count in sorted(counts.items())))
        self._tell_sheets(summary.get("sheets", ()))
        for number, role, _text in summary.get("left_out", {}).get("lines", ()):
            if role not in ("header", "section"):
                self.stdout.write(f"row left out: {number} ({role})")
        for number, label, _old, _new, why in summary.get("untaken", ()):
            self.stdout.write(f"correction not taken in: {number} {label} ({why})")
        if not options["commit"]:
            return
        found = self._perform(by, ledgers.confirm(by=by, run_id=run.pk), run.pk)
        self.stdout.write(
            f"rows={found.rows_in} accepted={found.accepted} rejected={found.rejected}"
            f" changed={found.changed}"
        )
        if options["errors"] and found.result_file_id:
            options["errors"].write_bytes(read_file(by=by, file_id=found.result_file_id))

    def _tell_sheets(self, sheets: Sequence[dict[str, Any]]) -> None:
        for one in sheets:
            rows = f"{one['name']} ({one['rows']} rows)"
            if not one["why"]:
                if len(sheets) > 1:
                    self.stdout.write(f"sheet: {rows}")
                if one["place"]:
                    self.stdout.write(f"rows of {one['name']} that name no place: {one['place']}")
                continue
            differ = [f"lacks {', '.join(one['lacks'])}"] if one["lacks"] else []
            differ += [f"has {', '.join(one['more'])}"] if one["more"] else []
            why = "; ".join([one["why"].replace("_", " "), *differ])
            self.stdout.write(f"sheet left out: {rows}: {why}")

    def _perform(self, by: Actor, job: Job, run_id: UUID) -> ImportRun:
        # A worker may be quicker; then this returns when it finds the job taken.
        runner.run(job.pk)
        with acting(by):
            job.refresh_from_db()
            found = ledgers.run_of(run_id)
        if job.state in ("failed", "stopped"):
            raise CommandError(f"the import has stopped: {job.error_code or job.state}")
        return found


def _sheet(source: ledgers.Source, wanted: str) -> int:
    """Which table of the file is meant, by the name of its sheet or its number from 1."""
    names = [table.sheet for table in source.tables]
    if wanted in names:
        return names.index(wanted)
    if not wanted:
        return source.sheet
    if wanted.isdecimal() and 0 < int(wanted) <= len(names):
        return int(wanted) - 1
    known = ", ".join(f"{number} {name}" for number, name in enumerate(names, start=1))
    raise CommandError(f"the file has no sheet {wanted}; write one of: {known}")


def _emergency(by: Actor, place: str, wanted: str) -> UUID | None:
    """The emergency in force at the place that is meant, by its name or id."""
    if not wanted:
        return None
    with acting(by):
        known = emergencies.choices(place)
    named = [key for key, name in known if wanted in (key, name)]
    if len(named) == 1:
        return UUID(named[0])
    listed = ", ".join(f"{key} {name}" for key, name in known) or "there is none"
    raise CommandError(f"no emergency in force at {place} is {wanted}; write one of: {listed}")


def _actor(name: str, place: str, ledger: Ledger) -> Actor:
    user = User.objects.filter(username=name, is_active=True).first()
    if user is None:
        raise CommandError(f"there is no active account {name}")
    command = f"import_{ledger.room}"
    for grant in grants_of(user):
        by = actor_of(grant, source=f"command {command}", purpose=command)
        if codes.is_code(place) and by.may(ledger.right, place):
            return by
    raise CommandError(f"{name} may not import into {place}")
