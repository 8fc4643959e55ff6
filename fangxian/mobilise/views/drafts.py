"""Drafts of rosters: having one worked out, looking at it, publishing it; why a shift is short."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fangxian.accounts.policy import SignedRequest, page
from fangxian.accounts.queries import display_names
from fangxian.common.errors import OutOfScope
from fangxian.common.ui.pages import form_page, posted
from fangxian.common.ui.problems import tried
from fangxian.core.models import UNFINISHED, Job, JobState
from fangxian.mobilise import actions, queries
from fangxian.mobilise.actions.posts import PLAN
from fangxian.mobilise.drafting import changes_since
from fangxian.mobilise.forms_drafts import DraftForm, RepairForm
from fangxian.mobilise.models import DraftLine, Obstacle, RosterDraft, Shift, Turn
from fangxian.mobilise.roster_rules import roster_rules
from fangxian.mobilise.rules import label, post_rules
from fangxian.mobilise.views.common import frame
from fangxian.mobilise.views.shifts import shift_of
from fangxian.regions.queries import full_name

LATEST = 30
MOST_PEOPLE = 400
MOST_FREE = 20
State = RosterDraft.State
Change = DraftLine.Change

# What keeps somebody from a shift, in words.
REASONS: Final = {
    "place": gettext_lazy("serves elsewhere"),
    "skill": gettext_lazy("lacks the skill"),
    "off": gettext_lazy("said: can’t then"),
    "overlap": gettext_lazy("is on another shift then"),
    "other_shift": gettext_lazy("signed up elsewhere, or was put on by staff"),
    "shift_hours": gettext_lazy("the shift is longer than anybody may serve"),
    "rest_hours": gettext_lazy("too little rest between shifts"),
    "week_hours": gettext_lazy("too many hours in seven days"),
    "days_in_row": gettext_lazy("too many days in a row"),
    "nights_in_row": gettext_lazy("too many nights in a row"),
    "rest_days": gettext_lazy("too few days of rest"),
}


def draft_of(draft_id: UUID) -> RosterDraft:
    """A draft of the actor's area. Raises OutOfScope."""
    found = RosterDraft.objects.select_related("job").filter(id=draft_id).first()
    if found is None:
        raise OutOfScope(str(draft_id))
    return found


@page(PLAN)
def every(request: SignedRequest) -> HttpResponse:
    """The drafts of a place, the newest first."""
    place, _day, context = frame(request, "drafts")
    found = queries.inside(RosterDraft.objects.all(), place).order_by("-created_at", "-id")
    rows = list(found[:LATEST])
    context |= {
        "lines": [_row(one) for one in rows],
        "names": display_names({one.made_by for one in rows}),
    }
    return render(request, "mobilise/drafts.html", context)


def _row(draft: RosterDraft) -> dict[str, Any]:
    short = draft.figures.get("short")
    return {
        "draft": draft,
        "kind": _kind(draft),
        "where": full_name(draft.place_code),
        "short": None if short is None else sum(one["n"] for one in short),
    }


def _kind(draft: RosterDraft) -> str:
    """The look of its state."""
    return {
        State.SOLVING: "doing",
        State.READY: "todo",
        State.PUBLISHED: "ok",
        State.DROPPED: "neutral",
    }[State(draft.state)]


@page(PLAN, methods=("GET", "POST"))
def new(request: SignedRequest) -> HttpResponse:
    """Have a roster worked out."""
    place, _day, _context = frame(request, "drafts")
    form = DraftForm(posted(request), by=request.actor, rules=roster_rules(), place=place)
    if form.is_bound and form.is_valid():
        made = tried(form, lambda: actions.draft_roster(by=request.actor, **form.cleaned_data))
        if made is not None:
            return redirect("mobilise:draft", made.id)
    return form_page(
        request,
        form,
        title=_("Work out a roster"),
        back=reverse("mobilise:drafts"),
        sub=_("Nothing that is in force changes before you publish it."),
        send=_("Work it out"),
    )


