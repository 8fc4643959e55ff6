"""One's own notifications."""

from __future__ import annotations

from contextlib import suppress
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme

from fangxian.accounts.policy import SignedRequest, page
from fangxian.common.fields import Destroyed
from fangxian.core import actions, queries
from fangxian.core.messages import opened, text_of, url_of
from fangxian.core.models import Notification

PAGE = 50


def _row(found: Notification) -> dict[str, object]:
    context = opened(found.context)
    return {
        "it": found,
        "text": text_of(found.template, context),
        "url": url_of(found.template, context, found.url),
        "destroyed": isinstance(found.context, Destroyed),
    }


@page()
def mine(request: SignedRequest) -> HttpResponse:
    """Notifications, newest first."""
    by = request.actor
    found = queries.notifications_for(by)
    with suppress(ValueError):
        found = found.filter(id__lt=UUID(request.GET.get("after", "")))
    rows = list(found.order_by("-id")[: PAGE + 1])
    context = {
        "rows": [_row(row) for row in rows[:PAGE]],
        "unread": queries.unread_count(by),
        "next_after": rows[PAGE - 1].id if len(rows) > PAGE else "",
    }
    return render(request, "core/notifications.html", context)


@page(methods=("POST",))
def read(request: SignedRequest, notification_id: UUID) -> HttpResponse:
    """Mark it as read and go where it leads."""
    found = actions.read_notification(by=request.actor, notification_id=notification_id)
    goal = str(_row(found)["url"])
    if goal and url_has_allowed_host_and_scheme(goal, None):
        return redirect(goal)
    return redirect("core:notifications")


@page(methods=("POST",))
def read_all(request: SignedRequest) -> HttpResponse:
    """Mark all as read."""
    actions.read_all_notifications(by=request.actor)
    return redirect("core:notifications")
