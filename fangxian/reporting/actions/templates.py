"""Templates of offices: taken in, their columns chosen once, filled as often as asked for."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from fangxian.accounts.actions import checked_reason
from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.codes import Level
from fangxian.common.errors import Conflict, Forbidden, Invalid, OutOfScope, Problem
from fangxian.common.facts import Sensitivity, plans, tables
from fangxian.common.facts.asked import columns_for
from fangxian.common.sheets import SheetError
from fangxian.common.sheets.filling import Outline, is_old, outline
from fangxian.core.actions import start_job, store_file
from fangxian.core.actions.files import content_of, require_scope
from fangxian.core.ledgers import XLSX
from fangxian.core.models import UNFINISHED, Job
from fangxian.reporting.actions.taking import REVEAL, entered_rows
from fangxian.reporting.filling import matching
from fangxian.reporting.filling.matching import TableChoice
from fangxian.reporting.filling.titles import title_of
from fangxian.reporting.models import Filling, OfficeTemplate, Taking
from fangxian.reporting.models.ledger import Form
from fangxian.reporting.queries import rows_view
from fangxian.reporting.registered import EXPORT, FILL, READ

# Most templates are small and read in half a second: then the page of their columns answers at
# once. So much is tried within the request; what is larger, older or takes longer is a job.
QUICK_BYTES = 256 * 1024
QUICK_SECONDS = 5.0


def refused(error: SheetError) -> Invalid:
    """What is wrong with a workbook, as a form shows it."""
    return Invalid(Problem(error.message, "file", mend=error.mend, code=error.code))


def outline_of(template: OfficeTemplate) -> Outline:
    """What a template asks for, as it was read. Raises Conflict where it is not read yet."""
    if template.outline is None:
        raise Conflict(_("The template is not read yet."))
    try:
        return Outline.from_json(template.name, orjson.loads(template.outline))
    except (KeyError, TypeError, ValueError):
        # Kept by an older version, which told it otherwise.
        return outline_from(template.name, content_of(template.file))


def outline_from(name: str, data: bytes, seconds: float | None = None) -> Outline:
    """What a workbook asks for. Starts processes and waits for them. Raises SheetError, also where
    it asks for nothing.
    """
    found = outline(name, data) if seconds is None else outline(name, data, seconds=seconds)
    if not any(sheet.tables or sheet.blanks or sheet.cards for sheet in found.sheets):
        raise SheetError("nothing_to_fill")
    return found


@action
def take_in(
    *, by: Actor, place_code: str, name: str, data: bytes, office: str = ""
) -> OfficeTemplate:
    """Take in a workbook that an office has sent, and propose what fills it.

    A small one is read at once, any other, and an old .xls, by a job (``OfficeTemplate.job``). Sent
    again unchanged it is the same template. Raises Forbidden, OutOfScope, Invalid (a small one that
    is unreadable, or asks for nothing).
    """
    require_scope(by, place_code)
    by.require(EXPORT, place_code)
    if by.user_id is None:
        raise Forbidden(EXPORT)
    digest = hashlib.sha256(data).hexdigest()
    known = OfficeTemplate.objects.filter(
        place_code=place_code, sha256=digest, user_id=by.user_id, retired_on=None
    ).first()
    if known is not None:
        return known if known.state == OfficeTemplate.State.READ else _begin_reading(by, known)
    found = _read_quickly(name, data)
    file = store_file(
        by=by, data=data, name=name[:200], media_type=XLSX, place_code=place_code, right=EXPORT
    )
    row = OfficeTemplate(
        place_code=place_code, name=name.rsplit(".", 1)[0][:120], office=office.strip()[:120],
        file=file, sha256=digest, user_id=by.user_id, made_by=by.name,
    )  # fmt: skip
    if found is not None:
        _set_outline(by, row, found)
    row.save(force_insert=True)
    return row if found is not None else _begin_reading(by, row)


def _read_quickly(name: str, data: bytes) -> Outline | None:
    """What a small workbook asks for; None where a job has to read it. Raises Invalid."""
    if len(data) > QUICK_BYTES or is_old(data):
        return None
    try:
        return outline_from(name, data, QUICK_SECONDS)
    except SheetError as error:
        if error.code == "too_slow":
            return None
        raise refused(error) from error


def _begin_reading(by: Actor, row: OfficeTemplate) -> OfficeTemplate:
    """Start the job that reads it, unless one is at it."""
    if row.job is None or row.job.state not in UNFINISHED:
        args = {"template": str(row.pk), "language": get_language() or ""}
        row.state, row.fault = OfficeTemplate.State.UNREAD, {}
        row.job = start_job(by=by, kind=READ, args=args, place_code=row.place_code)
        row.save(update_fields=["state", "fault", "job"])
    return row


def _set_outline(by: Actor, row: OfficeTemplate, found: Outline) -> None:
    row.state, row.fault = OfficeTemplate.State.READ, {}
    row.outline = orjson.dumps(found.to_json(), option=orjson.OPT_NON_STR_KEYS).decode()
    if row.choices:
        return  # of an earlier reading: what was decided stays
    row.choices = matching.proposed(by, found)
    learned = [TableChoice.from_json(one).mode != "skip" for one in row.choices["tables"].values()]
    row.checked = bool(learned) and _all_learned(by, found)


@action
def keep_outline(
    *, by: Actor, template_id: UUID, found: Outline, converted: bytes | None = None
) -> OfficeTemplate:
    """Keep what a template asks for and propose what fills it; ``converted``: the workbook that an
    old one has become, which is filled in its place. Nothing changes where it is read already.

    Raises OutOfScope, Forbidden.
    """
    row = _locked(template_id)
    by.require(EXPORT, row.place_code)
    if row.state == OfficeTemplate.State.READ:
        return row
    if converted is not None:
        row.file = store_file(
            by=by, data=converted, name=f"{row.name}.xlsx", media_type=XLSX,
            place_code=row.place_code, right=EXPORT,
        )  # fmt: skip
    _set_outline(by, row, found)
    row.save(update_fields=["state", "fault", "outline", "choices", "checked", "file"])
    return row


@action
def keep_fault(*, by: Actor, template_id: UUID, error: SheetError) -> OfficeTemplate:
    """Keep why a template can't be read, for its page. Raises OutOfScope, Forbidden."""
    row = _locked(template_id)
    by.require(EXPORT, row.place_code)
    if row.state == OfficeTemplate.State.UNREAD:
        row.state = OfficeTemplate.State.REFUSED
        row.fault = {"code": error.code, "params": dict(error.params)}
        row.save(update_fields=["state", "fault"])
    return row