@page(PLAN, methods=("GET", "POST"))
def repair(request: SignedRequest) -> HttpResponse:
    """Have the published roster mended after absences."""
    place, day, _context = frame(request, "drafts")
    today = timezone.localdate()
    ahead = Turn.objects.filter(state=Turn.State.PLACED, shift__starts_at__gt=timezone.now())
    people = queries.present(place).filter(id__in=ahead.values("volunteer_id"))
    initial = {
        "place": place,
        "first": max(day, today),
        "last": max(day, today),
        "absent": request.GET.getlist("who"),
    }
    form = RepairForm(
        posted(request), by=request.actor, people=people[:MOST_PEOPLE], initial=initial
    )
    if form.is_bound:
        form = RepairForm(posted(request), by=request.actor, people=people, initial=initial)
    if form.is_bound and form.is_valid():
        made = tried(form, lambda: actions.repair_roster(by=request.actor, **form.cleaned_data))
        if made is not None:
            return redirect("mobilise:draft", made.id)
    return form_page(
        request,
        form,
        title=_("Mend the roster after absences"),
        back=reverse("mobilise:drafts"),
        sub=_("Who falls out is off in these days; as few others as can be are moved."),
        send=_("Work it out"),
    )


@page(PLAN)
def detail(request: SignedRequest, draft_id: UUID) -> HttpResponse:
    """One draft: how far it is, or the roster with what it changes."""
    found = draft_of(draft_id)
    request.actor.require(PLAN, found.place_code)
    context = {
        "draft": found,
        "where": full_name(found.place_code),
        "kind": _kind(found),
        "names": display_names([found.made_by]),
        **_far(found),
    }
    if found.state in (State.READY, State.PUBLISHED):
        by_person = request.GET.get("by") == "person"
        context |= _roster(found, by_person=by_person)
        context["changed"] = changes_since(found) if found.state == State.READY else []
        context["views"] = [
            {"label": _("By day"), "url": "?by=day", "current": not by_person},
            {"label": _("By person"), "url": "?by=person", "current": by_person},
        ]
    return render(request, "mobilise/draft.html", context)


@page(PLAN)
def progress(request: SignedRequest, draft_id: UUID) -> HttpResponse:
    """How far the work is, for polling; once it has ended the page is loaded anew."""
    found = draft_of(draft_id)
    request.actor.require(PLAN, found.place_code)
    context = {"draft": found, **_far(found)}
    answer = render(request, "mobilise/_draft_progress.html", context)
    if not context["working"]:
        answer["HX-Redirect"] = reverse("mobilise:draft", args=[found.id])
    return answer


def _far(draft: RosterDraft) -> dict[str, Any]:
    """Whether it is being worked out; if its job has ended without a roster, how."""
    working = draft.state == State.SOLVING and _is_working(draft.job)
    failed = draft.state == State.SOLVING and not working
    return {
        "working": working,
        "failed": failed,
        "stopped": failed and draft.job is not None and draft.job.state == JobState.STOPPED,
        "far": draft.figures,
    }


def _is_working(job: Job | None) -> bool:
    return job is not None and job.state in UNFINISHED


def _roster(draft: RosterDraft, *, by_person: bool) -> dict[str, Any]:
    lines = list(
        draft.lines.select_related("shift", "shift__post", "volunteer").order_by(
            "shift__starts_at", "shift__post__name", "shift_id", "volunteer__rank", "id"
        )
    )
    on = [line for line in lines if line.change != Change.OFF]
    moved = [line for line in lines if line.change != Change.KEPT]
    rules = post_rules()
    short = _short(draft)
    return {
        "filled": len(on),
        # Where all is new it needn't be said of each.
        "mixed": any(line.change == Change.KEPT for line in lines),
        "new": sum(line.change == Change.NEW for line in lines),
        "off": sum(line.change == Change.OFF for line in lines),
        "short": short,
        "missing": sum(one["n"] for one in short),
        "warnings": _warnings(draft),
        "moves": _moves(moved if draft.repairs else _exchanged(moved)),
        "days": [] if by_person else _by_day(draft, on),
        "people": _by_person(on, rules) if by_person else [],
    }


