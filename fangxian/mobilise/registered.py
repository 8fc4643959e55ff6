"""What the room offers to the other rooms: rights, navigation, panel, today's items, facts."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from uuid import UUID

from django.db import connections
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from fangxian.common import registries
from fangxian.common.actor import Actor
from fangxian.common.registries import Invariant, NavItem, Panel, Right, SearchHit, TodayItem
from fangxian.core import ledgers, messages, sunset
from fangxian.core import rules as core_rules
from fangxian.core.kinds import TaskKind, task_kinds
from fangxian.core.messages import Template
from fangxian.core.models import Task
from fangxian.mobilise import (
    ending,
    facts,
    fatigue,
    following,
    holidays,
    importing,
    jobs,  # noqa: F401 (they register themselves)
    lacking,
    merging,
    places,
    queries,
    roster_rules,
    rules,
)
from fangxian.mobilise.actions.posts import PLAN, VIEW
from fangxian.mobilise.actions.signing import TAKE
from fangxian.mobilise.actions.volunteers import KEEP
from fangxian.mobilise.aid import facts as aid_facts
from fangxian.mobilise.aid import registered as aid
from fangxian.mobilise.calls import facts as call_facts
from fangxian.mobilise.calls import registered as calls
from fangxian.mobilise.models import Post, Turn, Volunteer
from fangxian.people.references import Reference, person_changed, references
from fangxian.regions.queries import called

RIGHTS = (
    Right(VIEW, _("See posts and rosters"), personal=True),
    Right(TAKE, _("Take shifts oneself")),
    Right(PLAN, _("Set up posts and shifts, put people on them")),
    Right(KEEP, _("Keep the list of volunteers"), personal=True),
)
TEMPLATES = {
    "mobilise.limit_asked": _(
        "A volunteer would pass a limit on “%(post)s”, %(shift)s, %(day)s: allow it, or take the"
        " volunteer off."
    ),
    "mobilise.put_on": _("You were put on “%(post)s”, %(shift)s, %(day)s."),
    "mobilise.moved_up": _("A place became free: you are on “%(post)s”, %(shift)s, %(day)s."),
    "mobilise.taken_off": _("You were taken off “%(post)s”, %(shift)s, %(day)s."),
    "mobilise.rostered": _(
        "The roster of %(first)s to %(last)s is published. New shifts of yours: %(new)s; taken off:"
        " %(off)s."
    ),
    "mobilise.swap_asked": _("%(name)s asks you to take “%(post)s”, %(shift)s, %(day)s."),
    "mobilise.swap_agreed": _("%(name)s takes “%(post)s”, %(shift)s, %(day)s."),
    "mobilise.swap_declined": _("%(name)s can’t take “%(post)s”, %(shift)s, %(day)s."),
    "mobilise.no_longer_fits": _(
        "%(name)s no longer fits “%(post)s”, %(shift)s, %(day)s: see whether to take somebody else."
    ),
    "mobilise.died": _(
        "%(name)s has died and was taken off “%(post)s”, %(shift)s, %(day)s: see who takes it."
    ),
    "mobilise.went_away": _(
        "%(name)s is away with an aid batch, or in quarantine after it, and was taken off"
        " “%(post)s”, %(shift)s, %(day)s: see who takes it."
    ),
    fatigue.TOLD: _(
        "%(name)s of your unit comes near the limit of duty: %(hours)s hours in seven days,"
        " %(days)s days and %(nights)s nights in a row. See to it that somebody takes over."
    ),
    ending.OVER: _(
        "The emergency has ended: your shifts to come are cancelled, %(count)s of them."
    ),
    ending.CALL_OVER: _("The emergency has ended: the call “%(title)s” is closed."),
    "mobilise.cancelled": _("The shift at “%(post)s”, %(shift)s, %(day)s, was cancelled."),
}


def register() -> None:
    """Fill the registries (from ``ready()``)."""
    aid.register()
    ledgers.register(importing.LEDGER, order=120)
    core_rules.register_validator(rules.NAME, rules.check)
    core_rules.register_validator(roster_rules.NAME, roster_rules.check)
    core_rules.register_validator(holidays.NAME, holidays.check)
    for right in RIGHTS:
        registries.rights.register(right.name, right)
    roster = NavItem(_("Posts and shifts"), "mobilise:week", VIEW, "clock")
    registries.navigation.register("mobilise", roster, order=38)
    registries.panels.register("mobilise", Panel(_("Posts and shifts"), VIEW, _panel), order=24)
    registries.today.register("mobilise", _today, order=24)
    registries.search.register("mobilise", _search, order=64)
    facts.register()
    call_facts.register()
    aid_facts.register()
    for name, text in TEMPLATES.items():
        messages.templates.register(name, Template(text))
    task_kinds.register(
        fatigue.KIND, TaskKind(_("Volunteers near a limit"), _volunteer_url, by_hand=False)
    )
    calls.register()
    sunset.endings.register("mobilise", ending.end_with_emergency, order=12)
    registries.invariants.register(
        "mobilise.turns",
        Invariant(_("turns lie where their shift lies, and each place is counted"), counted),
    )
    person_changed.register("mobilise", _follow)
    registries.before_recode.register("mobilise", places.before_recode)
    references.register(
        "mobilise.volunteers",
        Reference(
            "mobilise.Volunteer",
            clashes=merging.same_volunteers,
            settle=merging.settle_volunteers,
            reopen=merging.reopen_volunteers,
        ),
    )


def _follow(by: Actor, persons: Collection[UUID]) -> None:
    following.follow(by, persons)


def _volunteer_url(task: Task) -> str:
    return reverse("mobilise:volunteer", args=[task.object_id])


def _panel(request: HttpRequest, by: Actor, code: str) -> str:
    posts = queries.inside(Post.objects.filter(closed_on=None), code).count()
    may_plan = by.may(PLAN, code)
    if not (posts or may_plan):
        return ""
    context = {
        "posts": posts,
        "lack": lacking.within(code),
        "volunteers": queries.present(code).count(),
        "place": code,
        "may_plan": may_plan,
    }
    return render_to_string("mobilise/_panel.html", context, request)


def _today(by: Actor) -> list[TodayItem]:
    """For who plans: places that nobody has taken, who is near a limit; for who serves: his own."""
    found: list[TodayItem] = []
    if by.may(PLAN) and queries.inside(Post.objects.filter(closed_on=None), by.area).exists():
        lack = lacking.within(by.area)
        found.append(
            TodayItem(
                "uncovered",
                _("Places on shifts of the next two days that nobody has taken"),
                lack,
                reverse("mobilise:week"),
                "bad" if lack else "ok",
                unit="place",
                figure="mobilise.lacking",
            )
        )
        if missed := lacking.not_come(by.area):
            found.append(
                TodayItem(
                    "due",
                    _("Expected on posts now and not checked in"),
                    missed,
                    reverse("mobilise:gantt"),
                    "bad",
                    unit="person",
                )
            )
    if by.may(KEEP) and (near := fatigue.near_at(by.area)):
        found.append(
            TodayItem(
                "due",
                _("Volunteers near a limit of hours, days or nights"),
                near,
                reverse("mobilise:load"),
                "bad",
                unit="person",
            )
        )
    me = queries.volunteer_of(by) if by.may(TAKE) else None
    if me is not None:
        ahead = Turn.objects.filter(
            volunteer__person=me.person_id,
            state=Turn.State.PLACED,
            shift__ends_at__gt=timezone.now(),
            went_at=None,
        )
        found.append(
            TodayItem(
                "due",
                _("My shifts to come"),
                ahead.count(),
                reverse("mobilise:mine"),
                detail=_rest(me),
                unit="shift",
            )
        )
    return found


def _rest(me: Volunteer) -> str:
    """What of a limit somebody has nearly used up."""
    badge = fatigue.marks([me], rules.post_rules()).get(me.id)
    return " · ".join([badge["word"], *badge["says"]]) if badge else ""


def _search(by: Actor, text: str, limit: int) -> list[SearchHit]:
    """Posts by name."""
    wanted = text.replace("\x00", "").strip()
    if not by.may(VIEW) or not wanted:
        return []
    posts = Post.objects.filter(closed_on=None, name__icontains=wanted).order_by("name")
    found = list(posts[:limit])
    places = called({one.place_code for one in found})
    return [
        SearchHit(
            _("Posts"), one.name, reverse("mobilise:post", args=[one.id]), places[one.place_code]
        )
        for one in found
    ]


_COUNTED = """
SELECT 'turn', t.id FROM mobilise_turn t JOIN mobilise_shift s ON s.id = t.shift_id
WHERE t.place_code <> s.place_code
UNION ALL
SELECT 'shift', s.id FROM mobilise_shift s JOIN mobilise_post p ON p.id = s.post_id
WHERE s.place_code <> p.place_code
UNION ALL
SELECT 'shift', s.id FROM mobilise_shift s
WHERE s.placed <> (SELECT count(*) FROM mobilise_turn t WHERE t.shift_id = s.id
                   AND t.state = 'placed')
UNION ALL
SELECT 'turn', t.id FROM mobilise_turn t JOIN mobilise_shift s ON s.id = t.shift_id
WHERE t.minutes > extract(epoch FROM s.ends_at - s.starts_at) / 60
LIMIT 100
"""


def counted() -> Iterator[str]:
    """Whatever was redrawn or swapped, each turn lies with its shift and counts there once."""
    with connections["maintenance"].cursor() as cursor:
        cursor.execute(_COUNTED)
        for kind, key in cursor.fetchall():
            yield f"{kind} {key} lies elsewhere than what it belongs to, or is counted wrongly"
