"""Proposals who goes where: worked out, compared, tried otherwise, accepted."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from fangxian.accounts.policy import SignedRequest, page
from fangxian.common.ui.changes import refused
from fangxian.common.ui.pages import posted
from fangxian.common.ui.problems import tried
from fangxian.core.models import Job
from fangxian.mobilise import actions
from fangxian.mobilise.actions.calling import CALL
from fangxian.mobilise.actions.matching import AT_ONCE
from fangxian.mobilise.actions.volunteers import KEEP
from fangxian.mobilise.calls.forms import SeenForm, WhatIfForm
from fangxian.mobilise.calls.matching import JOB, WHY_LEFT, WHY_SHORT, digest_of, figures
from fangxian.mobilise.calls.queries import call_of, lines_of, match_of
from fangxian.mobilise.models import Call, Match, Pledge
from fangxian.mobilise.views.common import SHOWN

# Lines whose heads can be tried otherwise on one page.
HEAD_FIELDS = 100


@page(CALL, methods=("POST",))
def ask(request: SignedRequest, call_id: UUID) -> HttpResponse:
    """Work a first proposal out, by the weights of the rules."""
    made = actions.ask_match(by=request.actor, call=call_of(request.actor, call_id))
    return _to(made)


def _to(match: Match) -> HttpResponse:
    """The page of a proposal, that of its job while it is worked out."""
    job = _job(match)
    if match.state == Match.State.WORKING and job is not None:
        return redirect("core:job", job.id)
    return redirect("mobilise:match", match.id)


def _job(match: Match) -> Job | None:
    found = Job.objects.filter(kind=JOB, args={"match": str(match.id)})
    return found.order_by("-created_at").first()


@page(CALL, methods=("GET", "POST"))
def detail(request: SignedRequest, match_id: UUID) -> HttpResponse:
    """One proposal beside the others of the call; sent, it is worked out otherwise."""
    by, found = request.actor, match_of(match_id)
    form = _what_if(found, posted(request))
    if form.is_bound and form.is_valid():
        what_if = form.what_if([*_pairs(found.bans), *_bans(request)])
        made = tried(
            form,
            lambda: actions.ask_match(by=by, call=found.call, what_if=what_if, base=found),
        )
        if made is not None:
            return _to(made)
    return _page(request, found, form)


def _what_if(match: Match, data: Any = None) -> WhatIfForm:
    lines = lines_of(match.call_id)[:HEAD_FIELDS]
    return WhatIfForm(data, lines=list(lines), match=match)


def _pairs(bans: list[list[str]]) -> list[tuple[str, str]]:
    return [(pledge, line) for pledge, line in bans]


def _bans(request: SignedRequest) -> list[tuple[str, str]]:
    """What is ticked as “not there”: pairs of ids of a pledge and a line."""
    found = []
    for text in request.POST.getlist("ban"):
        pledge, _dot, line = text.partition(".")
        try:
            found.append((str(UUID(pledge)), str(UUID(line))))
        except ValueError:
            continue
    return found


def _page(
    request: SignedRequest, match: Match, form: WhatIfForm, sent: SeenForm | None = None
) -> HttpResponse:
    call = match.call
    others = Match.objects.filter(call=call).select_related("base").order_by("number")
    open_ = call.state in (Call.State.SENT, Call.State.CLOSED)
    own = request.actor.may(CALL, call.place_code)
    context: dict[str, Any] = {
        "match": match,
        "call": call,
        "form": form,
        "heads": form.head_fields(),
        "sent": sent,
        "job": _job(match) if match.state == Match.State.WORKING else None,
        "compare": [(one, figures(one)) for one in others],
        "badge": "ok" if match.state == Match.State.ACCEPTED else "todo",
        "seen": digest_of(match),
        "may_try": own and open_,
        "may_accept": own
        and open_
        and match.state == Match.State.PROPOSED
        and request.actor.may(KEEP, call.place_code),
    }
    if match.result is not None:
        context |= _shown(match)
    bad = sent if sent is not None else form
    return render(
        request, "mobilise/match.html", context, status=refused(bad) if bad.is_bound else 200
    )


def _shown(match: Match) -> dict[str, Any]:
    """What the proposal says, in words: the first of each table."""
    result = match.result or {}
    placed, left, short = (result[name] for name in ("placed", "left", "short"))
    lines = {str(one.id): one for one in lines_of(match.call_id)}
    keys = {row[0] for row in (*placed[:SHOWN], *left[:SHOWN])}
    rows = Pledge.objects.filter(id__in=keys).select_related("volunteer", "organisation")
    pledges = {str(one.id): one for one in rows}
    return {
        "figures": figures(match),
        "placed": [
            {
                "pledge": pledges[row[0]],
                "line": lines[row[1]],
                "heads": row[2],
                "km": None if row[3] is None else row[3] / 1000,
                "wished": row[4],
                "value": f"{row[0]}.{row[1]}",
            }
            for row in placed[:SHOWN]
            if row[0] in pledges and row[1] in lines
        ],
        "left": [
            {"pledge": pledges[row[0]], "heads": row[1], "why": WHY_LEFT.get(row[2], row[2])}
            for row in left[:SHOWN]
            if row[0] in pledges
        ],
        "short": [
            {"line": lines[row[0]], "heads": row[1], "why": WHY_SHORT.get(row[2], row[2])}
            for row in short[:SHOWN]
            if row[0] in lines
        ],
        "complete": result.get("complete", True),
        "more": max(len(placed), len(left), len(short)) > SHOWN,
        "most": SHOWN,
        "banned": len(match.bans),
    }


@page(CALL, methods=("POST",))
def accept(request: SignedRequest, match_id: UUID) -> HttpResponse:
    """Accept a proposal as it was looked at; a large one by a job."""
    by, found = request.actor, match_of(match_id)
    form = SeenForm(request.POST)
    if form.is_valid():
        seen = form.cleaned_data["seen"]
        if found.result is not None and len(found.result["placed"]) > AT_ONCE:
            job = tried(form, lambda: actions.accept_later(by=by, match=found, seen=seen))
            if job is not None:
                return redirect("core:job", job.id)
        else:
            n = tried(form, lambda: actions.accept_match(by=by, match=found, seen=seen))
            if n is not None:
                messages.success(request, _("Placed and told: %(n)d.") % {"n": n})
                return redirect("mobilise:call", found.call_id)
    return _page(request, found, _what_if(found), form)
