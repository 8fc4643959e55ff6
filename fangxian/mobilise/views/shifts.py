"""The roster of a place, and one shift: who is on it, who waits, who came."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import F, Sum
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.accounts.policy import SignedRequest, page
from fangxian.accounts.queries import display_names
from fangxian.common.errors import OutOfScope
from fangxian.common.ui.changes import refused
from fangxian.common.ui.pages import saving
from fangxian.common.ui.problems import tried
from fangxian.mobilise import actions, fatigue, lacking, queries, seats
from fangxian.mobilise.actions.posts import PLAN, VIEW
from fangxian.mobilise.duties import done, duties_of, left_behind
from fangxian.mobilise.forms import PutOnForm
from fangxian.mobilise.holidays import marked, not_announced
from fangxian.mobilise.line import Override, limit
from fangxian.mobilise.load import passed
from fangxian.mobilise.models import Shift, Turn, Volunteer
from fangxian.mobilise.reserve import off_then
from fangxian.mobilise.rules import label, post_rules
from fangxian.mobilise.views.common import frame
from fangxian.mobilise.views.rosters import posts_page, views_of
from fangxian.regions.queries import called, full_name

DAYS = 7
# To choose from in one list; more are put on from their own page of the community.
MOST_OFFERED = 300


# Somebody who had a place is gone: the roster around it may be mended.
FELL_OUT = (Turn.State.ABSENT, Turn.State.LEFT, Turn.State.TAKEN_OFF)


def shift_of(shift_id: UUID) -> Shift:
    """A shift of the actor's area. Raises OutOfScope."""
    found = Shift.objects.select_related("post").filter(id=shift_id).first()
    if found is None:
        raise OutOfScope(str(shift_id))
    return found


@page(VIEW)
def week(request: SignedRequest) -> HttpResponse:
    """Seven days of the posts of a place: which shifts have people, which lack some."""
    place, first, context = frame(request, "week")
    days = [first + dt.timedelta(days=n) for n in range(DAYS)]
    found = queries.inside(lacking.standing(), place).filter(day__gte=first, day__lte=days[-1])
    shown, turning = posts_page(request, found)
    rows = list(found.filter(post__in=shown).select_related("post").order_by("starts_at", "id"))
    cells: dict[UUID, dict[dt.date, list[Shift]]] = defaultdict(lambda: defaultdict(list))
    for one in rows:
        cells[one.post_id][one.day].append(one)
    by_id = {one.post_id: one.post for one in rows}
    posts = {key: by_id[key] for key in shown if key in by_id}
    lack = found.filter(ends_at__gt=timezone.now()).aggregate(
        n=Sum(F("heads") - F("placed"), default=0)
    )["n"]
    context |= {
        "days": days,
        "lines": [
            {
                "post": post,
                "days": [{"day": day, "shifts": cells[post.id][day]} for day in days],
            }
            for post in posts.values()
        ],
        "places": called({one.place_code for one in posts.values()}),
        "views": views_of(place, first, "week"),
        "holidays": [{"day": day, "mark": marked(day)} for day in days],
        "unknown_days": not_announced(days[0], days[-1]),
        "before": str(first - dt.timedelta(days=DAYS)),
        "after": str(first + dt.timedelta(days=DAYS)),
        "lack": lack,
        **turning,
    }
    return render(request, "mobilise/week.html", context)


@page(VIEW)
def detail(request: SignedRequest, shift_id: UUID) -> HttpResponse:
    """One shift: who is on it, who waits, what the one before left."""
    return _detail(request, shift_of(shift_id), None)


@page(PLAN, methods=("POST",))
def put_on(request: SignedRequest, shift_id: UUID) -> HttpResponse:
    """Put somebody on a shift, with a reason also past a limit; or search him by his name."""
    shift = shift_of(shift_id)
    if not saving(request):
        return _detail(request, shift, None)
    form = PutOnForm(request.POST, volunteers=queries.for_shift(shift))
    if form.is_valid():
        who, reason = form.cleaned_data["volunteer"], form.cleaned_data["reason"].strip()
        override = Override(reason) if reason else None
        turn = tried(
            form,
            lambda: actions.put_on(by=request.actor, shift=shift, volunteer=who, override=override),
        )
        if turn is not None:
            messages.success(request, outcome(turn) % {"name": who.name})
            return redirect("mobilise:shift", shift.id)
    return _detail(request, shift, form)


def outcome(turn: Turn) -> str:
    """What became of putting ``%(name)s`` on a shift."""
    if turn.asks:
        return _("%(name)s waits: somebody else who plans shifts has to allow it.")
    if turn.state == Turn.State.PLACED:
        return _("%(name)s is on the roster.")
    return _("%(name)s waits for a place.")


