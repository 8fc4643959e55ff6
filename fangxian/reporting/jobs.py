"""Long work of the room: files of ledgers."""

from __future__ import annotations

import datetime as dt
import io
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from uuid import UUID

import orjson
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from fangxian.accounts.actions import log_reveal
from fangxian.common.actor import Actor
from fangxian.common.errors import OutOfScope
from fangxian.common.facts import Sensitivity, View
from fangxian.common.facts.asked import columns_for
from fangxian.common.facts.plans import stream
from fangxian.common.sheets import SheetError
from fangxian.common.sheets.filling import Outline, SheetPlan, convert, fill, is_old
from fangxian.core.actions import OWNER_ALONE, store_file
from fangxian.core.actions.files import content_of
from fangxian.core.actions.notify import notify
from fangxian.core.jobs import job_kind
from fangxian.core.ledgers import XLSX
from fangxian.core.models import File
from fangxian.core.progress import Progress
from fangxian.regions.models import Region
from fangxian.regions.queries import at, children
from fangxian.reporting import writing
from fangxian.reporting.actions.taking import JOB, entered, url_of
from fangxian.reporting.actions.templates import (
    keep_fault,
    keep_outline,
    outline_from,
    outline_of,
    refused,
)
from fangxian.reporting.actions.watching import DAILY, shoot
from fangxian.reporting.filling.writing import Writer
from fangxian.reporting.models import Filling, OfficeTemplate, Taking
from fangxian.reporting.models.ledger import Form
from fangxian.reporting.queries import ledger_of, view_of
from fangxian.reporting.registered import EXPORT, FILL, READ
from fangxian.reporting.rules import export_rules


@job_kind(JOB, label=gettext_lazy("Write a ledger as a file"), right=EXPORT)
def take(progress: Progress, taking: str, language: str) -> File:
    """Write what was asked for as a file that only who asked reads; read in one snapshot."""
    with progress.chunk() as by, override(language or None):
        row = Taking.objects.select_for_update().filter(pk=UUID(taking)).first()
        if row is None or row.state != Taking.State.MADE:
            raise OutOfScope(taking)
        file = _written(progress, by, row, view_of(row))
        row.file = file
        row.save(update_fields=["file"])
        return file


@job_kind(READ, label=gettext_lazy("Read a template of an office"), right=EXPORT)
def read_template(progress: Progress, template: str, language: str) -> None:
    """Read what a template asks for, outside of a transaction; an old .xls is converted first.

    What is read already is left alone, so that it may be stopped anywhere and begun anew.
    """
    template_id = UUID(template)
    with progress.chunk(), override(language or None):
        row = OfficeTemplate.objects.select_related("file").get(pk=template_id)
        if row.state == OfficeTemplate.State.READ:
            return
        name, data = row.name, content_of(row.file)
    converted = None
    try:
        with override(language or None):
            if is_old(data):
                progress.step(0, 2, _("converting the old workbook"))
                data = converted = convert(data)
            progress.step(1, 2, _("reading the workbook"))
            progress.check()
            found = outline_from(name, data)
    except SheetError as error:
        with progress.chunk() as by:
            keep_fault(by=by, template_id=template_id, error=error)
        raise refused(error) from error
    with progress.chunk() as by, override(language or None):
        keep_outline(by=by, template_id=template_id, found=found, converted=converted)
    progress.step(2, 2)


@job_kind(FILL, label=gettext_lazy("Fill a template of an office"), right=EXPORT)
def fill_template(progress: Progress, filling: str, language: str) -> File:
    """Fill a template for its place, or for each place below it; read in one snapshot."""
    with progress.chunk() as by, override(language or None):
        row = Filling.objects.select_related("template__file").get(pk=UUID(filling))
        template = row.template
        data = content_of(template.file)
        writer = Writer(
            by, _asked(template, data), template.choices, timezone.localdate(), row.day,
            row.clear, timezone.now(),
        )  # fmt: skip
        below = list(children(row.place_code)) if row.way != Filling.Way.ONE else []
        made, ending = _filled(progress, writer, row, data, below)
        if row.clear and writer.persons:
            log_reveal(
                by=by, person_id=sorted(writer.persons), what="identity,phone", reason=row.reason
            )
        today = timezone.localdate()
        place = at(row.place_code).name if row.place_code else ""
        file = store_file(
            by=by, data=made, name=f"{template.name} {place} {today.isoformat()}.{ending}",
            media_type=XLSX if ending == "xlsx" else "application/zip",
            place_code=row.place_code, right=OWNER_ALONE,
            keep_until=today + dt.timedelta(days=export_rules().kept_days),
        )  # fmt: skip
        row.file, row.rows = file, writer.rows
        row.left = orjson.dumps(writer.left).decode()
        row.left_count = len(writer.left)
        row.save(update_fields=["file", "rows", "left", "left_count"])
        if row.taking is not None:
            row.taking.file = file
            row.taking.save(update_fields=["file"])
        return file


def _asked(template: OfficeTemplate, data: bytes) -> Outline:
    """What a template asks for; those that were taken in before that was kept are read anew."""
    if template.state == OfficeTemplate.State.READ:
        return outline_of(template)
    try:
        return outline_from(template.name, data)
    except SheetError as error:
        raise refused(error) from error


