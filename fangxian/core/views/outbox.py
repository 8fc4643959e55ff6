"""Messages that could not be delivered, and the endpoints."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from fangxian.accounts.policy import SignedRequest, page
from fangxian.common.errors import Invalid
from fangxian.common.ui.problems import show_problems
from fangxian.core import actions
from fangxian.core.forms import EndpointForm
from fangxian.core.models import DeliveryState, Endpoint, OutboxDelivery

SHOWN = 200


@page("core.outbox", methods=("GET", "POST"))
def outbox(request: SignedRequest) -> HttpResponse:
    """Dead letters, without their content, and the endpoints; POST adds one.

    Who works for a part of the installation's area sees how it stands, and changes nothing.
    """
    by = request.actor
    if request.method == "POST":
        by.require("core.outbox", settings.FANGXIAN_AREA)
    form = EndpointForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.add_endpoint(by=by, **form.cleaned_data)
        except Invalid as error:
            show_problems(form, error)
        else:
            messages.success(request, _("The endpoint is added."))
            return redirect("core:outbox")
    dead = OutboxDelivery.objects.filter(state=DeliveryState.DEAD).order_by("-created_at")
    context = {
        "dead": dead.select_related("message").defer("target", "message__context")[:SHOWN],
        "waiting": OutboxDelivery.objects.filter(
            state__in=[DeliveryState.WAITING, DeliveryState.SENDING]
        ).count(),
        "endpoints": Endpoint.objects.defer("url", "secret").order_by("name"),
        "form": form,
        "may_change": by.may("core.outbox", settings.FANGXIAN_AREA),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "core/outbox.html", context, status=status)


@page("core.outbox", methods=("POST",))
def retry(request: SignedRequest, delivery_id: UUID) -> HttpResponse:
    """Try a dead letter again."""
    actions.retry_delivery(by=request.actor, delivery_id=delivery_id)
    messages.success(request, _("It will be tried again."))
    return redirect("core:outbox")


@page("core.outbox", methods=("POST",))
def switch(request: SignedRequest, endpoint_id: UUID) -> HttpResponse:
    """Take an endpoint out of use or back."""
    active = request.POST.get("active") == "1"
    actions.switch_endpoint(by=request.actor, endpoint_id=endpoint_id, active=active)
    return redirect("core:outbox")