def _short(draft: RosterDraft) -> list[dict[str, Any]]:
    rules = post_rules()
    told = {one["shift"]: one for one in draft.figures.get("short", [])}
    shifts = Shift.objects.filter(id__in=list(told)).select_related("post")
    return [
        {
            "shift": shift,
            "n": one["n"],
            "skill": label(rules.skills, one["skill"]) if one["skill"] not in ("", "+") else "",
        }
        for shift in shifts.order_by("starts_at", "post__name")
        for one in draft.figures.get("short", [])
        if one["shift"] == str(shift.id)
    ]


def _names(ids: Iterable[str | None]) -> dict[str, str]:
    known = {one for one in ids if one and one != "None"}
    return {str(one): name for one, name in queries.names_of(known).items()}


def _warnings(draft: RosterDraft) -> list[dict[str, Any]]:
    told = draft.figures.get("warnings", [])
    names = _names(one["volunteer"] for one in told)
    said = {
        "week_hours": _("%(value)g of %(limit)g hours in seven days"),
        "days_in_row": _("%(value)g of %(limit)g days in a row"),
        "nights_in_row": _("%(value)g of %(limit)g nights in a row"),
        "rest_days": _("%(value)g of %(limit)g days of work beside the days of rest"),
    }
    of: dict[str | None, list[dict[str, Any]]] = defaultdict(list)
    for one in told:
        if one["code"] in said:
            of[one["volunteer"]].append(one)
    return [
        {
            "name": names.get(who, "–") if who else "–",
            "said": [said[one["code"]] % one for one in ones],
            "over": any(one["value"] > one["limit"] for one in ones),
        }
        for who, ones in of.items()
    ]


def _exchanged(moved: Sequence[DraftLine]) -> list[DraftLine]:
    """Who goes off and who comes in his place: filling what is open is no change for anybody."""
    left = {line.shift_id for line in moved if line.change == Change.OFF}
    return [line for line in moved if line.shift_id in left]


def _moves(moved: Sequence[DraftLine]) -> list[dict[str, Any]]:
    """What changes for whom."""
    of: dict[UUID, list[DraftLine]] = defaultdict(list)
    for line in moved:
        of[line.volunteer_id].append(line)
    return [
        {
            "name": lines[0].volunteer.name,
            "off": [line.shift for line in lines if line.change == Change.OFF],
            "new": [line.shift for line in lines if line.change == Change.NEW],
        }
        for lines in sorted(of.values(), key=lambda of: of[0].volunteer.rank)
    ]


def _by_day(draft: RosterDraft, on: Sequence[DraftLine]) -> list[dict[str, Any]]:
    of: dict[UUID, list[DraftLine]] = defaultdict(list)
    for line in on:
        of[line.shift_id].append(line)
    known = list(draft.basis.get("shifts", {}))
    days: dict[dt.date, list[dict[str, Any]]] = defaultdict(list)
    shifts = Shift.objects.filter(id__in=known).select_related("post")
    for shift in shifts.order_by("day", "starts_at", "post__name"):
        days[shift.day].append(
            {
                "shift": shift,
                "lines": of[shift.id],
                "lack": max(0, shift.heads - len(of[shift.id])),
            }
        )
    return [{"day": day, "shifts": of_day} for day, of_day in days.items()]


def _by_person(on: Sequence[DraftLine], rules: Any) -> list[dict[str, Any]]:
    of: dict[UUID, list[DraftLine]] = defaultdict(list)
    for line in on:
        of[line.volunteer_id].append(line)
    rows = []
    for lines in of.values():
        stretches = [
            queries.local(line.shift.starts_at, line.shift.ends_at, rules) for line in lines
        ]
        rows.append(
            {
                "volunteer": lines[0].volunteer,
                "lines": lines,
                "hours": f"{sum(one.hours for one in stretches):g}",
                "nights": sum(one.night for one in stretches),
            }
        )
    return sorted(rows, key=lambda row: row["volunteer"].rank)


@page(PLAN, methods=("POST",))
def enough(request: SignedRequest, draft_id: UUID) -> HttpResponse:
    """The best roster so far is good enough."""
    actions.take_what_is_there(by=request.actor, draft=draft_of(draft_id))
    messages.success(request, _("The best roster found so far is taken."))
    return redirect("mobilise:draft", draft_id)


