"""Kinds of alliances, roles in them and what pairs give each other, read from versioned data.

Rule set ``together`` (``data/together_rules.json``). ``linked_role`` is the role of the chain that
a pairing of a unit and a place of ``linked_level`` is.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fangxian.common.vocabulary import Named
from fangxian.core import shapes
from fangxian.organisations.rules import chain_rules, in_force

TOGETHER = "together"

_NAMED = shapes.record({"code": shapes.code(), "zh": shapes.text, "en": shapes.text})
_ROWS = shapes.rows(_NAMED, unique="code", least=1)
SHAPE = shapes.record(
    {
        "alliances": _ROWS,
        "roles": _ROWS,
        "entries": _ROWS,
        "linked_role": shapes.code(),
        "linked_level": shapes.level,
    }
)


def check(data: Any) -> None:
    """Raise Invalid for data that is no such rule set, or names a role that no organisation has."""
    shapes.check(SHAPE, data)
    posts = [role.code for role in chain_rules().roles.values() if not role.by_person]
    shapes.refuse(shapes.one_of(posts)(data["linked_role"], "linked_role"))


@dataclass(frozen=True)
class TogetherRules:
    """The rule set in force."""

    version: int
    alliances: Mapping[str, Named]
    roles: Mapping[str, Named]
    entries: Mapping[str, Named]
    linked_role: str
    linked_level: int


def together_rules(on: dt.date | None = None) -> TogetherRules:
    """The rules in force on a day (today). One cached read."""
    found = in_force(TOGETHER, on)
    data = found.data

    def named(part: str) -> dict[str, Named]:
        return {row["code"]: Named(**row) for row in data[part]}

    return TogetherRules(
        version=found.version,
        alliances=named("alliances"),
        roles=named("roles"),
        entries=named("entries"),
        linked_role=data["linked_role"],
        linked_level=data["linked_level"],
    )


def name_in(named: Mapping[str, Named], code: str) -> str:
    """The name of a code, the code itself where the rules know it no more."""
    return named[code].name if code in named else code
