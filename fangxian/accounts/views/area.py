"""The working area: which of the grants the next requests use."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect

from fangxian.accounts.middleware import GRANT_KEY
from fangxian.accounts.policy import SignedRequest, page
from fangxian.common.errors import OutOfScope


@page(methods=("POST",))
def switch(request: SignedRequest) -> HttpResponse:
    """Use another of one's own grants from now on."""
    wanted = request.POST.get("grant", "")
    if wanted not in {str(grant.pk) for grant in request.grants}:
        raise OutOfScope("grant")
    request.session[GRANT_KEY] = wanted
    # The page one came from may lie outside the new area.
    return redirect("/")
