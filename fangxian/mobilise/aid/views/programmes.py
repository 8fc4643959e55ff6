"""Standing programmes: their terms, whom they trained, what they built."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Sum
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.common.policy import SignedRequest, page
from fangxian.common.ui.changes import hold
from fangxian.common.ui.problems import tried
from fangxian.mobilise.aid import actions, queries
from fangxian.mobilise.aid.actions import KEEP, VIEW
from fangxian.mobilise.aid.actions.programmes import FIELDS
from fangxian.mobilise.aid.forms import ChangeProgrammeForm, ProgrammeForm, ResultForm
from fangxian.mobilise.aid.rules import aid_rules
from fangxian.mobilise.aid.views.common import LOOKS, State, crumbs, form_page, whither
from fangxian.mobilise.models import AidBatch, AidProgramme, AidResult
from fangxian.mobilise.rules import label
from fangxian.mobilise.views.common import posted
from fangxian.regions.queries import full_name


@page(KEEP, methods=("GET", "POST"))
def new(request: SignedRequest) -> HttpResponse:
    """Begin a programme."""
    by = request.actor
    start = {"place": by.area, "from_date": timezone.localdate()}
    form = ProgrammeForm(posted(request), by=by, rules=aid_rules(), initial=start)
    if form.is_bound and form.is_valid():
        made = tried(form, lambda: actions.begin_programme(by=by, **form.cleaned_data))
        if made is not None:
            messages.success(request, _("Begun. Now plan its first term."))
            return redirect("mobilise:aid_programme", made.id)
    title = _("Begin a programme")
    return form_page(
        request, form, title=title, back=reverse("mobilise:aid"), breadcrumbs=crumbs((title, ""))
    )


@page(KEEP, methods=("GET", "POST"))
def edit(request: SignedRequest, programme_id: UUID) -> HttpResponse:
    """Change a programme."""
    if request.method == "POST":
        hold(AidProgramme, programme_id)
    found = queries.programme(programme_id)
    now = {name: getattr(found, name) for name in FIELDS}
    shown = now | {
        "destination": found.destination.code if found.destination else "",
        "organisation": found.organisation.name if found.organisation else "",
    }
    form = ChangeProgrammeForm(posted(request), initial=shown, rules=aid_rules())
    if form.is_bound and form.is_valid():
        given = now | form.cleaned_data
        done = tried(
            form,
            lambda: actions.change_programme(by=request.actor, programme=found, **given),
        )
        if done is not None:
            messages.success(request, _("The change is saved."))
            return redirect("mobilise:aid_programme", found.id)
    return _page(request, found, form, _("Change the programme"))


def _page(request: SignedRequest, found: AidProgramme, form: Any, title: str) -> HttpResponse:
    url = reverse("mobilise:aid_programme", args=[found.id])
    return form_page(
        request,
        form,
        title=title,
        sub=found.name,
        back=url,
        breadcrumbs=crumbs((found.name, url), (title, "")),
    )


@page(VIEW)
def detail(request: SignedRequest, programme_id: UUID) -> HttpResponse:
    """One programme with its terms and what they left there."""
    found, rules = queries.programme(programme_id), aid_rules()
    terms = list(AidBatch.objects.filter(programme=found).order_by("-number"))
    heads = queries.headcounts(terms)
    results = AidResult.objects.filter(programme=found).select_related("term")
    sums = dict(results.values_list("kind").annotate(n=Sum("number")).order_by())
    context = {
        "programme": found,
        "kind": label(rules.programmes, found.kind),
        "where": whither(found.destination, found.elsewhere),
        "home": full_name(found.place_code),
        "terms": [
            {
                "batch": one,
                "look": LOOKS[State(one.state)],
                "people": heads.get(one.id, (0, 0))[0],
            }
            for one in terms
        ],
        "experts": sum(n for n, _away in heads.values()),
        "totals": [(one, sums[one.code]) for one in rules.results.values() if one.code in sums],
        "results": [
            {
                "row": row,
                "kind": label(rules.results, row.kind),
                "unit": rules.results[row.kind].unit_name if row.kind in rules.results else "",
            }
            for row in results.order_by("-day", "-id")
        ],
        "may_keep": request.actor.may(KEEP, found.place_code) and found.ended_on is None,
        "breadcrumbs": crumbs((found.name, "")),
    }
    return render(request, "mobilise/aid_programme.html", context)


@page(KEEP, methods=("GET", "POST"))
def result(request: SignedRequest, programme_id: UUID) -> HttpResponse:
    """Record whom the experts trained, what was built or begun."""
    found = queries.programme(programme_id)
    form = ResultForm(posted(request), rules=aid_rules(), programme=found)
    if form.is_bound and form.is_valid():
        done = tried(
            form,
            lambda: actions.record_result(by=request.actor, programme=found, **form.cleaned_data),
        )
        if done is not None:
            messages.success(request, _("Recorded."))
            return redirect("mobilise:aid_programme", found.id)
    return _page(request, found, form, _("Record a result"))


@page(KEEP, methods=("POST",))
def end(request: SignedRequest, programme_id: UUID) -> HttpResponse:
    """End a programme."""
    actions.end_programme(by=request.actor, programme=queries.programme(programme_id))
    messages.success(request, _("The programme has ended. What it left there stays."))
    return redirect("mobilise:aid_programme", programme_id)
