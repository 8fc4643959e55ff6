"""Importing a ledger: upload, columns, preview, progress and result."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from fangxian.common import codes
from fangxian.common.errors import Invalid, Problem
from fangxian.common.policy import SignedRequest, page
from fangxian.common.sheets import RowRole, cell_text
from fangxian.core import imports
from fangxian.core.models import ImportRun, ImportState, Job
from fangxian.people.documents import mask_number, mask_phone
from fangxian.people.forms import show_problems
from fangxian.regions import queries as regions
from fangxian.register.forms import UploadForm
from fangxian.register.importing import matching, runs
from fangxian.register.importing.fields import FIELDS, LABELS, Record

SAMPLE = 5
ACCEPT = ".xlsx,.xls,.xlsm,.csv,.txt,.ods,.xlsb"
PROBLEMS_A_PAGE = 100


def _steps(current: int) -> list[dict[str, Any]]:
    labels = [_("File"), _("Columns"), _("Preview"), _("Result")]
    return [
        {"label": label, "done": number < current, "current": number == current}
        for number, label in enumerate(labels)
    ]


def _places(area: str) -> list[tuple[str, str]]:
    """The places a ledger may be about: the area itself, and what lies below to the grid."""
    found = []
    if len(area) >= codes.Level.PREFECTURE:
        found.append((area, regions.full_name(area)))
    for level in (codes.Level.TOWN, codes.Level.VILLAGE, codes.Level.GRID):
        if len(area) < level and level - len(area) <= codes.Level.TOWN:
            found += [(place.code, place.name) for place in regions.below(area, level)[:2000]]
    return found


@page("register.import", methods=("GET", "POST"))
def upload(request: SignedRequest) -> HttpResponse:
    """Choose a file and the place it is about."""
    by = request.actor
    form = UploadForm(
        request.POST or None, request.FILES or None, places=_places(by.area),
        initial={"place_code": request.GET.get("place", by.area)},
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            if file.size > settings.FANGXIAN_UPLOAD_MB * 1024 * 1024:
                raise Invalid(
                    Problem(
                        _("The file is larger than %(limit)s MB.")
                        % {"limit": settings.FANGXIAN_UPLOAD_MB},
                        "file",
                        mend=_("Split the ledger into several files."),
                    )
                )
            run = runs.upload(
                by=by, place_code=form.cleaned_data["place_code"], name=file.name, data=file.read()
            )
        except Invalid as error:
            show_problems(form, error)
        else:
            address = reverse("register:import_columns", args=[run.pk])
            if request.htmx or request.headers.get("HX-Request"):
                return HttpResponse(status=204, headers={"HX-Redirect": address})
            return redirect(address)
    context = {
        "form": form,
        "steps": _steps(0),
        "accept": ACCEPT,
        "max_bytes": settings.FANGXIAN_UPLOAD_MB * 1024 * 1024,
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "register/import_upload.html", context, status=status)


def _open(request: SignedRequest, run_id: UUID) -> ImportRun:
    run = runs.run_of(run_id)
    request.actor.require(runs.RIGHT, run.place_code)
    return run


@page("register.import", methods=("GET", "POST"))
def columns(request: SignedRequest, run_id: UUID) -> HttpResponse:
    """Which column is what: proposed, to be corrected."""
    by, run = request.actor, _open(request, run_id)
    if run.state not in (ImportState.STAGING, ImportState.READY):
        return redirect("register:import_run", run.pk)
    # Looking at another sheet changes nothing; checking its rows chooses it.
    source = runs.Source(by, run, _number(request.GET.get("sheet")))
    if request.method == "POST":
        names = {spec.name for spec in FIELDS}
        mapping = {
            proposal.label: field if field in names else ""
            for proposal in source.mapping.proposals
            for field in [request.POST.get(f"column-{proposal.position}", "")]
        }
        runs.choose(
            by=by,
            run_id=run.pk,
            mapping=mapping,
            sheet=source.sheet,
            create_places="create_places" in request.POST,
            carry=[
                proposal.label
                for proposal in source.mapping.proposals
                if f"carry-{proposal.position}" in request.POST
            ],
        )
        return redirect("register:import_run", run.pk)
    sample = []
    for row in source.table.data_rows():
        sample.append([_hidden(cell_text(cell)) for cell in row.cells])
        if len(sample) == SAMPLE:
            break
    context = {
        "run": run,
        "steps": _steps(1),
        "fields": [(spec.name, spec.label) for spec in FIELDS],
        "proposals": [
            {
                "it": proposal,
                "values": [row[proposal.position] for row in sample],
                "carried": proposal.label in source.carried,
            }
            for proposal in source.mapping.proposals
        ],
        "sheets": [
            {
                "label": table.sheet,
                "count": table.counts()[RowRole.DATA],
                "url": f"?sheet={number}",
                "current": table is source.table,
            }
            for number, table in enumerate(source.tables)
        ],
        "rows": source.table.counts()[RowRole.DATA],
        "place": regions.full_name(run.place_code),
        "may_create": by.may("regions.edit", run.place_code),
        "same": _earlier(run),
    }
    return render(request, "register/import_columns.html", context)


def _number(text: str | None) -> int | None:
    """A number of an address; None if it is none."""
    return int(text) if text and text.isdecimal() and len(text) <= 6 else None


def _hidden(text: str) -> str:
    """A cell as the mapping page shows it: long numbers masked, whatever the column is."""
    digits = sum(character.isdigit() for character in text)
    if digits >= 15:
        return mask_number(text)
    return mask_phone(text) if digits >= 10 and len(text) <= 14 else text[:40]


def _earlier(run: ImportRun) -> ImportRun | None:
    found = imports.same_file(run.kind, run.place_code, run.sha256)
    if found is None or found.pk == run.pk or found.state != ImportState.FINISHED:
        return None
    return found


@page("register.import", methods=("GET", "POST"))
def run(request: SignedRequest, run_id: UUID) -> HttpResponse:
    """Where an import stands: being checked, the preview, being written, the result."""
    by, found = request.actor, _open(request, run_id)
    if request.method == "POST":
        runs.confirm(by=by, run_id=found.pk)
        return redirect("register:import_run", found.pk)
    job = Job.objects.filter(pk=found.job_id).first() if found.job_id else None
    if job is None:
        return redirect("register:import_columns", found.pk)
    working = job.state in ("queued", "running", "stopping")
    context: dict[str, Any] = {
        "run": found,
        "job": job,
        "job_state": {"queued": "waiting", "running": "running", "stopping": "running"}.get(
            job.state, "done" if job.state == "done" else "failed"
        ),
        "working": working,
        "place": regions.full_name(found.place_code),
        "progress_url": reverse("register:import_progress", args=[found.pk]),
    }
    if not working and found.state == ImportState.READY:
        return render(request, "register/import_preview.html", context | _preview(request, found))
    context["steps"] = _steps(3 if found.state in ("running", "finished") else 2)
    return render(request, "register/import_run.html", context)


def _preview(request: SignedRequest, found: ImportRun) -> dict[str, Any]:
    summary = found.options.get("preview", {})
    counts = summary.get("counts", {})
    start = _number(request.GET.get("after")) or 0
    problems = summary.get("problems", [])
    statuses = summary.get("first", {})
    words = {
        matching.NEW: pgettext("row of an import", "new"),
        matching.CHANGED: _("changed"),
        matching.MOVED: _("moves here"),
        matching.KNOWN: _("known, nothing changes"),
        matching.DUPLICATE: _("twice in the file"),
        matching.REFUSED: _("to be corrected"),
    }
    rows = [
        Record.of(row.number, row.values)
        for row in imports.rows_of(found, limit=len(statuses) or 1)
    ]
    return {
        "steps": _steps(2),
        "summary": summary,
        "tiles": [
            {
                "label": words[status],
                "count": counts.get(status, 0),
                "kind": "bad" if status == matching.REFUSED and counts.get(status) else "",
            }
            for status in matching.STATUSES
        ],
        "first": [
            {
                "row": record,
                "number": imports.place_of(record.number)[0],
                "status": words.get(statuses.get(str(record.number), ""), ""),
                "kind": "bad" if statuses.get(str(record.number)) == matching.REFUSED else "ok",
                "document": mask_number(record.document[1]) if record.document else "",
                "phone": ", ".join(mask_phone(number) for number in record.phones),
                "door": _door(record),
            }
            for record in rows
        ],
        "problems": [
            {"row": row, "field": LABELS.get(name, name), "message": message, "mend": mend}
            for row, name, message, mend in problems[start : start + PROBLEMS_A_PAGE]
        ],
        "problem_count": counts.get(matching.REFUSED, 0),
        "next_after": start + PROBLEMS_A_PAGE if len(problems) > start + PROBLEMS_A_PAGE else "",
        "accepted": summary.get("rows", 0) - counts.get(matching.REFUSED, 0),
    }


def _door(record: Record) -> str:
    _community, _grid, estate, building, unit, room, group, road = record.place
    door = "-".join(filter(None, (building, unit, room)))
    return " ".join(filter(None, (road, estate, group, door)))


@page("register.import")
def progress(request: SignedRequest, run_id: UUID) -> HttpResponse:
    """The progress bar; when the work has ended, the page loads itself anew."""
    found = _open(request, run_id)
    job = Job.objects.filter(pk=found.job_id).first() if found.job_id else None
    if job is None or job.state not in ("queued", "running", "stopping"):
        address = reverse("register:import_run", args=[found.pk])
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    context = {
        "job": job,
        "job_state": "waiting" if job.state == "queued" else "running",
        "progress_url": request.path,
    }
    return render(request, "register/_progress.html", context)
