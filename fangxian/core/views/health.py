"""Whether the house stands: for load balancers and people on duty. No details, no sign-in."""

from __future__ import annotations

from django.db import DatabaseError
from django.http import HttpRequest, JsonResponse

from fangxian.accounts.policy import open_route
from fangxian.core import outbox, worker


@open_route
def health(request: HttpRequest) -> JsonResponse:
    """200 when pages can be served; ``worker`` and ``outbox`` tell of the work behind them."""
    try:
        parts = {"database": True, "worker": worker.alive(), "outbox": outbox.backlog() == 0}
    except DatabaseError:
        parts = {"database": False, "worker": False, "outbox": False}
    response = JsonResponse(parts, status=200 if parts["database"] else 503)
    response["Cache-Control"] = "no-store"
    return response
