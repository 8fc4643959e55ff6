"""What phones sent and somebody has to decide on: held records, fields that two changed at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from fangxian.accounts.actions.devices import RIGHT as PHONE
from fangxian.accounts.models import Device, User
from fangxian.accounts.policy import SignedRequest, account_route, page
from fangxian.accounts.queries import display_names
from fangxian.common.errors import Forbidden, Invalid, OutOfScope
from fangxian.common.ui.formats import who
from fangxian.field import queries
from fangxian.field.forms import HandInForm
from fangxian.field.models import FieldConflict, HeldOperation
from fangxian.field.questionnaire.said import typed
from fangxian.field.sync import disputes, entities, handed
from fangxian.field.sync import held as holding
from fangxian.regions.queries import called, full_name
from fangxian.register.models import Household

MOST = 200
# What became of records that were handed in, in the order in which it is told.
RESULTS = {
    "applied": gettext_lazy("Taken into the ledger"),
    "merged": gettext_lazy("Taken in beside what others changed"),
    "conflict": gettext_lazy("Taken in, and to be decided: somebody changed the same"),
    "held": gettext_lazy("Held for a decision: made by somebody else"),
    "rejected": gettext_lazy("Refused: not taken in"),
    "retry": gettext_lazy("Not taken now: hand the file in again"),
}


@page(holding.RIGHT)
def every(request: SignedRequest) -> HttpResponse:
    """What waits in the actor's area, the longest waiting first."""
    show = "disputes" if request.GET.get("show") == "disputes" else "held"
    waiting: dict[str, Any] = {
        "held": holding.open_held(),
        "disputes": disputes.open_disputes(),
    }
    rows = list(waiting[show][: MOST + 1])
    users = _users({row.user_id for row in rows if isinstance(row, HeldOperation)})
    places = called({row.place_code for row in rows if row.place_code})
    labels = {"held": _("Could not be taken over"), "disputes": _("Changed by two at once")}
    chips = [
        {
            "label": label,
            "url": f"?show={name}",
            "count": waiting[name].count(),
            "current": name == show,
        }
        for name, label in labels.items()
    ]
    context = {
        "show": show,
        "chips": chips,
        "full": len(rows) > MOST,
        "rows": [
            {
                "row": row,
                "what": _what(row),
                "place": places.get(row.place_code, ""),
                "by": users.get(row.user_id, "") if isinstance(row, HeldOperation) else "",
                "url": _url(row),
            }
            for row in rows[:MOST]
        ],
    }
    return render(request, "field/phones.html", context)


def _url(row: HeldOperation | FieldConflict) -> str:
    if isinstance(row, HeldOperation):
        return reverse("field:held", args=[row.pk])
    return reverse("field:dispute", args=[row.pk])


def _what(row: HeldOperation | FieldConflict) -> str:
    entity = entities.entity(row.entity)
    label = str(entity.label) if entity else row.entity or _("not readable")
    if isinstance(row, FieldConflict) and entity is not None:
        return f"{label} · {entity.merges.get(row.field, row.field)}"
    return label


def _users(ids: set[UUID | None]) -> Mapping[UUID | None, str]:
    found = User.objects.filter(pk__in=[one for one in ids if one])
    return {user.pk: str(user) for user in found}


def _home(entity: entities.Entity | None, object_id: UUID | None) -> UUID | None:
    """The household it is about; what is read of it is read of who lives there."""
    home = entity.home(object_id) if entity and object_id else None
    if home is not None:
        queries.note_residents([home])
    return home