def _filled(
    progress: Progress, writer: Writer, row: Filling, data: bytes, below: list[Region]
) -> tuple[bytes, str]:
    """The workbook, or the archive of workbooks, and what its name ends in."""
    try:
        if row.way == Filling.Way.ONE:
            return _one(writer, writer.plan(row.place_code), data), "xlsx"
        if row.way == Filling.Way.SHEETS:
            plans = []
            for done, place in enumerate(below, 1):
                plans += writer.plan(place.code, titles=True)
                progress.step(done, len(below))
            # A sheet's copies stand together, in the order of the places.
            order = {sheet.name: at for at, sheet in enumerate(writer.outline.sheets)}
            plans.sort(key=lambda plan: order[plan.sheet])
            try:
                return _one(writer, plans, data), "xlsx"
            except SheetError as error:
                if error.code != "not_copied":
                    raise
            writer.begin_anew()
            writer.left.append(["", "", row.template.name, "books_instead", 1])
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for done, place in enumerate(below, 1):
                book = _one(writer, writer.plan(place.code), data, place.name)
                archive.writestr(f"{row.template.name} {place.name}.xlsx", book)
                progress.step(done, len(below))
        return out.getvalue(), "zip"
    except SheetError as error:
        raise refused(error) from error


def _one(writer: Writer, plans: list[SheetPlan], data: bytes, place: str = "") -> bytes:
    made = fill(data, writer.whole(plans))
    before = f"{place} · " if place else ""
    writer.left += [
        [f"{before}{one.sheet}", one.cell, one.label, one.code, one.count] for one in made.left
    ]
    return made.data


@job_kind(DAILY, label=gettext_lazy("Write a ledger every day"), right=EXPORT)
def daily(progress: Progress, ledger: str) -> File | None:
    """Write a scheduled ledger as its owner, keep what has changed, tell the owner."""
    with progress.chunk() as by, override(settings.LANGUAGE_CODE):
        row = ledger_of(by, UUID(ledger))
        view = view_of(row)
        taking = entered(
            by, view, place_code=row.place_code, title=row.name, form=row.form, ledger=row
        )
        file = None
        if taking.state == Taking.State.MADE:
            file = taking.file = _written(progress, by, taking, view)
            taking.save(update_fields=["file"])
        context = {"name": row.name, "rows": taking.rows, "changes": ""}
        if row.watched:
            shot = shoot(by=by, ledger_id=row.pk)
            context["changes"] = _("%(added)d new, %(changed)d changed, %(gone)d gone") % {
                "added": shot.added, "changed": shot.changed, "gone": shot.gone,
            }  # fmt: skip
        notify(
            by=by, user_id=row.user_id, context=context,
            template="ledger_written" if file is not None else "ledger_waits",
            url=url_of(taking),
        )  # fmt: skip
        if taking.under is not None and taking.under.decided_id is not None:
            # Who let it be written without being asked sees each time that it was.
            notify(
                by=by, user_id=taking.under.decided_id, context=context,
                template="ledger_standing", url=url_of(taking),
            )  # fmt: skip
        return file


def _written(progress: Progress, by: Actor, row: Taking, view: View) -> File:
    view.checked(by, row.place_code)
    keyed = writing.keyed(view, row.form)
    columns = writing.export_columns(view, by, clear=row.clear, keyed=keyed)
    persons: set[UUID] = set()
    rows = (
        _noted(view, by, row.place_code, persons, keyed=keyed)
        if row.clear
        else writing.rows_of(view, by, row.place_code, clear=False, keyed=keyed)
    )
    with tempfile.TemporaryFile() as out:
        writing.write(
            out, row.form, columns, rows, title=row.title,
            taken=writing.taken_by(by, row.number),
            progress=lambda done: progress.step(done, max(done, row.rows)),
        )  # fmt: skip
        if row.clear and persons:
            # The whole list is one reveal of the quota, logged with everybody on it.
            log_reveal(by=by, person_id=sorted(persons), what=_revealed(view), reason=row.reason)
        out.seek(0)
        data = out.read()
    today = timezone.localdate()
    ending = writing.ENDINGS[Form(row.form)]
    return store_file(
        by=by,
        data=data,
        name=f"{row.title} {today.isoformat()} {row.made_by} {row.number}.{ending}",
        media_type=writing.MEDIA[Form(row.form)],
        place_code=row.place_code,
        keep_until=today + dt.timedelta(days=export_rules().kept_days),
        # Others ask for it themselves, so that it is known who has which copy.
        right=OWNER_ALONE,
    )


def _noted(
    view: View, by: Actor, place: str, persons: set[UUID], *, keyed: bool
) -> Iterator[Sequence[object]]:
    """The rows with numbers in full; whose they are is gathered on the way."""
    cells = writing.cells_of(view, by, clear=True, keyed=keyed)
    for line in stream(view, by, place, clear=True):
        if line.person is not None:
            persons.add(line.person)
        yield cells(line)


def _revealed(view: View) -> str:
    """Which numbers a view shows, as the access log calls them."""
    columns = columns_for(view.facts(), view.shown())
    kinds = {c.kind for c in columns if c.sensitivity == Sensitivity.SEALED}
    names = {"identity": "identity", "phone": "phone"}
    return ",".join(sorted({names.get(kind, "identity") for kind in kinds})) or "identity"
