"""What a route asks of who opens it. A view without a policy is refused by the middleware."""

from __future__ import annotations

from functools import partial, wraps
from typing import Any

from django.http import HttpRequest
from ninja.security.apikey import APIKeyCookie

from fangxian.common.actor import Actor
from fangxian.common.policy import Policy, SignedRequest, View, open_route, page

__all__ = [
    "ByDevice",
    "Needs",
    "Policy",
    "SignedRequest",
    "account_route",
    "open_route",
    "page",
    "policy_of",
]


def account_route(view: View, *, in_parts: bool = False) -> View:
    """Let every account in, also one without grant, second factor or lasting password."""
    return _with(view, Policy(account=True, in_parts=in_parts))


def _with(view: View, policy: Policy) -> View:
    @wraps(view)
    def run(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return view(request, *args, **kwargs)

    run.policy = policy  # type: ignore[attr-defined]
    return run


class Needs(APIKeyCookie):
    """The policy of an API operation: ``@router.get("/x", auth=Needs("room.right"))``.

    The API is used with the session of the web, so changes carry the CSRF token too. None: any
    grant will do. An operation without one is refused (:class:`Undeclared`).
    """

    param_name = "sessionid"

    def __init__(self, right: str | None = None) -> None:
        super().__init__(csrf=True)
        self.right = right

    def authenticate(self, request: HttpRequest, key: str | None) -> Actor:
        actor: Actor = request.actor  # type: ignore[attr-defined]
        if self.right is not None:
            actor.require(self.right)
        return actor


class Undeclared(Needs):
    """The default of the API: refuses."""

    def authenticate(self, request: HttpRequest, key: str | None) -> Actor:
        from fangxian.common.errors import Forbidden

        raise Forbidden(f"a policy for {request.method} {request.path}")


class ByDevice(APIKeyCookie):
    """The policy of what an enrolled phone asks: its cookie, which no other site can have sent.

    ``request.auth`` is then its :class:`~fangxian.accounts.models.Device`, also a disabled one: the
    operation says what it may still do. The route itself is open: no session of the web is asked.
    """

    param_name = "fangxian_device"

    def __init__(self) -> None:
        super().__init__(csrf=False)

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        from fangxian.accounts.devices import device_of

        return device_of(request)


# The API as a whole asks for a grant; each operation says its right by `Needs`.
EXTERNAL = {"ninja": Policy()}


def policy_of(view: View) -> Policy | None:
    """Return the policy of a view function, None when it declares none."""
    declared = getattr(view, "policy", None)
    if isinstance(view, partial):
        view = view.func
        declared = declared or getattr(view, "policy", None)
    if isinstance(declared, Policy):
        return declared
    module = getattr(view, "__module__", "") or ""
    for prefix, policy in EXTERNAL.items():
        if module == prefix or module.startswith(prefix + "."):
            return policy
    return None
