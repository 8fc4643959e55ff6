"""The rules of the responsibility chain and of the five ones, read from versioned data.

Rule sets ``responsibility`` and ``five_ones`` (``data/rules.json``) say which level of the tree
needs which role, how many holders it takes, how many places one holder may have, and who closes a
gap. Nothing here is a number of its own.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from fangxian.common.codes import Level
from fangxian.common.errors import Invalid, OutOfScope, Problem
from fangxian.common.vocabulary import Named
from fangxian.core.models import RuleSet
from fangxian.core.rules import NoRule, Rule, rule


@dataclass(frozen=True)
class Post(Named):
    """What somebody is named to: ``max_per_holder`` is how many of them one holder may have."""

    holder: str
    max_per_holder: int

    @property
    def by_person(self) -> bool:
        return self.holder == "person"


@dataclass(frozen=True)
class ChainRole(Post):
    """A role of the chain at one level.

    ``minimum``/``maximum``: holders a place has; ``only`` is "unmanaged" for buildings without
    property management, else "". ``named_by``: the role whose task it is to name somebody.
    ``propose``: among whom a proposal looks, None: no proposal is made.
    """

    level: Level
    minimum: int
    maximum: int
    only: str = ""
    named_by: str = "community_staff"
    propose: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class ChainRules:
    """The rule set in force: roles by code, in the order of the data."""

    version: int
    roles: Mapping[str, ChainRole]
    max_households: int
    member_role: str
    contact_role: str
    contact_kinds: tuple[str, ...]
    contact_max_per_holder: int
    takes_over: Mapping[str, str]
    closes: tuple[str, ...]
    names: Mapping[str, Post]
    grace_days: int
    ending_days: int
    weights: Mapping[str, float]
    wishes: Mapping[str, float]

    def at(self, level: int) -> list[ChainRole]:
        """The roles of a level."""
        return [role for role in self.roles.values() if int(role.level) == level]

    @property
    def proposed(self) -> list[ChainRole]:
        """The roles for which holders can be proposed."""
        return [role for role in self.roles.values() if role.propose]

    def role(self, code: str) -> ChainRole:
        """Return a role. Raises Invalid naming the roles there are."""
        try:
            return self.roles[code]
        except KeyError:
            known = ", ".join(f"{r.name} ({r.code})" for r in self.roles.values())
            raise Invalid(
                Problem(
                    _("“%(role)s” is not a role of the chain.") % {"role": code},
                    field="role",
                    mend=_("Take one of: %(roles)s.") % {"roles": known},
                    code="unknown_role",
                )
            ) from None

    def post(self, code: str) -> Post:
        """A role of the chain, the member of ten households or the contact leader.

        Raises Invalid like :meth:`role`.
        """
        return self.names.get(code) or self.role(code)

    def code_of(self, word: str) -> str | None:
        """The code of a role by its Chinese or English name, as ledgers write it."""
        wanted = word.strip().casefold()
        for named in self.names.values():
            if wanted in (named.code, named.zh.casefold(), named.en.casefold()):
                return named.code
        return None

    def name_of(self, code: str) -> str:
        """The role's name as people say it (the code itself if the rule set has none)."""
        named = self.names.get(code)
        return named.name if named else code


def _role(row: Mapping[str, Any]) -> ChainRole:
    return ChainRole(
        code=row["code"],
        zh=row["zh"],
        en=row["en"],
        level=Level(row["level"]),
        holder=row["holder"],
        minimum=row["min"],
        maximum=row["max"],
        max_per_holder=row["max_per_holder"],
        only=row.get("only", ""),
        named_by=row["named_by"],
        propose=row.get("propose"),
    )


def _in_force(name: str, on: dt.date | None) -> Rule:
    """The version of a day; the first one for days before any: names of posts are older than it."""
    try:
        return rule(name, on=on)
    except NoRule:
        first = RuleSet.objects.filter(name=name).order_by("valid_from").first()
        if first is None:
            raise
        return rule(name, on=first.valid_from)


def chain_rules(on: dt.date | None = None) -> ChainRules:
    """The rules of the chain in force on a day (today). One cached read."""
    found = _in_force("responsibility", on)
    data = found.data
    roles = {row["code"]: _role(row) for row in data["roles"]}
    member, contact = data["member_households"], data["contact_leader"]
    names: dict[str, Post] = dict(roles)
    for row, most in ((member, member["max_households"]), (contact, contact["max_per_holder"])):
        names[row["code"]] = Post(
            code=row["code"],
            zh=row["zh"],
            en=row["en"],
            holder=row["holder"],
            max_per_holder=most,
        )
    return ChainRules(
        version=found.version,
        roles=roles,
        max_households=member["max_households"],
        member_role=member["code"],
        contact_role=contact["code"],
        contact_kinds=tuple(contact["of"]),
        contact_max_per_holder=contact["max_per_holder"],
        takes_over=data["takes_over"],
        closes=tuple(data["closes"]),
        names=names,
        grace_days=data["grace_days"],
        ending_days=data["ending_days"],
        weights=data["weights"],
        wishes=data["wishes"],
    )


@dataclass(frozen=True)
class One(Named):
    """One item of the five ones: what counts as its evidence."""

    evidence: str = ""
    role: str = ""
    kind: str = ""
    rank: str = ""


@dataclass(frozen=True)
class FiveOnes:
    """The items a place of ``level`` must have."""

    version: int
    level: Level
    items: tuple[One, ...]

    def item(self, code: str) -> One:
        """One item. Raises OutOfScope for a code that is none of them."""
        for one in self.items:
            if one.code == code:
                return one
        raise OutOfScope(f"item {code!r}")


def five_ones(on: dt.date | None = None) -> FiveOnes:
    """The five ones in force on a day (today)."""
    found = _in_force("five_ones", on)
    items = tuple(One(**row) for row in found.data["items"])
    return FiveOnes(found.version, Level(found.data["level"]), items)
