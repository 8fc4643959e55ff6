"""Temporary units: the list, one unit, drawing it up, deciding about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.accounts.queries import display_names
from fangxian.common.errors import Invalid, Problem
from fangxian.common.policy import SignedRequest, page
from fangxian.common.ui import formats
from fangxian.common.ui.changes import hold
from fangxian.common.ui.pages import form_page, posted
from fangxian.common.ui.problems import tried
from fangxian.organisations import actions, exporting, stories, units
from fangxian.organisations.forms import WhyForm
from fangxian.organisations.forms_units import (
    ChangeUnitForm,
    DissolveForm,
    OfficersForm,
    ProlongForm,
    UnitFilter,
    UnitForm,
)
from fangxian.organisations.models import Secondment, TemporaryUnit, UnitState
from fangxian.organisations.temporary_rules import TemporaryRules, temporary_rules
from fangxian.organisations.views.common import PAGE, page_number
from fangxian.people.models import Person

EDIT = "organisations.edit"
FORMER = 100


@page("organisations.view")
def board(request: SignedRequest) -> HttpResponse:
    """The temporary units of the area; those to decide about, those that end soon."""
    by, rules = request.actor, temporary_rules()
    form = UnitFilter(request.GET)
    state = form.chosen()
    found = _of_state(units.units_in(by.area), state)
    count, at = found.count(), page_number(request)
    rows = list(found[(at - 1) * PAGE : at * PAGE])
    return render(
        request,
        "organisations/units.html",
        {
            "form": form,
            "filtered": bool(state),
            "rows": [(row, rules.setting_name(row.setting), shown_state(row)) for row in rows],
            "count": count,
            "area": by.area,
            "standing": units.running(by.area).count(),
            "ending": units.ending(by.area).count(),
            "waiting": units.to_decide(by).count() if by.may(units.APPROVE) else None,
            "page": at,
            "more": count > at * PAGE,
            "may_edit": by.may(EDIT),
            "may_export": by.may(exporting.RIGHT),
        },
    )


def _of_state(found: QuerySet[TemporaryUnit], state: str) -> QuerySet[TemporaryUnit]:
    if state == "standing":
        return found.filter(units.STANDING)
    if state == "dissolved":
        return found.filter(Q(state=UnitState.FOUNDED) & ~Q(organisation__dissolved_on=None))
    return found.filter(state=state) if state else found


def shown_state(unit: TemporaryUnit) -> tuple[str, str]:
    """The state in words, and the kind of its badge."""
    if unit.organisation is not None and unit.organisation.dissolved_on is not None:
        return _("dissolved"), "neutral"
    kinds = {
        UnitState.FOUNDED: "ok",
        UnitState.PROPOSED: "doing",
        UnitState.RETURNED: "warn",
        UnitState.WITHDRAWN: "neutral",
    }
    return unit.get_state_display(), kinds.get(UnitState(unit.state), "todo")


def crumbs(*last: tuple[str, str]) -> list[dict[str, str]]:
    """The way to a page of temporary units."""
    start = {"label": _("Organisations"), "url": reverse("organisations:tree")}
    every = {"label": _("Temporary units"), "url": reverse("organisations:units")}
    return [start, every, *({"label": label, "url": url} for label, url in last)]


def to_unit(unit: TemporaryUnit) -> tuple[str, str]:
    """The crumb of a unit."""
    return unit.name, reverse("organisations:unit", args=[unit.id])


@page("organisations.view")
def unit(request: SignedRequest, unit_id: UUID) -> HttpResponse:
    """One unit: its task and people, what the rules say, what may be done, its history."""
    return _page(request, units.unit(unit_id))


def _page(request: SignedRequest, row: TemporaryUnit, error: Invalid | None = None) -> HttpResponse:
    by, rules = request.actor, temporary_rules()
    people = units.people_of(row)
    standing = row.organisation is not None and row.organisation.dissolved_on is None
    drawn_up = row.state in units.OPEN
    waits = row.state == UnitState.PROPOSED
    may_edit = by.may(EDIT, row.place_code)
    superior = by.may(units.APPROVE, row.place_code) and units.superior_problem(by, row) is None
    open_ = drawn_up or waits
    state, badge = shown_state(row)
    names = display_names([row.proposed_by, row.decided_by])
    return render(
        request,
        "organisations/unit.html",
        {
            "unit": row,
            "state": state,
            "badge": badge,
            "setting": rules.setting_name(row.setting),
            "proposed_by": formats.who(row.proposed_by, names),
            "decided_by": formats.who(row.decided_by, names),
            "people": [(one, rules.office_name(one.office)) for one in people],
            "full": units.full(people),
            "standing": standing,
            "former": _named(units.former_of(row).order_by("-member__to_date", "id")[:FORMER]),
            "against": _against(row, people, rules) if open_ or standing else [],
            "fitting": units.suggestion(people, rules) if open_ else "",
            "party": row.kind_id in rules.forms and rules.forms[row.kind_id].party,
            "normally_not": [one.name for one in rules.normally_not],
            "exceptions": [one.name for one, day in rules.exceptions if row.until >= day],
            "refused": [str(one) for one in error.problems] if error else [],
            "drawn_up": drawn_up and may_edit,
            "may_withdraw": open_ and may_edit,
            "may_reopen": row.state == UnitState.WITHDRAWN and may_edit,
            "may_add": (drawn_up or standing) and may_edit,
            "may_end": (drawn_up or standing) and may_edit,
            "may_decide": waits and superior and row.proposed_by != by.name,
            "may_name": (drawn_up and may_edit) or (standing and superior),
            "may_prolong": row.organisation is not None and superior,
            "may_dissolve": standing and may_edit,
            "may_undo": row.organisation is not None and not standing and may_edit,
            "history": stories.of_unit(row),
            "breadcrumbs": crumbs((row.name, "")),
        },
        status=422 if error else 200,
    )


def _named(rows: Iterable[Secondment]) -> list[tuple[Secondment, str]]:
    """Who served, with the name where he is still in sight."""
    found = list(rows)
    seen = Person.objects.filter(id__in=[row.person_id for row in found]).only("id", "name")
    names = {person.id: person.name for person in seen}
    return [(row, names.get(row.person_id, "")) for row in found]


def _against(
    row: TemporaryUnit, people: Sequence[Secondment], rules: TemporaryRules
) -> list[Problem]:
    """What the rules have against a unit. The term of a founded one may have been prolonged."""
    found = units.problems(row, people, rules)
    return [one for one in found if row.state != UnitState.FOUNDED or one.code != "term"]


@page(EDIT, methods=("GET", "POST"))
def create(request: SignedRequest) -> HttpResponse:
    """Begin to draw a unit up."""
    by = request.actor
    form = UnitForm(by, posted(request), initial=UnitForm.new(by.area))
    if request.method == "POST" and form.is_valid():
        made = tried(form, lambda: actions.draft_unit(by=by, **form.cleaned_data))
        if made is not None:
            messages.success(request, _("Add its people now, then propose it."))
            return redirect("organisations:unit", made.id)
    title = _("New temporary unit")
    return form_page(
        request, form, title=title, breadcrumbs=crumbs((title, "")),
        back=reverse("organisations:units"),
    )  # fmt: skip


@page(EDIT, methods=("GET", "POST"))
def edit(request: SignedRequest, unit_id: UUID) -> HttpResponse:
    """Change a unit that is drawn up."""
    if request.method == "POST":
        hold(TemporaryUnit, unit_id)
    by, row = request.actor, units.unit(unit_id)
    form = ChangeUnitForm(by, posted(request), initial=UnitForm.of(row))
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        if tried(form, lambda: actions.change_unit(by=by, unit=row, **given)):
            messages.success(request, _("Saved."))
            return redirect("organisations:unit", row.id)
    return _form(request, row, form, title=_("Edit “%(name)s”") % {"name": row})


def _form(request: SignedRequest, row: TemporaryUnit, form: Any, **context: Any) -> HttpResponse:
    return form_page(
        request,
        form,
        back=reverse("organisations:unit", args=[row.id]),
        breadcrumbs=crumbs(to_unit(row), (context["title"], "")),
        **context,
    )


def _step(request: SignedRequest, unit_id: UUID, change: Any, done: str) -> HttpResponse:
    """One press of a button; what is refused stands on the unit's page."""
    row = units.unit(unit_id)
    try:
        change(by=request.actor, unit=row)
    except Invalid as error:
        return _page(request, row, error)
    messages.success(request, done % {"name": row})
    return redirect("organisations:unit", row.id)


