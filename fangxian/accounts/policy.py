"""Policies of all routes: our own views declare theirs, those of other packages stand here."""

from __future__ import annotations

from fangxian.common.policy import Policy, SignedRequest, View, open_route, page

__all__ = ["EXTERNAL", "Policy", "SignedRequest", "View", "open_route", "page", "policy_of"]

# Routes of third-party apps, by the prefix of their view's module.
EXTERNAL = {
    "allauth.account": Policy(public=True),
    "allauth.mfa": Policy(account=True),
    "allauth.usersessions": Policy(account=True),
    "ninja": Policy(),
}


def policy_of(view: View) -> Policy | None:
    """Return the policy of a view function, None when it declares none."""
    declared = getattr(view, "policy", None)
    if isinstance(declared, Policy):
        return declared
    module = getattr(view, "__module__", "") or ""
    for prefix, policy in EXTERNAL.items():
        if module == prefix or module.startswith(prefix + "."):
            return policy
    return None