@action
def read_template(*, by: Actor, template_id: UUID) -> OfficeTemplate:
    """Have a template read that is not read yet, or was refused. Raises OutOfScope, Forbidden."""
    row = _locked(template_id)
    by.require(EXPORT, row.place_code)
    return row if row.state == OfficeTemplate.State.READ else _begin_reading(by, row)


def _all_learned(by: Actor, found: Outline) -> bool:
    """Whether somebody has decided all its columns before, in another workbook like it."""
    return all(
        matching.learned(by, table, title_of(found, sheet, table)) is not None
        for sheet, table in found.tables()
    )


def _locked(template_id: UUID) -> OfficeTemplate:
    row = OfficeTemplate.objects.select_for_update().filter(pk=template_id).first()
    if row is None:
        raise OutOfScope(f"template {template_id}")
    return row


@action
def choose(*, by: Actor, template_id: UUID, choices: Mapping[str, Any]) -> OfficeTemplate:
    """Say what fills each column and blank; remembered for the next workbook with such headers.

    Raises OutOfScope, Forbidden (facts above one's rights), Invalid.
    """
    row = _locked(template_id)
    by.require(EXPORT, row.place_code)
    for given in choices["tables"].values():
        choice = TableChoice.from_json(given)
        if choice.mode == "rows":
            by.require(tables.get(choice.facts).right, row.place_code)
            rows_view(by, choice.facts, (), None, choice.ledger, choice.filters).checked(
                by, row.place_code
            )
    matching.learn(by, outline_of(row), choices)
    row.choices, row.checked = dict(choices), True
    row.save(update_fields=["choices", "checked"])
    return row


