"""The list of volunteers, one of them, somebody new."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
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
from fangxian.common.ui.pages import change_page, form_page, posted
from fangxian.common.ui.problems import tried
from fangxian.mobilise import actions, fatigue, fitting, queries
from fangxian.mobilise.actions import NewSkill
from fangxian.mobilise.actions.volunteers import KEEP
from fangxian.mobilise.calls.rules import call_rules
from fangxian.mobilise.forms_volunteers import (
    KnownVolunteerForm,
    NewVolunteerForm,
    SkillCertificateForm,
    VolunteerForm,
    brought,
    kept_skills,
)
from fangxian.mobilise.importing import EXPORTED, LEDGER, yes_or_no
from fangxian.mobilise.load import ahead, load, nearing
from fangxian.mobilise.models import Certificate, Skill, Turn, Volunteer
from fangxian.mobilise.papers import hours_written
from fangxian.mobilise.rules import PostRules, label, post_rules
from fangxian.mobilise.views.common import SHOWN, frame, person_or_member
from fangxian.mobilise.views.load import MOST_WRITTEN, as_file
from fangxian.organisations.models import Member
from fangxian.regions.queries import called, full_name

TURNS = 50


def certificates_of(person_id: UUID | None) -> list[dict[str, Any]]:
    """The certificates of a human that are seen here, the newest first."""
    found = Certificate.objects.filter(volunteer__person=person_id).order_by("-id")
    return [{"certificate": one, "hours": hours_written(one.minutes)} for one in found]


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
        "near": fatigue.marks(rows[:SHOWN], rules),
        "full": len(rows) > SHOWN,
        "most": SHOWN,
        "places": called({one.place_code for one in rows}),
    }
    return render(request, "mobilise/volunteers.html", context)


@page(KEEP, methods=("POST",))
def export(request: SignedRequest) -> HttpResponse:
    """The list as a workbook that can be corrected and read in again; without numbers."""
    place, _day, _context = frame(request, "volunteers")
    rules, more = post_rules(), call_rules()
    people = list(queries.present(place).select_related("organisation")[:MOST_WRITTEN])
    skills = queries.skills_of([one.id for one in people], timezone.localdate())
    rows = [
        (
            one.name,
            one.place_code,
            one.organisation.name if one.organisation else "",
            "、".join(label(rules.skills, code) for code in sorted(skills[one.id])),
            "、".join(label(more.languages, code) for code in one.languages),
            one.echelon,
            yes_or_no(one.vehicle),
            yes_or_no(one.fit),
        )
        for one in people
    ]
    return as_file(request, "xlsx", str(LEDGER.label), EXPORTED, rows, titled=False)


@page(KEEP, methods=("GET", "POST"))
def new(request: SignedRequest) -> HttpResponse:
    """Enlist somebody."""
    form = NewVolunteerForm(posted(request), by=request.actor, rules=post_rules())
    if form.is_bound and form.is_valid():
        data = dict(form.cleaned_data)
        phone = data.pop("phone").strip()
        data["skills"] = kept_skills(data["skills"], [])
        data["brings"] = brought(data)
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
def known(request: SignedRequest) -> HttpResponse:
    """Search somebody who is known, and enlist him."""
    by = request.actor

    def save(given: dict[str, Any]) -> Volunteer:
        del given["q"]
        who = person_or_member(given.pop("holder"))
        if isinstance(who, Member):
            given["organisation"] = given["organisation"] or who.organisation
            who = who.person
        given["skills"] = kept_skills(given["skills"], [])
        return actions.enlist(by=by, person=who, brings=brought(given), **given)

    return change_page(
        request,
        KnownVolunteerForm(by, posted(request), rules=post_rules()),
        save=save,
        done=lambda made: _("%(name)s is on the list.") % {"name": made.name},
        to=lambda made: reverse("mobilise:volunteer", args=[made.id]),
        back=reverse("mobilise:volunteers"),
        title=_("Enlist somebody who is known"),
        template="organisations/found_form.html",
    )


@page(KEEP, methods=("GET", "POST"))
def detail(request: SignedRequest, volunteer_id: UUID) -> HttpResponse:
    """One volunteer: skills, how much was asked of him, his shifts."""
    if request.method == "POST":
        # Shifts are locked before volunteers, everywhere.
        fitting.ahead([volunteer_id])
        hold(Volunteer, volunteer_id)
    found = volunteer_of(volunteer_id)
    rules = post_rules()
    skills = list(Skill.objects.filter(volunteer=found).order_by("skill"))
    same = {
        "skills": [one.skill for one in skills],
        "echelon": found.echelon,
        "rank": found.rank,
        "vehicle": found.vehicle,
        "vehicle_kind": found.vehicle_kind,
        "seats": found.seats,
        "languages": found.languages,
        "fit": found.fit,
    }
    initial = {"organisation": found.organisation.name if found.organisation else "", **same}
    form = VolunteerForm(posted(request), initial=initial, rules=rules)
    if form.is_bound and form.is_valid():
        data = {"organisation": found.organisation, **same, **form.cleaned_data}
        data["skills"] = kept_skills(data["skills"], skills)
        data["brings"] = brought(data)
        done = tried(
            form,
            lambda: actions.change_volunteer(by=request.actor, volunteer=found, **data),
        )
        if done is not None:
            messages.success(request, _("The change is saved."))
            return redirect("mobilise:volunteer", found.id)
    turns = Turn.objects.filter(volunteer=found).select_related("shift", "shift__post")
    now = timezone.now()
    near = queries.stretches_of([found], now, rules)[found.id]
    context = {
        "volunteer": found,
        "where": full_name(found.place_code),
        "form": form,
        "skill_certificates": _certificates(skills, rules),
        "turns": list(turns.order_by("-shift__starts_at")[:TURNS]),
        "minutes": queries.credited(found.person_id),
        "certificates": certificates_of(found.person_id),
        "load": load(near, rules.limits),
        "mark": fatigue.mark(
            nearing(ahead(near, timezone.localtime(now), rules.limits), rules.limits)
        ),
        "limits": rules.limits,
        "title": found.name,
    }
    status = refused(form) if form.is_bound else 200
    return render(request, "mobilise/volunteer.html", context, status=status)


def _certificates(skills: Sequence[Skill], rules: PostRules) -> list[dict[str, Any]]:
    """The certificates of somebody's skills: which are there, until when they hold."""
    today = timezone.localdate()
    return [
        {
            "skill": label(rules.skills, one.skill),
            "number": bool(one.certificate),
            "expires_on": one.expires_on,
            "expired": one.expires_on is not None and one.expires_on < today,
        }
        for one in skills
        if one.certificate or one.expires_on or _proved(one.skill, rules)
    ]


