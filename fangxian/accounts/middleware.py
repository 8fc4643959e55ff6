"""From a request to an actor in a transaction with its scope."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import UUID

import orjson
from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.reauthentication import suspend_request
from allauth.core.exceptions import ImmediateHttpResponse, ReauthenticationRequired
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection, transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fangxian.accounts import looks, queries
from fangxian.accounts.actions import kept_lookups
from fangxian.accounts.alerts import count_refusal, raise_alert
from fangxian.accounts.policy import Policy, policy_of
from fangxian.accounts.sessions import REASON, SECOND_FACTOR, UNATTENDED
from fangxian.accounts.source import header_text, source_of
from fangxian.common import access
from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, Forbidden, Invalid, OutOfScope, TooMany, met
from fangxian.common.scoping import acting
from fangxian.common.templatetags.carried import FIELD

GRANT_KEY = "grant"
API = "/api/"
# Shared machines stand in offices: nothing of a signed-in page stays on the disk.
PRIVATE = "private, no-store"


class ActorMiddleware:
    """Runs each view inside ``acting``; whatever it raises is rolled back and answered.

    The access log of a page that was shown is committed with it; that of a refused request is
    rolled back with the rest, since nothing was shown.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.user.is_authenticated:
            response.headers.setdefault("Cache-Control", PRIVATE)
        return response

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
        if UNATTENDED in request.session and not (policy.unattended or _ends_session(request)):
            return _refuse(request, 403, [])
        if policy.in_parts:
            request.standing = partial(_standing, request)
            request.standings = partial(_standings, request)
            return None
        if policy.account:
            request.standing = partial(_standing, request)
            try:
                return _run_as_account(request, view, args, kwargs)
            except ReauthenticationRequired:
                # Raised here it would never reach allauth's own middleware.
                methods = get_adapter().get_reauthentication_methods(request.user)
                again = methods[0]["url"] if methods else reverse("account_login")
                suspended: HttpResponse = suspend_request(request, again)
                return suspended
            except ImmediateHttpResponse as answer:
                immediate: HttpResponse = answer.response
                return immediate
        try:
            with kept_lookups(request.user.pk):
                return _as_actor(request, policy, view, args, kwargs)
        except (Http404, OutOfScope):
            return _refuse(request, 404, [])
        except PermissionDenied:
            count_refusal(request.user.pk, source_of(request))
            return _refuse(request, 403, [])
        except Invalid as error:
            return _refuse(request, 422, error.problems)
        except Conflict as error:
            return _refuse(request, 409, [error])
        except DatabaseError as error:
            conflict = met(error)
            if conflict is None:
                raise
            return _refuse(request, 409, [conflict])
        except TooMany as error:
            # Its transaction is rolled back, so the alert has one of its own.
            if alert := getattr(error, "alert", ""):
                raise_alert(alert, request.user.pk, source=source_of(request))
            return _refuse(request, 429, [error])


