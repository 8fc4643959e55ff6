"""The rules of the responsibility chain and of the five ones, read from versioned data.

Rule sets ``responsibility``, ``duties`` and ``five_ones`` (``data/rules.json``) say which level of
the tree needs which role, how many holders it takes, how many places one holder may have, who
closes a gap, who has to live where he answers and which role his account needs. Nothing here is a
number of its own.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from fangxian.common.codes import Level
from fangxian.common.errors import Invalid, OutOfScope, Problem
from fangxian.common.vocabulary import Named
from fangxian.core import shapes
from fangxian.core.escalation import role_codes
from fangxian.core.models import RuleSet
from fangxian.core.rules import NoRule, Rule, rule

CHAIN = "responsibility"
FIVE_ONES = "five_ones"
DUTIES = "duties"

_NAMED = {"code": shapes.code(), "zh": shapes.text, "en": shapes.text}
_COUNT = shapes.number(1, 10_000, whole=True)
_DAYS = shapes.number(0, 366, whole=True)
_AGE = shapes.number(0, 150, whole=True)
_WEIGHT = shapes.number(0, 1000)
_KINDS = shapes.rows(shapes.text, least=1)
_PROPOSED = shapes.record(
    {
        "from": shapes.one_of(["members", "neighbours", "organisations", "residents"]),
        "within": shapes.level,
    },
    {
        "rank": shapes.text,
        "kinds": _KINDS,
        "most_km": shapes.number(0.1, 10_000),
        "min_age": _AGE,
        "max_age": _AGE,
        "party": shapes.flag,
    },
)
CHAIN_SHAPE = shapes.record(
    {
        "roles": shapes.rows(
            shapes.record(
                {
                    **_NAMED,
                    "level": shapes.level,
                    "holder": shapes.one_of(["person", "organisation"]),
                    "min": shapes.number(0, 1000, whole=True),
                    "max": shapes.number(1, 1000, whole=True),
                    "max_per_holder": _COUNT,
                    "named_by": shapes.one_of(role_codes),
                },
                {"only": shapes.one_of(["unmanaged"]), "propose": _PROPOSED},
            ),
            unique="code",
            least=1,
        ),
        "member_households": shapes.record(
            {**_NAMED, "holder": shapes.one_of(["person"]), "max_households": _COUNT},
            {"propose": _PROPOSED},
        ),
        "contact_leader": shapes.record(
            {
                **_NAMED,
                "holder": shapes.one_of(["person"]),
                "of": _KINDS,
                "max_per_holder": _COUNT,
            },
            {"named_by": shapes.one_of(role_codes), "propose": _PROPOSED},
        ),
        "takes_over": shapes.table(shapes.text, shapes.text),
        "grace_days": _DAYS,
        "ending_days": _DAYS,
        "weights": shapes.record(
            {
                "distance_weight": _WEIGHT,
                "wish_weight": _WEIGHT,
                "load_weight": _WEIGHT,
                "unknown_distance_m": shapes.number(0, 1_000_000),
            }
        ),
        "wishes": shapes.record(
            {"lives_there": _WEIGHT, "served_there": _WEIGHT, "party_member": _WEIGHT},
            {"stated": _WEIGHT},
        ),
        "closes": shapes.rows(shapes.text, least=1),
    }
)
_ITEM = shapes.record(
    {
        **_NAMED,
        "evidence": shapes.one_of(["responsibility", "organisation", "member", "file"]),
    },
    {"role": shapes.text, "kind": shapes.text, "rank": shapes.text},
)
FIVE_ONES_SHAPE = shapes.record(
    {"level": shapes.level, "items": shapes.rows(_ITEM, unique="code", least=1)},
    {"asked": shapes.one_of(role_codes), "grace_days": _DAYS},
)


DUTIES_SHAPE = shapes.record(
    {
        "residence": shapes.table(shapes.code(), shapes.level),
        "accounts": shapes.table(shapes.code(), shapes.one_of(role_codes)),
        "notice_days": _DAYS,
        "asked": shapes.record(
            {"account": shapes.one_of(role_codes), "role": shapes.one_of(role_codes)}
        ),
    }
)


def check_duties(data: Any) -> None:
    """Raise Invalid for data that says nothing of duties, or names a post that there is not."""
    shapes.check(DUTIES_SHAPE, data)
    posts = shapes.one_of([p.code for p in chain_rules().names.values() if p.by_person])
    shapes.refuse(
        mistake
        for part in ("residence", "accounts")
        for code in data[part]
        for mistake in posts(code, f"{part}.{code}")
    )


def check_chain(data: Any) -> None:
    """Raise Invalid for data that is no rule set of the chain."""
    shapes.check(CHAIN_SHAPE, data)
    shapes.refuse(_unfit(data))


def _unfit(data: Mapping[str, Any]) -> shapes.Mistakes:
    """What the parts of a well-shaped chain say against each other."""
    roles = [row["code"] for row in data["roles"]]
    for at, row in enumerate(data["roles"]):
        where = f"roles[{at}]"
        if row["min"] > row["max"]:
            yield f"{where}.max", _("This is less than “min”.")
    needs = {"residents": ["min_age", "max_age"], "organisations": ["kinds"]}
    posts = {f"roles[{at}]": row for at, row in enumerate(data["roles"])}
    posts |= {name: data[name] for name in ("member_households", "contact_leader")}
    for where, row in posts.items():
        propose = row.get("propose", {})
        for name in needs.get(propose.get("from", ""), []):
            if name not in propose:
                yield f"{where}.propose.{name}", _("This is missing.")
    known = shapes.one_of(roles)
    for at, role in enumerate(data["closes"]):
        yield from known(role, f"closes[{at}]")
    for keeper, unit in data["takes_over"].items():
        yield from known(keeper, f"takes_over.{keeper}")
        yield from known(unit, f"takes_over.{keeper}")


def check_five_ones(data: Any) -> None:
    """Raise Invalid for data that is no rule set of the five ones."""
    shapes.check(FIVE_ONES_SHAPE, data)
    shapes.refuse(_without_means(data))


def _without_means(data: Mapping[str, Any]) -> shapes.Mistakes:
    if "asked" in data and "grace_days" not in data:
        yield "grace_days", _("This is missing.")
    needs = {"responsibility": ["role", "rank"], "member": ["rank"]}
    for at, row in enumerate(data["items"]):
        for name in needs.get(row["evidence"], []):
            if name not in row:
                yield f"items[{at}].{name}", _("This is missing.")


@dataclass(frozen=True)
class Post(Named):
    """What somebody is named to: ``max_per_holder`` is how many of them one holder may have.

    ``propose``: among whom a proposal looks, None: no proposal is made.
    """

    holder: str
    max_per_holder: int
    propose: Mapping[str, Any] | None = field(default=None, kw_only=True)

    @property
    def by_person(self) -> bool:
        return self.holder == "person"


@dataclass(frozen=True)
class ChainRole(Post):
    """A role of the chain at one level.

    ``minimum``/``maximum``: holders a place has; ``only`` is "unmanaged" for buildings without
    property management, else "". ``named_by``: the role whose task it is to name somebody.
    """

    level: Level
    minimum: int
    maximum: int
    only: str = ""
    named_by: str = "community_staff"


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
    contact_named_by: str
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

    def proposed(self, level: int) -> list[Post]:
        """The posts for which holders can be proposed at a place of a level: for it or below it."""
        return [
            post
            for post in self.names.values()
            if post.propose
            and int(post.propose["within"]) <= level
            and (not isinstance(post, ChainRole) or level <= int(post.level))
        ]

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


def in_force(name: str, on: dt.date | None) -> Rule:
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
    found = in_force(CHAIN, on)
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
            propose=row.get("propose"),
        )
    return ChainRules(
        version=found.version,
        roles=roles,
        max_households=member["max_households"],
        member_role=member["code"],
        contact_role=contact["code"],
        contact_kinds=tuple(contact["of"]),
        contact_max_per_holder=contact["max_per_holder"],
        # Versions that don't say who names them ask nobody.
        contact_named_by=contact.get("named_by", ""),
        takes_over=data["takes_over"],
        closes=tuple(data["closes"]),
        names=names,
        grace_days=data["grace_days"],
        ending_days=data["ending_days"],
        weights=data["weights"],
        # Versions from before wishes could be stated: nothing weighs more than one.
        wishes={"stated": 1.0, **data["wishes"]},
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
    """The items a place of ``level`` must have.

    ``asked``: the role whose task it is to see to what is missing within ``grace_days``, ""
    (versions that don't say): nobody's.
    """

    version: int
    level: Level
    items: tuple[One, ...]
    asked: str = ""
    grace_days: int = 0

    def item(self, code: str) -> One:
        """One item. Raises OutOfScope for a code that is none of them."""
        for one in self.items:
            if one.code == code:
                return one
        raise OutOfScope(f"item {code!r}")


def five_ones(on: dt.date | None = None) -> FiveOnes:
    """The five ones in force on a day (today)."""
    found = in_force(FIVE_ONES, on)
    items = tuple(One(**row) for row in found.data["items"])
    return FiveOnes(
        found.version,
        Level(found.data["level"]),
        items,
        asked=found.data.get("asked", ""),
        grace_days=found.data.get("grace_days", 0),
    )


@dataclass(frozen=True)
class Duties:
    """What posts ask of who holds them.

    ``residence``: within the place of which level above the post its holder lives, by post; he
    loses the post when he moves out of it. ``accounts``: which role his account needs there.
    ``notice_days``: how long before a role runs out another is asked for. ``account_by``,
    ``role_by``: roles of those who make accounts and who give roles.
    """

    version: int
    residence: Mapping[str, int]
    accounts: Mapping[str, str]
    notice_days: int
    account_by: str
    role_by: str


def duties(on: dt.date | None = None) -> Duties:
    """What posts ask of who holds them, on a day (today). One cached read."""
    found = in_force(DUTIES, on)
    data = found.data
    return Duties(
        version=found.version,
        residence=data["residence"],
        accounts=data["accounts"],
        notice_days=data["notice_days"],
        account_by=data["asked"]["account"],
        role_by=data["asked"]["role"],
    )