@page(holding.RIGHT, methods=("GET", "POST"))
def held(request: SignedRequest, held_id: UUID) -> HttpResponse:
    """One held record: what it says, take it over or turn it down with a reason."""
    row = holding.held_at(held_id)
    problems: list[Any] = []
    if request.method == "POST":
        try:
            if request.POST.get("decision") == "take":
                holding.take_over(by=request.actor, held_id=row.pk)
                messages.success(request, _("Taken over."))
            else:
                reason = request.POST.get("reason", "")
                holding.turn_down(by=request.actor, held_id=row.pk, reason=reason)
                messages.success(request, _("Turned down; the phone is told at its next sync."))
        except Invalid as error:
            problems = list(error.problems)
        else:
            return redirect("field:phones")
    entity, operation = entities.entity(row.entity), holding.operation_of(row)
    home = _home(entity, entity.object_of(operation) if entity and operation else None)
    device = Device.objects.filter(pk=row.device_id).first()
    context = {
        "row": row,
        "what": _what(row),
        "lines": list(entity.say(operation)) if entity and entity.say and operation else [],
        "readable": operation is not None and entity is not None,
        "open": row.state == HeldOperation.State.OPEN,
        "place": full_name(row.place_code),
        "home": home,
        "by": _users({row.user_id}).get(row.user_id, ""),
        "device": device.name if device else "",
        "decided_by": who(row.decided_by, display_names([row.decided_by])),
        "problems": problems,
        "reason": request.POST.get("reason", ""),
    }
    return render(request, "field/held.html", context, status=422 if problems else 200)


@page(holding.RIGHT, methods=("GET", "POST"))
def dispute(request: SignedRequest, conflict_id: UUID) -> HttpResponse:
    """One field that two changed: all values, who gave them and when; choose one."""
    row = FieldConflict.objects.filter(pk=conflict_id).first()
    if row is None:
        raise OutOfScope(f"conflict {conflict_id}")
    problems: list[Any] = []
    if request.method == "POST":
        number = request.POST.get("number", "")
        chosen = int(number) if number.isascii() and number.isdigit() and len(number) < 4 else -1
        try:
            disputes.choose(by=request.actor, conflict_id=row.pk, number=chosen)
        except Invalid as error:
            problems = list(error.problems)
        else:
            messages.success(request, _("Decided: this value shows from now on."))
            return redirect(f"{reverse('field:phones')}?show=disputes")
    entity = entities.entity(row.entity)
    home = _home(entity, row.object_id)
    values = disputes.values_of(row)
    people = display_names({one["who"] for one in values if one["who"]})
    context = {
        "row": row,
        "what": _what(row),
        "open": row.state == FieldConflict.State.OPEN,
        "place": full_name(row.place_code),
        "home": home,
        "values": [
            {
                "number": number,
                "value": _worded(row.field, one["value"]),
                "who": who(one["who"], people) if one["who"] else "",
                "moment": parse_datetime(one["at"]) if one["at"] else None,
                "shown": number == row.shown,
            }
            for number, one in enumerate(values)
        ],
        "count": ngettext("%(n)d value", "%(n)d values", len(values)) % {"n": len(values)},
        "problems": problems,
    }
    return render(request, "field/dispute.html", context, status=422 if problems else 200)


@account_route
def hand_in(request: Any) -> HttpResponse:
    """Hand in the file of a phone that can't send; what became of each record.

    Not bound to one working area: what is held may lie elsewhere.
    """
    by = request.standing()
    if by is None:
        raise Forbidden(PHONE)
    by.require(PHONE)
    form = HandInForm(request.POST or None, request.FILES or None)
    problems: list[Any] = []
    answers: list[Any] = []
    if request.method == "POST" and form.is_valid():
        try:
            answers = handed.take_in(by=by, data=form.cleaned_data["file"].read())
        except Invalid as error:
            problems = list(error.problems)
    results = Counter(answer.first or str(answer.result) for answer in answers)
    context = {
        "form": form,
        # Where the page was come from: gate staff see no sweeps.
        "back": "field:campaigns" if by.may("field.view") else "field:duties",
        "problems": problems,
        "results": [(label, results[name]) for name, label in RESULTS.items() if results[name]],
        "refused": [one for answer in answers for one in answer.problems],
    }
    sent = request.method == "POST"
    return render(
        request, "field/hand_in.html", context, status=422 if sent and not answers else 200
    )


def _worded(field: str, value: Any) -> str:
    if field == "state":
        return str(dict(Household.State.choices).get(value, value))
    return typed(str(value)) if value else _("nothing")
