"""Gates: the list, setting up, one gate with its entries, the log with its search."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.accounts.actions import purposes
from fangxian.accounts.policy import SignedRequest, page
from fangxian.common.errors import OutOfScope
from fangxian.common.fields import Destroyed
from fangxian.common.masks import mask_name, mask_number, mask_phone
from fangxian.common.ui.changes import hold
from fangxian.common.ui.pages import form_page, posted
from fangxian.common.ui.problems import tried
from fangxian.common.ui.reveal import reveal_page
from fangxian.field import actions
from fangxian.field.actions.gates import LOG, RECORD, WATCH
from fangxian.field.actions.planning import PLAN
from fangxian.field.actions.revealing import REVEALED, reveal_entry
from fangxian.field.duties import queries
from fangxian.field.duties.exporting import hidden
from fangxian.field.duties.forms import (
    ChangeGateForm,
    EntryForm,
    GateForm,
    NumberForm,
    unit_lines,
)
from fangxian.field.duties.rules import DutyRules, duty_rules, label
from fangxian.field.models import Gate, GateEntry
from fangxian.field.questionnaire.said import typed
from fangxian.field.views.corrections import as_it_was, correcting
from fangxian.field.views.duties import SHOWN, asked_place, changes_of, frame, fresh, shown, tabs
from fangxian.organisations.models import Organisation
from fangxian.regions.queries import called, full_name

LOOKS: Final = {True: "ok", False: "warn"}


def gate_of(gate_id: UUID) -> Gate:
    """A gate of the actor's area. Raises OutOfScope."""
    found = Gate.objects.select_related("emergency").filter(id=gate_id).first()
    if found is None:
        raise OutOfScope(str(gate_id))
    return found


@page(WATCH)
def every(request: SignedRequest) -> HttpResponse:
    """The gates of a place with what passed them today."""
    place, day, context = frame(request, "gates")
    rules = duty_rules()
    ended = request.GET.get("show") == "closed"
    gates = queries.inside(Gate.objects.filter(closed_on__isnull=not ended), place)
    rows = list(gates.prefetch_related("units").order_by("place_code", "name")[: SHOWN + 1])
    first, after = queries.day_of(day)
    today = GateEntry.objects.filter(
        gate__in=rows, at__gte=first, at__lt=after, corrected_by=None
    ).values("gate_id")
    passed = {row["gate_id"]: row for row in _counted(today, rules)}
    context |= {
        "rows": [
            {
                "gate": gate,
                "kind": label(rules.gates, gate.kind),
                "units": "、".join(unit.name for unit in gate.units.all()),
                "passed": passed.get(gate.id),
            }
            for gate in rows[:SHOWN]
        ],
        "full": len(rows) > SHOWN,
        "most": SHOWN,
        "places": called({gate.place_code for gate in rows}),
        "closed": ended,
    }
    return render(request, "field/gates.html", context)


def _counted(rows: Any, rules: DutyRules) -> Any:
    passing = [one.code for one in rules.decisions.values() if one.passes]
    return rows.order_by("gate_id").annotate(
        n=Count("id"),
        stopped=Count("id", filter=~Q(decision__in=passing)),
        fevers=Count("id", filter=Q(fever=True)),
    )


@page(PLAN, methods=("GET", "POST"))
def new(request: SignedRequest) -> HttpResponse:
    """Set a gate up."""
    initial = {"place": asked_place(request)}
    form = GateForm(posted(request), by=request.actor, rules=duty_rules(), initial=initial)
    if form.is_bound and form.is_valid():
        made = tried(form, lambda: actions.open_gate(by=request.actor, **form.cleaned_data))
        if made is not None:
            messages.success(request, _("Set up. From now on entries can be logged there."))
            return redirect("field:gate", made.id)
    back = reverse("field:gates")
    return form_page(request, form, title=_("Set up a gate"), back=back)


