"""Who could take what is vacant in a place: candidates by the rules, with their reasons."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db import connection
from django.db.models import Avg, Q, QuerySet
from django.db.models.functions import Left
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from fangxian.common import access, codes
from fangxian.common.codes import Level
from fangxian.common.days import years_before
from fangxian.common.errors import Invalid, Problem
from fangxian.core.jobs import JobKind, kinds
from fangxian.core.progress import Progress
from fangxian.organisations.models import Member, Organisation
from fangxian.organisations.rules import ChainRules, Post, chain_rules
from fangxian.organisations.wanting import Node, held, wanting
from fangxian.organisations.wishes import standing, wishes_of_residents
from fangxian.regions.models import Region
from fangxian.regions.queries import at
from fangxian.register.models import Residency
from fangxian.register.queries import door_order

MOST_SEATS = 1_000
MOST_CANDIDATES = 20_000
# Pairs of a vacancy and a candidate; more are worked out by a job, not while a page is asked for.
AT_ONCE = 100_000
JOB = "organisations.propose"

SHORTFALLS = (
    gettext_noop("nothing within {metres} m"),
    gettext_noop("nothing else matches: {skills}"),
    gettext_noop("everybody within reach has as many as allowed: {count}"),
)


@dataclass(frozen=True)
class Proposal:
    """One line: somebody for one node, and why."""

    place: Node
    key: str
    name: str
    detail: str
    distance_m: float | None
    wish: float
    load: int
    reasons: tuple[str, ...]

    @property
    def value(self) -> str:
        """What the form sends back."""
        return f"{self.place.id}={self.key}"


@dataclass(frozen=True)
class Outcome:
    """The proposals for what is vacant in a place, and what has none."""

    lines: list[Proposal]
    short: list[tuple[Node, str]]
    candidates: int


@dataclass(frozen=True, slots=True)
class _Candidate:
    key: str
    holder: UUID
    name: str
    detail: str
    home: str
    party: bool = False
    wishes: tuple[str, ...] = ()

    def wishes_for(self, code: str) -> bool:
        """Tell whether a place is, or lies in, one where the candidate said to wish to serve."""
        return code.startswith(self.wishes) if self.wishes else False


@dataclass(frozen=True)
class Ground:
    """What a proposal is made of: what lacks holders in an area, and who could be one."""

    area: Region
    role: Post
    rules: ChainRules
    day: dt.date
    vacant: dict[UUID, Node]
    candidates: list[_Candidate]

    @property
    def large(self) -> bool:
        """Tell whether it takes too long for a page: then a job works it out."""
        return len(self.vacant) * len(self.candidates) > AT_ONCE


def ground(area: Region, role: Post, on: dt.date | None = None) -> Ground:
    """Gather what is vacant and candidates. Some five queries.

    Raises Invalid when the role is not proposed for, or the area is too wide for one table.
    """
    day = on or timezone.localdate()
    rules = chain_rules(day)
    if not role.propose or area.level < int(role.propose["within"]):
        raise Invalid(
            Problem(
                _("No proposal can be made for this role here."),
                field="role",
                mend=_("Open a smaller place, or name somebody yourself."),
                code="too_wide",
            )
        )
    vacant = {node.id: node for node in wanting(area, role, rules, day)}
    if len(vacant) > MOST_SEATS:
        raise Invalid(
            Problem(
                _("%(count)d places at once are too many to look through.")
                % {"count": len(vacant)},
                field="role",
                mend=_("Open a smaller place."),
                code="too_many",
            )
        )
    candidates = list(_candidates(area, role, day))[:MOST_CANDIDATES] if vacant else []
    return Ground(area, role, rules, day, vacant, candidates)


def solved(of: Ground) -> dict[str, Any]:
    """Match vacancies and candidates. Ids and figures only, so that a job may keep it."""
    # With the solver: loaded when somebody asks for a proposal.
    from fangxian.organisations.solve import Available, Seat, matched

    if not of.vacant or not of.candidates:
        return {"matches": [], "shorts": []}
    nodes = list(of.vacant.values())
    positions = positions_of(
        of.area, [node.code for node in nodes], [c.home for c in of.candidates if c.home]
    )
    seats = [Seat(str(node.id), node.missing, position_at(positions, node.code)) for node in nodes]
    has, served = held(of.role, of.rules, [c.holder for c in of.candidates], of.day)
    available = [
        Available(
            c.key,
            of.role.max_per_holder,
            frozenset(map(str, has.get(c.holder, ()))),
            position_at(positions, c.home),
            _wishes(of.rules, c, nodes, served.get(c.holder, frozenset())),
        )
        for c in of.candidates
    ]
    most_km = (of.role.propose or {}).get("most_km")
    matches, shorts = matched(seats, available, of.rules.weights, most_km=most_km)
    before = {c.key: served.get(c.holder, frozenset()) for c in of.candidates}
    return {
        "matches": [asdict(m) | {"served": UUID(m.seat) in before[m.available]} for m in matches],
        "shorts": [asdict(s) for s in shorts],
    }


def shown(of: Ground, found: Mapping[str, Any]) -> Outcome:
    """The lines of what was solved; what was filled or left since then is left out."""
    if not of.vacant or not of.candidates:
        why = _("Nobody fits the rule of this role here.")
        return Outcome([], [(node, why) for node in of.vacant.values()], len(of.candidates))
    by_key = {c.key: c for c in of.candidates}
    matches = [
        m for m in found["matches"] if UUID(m["seat"]) in of.vacant and m["available"] in by_key
    ]
    lines = [_line(of, by_key[m["available"]], m) for m in matches]
    access.note(*(by_key[m["available"]].holder for m in matches if of.role.by_person))
    order = {node: at for at, node in enumerate(of.vacant)}
    return Outcome(
        sorted(lines, key=lambda line: (order[line.place.id], line.name)),
        [
            (of.vacant[UUID(s["seat"])], _(s["template"]).format(**s["values"]))
            for s in found["shorts"]
            if UUID(s["seat"]) in of.vacant
        ],
        len(of.candidates),
    )


def work_out(progress: Progress, *, place: str, role: str) -> None:
    """The job of a large proposal: kept with the job, read by the page of proposals."""
    with progress.chunk() as by:
        of = ground(at(place, by=by), chain_rules().post(role))
        progress.step(0, len(of.vacant))
        progress.state["solved"] = solved(of)
        progress.step(len(of.vacant))
        query = urlencode({"role": role, "job": progress.job_id})
        progress.result_url = f"{reverse('organisations:propose', args=[place])}?{query}"


def register() -> None:
    """Register the job (from ``ready()``)."""
    label = gettext_lazy("Working out proposals")
    kinds.register(JOB, JobKind(JOB, label, "organisations.appoint", work_out))


def _line(of: Ground, one: _Candidate, match: Mapping[str, Any]) -> Proposal:
    place = of.vacant[UUID(match["seat"])]
    distance, load = match["distance_m"], match["load"]
    reasons = []
    if one.wishes_for(place.code):
        reasons.append(_("wishes to serve here"))
    if one.home.startswith(place.code):
        reasons.append(_("lives there"))
    elif match.get("served"):
        reasons.append(_("answered for it before"))
    if one.party:
        reasons.append(_("party member"))
    if distance is None:
        reasons.append(_("position unknown"))
    if load:
        reasons.append(_("has %(count)d already") % {"count": load})
    return Proposal(
        place, one.key, one.name, one.detail, distance, match["wish"], load, tuple(reasons)
    )


def _wishes(
    rules: ChainRules, one: _Candidate, vacant: Sequence[Node], served: frozenset[UUID]
) -> dict[str, float]:
    """Strengths by place: said so, lives there, answered for it before; the party a little."""
    base = rules.wishes["party_member"] if one.party else 0.0
    found: dict[str, float] = {}
    for node in vacant:
        wish = base
        if one.wishes_for(node.code):
            wish += rules.wishes["stated"]
        if one.home.startswith(node.code):
            wish += rules.wishes["lives_there"]
        elif node.id in served:
            wish += rules.wishes["served_there"]
        if wish:
            found[str(node.id)] = min(1.0, wish)
    return found


def _candidates(area: Region, role: Post, day: dt.date) -> Iterable[_Candidate]:
    propose = role.propose or {}
    source = {
        "residents": _residents,
        "members": _members,
        "neighbours": _neighbours,
        "organisations": _organisations,
    }
    yield from source[propose["from"]](area, propose, day)


def _residents(area: Region, propose: Any, day: dt.date) -> Iterable[_Candidate]:
    """Adults who live in the area and are at home, by the ages of the rule."""
    lo, hi = codes.bounds(area.code)
    born_by = years_before(day, int(propose["min_age"]))
    born_after = years_before(day, int(propose["max_age"]) + 1)
    rows = (
        Residency.objects.filter(place_code__gte=lo, place_code__lt=hi, to_date=None)
        .filter(away_since=None, person__deceased_on=None, person__merged_into=None)
        .filter(person__birth_date__lte=born_by, person__birth_date__gt=born_after)
        .order_by("place_code", *door_order("household"), "id")
        .values_list("person_id", "person__name", "place_code", "household__room")
    )
    found = list(rows[:MOST_CANDIDATES])
    party = party_members({row[0] for row in found})
    wishes = wishes_of_residents({row[0] for row in found})
    seen: set[UUID] = set()
    for person, name, code, room in found:
        if person not in seen:
            seen.add(person)
            yield _Candidate(
                f"person:{person}", person, name, room, code, person in party, wishes[person]
            )


def party_members(residents: set[UUID]) -> set[UUID]:
    """Those of the residents in scope who are members of the party, wherever their organisation is.

    A database function tells it of who lives in the actor's area, and nothing else: not which
    organisation, not where.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT organisations_party(%s::uuid[])", [list(residents)])
        return {person for (person,) in cursor.fetchall()}


