"""Standing programmes: their terms, whom they trained, what they built."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.common.policy import SignedRequest, page
from fangxian.common.ui.changes import hold
from fangxian.common.ui.pages import change_page, posted
from fangxian.mobilise.aid import actions, importing, queries
from fangxian.mobilise.aid.actions import KEEP, VIEW
from fangxian.mobilise.aid.actions import trainees as trained
from fangxian.mobilise.aid.actions.programmes import FIELDS
from fangxian.mobilise.aid.forms import (
    ChangeProgrammeForm,
    ChangeTraineeForm,
    ProgrammeForm,
    ResultForm,
    TraineeForm,
)
from fangxian.mobilise.aid.rules import aid_rules
from fangxian.mobilise.aid.views.common import LOOKS, State, crumbs, whither
from fangxian.mobilise.models import AidBatch, AidProgramme, AidResult, AidTrainee
from fangxian.mobilise.rules import label
from fangxian.mobilise.views.load import as_file
from fangxian.regions.queries import full_name

SHOWN: Final = 200


@page(KEEP, methods=("GET", "POST"))
def new(request: SignedRequest) -> HttpResponse:
    """Begin a programme."""
    by = request.actor
    start = {"place": by.area, "from_date": timezone.localdate()}
    form = ProgrammeForm(posted(request), by=by, rules=aid_rules(), initial=start)
    title = _("Begin a programme")
    return change_page(
        request,
        form,
        save=lambda given: actions.begin_programme(by=by, **given),
        done=_("Begun. Now plan its first term."),
        to=_to,
        title=title,
        back=reverse("mobilise:aid"),
        breadcrumbs=crumbs((title, "")),
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
    return change_page(
        request,
        form,
        save=lambda given: actions.change_programme(
            by=request.actor, programme=found, **now | given
        ),
        done=_("The change is saved."),
        **_head(found, _("Change the programme")),
    )


def _to(found: AidProgramme) -> str:
    return reverse("mobilise:aid_programme", args=[found.id])


def _head(found: AidProgramme, title: str) -> dict[str, Any]:
    """The head of a form about a programme, for ``change_page``."""
    url = _to(found)
    steps = crumbs((found.name, url), (title, ""))
    return {"title": title, "sub": found.name, "back": url, "breadcrumbs": steps}


@page(VIEW)
def detail(request: SignedRequest, programme_id: UUID) -> HttpResponse:
    """One programme with its terms and what they left there."""
    found, rules = queries.programme(programme_id), aid_rules()
    keeps = request.actor.may(KEEP, found.place_code)
    people = list(queries.trainees(found)) if keeps else []
    terms = list(AidBatch.objects.filter(programme=found).order_by("-number"))
    heads = queries.headcounts(terms)
    results = AidResult.objects.filter(programme=found).select_related("term")
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
        "totals": queries.results(found, rules),
        "results": [
            {
                "row": row,
                "kind": label(rules.results, row.kind),
                "unit": rules.results[row.kind].unit_name if row.kind in rules.results else "",
            }
            for row in results.order_by("-day", "-id")
        ],
        "keeps": keeps,
        "listed": len(people) if keeps else queries.trainees(found).count(),
        "trainees": people[:SHOWN],
        "more": len(people) > SHOWN,
        "most": SHOWN,
        "importing": f"{reverse('mobilise:aid_import')}?kind={importing.TRAINEES}",
        "may_keep": keeps and found.ended_on is None,
        "breadcrumbs": crumbs((found.name, "")),
    }
    return render(request, "mobilise/aid_programme.html", context)


@page(KEEP, methods=("GET", "POST"))
def result(request: SignedRequest, programme_id: UUID) -> HttpResponse:
    """Record whom the experts trained, what was built or begun."""
    found = queries.programme(programme_id)
    return change_page(
        request,
        ResultForm(posted(request), rules=aid_rules(), programme=found),
        save=lambda given: actions.record_result(by=request.actor, programme=found, **given),
        done=_("Recorded."),
        **_head(found, _("Record a result")),
    )


@page(KEEP, methods=("POST",))
def end(request: SignedRequest, programme_id: UUID) -> HttpResponse:
    """End a programme."""
    actions.end_programme(by=request.actor, programme=queries.programme(programme_id))
    messages.success(request, _("The programme has ended. What it left there stays."))
    return redirect("mobilise:aid_programme", programme_id)


def _to_people(found: AidProgramme) -> str:
    return _to(found) + "#trainees"


@page(KEEP, methods=("GET", "POST"))
def add_trainee(request: SignedRequest, programme_id: UUID) -> HttpResponse:
    """Put somebody down whom the experts train."""
    by, found = request.actor, queries.programme(programme_id)
    start = {"from_date": timezone.localdate()}
    form = TraineeForm(posted(request), programme=found, initial=start)
    return change_page(
        request,
        form,
        save=lambda given: actions.add_trainee(by=by, programme=found, **given),
        done=lambda made: _("%(name)s is on the list.") % {"name": made.name},
        to=_to_people(found),
        **_head(found, _("Add a trainee")),
    )


@page(KEEP, methods=("GET", "POST"))
def trainee(request: SignedRequest, trainee_id: UUID) -> HttpResponse:
    """Change whom a programme trains: until when, what was passed."""
    by = request.actor
    if request.method == "POST":
        hold(AidTrainee, trainee_id)
    row = queries.trainee(trainee_id)
    by.require(KEEP, row.place_code)
    now = {name: getattr(row, name) for name in trained.FIELDS}
    form = ChangeTraineeForm(posted(request), programme=row.programme, initial=now)
    return change_page(
        request,
        form,
        save=lambda given: actions.change_trainee(by=by, trainee=row, **given),
        done=_("The change is saved."),
        to=_to_people(row.programme),
        **_head(row.programme, _("Change a trainee")),
    )


@page(KEEP, methods=("POST",))
def take_out_trainee(request: SignedRequest, trainee_id: UUID) -> HttpResponse:
    """Somebody was put down by mistake."""
    found = actions.take_out_trainee(by=request.actor, trainee=queries.trainee(trainee_id))
    messages.success(request, _("Taken off the list."))
    return redirect(_to_people(found))


@page(KEEP, methods=("POST",))
def trainees(request: SignedRequest, programme_id: UUID) -> HttpResponse:
    """Whom a programme trains, as a workbook in the columns of the import."""
    found = queries.programme(programme_id)
    request.actor.require(KEEP, found.place_code)
    rows = importing.trainee_rows(found)
    name = f"{found.name} · {_('Trainees')}"
    return as_file(request, "xlsx", name, importing.TRAINEE_COLUMNS, rows, titled=False)
