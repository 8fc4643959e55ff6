"""Emergencies: which are in force, what they order, and their end."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from fangxian.accounts.policy import SignedRequest, page
from fangxian.common.errors import Invalid, OutOfScope
from fangxian.common.ui.problems import show_problems
from fangxian.core import actions
from fangxian.core.forms import EmergencyForm, LevelForm, MeasureForm
from fangxian.core.models import Emergency
from fangxian.regions.queries import full_name, names


@page()
def every(request: SignedRequest) -> HttpResponse:
    """All emergencies, those in force first."""
    found = list(
        Emergency.objects.order_by(F("ended_on").desc(nulls_first=True), "-started_on")[:200]
    )
    places = names(e.place_code for e in found)
    context = {
        "rows": [{"it": e, "place": places.get(e.place_code, e.place_code)} for e in found],
        "may_begin": request.actor.may("core.emergency"),
    }
    return render(request, "core/emergencies.html", context)


@page("core.emergency", methods=("GET", "POST"))
def begin(request: SignedRequest) -> HttpResponse:
    """Begin an emergency."""
    by = request.actor
    form = EmergencyForm(request.POST or None, initial={"place_code": by.area})
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.create_emergency(by=by, **form.cleaned_data)
        except Invalid as error:
            show_problems(form, error)
        else:
            messages.success(request, _("The emergency is begun."))
            return redirect("core:emergency", made.id)
    status = 422 if request.method == "POST" else 200
    return render(request, "core/emergency_begin.html", {"form": form}, status=status)


def _emergency(emergency_id: UUID) -> Emergency:
    found = Emergency.objects.filter(id=emergency_id).first()
    if found is None:
        raise OutOfScope(str(emergency_id))
    return found


@page()
def detail(request: SignedRequest, emergency_id: UUID) -> HttpResponse:
    """One emergency, its measures, and for whom may: changing and ending it."""
    return _detail(request, _emergency(emergency_id))


def _detail(
    request: SignedRequest, emergency: Emergency, *, measure: MeasureForm | None = None
) -> HttpResponse:
    by = request.actor
    may = emergency.in_force and by.may("core.emergency", emergency.place_code)
    measures = list(emergency.measures.order_by("-from_at"))
    measures.sort(key=lambda measure: not measure.holds_or_will)
    places = names(m.place_code for m in measures)
    context = {
        "emergency": emergency,
        "place": full_name(emergency.place_code) or emergency.place_code,
        "measures": [{"it": m, "place": places.get(m.place_code, m.place_code)} for m in measures],
        "may_change": may,
        "may_end": emergency.in_force and by.may("core.emergency_end", emergency.place_code),
        "may_certificate": emergency.certificate_id
        and by.may("core.emergency", emergency.place_code),
        "level_form": LevelForm(initial={"level": emergency.level}),
        "measure_form": measure or MeasureForm(initial={"place_code": emergency.place_code}),
    }
    status = 422 if measure is not None else 200
    return render(request, "core/emergency.html", context, status=status)


@page("core.emergency", methods=("POST",))
def level(request: SignedRequest, emergency_id: UUID) -> HttpResponse:
    """Change the response level."""
    form = LevelForm(request.POST)
    chosen = form.cleaned_data["level"] if form.is_valid() else 0
    actions.change_level(by=request.actor, emergency_id=emergency_id, level=chosen)
    messages.success(request, _("The response level is changed."))
    return redirect("core:emergency", emergency_id)


@page("core.emergency", methods=("POST",))
def measure(request: SignedRequest, emergency_id: UUID) -> HttpResponse:
    """Put a measure in force."""
    emergency = _emergency(emergency_id)
    form = MeasureForm(request.POST)
    if form.is_valid():
        try:
            actions.add_measure(by=request.actor, emergency_id=emergency_id, **form.cleaned_data)
        except Invalid as error:
            show_problems(form, error)
        else:
            messages.success(request, _("The measure is in force."))
            return redirect("core:emergency", emergency_id)
    request.actor.require("core.emergency", emergency.place_code)
    return _detail(request, emergency, measure=form)


@page("core.emergency", methods=("POST",))
def lift(request: SignedRequest, measure_id: UUID) -> HttpResponse:
    """Lift a measure."""
    lifted = actions.lift_measure(by=request.actor, measure_id=measure_id)
    messages.success(request, _("The measure is lifted."))
    return redirect("core:emergency", lifted.emergency_id)


@page("core.emergency_end", methods=("POST",))
def end(request: SignedRequest, emergency_id: UUID) -> HttpResponse:
    """End an emergency after its name was typed."""
    ended = actions.end_emergency(
        by=request.actor,
        emergency_id=emergency_id,
        confirmation=request.POST.get("confirm", ""),
    )
    messages.success(
        request, _("“%(name)s” has ended; its key is destroyed.") % {"name": ended.name}
    )
    return redirect("core:emergency", emergency_id)
