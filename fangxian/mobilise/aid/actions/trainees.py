"""Whom a standing programme trains, by name: put down, changed, taken out again."""

from __future__ import annotations

from typing import Any, Final

from django.utils.translation import gettext as _

from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, Invalid, OutOfScope, Problem
from fangxian.common.models import update_fields
from fangxian.mobilise.aid.actions.batches import past
from fangxian.mobilise.aid.actions.programmes import held
from fangxian.mobilise.models import AidProgramme, AidTrainee

FIELDS: Final = (
    "name", "organisation", "position", "topic", "term", "from_date", "until", "passed",
    "passed_on",
)  # fmt: skip


@action
def add_trainee(*, by: Actor, programme: AidProgramme, **values: Any) -> AidTrainee:
    """Put somebody down whom a programme trains (``FIELDS``). Raises Invalid, Conflict."""
    found = held(by, programme.id)
    row = AidTrainee(programme=found, place_code=found.place_code)
    _set(row, values)
    row.save(force_insert=True)
    return row


@action
def change_trainee(*, by: Actor, trainee: AidTrainee, **values: Any) -> AidTrainee:
    """Change some of ``FIELDS``. Raises Invalid, Conflict (the programme has ended)."""
    held(by, trainee.programme_id)
    row = _row(trainee)
    if changed := _set(row, values):
        row.save(update_fields=changed)
    return row


@action
def take_out_trainee(*, by: Actor, trainee: AidTrainee) -> AidProgramme:
    """Take somebody out who was put down by mistake. Raises Conflict: the programme has ended."""
    programme = held(by, trainee.programme_id)
    _row(trainee).delete()
    return programme


def _row(trainee: AidTrainee) -> AidTrainee:
    """The trainee as he is now; his programme is locked."""
    row = AidTrainee.objects.filter(id=trainee.id).first()
    if row is None:
        raise OutOfScope(str(trainee.id))
    return row


def _set(row: AidTrainee, values: dict[str, Any]) -> list[str]:
    unknown = set(values) - set(FIELDS)
    if unknown:
        raise TypeError(f"not changeable: {', '.join(sorted(unknown))}")
    told = {key: one.strip() if isinstance(one, str) else one for key, one in values.items()}
    changed = update_fields(row, **told)
    problems = [
        Problem(_("This is not said."), field=name, mend=_("Fill it in."), code="required")
        for name in ("name", "organisation", "topic")
        if not getattr(row, name)
    ]
    if row.until and row.until < row.from_date:
        problems.append(Problem(_("It ends before it begins."), field="until"))
    if row.passed_on:
        problems += past(row.passed_on, "passed_on")
        if row.passed_on < row.from_date:
            problems.append(Problem(_("This day is before the training."), field="passed_on"))
        if not row.passed:
            problems.append(
                Problem(_("What was passed is not said."), field="passed", mend=_("Fill it in."))
            )
    if row.term is not None and row.term.programme_id != row.programme_id:
        problems.append(Problem(_("This is no term of the programme."), field="term"))
    if problems:
        raise Invalid(*problems)
    same = AidTrainee.objects.filter(
        programme=row.programme_id,
        name=row.name,
        organisation=row.organisation,
        topic=row.topic,
        from_date=row.from_date,
    )
    if same.exclude(id=row.id).exists():
        raise Conflict(_("%(name)s stands on the list for this already.") % {"name": row.name})
    return changed