@page(EDIT, methods=("POST",))
def propose(request: SignedRequest, unit_id: UUID) -> HttpResponse:
    """Hand a unit to the superior."""
    done = _("“%(name)s” is proposed: the superior has a task.")
    return _step(request, unit_id, actions.propose_unit, done)


@page(EDIT, methods=("POST",))
def withdraw(request: SignedRequest, unit_id: UUID) -> HttpResponse:
    """Give a unit up that is not founded."""
    return _step(request, unit_id, actions.withdraw_unit, _("“%(name)s” is given up."))


@page(EDIT, methods=("POST",))
def reopen(request: SignedRequest, unit_id: UUID) -> HttpResponse:
    """Take back that a unit was given up."""
    return _step(request, unit_id, actions.reopen_unit, _("“%(name)s” is drawn up again."))


@page(units.APPROVE, methods=("POST",))
def approve(request: SignedRequest, unit_id: UUID) -> HttpResponse:
    """Found a proposed unit."""
    return _step(request, unit_id, actions.approve_unit, _("“%(name)s” was founded."))


@page(units.APPROVE, methods=("GET", "POST"))
def send_back(request: SignedRequest, unit_id: UUID) -> HttpResponse:
    """Send a proposed unit back with a reason."""
    by, row = request.actor, units.unit(unit_id)
    form = WhyForm(posted(request))
    if request.method == "POST" and form.is_valid():
        why = form.cleaned_data["reason"]
        if tried(form, lambda: actions.return_unit(by=by, unit=row, reason=why)):
            messages.success(request, _("“%(name)s” was sent back.") % {"name": row})
            return redirect("organisations:unit", row.id)
    title = _("Send “%(name)s” back") % {"name": row}
    note = _("Who proposed it reads the reason, mends it and proposes it again.")
    return _form(request, row, form, title=title, note=note, send=_("Send back"))


