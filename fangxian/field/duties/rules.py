"""The codes of duty records (gates, agents, kinds), read from the rule set ``field_duties``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.utils.translation import gettext as _

from fangxian.common.vocabulary import Named
from fangxian.core import shapes
from fangxian.core.rules import Rule, rule

NAME: Final = "field_duties"
# What a gate may ask of who passes: columns of its entries.
ASKED: Final = ("plate", "temperature", "who", "identity", "phone", "origin")
# Where a temperature lies that somebody has, in degrees Celsius.
TEMPERATURES: Final = (Decimal(30), Decimal(45))
MOST_CONCENTRATION: Final = 1_000_000
MOST_MINUTES: Final = 24 * 60
# Kept longer, a log of who passed where is a track of people's lives.
MOST_DAYS: Final = 180

_NAMES = {"zh": shapes.text, "en": shapes.text}
_CODED = {"code": shapes.code(), **_NAMES}


def _codes(
    needed: Mapping[str, shapes.Shape] | None = None,
    optional: Mapping[str, shapes.Shape] | None = None,
) -> shapes.Shape:
    each = shapes.record({**_CODED, **(needed or {})}, optional)
    return shapes.rows(each, unique="code", least=1)


SHAPE = shapes.record(
    {
        "fever": shapes.number(*map(float, TEMPERATURES)),
        "keep_days": shapes.number(1, MOST_DAYS, whole=True),
        "gates": _codes({"asks": shapes.rows(shapes.one_of(ASKED))}),
        "decisions": _codes(optional={"key": shapes.text, "passes": shapes.flag}),
        "found": _codes(optional={"exception": shapes.flag}),
        "sites": _codes(),
        "agents": _codes(
            {
                "concentration": shapes.number(1, MOST_CONCENTRATION, whole=True),
                "minutes": shapes.number(1, MOST_MINUTES, whole=True),
            }
        ),
        "messages": _codes(),
        "outreach": _codes({"outcomes": _codes(optional={"done": shapes.flag})}),
    }
)


def check(data: Any) -> None:
    """Raise Invalid for data that is none of this rule set."""
    shapes.check(SHAPE, data)
    shapes.refuse(_unfit(data))


def _unfit(data: Mapping[str, Any]) -> shapes.Mistakes:
    if not any(row.get("passes") for row in data["decisions"]):
        yield "decisions", _("One decision at least has to let people through.")
    if all(row.get("exception") for row in data["found"]):
        yield "found", _("One at least has to say that all is in order.")


@dataclass(frozen=True)
class GateKind(Named):
    """``asks``: what is asked there, columns of the entries; nothing else is shown."""

    asks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Decision(Named):
    """``passes``: who comes is let through. ``key``: the keyboard's key."""

    passes: bool = False
    key: str = ""


@dataclass(frozen=True)
class Found(Named):
    """What is found at a point; an ``exception`` is what somebody has to mend."""

    exception: bool = False


@dataclass(frozen=True)
class Agent(Named):
    """An agent with its usual ``concentration`` (mg/L) and ``minutes`` of contact."""

    concentration: int = 1
    minutes: int = 1


@dataclass(frozen=True)
class Result(Named):
    """An outcome of outreach; ``done``: what was meant to be reached was."""

    done: bool = False


@dataclass(frozen=True)
class OutreachKind(Named):
    """A kind of outreach and its outcomes by code."""

    outcomes: Mapping[str, Result]


@dataclass(frozen=True)
class DutyRules:
    """One version of the rule set; each mapping is by code. ``fever`` in degrees Celsius.

    ``keep_days``: so long it is kept who passed a gate that belongs to no emergency.
    """

    version: int
    fever: Decimal
    keep_days: int
    gates: Mapping[str, GateKind]
    decisions: Mapping[str, Decision]
    found: Mapping[str, Found]
    sites: Mapping[str, Named]
    agents: Mapping[str, Agent]
    messages: Mapping[str, Named]
    outreach: Mapping[str, OutreachKind]


def label(known: Mapping[str, Named], code: str) -> str:
    """The name of a code in the reader's language; the code itself once the rules have no such."""
    named = known.get(code)
    return named.name if named is not None else code


def _read(found: Rule) -> DutyRules:
    data: Mapping[str, Any] = found.data

    def by_code(name: str, kind: Any) -> dict[str, Any]:
        return {row["code"]: kind(**row) for row in data[name]}

    return DutyRules(
        version=found.version,
        fever=Decimal(str(data["fever"])),
        keep_days=data["keep_days"],
        gates={
            row["code"]: GateKind(**{**row, "asks": tuple(row["asks"])}) for row in data["gates"]
        },
        decisions=by_code("decisions", Decision),
        found=by_code("found", Found),
        sites=by_code("sites", Named),
        agents=by_code("agents", Agent),
        messages=by_code("messages", Named),
        outreach={
            row["code"]: OutreachKind(
                code=row["code"],
                zh=row["zh"],
                en=row["en"],
                outcomes={one["code"]: Result(**one) for one in row["outcomes"]},
            )
            for row in data["outreach"]
        },
    )


def duty_rules() -> DutyRules:
    """The rules in force today. One query a transaction."""
    return _read(rule(NAME))
