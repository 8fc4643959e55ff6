"""Pasting what people wrote in the chat, and copying the roster out for it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fangxian.accounts.policy import SignedRequest, page
from fangxian.common.ui.pages import posted
from fangxian.mobilise import actions, pasting, queries
from fangxian.mobilise.actions.posts import PLAN
from fangxian.mobilise.forms import ChatForm
from fangxian.mobilise.models import Turn, Volunteer
from fangxian.mobilise.views.common import frame

DAYS = 7
DOUBTS = {
    "no_name": gettext_lazy("Who it is about is not said."),
    "unknown_name": gettext_lazy("Nobody of that name is on the list of volunteers."),
    "two_of_the_name": gettext_lazy("Several of that name are on the list: choose one."),
    "which_day": gettext_lazy("Which day is meant is not said."),
    "which_shift": gettext_lazy("Which shift is meant is not said."),
    "no_such_shift": gettext_lazy("No shift that is offered is at that time."),
    "not_understood": gettext_lazy("What is wanted is not clear."),
    "question": gettext_lazy("A question."),
}


@page(PLAN, methods=("GET", "POST"))
def paste(request: SignedRequest) -> HttpResponse:
    """Paste, look at what was understood, and put those people on."""
    place, day, context = frame(request, "week")
    until = day + dt.timedelta(days=DAYS - 1)
    form = ChatForm(_rewritten(request), initial={"first": day, "last": until})
    context |= {"form": form}
    if not (form.is_bound and form.is_valid()):
        status = 422 if form.is_bound else 200
        return render(request, "mobilise/chat.html", context, status=status)
    data = form.cleaned_data
    shifts = pasting.offered(place, data["first"], data["last"])
    if len(shifts) == pasting.MOST_SHIFTS:
        form.add_error("last", _("There are too many shifts in these days: choose fewer."))
        return render(request, "mobilise/chat.html", context, status=422)
    people = list(queries.present(place).select_related("organisation"))
    read = pasting.read(data["text"], shifts, people)
    outcomes: list[Any] = []
    if "take" in request.POST:
        if request.POST.get("digest") == read.digest:
            outcomes = actions.take_from_chat(by=request.actor, chosen=_chosen(request, read))
            n = sum(one.state == Turn.State.PLACED for one in outcomes)
            messages.success(request, _("On the roster now: %(n)d.") % {"n": n})
        else:
            messages.warning(request, _("Shifts or people have changed meanwhile: look again."))
    context |= {
        "read": read,
        "lines": [
            {"line": line, "doubts": [DOUBTS[code] for code in line.doubts]} for line in read.lines
        ],
        "outcomes": outcomes,
    }
    return render(request, "mobilise/chat.html", context)


def _rewritten(request: SignedRequest) -> Any:
    """What was sent, with the lines that staff wrote anew in their places."""
    data = posted(request)
    if data is None or "again" not in data:
        return data
    data = data.copy()
    lines = {
        int(name[5:]): str(value)
        for name, value in data.items()
        if name.startswith("line-") and name[5:].isdecimal()
    }
    data["text"] = pasting.rewritten(data.get("text", ""), lines)
    return data


def _chosen(
    request: SignedRequest, read: pasting.Read
) -> dict[str, tuple[pasting.Suggestion, Volunteer]]:
    found = {}
    suggestions = read.suggestions
    for key in request.POST.getlist("keys"):
        if (one := suggestions.get(key)) is None:
            continue
        asked = request.POST.get(f"who-{key}", "")
        who = one.volunteer or next((m for m in one.namesakes if str(m.id) == asked), None)
        if who is not None:
            found[key] = (one, who)
    return found


@page(PLAN)
def copied(request: SignedRequest) -> HttpResponse:
    """The roster of seven days as one list for the chat."""
    place, day, context = frame(request, "week")
    shifts = pasting.offered(place, day, day + dt.timedelta(days=DAYS - 1))
    context |= {"text": pasting.roster_text(shifts), "shifts": len(shifts)}
    return render(request, "mobilise/chat_copy.html", context)
