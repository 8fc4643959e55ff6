"""What phones push and pull of duties: gates, rounds, messages; what was done at them.

Phones get no entry of anybody else's gate log, and nothing that was logged: only what is set up.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from django.utils import timezone
from django.utils.translation import gettext_lazy
from pydantic import Field

from fangxian.common.actor import Actor
from fangxian.common.codes import is_code
from fangxian.common.vocabulary import in_all_languages
from fangxian.core.queries import emergencies_at
from fangxian.core.rules import rule
from fangxian.field.actions.disinfections import NewDisinfection, record_disinfection
from fangxian.field.actions.gates import RECORD, NewGateEntry, record_gate_entry
from fangxian.field.actions.outreach import NewOutreach, record_outreach
from fangxian.field.actions.rounds import NewRoundCheck, record_round_check
from fangxian.field.actions.visits import Answer
from fangxian.field.duties import queries, said
from fangxian.field.duties.rules import NAME, duty_rules
from fangxian.field.sync.entities import (
    Entity,
    Operation,
    Outcome,
    Reach,
    Record,
    Result,
    Source,
    register,
    register_source,
)
from fangxian.field.sync.pushed import Patch, read_patch
from fangxian.regions.models import Region
from fangxian.regions.queries import at_on, current, names, path

# One record for all phones; its id says what it is.
RULES = uuid5(NAMESPACE_URL, "fangxian:field:duty_rules")


class GateEntryPatch(Patch):
    """What is asked at a gate. ``temperature`` in degrees Celsius."""

    gate_id: UUID
    direction: str = Field(max_length=3)
    decision: str = Field(max_length=40)
    people: int = 1
    temperature: Decimal | None = None
    plate: str = ""
    who: str = ""
    identity: str = ""
    phone: str = ""
    origin: str = ""
    note: str = ""
    corrects: UUID | None = None


class RoundCheckPatch(Patch):
    """A point by its id, its token if its QR was read; where the phone was (WGS 84)."""

    point_id: UUID
    found: str = Field(max_length=40)
    token: str = ""
    note: str = ""
    longitude: float | None = None
    latitude: float | None = None
    corrects: UUID | None = None


class DisinfectionPatch(Patch):
    """``concentration`` in mg/L, ``minutes`` of contact, ``area`` in square metres."""

    place_code: str = Field(max_length=20)
    site: str = Field(max_length=40)
    agent: str = Field(max_length=40)
    concentration: int
    minutes: int
    area: int | None = None
    operator: str = ""
    note: str = ""
    corrects: UUID | None = None


class OutreachPatch(Patch):
    """``message_id``: what was said, if it was one of the messages; ``people``: how many heard."""

    place_code: str = Field(max_length=20)
    kind: str = Field(max_length=40)
    outcome: str = Field(max_length=40)
    people: int = 0
    message_id: UUID | None = None
    note: str = ""
    corrects: UUID | None = None


def _outcome(answer: Answer) -> Outcome:
    return Outcome(Result.APPLIED if answer.result == "applied" else Result.DUPLICATE)


def _gate_entry(by: Actor, operation: Operation) -> Outcome:
    patch = read_patch(GateEntryPatch, operation.patch).model_dump()
    entry = NewGateEntry(op_id=operation.op_id, at=operation.captured_at, **patch)
    return _outcome(record_gate_entry(by=by, entry=entry))


def _round_check(by: Actor, operation: Operation) -> Outcome:
    patch = read_patch(RoundCheckPatch, operation.patch).model_dump()
    check = NewRoundCheck(op_id=operation.op_id, at=operation.captured_at, **patch)
    return _outcome(record_round_check(by=by, check=check))


def _disinfection(by: Actor, operation: Operation) -> Outcome:
    patch = _placed(read_patch(DisinfectionPatch, operation.patch).model_dump(), operation)
    new = NewDisinfection(op_id=operation.op_id, at=operation.captured_at, **patch)
    return _outcome(record_disinfection(by=by, disinfection=new))


def _outreach(by: Actor, operation: Operation) -> Outcome:
    patch = _placed(read_patch(OutreachPatch, operation.patch).model_dump(), operation)
    new = NewOutreach(op_id=operation.op_id, at=operation.captured_at, **patch)
    return _outcome(record_outreach(by=by, outreach=new))


def _id_in(name: str) -> Callable[[Operation], UUID | None]:
    def read(operation: Operation) -> UUID | None:
        try:
            return UUID(str(operation.patch.get(name)))
        except ValueError:
            return None

    return read


def _meant(operation: Operation) -> Region | None:
    """The place that had the named code when it was recorded: since, a redraw may have given it
    another, and the code to another place. One query where there was none."""
    code, day = str(operation.patch.get("place_code")), timezone.localdate(operation.captured_at)
    if not is_code(code):
        return None
    # The former code of the day of a redraw was good until then.
    return at_on(code, day) or at_on(code, day - dt.timedelta(days=1)) or _named(code)


def _named(code: str) -> Region | None:
    return current().filter(code=code).first()


def _code_now(operation: Operation) -> str:
    """The code of the place that is meant, or of the one above it that is left."""
    place = _meant(operation)
    if place is None:
        return str(operation.patch.get("place_code"))[:20]
    left = path(place.code) if place.valid_to else [place]
    return str(left[-1].code) if left else str(place.code)


def _placed(patch: dict[str, Any], operation: Operation) -> dict[str, Any]:
    return patch | {"place_code": _code_now(operation)}


def _place_in(operation: Operation) -> UUID | None:
    """The id of the place that is meant."""
    place = _meant(operation)
    return place.id if place else None


def _emergency_at(operation: Operation) -> UUID | None:
    return emergencies_at(_code_now(operation)).values_list("id", flat=True).first()


def register_entities() -> None:
    """Register what phones push of duties (from ``ready()``)."""
    register(
        Entity(
            name="gate_entry",
            label=gettext_lazy("Gate entry"),
            right=RECORD,
            apply=_gate_entry,
            object_of=_id_in("gate_id"),
            places="gate",
            say=said.say_gate_entry,
        )
    )
    register(
        Entity(
            name="round_check",
            label=gettext_lazy("Check of a point"),
            right=RECORD,
            apply=_round_check,
            object_of=_id_in("point_id"),
            places="point",
            say=said.say_round_check,
        )
    )
    register(
        Entity(
            name="disinfection",
            label=gettext_lazy("Disinfection"),
            right=RECORD,
            apply=_disinfection,
            object_of=_place_in,
            emergency=_emergency_at,
            places="place",
            say=said.say_disinfection,
        )
    )
    register(
        Entity(
            name="outreach",
            label=gettext_lazy("Outreach"),
            right=RECORD,
            apply=_outreach,
            object_of=_place_in,
            emergency=_emergency_at,
            places="place",
            say=said.say_outreach,
        )
    )


def _rules(_reach: Reach) -> Iterator[Record]:
    """The codes with their names in all languages; a phone shows them in its own."""
    yield Record(RULES, in_all_languages(rule(NAME).data))


def _gates(reach: Reach) -> Iterator[Record]:
    gates = list(queries.gates_at(reach.place))
    labels = names({gate.place_code for gate in gates})
    asks = {code: kind.asks for code, kind in duty_rules().gates.items()} if gates else {}
    for gate in gates:
        yield Record(
            gate.id,
            {
                "name": gate.name,
                "kind": gate.kind,
                "place_code": gate.place_code,
                "place_name": labels.get(gate.place_code, ""),
                "asks": list(asks.get(gate.kind, ())),
            },
        )


def _rounds(reach: Reach) -> Iterator[Record]:
    rounds = list(queries.rounds_at(reach.place))
    labels = names({one.place_code for one in rounds})
    states = queries.states_of(rounds)
    for one in rounds:
        yield Record(
            one.id,
            {
                "name": one.name,
                "place_code": one.place_code,
                "place_name": labels.get(one.place_code, ""),
                "times_a_day": one.times,
                "first_at": one.first_at.isoformat("minutes"),
                "last_at": one.last_at.isoformat("minutes"),
                "points": [_point(state) for state in states[one.id]],
            },
        )


def _point(state: queries.PointState) -> dict[str, Any]:
    """A point; ``done`` is how often it was passed on the walk of ``day``, by whomever."""
    return {
        "id": state.point.id,
        "name": state.point.name,
        "token": state.point.token,
        "order": state.point.position,
        "done": state.done,
        "day": timezone.localdate(state.walk.begins),
    }


def _messages(reach: Reach) -> Iterator[Record]:
    messages = list(queries.messages_for(reach.place, reach.today))
    labels = names({message.place_code for message in messages})
    for message in messages:
        yield Record(
            message.id,
            {
                "text": message.text,
                "kind": message.kind,
                "place_code": message.place_code,
                "place_name": labels.get(message.place_code, ""),
                "from_date": message.from_date,
                "to_date": message.to_date,
            },
        )


def register_sources() -> None:
    """Register what phones pull of duties (from ``ready()``)."""
    for at, source in enumerate(
        (
            Source("duty_rules", _rules, RECORD, wide=True),
            Source("gate", _gates, RECORD, wide=True),
            Source("round", _rounds, RECORD, wide=True),
            Source("message", _messages, RECORD, wide=True),
        )
    ):
        register_source(source, order=30 + at)
