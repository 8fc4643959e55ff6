"""Standing programmes: begun, changed, ended; what they leave there."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, Invalid, OutOfScope, Problem
from fangxian.common.models import update_fields
from fangxian.mobilise.aid.actions.batches import KEEP, past, where_problems
from fangxian.mobilise.aid.queries import OPEN
from fangxian.mobilise.aid.rules import aid_rules
from fangxian.mobilise.models import AidBatch, AidProgramme, AidResult
from fangxian.regions.models import Region

FIELDS: Final = (
    "name", "kind", "destination", "elsewhere", "purpose", "organisation", "from_date",
)  # fmt: skip


@action
def begin_programme(*, by: Actor, place: Region, **values: Any) -> AidProgramme:
    """Begin a standing programme of a place (``FIELDS``). Raises Invalid."""
    by.require(KEEP, place.code)
    row = AidProgramme(place_code=place.code, made_by=by.name, **values)
    _refuse(row)
    row.save(force_insert=True)
    return row


@action
def change_programme(*, by: Actor, programme: AidProgramme, **values: Any) -> AidProgramme:
    """Change some of ``FIELDS``. Raises Invalid, Conflict (it has ended)."""
    row = held(by, programme.id)
    unknown = set(values) - set(FIELDS)
    if unknown:
        raise TypeError(f"not changeable: {', '.join(sorted(unknown))}")
    changed = update_fields(row, **values)
    _refuse(row)
    if changed:
        row.save(update_fields=changed)
    return row


def _refuse(row: AidProgramme) -> None:
    problems = list(where_problems(row.destination, row.elsewhere))
    if row.kind not in aid_rules().programmes:
        problems.append(Problem(_("Choose one of the list."), field="kind", code="unknown_code"))
    same = AidProgramme.objects.filter(place_code=row.place_code, name=row.name, ended_on=None)
    if same.exclude(id=row.id).exists():
        problems.append(
            Problem(
                _("There is a programme of this name."),
                field="name",
                mend=_("Choose another name."),
                code="taken",
            )
        )
    if problems:
        raise Invalid(*problems)


def held(by: Actor, programme_id: UUID) -> AidProgramme:
    """The programme, locked, that still goes on. Raises OutOfScope, Forbidden, Conflict."""
    rows = AidProgramme.objects.select_for_update(of=("self",)).select_related("destination")
    row = rows.filter(id=programme_id).first()
    if row is None:
        raise OutOfScope(str(programme_id))
    by.require(KEEP, row.place_code)
    if row.ended_on is not None:
        raise Conflict(_("The programme has ended."))
    return row


@action
def end_programme(*, by: Actor, programme: AidProgramme) -> AidProgramme:
    """End a programme today. Raises Conflict while a term of it goes on."""
    row = held(by, programme.id)
    if AidBatch.objects.filter(programme=row, state__in=OPEN).exists():
        raise Conflict(_("A term of the programme is not closed yet."))
    row.ended_on = max(timezone.localdate(), row.from_date)
    row.save(update_fields=["ended_on"])
    return row


@action
def record_result(
    *,
    by: Actor,
    programme: AidProgramme,
    kind: str,
    day: dt.date,
    what: str,
    number: int = 1,
    term: AidBatch | None = None,
) -> AidResult:
    """Record whom the experts trained, what was built or begun. Raises Invalid, Conflict."""
    row = held(by, programme.id)
    problems = list(past(day, "day"))
    if kind not in aid_rules().results:
        problems.append(Problem(_("Choose one of the list."), field="kind", code="unknown_code"))
    if term is not None and term.programme_id != row.id:
        problems.append(Problem(_("This is no term of the programme."), field="term"))
    if problems:
        raise Invalid(*problems)
    return AidResult.objects.create(
        programme=row,
        place_code=row.place_code,
        term=term,
        kind=kind,
        day=day,
        what=what.strip(),
        number=number,
    )
