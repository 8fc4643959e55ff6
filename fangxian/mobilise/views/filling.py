"""How many people a shift needs, and who takes the place of somebody who is missing."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.accounts.policy import SignedRequest, page
from fangxian.common.errors import OutOfScope
from fangxian.common.ui.changes import hold
from fangxian.common.ui.pages import form_page, posted
from fangxian.common.ui.problems import tried
from fangxian.mobilise import actions
from fangxian.mobilise.actions.posts import PLAN
from fangxian.mobilise.forms import HeadsForm, ReplaceForm, skills_written
from fangxian.mobilise.line import Override, limit
from fangxian.mobilise.models import Shift, Turn
from fangxian.mobilise.reserve import Ready, reserve
from fangxian.mobilise.rules import PostRules, label, post_rules
from fangxian.mobilise.views.shifts import outcome, shift_of

GONE = (Turn.State.ABSENT, Turn.State.TAKEN_OFF, Turn.State.LEFT)


def _stands(shift: Shift) -> bool:
    return shift.cancelled_at is None and shift.ends_at > timezone.now()


@page(PLAN, methods=("GET", "POST"))
def heads(request: SignedRequest, shift_id: UUID) -> HttpResponse:
    """Want more or fewer people on one shift, or others."""
    if request.method == "POST":
        hold(Shift, shift_id)
    found = shift_of(shift_id)
    if not _stands(found):
        messages.info(request, _("The shift is over or was cancelled."))
        return redirect("mobilise:shift", found.id)
    rules = post_rules()
    initial = {"heads": found.heads, "skills": skills_written(found.skills, rules)}
    form = HeadsForm(posted(request), initial=initial, also=found.skills)
    if form.is_bound and form.is_valid():
        given = {"heads": found.heads, "skills": found.skills, **form.cleaned_data}
        done = tried(form, lambda: actions.change_heads(by=request.actor, shift=found, **given))
        if done is not None:
            messages.success(request, _("The change is saved."))
            return redirect("mobilise:shift", found.id)
    back = reverse("mobilise:shift", args=[found.id])
    sub = f"{found.post.name} {found}"
    return form_page(request, form, title=_("People needed"), back=back, sub=sub)


@page(PLAN, methods=("GET", "POST"))
def replace(request: SignedRequest, turn_id: UUID) -> HttpResponse:
    """Offer the reserve in its order for the place of somebody who is missing."""
    turn = (
        Turn.objects.select_related("shift", "shift__post", "volunteer").filter(id=turn_id).first()
    )
    if turn is None:
        raise OutOfScope(str(turn_id))
    shift, rules = turn.shift, post_rules()
    if request.method == "GET" and (turn.state not in GONE or not _stands(shift)):
        messages.info(request, _("Nobody is missing there."))
        return redirect("mobilise:shift", shift.id)
    ready = [(one.volunteer, _told(one, rules)) for one in reserve(shift, rules)]
    form = ReplaceForm(posted(request), reserve=ready)
    if form.is_bound and form.is_valid():
        who, reason = form.chosen(), form.cleaned_data["reason"].strip()
        made = tried(
            form,
            lambda: actions.replace(
                by=request.actor,
                turn=turn,
                volunteer=who,
                override=Override(reason) if reason else None,
            ),
        )
        if made is not None:
            messages.success(request, outcome(made) % {"name": who.name})
            return redirect("mobilise:shift", shift.id)
    return form_page(
        request,
        form,
        title=_("Replace somebody"),
        back=reverse("mobilise:shift", args=[shift.id]),
        sub=f"{shift.post.name} {shift} · {turn.volunteer.name}",
        warn="" if ready else _("Nobody who fits is free then: ask another community."),
    )


def _told(one: Ready, rules: PostRules) -> str:
    """Somebody of the reserve in a line: where he stands in it, and what speaks against it."""
    said = [one.volunteer.name, _("echelon %(n)d") % {"n": one.volunteer.echelon}]
    if one.waits:
        said.append(_("waits for this shift"))
    said += [label(rules.skills, code) for code in sorted(one.skills)]
    if one.off:
        said.append(_("said no to that time"))
    said += [limit(code).message for code in one.over]
    return " · ".join(said)