@action
def retire_office_template(*, by: Actor, template_id: UUID) -> OfficeTemplate:
    """Offer a template no more; what was filled stays. Raises OutOfScope, Forbidden."""
    row = _locked(template_id)
    by.require(EXPORT, row.place_code)
    row.retired_on = timezone.localdate()
    row.save(update_fields=["retired_on"])
    return row


@action
def fill_template(
    *,
    by: Actor,
    template_id: UUID,
    place_code: str,
    way: str = Filling.Way.ONE,
    day: dt.date | None = None,
    clear: bool = False,
    reason: str = "",
) -> Filling:
    """Fill a template at a place by a job; one that names many persons waits for approval.

    Raises OutOfScope, Forbidden, Invalid.
    """
    require_scope(by, place_code)
    by.require(EXPORT, place_code)
    template = OfficeTemplate.objects.filter(pk=template_id).first()
    if template is None:
        raise OutOfScope(f"template {template_id}")
    if by.user_id is None:
        raise Forbidden(EXPORT)
    if not template.choices:
        raise Conflict(_("The template is not read yet."))
    if way not in Filling.Way.values:
        raise Invalid(Problem(_("There is no such form."), "way"))
    if way != Filling.Way.ONE and (not place_code or Level(len(place_code)).below is None):
        raise Invalid(
            Problem(_("No places lie below this one."), "way", mend=_("Take one workbook."))
        )
    if clear:
        by.require(REVEAL, place_code)
        reason = checked_reason(reason)
    row = Filling(
        template=template, place_code=place_code, way=way, day=day, clear=clear, reason=reason,
        user_id=by.user_id, made_by=by.name,
    )  # fmt: skip
    many = persons_in(by, template, place_code, day)
    if many:
        row.taking = entered_rows(
            by, place_code=place_code, title=template.name, table=_first_table(template),
            form=Form.XLSX, rows=many, clear=clear, reason=reason,
        )  # fmt: skip
    row.save(force_insert=True)
    if row.taking is None or row.taking.state == Taking.State.MADE:
        begin_filling(by, row)
    return row


def _first_table(template: OfficeTemplate) -> str:
    for given in template.choices["tables"].values():
        if given["mode"] == "rows" and given["facts"] in tables:
            return str(given["facts"])
    raise Conflict(_("The template has changed meanwhile: open it again."))


def persons_in(by: Actor, template: OfficeTemplate, place_code: str, day: dt.date | None) -> int:
    """How many rows that tell of persons a filled template would have."""
    telling = (Sensitivity.PERSONAL, Sensitivity.SEALED)
    total = 0
    for given in template.choices["tables"].values():
        choice = TableChoice.from_json(given)
        names = tuple(name for name in choice.columns.values() if name)
        if choice.mode != "rows" or not names:
            continue
        facts = tables.get(choice.facts)
        by.require(facts.right, place_code)
        if any(one.sensitivity in telling for one in columns_for(facts, names)):
            try:
                view = rows_view(by, choice.facts, names, day, choice.ledger, choice.filters)
            except OutOfScope:
                continue  # it will be left empty, and said
            total += plans.count(view.checked(by, place_code), by, place_code, None)
    return total


def begin_filling(by: Actor, row: Filling) -> Job:
    """Start the job that fills it."""
    args = {"filling": str(row.pk), "language": get_language() or ""}
    row.job = start_job(by=by, kind=FILL, args=args, place_code=row.place_code)
    row.save(update_fields=["job"])
    return row.job
