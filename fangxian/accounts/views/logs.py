"""What administrators watch: the access log and the security alerts."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from fangxian.accounts import actions, looks, queries
from fangxian.accounts.alerts import KINDS
from fangxian.accounts.forms import AccessFilter, NumberForm
from fangxian.accounts.models import AccessLog, SecurityAlert, User
from fangxian.accounts.policy import SignedRequest, page
from fangxian.common.access import note

PAGE = 50


def _cursor(request: SignedRequest) -> UUID | None:
    try:
        return UUID(request.GET.get("after", ""))
    except ValueError:
        return None


def _page(found: QuerySet[AccessLog], after: UUID | None) -> tuple[list[AccessLog], str]:
    """One page and the cursor of the next ("" at the end); ids are in the order of time."""
    if after is not None:
        found = found.filter(pk__lt=after)
    rows = list(found[: PAGE + 1])
    return rows[:PAGE], str(rows[PAGE - 1].pk) if len(rows) > PAGE else ""


@page("accounts.audit", methods=("GET", "POST"))
def access(request: SignedRequest) -> HttpResponse:
    """Who read whose data, when, why and from where; POST finds the person by a number."""
    if request.method == "POST":
        return _find(request)
    form = AccessFilter(request.GET)
    chosen = form.chosen()
    found = queries.access_log(request.actor.area, **chosen)
    rows, next_after = _page(found, _cursor(request))
    context = {
        "form": form,
        "number_form": NumberForm(),
        "rows": looks.described(rows),
        "next_after": next_after,
        "filtered": any(chosen.values()),
    }
    return render(request, "accounts/access.html", context)


def _find(request: SignedRequest) -> HttpResponse:
    """From a document's or phone's number to the person's reads; the number enters no address."""
    form = NumberForm(request.POST)
    number = form.cleaned_data["number"] if form.is_valid() else ""
    if number:
        actions.count_lookup(by=request.actor)
    found = sorted({person for find in looks.persons for person in find(number)}) if number else []
    if not found:
        messages.warning(request, _("Nobody in your area has this number."))
        return redirect("accounts:access")
    note(*found)
    if len(found) > 1:
        told = _("%(n)s people have this number; the first is shown.") % {"n": len(found)}
        messages.info(request, told)
    return redirect(f"{reverse('accounts:access')}?person={found[0]}")


@page("accounts.alerts")
def alerts(request: SignedRequest) -> HttpResponse:
    """Open alerts and who is locked out."""
    rows: list[SecurityAlert] = list(queries.open_alerts(request.actor.area)[:200])
    users = User.objects.in_bulk([row.user_id for row in rows if row.user_id])
    context = {
        "rows": [
            {
                "alert": row,
                "label": KINDS.get(row.kind, row.kind),
                "user": users.get(row.user_id) if row.user_id else None,
            }
            for row in rows
        ]
    }
    return render(request, "accounts/alerts.html", context)


@page("accounts.alerts", methods=("POST",))
def settle(request: SignedRequest, alert_id: UUID) -> HttpResponse:
    """Close an alert with what was found out."""
    actions.settle_alert(by=request.actor, alert_id=alert_id, note=request.POST.get("note", ""))
    messages.success(request, _("The alert is settled."))
    return redirect("accounts:alerts")