@page(PLAN, methods=("POST",))
def drop(request: SignedRequest, draft_id: UUID) -> HttpResponse:
    """Drop a draft."""
    actions.drop_draft(by=request.actor, draft=draft_of(draft_id))
    messages.success(request, _("Dropped. Nothing has changed."))
    return redirect("mobilise:drafts")


@page(PLAN, methods=("POST",))
def again(request: SignedRequest, draft_id: UUID) -> HttpResponse:
    """Work it out anew from what is there now."""
    made = actions.draft_again(by=request.actor, draft=draft_of(draft_id))
    return redirect("mobilise:draft", made.id)


@page(PLAN, methods=("POST",))
def publish(request: SignedRequest, draft_id: UUID) -> HttpResponse:
    """Put the draft in force."""
    digest = request.POST.get("digest", "")
    actions.publish_draft(by=request.actor, draft=draft_of(draft_id), digest=digest)
    messages.success(request, _("Published. Whoever comes on or goes off has been told."))
    return redirect("mobilise:draft", draft_id)


@page(PLAN, methods=("POST",))
def ask_why(request: SignedRequest, shift_id: UUID) -> HttpResponse:
    """Have it found out why a shift can't be filled, as published or in a draft."""
    draft_id = request.POST.get("draft", "")
    draft = None
    if draft_id:
        try:
            draft = draft_of(UUID(draft_id))
        except ValueError as error:
            raise OutOfScope(draft_id) from error
    found = actions.ask_why(by=request.actor, shift=shift_of(shift_id), draft=draft)
    return redirect("mobilise:obstacle", found.id)


@page(PLAN)
def obstacle(request: SignedRequest, obstacle_id: UUID) -> HttpResponse:
    """Why a shift can't be filled, and what would fill it."""
    found = (
        Obstacle.objects.select_related("shift", "shift__post", "draft", "job")
        .filter(id=obstacle_id)
        .first()
    )
    if found is None:
        raise OutOfScope(str(obstacle_id))
    request.actor.require(PLAN, found.place_code)
    working = found.answered_at is None and _is_working(found.job)
    context = {
        "obstacle": found,
        "shift": found.shift,
        "where": full_name(found.place_code),
        "working": working,
        "failed": found.answered_at is None and not working,
        **(_answer(found.answer) if found.answer else {}),
    }
    piece = bool(request.headers.get("HX-Request"))
    answer = render(
        request, "mobilise/_obstacle.html" if piece else "mobilise/obstacle.html", context
    )
    if piece and not working:
        answer["HX-Redirect"] = reverse("mobilise:obstacle", args=[found.id])
    return answer


def _answer(answer: dict[str, Any]) -> dict[str, Any]:
    ways = answer["ways"]
    who = {one["volunteer"] for one in answer["people"]}
    who |= {one["volunteer"] for way in ways for one in (*way["aside"], *way["moves"])}
    names = _names(who)
    keys = {key for way in ways for move in way["moves"] for key in (*move["off"], *move["on"])}
    shifts = {str(one.id): one for one in Shift.objects.filter(id__in=keys).select_related("post")}
    return {
        "rules": [_reason(code) for code in answer["rules"]],
        "proved": answer["proved"],
        "reasons": [
            {"label": _reason(code), "n": n}
            for code, n in sorted(answer["reasons"].items(), key=lambda item: -item[1])
        ],
        "free": [names.get(one["volunteer"], "–") for one in answer["people"] if not one["codes"]][
            :MOST_FREE
        ],
        "people": [
            {
                "name": names.get(one["volunteer"], "–"),
                "why": [_reason(code) for code in one["codes"]],
            }
            for one in answer["people"]
            if one["codes"]
        ],
        "ways": [
            {
                "aside": [
                    {
                        "name": names.get(one["volunteer"], "–"),
                        "what": _reason(one["code"]),
                        "asked": one["code"] == "off",
                    }
                    for one in way["aside"]
                ],
                "moves": [
                    {
                        "name": names.get(move["volunteer"], "–"),
                        "off": [shifts[key] for key in move["off"] if key in shifts],
                        "on": [shifts[key] for key in move["on"] if key in shifts],
                    }
                    for move in way["moves"]
                ],
            }
            for way in ways
        ],
        "asked": answer["asked"],
    }


def _reason(code: str) -> str:
    return str(REASONS.get(code, code))