@page(PLAN, methods=("GET", "POST"))
def edit(request: SignedRequest, gate_id: UUID) -> HttpResponse:
    """Change a gate: its name, its kind, who staffs it."""
    if request.method == "POST":
        hold(Gate, gate_id)
    gate = gate_of(gate_id)
    units: list[Organisation] = list(gate.units.all())
    initial = {"name": gate.name, "kind": gate.kind, "units": unit_lines(units)}
    form = ChangeGateForm(posted(request), rules=duty_rules(), initial=initial)
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        done = tried(form, lambda: actions.change_gate(by=request.actor, gate=gate, **given))
        if done is not None:
            messages.success(request, _("The change is saved."))
            return redirect("field:gate", gate.id)
    back = reverse("field:gate", args=[gate.id])
    return form_page(request, form, title=_("Change the gate"), sub=gate.name, back=back)


@page(PLAN, methods=("POST",))
def close(request: SignedRequest, gate_id: UUID) -> HttpResponse:
    """Close a gate."""
    actions.close_gate(by=request.actor, gate=gate_of(gate_id))
    messages.success(request, _("Closed. What was logged there stays."))
    return redirect("field:gate", gate_id)


@page(WATCH, methods=("GET", "POST"))
def detail(request: SignedRequest, gate_id: UUID) -> HttpResponse:
    """One gate: log an entry, see those of a day."""
    gate = gate_of(gate_id)
    by = request.actor
    if request.method == "POST":
        by.require(RECORD, gate.place_code)
    rules = duty_rules()
    form = EntryForm(posted(request), rules=rules, kind=rules.gates.get(gate.kind), initial=fresh())
    if form.is_bound and form.is_valid():
        entry = actions.NewGateEntry(gate_id=gate.id, **form.cleaned_data)
        done = tried(form, lambda: actions.record_gate_entry(by=by, entry=entry))
        if done is not None:
            messages.success(request, _("Logged."))
            return redirect("field:gate", gate.id)
    _place, day, context = frame(request, "gates")
    found = GateEntry.objects.filter(gate=gate, **_on(day)).select_related("gate", "corrected_by")
    if not by.may(LOG):
        found = found.none()
    rows = list(found.order_by("-at", "-id")[: SHOWN + 1])
    context |= _lines(rows, rules)
    context |= {
        "gate": gate,
        "kind": label(rules.gates, gate.kind),
        "units": list(gate.units.all()),
        "where": full_name(gate.place_code),
        "history": changes_of(Gate, gate.id),
        "form": form,
        "may_plan": by.may(PLAN, gate.place_code) and gate.closed_on is None,
        "may_record": by.may(RECORD, gate.place_code) and gate.closed_on is None,
    }
    status = 422 if form.is_bound else 200
    return render(request, "field/gate.html", context, status=status)


def _on(day: Any) -> dict[str, Any]:
    first, after = queries.day_of(day)
    return {"at__gte": first, "at__lt": after}


def _lines(rows: list[GateEntry], rules: DutyRules) -> dict[str, Any]:
    """Entries as the log shows them: names and numbers masked."""
    context = shown(rows)
    context["lines"] = [
        {
            "entry": row,
            "decision": label(rules.decisions, row.decision),
            "look": LOOKS[row.decision in rules.decisions and rules.decisions[row.decision].passes],
            "who": hidden(row.who, mask_name),
            "phone": hidden(row.phone, mask_phone),
            "note": typed(row.note or ""),
            "corrected": hasattr(row, "corrected_by"),
        }
        for row in context.pop("rows")
    ]
    return context


