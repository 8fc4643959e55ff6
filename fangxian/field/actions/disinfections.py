"""Disinfections: what was disinfected where, with what, by whom."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import Invalid, Problem
from fangxian.field.actions import once
from fangxian.field.actions.gates import RECORD
from fangxian.field.actions.visits import Answer
from fangxian.field.duties.rules import MOST_CONCENTRATION, MOST_MINUTES, DutyRules, duty_rules
from fangxian.field.models import Disinfection
from fangxian.regions.queries import at as place_at

MOST_AREA: Final = 10_000_000


@dataclass(frozen=True)
class NewDisinfection:
    """A disinfection: ``concentration`` in mg/L, ``minutes`` of contact, ``area`` in m².

    ``operator``: who did it, if not who records it. The rest as in :class:`once.NewRecord`.
    """

    op_id: UUID
    place_code: str
    site: str
    agent: str
    concentration: int
    minutes: int
    at: dt.datetime | None = None
    area: int | None = None
    operator: str = ""
    note: str = ""
    corrects: UUID | None = None
    keeps: tuple[str, ...] = ()
    arrived_at: dt.datetime | None = None


@action
def record_disinfection(*, by: Actor, disinfection: NewDisinfection) -> Answer:
    """Record one, once however often it is sent: ``applied`` or ``duplicate``.

    Sealed with the key of the emergency in force there then, if there was one. Raises Forbidden,
    OutOfScope (no such place here), Invalid with each problem.
    """
    by.require(RECORD)
    body = once.body_of(disinfection)
    if repeat := once.repeated(disinfection.op_id, "disinfection", body):
        return repeat
    place = place_at(disinfection.place_code, by=by)
    before = once.to_correct(Disinfection, disinfection, place_code=place.code)
    disinfection = replace(disinfection, **once.kept(disinfection, before))
    if problems := list(_problems(disinfection, duty_rules())):
        raise Invalid(*problems)
    at = once.moment(disinfection, before)
    row = Disinfection(
        place_code=place.code,
        op_id=disinfection.op_id,
        corrects_id=disinfection.corrects,
        at=at,
        emergency_id=before.emergency_id if before else once.emergency_then(place.code, at),
        site=disinfection.site,
        agent=disinfection.agent,
        concentration=disinfection.concentration,
        minutes=disinfection.minutes,
        area=disinfection.area,
        operator=once.trimmed(disinfection.operator),
        note=once.trimmed(disinfection.note),
    )
    return once.keep(by, row, "disinfection", body)


def _problems(new: NewDisinfection, rules: DutyRules) -> Iterator[Problem]:
    yield from once.unknown(new.site, rules.sites, "site")
    yield from once.unknown(new.agent, rules.agents, "agent")
    yield from once.outside(new.concentration, 1, MOST_CONCENTRATION, "concentration")
    yield from once.outside(new.minutes, 1, MOST_MINUTES, "minutes")
    yield from once.outside(new.area, 1, MOST_AREA, "area")
    yield from once.too_long(new, {"operator": 60, "note": 500})
