"""The import centre: what was imported, with which result."""

from __future__ import annotations

from contextlib import suppress
from itertools import islice
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render

from fangxian.accounts.policy import SignedRequest, page
from fangxian.accounts.queries import display_names
from fangxian.common.errors import OutOfScope
from fangxian.core import emergencies, imports
from fangxian.core.ledgers import ledgers
from fangxian.core.models import ImportRun, ImportState, Job, JobState
from fangxian.core.views.jobs import row_of
from fangxian.core.views.ledgers import address_of
from fangxian.regions.queries import full_name, names

PAGE = 50
SHOWN_PROBLEMS = 200

KIND_OF_STATE = {
    ImportState.STAGING: "doing",
    ImportState.READY: "todo",
    ImportState.RUNNING: "doing",
    ImportState.FINISHED: "ok",
}
KIND_OF_END = {JobState.FAILED: "bad", JobState.STOPPED: "warn"}


def _row(run: ImportRun, places: dict[str, str], ends: dict[UUID, JobState]) -> dict[str, Any]:
    end = ends.get(run.id)
    return {
        "run": run,
        "label": str(ledgers.get(run.kind).label) if run.kind in ledgers else run.kind,
        "look": KIND_OF_END[end] if end else KIND_OF_STATE[ImportState(run.state)],
        "state": end.label if end else run.get_state_display(),
        "place": places.get(run.place_code, run.place_code),
    }


def _next(request: SignedRequest, run: ImportRun) -> str:
    """Where an import goes on; empty if it is finished or not for this account."""
    if run.kind not in ledgers or run.state == ImportState.FINISHED:
        return ""
    ledger = ledgers.get(run.kind)
    may = request.actor.may(ledger.right, run.place_code)
    return address_of(ledger.room, ledger.part, "import_run", run.id) if may else ""


@page("core.imports")
def runs(request: SignedRequest) -> HttpResponse:
    """All imports of the area, newest first, and where to begin one."""
    found = ImportRun.objects.order_by("-id")
    with suppress(ValueError):
        found = found.filter(id__lt=UUID(request.GET.get("after", "")))
    rows = list(found[: PAGE + 1])
    places = names(run.place_code for run in rows)
    ends = imports.ends_of(rows)
    context = {
        "rows": [_row(run, places, ends) for run in rows[:PAGE]],
        "people": display_names(run.made_by for run in rows),
        "count": ImportRun.objects.count(),
        "next_after": rows[PAGE - 1].id if len(rows) > PAGE else "",
        "kinds": [
            {
                "label": ledger.label,
                "url": f"{address_of(ledger.room, ledger.part, 'import')}?kind={ledger.kind}",
            }
            for ledger in ledgers
            if request.actor.may(ledger.right)
        ],
    }
    return render(request, "core/imports.html", context)


@page("core.imports")
def detail(request: SignedRequest, run_id: UUID) -> HttpResponse:
    """One import: its counts and the rows that were refused."""
    run = ImportRun.objects.select_related("file").filter(id=run_id).first()
    if run is None:
        raise OutOfScope(str(run_id))
    job = Job.objects.filter(id=run.job_id).first() if run.job_id else None
    problems = [
        {"number": imports.row_name(run, number), "problems": found}
        for number, _values, found in islice(imports.problems_of(run), SHOWN_PROBLEMS)
    ]
    context = {
        "row": _row(run, {}, imports.ends_of([run])),
        "is_own": run.file.owner_id is not None and run.file.owner_id == request.actor.user_id,
        "run": run,
        "people": display_names([run.made_by]),
        "emergency": emergencies.of(run.emergency_id),
        "place": full_name(run.place_code),
        "waiting": run.rows_in - run.accepted - run.rejected,
        "job": row_of(job) if job else None,
        "next": _next(request, run),
        "problems": problems,
        "more": max(0, run.rejected - len(problems)),
    }
    return render(request, "core/import.html", context)