@page(units.APPROVE, methods=("GET", "POST"))
def prolong(request: SignedRequest, unit_id: UUID) -> HttpResponse:
    """Give a founded unit another last day."""
    if request.method == "POST":
        hold(TemporaryUnit, unit_id)
    by, row = request.actor, units.unit(unit_id)
    form = ProlongForm(posted(request), initial={"until": row.until})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        until, why = given.get("until", row.until), given.get("reason", "")
        if tried(form, lambda: actions.prolong_unit(by=by, unit=row, until=until, reason=why)):
            messages.success(request, _("Saved."))
            return redirect("organisations:unit", row.id)
    return _form(request, row, form, title=_("Prolong “%(name)s”") % {"name": row})


@page(EDIT, methods=("GET", "POST"))
def dissolve(request: SignedRequest, unit_id: UUID) -> HttpResponse:
    """The task is done: dissolve the unit."""
    by, row = request.actor, units.unit(unit_id)
    form = DissolveForm(posted(request), initial={"on": timezone.localdate()})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        if tried(form, lambda: actions.dissolve_unit(by=by, unit=row, **given)):
            messages.success(request, _("“%(name)s” is dissolved.") % {"name": row})
            return redirect("organisations:unit", row.id)
    note = _("Everybody’s secondment ends on that day; the memberships at home go on.")
    title = _("Dissolve “%(name)s”") % {"name": row}
    return _form(request, row, form, title=title, note=note, danger=_("Dissolve"))


@page(EDIT, methods=("GET", "POST"))
def officers(request: SignedRequest, unit_id: UUID) -> HttpResponse:
    """Who holds which office."""
    if request.method == "POST":
        hold(TemporaryUnit, unit_id)
    by, row = request.actor, units.unit(unit_id)
    form = OfficersForm(row, units.people_of(row), posted(request))
    if request.method == "POST" and form.is_valid():
        chosen = form.chosen()
        if tried(form, lambda: actions.name_officers(by=by, unit=row, offices=chosen)):
            messages.success(request, _("Saved."))
            return redirect("organisations:unit", row.id)
    return _form(request, row, form, title=_("Officers of “%(name)s”") % {"name": row})
