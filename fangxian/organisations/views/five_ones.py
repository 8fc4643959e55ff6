"""The five ones: the overview of an area, one item of one community with its evidence."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from fangxian.common.errors import Invalid, OutOfScope, Problem
from fangxian.common.policy import SignedRequest, page
from fangxian.common.ui.pages import form_page, posted, saving
from fangxian.common.ui.problems import tried
from fangxian.core.actions import store_file
from fangxian.organisations import actions
from fangxian.organisations import five_ones as state
from fangxian.organisations.forms import EvidenceForm
from fangxian.organisations.models import FiveOneEvidence
from fangxian.organisations.rules import One, five_ones
from fangxian.organisations.views.chain import chain_crumbs
from fangxian.organisations.views.common import PAGE, page_number
from fangxian.regions.models import Region
from fangxian.regions.queries import at, names

MOST_MB = 20
SORTS = ("communities", "villages")


@page("organisations.view")
def overview(request: SignedRequest, code: str) -> HttpResponse:
    """Communities × items: complete, missing, or no longer true."""
    by, here = request.actor, at(code, by=request.actor)
    rules = five_ones()
    sort = request.GET.get("sort", "")
    places = state.communities(code, sort if sort in SORTS else "")
    found = state.tally(places)
    only = request.GET.get("missing") == "1"
    listed = places.exclude(id__in=state.complete_communities(places)) if only else places
    count = found.incomplete if only else found.communities
    page_at = page_number(request)
    lines = state.lines(list(listed[(page_at - 1) * PAGE : page_at * PAGE]))
    where = names({line.place.code[:9] for line in lines})
    return render(
        request,
        "organisations/five_ones.html",
        {
            "place": here,
            "lines": [(line, where.get(line.place.code[:9], "")) for line in lines],
            "items": [{"item": one, "done": found.done.get(one.code, 0)} for one in rules.items],
            "total": found.communities * len(rules.items),
            "done": sum(found.done.values()),
            "count": found.communities,
            "figure": "" if sort in SORTS else "regions.communities",
            "listed": count,
            "incomplete": found.incomplete,
            "only": only,
            "sort": sort,
            "page": page_at,
            "more": count > page_at * PAGE,
            "breadcrumbs": chain_crumbs(by, here, _("Five ones")),
        },
    )


def _community(request: SignedRequest, code: str) -> Region:
    here = at(code, by=request.actor)
    if here.level != int(five_ones().level):
        raise OutOfScope(code)
    return here


@page("organisations.view", methods=("GET", "POST"))
def attach(request: SignedRequest, code: str, item: str) -> HttpResponse:
    """One item of a community: what shows it, and attaching what does."""
    by, here = request.actor, _community(request, code)
    one = five_ones().item(item)
    form = EvidenceForm(posted(request), request.FILES if request.method == "POST" else None)
    may = by.may("organisations.evidence", code)
    text = ""
    if request.method == "POST":
        by.require("organisations.evidence", code)
        # Sent, not in the address: it may be a name.
        text = request.POST.get("q", "").replace("\x00", "")[:60]
        if (
            saving(request)
            and form.is_valid()
            and tried(form, lambda: _attach(request, here, one, form.cleaned_data))
        ):
            messages.success(request, _("“%(item)s” is shown.") % {"item": one.name})
            return redirect("organisations:five_ones", code)
    line = state.lines([here])[0]
    cell = next(cell for cell in line.cells if cell.item.code == item)
    former = FiveOneEvidence.objects.filter(community=here, item=item).exclude(to_date=None)
    if not saving(request):
        form = EvidenceForm()
    return form_page(
        request,
        form,
        template="organisations/five_one.html",
        title=one.name,
        back=reverse("organisations:five_ones", args=[code]),
        place=here,
        line=line,
        item=one,
        cell=cell,
        is_file=one.evidence == "file",
        searchable=one.evidence in ("organisation", "member"),
        text=text,
        choices=state.choices(one, here, text) if may else [],
        former=former.select_related("file").order_by("-to_date")[:20],
        may=may,
        most_mb=MOST_MB,
        breadcrumbs=chain_crumbs(by, here, _("Five ones"), one.name),
    )


def _attach(request: SignedRequest, here: Region, one: One, given: dict[str, Any]) -> Any:
    by, note = request.actor, given["note"]
    if one.evidence == "file":
        evidence: Any = _file(request, here, given["file"])
    else:
        evidence = state.by_id(one, given["chosen"]) if given["chosen"] else None
        if evidence is None:
            raise Invalid(
                Problem(_("Nothing is chosen."), field="chosen", mend=_("Choose one of the list."))
            )
    return actions.record_evidence(
        by=by, community=here, item=one.code, evidence=evidence, note=note
    )


def _file(request: SignedRequest, here: Region, upload: Any) -> Any:
    if upload is None:
        raise Invalid(Problem(_("No file was sent."), field="file", mend=_("Choose a file.")))
    if upload.size > MOST_MB * 1024 * 1024:
        raise Invalid(
            Problem(
                _("The file is larger than %(mb)s MB.") % {"mb": MOST_MB},
                field="file",
                mend=_("Send a smaller one."),
            )
        )
    return store_file(
        by=request.actor,
        data=upload.read(),
        name=str(upload.name)[:200],
        # Never what the sender calls it: it is saved, not shown.
        media_type="application/octet-stream",
        place_code=here.code,
        right="organisations.view",
    )


@page("organisations.evidence", methods=("POST",))
def withdraw(request: SignedRequest, evidence_id: UUID) -> HttpResponse:
    """What was attached holds no longer."""
    row = FiveOneEvidence.objects.filter(id=evidence_id).first()
    if row is None:
        raise OutOfScope(f"evidence {evidence_id}")
    actions.withdraw_evidence(by=request.actor, evidence=row)
    messages.success(request, _("The item is open again."))
    return redirect("organisations:five_one", row.place_code, row.item)
