"""What has changed in a watched ledger since the last time."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from fangxian.accounts.policy import SignedRequest, page
from fangxian.common.errors import OutOfScope
from fangxian.common.facts import View, plans
from fangxian.common.facts.asked import columns_for
from fangxian.reporting import actions, shots, words
from fangxian.reporting.actions.watching import last_shot, opened
from fangxian.reporting.models import Ledger, Shot
from fangxian.reporting.queries import ledger_of, view_of
from fangxian.reporting.registered import EXPORT
from fangxian.reporting.rules import export_rules
from fangxian.reporting.views.common import frame

SHOTS = 30


@page(EXPORT)
def changes(request: SignedRequest, ledger_id: UUID) -> HttpResponse:
    """What is new, changed or gone now against the last time it was written."""
    ledger = ledger_of(request.actor, ledger_id)
    request.actor.require(EXPORT, ledger.place_code)
    view = view_of(ledger).checked(request.actor, ledger.place_code)
    last = last_shot(ledger, view)
    context = frame(request, "start")
    context |= {
        "ledger": ledger,
        "title": ledger.name,
        "columns": columns_for(view.facts(), view.shown()),
        "last": last,
        "shots": list(Shot.objects.filter(ledger=ledger).order_by("-created_at", "-id")[:SHOTS]),
        "most": shots.SHOWN,
    }
    if last is not None:
        context |= _difference(request, ledger, view, last)
    return render(request, "reporting/changes.html", context)


def _difference(request: SignedRequest, ledger: Ledger, view: View, last: Shot) -> dict[str, Any]:
    """The rows in which now and the last time differ; those that left the view as they are now."""
    by, place = request.actor, ledger.place_code
    before = opened(last)
    now: shots.Digests = {}
    lines: dict[bytes, plans.Line] = {}
    if plans.count(view, by, place, export_rules().watched_rows) > export_rules().watched_rows:
        raise OutOfScope(str(ledger.pk))
    for line in plans.stream(view, by, place):
        ((key, cells),) = shots.taken([(line.key, line.cells)], ledger.pk).items()
        now[key] = cells
        if before.get(key) != cells and len(lines) < shots.SHOWN:
            lines[key] = line
    found = shots.between(before, now)
    return {
        "counts": (len(found.added), len(found.changed), len(found.gone)),
        "added": [_shown(lines[key], frozenset()) for key in lines if key in found.added],
        "changed": [
            _shown(lines[key], found.changed[key]) for key in lines if key in found.changed
        ],
        "gone": _gone(view, by, place, found.gone),
    }


def _shown(line: plans.Line, marked: frozenset[int]) -> list[tuple[str, bool]]:
    return [(words.cell_words(cell), at in marked) for at, cell in enumerate(line.cells)]


def _gone(view: View, by: Any, place: str, keys: frozenset[bytes]) -> list[Any]:
    """Rows that no longer fit the ledger but still lie in the reader's area."""
    facts = view.facts()
    wanted = [UUID(bytes=key) for key in sorted(keys)[: shots.SHOWN]]
    if not wanted or facts.model._meta.pk.get_internal_type() != "UUIDField":
        return []
    found = plans.lines_of(View(view.table, view.columns), by, place, wanted)
    return [_shown(line, frozenset()) for line in found]


@page(EXPORT, methods=("POST",))
def shoot(request: SignedRequest, ledger_id: UUID) -> HttpResponse:
    """Begin to compare from now on."""
    actions.shoot(by=request.actor, ledger_id=ledger_id)
    messages.success(request, _("From now on the ledger is compared with how it is now."))
    return redirect("reporting:ledger_changes", ledger_id)
