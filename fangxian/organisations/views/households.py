"""One member, up to ten households (1+10)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from fangxian.common import codes
from fangxian.common.codes import Level
from fangxian.common.errors import OutOfScope
from fangxian.common.policy import SignedRequest, page
from fangxian.common.ui.problems import tried
from fangxian.organisations import actions, queries
from fangxian.organisations.forms import one_place
from fangxian.organisations.models import Member, ResponsibilityHousehold
from fangxian.organisations.rules import chain_rules
from fangxian.organisations.views.common import trail
from fangxian.regions.models import Region
from fangxian.regions.queries import current, names
from fangxian.register.queries import door_order, homes_of, households_in, residents_of

DOORS = 300


class DoorsForm(forms.Form):
    """Which building or unit, and which of its doors."""

    place = forms.CharField(
        label=gettext_lazy("Building or unit"),
        max_length=60,
        required=False,
        help_text=gettext_lazy("Name or code."),
    )

    def __init__(self, area: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.area = area

    def clean_place(self) -> Region | None:
        text = self.cleaned_data["place"]
        found = one_place(text, self.area) if text else None
        if found is not None and found.level < Level.GRID:
            raise forms.ValidationError(_("Choose a grid, a building or a unit."))
        return found


def _start(member: Member, area: str) -> Region | None:
    """Where to look first: where the member lives, else where he has households already."""
    for home in homes_of(member.person_id)[:1]:
        return current().filter(code=home.place_code[: int(Level.BUILDING)]).first()
    links = queries.links_on().filter(responsibility__person=member.person_id)
    link = links.select_related("responsibility__place").order_by("id").first()
    place = link.responsibility.place if link is not None else None
    return place if place is not None and codes.contains(area, place.code) else None


@page("organisations.appoint", methods=("GET", "POST"))
def link(request: SignedRequest, member_id: UUID) -> HttpResponse:
    """Choose the households that a member looks after."""
    by, member = request.actor, queries.member(member_id)
    if not queries.names_of([member])[member.id]:
        raise OutOfScope(f"member {member_id}")
    rules = chain_rules()
    given = request.POST if request.method == "POST" else request.GET
    form = DoorsForm(by.area, given or None)
    place = form.cleaned_data.get("place") if form.is_bound and form.is_valid() else None
    if place is None and not form.errors:
        place = _start(member, by.area)
    if request.method == "POST" and place is not None:
        by.require("organisations.appoint", place.code)
        ids = [text for text in request.POST.getlist("household") if _is_uuid(text)]
        doors = list(households_in(place.code).filter(id__in=ids))
        made = tried(
            form,
            lambda: actions.link_households(by=by, member=member, place=place, households=doors),
        )
        if made is not None:
            text = ngettext(
                "%(name)s looks after %(count)d more household.",
                "%(name)s looks after %(count)d more households.",
                len(doors),
            )
            messages.success(request, text % {"name": member.person.name, "count": len(doors)})
            at = reverse("organisations:households", args=[member.id])
            return redirect(f"{at}?place={place.code}")
    linked = _linked(member)
    return render(
        request,
        "organisations/households.html",
        {
            "form": form,
            "member": member,
            "place": place,
            "doors": _doors(place) if place else [],
            "linked": linked,
            "now": sum(not one["coming"] for one in linked),
            "most": rules.max_households,
            "role": rules.name_of(rules.member_role),
            "breadcrumbs": trail(member.organisation, member.person.name),
        },
        status=422 if request.method == "POST" and form.errors else 200,
    )


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _doors(place: Region) -> list[dict[str, Any]]:
    homes = list(households_in(place.code)[:DOORS])
    taken = queries.looks_after([home.id for home in homes])
    heads: dict[UUID, str] = {}
    for residency in residents_of([home.id for home in homes]):
        heads.setdefault(residency.household_id, residency.person.name)
    where = names({home.place_code for home in homes})
    return [
        {
            "home": home,
            "where": where.get(home.place_code, ""),
            "head": heads.get(home.id, ""),
            "by": taken.get(home.id),
        }
        for home in homes
    ]


def _linked(member: Member) -> list[dict[str, Any]]:
    """What the human looks after, by whatever membership, and will by what is known today."""
    today = timezone.localdate()
    rows = (
        queries.links_from(today)
        .filter(responsibility__person=member.person_id)
        .select_related("household")
        .order_by("place_code", *door_order("household"))
    )
    found = list(rows)
    where = names({code for row in found for code in (row.place_code, row.place_code[:18])})
    return [
        {
            "link": row,
            "coming": row.from_date > today,
            "where": " ".join(
                dict.fromkeys(
                    where[code] for code in (row.place_code[:18], row.place_code) if code in where
                )
            ),
        }
        for row in found
    ]


@page("organisations.appoint", methods=("POST",))
def unlink(request: SignedRequest, link_id: UUID) -> HttpResponse:
    """A household is looked after by nobody from here on."""
    row = (
        ResponsibilityHousehold.objects.select_related("responsibility").filter(id=link_id).first()
    )
    if row is None:
        raise OutOfScope(f"household link {link_id}")
    actions.unlink_household(by=request.actor, link=row)
    messages.success(request, _("The household is looked after by nobody now."))
    member_id = row.responsibility.member_id
    if member_id is None:
        return redirect("organisations:responsibility", row.responsibility_id)
    return redirect("organisations:households", member_id)
