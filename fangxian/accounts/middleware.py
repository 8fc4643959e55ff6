"""From a request to an actor in a transaction with its scope."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.response import TemplateResponse
from django.urls import reverse

from fangxian.accounts import queries
from fangxian.accounts.policy import policy_of
from fangxian.common.actor import Actor
from fangxian.common.codes import Level
from fangxian.common.errors import Conflict, Forbidden, Invalid, OutOfScope, TooMany
from fangxian.common.scoping import acting

GRANT_KEY = "grant"


class ActorMiddleware:
    """Runs each view inside ``acting``; whatever it raises is rolled back and answered."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: Any, view: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        policy = policy_of(view)
        if policy is None:
            raise Forbidden(f"a policy for {getattr(view, '__qualname__', view)}")
        if policy.public:
            return None
        if not request.user.is_authenticated:
            return _to_sign_in(request)
        if policy.account:
            return None
        grants = queries.grants_of(request.user)
        if not grants:
            raise Forbidden("any grant")
        chosen = str(request.session.get(GRANT_KEY, ""))
        grant = next((g for g in grants if str(g.id) == chosen), grants[0])
        if _lacks_second_factor(request, grant):
            return redirect("mfa_index")
        actor = queries.actor_of(grant, source=_source(request), purpose=_purpose(request))
        request.actor = actor
        request.grants = grants
        if policy.right is not None:
            actor.require(policy.right)
        return _run(request, actor, view, args, kwargs)


def _run(
    request: Any,
    actor: Actor,
    view: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> HttpResponse:
    try:
        with acting(actor):
            response: HttpResponse = view(request, *args, **kwargs)
            if isinstance(response, TemplateResponse) and not response.is_rendered:
                # Rendering reads rows, so it belongs inside the transaction.
                response.render()
            if request.user.is_authenticated:
                response.headers.setdefault("Cache-Control", "private, no-cache")
            return response
    except OutOfScope as error:
        raise Http404 from error
    except Invalid as error:
        return _refuse(request, 422, error.problems)
    except Conflict as error:
        return _refuse(request, 409, [error])
    except TooMany as error:
        return _refuse(request, 429, [error])


def _refuse(request: HttpRequest, status: int, problems: Any) -> HttpResponse:
    messages = [str(problem) for problem in problems]
    if request.path.startswith("/api/"):
        return JsonResponse({"errors": messages}, status=status)
    return render(request, f"{status}.html", {"problems": messages}, status=status)


def _to_sign_in(request: Any) -> HttpResponse:
    if request.path.startswith("/api/"):
        return JsonResponse({"errors": ["sign in first"]}, status=401)
    if request.htmx:
        # A sign-in page must never be injected into a fragment.
        response = HttpResponse(status=204)
        response["HX-Redirect"] = (
            f"{reverse(settings.LOGIN_URL)}?next={request.htmx.current_url_abs_path or '/'}"
        )
        return response
    return redirect_to_login(request.get_full_path(), settings.LOGIN_URL)


def _lacks_second_factor(request: Any, grant: Any) -> bool:
    if not settings.FANGXIAN_SECOND_FACTOR:
        return False
    wide = len(grant.area) < int(Level.VILLAGE)
    if not (wide or grant.role.needs_second_factor):
        return False
    from allauth.mfa.utils import is_mfa_enabled

    # Who has one was asked for it at sign-in.
    return not is_mfa_enabled(request.user)


def _source(request: HttpRequest) -> str:
    return f"web {request.META.get('REMOTE_ADDR', '')}"[:80]


def _purpose(request: Any) -> str:
    name = request.resolver_match.view_name if request.resolver_match else ""
    return f"page {name}" if name else f"request {uuid4()}"