def _as_actor(
    request: Any,
    policy: Policy,
    view: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> HttpResponse:
    if request.user.password_expires_at is not None:
        return _go(
            request,
            reverse("account_change_password"),
            _("Your password is a temporary one: choose your own before you go on."),
        )
    grants: list[Any] = queries.grants_of(request.user)
    if not grants:
        raise Forbidden("any grant")
    grant = _chosen(request, grants)
    if queries.needs_second_factor(grant) and (missing := _second_factor(request)):
        return _go(request, *missing)
    actor = queries.actor_of(grant, source=source_of(request), purpose=_purpose(request))
    request.actor = actor
    request.grants = grants
    if policy.right is not None:
        actor.require(policy.right)
    try:
        with acting(actor):
            # A second block would cost each page a savepoint, so only for who came from a task.
            with acting(request.actor) if _for_task(request, actor) else nullcontext():
                response = _finished(view(request, *args, **kwargs))
            # The API answers its own errors; what it had written must go all the same.
            if response.status_code >= (400 if request.path.startswith(API) else 500):
                raise _RollBack
    except _RollBack:
        pass
    return response


def _for_task(request: Any, actor: Actor) -> bool:
    """What is done on a page opened from a task, and on what it sends, is done for the task.

    The address names the task, which must lie in the actor's area (else 404); a form sends it on
    (``common.templatetags.carried``), and a script of the page says on which page it is. Returns
    whether ``request.actor`` now has that purpose.
    """
    named = _uuid(request.GET.get(FIELD, ""))
    task_id = named or _carried_task(request)
    if task_id is None:
        return False
    if not any(source.known(task_id) for source in looks.tasks):
        if named:
            raise OutOfScope(f"task {task_id}")
        return False
    purpose = looks.task_purpose(task_id, actor.purpose)
    request.for_task = task_id
    request.actor = actor.for_purpose(purpose)
    access.for_purpose(purpose)
    return True


def _carried_task(request: Any) -> UUID | None:
    if request.path.startswith(API):
        return None
    page = urlsplit(request.htmx.current_url_abs_path or "") if request.htmx else None
    opened = parse_qs(page.query).get(FIELD, [""])[0] if page else ""
    return _uuid(request.POST.get(FIELD, "")) or _uuid(opened)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _ends_session(request: Any) -> bool:
    return bool(request.resolver_match.view_name == "account_logout")


class _RollBack(Exception):
    """Undoes what a view has written whose answer is sent all the same."""


def _finished(response: HttpResponseBase) -> HttpResponse:
    """Have all of the response read its rows now: after the transaction it would see none."""
    if isinstance(response, TemplateResponse) and not response.is_rendered:
        return response.render()
    if response.streaming:
        if response.is_async:  # type: ignore[attr-defined]
            raise RuntimeError("a view answered with an asynchronous stream; return a whole body")
        body = b"".join(response.streaming_content)  # type: ignore[attr-defined]
        whole = HttpResponse(body, status=response.status_code, headers=dict(response.items()))
        whole.cookies = response.cookies
        # Closing the stream now would signal the end of the request and drop the connection.
        whole._resource_closers = response._resource_closers  # type: ignore[attr-defined]
        return whole
    assert isinstance(response, HttpResponse)
    return response


def _chosen(request: Any, grants: list[Any]) -> Any:
    """The grant that the session works under."""
    chosen = str(request.session.get(GRANT_KEY, ""))
    return next((g for g in grants if str(g.id) == chosen), grants[0])


def _standing(request: Any) -> Actor | None:
    """Who could go on from a page of his own account, for its frame; None who has to stay there."""
    grants = _grants_standing(request)
    return _actor_standing(request, _chosen(request, grants)) if grants else None


def _standings(request: Any) -> list[Actor]:
    """Who he could go on as under each grant, the widest first, whichever he works under."""
    found = [_actor_standing(request, grant) for grant in _grants_standing(request)]
    return [actor for actor in found if actor is not None]


def _grants_standing(request: Any) -> list[Any]:
    if request.user.password_expires_at is not None or UNATTENDED in request.session:
        return []
    return queries.grants_of(request.user)


def _actor_standing(request: Any, grant: Any) -> Actor | None:
    if queries.needs_second_factor(grant) and _second_factor(request):
        return None
    return queries.actor_of(grant, source=source_of(request), purpose=_purpose(request))


def _run_as_account(
    request: Any, view: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> HttpResponse | None:
    """Pages of one's own account: no scope, but its changes say who made them and from where."""
    if request.method in ("GET", "HEAD"):
        return None
    context = {
        "who": request.user.username,
        "user": str(request.user.pk),
        "why": _purpose(request),
        "source": source_of(request),
    }
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('pghistory.context_metadata', %s, true)",
                [orjson.dumps(context).decode()],
            )
        return _finished(view(request, *args, **kwargs))


def _refuse(request: HttpRequest, status: int, problems: Sequence[Any]) -> HttpResponse:
    """Say no: as JSON to the API, in a header to fragments, as a page otherwise."""
    told = [str(problem) for problem in problems]
    if request.path.startswith(API):
        return JsonResponse({"errors": told or [str(_SHORT[status])]}, status=status)
    if getattr(request, "htmx", False):
        # 422 is swapped into the page (the form with its errors), so a bare refusal is none.
        response = HttpResponse(status=400 if status == 422 else status)
        if told:
            response["X-Message"] = header_text(" ".join(told))
        return response
    return render(request, f"{status}.html", {"problems": told}, status=status)


_SHORT = {
    403: gettext_lazy("This right is missing in this working area."),
    404: gettext_lazy("Not found in this working area."),
    409: gettext_lazy("Changed meanwhile."),
    422: gettext_lazy("Not accepted."),
    429: gettext_lazy("Too many requests."),
}


def _tell_once(request: Any, why: str) -> None:
    """A message for the next page; a page asks for several things, and each leads there."""
    waiting = messages.get_messages(request)
    known = {str(told) for told in waiting}
    # Looking at them does not show them.
    waiting.used = False  # type: ignore[union-attr]  # a list only without the middleware
    if why not in known:
        messages.info(request, why)


def _go(request: Any, url: str, why: str = "") -> HttpResponse:
    """Lead to another page before this one, saying why; never into a fragment."""
    if request.path.startswith(API):
        return JsonResponse({"errors": [_("Open the website and finish signing in.")]}, status=403)
    if why:
        _tell_once(request, why)
    if request.htmx:
        response = HttpResponse(status=204)
        response["HX-Redirect"] = url
        return response
    return redirect(url)


def _to_sign_in(request: Any) -> HttpResponse:
    if request.path.startswith(API):
        return JsonResponse({"errors": [_("Sign in first.")]}, status=401)
    sign_in = reverse(settings.LOGIN_URL)
    if request.htmx:
        query = urlencode({"next": request.htmx.current_url_abs_path or "/"})
        return _go(request, f"{sign_in}?{query}")
    return redirect_to_login(request.get_full_path(), sign_in)


def _second_factor(request: Any) -> tuple[str, str] | None:
    """Where this session still has to show or enrol a second factor and why; None if it has."""
    if request.session.get(SECOND_FACTOR):
        return None
    records = get_authentication_records(request, request.user)
    if any(record.get("method") == "mfa" for record in records):
        request.session[SECOND_FACTOR] = True
        return None
    if is_mfa_enabled(request.user):
        query = urlencode({"next": request.get_full_path()})
        again = _("Your role asks for the second factor: show it to go on.")
        return f"{reverse('mfa_reauthenticate')}?{query}", again
    first = _("Your role needs a second factor: add an authenticator app or a passkey to go on.")
    return reverse("mfa_index"), first


def _purpose(request: Any) -> str:
    """What the account says it works on in this session, else the page."""
    if reason := request.session.get(REASON):
        return looks.said(reason)
    name = request.resolver_match.view_name if request.resolver_match else ""
    return f"page {name}"
