"""Where somebody can be proposed for a post: places, households (1+10) and establishments.

Each is a :class:`Node`, whatever it is; :func:`held` says what candidates have of the same kind.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q
from django.urls import reverse

from fangxian.organisations.models import Responsibility, ResponsibilityHousehold
from fangxian.organisations.queries import breaches, contacts_of, links_on
from fangxian.organisations.rules import ChainRole, ChainRules, Post
from fangxian.regions.models import Region
from fangxian.regions.queries import called
from fangxian.register.models import Household
from fangxian.register.queries import establishments_in, households_in

Held = dict[UUID, frozenset[UUID]]


@dataclass(frozen=True, slots=True)
class Node:
    """What lacks ``missing`` holders of a post, where it lies (``code``), and how it is called.

    ``url``: where somebody is named for it by hand, "" where that is done from the holder's side.
    """

    id: UUID
    code: str
    name: str
    missing: int = 1
    url: str = ""


def wanting(area: Region, post: Post, rules: ChainRules, day: dt.date) -> list[Node]:
    """What lacks holders of a post in an area, in the order of the codes. Some two queries."""
    if isinstance(post, ChainRole):
        return [
            Node(
                one.place_id,
                one.place_code,
                one.place_name,
                post.minimum - one.found,
                f"{reverse('organisations:appoint', args=[one.place_code])}?role={post.code}",
            )
            for one in breaches(area.code, roles=[post], on=day)
            if one.vacant
        ]
    return _households(area, day) if post.code == rules.member_role else _bodies(area, rules, day)


def _households(area: Region, day: dt.date) -> list[Node]:
    """Doors behind which somebody lives and that no member looks after."""
    homes = list(
        households_in(area.code)
        .exclude(state=Household.State.EMPTY)
        .exclude(id__in=links_on(day).values("household_id"))
    )
    where = called({home.place_code for home in homes})
    return [Node(home.id, home.place_code, f"{where[home.place_code]} {home}") for home in homes]


def _bodies(area: Region, rules: ChainRules, day: dt.date) -> list[Node]:
    """Establishments of the rule's kinds without a contact leader."""
    found = establishments_in(area.code, day).filter(kind__in=rules.contact_kinds)
    led = contacts_of(found.order_by().values("id"), day).values("establishment_id")
    return [
        Node(
            body.id,
            body.place_code,
            body.name,
            url=reverse("organisations:contact_leader", args=[body.id]),
        )
        for body in found.exclude(id__in=led.order_by())
    ]


def held(post: Post, rules: ChainRules, holders: Sequence[UUID], day: dt.date) -> tuple[Held, Held]:
    """The nodes that holders have of a post now, and those that they had before. One query."""
    rows: Iterable[tuple[UUID, UUID, dt.date, dt.date | None]]
    if post.code == rules.member_role:
        links = ResponsibilityHousehold.objects.filter(responsibility__role=post.code)
        rows = links.filter(responsibility__person__in=holders).values_list(
            "responsibility__person_id", "household_id", "from_date", "to_date"
        )
    else:
        column = "person_id" if post.by_person else "organisation_id"
        node = "place_id" if isinstance(post, ChainRole) else "establishment_id"
        own = Q(role=post.code, substitute_for=None, **{f"{column}__in": list(holders)})
        rows = Responsibility.objects.filter(own).values_list(column, node, "from_date", "to_date")
    now: dict[UUID, set[UUID]] = defaultdict(set)
    before: dict[UUID, set[UUID]] = defaultdict(set)
    for holder, node_id, first, last in rows:
        present = first <= day and (last is None or last >= day)
        (now if present else before)[holder].add(node_id)
    return (
        {holder: frozenset(nodes) for holder, nodes in now.items()},
        {holder: frozenset(nodes) for holder, nodes in before.items()},
    )
