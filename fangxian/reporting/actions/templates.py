"""Templates of offices: taken in, their columns chosen once, filled as often as asked for."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from typing import Any
from uuid import UUID

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
from fangxian.common.sheets.filling import Outline, convert, outline
from fangxian.core.actions import start_job, store_file
from fangxian.core.actions.files import content_of, require_scope
from fangxian.core.ledgers import XLSX
from fangxian.core.models import Job
from fangxian.reporting.actions.taking import REVEAL, entered_rows
from fangxian.reporting.filling import matching
from fangxian.reporting.filling.matching import TableChoice
from fangxian.reporting.filling.titles import title_of
from fangxian.reporting.models import Filling, OfficeTemplate, Taking
from fangxian.reporting.models.ledger import Form
from fangxian.reporting.queries import rows_view
from fangxian.reporting.registered import EXPORT, FILL

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def refused(error: SheetError) -> Invalid:
    """What is wrong with a workbook, as a form shows it."""
    return Invalid(Problem(error.message, "file", mend=error.mend, code=error.code))


def outline_of(template: OfficeTemplate) -> Outline:
    """What a template asks for, read from its file. Starts a process. Raises Invalid."""
    try:
        return outline(template.name, content_of(template.file))
    except SheetError as error:
        raise refused(error) from error


@action
def take_in(
    *, by: Actor, place_code: str, name: str, data: bytes, office: str = ""
) -> OfficeTemplate:
    """Take in a workbook that an office has sent, and propose what fills it.

    An old .xls is converted where LibreOffice is installed. Sent again unchanged it is the same
    template. Raises Forbidden, OutOfScope, Invalid (unreadable, nothing to fill).
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
        return known
    try:
        if data[:8] == OLE:
            data, name = convert(data), name.rsplit(".", 1)[0] + ".xlsx"
        found = outline(name, data)
    except SheetError as error:
        raise refused(error) from error
    if not any(sheet.tables or sheet.blanks or sheet.cards for sheet in found.sheets):
        raise Invalid(
            Problem(
                _("Nothing in this workbook is left to be filled."), "file",
                mend=_("Send the empty template: names of columns with empty rows below."),
            )
        )  # fmt: skip
    file = store_file(
        by=by, data=data, name=name[:200], media_type=XLSX, place_code=place_code, right=EXPORT
    )
    choices = matching.proposed(by, found)
    learned = [TableChoice.from_json(one).mode != "skip" for one in choices["tables"].values()]
    row = OfficeTemplate(
        place_code=place_code, name=name.rsplit(".", 1)[0][:120], office=office.strip()[:120],
        file=file, sha256=digest, choices=choices, user_id=by.user_id, made_by=by.name,
        checked=bool(learned) and _all_learned(by, found),
    )  # fmt: skip
    row.save(force_insert=True)
    return row


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
