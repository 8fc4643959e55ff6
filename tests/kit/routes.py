"""Every route of the product, with its policy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern
from ninja.operation import PathView

from fangxian.accounts.policy import Policy, policy_of


@dataclass(frozen=True)
class Route:
    """``name`` is reversible with the ``kwargs``; ``path`` is how it is written."""

    name: str
    path: str
    kwargs: tuple[str, ...]
    view: Any
    methods: tuple[str, ...]

    @property
    def policy(self) -> Policy | None:
        operations = _operations(self.view)
        if operations and not hasattr(self.view, "policy"):
            (needed,) = {auth.right for one in operations for auth in one.auth_callbacks}
            return Policy(right=needed)
        return policy_of(self.view)

    def __str__(self) -> str:
        return self.name or self.path


def _walk(
    patterns: list[Any], namespaces: tuple[str, ...], before: str, kwargs: tuple[str, ...]
) -> Iterator[Route]:
    for entry in patterns:
        written = before + (
            str(entry.pattern) if isinstance(entry.pattern, RoutePattern) else f"({entry.pattern})"
        )
        names = (*kwargs, *entry.pattern.converters)
        if isinstance(entry, URLResolver):
            inner = (*namespaces, entry.namespace) if entry.namespace else namespaces
            yield from _walk(entry.url_patterns, inner, written, names)
        elif isinstance(entry, URLPattern):
            name = ":".join((*namespaces, entry.name)) if entry.name else ""
            view = entry.callback
            methods = getattr(view, "methods", None) or _api_methods(view) or ("GET",)
            yield Route(name, "/" + written, names, view, tuple(methods))


def _operations(view: Any) -> list[Any]:
    """The operations of the API behind a view; none where it is no part of the API."""
    for cell in getattr(view, "__closure__", None) or ():
        if isinstance(cell.cell_contents, PathView):
            return list(cell.cell_contents.operations)
    return []


def _api_methods(view: Any) -> tuple[str, ...]:
    return tuple(sorted(method for one in _operations(view) for method in one.methods))


def routes() -> list[Route]:
    """All routes, in the order in which they are tried."""
    return list(_walk(get_resolver().url_patterns, (), "", ()))
