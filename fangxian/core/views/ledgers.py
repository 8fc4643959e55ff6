"""The pages of a room's ledgers: file, columns, preview, progress and result."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from itertools import islice
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fangxian.common.errors import Invalid, OutOfScope, Problem
from fangxian.common.masks import mask_number, mask_phone, mask_text
from fangxian.common.policy import SignedRequest, page
from fangxian.common.sheets import cell_text
from fangxian.common.ui.problems import show_problems
from fangxian.core import emergencies, imports, ledgers
from fangxian.core.actions import cancel_job
from fangxian.core.forms import LedgerForm
from fangxian.core.imports import StagedRow
from fangxian.core.ledgers import sheets
from fangxian.core.ledgers.corrections import WHY
from fangxian.core.ledgers.kinds import REFUSED, Ledger
from fangxian.core.ledgers.runs import CHECK
from fangxian.core.models import UNFINISHED, ImportRun, ImportState, Job, JobState
from fangxian.core.previews import preview_of
from fangxian.core.views.jobs import LOOK, error_of
from fangxian.regions.queries import full_name

SAMPLE = 5
SHOWN_COLUMNS = 5
PROBLEMS_A_PAGE = 100
UNTAKEN = 200
LEFT_OUT = {
    "title": gettext_lazy("title"),
    "header": gettext_lazy("header once more"),
    "section": gettext_lazy("holds for the rows below"),
    "foot": gettext_lazy("note, total or signature"),
    "further": gettext_lazy("second table"),
}
WHY_NOT = {
    sheets.UNTICKED: gettext_lazy("left out by you"),
    sheets.HIDDEN: gettext_lazy("a hidden sheet"),
    sheets.SAYS_GONE: gettext_lazy("its name says that they have died or left"),
    sheets.SAYS_EXAMPLE: gettext_lazy("its name says that it is an example"),
    sheets.OTHER_HEADING: gettext_lazy("other columns"),
    sheets.NO_ROWS: gettext_lazy("a heading without rows"),
    sheets.NO_TABLE: gettext_lazy("no table with a header row"),
    sheets.EMPTY: gettext_lazy("an empty sheet"),
}
ACCEPT = ".xlsx,.xls,.xlsm,.csv,.txt,.ods,.xlsb"


def address_of(room: str, part: str, name: str, *args: UUID) -> str:
    """The address of a page of ledgers of a room, or of a part of its ledgers."""
    return reverse(f"{room}:{part}_{name}" if part else f"{room}:{name}", args=args)


def _of_run(view: Callable[[SignedRequest, UUID], HttpResponse]) -> Callable[..., HttpResponse]:
    """The view of a run, whatever the run is called in its address."""

    @wraps(view)
    def run(request: SignedRequest, **run_id: UUID) -> HttpResponse:
        return view(request, *run_id.values())

    return run


class LedgerPages:
    """The pages of the ledgers of a room that ask one right, under its own prefix.

    ``part``: which of them (:attr:`Ledger.part`), where ledgers of a room ask different rights.
    """

    def __init__(self, room: str, right: str, part: str = "") -> None:
        self.room = room
        self.right = right
        self.part = part

    def urls(self) -> list[URLPattern]:
        """``import``, ``import_run``, ``import_columns`` and ``import_progress``.

        Of a part they begin with its name, and so does the run in their addresses.
        """
        changing = page(self.right, methods=("GET", "POST"))
        under, name = (f"{self.part}/", f"{self.part}_") if self.part else ("", "")
        one = f"{under}import/<uuid:{name}run_id>/"
        return [
            path(f"{under}import/", changing(self.upload), name=f"{name}import"),
            path(one, changing(_of_run(self.run)), name=f"{name}import_run"),
            path(f"{one}columns/", changing(_of_run(self.columns)), name=f"{name}import_columns"),
            path(
                f"{one}progress/",
                page(self.right)(_of_run(self.progress)),
                name=f"{name}import_progress",
            ),
        ]

    def _address(self, name: str, run: ImportRun) -> str:
        return address_of(self.room, self.part, name, run.pk)

    def _open(self, request: SignedRequest, run_id: UUID) -> tuple[ImportRun, Ledger]:
        run = ledgers.run_of(run_id)
        ledger = ledgers.ledgers.get(run.kind)
        if (ledger.room, ledger.part) != (self.room, self.part):
            raise OutOfScope(f"import {run_id}")
        request.actor.require(self.right, run.place_code)
        return run, ledger

    def _shown(
        self, request: SignedRequest, step: str, current: int, context: dict[str, Any],
        status: int = 200,
    ) -> HttpResponse:  # fmt: skip
        labels = [_("File"), _("Columns"), _("Preview"), _("Result")]
        steps = [
            {"label": label, "done": number < current, "current": number == current}
            for number, label in enumerate(labels)
        ]
        addresses = {
            f"{name}_url": self._address(f"import_{name}", context["run"])
            for name in ("run", "columns", "progress")
            if "run" in context
        }
        if "run" in context:
            context["emergency"] = emergencies.of(context["run"].emergency_id)
        context |= {"steps": steps, **addresses}
        context["upload_url"] = address_of(self.room, self.part, "import")
        return render(request, f"core/ledger_{step}.html", context, status=status)

    def upload(self, request: SignedRequest) -> HttpResponse:
        """Choose a file and the place it is about."""
        by = request.actor
        form = LedgerForm(
            request.POST or None, request.FILES or None, area=by.area,
            kinds=[
                one
                for one in ledgers.of_room(self.room)
                if one.part == self.part and by.may(one.right)
            ],
            asked=request.GET.dict(),
        )  # fmt: skip
        if request.method == "POST" and form.is_valid():
            given = form.cleaned_data
            file = given["file"]
            try:
                run = ledgers.upload(
                    by=by, kind=given["kind"], place_code=given["place_code"], name=file.name,
                    data=file.read(), emergency_id=given.get("emergency_id"),
                )  # fmt: skip
            except Invalid as error:
                show_problems(form, error)
            else:
                address = self._address("import_columns", run)
                if request.htmx or request.headers.get("HX-Request"):
                    return HttpResponse(status=204, headers={"HX-Redirect": address})
                return redirect(address)
        context = {
            "form": form,
            "accept": ACCEPT,
            "max_bytes": settings.FANGXIAN_UPLOAD_MB * 1024 * 1024,
        }
        return self._shown(request, "upload", 0, context, 422 if request.method == "POST" else 200)

    def columns(self, request: SignedRequest, run_id: UUID) -> HttpResponse:
        """Which column is what: proposed, to be corrected."""
        by = request.actor
        run, ledger = self._open(request, run_id)
        if run.state not in (ImportState.STAGING, ImportState.READY):
            return redirect(self._address("import_run", run))
        # Looking at another sheet changes nothing; checking its rows chooses it.
        source = ledgers.Source(by, run, _number(request.GET.get("sheet")))
        if request.method == "POST":
            _choose(request, run, source)
            return redirect(self._address("import_run", run))
        sample = [
            [mask_text(cell_text(cell)) for cell in row.cells]
            for row in islice(source.table.data_rows(), SAMPLE)
        ]
        labels = ledgers.labels_of(ledger)
        context = {
            "run": run,
            "fields": list(labels.items()),
            "required": " ".join(spec.name for spec in ledger.fields if spec.required),
            "missing": [labels[name] for name in source.mapping.missing],
            "proposals": [
                {
                    "it": proposal,
                    "values": [row[proposal.position] for row in sample],
                    "carried": proposal.label in source.carried,
                }
                for proposal in source.mapping.proposals
            ],
            "headings": _headings(source),
            "sheets": _sheets([one.kept() for one in source.sheets], source),
            "with_places": ledger.sections,
            "rows": source.count(),
            "place": full_name(run.place_code),
            "options": [
                {"it": option, "chosen": run.options.get(option.name)}
                for option in ledger.options
                if not option.right or by.may(option.right, run.place_code)
            ],
            "same": imports.same_file(run),
        }
        return self._shown(request, "columns", 1, context)

    def run(self, request: SignedRequest, run_id: UUID) -> HttpResponse:
        """Where an import stands: being checked, the preview, being written, the result."""
        by = request.actor
        found, ledger = self._open(request, run_id)
        job = Job.objects.filter(pk=found.job_id).first() if found.job_id else None
        if request.method == "POST":
            if "stop" not in request.POST:
                ledgers.confirm(by=by, run_id=found.pk)
            elif job is not None:
                cancel_job(by=by, job_id=job.pk)
                messages.success(request, _("The job is asked to stop."))
            return redirect(self._address("import_run", found))
        if job is None:
            return redirect(self._address("import_columns", found))
        context = {"run": found, "job": job, "place": full_name(found.place_code)}
        context["left_out"] = _left_out(found)
        context["sheets"] = _sheets(preview_of(found).get("sheets", []))
        working = job.state in UNFINISHED
        if not working and found.state == ImportState.READY:
            return self._shown(request, "preview", 2, context | _preview(request, found, ledger))
        context |= {
            "job_state": LOOK[JobState(job.state)],
            "checking": job.kind.endswith(CHECK),
            "working": working,
            "may_stop": job.user_id == by.user_id or by.may("core.jobs", job.place_code),
            "error": error_of(job),
            "waiting": found.rows_in - found.accepted - found.rejected,
            "is_own": found.file.owner_id is not None and found.file.owner_id == by.user_id,
            "place_url": reverse(ledger.place_url, args=[found.place_code]),
        }
        current = 3 if found.state in (ImportState.RUNNING, ImportState.FINISHED) else 2
        return self._shown(request, "run", current, context)

    def progress(self, request: SignedRequest, run_id: UUID) -> HttpResponse:
        """The progress bar; when the work has ended, the page loads itself anew."""
        found, _ledger = self._open(request, run_id)
        job = Job.objects.filter(pk=found.job_id).first() if found.job_id else None
        if job is None or job.state not in UNFINISHED:
            address = self._address("import_run", found)
            return HttpResponse(status=204, headers={"HX-Redirect": address})
        context = {
            "job": job,
            "job_state": LOOK[JobState(job.state)],
            "checking": job.kind.endswith(CHECK),
            "progress_url": request.path,
        }
        return render(request, "core/_ledger_progress.html", context)


def _number(text: str | None) -> int | None:
    """A number of an address; None if it is none."""
    return int(text) if text and text.isdecimal() and len(text) <= 6 else None


def _choose(request: SignedRequest, run: ImportRun, source: ledgers.Source) -> None:
    names = {spec.name for spec in source.ledger.fields}
    proposals = source.mapping.proposals
    mapping = {
        proposal.label: field if field in names else ""
        for proposal in proposals
        for field in [request.POST.get(f"column-{proposal.position}", "")]
    }
    many = any(one.choosable for one in source.sheets)
    ticked = [one.index for one in source.sheets if f"sheet-{one.index}" in request.POST]
    if many and not ticked:
        raise Invalid(Problem(_("Tick at least one sheet."), "sheets"))
    ledgers.choose(
        by=request.actor,
        run_id=run.pk,
        mapping=mapping,
        sheet=source.sheet,
        sheets=ticked if many else None,
        places=_places(request, source),
        carry=[p.label for p in proposals if f"carry-{p.position}" in request.POST],
        options={option.name: option.name in request.POST for option in source.ledger.options},
    )


def _places(request: SignedRequest, source: ledgers.Source) -> dict[int, str] | None:
    """Where the rows of each sheet lie, as it was written; None where the page did not ask."""
    asked = [one.index for one in source.sheets if f"place-{one.index}" in request.POST]
    return {index: request.POST[f"place-{index}"] for index in asked} if asked else None


def _headings(source: ledgers.Source) -> list[dict[str, Any]]:
    """The sheets whose columns may be chosen: one of each heading."""
    apart = [
        one for one in source.sheets if one.why == sheets.OTHER_HEADING or one.index == source.sheet
    ]
    return [
        {
            "label": one.name,
            "count": one.rows,
            "url": f"?sheet={one.index}",
            "current": one.index == source.sheet,
        }
        for one in apart
    ]


def _sheets(
    listed: list[dict[str, Any]], source: ledgers.Source | None = None
) -> list[dict[str, Any]]:
    """The sheets of the file as the pages list them: in or not, why, and where their rows lie.

    Nothing where the file has one sheet, whose name says nothing. ``source``: to be chosen of.
    """
    said = any(one["place"] or one["why"] for one in listed)
    if len(listed) == 1 and not (said or (source and source.sheets[0].choosable)):
        return []
    shown = [one | {"why": WHY_NOT.get(one["why"], "")} for one in listed]
    if source is not None:
        for one, sheet in zip(shown, source.sheets, strict=True):
            one |= {
                "index": sheet.index,
                "choosable": sheet.choosable,
                "taken": sheet.taken,
                "place": sheet.place,
            }
    return shown


def _preview(request: SignedRequest, run: ImportRun, ledger: Ledger) -> dict[str, Any]:
    summary = preview_of(run)
    counts, problems = summary.get("counts", {}), summary.get("problems", [])
    refused = counts.get(REFUSED, 0)
    labels = ledgers.labels_of(ledger)
    start = _number(request.GET.get("after")) or 0
    end = start + PROBLEMS_A_PAGE
    statuses = [*ledger.statuses, ledgers.Status(REFUSED, _("To be corrected"), "bad")]
    columns, rows = _first_rows(run, ledger, summary.get("first", {}), statuses)
    return {
        "summary": summary,
        "tiles": [
            {"label": s.label, "count": n, "kind": s.look if n else ""}
            for s in statuses
            for n in [counts.get(s.name, 0)]
        ],
        "notes": ledger.notes(summary) if ledger.notes is not None and summary else [],
        "columns": columns,
        "first": rows,
        "problems": [
            {"row": row, "field": labels.get(name, name), "message": message, "mend": mend}
            for row, name, message, mend in problems[start:end]
        ],
        "problem_count": refused,
        "untaken": [
            {"row": row, "column": column, "old": old, "new": new, "why": WHY[why]}
            for row, column, old, new, why in summary.get("untaken", [])[:UNTAKEN]
        ],
        "untaken_more": max(summary.get("untaken_count", 0) - UNTAKEN, 0),
        "next_after": end if len(problems) > end else "",
        "accepted": summary.get("rows", 0) - refused,
    }


def _left_out(run: ImportRun) -> dict[str, Any]:
    """The rows of the sheet that are not imported, as the pages list them."""
    found: dict[str, Any] = preview_of(run).get("left_out", {})
    blank = (f"{a}–{b}" if a != b else str(a) for a, b in found.get("blank", ()))
    return found | {
        "lines": [(n, LEFT_OUT[role], text) for n, role, text in found.get("lines", ())],
        "blank": ", ".join(blank),
    }


def _first_rows(
    run: ImportRun, ledger: Ledger, first: dict[str, str], statuses: list[ledgers.Status]
) -> tuple[list[str], list[dict[str, Any]]]:
    """The first rows as they were read: labels, and of each row its texts and what it becomes."""
    rows = imports.rows_of(run, limit=len(first)) if first else []
    looks = [ledger.look(row) if ledger.look else _look(ledger, row) for row in rows]
    labels = list(dict.fromkeys(label for look in looks for label in look))[:SHOWN_COLUMNS]
    words = {status.name: status.label for status in statuses}
    shown = [
        {
            "number": imports.row_name(run, row.number),
            "cells": [(label, look.get(label, "")) for label in labels],
            "status": words.get(status, ""),
            "kind": "bad" if status == REFUSED else "ok",
        }
        for row, look in zip(rows, looks, strict=True)
        for status in [first.get(str(row.number), "")]
    ]
    return labels, shown


def _look(ledger: Ledger, row: StagedRow) -> dict[str, str]:
    """Label → text of the fields that a row fills, numbers masked."""
    masks = {"phone": mask_phone, "document": mask_number}
    found = {}
    for spec in ledger.fields:
        if spec.name in row.values:
            value = row.values[spec.name]
            text = str(value[-1] if isinstance(value, list) else value)
            found[str(spec.label)] = masks.get(spec.kind, mask_text)(text)
    return found