def _members(area: Region, propose: Any, day: dt.date) -> Iterable[_Candidate]:
    """Members whose organisation sits in the area, where they live."""
    lo, hi = codes.bounds(area.code)
    return _of(Member.objects.filter(place_code__gte=lo, place_code__lt=hi), propose)


def _neighbours(area: Region, propose: Any, day: dt.date) -> Iterable[_Candidate]:
    """Members of whatever organisation who live in the area's community and are at home."""
    lo, hi = codes.bounds(area.code[: int(Level.VILLAGE)])
    homes = Residency.objects.filter(place_code__gte=lo, place_code__lt=hi, to_date=None)
    lives = homes.filter(away_since=None).values("person_id")
    return _of(Member.objects.filter(person_id__in=lives), propose)


def _of(found: QuerySet[Member], propose: Any) -> Iterable[_Candidate]:
    """Those of the members who are alive, and of the rule's rank and party."""
    found = found.filter(to_date=None, person__deceased_on=None, person__merged_into=None)
    if rank := propose.get("rank"):
        found = found.filter(rank__contains=rank)
    if propose.get("party"):
        found = found.filter(party_member=True)
    rows = list(
        found.order_by("place_code", "id").values_list(
            "id",
            "person_id",
            "person__name",
            "organisation__name",
            "place_code",
            "party_member",
            "wish_id",
        )[:MOST_CANDIDATES]
    )
    homes = dict(
        Residency.objects.filter(person_id__in=[row[1] for row in rows], to_date=None)
        .order_by("from_date")
        .values_list("person_id", "place_code")
    )
    wished = standing({row[6] for row in rows if row[6] is not None})
    wishes: dict[UUID, tuple[str, ...]] = defaultdict(tuple)
    for row in rows:
        if row[6] in wished:
            wishes[row[1]] += (wished[row[6]].code,)
    seen: set[UUID] = set()
    for member, person, name, body, seat, party, _wish in rows:
        if person not in seen:
            seen.add(person)
            home = homes.get(person, seat)
            yield _Candidate(f"member:{member}", person, name, body, home, party, wishes[person])


