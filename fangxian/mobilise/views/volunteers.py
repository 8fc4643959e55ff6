"""The list of volunteers, one of them, somebody new."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.db.models import Sum
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.accounts.policy import SignedRequest, page
from fangxian.common.errors import OutOfScope
from fangxian.common.ui.changes import hold, refused
from fangxian.common.ui.problems import tried
from fangxian.mobilise import actions, queries
from fangxian.mobilise.actions.volunteers import KEEP
from fangxian.mobilise.forms import NewVolunteerForm, VolunteerForm, kept_skills
from fangxian.mobilise.load import load
from fangxian.mobilise.models import Skill, Turn, Volunteer
from fangxian.mobilise.rules import label, post_rules
from fangxian.mobilise.views.common import SHOWN, form_page, frame, posted
from fangxian.regions.queries import called, full_name

TURNS = 50


def volunteer_of(volunteer_id: UUID) -> Volunteer:
    """A volunteer of the actor's area. Raises OutOfScope."""
    found = Volunteer.objects.select_related("organisation").filter(id=volunteer_id).first()
    if found is None:
        raise OutOfScope(str(volunteer_id))
    return found


@page(KEEP)
def every(request: SignedRequest) -> HttpResponse:
    """Who serves at a place, the first to be called first, with hours served."""
    place, _day, context = frame(request, "volunteers")
    rules = post_rules()
    rows = list(
        queries.present(place)
        .select_related("organisation")
        .annotate(minutes=Sum("turns__minutes", default=0))[: SHOWN + 1]
    )
    skills = queries.skills_of([one.id for one in rows[:SHOWN]], timezone.localdate())
    context |= {
        "lines": [
            {
                "volunteer": one,
                "skills": [label(rules.skills, code) for code in sorted(skills[one.id])],
                "hours": one.minutes // 60,
            }
            for one in rows[:SHOWN]
        ],
        "full": len(rows) > SHOWN,
        "most": SHOWN,
        "places": called({one.place_code for one in rows}),
    }
    return render(request, "mobilise/volunteers.html", context)


@page(KEEP, methods=("GET", "POST"))
def new(request: SignedRequest) -> HttpResponse:
    """Enlist somebody."""
    form = NewVolunteerForm(posted(request), by=request.actor, rules=post_rules())
    if form.is_bound and form.is_valid():
        data = dict(form.cleaned_data)
        phone = data.pop("phone").strip()
        data["skills"] = kept_skills(data["skills"], [])
        made = tried(
            form,
            lambda: actions.enlist_new(by=request.actor, phones=[phone] if phone else [], **data),
        )
        if made is not None:
            messages.success(request, _("%(name)s is on the list.") % {"name": made.name})
            return redirect("mobilise:volunteer", made.id)
    return form_page(
        request, form, title=_("Enlist a volunteer"), back=reverse("mobilise:volunteers")
    )


@page(KEEP, methods=("GET", "POST"))
def detail(request: SignedRequest, volunteer_id: UUID) -> HttpResponse:
    """One volunteer: skills, how much was asked of him, his shifts."""
    if request.method == "POST":
        hold(Volunteer, volunteer_id)
    found = volunteer_of(volunteer_id)
    rules = post_rules()
    skills = list(Skill.objects.filter(volunteer=found).order_by("skill"))
    initial = {
        "organisation": found.organisation.name if found.organisation else "",
        "skills": [one.skill for one in skills],
        "echelon": found.echelon,
        "vehicle": found.vehicle,
        "fit": found.fit,
    }
    form = VolunteerForm(posted(request), initial=initial, rules=rules)
    if form.is_bound and form.is_valid():
        data = {
            "organisation": found.organisation,
            "skills": [one.skill for one in skills],
            "echelon": found.echelon,
            "vehicle": found.vehicle,
            "fit": found.fit,
            **form.cleaned_data,
        }
        data["skills"] = kept_skills(data["skills"], skills)
        done = tried(
            form,
            lambda: actions.change_volunteer(by=request.actor, volunteer=found, **data),
        )
        if done is not None:
            messages.success(request, _("The change is saved."))
            return redirect("mobilise:volunteer", found.id)
    turns = Turn.objects.filter(volunteer=found).select_related("shift", "shift__post")
    near = queries.stretches_of([found], timezone.now(), rules)[found.id]
    context = {
        "volunteer": found,
        "where": full_name(found.place_code),
        "form": form,
        "turns": list(turns.order_by("-shift__starts_at")[:TURNS]),
        "minutes": queries.credited(found),
        "load": load(near),
        "limits": rules.limits,
        "title": found.name,
    }
    status = refused(form) if form.is_bound else 200
    return render(request, "mobilise/volunteer.html", context, status=status)


@page(KEEP, methods=("POST",))
def discharge(request: SignedRequest, volunteer_id: UUID) -> HttpResponse:
    """End somebody's service."""
    actions.discharge(by=request.actor, volunteer=volunteer_of(volunteer_id))
    messages.success(request, _("Discharged. What was served stays."))
    return redirect("mobilise:volunteers")
