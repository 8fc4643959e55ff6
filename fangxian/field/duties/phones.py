"""What phones push and pull of duties: gates, rounds, messages; what was done at them.

Phones get no entry of anybody else's gate log, and nothing that was logged: only what is set up.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, Final, TypeVar
from uuid import NAMESPACE_URL, UUID, uuid5

from django.db import models
from django.db.models import QuerySet
from django.db.models.functions import Length
from django.utils import timezone
from django.utils.translation import gettext_lazy
from pydantic import Field

from fangxian.common.actor import Actor
from fangxian.common.codes import is_code
from fangxian.common.vocabulary import in_all_languages
from fangxian.core.queries import emergencies_ever, prevailing
from fangxian.core.rules import rule
from fangxian.field.actions import once
from fangxian.field.actions.disinfections import NewDisinfection, record_disinfection
from fangxian.field.actions.gates import RECORD, NewGateEntry, record_gate_entry
from fangxian.field.actions.outreach import NewOutreach, record_outreach
from fangxian.field.actions.rounds import NewRoundCheck, record_round_check
from fangxian.field.actions.visits import Answer
from fangxian.field.duties import posts, queries, said
from fangxian.field.duties.records import DutyRulesData, GateData, MessageData, RoundData
from fangxian.field.duties.rules import NAME, duty_rules
from fangxian.field.models import Gate, Round
from fangxian.field.sync.entities import (
    Entity,
    Located,
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

M = TypeVar("M", bound=models.Model)
# Of a wider area than a grid nobody staffs more; a round has up to 200 points.
MOST_GATES: Final = 200
MOST_ROUNDS: Final = 50
# One record for all phones; its id says what it is.
RULES = uuid5(NAMESPACE_URL, "fangxian:field:duty_rules")


class DutyPatch(Patch):
    """``corrects``: the number of a record that was mistaken; what is not sent stays as it says."""

    corrects: UUID | None = None


class GateEntryPatch(DutyPatch):
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


class RoundCheckPatch(DutyPatch):
    """A point by its id, its token if its QR was read; where the phone was (WGS 84)."""

    point_id: UUID
    found: str = Field(max_length=40)
    token: str = ""
    note: str = ""
    longitude: float | None = None
    latitude: float | None = None


class DisinfectionPatch(DutyPatch):
    """``concentration`` in mg/L, ``minutes`` of contact, ``area`` in square metres."""

    place_code: str = Field(max_length=20)
    site: str = Field(max_length=40)
    agent: str = Field(max_length=40)
    concentration: int
    minutes: int
    area: int | None = None
    operator: str = ""
    note: str = ""


class OutreachPatch(DutyPatch):
    """``message_id``: what was said, if it was one of the messages; ``people``: how many heard."""

    place_code: str = Field(max_length=20)
    kind: str = Field(max_length=40)
    outcome: str = Field(max_length=40)
    people: int = 0
    message_id: UUID | None = None
    note: str = ""


def _outcome(answer: Answer) -> Outcome:
    return Outcome(Result.APPLIED if answer.result == "applied" else Result.DUPLICATE)


def _read(shape: type[DutyPatch], kind: type, operation: Operation) -> dict[str, Any]:
    """The patch, when it was made and came; a correction keeps what was not sent with it."""
    patch = read_patch(shape, operation.patch)
    return {
        **patch.model_dump(),
        "at": operation.captured_at,
        "arrived_at": operation.arrived_at,
        "keeps": once.unsaid(kind, patch.model_fields_set) if patch.corrects else (),
    }


def _gate_entry(by: Actor, operation: Operation) -> Outcome:
    entry = NewGateEntry(op_id=operation.op_id, **_read(GateEntryPatch, NewGateEntry, operation))
    return _outcome(record_gate_entry(by=by, entry=entry))


def _round_check(by: Actor, operation: Operation) -> Outcome:
    check = NewRoundCheck(op_id=operation.op_id, **_read(RoundCheckPatch, NewRoundCheck, operation))
    return _outcome(record_round_check(by=by, check=check))


def _disinfection(by: Actor, operation: Operation) -> Outcome:
    patch = _read(DisinfectionPatch, NewDisinfection, operation) | {
        "place_code": _code_now(operation)
    }
    new = NewDisinfection(op_id=operation.op_id, **patch)
    return _outcome(record_disinfection(by=by, disinfection=new))


def _outreach(by: Actor, operation: Operation) -> Outcome:
    patch = _read(OutreachPatch, NewOutreach, operation) | {"place_code": _code_now(operation)}
    new = NewOutreach(op_id=operation.op_id, **patch)
    return _outcome(record_outreach(by=by, outreach=new))


def _meant(code: str, day: dt.date) -> Region | None:
    """The place that had a code on the day it was named: since, a redraw may have given it another,
    and the code to another place. One query where there was none."""
    if not is_code(code):
        return None
    # The former code of the day of a redraw was good until then.
    return at_on(code, day) or at_on(code, day - dt.timedelta(days=1)) or _named(code)


def _named(code: str) -> Region | None:
    return current().filter(code=code).first()


def _left(place: Region) -> str:
    """The code of a place, or of the one above it that is left."""
    left = path(place.code) if place.valid_to else [place]
    return str(left[-1].code) if left else str(place.code)


def _said(operation: Operation) -> tuple[str, dt.date]:
    """The code of the place as it was named, and the day."""
    return str(operation.patch.get("place_code")), timezone.localdate(operation.captured_at)


def _code_now(operation: Operation) -> str:
    code, day = _said(operation)
    place = _meant(code, day)
    return _left(place) if place else code[:20]


def _locate(operations: Sequence[Operation]) -> dict[UUID, Located]:
    """The places that are meant, and the emergencies there then. Each code of a day is asked for
    once: an officer names the same few places all day."""
    meant = {said: _meant(*said) for said in {_said(one) for one in operations}}
    now = {said: _left(place) for said, place in meant.items() if place}
    known = {code: list(emergencies_ever(code)) for code in set(now.values())}
    found: dict[UUID, Located] = {}
    for one in operations:
        place = meant[said := _said(one)]
        then = prevailing(known[now[said]], one.captured_at) if place else None
        found[one.op_id] = Located(place.id if place else None, then.id if then else None)
    return found


def register_entities() -> None:
    """Register what phones push of duties (from ``ready()``)."""
    register(
        Entity(
            name="gate_entry",
            label=gettext_lazy("Gate entry"),
            right=RECORD,
            apply=_gate_entry,
            patch=GateEntryPatch,
            object_of=lambda operation: operation.id_in("gate_id"),
            places="gate",
            beyond=posts.at_gates,
            say=said.say_gate_entry,
        )
    )
    register(
        Entity(
            name="round_check",
            label=gettext_lazy("Check of a point"),
            right=RECORD,
            apply=_round_check,
            patch=RoundCheckPatch,
            object_of=lambda operation: operation.id_in("point_id"),
            places="point",
            beyond=posts.above_grids,
            say=said.say_round_check,
        )
    )
    register(
        Entity(
            name="disinfection",
            label=gettext_lazy("Disinfection"),
            right=RECORD,
            apply=_disinfection,
            patch=DisinfectionPatch,
            places="place",
            locate=_locate,
            say=said.say_disinfection,
        )
    )
    register(
        Entity(
            name="outreach",
            label=gettext_lazy("Outreach"),
            right=RECORD,
            apply=_outreach,
            patch=OutreachPatch,
            places="place",
            locate=_locate,
            say=said.say_outreach,
        )
    )


def _rules(_reach: Reach) -> Iterator[Record]:
    """The codes with their names in all languages; a phone shows them in its own."""
    yield Record(RULES, in_all_languages(rule(NAME).data))


def _set_up(rows: QuerySet[M], reach: Reach, most: int) -> list[M]:
    """Of what is set up now, what concerns the reach: at most so many, the widest place first."""
    if reach.only:
        here = rows.filter(id__in=reach.only)
    elif reach.beyond:
        here = rows.filter(place_code=reach.place)
    else:
        here = queries.inside(rows, reach.place)
    return list(here.order_by(Length("place_code"), "place_code", "name", "id")[:most])


def _gates(reach: Reach) -> Iterator[Record]:
    gates = _set_up(Gate.objects.filter(closed_on=None), reach, MOST_GATES)
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
    rounds = _set_up(Round.objects.filter(ended_on=None), reach, MOST_ROUNDS)
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
    """A point; ``done`` is how often it was passed on the walk of ``day``, by whomever.

    The phone knows what its code says when it reads it, and no sooner: that shows who was there.
    Of a walk that began before ``made_at`` nothing was due there.
    """
    return {
        "id": state.point.id,
        "name": state.point.name,
        "token_sha256": hashlib.sha256(state.point.token.encode()).hexdigest(),
        "order": state.point.position,
        "done": state.done,
        "day": timezone.localdate(state.walk.begins),
        "made_at": state.made_at,
    }


def _messages(reach: Reach) -> Iterator[Record]:
    messages = list(queries.messages_for(reach.place, reach.today, reach.until))
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
            Source("duty_rules", _rules, DutyRulesData, RECORD, wide=True),
            Source("gate", _gates, GateData, RECORD, wide=True, beyond=True),
            Source("round", _rounds, RoundData, RECORD, wide=True, beyond=True),
            Source("message", _messages, MessageData, RECORD, wide=True),
        )
    ):
        register_source(source, order=30 + at)
