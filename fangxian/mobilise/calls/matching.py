"""What a match of a call is made of, the job that works it out, and how proposals compare."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from django.db.models import Sum
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from fangxian.common.errors import OutOfScope
from fangxian.core.jobs import JobKind, kinds
from fangxian.core.progress import Progress
from fangxian.mobilise.calls.queries import placed_elsewhere, skills_there
from fangxian.mobilise.models import Call, CallLine, Match, Placement, Pledge, Volunteer
from fangxian.mobilise.queries import skills_of
from fangxian.mobilise.seats import remaining
from fangxian.organisations.models import Organisation
from fangxian.organisations.proposing import position_at, positions_of
from fangxian.regions.queries import at
from fangxian.register.models import Residency

JOB: Final = "mobilise.match"
RIGHT: Final = "mobilise.calls"
# Pairs of a head and a line; more are worked out by a job, not while a page is asked for.
AT_ONCE: Final = 100_000
# For each echelon; a proposal that is not certain by then says so.
MOST_SECONDS: Final = 120.0

WHY_LEFT: Final = {
    "full": _("every place within reach is taken"),
    "no_skill": _("what is open asks for a skill that is not recorded"),
    "too_far": _("every place is too far"),
    "banned": _("excluded from what is open"),
    "at_limit": _("excluded from what is open"),
    "unfit": _("recorded as not fit for duty"),
    "gone": _("discharged"),
    "echelon": _("the echelon is not called yet"),
    "elsewhere": _("has a place of another call on these days"),
}
WHY_SHORT: Final = {
    "nobody_free": _("who could come is placed elsewhere"),
    "no_skill": _("nobody who pledged has the skill"),
    "too_far": _("nobody near enough"),
    "nobody": _("nobody has pledged who is not placed"),
}


@dataclass(frozen=True)
class Ground:
    """What a match is made of. ``out``: pledges that are left out, by the reason why.

    ``skills`` are those of volunteers, ``there`` those of the heads that are placed at each line.
    """

    call: Call
    lines: list[CallLine]
    pledges: list[dict[str, Any]]
    placed: Mapping[UUID, int]
    skills: Mapping[UUID, set[str]]
    there: Mapping[UUID, list[list[str]]]
    out: dict[str, str] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """All of it that a proposal rests on, as one text."""
        said: Any = [
            [
                [str(one.id), one.heads, one.placed, one.skills, self.there[one.id]]
                for one in self.lines
            ],
            [
                [
                    str(one["id"]),
                    one["heads"] - self.placed.get(one["id"], 0),
                    one["wishes"],
                    one["volunteer__echelon"],
                    sorted(self.skills.get(one["volunteer_id"], ())),
                    self.out.get(str(one["id"]), ""),
                ]
                for one in self.pledges
            ],
        ]
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()

    @property
    def large(self) -> bool:
        """Tell whether it takes too long for a page: then a job works it out."""
        return bool(len(self.lines) * sum(one["heads"] for one in self.pledges) > AT_ONCE)


_COLUMNS: Final = (
    "id",
    "heads",
    "wishes",
    "organisation_id",
    "volunteer_id",
    "volunteer__person_id",
    "volunteer__place_code",
    "volunteer__echelon",
    "volunteer__fit",
    "volunteer__to_date",
)


def ground(call: Call, *, hold: bool = False) -> Ground:
    """Gather lines and pledges that have no place yet; ``hold`` locks both. Some six queries.

    Who has pledged for several calls is placed in one of them on the same days: with ``hold`` the
    volunteers are locked too. Ids and codes alone: nobody's name is read.
    """
    lines = CallLine.objects.filter(call=call).order_by("number")
    pledges = Pledge.objects.filter(call=call, state=Pledge.State.PLEDGED).order_by("id")
    if hold:
        list(lines.select_for_update(of=("self",)).order_by("id").values_list("id"))
        # By their rows alone: a call of a city has more people than there is room for other locks.
        people = Volunteer.objects.filter(id__in=pledges.values("volunteer_id")).order_by("id")
        list(people.select_for_update(of=("self",)).values_list("id"))
        list(pledges.select_for_update(of=("self",)).values_list("id"))
    rows = list(pledges.values(*_COLUMNS))
    has = Placement.objects.filter(pledge__in=pledges, state__in=["asked", "confirmed"])
    placed = dict(has.order_by().values_list("pledge_id").annotate(Sum("heads")))
    volunteers = [one["volunteer_id"] for one in rows if one["volunteer_id"]]
    busy = set(placed_elsewhere(pledges).values_list("id", flat=True))
    out: dict[str, str] = {}
    for one in rows:
        if one["volunteer_id"] is None:
            continue
        if one["volunteer__to_date"] is not None:
            out[str(one["id"])] = "gone"
        elif one["volunteer__fit"] is False:
            out[str(one["id"])] = "unfit"
        elif one["volunteer__echelon"] > call.echelon:
            out[str(one["id"])] = "echelon"
        elif one["id"] in busy:
            out[str(one["id"])] = "elsewhere"
    wanted = list(lines.select_related("place"))
    there = {line: sorted(has) for line, has in skills_there([one.id for one in wanted]).items()}
    return Ground(call, wanted, rows, placed, skills_of(volunteers, call.ends_on), there, out)


def solved(
    of: Ground, match: Match, step: Any = None, where: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Match pledges and lines as ``match`` says. Ids and figures only, to be kept.

    ``where``: what :func:`positions` gave, when that was read before.
    """
    # With the solver: loaded when somebody asks for a proposal.
    from fangxian.mobilise.calls.solve import Ready, Wanted, matched

    where = positions(of) if where is None else where
    heads: Mapping[str, int] = match.heads
    bans: defaultdict[str, set[str]] = defaultdict(set)
    for pledge, line in match.bans:
        bans[pledge].add(line)
    wanted = [
        Wanted(
            str(one.id),
            max(0, heads.get(str(one.id), one.heads) - one.placed),
            remaining(heads.get(str(one.id), one.heads), one.skills, of.there[one.id]),
            where.get(str(one.id)),
        )
        for one in of.lines
    ]
    ready = [
        Ready(
            key,
            one["heads"] - of.placed.get(one["id"], 0),
            frozenset(of.skills.get(one["volunteer_id"], ())),
            where.get(key),
            tuple(one["wishes"]),
            frozenset(bans[key]),
            one["volunteer__echelon"] or 1,
        )
        for one in of.pledges
        if (key := str(one["id"])) not in of.out
    ]
    whole = of.call.counts == Call.Counts.UNITS
    found = matched(
        wanted, ready, match.weights,
        most_km=match.most_km, whole=whole, seconds=MOST_SECONDS, step=step,
    )  # fmt: skip
    left = [*found.left, *((key, 1, why, {}) for key, why in of.out.items())]
    return {
        "placed": found.placed,
        "left": left,
        "short": found.short,
        "cost": {name: round(points, 3) for name, points in found.cost.items()},
        "wanted": sum(one.heads for one in wanted),
        "complete": found.complete,
    }


