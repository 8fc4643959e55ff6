"""My phones, and the phones of the accounts that an administrator looks after."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.accounts import actions, queries
from fangxian.accounts.actions.devices import RIGHT
from fangxian.accounts.forms import DeviceFilter
from fangxian.accounts.models import Device, DeviceCode
from fangxian.accounts.policy import SignedRequest, page
from fangxian.accounts.sessions import SECOND_FACTOR
from fangxian.common.errors import OutOfScope
from fangxian.common.ui.qr import qr

PAGE = 50
# Where a phone opens the app; the code stands behind the #, which no server is sent.
APP, CODE = "/f/", "#enrol="


@page(RIGHT)
def mine(request: SignedRequest) -> HttpResponse:
    """The actor's own phones, and the way to enrol one."""
    return _mine(request)


def _mine(request: SignedRequest, **more: Any) -> HttpResponse:
    found = _own(request).order_by("-last_seen_at")
    now = timezone.now()
    rows = [{"device": device, "state": device.state(now)} for device in found]
    # Browsers seal and store nothing for a page that came in the clear, but for their own machine.
    own = urlsplit(f"//{request.get_host()}").hostname in ("localhost", "127.0.0.1", "::1")
    context = {"rows": rows, "plain": not (own or request.is_secure()), **more}
    return render(request, "accounts/devices.html", context)


@page(RIGHT, methods=("POST",))
def code(request: SignedRequest) -> HttpResponse:
    """A new code as a picture and in letters: rendered, since it enters no address."""
    made = actions.make_device_code(
        by=request.actor, strong=bool(request.session.get(SECOND_FACTOR))
    )
    app = request.build_absolute_uri(APP)
    picture = qr(f"{app}{CODE}{made.code}", _("Code for one phone: scan it with the camera"))
    return _mine(request, code=made, app=app, picture=picture, **_left(made.expires_at))


def _left(until: Any) -> dict[str, int]:
    seconds = max(0, int((until - timezone.now()).total_seconds()))
    return {"minutes": seconds // 60, "seconds": seconds % 60}


@page(RIGHT)
def code_state(request: SignedRequest, code_id: UUID) -> HttpResponse:
    """What became of a code that stands on the screen: how long it holds, or its end."""
    found = DeviceCode.objects.filter(pk=code_id, user_id__in=[request.actor.user_id])
    one = found.select_related("device").first()
    if one is None:
        raise OutOfScope(f"code {code_id}")
    context = {"code_id": one.pk, **_left(one.expires_at)}
    if one.used_at is None and one.expires_at > timezone.now():
        return render(request, "accounts/_code_left.html", context)
    response = render(request, "accounts/_code_over.html", {"device": one.device})
    # The picture goes too: nobody scans what does not hold any more.
    response["HX-Retarget"], response["HX-Reswap"] = "#device-code", "innerHTML"
    return response


@page("accounts.see")
def every(request: SignedRequest) -> HttpResponse:
    """Phones of the accounts in the area, the latest enrolled first."""
    by = request.actor
    form = DeviceFilter(request.GET)
    form.is_valid()
    text, state = form.cleaned_data.get("q", ""), form.cleaned_data.get("state", "")
    found = queries.devices_in(by.area)
    if text:
        found = found.filter(
            Q(user__username__icontains=text)
            | Q(user__display_name__icontains=text)
            | Q(name__icontains=text)
        )
    found = _in_state(found, state)
    count = found.count()
    if (after := _uuid(request.GET.get("after", ""))) is not None:
        found = found.filter(pk__lt=after)
    rows = list(found.prefetch_related("holders__user")[: PAGE + 1])
    now = timezone.now()
    context = {
        "form": form,
        "count": count,
        "filtered": bool(text or state),
        "rows": [
            {
                "device": one,
                "state": one.state(now),
                "own": one.user_id == by.user_id,
                "before": [held for held in one.holders.all() if held.to_at is not None],
            }
            for one in rows[:PAGE]
        ],
        "may_disable": by.may("accounts.disable"),
        "next_after": rows[PAGE - 1].pk if len(rows) > PAGE else "",
    }
    return render(request, "accounts/devices_of_area.html", context)


def _in_state(found: QuerySet[Device], state: str) -> QuerySet[Device]:
    now = timezone.now()
    if state == "disabled":
        return found.filter(disabled_at__isnull=False)
    if state == "expired":
        return found.filter(disabled_at=None, expires_at__lte=now)
    if state == "working":
        return found.filter(disabled_at=None, expires_at__gt=now)
    return found


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _own(request: SignedRequest) -> QuerySet[Device]:
    return Device.objects.filter(user_id__in=[request.actor.user_id])


def _disable(request: SignedRequest, device_id: UUID, *, wipe: bool) -> None:
    actions.disable_device(
        by=request.actor, device_id=device_id, reason=request.POST.get("reason", ""), wipe=wipe
    )
    told = (
        _("The phone is disabled; it is wiped as soon as it is online.")
        if wipe
        else _("The phone is disabled.")
    )
    messages.success(request, told)


def _disable_own(request: SignedRequest, device_id: UUID, *, wipe: bool) -> HttpResponse:
    if not _own(request).filter(pk=device_id).exists():
        raise OutOfScope(f"device {device_id}")
    _disable(request, device_id, wipe=wipe)
    return redirect("accounts:devices")


@page(RIGHT, methods=("POST",))
def disable(request: SignedRequest, device_id: UUID) -> HttpResponse:
    """Let a phone of one's own read nothing more."""
    return _disable_own(request, device_id, wipe=False)


@page(RIGHT, methods=("POST",))
def wipe(request: SignedRequest, device_id: UUID) -> HttpResponse:
    """Disable a phone of one's own and have it remove what can be read on it."""
    return _disable_own(request, device_id, wipe=True)


@page("accounts.disable", methods=("POST",))
def disable_other(request: SignedRequest, phone_id: UUID) -> HttpResponse:
    """Let a phone of an account in the area read nothing more."""
    _disable(request, phone_id, wipe=False)
    return redirect("accounts:every_device")


@page("accounts.disable", methods=("POST",))
def wipe_other(request: SignedRequest, phone_id: UUID) -> HttpResponse:
    """Disable a phone of an account in the area and have it remove what can be read on it."""
    _disable(request, phone_id, wipe=True)
    return redirect("accounts:every_device")


@page("accounts.disable", methods=("POST",))
def enable(request: SignedRequest, phone_id: UUID) -> HttpResponse:
    """Let a phone work again that an administrator disabled."""
    actions.enable_device(
        by=request.actor, device_id=phone_id, reason=request.POST.get("reason", "")
    )
    messages.success(request, _("The phone is enabled."))
    return redirect("accounts:every_device")
