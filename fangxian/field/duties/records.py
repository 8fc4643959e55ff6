"""The data of records of duties that phones pull (written by ``duties/phones.py``)."""

from __future__ import annotations

import datetime as dt
from typing import Literal
from uuid import UUID

from pydantic import BaseModel

from fangxian.field.sync.records import Coded

Asked = Literal["plate", "temperature", "who", "identity", "phone", "origin"]


class GateKindData(Coded):
    """A kind of gate, and what is asked there."""

    asks: list[Asked]


class DecisionData(Coded):
    """``passes``: who comes is let through. ``key`` chooses it on a keyboard."""

    passes: bool = False
    key: str = ""


class FoundData(Coded):
    """What is found at a point; an ``exception`` is what somebody has to mend."""

    exception: bool = False


class AgentData(Coded):
    """An agent with its usual concentration (mg/L) and minutes of contact."""

    concentration: int
    minutes: int


class ResultData(Coded):
    """An outcome of outreach; ``done``: what was meant to be reached was."""

    done: bool = False


class OutreachKindData(Coded):
    """A kind of outreach and its outcomes."""

    outcomes: list[ResultData]


class DutyRulesData(BaseModel):
    """The codes of duties, each list in the order in which it is offered.

    ``fever``: degrees Celsius from which a temperature is one; ``keep_days``: so long a log that
    belongs to no emergency is kept.
    """

    fever: float
    keep_days: int
    gates: list[GateKindData]
    decisions: list[DecisionData]
    found: list[FoundData]
    sites: list[Coded]
    agents: list[AgentData]
    messages: list[Coded]
    outreach: list[OutreachKindData]


class GateData(BaseModel):
    """A gate, and what is asked there."""

    name: str
    kind: str
    place_code: str
    place_name: str
    asks: list[Asked]


class PointData(BaseModel):
    """A point of a round. ``token_sha256``: the SHA-256, hexadecimal, of what its QR code says, in
    capitals: the code itself is known to whoever reads it there alone. ``done``: how often it was
    passed on the walk of ``day``, by whomever; of a walk that began before ``made_at`` nothing was
    due there.
    """

    id: UUID
    name: str
    token_sha256: str
    order: int
    done: int
    day: dt.date
    made_at: dt.datetime


class RoundData(BaseModel):
    """A round with its points; walked ``times_a_day`` between ``first_at`` and ``last_at`` (hours
    and minutes).
    """

    name: str
    place_code: str
    place_name: str
    times_a_day: int
    first_at: str
    last_at: str
    points: list[PointData]


class MessageData(BaseModel):
    """What is to be said there these days, over the loudspeaker or at the door."""

    text: str
    kind: str
    place_code: str
    place_name: str
    from_date: dt.date
    to_date: dt.date | None
