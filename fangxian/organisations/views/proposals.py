"""Proposals for vacancies: shown with their reasons, accepted one by one or all."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fangxian.common.errors import Invalid
from fangxian.common.policy import SignedRequest, page
from fangxian.core.actions import start_job
from fangxian.core.models import Job, JobState
from fangxian.organisations.accepting import accept
from fangxian.organisations.account_needs import standings
from fangxian.organisations.proposing import JOB, MOST_SEATS, ground, shown, solved
from fangxian.organisations.rules import ChainRules, Post, chain_rules
from fangxian.organisations.views.chain import chain_crumbs
from fangxian.regions.models import Region
from fangxian.regions.queries import at


@page("organisations.appoint", methods=("GET", "POST"))
def propose(request: SignedRequest, code: str) -> HttpResponse:
    """Who could fill the vacancies here; what is accepted is named."""
    by, here = request.actor, at(code, by=request.actor)
    by.require("organisations.appoint", code)
    rules = chain_rules()
    roles = rules.proposed(here.level)
    chosen = request.GET.get("role", "")
    role = next((r for r in roles if r.code == chosen), roles[0] if roles else None)
    problems: list[str] = []
    if request.method == "POST" and role is not None and "work_out" in request.POST:
        args = {"place": code, "role": role.code}
        return redirect("core:job", start_job(by=by, kind=JOB, args=args, place_code=code).id)
    if request.method == "POST" and role is not None:
        problems, named = _accept(request, here, role, rules)
        if named:
            text = ngettext(
                "%(count)d place has its %(role)s now.",
                "%(count)d places have their %(role)s now.",
                named,
            )
            messages.success(request, text % {"count": named, "role": role.name})
        if not problems:
            return redirect("organisations:vacancies", code)
    context: dict[str, Any] = {
        "place": here,
        "roles": roles,
        "role": role,
        "problems": problems,
        "outcome": None,
        "large": False,
        "breadcrumbs": chain_crumbs(by, here, _("Proposals")),
    }
    if role is not None:
        try:
            of = ground(here, role)
            found = _worked_out(request, code, role) if of.large else solved(of)
            context["large"] = of.large
            context["outcome"] = None if found is None else shown(of, found)
        except Invalid as error:
            context["problems"] = [*problems, *(f"{p.message} {p.mend}" for p in error.problems)]
    return render(request, "organisations/propose.html", context, status=422 if problems else 200)


def _worked_out(request: SignedRequest, code: str, role: Post) -> dict[str, Any] | None:
    """What the job that the address names found for this place and role."""
    try:
        wanted = UUID(request.GET.get("job", ""))
    except ValueError:
        return None
    args = {"place": code, "role": role.code}
    job = Job.objects.filter(id=wanted, kind=JOB, state=JobState.DONE, args=args).first()
    found: dict[str, Any] | None = job.state_data.get("solved") if job is not None else None
    return found


def _accept(
    request: SignedRequest, here: Region, role: Post, rules: ChainRules
) -> tuple[list[str], int]:
    """Name those that were ticked. Returns what was refused, and how many were named."""
    pairs: list[tuple[UUID, str]] = []
    for text in request.POST.getlist("accept")[:MOST_SEATS]:
        node, _equals, key = text.partition("=")
        try:
            pairs.append((UUID(node), key))
        except ValueError:
            continue
    if not pairs:
        return [_("Nothing is ticked. Tick the proposals that you accept.")], 0
    done = accept(request.actor, here, role, rules, pairs)
    if without := sum(not one.complete for one in standings(done.rows).values()):
        text = ngettext(
            "%(count)d of them can’t see the place yet: an administrator is asked for it.",
            "%(count)d of them can’t see their places yet: an administrator is asked for it.",
            without,
        )
        messages.warning(request, text % {"count": without})
    return done.problems, done.count