def _proved(skill: str, rules: PostRules) -> bool:
    return skill in rules.skills and rules.skills[skill].certificate


@page(KEEP, methods=("GET", "POST"))
def certificates(request: SignedRequest, volunteer_id: UUID) -> HttpResponse:
    """Numbers and last days of somebody's certificates; numbers that are kept are not shown."""
    if request.method == "POST":
        hold(Volunteer, volunteer_id)
    found = volunteer_of(volunteer_id)
    rules = post_rules()
    skills = [
        one
        for one in Skill.objects.filter(volunteer=found).order_by("skill")
        if _proved(one.skill, rules)
    ]
    rows = [
        (
            label(rules.skills, one.skill),
            bool(one.certificate),
            SkillCertificateForm(
                posted(request),
                prefix=one.skill,
                initial={"expires_on": one.expires_on},
                concealed={"number": one.certificate or ""},
            ),
        )
        for one in skills
    ]
    status = 200
    if request.method == "POST":
        bad = [form for _name, _kept, form in rows if not form.is_valid()]
        if not bad:
            given = [
                NewSkill(
                    one.skill,
                    form.cleaned_data.get("number", ""),
                    form.cleaned_data.get("expires_on", one.expires_on),
                )
                for one, (_name, _kept, form) in zip(skills, rows, strict=True)
            ]
            actions.set_certificates(by=request.actor, volunteer=found, certificates=given)
            messages.success(request, _("The change is saved."))
            return redirect("mobilise:volunteer", found.id)
        status = min(refused(form) for form in bad)
    context = {"volunteer": found, "rows": rows, "title": found.name}
    return render(request, "mobilise/certificates.html", context, status=status)


@page(KEEP, methods=("POST",))
def discharge(request: SignedRequest, volunteer_id: UUID) -> HttpResponse:
    """End somebody's service."""
    actions.discharge(by=request.actor, volunteer=volunteer_of(volunteer_id))
    messages.success(request, _("Discharged. What was served stays."))
    return redirect("mobilise:volunteers")
