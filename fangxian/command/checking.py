"""The nightly proof that everything that must always hold does hold, and its last result."""

from __future__ import annotations

import logging
import time
from itertools import islice
from typing import Any

from django.utils import timezone

from fangxian.command.models import CheckRun
from fangxian.common import registries

log = logging.getLogger(__name__)

STALE_SECONDS = 26 * 3600
COUNTED = 100


def check_all() -> CheckRun:
    """Check every invariant and keep the result: name, breaches (at most 100) and seconds.

    Only numbers are kept; ``fangxian check`` prints the sentences. One that can't be checked (None
    breaches) keeps back no other.
    """
    results: list[tuple[str, int | None, float]] = []
    for name, invariant in registries.invariants.items():
        began = time.monotonic()
        breaches: int | None = None
        try:
            breaches = sum(1 for _sentence in islice(invariant.find(), COUNTED))
        except Exception as error:
            # Not the message: it may quote a row.
            log.error("invariant %s can't be checked: %s", name, type(error).__name__)
        results.append((name, breaches, round(time.monotonic() - began, 3)))
    run = CheckRun(results=results)
    run.save(force_insert=True)
    return run


def last_check() -> CheckRun | None:
    """The latest result. One query."""
    return CheckRun.objects.order_by("-created_at").first()


def proof() -> dict[str, Any]:
    """The last result for a page: ``at``, ``rows`` (label, breaches, seconds), ``holds``.

    ``broken`` counts the invariants that don't hold or could not be checked (breaches None).
    """
    run = last_check()
    if run is None:
        return {"at": None, "rows": [], "broken": 0, "holds": False, "stale": True}
    labels = {name: entry.label for name, entry in registries.invariants.items()}
    rows = [
        {"name": name, "label": labels.get(name, name), "breaches": breaches, "seconds": seconds}
        for name, breaches, seconds in run.results
    ]
    return {
        "at": run.created_at,
        "rows": rows,
        "broken": sum(1 for row in rows if row["breaches"] != 0),
        "holds": all(row["breaches"] == 0 for row in rows),
        "stale": (timezone.now() - run.created_at).total_seconds() > STALE_SECONDS,
    }
