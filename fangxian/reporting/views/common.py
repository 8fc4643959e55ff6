"""What the pages of the room share."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.accounts.policy import SignedRequest
from fangxian.regions.queries import full_name
from fangxian.reporting.forms import PlaceForm
from fangxian.reporting.registered import APPROVE, DRAFT, EXPORT, VIEW


def tabs(request: SignedRequest, current: str) -> list[dict[str, Any]]:
    """The pages of the room that the reader may open, one of them open."""
    names = {
        "start": (_("Ledgers"), VIEW),
        "figures": (_("Figures"), VIEW),
        "templates": (_("Templates of offices"), EXPORT),
        "bulletins": (_("Bulletins"), DRAFT),
        "takings": (_("Taken away"), EXPORT),
    }
    return [
        {"label": label, "url": reverse(f"reporting:{page}"), "current": page == current}
        for page, (label, right) in names.items()
        if request.actor.may(right)
    ]


def frame(request: SignedRequest, current: str) -> dict[str, Any]:
    """What each page has in its head: tabs, the place that is shown, what may be done."""
    form = PlaceForm(request.GET, request.actor)
    return {
        "tabs": tabs(request, current),
        "place_form": form,
        "place": form.code,
        "place_name": full_name(form.code) if form.code else _("The whole country"),
        "now": timezone.now(),
        "may_take": request.actor.may(EXPORT),
        "may_approve": request.actor.may(APPROVE),
    }