@page(LOG, methods=("GET", "POST"))
def log(request: SignedRequest) -> HttpResponse:
    """The entries of a place and day, or all with a number, which is sent and never in an address.

    Entries with the number are found whatever their day.
    """
    place, day, context = frame(request, "gates")
    rules = duty_rules()
    form = NumberForm(posted(request))
    found = queries.inside(GateEntry.objects.all(), place).select_related("gate", "corrected_by")
    if form.is_bound and form.is_valid():
        found = found.filter(_with(form.cleaned_data["number"]))
    elif form.is_bound:
        found = found.none()
    else:
        found = found.filter(**_on(day))
    rows: list[GateEntry] = list(found.order_by("-at", "-id")[: SHOWN + 1])
    context |= _lines(rows, rules) | {"form": form, "searched": form.is_bound}
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "field/gate_log.html", context, status=status)


def _with(number: str) -> Q:
    """Entries whose plate, document or phone has just this number."""
    wanted = Q()
    for name in ("plate_index", "identity_index", "phone_index"):
        field: Any = GateEntry._meta.get_field(name)
        wanted |= Q(**{name: field.of(number)})
    return wanted


def entry_of(entry_id: UUID) -> GateEntry:
    """An entry of the actor's area. Raises OutOfScope."""
    rows: QuerySet[GateEntry] = GateEntry.objects.select_related("gate", "corrected_by")
    found = rows.filter(id=entry_id).first()
    if found is None:
        raise OutOfScope(str(entry_id))
    return found


@page(LOG, methods=("GET", "POST"))
def entry(request: SignedRequest, entry_id: UUID) -> HttpResponse:
    """One entry. A correction starts from it; what is masked is kept where it is left empty."""
    row = entry_of(entry_id)
    if request.method == "POST":
        request.actor.require(RECORD, row.place_code)
    rules = duty_rules()
    corrected = hasattr(row, "corrected_by")
    plain = ("direction", "decision", "people", "temperature", "plate", "origin")
    initial = as_it_was(row, *plain)
    form = EntryForm(
        posted(request), rules=rules, kind=rules.gates.get(row.gate.kind), initial=initial
    )
    if form.is_bound and form.is_valid():
        hidden_ = ("who", "identity", "phone", "note")
        given = form.cleaned_data
        new_ = correcting(row, actions.NewGateEntry, given, *hidden_, gate_id=row.gate_id)
        done = tried(form, lambda: actions.record_gate_entry(by=request.actor, entry=new_))
        if done is not None:
            messages.success(request, _("Corrected. What was logged first stays, marked."))
            return redirect("field:gate", row.gate_id)
    masks = {"who": mask_name, "identity": mask_number, "phone": mask_phone}
    context = {
        "tabs": tabs("gates"),
        **_lines([row], rules),
        "entry": row,
        "corrected": corrected,
        "corrects": GateEntry.objects.filter(op_id=row.corrects_id).first()
        if row.corrects_id
        else None,
        "masked": [
            {
                "id": f"entry-{name}",
                "label": REVEALED[name],
                "value": hidden(getattr(row, name), masks[name]),
                "url": reverse("field:gate_entry_reveal", args=[row.id, name])
                if request.actor.may("people.reveal")
                and not isinstance(getattr(row, name), Destroyed)
                else "",
            }
            for name in masks
            if getattr(row, name)
        ],
        "form": form,
        "may_correct": not corrected
        and row.gate.closed_on is None
        and request.actor.may(RECORD, row.place_code),
        "now": timezone.now(),
    }
    status = 422 if form.is_bound else 200
    return render(request, "field/gate_entry.html", context, status=status)


@page("people.reveal", methods=("GET", "POST"))
def reveal(request: SignedRequest, entry_id: UUID, what: str) -> HttpResponse:
    """A full name or number of an entry, for a reason."""
    row = entry_of(entry_id)
    if what not in REVEALED or not getattr(row, what):
        raise OutOfScope(what)
    return reveal_page(
        request,
        title=str(REVEALED[what]),
        sub=row.gate.name,
        element=f"entry-{what}",
        back=reverse("field:gate_entry", args=[row.id]),
        show=lambda purpose, reason: reveal_entry(
            by=request.actor, entry=row, what=what, purpose=purpose, reason=reason
        ),
        purposes=purposes(),
        tel=what == "phone",
    )