def positions(of: Ground) -> dict[str, tuple[float, float] | None]:
    """Where lines and pledges lie, by id: the mean of the buildings of the place, or of the home.

    A unit is where its seat is; a volunteer where he lives, else where he serves. Some six queries.
    """
    people = [one["volunteer__person_id"] for one in of.pledges if one["volunteer_id"]]
    units = [one["organisation_id"] for one in of.pledges if not one["volunteer_id"]]
    living = Residency.objects.filter(person_id__in=people, to_date=None).order_by("from_date")
    homes = dict(living.values_list("person_id", "place_code"))
    seats = dict(Organisation.objects.filter(id__in=units).values_list("id", "seat__code"))
    codes = {str(one.id): one.place.code for one in of.lines}
    for one in of.pledges:
        if one["volunteer_id"]:
            serves = one["volunteer__place_code"]
            codes[str(one["id"])] = homes.get(one["volunteer__person_id"], serves)
        else:
            codes[str(one["id"])] = seats.get(one["organisation_id"], "")
    known = positions_of(at(of.call.place_code), [code for code in codes.values() if code])
    return {key: position_at(known, code) for key, code in codes.items()}


def work_out(progress: Progress, *, match: str) -> None:
    """The job of a large match: kept with the match, whose page shows it."""
    with progress.chunk():
        row = Match.objects.select_related("call").filter(id=match).first()
        if row is None:
            raise OutOfScope(match)
        of = ground(row.call)
        where = positions(of)

    def step(done: int, total: int) -> None:
        progress.step(done, total)
        progress.check()

    # Nothing is held while it is worked out: what changes meanwhile is found out by the digest.
    found = solved(of, row, step, where)
    with progress.chunk():
        keep(row, found, of.digest)
    progress.result_url = address(row)


def address(match: Match) -> str:
    """Where a proposal is shown."""
    return reverse("mobilise:match", args=[match.id])


def keep(match: Match, found: Mapping[str, Any], digest: str) -> None:
    """Write what was worked out."""
    match.result, match.ground, match.state = dict(found), digest, Match.State.PROPOSED
    match.save(update_fields=["result", "ground", "state"])


def digest_of(match: Match) -> str:
    """A proposal as it was looked at: what it was made of, what by, and what came out."""
    said = [match.ground, match.weights, match.most_km, match.heads, match.bans, match.result]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class Figures:
    """What a proposal comes to, to be compared with others. Distances are in kilometres."""

    placed: int
    left: int
    missing: int
    kilometres: float
    mean: float | None
    wished: int
    cost: float
    moved: int | None = None


def figures(match: Match) -> Figures | None:
    """The figures of a proposal, None while it is worked out."""
    result = match.result
    if result is None:
        return None
    known = [(heads, far) for _p, _l, heads, far, _w in result["placed"] if far is not None]
    metres, near = sum(n * far for n, far in known), sum(n for n, _far in known)
    return Figures(
        placed=sum(row[2] for row in result["placed"]),
        left=sum(row[1] for row in result["left"]),
        missing=sum(row[1] for row in result["short"]),
        kilometres=metres / 1000,
        mean=metres / near / 1000 if near else None,
        wished=sum(row[2] for row in result["placed"] if row[4]),
        cost=sum(result["cost"].values()),
        moved=moved(match.base, match) if match.base is not None else None,
    )


def moved(before: Match, after: Match) -> int:
    """How many heads go elsewhere, or nowhere, or somewhere, that did not before."""
    old, new = _where(before.result), _where(after.result)
    gone: Counter[str] = Counter()
    come: Counter[str] = Counter()
    for (pledge, _line), heads in (old - new).items():
        gone[pledge] += heads
    for (pledge, _line), heads in (new - old).items():
        come[pledge] += heads
    return (gone | come).total()


def _where(result: Mapping[str, Any] | None) -> Counter[tuple[str, str]]:
    rows = result["placed"] if result else []
    return Counter({(row[0], row[1]): row[2] for row in rows})


def register() -> None:
    """Register the job (from ``ready()``)."""
    kinds.register(JOB, JobKind(JOB, _("Matching people and places"), RIGHT, work_out))
