"""The list of aid with its map, one batch with all that happened, and its steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.common.errors import OutOfScope
from fangxian.common.policy import SignedRequest, page
from fangxian.common.ui.changes import hold
from fangxian.common.ui.pages import change_page, posted
from fangxian.mobilise.aid import actions, chart, importing, queries, timeline
from fangxian.mobilise.aid.actions import KEEP, VIEW
from fangxian.mobilise.aid.actions.batches import FIELDS
from fangxian.mobilise.aid.forms import (
    BatchForm,
    ChangeBatchForm,
    CountersForm,
    LegForm,
    LiaisonForm,
    SendForm,
    ThanksForm,
    UnitForm,
)
from fangxian.mobilise.aid.rules import aid_rules
from fangxian.mobilise.aid.views.common import (
    LOOKS,
    State,
    crumbs,
    far,
    on_batch,
    sees_people,
    to_batch,
    whither,
)
from fangxian.mobilise.models import AidBatch, AidCounter, AidLeg, AidProgramme
from fangxian.mobilise.queries import inside
from fangxian.mobilise.rules import label
from fangxian.organisations.finding import holder_of
from fangxian.organisations.models import Organisation
from fangxian.regions.queries import called, full_name, names

SHOWN: Final = 200


@page(VIEW)
def every(request: SignedRequest) -> HttpResponse:
    """Batches and programmes of the area: a map, a table, what they come to."""
    by, rules = request.actor, aid_rules()
    over = request.GET.get("show") == "over"
    states = [State.CLOSED, State.CALLED_OFF] if over else list(queries.OPEN)
    rows = list(queries.batches(by.area).filter(state__in=states)[: SHOWN + 1])
    programmes = AidProgramme.objects.select_related("destination", "organisation")
    programmes = inside(programmes.filter(ended_on__isnull=not over), by.area)
    standing = list(programmes.order_by("name")[:SHOWN])
    heads, late = queries.headcounts(rows), queries.missing(rows, rules)
    where = far(row.destination for row in (*rows, *standing) if row.destination)
    due = {row.id for row in queries.overdue(rows)}
    context = {
        "lines": [
            {
                "batch": row,
                "look": LOOKS[State(row.state)],
                "where": _where(row, where),
                "people": heads.get(row.id, (0, 0)),
                "missing": len(late.get(row.id, ())),
                "overdue": row.id in due,
            }
            for row in rows[:SHOWN]
        ],
        "full": len(rows) > SHOWN,
        "most": SHOWN,
        "standing": [
            {"row": row, "kind": label(rules.programmes, row.kind), "where": _where(row, where)}
            for row in standing
        ],
        "over": over,
        "area": by.area,
        "away": queries.out(by.area),
        "quarantined": queries.in_quarantine(by.area).count(),
        "person_times": queries.person_times(by.area),
        "totals": queries.sums(by.area, rules),
        "chart": chart.drawn(by.area, rows[:SHOWN], standing),
        "places": called({row.place_code for row in (*rows, *standing)}),
        "place_name": full_name(by.area) if by.area else "",
        "now": timezone.now(),
        "may_keep": by.may(KEEP),
    }
    return render(request, "mobilise/aid.html", context)


def _where(row: AidBatch | AidProgramme, called_: dict[str, str]) -> str:
    place = called_.get(row.destination.code, row.destination.name) if row.destination else ""
    return " · ".join(part for part in (place, row.elsewhere) if part)


@page(KEEP, methods=("GET", "POST"))
def new(request: SignedRequest) -> HttpResponse:
    """Plan a batch."""
    by, rules = request.actor, aid_rules()
    start: dict[str, Any] = {"number": 1, "daily": True, "place": by.area}
    if programme := _programme(request.GET.get("programme", "")):
        terms = AidBatch.objects.filter(programme=programme)
        start |= {
            "name": programme.name,
            "number": terms.count() + 1,
            "programme": programme,
            "place": programme.place_code,
            "destination": programme.destination.code if programme.destination else "",
            "elsewhere": programme.elsewhere,
            "purpose": programme.purpose,
            "organisation": programme.organisation.name if programme.organisation else "",
            "daily": False,
        }
    form = BatchForm(posted(request), by=by, rules=rules, initial=start)
    title = _("Plan a batch")
    return change_page(
        request,
        form,
        save=lambda given: actions.plan_batch(by=by, **given),
        done=_("Planned. Now add its members."),
        to=lambda made: to_batch(made)[1],
        title=title,
        back=reverse("mobilise:aid"),
        breadcrumbs=crumbs((title, "")),
    )


def _programme(text: str) -> AidProgramme | None:
    """The programme of whose next term a batch is, if one is asked for."""
    try:
        return queries.programme(UUID(text))
    except (ValueError, OutOfScope):
        return None


@page(KEEP, methods=("GET", "POST"))
def edit(request: SignedRequest, batch_id: UUID) -> HttpResponse:
    """Change a batch."""
    if request.method == "POST":
        hold(AidBatch, batch_id)
    found = queries.batch(batch_id)
    now = {name: getattr(found, name) for name in FIELDS}
    shown = now | {
        "destination": found.destination.code if found.destination else "",
        "organisation": found.organisation.name if found.organisation else "",
        "programme": found.programme_id,
        "unit": found.unit_id,
    }
    form = ChangeBatchForm(posted(request), initial=shown, area=found.place_code)
    return _save(
        request,
        found,
        form,
        lambda given: actions.change_batch(by=request.actor, batch=found, **now | given),
        _("The change is saved."),
        _("Change the batch"),
    )


def _save(
    request: SignedRequest,
    found: AidBatch,
    form: forms.Form,
    save: Callable[[dict[str, Any]], Any],
    done: str,
    title: str,
    **more: Any,
) -> HttpResponse:
    return change_page(request, form, save=save, done=done, **on_batch(found, title), **more)


@page(VIEW)
def detail(request: SignedRequest, batch_id: UUID) -> HttpResponse:
    """One batch: its people, its way, its days, what it was thanked with. No names without need."""
    found, rules, by = queries.batch(batch_id), aid_rules(), request.actor
    people = sees_people(request, found)
    may_keep = by.may(KEEP, found.place_code)
    members = list(queries.members(found)) if people else []
    contacts = queries.contact_of(members) if members else {}
    today = timezone.localdate()
    heads = queries.headcounts([found]).get(found.id, (0, 0))
    is_open = found.state in queries.OPEN
    context = {
        "batch": found,
        "look": LOOKS[State(found.state)],
        "where": whither(found.destination, found.elsewhere),
        "home": full_name(found.place_code),
        "heads": heads,
        "quarantined": queries.in_quarantine(found.place_code).filter(member__batch=found).count(),
        "roles": queries.by_role(found, rules),
        "sees_people": people,
        "lines": [
            {
                "member": row,
                "role": label(rules.roles, row.role),
                "contact": contacts.get(row.id),
                "quarantine": _quarantine(row, today),
            }
            for row in members
        ],
        "legs": [
            {"leg": leg, "mode": label(rules.modes, leg.mode)}
            for leg in AidLeg.objects.filter(batch=found).order_by("departs_at", "id")
        ],
        "progress": queries.progress(found, rules),
        "counters": AidCounter.objects.filter(batch=found, ended_on=None).count(),
        "events": timeline.events(found, rules),
        "overdue": bool(queries.overdue([found])),
        "steps": _steps(found),
        "may_keep": may_keep and is_open,
        "may_thank": may_keep and found.state != State.CALLED_OFF,
        "may_report": people and found.state in (State.UNDER_WAY, State.RETURNED),
        "takes_people": may_keep and found.state in (State.PLANNED, State.UNDER_WAY),
        "send_form": SendForm(initial={"on": min(found.from_date, today)}),
        "unit_form": UnitForm(rules=rules),
        "importing": f"{reverse('mobilise:aid_import')}?kind={importing.MEMBERS}",
        "today": today,
        "breadcrumbs": crumbs((found.title, "")),
    }
    return render(request, "mobilise/aid_batch.html", context)


def _steps(found: AidBatch) -> list[dict[str, Any]]:
    order = [State.PLANNED, State.UNDER_WAY, State.RETURNED, State.CLOSED]
    if found.state not in order:
        return []
    at = order.index(State(found.state))
    return [
        {"label": state.label, "done": n < at or found.state == State.CLOSED, "current": n == at}
        for n, state in enumerate(order)
    ]


def _quarantine(row: Any, today: Any) -> dict[str, Any] | None:
    found = getattr(row, "quarantine", None)
    if found is None:
        return None
    return {
        "last": found.last,
        "runs": found.from_date <= today <= found.last and not found.ended_for,
        "unplaced": not found.place and found.from_date < today <= found.last,
    }


@page(KEEP, methods=("POST",))
def send(request: SignedRequest, batch_id: UUID) -> HttpResponse:
    """A batch has left."""
    found = queries.batch(batch_id)
    form = SendForm(request.POST)
    return _save(
        request,
        found,
        form,
        lambda given: actions.send_batch(by=request.actor, batch=found, **given),
        _("The batch is under way."),
        _("The batch has left"),
    )


@page(KEEP, methods=("POST",))
def call_off(request: SignedRequest, batch_id: UUID) -> HttpResponse:
    """A batch does not go."""
    actions.call_off(by=request.actor, batch=queries.batch(batch_id))
    messages.success(request, _("The batch was called off."))
    return redirect("mobilise:aid_batch", batch_id)


@page(KEEP, methods=("POST",))
def close(request: SignedRequest, batch_id: UUID) -> HttpResponse:
    """All is done."""
    actions.close_batch(by=request.actor, batch=queries.batch(batch_id))
    messages.success(request, _("The batch is closed. What it did stays."))
    return redirect("mobilise:aid_batch", batch_id)


@page(KEEP, methods=("GET", "POST"))
def liaison(request: SignedRequest, batch_id: UUID) -> HttpResponse:
    """Search who keeps the line at home."""
    found = queries.batch(batch_id)
    form = LiaisonForm(request.actor, posted(request))
    return _save(
        request,
        found,
        form,
        lambda given: _name_liaison(request, found, given["holder"]),
        _("The change is saved."),
        _("Liaison at home"),
        template="organisations/found_form.html",
        note=_("Enters the progress of each day as the leader does, with an account of this area."),
    )


def _name_liaison(request: SignedRequest, found: AidBatch, key: str) -> AidBatch:
    holder = holder_of(key)
    assert not isinstance(holder, Organisation)  # the form searches people
    return actions.name_liaison(by=request.actor, batch=found, holder=holder)


@page(KEEP, methods=("GET", "POST"))
def counters(request: SignedRequest, batch_id: UUID) -> HttpResponse:
    """What a batch counts."""
    if request.method == "POST":
        hold(AidBatch, batch_id)
    found = queries.batch(batch_id)
    rows = list(AidCounter.objects.filter(batch=found).order_by("rank", "name"))
    form = CountersForm(posted(request), rules=aid_rules(), counters=rows)
    return _save(
        request,
        found,
        form,
        lambda given: actions.set_counters(by=request.actor, batch=found, **given),
        _("The change is saved."),
        _("Counters"),
    )


@page(KEEP, methods=("GET", "POST"))
def leg(request: SignedRequest, batch_id: UUID) -> HttpResponse:
    """Record a leg of the way."""
    found = queries.batch(batch_id)
    start = {"origin": names([found.place_code]).get(found.place_code, "")}
    if found.destination:
        start["target"] = found.destination.name
    form = LegForm(posted(request), rules=aid_rules(), initial=start)
    return _save(
        request,
        found,
        form,
        lambda given: actions.add_leg(by=request.actor, batch=found, **given),
        _("Recorded."),
        _("Record travel"),
    )


@page(KEEP, methods=("POST",))
def remove_leg(request: SignedRequest, leg_id: UUID) -> HttpResponse:
    """Take a leg out that was recorded by mistake."""
    found = AidLeg.objects.filter(id=leg_id).first()
    if found is None:
        raise OutOfScope(str(leg_id))
    batch = actions.remove_leg(by=request.actor, leg=found)
    messages.success(request, _("The leg was taken out."))
    return redirect("mobilise:aid_batch", batch.id)


@page(KEEP, methods=("GET", "POST"))
def thanks(request: SignedRequest, batch_id: UUID) -> HttpResponse:
    """Record a welcome or thanks."""
    found = queries.batch(batch_id)
    form = ThanksForm(posted(request), rules=aid_rules())
    return _save(
        request,
        found,
        form,
        lambda given: actions.record_thanks(by=request.actor, batch=found, **given),
        _("Recorded."),
        _("Record thanks"),
    )
