"""Alliances of all units in a place: founded, joined, their shared tasks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, Invalid, Problem
from fangxian.common.models import update_fields
from fangxian.common.ui import formats
from fangxian.organisations.actions.organisations import EDIT, not_yet
from fangxian.organisations.checking import gone
from fangxian.organisations.models import Alliance, Ally, Organisation, SharedTask
from fangxian.organisations.together_rules import together_rules
from fangxian.regions.models import Region

# As what who led an alliance goes on in it.
MEMBER: Final = "member"


def _known(known: object, field: str) -> None:
    if not known:
        raise Invalid(
            Problem(_("Choose one of those that are offered."), field=field, code="unknown")
        )


@action
def found_alliance(
    *,
    by: Actor,
    name: str,
    kind: str,
    place: Region,
    lead: Organisation,
    from_date: dt.date | None = None,
) -> Alliance:
    """Found an alliance at a place around the organisation that leads it.

    Raises Invalid: a kind there is not, a lead that was dissolved; Conflict: it is there already.
    """
    by.require(EDIT, place.code)
    day = from_date or timezone.localdate()
    _known(kind in together_rules().alliances, "kind")
    if problem := gone(lead, day):
        raise Invalid(problem)
    if Alliance.objects.filter(place=place, name=name.strip(), to_date=None).exists():
        raise Conflict(_("“%(name)s” is there already.") % {"name": name.strip()})
    return Alliance.objects.create(
        name=name.strip(), kind=kind, place=place, place_code=place.code, lead=lead, from_date=day
    )


@action
def change_alliance(
    *,
    by: Actor,
    alliance: Alliance,
    name: str | None = None,
    kind: str | None = None,
    lead: Organisation | None = None,
) -> Alliance:
    """Change the name or kind of an alliance, or who leads it; what is None stays.

    Who led it goes on as a member unless it was dissolved. Raises Invalid, Conflict as
    :func:`found_alliance`; Conflict: it has ended.
    """
    by.require(EDIT, alliance.place_code)
    row, day = _running(alliance), timezone.localdate()
    if kind is not None:
        _known(kind in together_rules().alliances, "kind")
    others = Alliance.objects.filter(place=row.place_id, to_date=None).exclude(id=row.id)
    if name is not None and others.filter(name=name.strip()).exists():
        raise Conflict(_("“%(name)s” is there already.") % {"name": name.strip()})
    former = row.lead
    if lead is not None and lead.id != former.id:
        if problem := gone(lead, day):
            raise Invalid(problem)
        for ally in row.allies.filter(organisation=lead, to_date=None):
            ally.to_date = max(day, ally.from_date)
            ally.save(update_fields=["to_date"])
    changed = update_fields(
        row,
        name=row.name if name is None else name.strip(),
        kind=kind or row.kind,
        lead=lead or former,
    )
    if changed:
        row.save(update_fields=changed)
    if "lead" in changed and former.dissolved_on is None:
        add_ally(by=by, alliance=row, organisation=former, role=MEMBER)
    return row


def _running(alliance: Alliance) -> Alliance:
    row = Alliance.objects.select_for_update(of=("self",)).get(id=alliance.id)
    if row.to_date is not None:
        raise Conflict(_("It ended already on %(day)s.") % {"day": formats.date(row.to_date)})
    return row


@action
def end_alliance(*, by: Actor, alliance: Alliance, on: dt.date | None = None) -> Alliance:
    """End an alliance; who is in it leaves too. Raises Conflict, Invalid (a day to come)."""
    by.require(EDIT, alliance.place_code)
    row, day = _running(alliance), on or timezone.localdate()
    not_yet(day)
    row.to_date = max(day, row.from_date)
    row.save(update_fields=["to_date"])
    for ally in row.allies.filter(to_date=None).order_by("id"):
        ally.to_date, ally.with_alliance = max(row.to_date, ally.from_date), True
        ally.save(update_fields=["to_date", "with_alliance"])
    return row


@action
def resume_alliance(*, by: Actor, alliance: Alliance) -> Alliance:
    """Take back that it ended: who left with it is in it again, unless it was dissolved since.

    Raises Conflict: it goes on, or another of its name was founded since; Invalid: its lead is
    dissolved.
    """
    by.require(EDIT, alliance.place_code)
    row = Alliance.objects.select_for_update(of=("self",)).get(id=alliance.id)
    if row.to_date is None:
        raise Conflict(_("It has not ended."))
    if Alliance.objects.filter(place=row.place_id, name=row.name, to_date=None).exists():
        raise Conflict(_("“%(name)s” is there already.") % {"name": row.name})
    if problem := gone(row.lead, timezone.localdate()):
        raise Invalid(problem)
    back = row.allies.filter(with_alliance=True, organisation__dissolved_on=None)
    for ally in back.order_by("id"):
        ally.to_date, ally.with_alliance = None, False
        ally.save(update_fields=["to_date", "with_alliance"])
    row.to_date = None
    row.save(update_fields=["to_date"])
    return row


@action
def add_ally(
    *,
    by: Actor,
    alliance: Alliance,
    organisation: Organisation,
    role: str,
    on: dt.date | None = None,
) -> Ally:
    """An organisation joins; who is in it already gets the role.

    Raises Invalid: a role there is not, dissolved; Conflict: the alliance has ended.
    """
    by.require(EDIT, alliance.place_code)
    row, day = _running(alliance), on or timezone.localdate()
    _known(role in together_rules().roles, "role")
    problem = gone(organisation, day)
    if problem is None and organisation.id == row.lead_id:
        problem = Problem(
            _("“%(name)s” leads the alliance.") % {"name": organisation},
            field="holder",
            mend=_("Choose another organisation."),
            code="lead",
        )
    if problem is not None:
        raise Invalid(problem)
    known = row.allies.filter(organisation=organisation, to_date=None).first()
    if known is not None:
        known.role = role
        known.save(update_fields=["role"])
        return known
    return Ally.objects.create(
        alliance=row,
        organisation=organisation,
        place_code=row.place_code,
        role=role,
        from_date=max(day, row.from_date),
    )


@action
def add_allies(
    *,
    by: Actor,
    alliance: Alliance,
    organisations: Sequence[Organisation],
    role: str,
    on: dt.date | None = None,
) -> int:
    """Several organisations join at once, all or none; those that are in it stay as they are.

    Raises Invalid, Conflict as :func:`add_ally`. Returns how many joined.
    """
    by.require(EDIT, alliance.place_code)
    row = _running(alliance)
    inside = set(row.allies.filter(to_date=None).values_list("organisation_id", flat=True))
    new = [one for one in organisations if one.id not in inside]
    for one in sorted(new, key=lambda one: one.id):
        add_ally(by=by, alliance=row, organisation=one, role=role, on=on)
    return len(new)


@action
def end_ally(*, by: Actor, ally: Ally, on: dt.date | None = None) -> Ally:
    """An organisation leaves an alliance; its open tasks there are the lead's.

    Raises Conflict when it has left, Invalid (a day to come).
    """
    by.require(EDIT, ally.place_code)
    not_yet(on or timezone.localdate())
    Alliance.objects.select_for_update(of=("self",)).get(id=ally.alliance_id)
    row = Ally.objects.select_for_update(of=("self",)).get(id=ally.id)
    if row.to_date is not None:
        raise Conflict(_("It ended already on %(day)s.") % {"day": formats.date(row.to_date)})
    row.to_date = max(on or timezone.localdate(), row.from_date)
    row.save(update_fields=["to_date"])
    theirs = SharedTask.objects.filter(alliance=row.alliance_id, organisation=row.organisation_id)
    for task in theirs.filter(done_on=None).order_by("id"):
        task.organisation = None
        task.save(update_fields=["organisation"])
    return row


@action
def share_task(
    *,
    by: Actor,
    alliance: Alliance,
    title: str,
    organisation: Organisation | None = None,
    due: dt.date | None = None,
) -> SharedTask:
    """Write down what the alliance does together. Raises Invalid: who sees to it is not in it."""
    by.require(EDIT, alliance.place_code)
    row = _running(alliance)
    if organisation is not None and organisation.id != row.lead_id:
        inside = row.allies.filter(organisation=organisation, to_date=None).exists()
        _known(inside, "organisation")
    return SharedTask.objects.create(
        alliance=row,
        place_code=row.place_code,
        title=title.strip(),
        organisation=organisation,
        due=due,
    )


@action
def finish_task(*, by: Actor, task: SharedTask, result: str) -> SharedTask:
    """A shared task is done. Raises Conflict when it was done before."""
    by.require(EDIT, task.place_code)
    row = SharedTask.objects.select_for_update(of=("self",)).get(id=task.id)
    if row.done_on is not None:
        raise Conflict(_("This was settled meanwhile: open the page again."))
    row.done_on, row.result = timezone.localdate(), result.strip()
    row.save(update_fields=["done_on", "result"])
    return row


@action
def reopen_task(*, by: Actor, task: SharedTask) -> SharedTask:
    """Take back that a shared task was done. Raises Conflict when it is not."""
    by.require(EDIT, task.place_code)
    row = SharedTask.objects.select_for_update(of=("self",)).get(id=task.id)
    if row.done_on is None:
        raise Conflict(_("It is not done."))
    row.done_on, row.result = None, ""
    row.save(update_fields=["done_on", "result"])
    return row
