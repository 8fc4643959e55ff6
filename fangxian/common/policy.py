"""What a route asks of who opens it. A view without a policy is refused by the middleware."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

from fangxian.common.actor import Actor

View = Callable[..., Any]


class SignedRequest(HttpRequest):
    """A request that passed the middleware: it has an actor."""

    actor: Actor
    htmx: Any
    grants: list[Any]


@dataclass(frozen=True)
class Policy:
    """``right`` None: any grant will do. ``public``: no sign-in. ``account``: no grant.

    ``unattended``: open to a screen that was left running (it opens nothing else). ``in_parts``, of
    ``account`` alone: its work is done in transactions of its own, each kept if a later one fails.
    """

    right: str | None = None
    public: bool = False
    account: bool = False
    unattended: bool = False
    in_parts: bool = False


def page(
    right: str | None = None, *, methods: tuple[str, ...] = ("GET",), unattended: bool = False
) -> Callable[[View], View]:
    """Decorate a view: who needs which right, and by which methods it answers."""

    def decorate(view: View) -> View:
        @wraps(view)
        def run(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            allowed = {*methods, "HEAD"} if "GET" in methods else set(methods)
            if request.method not in allowed:
                return HttpResponseNotAllowed(methods)
            response: HttpResponse = view(request, *args, **kwargs)
            return response

        run.policy = Policy(right=right, unattended=unattended)  # type: ignore[attr-defined]
        run.methods = methods  # type: ignore[attr-defined]
        return run

    return decorate


def open_route(view: View) -> View:
    """Let everybody in (sign-in pages, the language switch)."""

    @wraps(view)
    def run(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return view(request, *args, **kwargs)

    run.policy = Policy(public=True)  # type: ignore[attr-defined]
    return run
