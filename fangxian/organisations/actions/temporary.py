"""Temporary units: drawn up, proposed, founded or sent back, prolonged, dissolved."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from fangxian.accounts.actions import because, checked_reason
from fangxian.common import codes
from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.codes import Level
from fangxian.common.errors import Conflict, Invalid, Problem
from fangxian.common.models import update_fields
from fangxian.core import emergencies
from fangxian.core.actions import close_task, open_task
from fangxian.core.models import Emergency
from fangxian.organisations import units
from fangxian.organisations.actions.organisations import (
    EDIT,
    check,
    create_organisation,
    dissolve_organisation,
)
from fangxian.organisations.actions.seconding import begin, forget
from fangxian.organisations.ending import FOUNDED, tell
from fangxian.organisations.models import (
    Organisation,
    OrganisationKind,
    TemporaryUnit,
    UnitState,
)
from fangxian.organisations.temporary_rules import temporary_rules
from fangxian.regions.models import Region

DECIDE = "organisations.unit_proposed"
RETURNED = "organisations.unit_returned"
ENDING = "organisations.unit_ending"
PROPOSED_TITLE = gettext_noop("Decide about the temporary unit “%(name)s”")
RETURNED_TITLE = gettext_noop("The temporary unit “%(name)s” was sent back")
ENDING_TITLE = gettext_noop("The emergency has ended: dissolve the temporary unit “%(name)s”")
CHANGEABLE = (
    "name",
    "kind",
    "setting",
    "task",
    "where",
    "place",
    "superior",
    "emergency",
    "from_date",
    "until",
)


def locked(unit: TemporaryUnit, *states: UnitState) -> TemporaryUnit:
    """The unit as it is now, locked. Raises Conflict when it is in none of the states."""
    row = TemporaryUnit.objects.select_for_update(of=("self",)).get(id=unit.id)
    if states and row.state not in states:
        raise Conflict(_("It is “%(state)s” meanwhile.") % {"state": row.get_state_display()})
    return row


@action
def draft_unit(
    *,
    by: Actor,
    name: str,
    kind: OrganisationKind,
    setting: str,
    task: str,
    place: Region,
    superior: Organisation,
    from_date: dt.date,
    until: dt.date,
    where: str = "",
    emergency: Emergency | None = None,
) -> TemporaryUnit:
    """Begin to draw up a unit; people are added, then it is proposed.

    Raises Invalid: a kind that is none of a temporary unit, days in the wrong order, an emergency
    that is not in force there.
    """
    by.require(EDIT, place.code)
    values = {
        "name": name.strip(),
        "kind": kind,
        "setting": setting,
        "task": task.strip(),
        "where": where.strip(),
        "place": place,
        "superior": superior,
        "emergency": emergency,
        "from_date": from_date,
        "until": until,
    }
    _checked(None, values)
    return TemporaryUnit.objects.create(
        **values,
        place_code=place.code,
        proposed_by=by.name,
        proposer_id=by.user_id,
        rule_version=temporary_rules().version,
    )


@action
def change_unit(*, by: Actor, unit: TemporaryUnit, **values: Any) -> TemporaryUnit:
    """Change some of ``CHANGEABLE`` of a unit that is drawn up or was sent back."""
    by.require(EDIT, unit.place_code)
    unknown = set(values) - set(CHANGEABLE)
    if unknown:
        raise TypeError(f"not changeable: {', '.join(sorted(unknown))}")
    row = locked(unit, *units.OPEN)
    values = {k: v.strip() if isinstance(v, str) else v for k, v in values.items()}
    now = {name: getattr(row, name) for name in CHANGEABLE}
    _checked(row, now | values)
    if "place" in values:
        by.require(EDIT, values["place"].code)
        _move(by, row, values["place"])
    changed = update_fields(row, **values)
    if changed:
        row.save(update_fields=[*changed, "place_code"])
    return row


def _move(by: Actor, row: TemporaryUnit, place: Region) -> None:
    """Those who are to serve are seen at the new place instead."""
    people = list(row.secondments.all())
    for one in people:
        forget(by, one)
    row.place_code = place.code
    row.secondments.update(place_code=place.code)
    for one in people:
        one.place_code = place.code
        begin(by, one)


def _checked(row: TemporaryUnit | None, values: dict[str, Any]) -> None:
    rules = temporary_rules()
    rules.form(values["kind"].code)
    problems = []
    if values["setting"] not in rules.settings:
        problems.append(Problem(_("Choose where it serves."), field="setting", code="setting"))
    if values["until"] < values["from_date"]:
        problems.append(
            Problem(
                _("The term ends before it begins."),
                field="until",
                mend=_("Choose a later last day."),
                code="dates",
            )
        )
    if values["superior"].dissolved_on is not None:
        problems.append(
            Problem(
                _("“%(name)s” is dissolved.") % {"name": values["superior"]},
                field="superior",
                mend=_("Name an organisation that stands."),
                code="dissolved",
            )
        )
    if problems:
        raise Invalid(*problems)
    if values["emergency"] is not None:
        emergencies.check(values["place"].code, values["emergency"].id)
    check(
        row.organisation if row else None,
        name=values["name"],
        seat=values["place"],
        parent=values["superior"],
        credit_code="",
    )


@action
def propose_unit(*, by: Actor, unit: TemporaryUnit) -> TemporaryUnit:
    """Hand a unit to the superior, who gets a task. Raises Invalid: what the rules have against it.

    Who proposes it is who last handed it in.
    """
    by.require(EDIT, unit.place_code)
    row = locked(unit, *units.OPEN)
    rules = temporary_rules()
    problems = units.problems(row, units.people_of(row), rules)
    if problems:
        raise Invalid(*problems)
    now = timezone.now()
    row.state, row.reason, row.rule_version = UnitState.PROPOSED, "", rules.version
    row.proposed_by, row.proposer_id, row.proposed_at = by.name, by.user_id, now
    row.decided_by, row.decided_at = "", None
    row.save()
    above = Level(len(row.place_code)).above or Level.COUNTRY
    close_task(by=by, kind=RETURNED, dedupe_key=str(row.id), done_fact=f"{DECIDE}:{row.id}")
    open_task(
        by=by,
        kind=DECIDE,
        place_code=row.place_code,
        title=PROPOSED_TITLE,
        title_data={"name": row.name},
        due_at=now + dt.timedelta(days=rules.decide_days),
        object_type=row._meta.label,
        object_id=row.id,
        assignee_role=rules.decided_by,
        assignee_level=int(above),
        dedupe_key=str(row.id),
    )
    return row


@action
def withdraw_unit(*, by: Actor, unit: TemporaryUnit) -> TemporaryUnit:
    """Give a unit up that is not founded; nobody is to serve in it any more."""
    by.require(EDIT, unit.place_code)
    row = locked(unit, *units.OPEN, UnitState.PROPOSED)
    row.state = UnitState.WITHDRAWN
    row.save(update_fields=["state"])
    for one in row.secondments.all():
        forget(by, one)
    settled(by, row, "withdrawn")
    return row


@action
def reopen_unit(*, by: Actor, unit: TemporaryUnit) -> TemporaryUnit:
    """Take back that a unit was given up: it is drawn up again, with its people."""
    by.require(EDIT, unit.place_code)
    row = locked(unit, UnitState.WITHDRAWN)
    row.state = UnitState.DRAFT
    row.save(update_fields=["state"])
    for one in row.secondments.order_by("id"):
        begin(by, one)
    return row


def _deciding(by: Actor, unit: TemporaryUnit) -> TemporaryUnit:
    by.require(units.APPROVE, unit.place_code)
    row = locked(unit, UnitState.PROPOSED)
    problem = units.superior_problem(by, row)
    if problem is None and row.proposed_by == by.name:
        problem = Problem(
            _("You have proposed it yourself."),
            mend=_("Somebody else of the superior decides."),
            code="own",
        )
    if problem is not None:
        raise Invalid(problem)
    row.decided_by, row.decided_at = by.name, timezone.now()
    return row


def settled(by: Actor, row: TemporaryUnit, fact: str) -> None:
    """Close the tasks about a unit."""
    for kind in (DECIDE, RETURNED, ENDING):
        close_task(by=by, kind=kind, dedupe_key=str(row.id), done_fact=f"{kind}.{fact}")


@action
def approve_unit(*, by: Actor, unit: TemporaryUnit) -> TemporaryUnit:
    """Found a proposed unit below its superior: an organisation, with memberships of its people.

    Raises Invalid: the actor is not the superior or has proposed it; the rules speak against it;
    somebody died. Conflict: it was decided meanwhile.
    """
    row = _deciding(by, unit)
    people, rules = units.people_of(row), temporary_rules()
    problems = units.problems(row, people, rules)
    if problems:
        raise Invalid(*problems)
    row.organisation = create_organisation(
        by=by,
        name=row.name,
        kind=row.kind,
        seat=row.place,
        parent=row.superior,
        founded_on=timezone.localdate(),
    )
    row.state, row.rule_version = UnitState.FOUNDED, rules.version
    row.save()
    for one in people:
        one.unit = row
        begin(by, one)
    settled(by, row, "founded")
    tell(by, row, FOUNDED, people)
    return row


@action
def return_unit(*, by: Actor, unit: TemporaryUnit, reason: str) -> TemporaryUnit:
    """Send a proposed unit back; who proposed it is told why by a task."""
    row = _deciding(by, unit)
    row.reason = checked_reason(reason)
    row.state = UnitState.RETURNED
    with because(by, row.reason) as actor:
        row.save()
        settled(actor, row, "returned")
        if row.proposer_id is not None:
            open_task(
                by=actor,
                kind=RETURNED,
                place_code=row.place_code,
                title=RETURNED_TITLE,
                title_data={"name": row.name},
                due_at=timezone.now() + dt.timedelta(days=temporary_rules().decide_days),
                object_type=row._meta.label,
                object_id=row.id,
                assignee_user_id=row.proposer_id,
                dedupe_key=str(row.id),
            )
    return row


@action
def prolong_unit(*, by: Actor, unit: TemporaryUnit, until: dt.date, reason: str) -> TemporaryUnit:
    """The superior gives a founded unit another last day, counted anew from today.

    Raises Invalid: the actor is not the superior, the day is past or beyond the longest term.
    """
    by.require(units.APPROVE, unit.place_code)
    row, why = locked(unit, UnitState.FOUNDED), checked_reason(reason)
    today, most = timezone.localdate(), temporary_rules().most_days
    problem = units.superior_problem(by, row)
    if problem is None and not today <= until <= today + dt.timedelta(days=most):
        problem = Problem(
            _("The last day must lie within %(most)d days from today.") % {"most": most},
            field="until",
            mend=_("Choose an earlier day, or one to come."),
            code="term",
        )
    if problem is not None:
        raise Invalid(problem)
    with because(by, why):
        row.until = until
        row.save(update_fields=["until"])
    return row


@action
def dissolve_unit(
    *, by: Actor, unit: TemporaryUnit, reason: str, on: dt.date | None = None
) -> TemporaryUnit:
    """The task is done: its organisation is dissolved and everybody's secondment ends with it.

    Raises Invalid (a day to come), Conflict (not founded, dissolved before).
    """
    by.require(EDIT, unit.place_code)
    row, why = locked(unit, UnitState.FOUNDED), checked_reason(reason)
    assert row.organisation is not None  # a constraint of the table
    with because(by, why) as actor:
        dissolve_organisation(by=actor, organisation=row.organisation, on=on)
    return row


def ask_to_dissolve(by: Actor, row: TemporaryUnit) -> None:
    """The superior has a task to dissolve a unit whose emergency has ended; once."""
    rules = temporary_rules()
    open_task(
        by=by,
        kind=ENDING,
        place_code=row.place_code,
        title=ENDING_TITLE,
        title_data={"name": row.name},
        due_at=timezone.now() + dt.timedelta(days=rules.decide_days),
        object_type=row._meta.label,
        object_id=row.id,
        assignee_role=rules.decided_by,
        assignee_level=int(Level(len(row.place_code)).above or Level.COUNTRY),
        dedupe_key=str(row.id),
    )


def end_by_term(by: Actor, area: str, day: dt.date) -> int:
    """Dissolve the units of an area whose term is over, on its last day. Returns how many.

    One with organisations below it waits until somebody has settled those.
    """
    lo, hi = codes.bounds(area)
    over = TemporaryUnit.objects.filter(
        units.STANDING, until__lt=day, place_code__gte=lo, place_code__lt=hi
    ).exclude(organisation__children__in=Organisation.objects.filter(dissolved_on=None))
    rows = list(
        over.select_for_update(of=("self",)).select_related("organisation__seat").order_by("id")
    )
    for row in rows:
        if row.organisation is not None:
            last = max(row.until, row.organisation.founded_on or row.until)
            dissolve_organisation(by=by, organisation=row.organisation, on=last)
    return len(rows)
