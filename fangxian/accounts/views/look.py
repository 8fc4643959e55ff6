"""How the pages look for an account."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme

from fangxian.accounts.actions import use_elders_edition
from fangxian.accounts.policy import SignedRequest, page
from fangxian.common.ui.context import TEXT_COOKIE


@page(methods=("POST",))
def elders(request: SignedRequest) -> HttpResponse:
    """Large text for this account from now on, on whatever device; the cookie says the size."""
    on = request.POST.get("on") == "1"
    use_elders_edition(by=request.actor, on=on)
    if request.htmx:
        # The script has changed the page already.
        return HttpResponse(status=204)
    # Not redirect(): it takes what has no stroke for the name of a page.
    answer = HttpResponseRedirect(came_from(request))
    if not on:
        answer.delete_cookie(TEXT_COOKIE)
    return answer


def came_from(request: SignedRequest) -> str:
    """The page of ours that a form in a frame was sent from, as it says; else the first one."""
    back = request.POST.get("next", "")
    here = url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure())
    return back if here and back.startswith("/") else "/"
