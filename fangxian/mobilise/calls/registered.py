"""What calls offer to the other rooms: rights, today's items, messages, tasks, an invariant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from django.db import connections
from django.db.models import F, Sum
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from fangxian.common import registries
from fangxian.common.actor import Actor
from fangxian.common.registries import Invariant, NavItem, Right, TodayItem
from fangxian.common.scoping import acting
from fangxian.core import messages
from fangxian.core import rules as core_rules
from fangxian.core.actions import NewTask, close_tasks, open_tasks
from fangxian.core.kinds import TaskKind, task_kinds
from fangxian.core.messages import Template
from fangxian.core.models import Task, TaskState
from fangxian.mobilise.actions import matching as accepting
from fangxian.mobilise.actions.calling import ANSWER, CALL, NEXT, last_echelon, task_key
from fangxian.mobilise.actions.signing import TAKE
from fangxian.mobilise.calls import leaving, matching
from fangxian.mobilise.calls import queries as call_queries
from fangxian.mobilise.calls import rules as call_rules
from fangxian.mobilise.models import Call

TITLE: Final = gettext_noop("Call the next echelon: %(call)s")
# Whose task it is, by the length of the code of the call's place.
COMMUNITY: Final = 12

RIGHTS = (
    Right(CALL, _("Send calls, match people and places"), personal=True),
    Right(ANSWER, _("Answer calls for one’s unit"), personal=True),
)
TEMPLATES = {
    "mobilise.called": _("You are called: “%(title)s”. Pledge under “My pledges”."),
    "mobilise.called_unit": _("Your unit is called: “%(title)s”. Answer under “Calls to my unit”."),
    "mobilise.call_withdrawn": _("The call “%(title)s” was withdrawn."),
    "mobilise.claim_confirmed": _("Your claim is confirmed: %(line)s, “%(title)s”."),
    "mobilise.claim_declined": _("Your claim was declined: %(line)s, “%(title)s”."),
    "mobilise.matched": _("You have a place: %(line)s, “%(title)s”."),
    leaving.LEFT: _(
        "Somebody who had a place is no longer a volunteer: %(line)s, “%(title)s” is open again."
    ),
    "mobilise.released": _("Your place was taken back: %(line)s, “%(title)s”."),
}


def register() -> None:
    """Fill the registries (from ``ready()``)."""
    core_rules.register_validator(call_rules.NAME, call_rules.check)
    for right in RIGHTS:
        registries.rights.register(right.name, right)
    unit = NavItem(_("Calls to my unit"), "mobilise:unit_calls", ANSWER, "people")
    registries.navigation.register("mobilise.unit", unit, order=39)
    registries.today.register("mobilise.calls", _today, order=25)
    for name, text in TEMPLATES.items():
        messages.templates.register(name, Template(text))
    task_kinds.register(NEXT, TaskKind(_("Next echelon"), _task_url))
    registries.invariants.register(
        "mobilise.calls",
        Invariant(_("each pledge and each place of a call is counted once"), counted),
    )
    matching.register()
    accepting.register()


def _task_url(task: Task) -> str:
    return reverse("mobilise:call", args=[task.object_id])


def _today(by: Actor) -> list[TodayItem]:
    """For who is called: calls not answered; for who called: claims that wait for a word."""
    found: list[TodayItem] = []
    if by.may(TAKE) and by.person_id is not None:
        open_ = call_queries.for_me(by).exclude(pledges__in=call_queries.my_pledges(by))
        if n := open_.count():
            url = reverse("mobilise:my_calls")
            found.append(TodayItem("due", _("Calls for volunteers"), n, url, "warn", unit="item"))
    if by.may(ANSWER) and by.organisation_id is not None:
        waiting = call_queries.for_unit(by).filter(
            call__state=Call.State.SENT, call__cut_off__gt=timezone.now(), pledged=0
        )
        if n := waiting.count():
            url = reverse("mobilise:unit_calls")
            found.append(TodayItem("due", _("Calls to my unit"), n, url, "warn", unit="item"))
    if by.may(CALL):
        first = call_queries.claims(by).values_list("line__call_id", flat=True)
        waiting_for = list(first[:100])
        if waiting_for:
            url = reverse("mobilise:call", args=[waiting_for[0]])
            label = _("Claims to confirm")
            found.append(
                TodayItem("due", label, len(waiting_for), f"{url}#claims", "warn", unit="item")
            )
    return found


def ask_for_echelons(*, by: Actor) -> int:
    """Open a task for each call whose echelon had its time and did not pledge enough.

    Those of calls for which enough have pledged meanwhile, or whose time is over, are closed.
    Returns how many were opened. Several queries, and one for each such call.
    """
    with acting(by):
        now = timezone.now()
        late = Call.objects.filter(
            state=Call.State.SENT,
            counts=Call.Counts.PEOPLE,
            answer_by__lte=now,
            cut_off__gt=now,
        ).annotate(wanted=Sum("lines__heads"))
        tasks = [
            NewTask(
                kind=NEXT,
                place_code=call.place_code,
                title=TITLE,
                title_data={"call": call.title},
                due_at=call.cut_off,
                dedupe_key=task_key(call),
                object_type="mobilise.call",
                object_id=call.id,
                assignee_role="community_staff"
                if len(call.place_code) >= COMMUNITY
                else "headquarters",
            )
            for call in late.filter(wanted__gt=F("pledged")).order_by("id")
            if call.echelon < last_echelon(call)
        ]
        wanted = [one.dedupe_key for one in tasks]
        open_ = Task.objects.filter(kind=NEXT, state=TaskState.OPEN)
        over = list(open_.exclude(dedupe_key__in=wanted).values_list("dedupe_key", flat=True))
        close_tasks(by=by, kind=NEXT, dedupe_keys=over, done_fact=NEXT)
        return open_tasks(by=by, tasks=tasks)


_COUNTED = """
SELECT 'call', c.id FROM mobilise_call c
WHERE c.pledged <> (SELECT coalesce(sum(p.heads), 0) FROM mobilise_pledge p
                    WHERE p.call_id = c.id AND p.state <> 'withdrawn')
UNION ALL
SELECT 'unit', u.id FROM mobilise_callunit u
WHERE u.pledged <> (SELECT coalesce(sum(p.heads), 0) FROM mobilise_pledge p
                    WHERE p.call_id = u.call_id AND p.organisation_id = u.organisation_id
                    AND p.state <> 'withdrawn')
UNION ALL
SELECT 'line', l.id FROM mobilise_callline l
WHERE l.placed <> (SELECT coalesce(sum(p.heads), 0) FROM mobilise_placement p
                   WHERE p.line_id = l.id AND p.state IN ('asked', 'confirmed'))
UNION ALL
SELECT 'pledge', p.id FROM mobilise_pledge p
WHERE p.heads < (SELECT coalesce(sum(x.heads), 0) FROM mobilise_placement x
                 WHERE x.pledge_id = p.id AND x.state IN ('asked', 'confirmed'))
LIMIT 100
"""


def counted() -> Iterator[str]:
    """Pledges and places are counted where they are shown, and nobody has two for one."""
    with connections["maintenance"].cursor() as cursor:
        cursor.execute(_COUNTED)
        for kind, key in cursor.fetchall():
            yield f"{kind} {key} of a call is counted wrongly"
