"""A match of a call: worked out, tried with other weights, accepted with a second look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, Invalid, OutOfScope, Problem
from fangxian.core.actions import start_job
from fangxian.core.jobs import JobKind, kinds
from fangxian.core.models import Job
from fangxian.core.progress import Progress
from fangxian.mobilise.actions.calling import CALL, held_call
from fangxian.mobilise.actions.pledging import serve, settle_pledge, tell
from fangxian.mobilise.actions.volunteers import KEEP
from fangxian.mobilise.calls import matching
from fangxian.mobilise.calls.rules import call_rules
from fangxian.mobilise.models import Call, Match, Placement, Pledge
from fangxian.mobilise.models.call import MOST_WANTED

ACCEPT_JOB: Final = "mobilise.accept_match"
# Placements that are written while a page is waited for; more by a job.
AT_ONCE: Final = 500
MOST_WEIGHT: Final = 100
MOST_BANS: Final = 2_000


@dataclass(frozen=True)
class WhatIf:
    """What a match is worked out by: weights of the method, heads of lines, pairs that are out."""

    weights: Mapping[str, float] = field(default_factory=dict)
    most_km: float | None = None
    heads: Mapping[str, int] = field(default_factory=dict)
    bans: Sequence[tuple[str, str]] = ()


@action
def ask_match(
    *, by: Actor, call: Call, what_if: WhatIf | None = None, base: Match | None = None
) -> Match:
    """Work a match out, at once where it is small, else by a job; ``base`` is compared with.

    Raises Conflict (the call is no longer open), Invalid (weights, heads that make no sense).
    """
    found = held_call(by, call, Call.State.SENT, Call.State.CLOSED)
    asked, rules = what_if or WhatIf(), call_rules()
    lines = {str(one.id): one for one in found.lines.all()}
    problems = [
        Problem(_("A weight is a number from 0 to %(n)d.") % {"n": MOST_WEIGHT}, field=name)
        for name, value in asked.weights.items()
        if name not in rules.weights or not 0 <= value <= MOST_WEIGHT
    ]
    for key, heads in asked.heads.items():
        line = lines.get(key)
        if line is None:
            raise OutOfScope(key)
        if not max(1, line.placed) <= heads <= MOST_WANTED:
            problems.append(
                Problem(
                    _("%(line)s: between %(least)d and %(most)d.")
                    % {"line": line, "least": max(1, line.placed), "most": MOST_WANTED},
                    field=f"heads-{key}",
                )
            )
        elif heads < sum(line.skills.values()):
            problems.append(
                Problem(
                    _("More people with a skill are wanted than people at all."),
                    field=f"heads-{key}",
                )
            )
    bans = sorted({(pledge, line) for pledge, line in asked.bans if line in lines})
    if len(bans) > MOST_BANS:
        problems.append(Problem(_("At most %(n)d can be excluded.") % {"n": MOST_BANS}))
    if problems:
        raise Invalid(*problems)
    last = Match.objects.filter(call=found).aggregate(n=Max("number"))["n"] or 0
    row = Match(
        place_code=found.place_code,
        call=found,
        number=last + 1,
        base=base if base is not None and base.call_id == found.id else None,
        weights={**rules.weights, **asked.weights},
        most_km=rules.most_km if asked.most_km is None else asked.most_km,
        heads={key: n for key, n in asked.heads.items() if n != lines[key].heads},
        bans=[list(pair) for pair in bans],
        made_by=by.name,
    )
    row.save(force_insert=True)
    of = matching.ground(found)
    if of.large:
        start_job(by=by, kind=matching.JOB, args={"match": str(row.id)}, place_code=row.place_code)
    else:
        matching.keep(row, matching.solved(of, row), of.digest)
    return row


@action
def accept_match(*, by: Actor, match: Match, seen: str) -> int:
    """Accept a match as it was ``seen`` (``matching.digest_of``): all of it, or nothing.

    People serve at their places from then on and are told. Returns how many are placed. Raises
    Conflict (looked at otherwise; pledges or lines have changed since it was worked out).
    """
    by.require(KEEP, match.place_code)
    call = held_call(by, match.call, Call.State.SENT, Call.State.CLOSED)
    found = Match.objects.select_for_update(of=("self",)).filter(id=match.id).first()
    if found is None:
        raise OutOfScope(str(match.id))
    result = found.result
    if result is None or found.state != Match.State.PROPOSED or matching.digest_of(found) != seen:
        raise Conflict(_("The proposal is no longer what you have seen: look at it again."))
    of = matching.ground(call, hold=True)
    if of.digest != found.ground:
        raise Conflict(
            _("Pledges or lines have changed since it was worked out: work it out again.")
        )
    lines = {str(one.id): one for one in of.lines}
    for key, heads in found.heads.items():
        lines[key].heads = heads
        lines[key].save(update_fields=["heads"])
    keys = {row[0] for row in result["placed"]}
    pledges = {
        str(one.id): one
        for one in Pledge.objects.select_related("volunteer", "organisation").filter(id__in=keys)
    }
    now = timezone.now()
    made = []
    for pledge, line, heads, _metres, _wished in result["placed"]:
        whose = pledges[pledge]
        lines[line].call = call
        made.append(
            Placement(
                place_code=whose.place_code,
                pledge=whose,
                line=lines[line],
                heads=heads,
                source=Placement.Source.MATCH,
                state=Placement.State.CONFIRMED,
                decided_by=by.name,
                decided_at=now,
            )
        )
    serve(by, made)
    Placement.objects.bulk_create(made, batch_size=1_000)
    people = [one.pledge_id for one in made if one.pledge.volunteer_id is not None]
    Pledge.objects.filter(id__in=people).update(state=Pledge.State.PLACED)
    for whose in {one.pledge for one in made if one.pledge.volunteer_id is None}:
        settle_pledge(whose)
    found.state, found.accepted_by, found.accepted_at = Match.State.ACCEPTED, by.name, now
    found.save(update_fields=["state", "accepted_by", "accepted_at"])
    tell(by, made, "mobilise.matched")
    return sum(one.heads for one in made)


@action
def accept_later(*, by: Actor, match: Match, seen: str) -> Job:
    """Let a job accept a match that is too large for a page. Raises Conflict."""
    by.require(KEEP, match.place_code)
    held_call(by, match.call, Call.State.SENT, Call.State.CLOSED)
    if match.state != Match.State.PROPOSED or matching.digest_of(match) != seen:
        raise Conflict(_("The proposal is no longer what you have seen: look at it again."))
    args = {"match": str(match.id), "seen": seen}
    return start_job(by=by, kind=ACCEPT_JOB, args=args, place_code=match.place_code)


def accept_by_job(progress: Progress, *, match: str, seen: str) -> None:
    """The job of a large acceptance: one transaction, as by hand."""
    with progress.chunk() as by:
        row = Match.objects.select_related("call").filter(id=match).first()
        if row is None:
            raise OutOfScope(match)
        if row.state != Match.State.ACCEPTED:
            accept_match(by=by, match=row, seen=seen)
    progress.step(1, 1)
    progress.result_url = matching.address(row)


def register() -> None:
    """Register the job (from ``ready()``)."""
    label = gettext_lazy("Placing people")
    kinds.register(ACCEPT_JOB, JobKind(ACCEPT_JOB, label, CALL, accept_by_job))
