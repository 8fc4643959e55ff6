"""Import of the room's ledgers: upload, mapping, preview, commit."""

from __future__ import annotations

from itertools import islice
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fangxian.common.errors import OutOfScope
from fangxian.common.policy import SignedRequest, page
from fangxian.common.sheets import Cell, cell_text
from fangxian.core import ledgers
from fangxian.core.models import ImportRun, ImportState, Job
from fangxian.core.views.jobs import row_of
from fangxian.organisations.forms import one_place
from fangxian.organisations.importing import LEDGERS, RESPONSIBILITIES, RIGHT
from fangxian.organisations.views.common import posted, tried
from fangxian.people.documents import mask_number, mask_phone
from fangxian.regions.models import Region
from fangxian.regions.queries import at, full_name

MOST_MB = 30
SAMPLE = 5
SHOWN = 200


class UploadForm(forms.Form):
    kind = forms.ChoiceField(label=gettext_lazy("Ledger"), widget=forms.RadioSelect)
    place = forms.CharField(
        label=gettext_lazy("Place"),
        max_length=60,
        help_text=gettext_lazy("Name or code of the place that the ledger is about."),
    )
    file = forms.FileField(label=gettext_lazy("Workbook"))

    def __init__(self, area: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.area = area
        self.fields["kind"].choices = [(l.kind, l.label) for l in LEDGERS.values()]  # type: ignore[attr-defined]  # noqa: E741 - a ledger

    def clean_place(self) -> Region:
        return one_place(self.cleaned_data["place"], self.area)

    def clean_file(self) -> Any:
        upload = self.cleaned_data["file"]
        if upload.size > MOST_MB * 1024 * 1024:
            raise forms.ValidationError(_("The file is larger than %(mb)s MB.") % {"mb": MOST_MB})
        return upload


@page(RIGHT, methods=("GET", "POST"))
def start(request: SignedRequest) -> HttpResponse:
    """Send a ledger."""
    by = request.actor
    form = UploadForm(
        by.area,
        posted(request),
        request.FILES if request.method == "POST" else None,
        initial={"place": by.area, "kind": RESPONSIBILITIES},
    )
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        run = tried(
            form,
            lambda: ledgers.upload(
                by=by,
                kind=given["kind"],
                place_code=given["place"].code,
                name=str(given["file"].name),
                data=given["file"].read(),
            ),
        )
        if run is not None:
            return redirect("organisations:import_run", run.id)
    return render(
        request,
        "organisations/import.html",
        {"form": form, "most": MOST_MB * 1024 * 1024, "ledgers": LEDGERS.values()},
        status=422 if request.method == "POST" else 200,
    )


def _run(run_id: UUID) -> ImportRun:
    run = ledgers.run_of(run_id)
    if run.kind not in LEDGERS:
        raise OutOfScope(f"import {run_id}")
    return run


@page(RIGHT, methods=("GET", "POST"))
def run(request: SignedRequest, run_id: UUID) -> HttpResponse:
    """One import: the mapping to correct, what will become of the rows, the start."""
    by, found = request.actor, _run(run_id)
    by.require(RIGHT, found.place_code)
    if request.method == "POST":
        if "confirm" in request.POST:
            ledgers.confirm(by=by, run_id=found.id)
        else:
            _choose(request, found)
        return redirect("organisations:import_run", found.id)
    if found.state == ImportState.FINISHED:
        return redirect("core:import", found.id)
    job = Job.objects.filter(id=found.job_id).first() if found.job_id else None
    source = ledgers.Source(by, found)
    fields = source.ledger.fields
    rows = [row.cells for row in islice(source.table.data_rows(), SAMPLE)]
    preview = found.options.get("preview") if found.state == ImportState.READY else None
    labels = {spec.name: spec.label for spec in fields}
    context = {
        "run": found,
        "label": source.ledger.label,
        "place": full_name(found.place_code) or at(found.place_code).name,
        "job": row_of(job) if job else None,
        "columns": [
            {
                "proposal": proposal,
                "sample": [_shown(proposal.field, cells[proposal.position]) for cells in rows],
            }
            for proposal in source.mapping.proposals
        ],
        "fields": [(spec.name, spec.label) for spec in fields],
        "required": " ".join(spec.name for spec in fields if spec.required),
        "missing": [labels[name] for name in source.mapping.missing],
        "sheets": [table.sheet for table in source.tables],
        "sheet": int(found.options.get("sheet", 0)),
        "replace": bool(found.options.get("replace")),
        "may_replace": found.kind == RESPONSIBILITIES,
        "preview": preview,
        "problems": [
            (number, labels.get(name, name), text, mend)
            for number, name, text, mend in preview["problems"][:SHOWN]
        ]
        if preview
        else [],
        "ready": found.state == ImportState.READY,
        "unfinished": bool(job and row_of(job)["unfinished"]),
    }
    return render(request, "organisations/import_run.html", context)


def _shown(field: str | None, cell: Cell) -> str:
    """A sample value as a page may show it: no full number of anybody."""
    text = cell_text(cell)[:60]
    if field in ("phone", "responsible_phone"):
        return mask_phone(text)
    if field == "identity" or sum(character.isdigit() for character in text) > 12:
        return mask_number(text)
    return text


def _choose(request: SignedRequest, found: ImportRun) -> None:
    source = ledgers.Source(request.actor, found)
    names = {spec.name for spec in source.ledger.fields}
    mapping = {}
    for proposal in source.mapping.proposals:
        chosen = request.POST.get(f"column-{proposal.position}", "")
        mapping[proposal.label] = chosen if chosen in names else ""
    text = request.POST.get("sheet", "0")
    sheet = int(text) if text.isdecimal() and len(text) < 4 else 0
    ledgers.choose(
        by=request.actor,
        run_id=found.id,
        mapping=mapping,
        sheet=min(sheet, len(source.tables) - 1),
        options={"replace": request.POST.get("replace") == "on"},
    )
    messages.info(request, _("The ledger is being checked."))
