"""Detection of outbreaks in series of counts: one interface, the field's methods.

Every method takes a table of series (series × times, missing counts are nan) and gives a
:class:`Detection` of the same shape. :data:`METHODS` names them; :func:`detect` calls one by name
with parameters as plain data, so that what watches what can be kept as rules.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from .ears import ears
from .historical import bayes, fixed_threshold, historical_limits, moving_percentile, rki
from .model import Detection

METHODS: Final[dict[str, Callable[..., Detection]]] = {
    "ears_c1": partial(ears, kind="C1"),
    "ears_c2": partial(ears, kind="C2"),
    "ears_c3": partial(ears, kind="C3"),
    "rki": rki,
    "bayes": bayes,
    "historical_limits": historical_limits,
    "moving_percentile": moving_percentile,
    "fixed_threshold": fixed_threshold,
}


def detect(method: str, series: Any, **parameters: Any) -> Detection:
    """Judge series by a method of :data:`METHODS`. Raises KeyError, TypeError, ValueError."""
    try:
        function = METHODS[method]
    except KeyError:
        raise KeyError(f"{method!r} is none of {', '.join(METHODS)}") from None
    return function(series, **parameters)


__all__ = [
    "METHODS",
    "Detection",
    "bayes",
    "detect",
    "ears",
    "fixed_threshold",
    "historical_limits",
    "moving_percentile",
    "rki",
]
