"""Swaps: asking a colleague, and answering."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from fangxian.accounts.policy import SignedRequest, page
from fangxian.common.errors import OutOfScope
from fangxian.common.ui.formats import date
from fangxian.common.ui.pages import form_page, posted
from fangxian.common.ui.problems import tried
from fangxian.mobilise import actions, queries
from fangxian.mobilise.actions.signing import TAKE
from fangxian.mobilise.forms import SwapForm
from fangxian.mobilise.models import Swap
from fangxian.mobilise.views.common import SHOWN
from fangxian.mobilise.views.taking import turn_of

_ANSWERS: dict[str, Callable[..., Any]] = {
    "agree": actions.agree_to_swap,
    "decline": actions.decline_swap,
    "withdraw": actions.withdraw_swap,
}


@page(TAKE, methods=("GET", "POST"))
def ask(request: SignedRequest, turn_id: UUID) -> HttpResponse:
    """Ask somebody to take one's shift, or to exchange it."""
    by, turn = request.actor, turn_of(turn_id)
    if queries.volunteer_of(by) is None:
        # That page says what to do about it.
        return redirect("mobilise:mine")
    me = turn.volunteer
    if me.person_id != by.person_id:
        raise OutOfScope(str(turn_id))
    people = list(queries.for_shift(turn.shift).exclude(person=me.person_id)[:SHOWN])
    turns = list(queries.swappable(turn, me)[:SHOWN])
    form = SwapForm(posted(request), people=people, turns=turns)
    if form.is_bound and form.is_valid():
        to, back = form.chosen()
        made = tried(form, lambda: actions.ask_swap(by=by, turn=turn, to=to, back=back))
        if made is not None:
            messages.success(request, _("Asked. The shift stays yours until somebody agrees."))
            return redirect("mobilise:mine")
    shift = turn.shift
    sub = f"{shift.post.name} · {date(shift.day)} {shift.name}"
    return form_page(request, form, title=_("Swap a shift"), back=reverse("mobilise:mine"), sub=sub)


@page(TAKE, methods=("POST",))
def answer(request: SignedRequest, swap_id: UUID, answer: str) -> HttpResponse:
    """Agree, decline, or take back what one asked."""
    swap = Swap.objects.filter(id=swap_id).first()
    if swap is None or answer not in _ANSWERS:
        raise OutOfScope(str(swap_id))
    _ANSWERS[answer](by=request.actor, swap=swap)
    messages.success(request, _("Answered: your roster shows it."))
    return redirect("mobilise:mine")