def _detail(request: SignedRequest, shift: Shift, sent: PutOnForm | None) -> HttpResponse:
    now = timezone.now()
    standing = shift.cancelled_at is None and shift.ends_at > now
    may_plan = standing and request.actor.may(PLAN, shift.place_code)
    wanted = request.POST.get("who", "").strip()
    offered = _offered(shift, wanted) if may_plan else []
    people = _people(shift)
    on = [line["turn"].volunteer for line in people["placed"]] if may_plan else []
    near = fatigue.marks([*on, *offered], post_rules()) if may_plan else {}
    window = shift.ends_at + post_rules().record_within
    context = {
        "shift": shift,
        "where": full_name(shift.place_code),
        "form": sent or (_choice(shift, offered, near) if may_plan else None),
        "wanted": wanted,
        "offers": bool(offered),
        "searches": bool(wanted) or len(offered) >= MOST_OFFERED,
        "near": near,
        "may_plan": may_plan,
        "may_record": shift.cancelled_at is None
        and now < window
        and request.actor.may(PLAN, shift.place_code),
        "begun": shift.starts_at <= now,
        "sees_line": request.actor.may(PLAN, shift.place_code),
        "over": shift.ends_at <= now,
        "running": shift.starts_at <= now < shift.ends_at,
        **people,
        **_duties(shift),
    }
    return render(request, "mobilise/shift.html", context, status=refused(sent) if sent else 200)


def _offered(shift: Shift, name: str) -> list[Volunteer]:
    """The first who may be put on it; with a name or a part of it, those who have it."""
    found = queries.for_shift(shift)
    return list((found.filter(name__icontains=name) if name else found)[:MOST_OFFERED])


def _choice(
    shift: Shift, offered: Collection[Volunteer], near: Mapping[UUID, Mapping[str, Any]]
) -> PutOnForm:
    shown = Volunteer.objects.filter(id__in=[one.id for one in offered])
    off = off_then(offered, shift, post_rules())
    # A list of choices has no colours: what speaks against somebody is said by words.
    says = {
        one.id: [*([_("said no to that time")] if one.id in off else []), *near[one.id]["says"]]
        if one.id in near
        else [_("said no to that time")]
        for one in offered
        if one.id in near or one.id in off
    }
    return PutOnForm(volunteers=shown.order_by("echelon", "rank", "id"), says=says)


def _people(shift: Shift) -> dict[str, Any]:
    rules = post_rules()
    turns = list(
        Turn.objects.filter(shift=shift)
        .select_related("volunteer", "volunteer__organisation", "whereabouts")
        .order_by("number")
    )
    skills = queries.skills_of([turn.volunteer_id for turn in turns], shift.day)
    lines: list[dict[str, Any]] = [
        {
            "turn": turn,
            "skills": [label(rules.skills, code) for code in sorted(skills[turn.volunteer_id])],
        }
        for turn in turns
    ]
    of = Turn.State
    on = [line for line in lines if line["turn"].state == of.PLACED]
    people = [skills[line["turn"].volunteer_id] for line in on]
    for at in seats.without(shift.heads, shift.skills, people):
        on[at]["unseated"] = True
    for line in on:
        line["unseated"] = line.get("unseated") or line["turn"].volunteer.fit is False
    taken = {line["turn"].for_turn_id for line in on}
    for line in lines:
        missing = line["turn"].state in (of.ABSENT, of.TAKEN_OFF, of.LEFT)
        line["replaceable"] = missing and line["turn"].id not in taken and len(on) < shift.heads
    waiting = [line for line in lines if line["turn"].state == of.WAITING]
    asking = [line["turn"] for line in waiting if line["turn"].asks]
    called = display_names(turn.asked_by for turn in asking)
    has = queries.stretches_of([turn.volunteer for turn in asking], shift.starts_at, rules)
    new = queries.local(shift.starts_at, shift.ends_at, rules)
    for turn in asking:
        turn.asked_by_name = called.get(turn.asked_by, turn.asked_by)
        over = passed(new, has[turn.volunteer_id], rules.limits)
        turn.over = [limit(code).message for code in over]
    return {
        "placed": on,
        "waiting": waiting,
        "gone": [line for line in lines if line["turn"].ended_at is not None],
        "lack": shift.heads - shift.placed,
        "gap": any(line["turn"].state in FELL_OUT for line in lines),
        "needs": [
            {"name": label(rules.skills, code), "n": n} for code, n in sorted(shift.skills.items())
        ],
    }


def _duties(shift: Shift) -> dict[str, Any]:
    """What is to be done there, by whom it was; what the shifts of the last day left behind."""
    rules = post_rules()
    turns = Turn.objects.select_related("volunteer").filter(shift=shift, came_at__isnull=False)
    return {
        "kind": label(rules.kinds, shift.post.kind),
        "duties": done(duties_of(shift.post, rules), turns),
        "left": left_behind(shift),
    }


@page(PLAN, methods=("POST",))
def cancel(request: SignedRequest, shift_id: UUID) -> HttpResponse:
    """Cancel a shift: who was on it is told."""
    actions.cancel_shift(by=request.actor, shift=shift_of(shift_id))
    messages.success(request, _("Cancelled. Whoever was on it has been told."))
    return redirect("mobilise:shift", shift_id)


_JUDGED: dict[str, Callable[..., Any]] = {
    "off": actions.take_off,
    "allow": actions.allow,
    "absent": lambda *, by, turn: actions.take_off(by=by, turn=turn, absent=True),
    "came": actions.record_arrival,
    "went": actions.record_departure,
}


@page(PLAN, methods=("POST",))
def judge(request: SignedRequest, turn_id: UUID, what: str) -> HttpResponse:
    """Take somebody off a shift, let him pass a limit, or record whether he came and went."""
    turn = Turn.objects.filter(id=turn_id).first()
    if turn is None or what not in _JUDGED:
        raise OutOfScope(str(turn_id))
    _JUDGED[what](by=request.actor, turn=turn)
    messages.success(request, _("Recorded."))
    return redirect("mobilise:shift", turn.shift_id)
