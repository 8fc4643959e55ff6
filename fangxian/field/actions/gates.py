"""Gates: set up with who staffs them, changed, closed; what passes them is logged."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, Invalid, OutOfScope, Problem
from fangxian.common.models import update_fields
from fangxian.core.models import Emergency
from fangxian.field.actions import once, planning
from fangxian.field.actions.planning import PLAN
from fangxian.field.actions.visits import Answer
from fangxian.field.duties.rules import TEMPERATURES, DutyRules, duty_rules
from fangxian.field.models import Gate, GateEntry, GateUnit
from fangxian.organisations.models import Organisation
from fangxian.regions.models import Region

WATCH: Final = "field.watch"
LOG: Final = "field.gate_log"
RECORD: Final = "field.duty"
MOST_PEOPLE: Final = 1_000
_LONGEST: Final = {
    "plate": 20,
    "who": 60,
    "identity": 30,
    "phone": 30,
    "origin": 60,
    "note": 500,
}


@action
def open_gate(
    *,
    by: Actor,
    place: Region,
    name: str,
    kind: str,
    units: Sequence[Organisation] = (),
    emergency: Emergency | None = None,
) -> Gate:
    """Set a gate up from today on. Raises Invalid (name taken, unknown kind, emergency over)."""
    by.require(PLAN, place.code)
    gate = Gate(
        place_code=place.code,
        name=name.strip(),
        kind=kind,
        emergency=emergency,
        opened_on=timezone.localdate(),
        made_by=by.name,
    )
    _refuse(gate)
    gate.save(force_insert=True)
    _staff(gate, units)
    return gate


@action
def change_gate(
    *,
    by: Actor,
    gate: Gate,
    name: str | None = None,
    kind: str | None = None,
    units: Sequence[Organisation] | None = None,
) -> Gate:
    """Change what is given of a gate. Its place stays: what was logged there lies there.

    Raises Conflict (closed), Invalid.
    """
    found = _held(by, gate)
    wanted = {
        "name": found.name if name is None else name.strip(),
        "kind": found.kind if kind is None else kind,
    }
    changed = update_fields(found, **wanted)
    _refuse(found)
    if changed:
        found.save(update_fields=changed)
    if units is not None:
        _staff(found, units)
    return found


@action
def close_gate(*, by: Actor, gate: Gate) -> Gate:
    """Close a gate: from tomorrow on nothing is logged there. Raises Conflict (closed already)."""
    found = _held(by, gate)
    found.closed_on = timezone.localdate()
    found.save(update_fields=["closed_on"])
    return found


def _held(by: Actor, gate: Gate) -> Gate:
    found = planning.held(by, gate)
    if found.closed_on is not None:
        raise Conflict(_("The gate was closed already."))
    return found


def _refuse(gate: Gate) -> None:
    problems = list(once.unknown(gate.kind, duty_rules().gates, "kind"))
    if not gate.name:
        problems.append(Problem(_("Give the gate a name."), field="name"))
    same = Gate.objects.filter(place_code=gate.place_code, name=gate.name, closed_on=None)
    if same.exclude(id=gate.id).exists():
        problems.append(
            Problem(
                _("There is a gate of that name at this place."),
                field="name",
                mend=_("Choose another name."),
                code="taken",
            )
        )
    problems += once.unfit(gate.emergency, gate.place_code)
    if problems:
        raise Invalid(*problems)


def _staff(gate: Gate, units: Sequence[Organisation]) -> None:
    wanted = {unit.id for unit in units}
    present = dict(GateUnit.objects.filter(gate=gate).values_list("organisation_id", "id"))
    gone = [row for unit, row in present.items() if unit not in wanted]
    GateUnit.objects.filter(id__in=gone).delete()
    GateUnit.objects.bulk_create(
        GateUnit(place_code=gate.place_code, gate=gate, organisation_id=unit)
        for unit in sorted(wanted - present.keys())
    )


@dataclass(frozen=True)
class NewGateEntry:
    """What is logged at a gate. ``op_id`` is made by who records it and never used again.

    ``temperature`` in degrees Celsius; ``identity`` the number of a document; ``origin`` where
    they come from. The rest as in :class:`once.NewRecord`.
    """

    op_id: UUID
    gate_id: UUID
    direction: str
    decision: str
    at: dt.datetime | None = None
    people: int = 1
    temperature: Decimal | None = None
    plate: str = ""
    who: str = ""
    identity: str = ""
    phone: str = ""
    origin: str = ""
    note: str = ""
    corrects: UUID | None = None
    keeps: tuple[str, ...] = ()
    arrived_at: dt.datetime | None = None


@action
def record_gate_entry(*, by: Actor, entry: NewGateEntry) -> Answer:
    """Log one entry, once however often it is sent: ``applied`` or ``duplicate``.

    Raises Forbidden, OutOfScope (no such gate here), Invalid with each problem.
    """
    by.require(RECORD)
    body = once.body_of(entry)
    if repeat := once.repeated(entry.op_id, "gate_entry", body):
        return repeat
    gate = Gate.objects.filter(id=entry.gate_id).first()
    if gate is None:
        raise OutOfScope(str(entry.gate_id))
    before = once.to_correct(GateEntry, entry, gate=gate)
    entry = replace(entry, **once.kept(entry, before))
    rules, at = duty_rules(), once.moment(entry, before)
    if problems := list(_problems(entry, gate, rules, at)):
        raise Invalid(*problems)
    temperature = None if entry.temperature is None else Decimal(entry.temperature)
    row = GateEntry(
        place_code=gate.place_code,
        op_id=entry.op_id,
        corrects_id=entry.corrects,
        at=at,
        emergency_id=gate.emergency_id,
        gate=gate,
        direction=entry.direction,
        people=entry.people,
        decision=entry.decision,
        fever=temperature is not None and temperature >= rules.fever,
        temperature=None if temperature is None else f"{temperature:.1f}",
        **{name: once.trimmed(getattr(entry, name)) for name in _LONGEST},
    )
    return once.keep(by, row, "gate_entry", body)


def _problems(
    entry: NewGateEntry, gate: Gate, rules: DutyRules, at: dt.datetime
) -> Iterator[Problem]:
    yield from once.over(gate.closed_on, at, "gate", gate.name)
    yield from once.unknown(entry.decision, rules.decisions, "decision")
    if entry.direction not in GateEntry.Direction.values:
        yield Problem(
            _("Say whether they come in or go out."), field="direction", code="unknown_code"
        )
    yield from once.outside(entry.people, 1, MOST_PEOPLE, "people")
    warm = None if entry.temperature is None else float(entry.temperature)
    least, most = TEMPERATURES
    yield from once.outside(warm, float(least), float(most), "temperature")
    yield from once.too_long(entry, _LONGEST)
