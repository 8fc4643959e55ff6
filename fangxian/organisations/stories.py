"""What became of a unit, an alliance or a pair, in words, from the histories of all its parts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Model
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from fangxian.accounts import looks
from fangxian.accounts.queries import display_names
from fangxian.common.history import history_of
from fangxian.common.ui import formats
from fangxian.organisations import ending
from fangxian.organisations.models import (
    Alliance,
    Ally,
    EndedBy,
    Member,
    Organisation,
    Pairing,
    PairingEntry,
    Secondment,
    SharedTask,
    TemporaryUnit,
    UnitState,
)
from fangxian.organisations.temporary_rules import temporary_rules
from fangxian.organisations.together_rules import name_in, together_rules
from fangxian.people.models import Person

SHOWN = 40
# Of each table; what is older is left out.
READ = 400


@dataclass
class Step:
    """One change: ``what`` was done, about ``whom`` (an id, named for those who are shown)."""

    row: Any
    what: str
    whom: UUID | None = None
    detail: str = ""
    name: str = ""
    who: str = ""
    why: str = ""

    @property
    def at(self) -> dt.datetime:
        """When."""
        moment: dt.datetime = self.row.pgh_created_at
        return moment


Tell = Callable[[Any | None, Any], Step | None]


def _steps(model: type[Model], tell: Tell, **of: Any) -> Iterator[Step]:
    """The changes of a table’s rows; ``tell`` sees each with the one before, None for the first."""
    found = history_of(model).objects.filter(**of).order_by("-pgh_id")[:READ]
    before: dict[UUID, Any] = {}
    for row in reversed(found):
        known = None if row.pgh_label == "insert" else before.get(row.pgh_obj_id)
        # What a change changed can't be told where the row before it is not read.
        readable = known is not None or row.pgh_label != "update"
        step = tell(known, row) if readable else None
        before[row.pgh_obj_id] = row
        if step is not None:
            yield step


def _latest(steps: Iterable[Step]) -> list[Step]:
    """The latest of them, newest first, each with who made it and why."""
    # Of one moment the last written stands first.
    shown = sorted(steps, key=lambda one: one.at)[::-1][:SHOWN]
    contexts = [step.row.pgh_context or {} for step in shown]
    people = display_names(context.get("who", "") for context in contexts)
    for step, context in zip(shown, contexts, strict=True):
        step.who = formats.who(context.get("who", ""), people)
        why = context.get("why", "")
        step.why = "" if looks.is_page(why) else looks.why(why)
        # What is written by itself stands there in English.
        if step.why == ending.WHY:
            step.why = _(ending.WHY)
    return shown


def of_unit(unit: TemporaryUnit) -> list[Step]:
    """A temporary unit: drawn up, proposed, decided about; its people, officers and end."""
    steps = [
        *_steps(TemporaryUnit, _unit, pgh_obj_id=unit.id),
        *_steps(Secondment, _secondment, unit_id=unit.id),
    ]
    if unit.organisation_id is not None:
        steps += _steps(Organisation, _body, pgh_obj_id=unit.organisation_id)
        steps += _steps(Member, _member, organisation_id=unit.organisation_id)
    shown = _latest(steps)
    _name_people(unit, shown)
    return shown


def _name_people(unit: TemporaryUnit, steps: Iterable[Step]) -> None:
    """Who is in sight by name, others by the organisation that they came from."""
    asked = [step for step in steps if step.whom is not None]
    people = Person.objects.filter(id__in={step.whom for step in asked}).only("id", "name")
    names = {person.id: person.name for person in people}
    rest = {step.whom for step in asked} - set(names)
    if rest:
        came = history_of(Secondment).objects.filter(unit_id=unit.id, person_id__in=rest)
        homes = dict(came.values_list("person_id", "home_body_id"))
        bodies = dict(Organisation.objects.filter(id__in=homes.values()).values_list("id", "name"))
        names |= {key: bodies.get(body, "") for key, body in homes.items()}
    for step in asked:
        step.name = names.get(step.whom, "") if step.whom is not None else ""


def _unit(before: Any | None, row: Any) -> Step | None:
    if before is None:
        return Step(row, pgettext("a temporary unit", "Drawn up"))
    if row.state != before.state:
        return Step(row, _states().get((before.state, row.state)) or _states()[("", row.state)])
    if row.state == UnitState.FOUNDED:
        if row.until != before.until:
            return Step(row, _("Term until %(day)s") % {"day": formats.date(row.until)})
        return None
    changed = any(getattr(row, name) != getattr(before, name) for name in _SAID)
    return Step(row, _("Changed")) if changed else None


_SAID = (
    "name", "kind_id", "setting", "task", "where", "place_id", "superior_id", "emergency_id",
    "from_date", "until",
)  # fmt: skip


def _states() -> dict[tuple[str, str], str]:
    """What was done, by the states before and after ("" any)."""
    return {
        ("", UnitState.DRAFT): pgettext("a temporary unit", "Drawn up again"),
        ("", UnitState.PROPOSED): pgettext("a temporary unit", "Proposed"),
        ("", UnitState.RETURNED): pgettext("a temporary unit", "Sent back"),
        ("", UnitState.WITHDRAWN): pgettext("a temporary unit", "Given up"),
        ("", UnitState.FOUNDED): pgettext("a temporary unit", "Approved and founded"),
    }


def _secondment(before: Any | None, row: Any) -> Step | None:
    rules = temporary_rules()
    office = rules.office_name(row.office)
    if row.pgh_label == "delete":
        return Step(row, _("Taken out"), row.person_id)
    if before is None:
        return Step(
            row, _("Seconded"), row.person_id, _("; ").join(filter(None, (row.duty, office)))
        )
    if row.office != before.office:
        if not office:
            return Step(row, _("Holds no office any more"), row.person_id)
        return Step(row, _("Named"), row.person_id, office)
    if row.duty != before.duty:
        return Step(row, pgettext("in a unit", "Duty"), row.person_id, row.duty or "–")
    if row.standing != before.standing:
        standing = dict(Secondment._meta.get_field("standing").flatchoices).get(row.standing, "–")
        return Step(row, _("Standing in the party"), row.person_id, str(standing))
    return None


def _body(before: Any | None, row: Any) -> Step | None:
    if before is None or row.dissolved_on == before.dissolved_on:
        return None
    if row.dissolved_on is None:
        return Step(row, _("Dissolution taken back"))
    return Step(row, _("Dissolved on %(day)s") % {"day": formats.date(row.dissolved_on)})


def _member(before: Any | None, row: Any) -> Step | None:
    """Who went home, or is back; not that all did when it was dissolved."""
    if before is None or row.to_date == before.to_date:
        return None
    if EndedBy.DISSOLUTION in (row.ended_by, before.ended_by):
        return None
    if row.to_date is None:
        return Step(row, _("Serves again"), row.person_id)
    return Step(row, _("Went home"), row.person_id)


def of_alliance(alliance: Alliance) -> list[Step]:
    """An alliance: founded, led by another, ended; who joined and left; its shared tasks."""
    rules = together_rules()
    shown = _latest(
        [
            *_steps(Alliance, _alliance, pgh_obj_id=alliance.id),
            *_steps(Ally, _ally, alliance_id=alliance.id),
            *_steps(SharedTask, _task, alliance_id=alliance.id),
        ]
    )
    bodies = {step.whom for step in shown if step.whom is not None}
    names = dict(Organisation.objects.filter(id__in=bodies).values_list("id", "name"))
    for step in shown:
        if step.whom is not None:
            step.name = names.get(step.whom, "")
        if hasattr(step.row, "role"):
            step.detail = name_in(rules.roles, step.detail) if step.detail else ""
    return shown


def _alliance(before: Any | None, row: Any) -> Step | None:
    if before is None:
        return Step(row, pgettext("an alliance", "Founded, led by"), row.lead_id)
    if row.to_date != before.to_date:
        return _ending(row)
    if row.lead_id != before.lead_id:
        return Step(row, _("Led by"), row.lead_id)
    changed = (row.name, row.kind) != (before.name, before.kind)
    return Step(row, _("Changed"), detail=row.name) if changed else None


def _ending(row: Any) -> Step:
    if row.to_date is None:
        return Step(row, _("End taken back"))
    return Step(row, _("Ended on %(day)s") % {"day": formats.date(row.to_date)})


def _ally(before: Any | None, row: Any) -> Step | None:
    if before is None:
        return Step(row, _("Joined"), row.organisation_id, row.role)
    if row.to_date != before.to_date:
        # That all leave and are back with the alliance, its own end says.
        if row.with_alliance or before.with_alliance:
            return None
        return Step(
            row,
            pgettext("an alliance", "Left") if row.to_date else _("In it again"),
            row.organisation_id,
        )
    if row.role != before.role:
        return Step(row, _("Role"), row.organisation_id, row.role)
    return None


def _task(before: Any | None, row: Any) -> Step | None:
    if before is None:
        return Step(row, _("Shared task"), detail=row.title)
    if row.done_on != before.done_on:
        if row.done_on is None:
            return Step(row, _("It goes on"), detail=row.title)
        return Step(row, _("Done"), detail=f"{row.title} {row.result}")
    if row.organisation_id != before.organisation_id:
        return Step(row, _("Who sees to it"), row.organisation_id, row.title)
    return None


def of_pairing(pairing: Pairing) -> list[Step]:
    """A pair: made, ended; what was written down as given or done, and taken away."""
    kinds = together_rules().entries
    shown = _latest(
        [
            *_steps(Pairing, _pairing, pgh_obj_id=pairing.id),
            *_steps(PairingEntry, _entry, pairing_id=pairing.id),
        ]
    )
    for step in shown:
        if hasattr(step.row, "text"):
            step.what = f"{step.what} {name_in(kinds, step.row.kind)}"
    return shown


def _pairing(before: Any | None, row: Any) -> Step | None:
    if before is None:
        return Step(row, _("Paired"), detail=row.purpose)
    if row.to_date != before.to_date:
        return _ending(row)
    return (
        Step(row, pgettext("a pair", "Purpose"), detail=row.purpose)
        if row.purpose != before.purpose
        else None
    )


def _entry(before: Any | None, row: Any) -> Step | None:
    said = f"{formats.date(row.on)} {row.text}"
    if row.pgh_label == "delete":
        return Step(row, _("Removed"), detail=said)
    return Step(row, _("Recorded"), detail=said) if before is None else None
