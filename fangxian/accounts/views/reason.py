"""What one works on, said once a session: reads and changes then name it instead of the page."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseRedirect

from fangxian.accounts.actions import checked_reason
from fangxian.accounts.policy import SignedRequest, page
from fangxian.accounts.sessions import REASON
from fangxian.accounts.views.look import came_from

# It stands at the top of each page.
LONGEST = 60


@page(methods=("POST",))
def working_reason(request: SignedRequest) -> HttpResponse:
    """Set the reason of this session, or end it with an empty one. Raises Invalid."""
    # No text of the database holds this character.
    text = request.POST.get("reason", "").replace("\0", " ")
    if text.strip():
        request.session[REASON] = checked_reason(text, longest=LONGEST)
    else:
        request.session.pop(REASON, None)
    return HttpResponseRedirect(came_from(request))