def _organisations(area: Region, propose: Any, day: dt.date) -> Iterable[_Candidate]:
    """Organisations of the rule's kinds with their seat in the area."""
    lo, hi = codes.bounds(area.code)
    rows = (
        Organisation.objects.filter(dissolved_on=None, kind_id__in=propose.get("kinds", ()))
        .filter(seat__code__gte=lo, seat__code__lt=hi)
        .select_related("kind", "seat")
        .order_by("seat__code", "name")
    )
    for row in rows[:MOST_CANDIDATES]:
        yield _Candidate(f"organisation:{row.id}", row.id, row.name, str(row.kind), row.seat.code)


Positions = dict[str, tuple[float, float]]


def positions_of(area: Region, *groups: Sequence[str]) -> Positions:
    """Positions by code: the mean of the buildings in each place that is asked for."""
    lo, hi = codes.bounds(area.code[: int(Level.COUNTY)])
    wanted = {code for group in groups for code in group}
    buildings = Region.objects.filter(
        level=int(Level.BUILDING), valid_to=None, code__gte=lo, code__lt=hi
    ).exclude(Q(longitude=None) | Q(latitude=None))
    found: Positions = {}
    for size in sorted({min(len(code), int(Level.BUILDING)) for code in wanted}):
        rows = (
            buildings.annotate(at=Left("code", size))
            .filter(at__in=[code[:size] for code in wanted if len(code) >= size])
            .values_list("at")
            .annotate(Avg("longitude"), Avg("latitude"))
        )
        found.update({at: (lon, lat) for at, lon, lat in rows})
    return found


def position_at(positions: Positions, code: str) -> tuple[float, float] | None:
    """The position of a place: its own, else that of the nearest place above that has one."""
    for near in codes.walk_up(code) if code else ():
        if near in positions:
            return positions[near]
        if len(near) <= int(Level.VILLAGE):
            break
    return None
