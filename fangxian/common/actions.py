"""The frame of an action: one change, one function, one transaction, one actor."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from fangxian.common.actor import Actor
from fangxian.common.scoping import acting

P = ParamSpec("P")
R = TypeVar("R")


def action(function: Callable[P, R]) -> Callable[P, R]:
    """Run a function with a keyword-only ``by: Actor`` as one atomic change in the actor's scope.

    The function itself checks its right (``by.require``), writes, and leaves messages to the
    outbox. Raises TypeError at import time if ``by`` is missing or could be passed by position.
    """
    parameters = inspect.signature(function).parameters.values()
    keyword_only = {p.name for p in parameters if p.kind is p.KEYWORD_ONLY}
    positional = [
        p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]
    if "by" not in keyword_only or positional:
        raise TypeError(f"{function.__qualname__}: an action takes keywords only, `by` among them")

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        by = kwargs.get("by")
        if not isinstance(by, Actor):
            raise TypeError(f"{function.__qualname__}: by= must be an Actor")
        with acting(by):
            return function(*args, **kwargs)

    run.is_action = True  # type: ignore[attr-defined]
    return run
