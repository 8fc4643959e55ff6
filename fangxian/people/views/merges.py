"""The merge queue: two records side by side, and what was decided."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from fangxian.common.errors import OutOfScope
from fangxian.common.policy import SignedRequest, page
from fangxian.common.ui import formats
from fangxian.people import actions, lookups, queries
from fangxian.people.actions.merging import CHOOSABLE
from fangxian.people.models import Merge, MergeCandidate, Person
from fangxian.people.registered import places_of
from fangxian.people.vocabularies import ETHNICITIES, NATIONALITIES, SEXES
from fangxian.regions.queries import names

PAGE = 50


@page("people.merge")
def merges(request: SignedRequest) -> HttpResponse:
    """The pairs to decide on, or those decided."""
    state = request.GET.get("state", "open")
    if state not in MergeCandidate.State.values:
        state = "open"
    found = queries.candidates(state)
    with suppress(ValueError):
        last = found.filter(pk=UUID(request.GET.get("after", ""))).values_list("created_at", "pk")
        for at, pk in last:
            found = found.filter(Q(created_at__gt=at) | Q(created_at=at, pk__gt=pk))
    rows = list(found[: PAGE + 1])
    humans = queries.by_ids({key for row in rows for key in (row.first_id, row.second_id)})
    places = names(row.place_code for row in rows)
    undoable = dict(
        Merge.objects.filter(candidate__in=rows, undone_at=None).values_list("candidate_id", "pk")
    )
    context = {
        "rows": [
            {
                "pair": row,
                "first": humans.get(row.first_id),
                "second": humans.get(row.second_id),
                "place": places.get(row.place_code, row.place_code),
                "merge": undoable.get(row.pk),
            }
            for row in rows[:PAGE]
        ],
        "count": queries.candidates(state).count(),
        "next_after": rows[PAGE - 1].pk if len(rows) > PAGE else "",
        "states": [
            {"label": label, "url": f"?state={value}", "current": value == state}
            for value, label in MergeCandidate.State.choices
        ],
        "state": state,
    }
    return render(request, "people/merges.html", context)


def _pair(candidate_id: UUID) -> tuple[MergeCandidate, Person, Person]:
    found = MergeCandidate.objects.filter(pk=candidate_id).first()
    if found is None:
        raise OutOfScope(f"merge candidate {candidate_id}")
    humans = {p.id: p for p in queries.with_numbers([found.first_id, found.second_id])}
    try:
        return found, humans[found.first_id], humans[found.second_id]
    except KeyError:
        raise OutOfScope(f"merge candidate {candidate_id}") from None


@page("people.merge", methods=("GET", "POST"))
def merge(request: SignedRequest, candidate_id: UUID) -> HttpResponse:
    """Both records side by side; choose field by field, merge or dismiss."""
    found, first, second = _pair(candidate_id)
    if request.method == "POST":
        if "dismiss" in request.POST:
            actions.dismiss(by=request.actor, candidate_id=candidate_id)
            messages.success(request, _("Kept as two different people."))
        else:
            keep = 1 if request.POST.get("keep") == "1" else 0
            take = {
                name
                for name in CHOOSABLE
                if request.POST.get(name) in ("0", "1") and int(request.POST[name]) != keep
            }
            kept = (first, second)[keep]
            actions.merge(by=request.actor, candidate_id=candidate_id, keep_id=kept.id, take=take)
            messages.success(request, _("The two records are one. You can undo this."))
        return redirect("people:merges")
    done = Merge.objects.filter(candidate=found, undone_at=None).first()
    places = places_of([first.id, second.id])
    context = {
        "pair": found,
        "first": first,
        "second": second,
        "sides": [
            {"label": person.name, "note": " · ".join(places[person.id])}
            for person in (first, second)
        ],
        "rows": _rows(first, second),
        "merge": done,
        "undo_url": reverse("people:merge_undo", args=[done.pk]) if done else "",
    }
    return render(request, "people/merge.html", context)


def _rows(first: Person, second: Person) -> list[dict[str, Any]]:
    both = (first, second)
    rows = [
        _row(
            _label(name),
            [_shown(person, name) for person in both],
            name,
            1 if not getattr(first, name) and getattr(second, name) else 0,
        )
        for name in CHOOSABLE
    ]
    shown = [queries.masked(person) for person in both]
    documents = [" · ".join(f"{kind} {number}" for _id, kind, number in s.documents) for s in shown]
    phones = [" · ".join(number for _id, _label, number in s.phones) for s in shown]
    rows.append(_row(_("Documents (both are kept)"), documents))
    rows.append(_row(_("Phones (both are kept)"), phones))
    rows.append(_row(pgettext("when", "Recorded"), [formats.date(p.created_at) for p in both]))
    return rows


def _label(name: str) -> str:
    field: Any = Person._meta.get_field(name)
    return str(field.verbose_name)


def _row(label: str, values: list[str], name: str = "", keep: int = 0) -> dict[str, Any]:
    different = values[0] != values[1]
    return {"label": label, "name": name, "values": values, "different": different, "keep": keep}


def _shown(person: Person, name: str) -> str:
    value = getattr(person, name)
    if name == "sex":
        return str(dict(SEXES)[value])
    if name == "nationality":
        return NATIONALITIES.label(value)
    if name == "ethnicity":
        return ETHNICITIES.label(value) if value else ""
    if isinstance(value, dt.date):
        return formats.date(value)
    return str(value or "")


@page("people.merge", methods=("POST",))
def undo(request: SignedRequest, merge_id: UUID) -> HttpResponse:
    """Make the two records again what they were."""
    actions.undo_merge(by=request.actor, merge_id=merge_id)
    messages.success(request, _("The merge is undone; the pair is to be decided again."))
    return redirect("people:merges")


@page("people.edit", methods=("GET", "POST"))
def propose(request: SignedRequest, person_id: UUID) -> HttpResponse:
    """Say that this person and another are one: search, then choose."""
    by = request.actor
    person = queries.by_id(person_id)
    if "other" in request.POST:
        with suppress(ValueError):
            other = UUID(request.POST["other"])
            actions.propose_merge(by=by, first_id=person.id, second_id=other)
            messages.success(request, _("The pair is in the merge queue."))
        return redirect("people:person", person.id)
    # Not in the address: what is looked for may be the number of a document.
    text = request.POST.get("q", "").replace("\x00", "").strip() or person.name
    found = [other for other in lookups.find(by, text, PAGE) if other.id != person.id]
    return render(request, "people/propose.html", {"person": person, "found": found, "text": text})
