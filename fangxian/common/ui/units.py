"""What a figure counts, as the word beside it."""

from __future__ import annotations

from typing import Any, Final

from django.utils.translation import npgettext_lazy

UNITS: Final[dict[str, Any]] = {
    "account": npgettext_lazy("unit", "account", "accounts"),
    "alert": npgettext_lazy("unit", "alert", "alerts"),
    "drawing": npgettext_lazy("unit", "drawing", "drawings"),
    "household": npgettext_lazy("unit", "household", "households"),
    "import": npgettext_lazy("unit", "import", "imports"),
    "item": npgettext_lazy("unit", "item", "items"),
    "job": npgettext_lazy("unit", "job", "jobs"),
    "message": npgettext_lazy("unit", "message", "messages"),
    "pair": npgettext_lazy("unit", "pair", "pairs"),
    "person": npgettext_lazy("unit", "person", "people"),
    "place": npgettext_lazy("unit", "place", "places"),
    "post": npgettext_lazy("unit", "post", "posts"),
    "report": npgettext_lazy("unit", "report", "reports"),
    "round": npgettext_lazy("unit", "round", "rounds"),
    "shift": npgettext_lazy("unit", "shift", "shifts"),
    "time": npgettext_lazy("unit", "time", "times"),
    "visit": npgettext_lazy("unit", "visit", "visits"),
}


def unit(n: int, of: str) -> str:
    """The word for ``n`` of :data:`UNITS`, "" for a figure without one."""
    return str(UNITS[of] % n) if of else ""
