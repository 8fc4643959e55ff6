"""What was done on duty at a place on a day, as figures: for pages, panels and facts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, Sum

from fangxian.field.duties import queries
from fangxian.field.duties.rules import duty_rules


@dataclass(frozen=True)
class Gates:
    """``entries`` of gates with ``people`` in them; how many were let through, how many had fever.

    ``stopped``: entries of those who were not let through, turned back or handed over.
    """

    entries: int
    people: int
    stopped: int
    fevers: int


@dataclass(frozen=True)
class Told:
    """Outreach of one kind: how often, how many ``people``, how often it reached what it meant."""

    times: int = 0
    people: int = 0
    done: int = 0


def gates(code: str, day: dt.date) -> Gates:
    """What passed the gates of a place on a day. One query."""
    passing = [one.code for one in duty_rules().decisions.values() if one.passes]
    found = queries.entries_at(code, day).aggregate(
        entries=Count("id"),
        people=Sum("people", default=0),
        stopped=Count("id", filter=~Q(decision__in=passing)),
        fevers=Count("id", filter=Q(fever=True)),
    )
    return Gates(**found)


def checks(code: str, day: dt.date) -> tuple[int, int]:
    """How often points were passed on a day, and how often something was found. One query."""
    found = queries.checks_at(code, day).aggregate(
        n=Count("id"), exceptions=Count("id", filter=Q(exception=True))
    )
    return int(found["n"]), int(found["exceptions"])


def disinfections(code: str, day: dt.date) -> int:
    """How often something was disinfected on a day. One query."""
    return int(queries.disinfections_at(code, day).count())


def outreach(code: str, day: dt.date) -> Mapping[str, Told]:
    """What was told, talked over, answered, dispersed on a day, by kind. One query."""
    rows = queries.outreach_at(code, day).values("kind").order_by("kind")
    counted = rows.annotate(
        times=Count("id"), people=Sum("people", default=0), done=Count("id", filter=Q(done=True))
    )
    return {row["kind"]: Told(row["times"], row["people"], row["done"]) for row in counted}


@dataclass(frozen=True)
class Figures:
    """All of a place and day. ``missed``: points missed by now of each round that has some, the
    most first.
    """

    gates: Gates
    gates_open: int
    checks: int
    exceptions: int
    rounds: int
    missed: Mapping[UUID, int]
    disinfections: int
    outreach: Mapping[str, Told] = field(default_factory=dict)

    def behind(self, most: int) -> list[dict[str, Any]]:
        """The first rounds with points missed, each with how many. One query, none if none is."""
        rounds = queries.worst(self.missed, most) if self.missed else []
        return [{"round": one, "missed": self.missed[one.id]} for one in rounds]

    @property
    def people_told(self) -> int:
        """People who were reached in whatever way."""
        return sum(one.people for one in self.outreach.values())

    @property
    def anything(self) -> bool:
        """Whether something is set up or was done."""
        set_up = self.gates_open or self.rounds
        return bool(set_up or self.gates.entries or self.disinfections or self.outreach)


def figures(code: str, day: dt.date) -> Figures:
    """The figures of a place on a day; what is missed is that of now. Nine queries."""
    passed, exceptions = checks(code, day)
    return Figures(
        gates=gates(code, day),
        gates_open=queries.gates_at(code).count(),
        checks=passed,
        exceptions=exceptions,
        rounds=queries.rounds_at(code).count(),
        missed=queries.missed_at(code),
        disinfections=disinfections(code, day),
        outreach=outreach(code, day),
    )
