"""What belongs to an organisation, each in full: members, former ones, posts, what is below."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django import forms
from django.db.models import Count, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy

from fangxian.common.errors import OutOfScope
from fangxian.common.policy import SignedRequest, page
from fangxian.common.ui.pages import posted
from fangxian.organisations import queries
from fangxian.organisations.models import Organisation
from fangxian.organisations.rules import chain_rules
from fangxian.organisations.units import serving_from
from fangxian.organisations.views.common import PAGE, page_number, trail

LISTS: Final = {
    "held": gettext_lazy("What it answers for"),
    "members": gettext_lazy("Members"),
    "below": gettext_lazy("Organisations below"),
    "former": gettext_lazy("Former members"),
}
OF_PERSONS: Final = ("members", "former")


@dataclass(frozen=True)
class Part:
    """Some rows of a list, and how many it has in all."""

    rows: Sequence[Any]
    count: int


class NameForm(forms.Form):
    """Whom to look for. Sent by POST, so no name stands in an address."""

    q = forms.CharField(label=gettext_lazy("Name of the member"), max_length=60, required=False)


def counted(found: QuerySet[Organisation]) -> QuerySet[Organisation]:
    """Organisations with ``below`` and ``people``: how many stand below, how many members."""
    return found.annotate(
        below=Count("children", filter=Q(children__dissolved_on=None), distinct=True),
        people=Count("members", filter=Q(members__to_date=None), distinct=True),
    )


def part(body: Organisation, what: str, start: int, size: int, name: str = "") -> Part:
    """``size`` rows from ``start`` of one of ``LISTS``; of persons those called ``name``."""
    end = start + size
    if what == "held":
        held, rules = queries.held_by(body), chain_rules()
        rows = held.order_by("place_code", "role", "id")[start:end]
        return Part([(row, rules.name_of(row.role)) for row in rows], held.count())
    if what == "below":
        below = queries.tree(body)
        return Part(list(counted(below).order_by("name", "id")[start:end]), below.count())
    members = queries.members_of(body, former=what == "former")
    if name:
        members = members.filter(person__name__contains=name)
    found: list[Any] = list(members[start:end])
    if what == "members":
        _count_offices(found)
    else:
        names = queries.names_of(found)
        for row in found:
            row.name = names[row.id]
    return Part(found, members.count())


def _count_offices(members: list[Any]) -> None:
    """How many places each answers for, by membership: ``answers_for``; where he or she serves
    meanwhile: ``serving``."""
    rows = queries.in_force().filter(member_id__in=[m.id for m in members])
    offices = Counter(rows.values_list("member_id", flat=True))
    for member in members:
        member.answers_for = offices[member.id]
    serving = serving_from(members)
    for member in members:
        member.serving = serving.get(member.id, [])


@page("organisations.view", methods=("GET", "POST"))
def listed(request: SignedRequest, organisation_id: UUID, what: str) -> HttpResponse:
    """One list of an organisation, page by page; persons are searched by POST."""
    by, body = request.actor, queries.organisation(organisation_id)
    if what not in LISTS:
        raise OutOfScope(f"list {what!r}")
    form = NameForm(posted(request))
    name = form.cleaned_data["q"] if form.is_bound and form.is_valid() else ""
    at = page_number(request)
    # What was searched for stands in no address, so it has one page.
    found = part(body, what, 0 if name else (at - 1) * PAGE, PAGE, name.strip())
    return render(
        request,
        "organisations/listed.html",
        {
            "body": body,
            "what": what,
            "title": LISTS[what],
            "template": f"organisations/_{what}.html",
            "list": found,
            "form": form if what in OF_PERSONS else None,
            "searched": bool(name),
            "page": at,
            "more": found.count > (1 if name else at) * PAGE,
            "may_edit": by.may("organisations.edit", body.seat.code) and not body.dissolved_on,
            "may_link": by.may("organisations.appoint"),
            "breadcrumbs": trail(body, str(LISTS[what])),
        },
    )
