"""Corrections at a desk: of a check, a disinfection, an outreach. What was recorded first stays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from fangxian.accounts.policy import SignedRequest, page
from fangxian.common.errors import OutOfScope
from fangxian.common.fields import Destroyed
from fangxian.common.ui.formats import date_time
from fangxian.common.ui.pages import form_page, posted
from fangxian.common.ui.problems import tried
from fangxian.field import actions
from fangxian.field.actions import once
from fangxian.field.actions.gates import RECORD
from fangxian.field.duties.forms import CheckForm, DisinfectionForm, OutreachForm
from fangxian.field.duties.rules import duty_rules
from fangxian.field.models import Disinfection, Outreach, RoundCheck
from fangxian.field.models.duties_log import DutyRecord
from fangxian.field.views.duties import fresh
from fangxian.regions.queries import full_name

R = TypeVar("R", bound=DutyRecord)
N = TypeVar(
    "N",
    actions.NewGateEntry,
    actions.NewRoundCheck,
    actions.NewDisinfection,
    actions.NewOutreach,
)


def _row(model: type[R], key: UUID, *related: str) -> R:
    found = model._default_manager.select_related(*related).filter(id=key).first()
    if found is None:
        raise OutOfScope(str(key))
    return found


def as_it_was(row: DutyRecord, *names: str) -> dict[str, Any]:
    """What a form begins with: of what was recorded, all that is not destroyed."""
    values = {name: getattr(row, name) for name in names}
    known = {name: value for name, value in values.items() if not isinstance(value, Destroyed)}
    return known | fresh()


def correcting(
    row: DutyRecord, new: type[N], given: dict[str, Any], /, *hidden: str, **fixed: Any
) -> N:
    """The record that corrects a row. What the form does not ask stays as it was, and so does what
    it does not show (``hidden``) where it was left empty.
    """
    said: dict[str, Any] = {
        name: value for name, value in given.items() if value or name not in hidden
    }
    keeps = once.unsaid(new, {*said, *fixed})
    return new(corrects=row.op_id, keeps=keeps, **fixed, **said)


def _corrected(
    request: SignedRequest,
    row: DutyRecord,
    form: forms.Form,
    back: str,
    record: Callable[[dict[str, Any]], Any],
) -> HttpResponse:
    """The form of a correction; once it is recorded, the list again."""
    request.actor.require(RECORD, row.place_code)
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        if tried(form, lambda: record(given)) is not None:
            messages.success(request, _("Corrected. What was recorded first stays, marked."))
            return redirect(back)
    sub = f"{full_name(row.place_code)} · {date_time(row.at)}"
    title = _("Correct what was recorded")
    hint = _("A note that is left empty stays as it is.")
    return form_page(request, form, title=title, sub=sub, hint=hint, back=back)


@page(RECORD, methods=("GET", "POST"))
def check(request: SignedRequest, check_id: UUID) -> HttpResponse:
    """Correct what was found at a point."""
    row = _row(RoundCheck, check_id, "point")
    points = [row.point]
    form = CheckForm(
        posted(request),
        rules=duty_rules(),
        points=points,
        initial=as_it_was(row, "found", "point_id"),
    )

    def record(given: dict[str, Any]) -> Any:
        new = correcting(row, actions.NewRoundCheck, given, "note")
        return actions.record_round_check(by=request.actor, check=new)

    back = reverse("field:round", args=[row.point.round_id])
    return _corrected(request, row, form, back, record)


@page(RECORD, methods=("GET", "POST"))
def disinfection(request: SignedRequest, disinfection_id: UUID) -> HttpResponse:
    """Correct a disinfection; its place stays."""
    row = _row(Disinfection, disinfection_id)
    names = ("site", "agent", "concentration", "minutes", "area", "operator")
    initial = as_it_was(row, *names)
    form = DisinfectionForm(
        posted(request), by=request.actor, rules=duty_rules(), correcting=True, initial=initial
    )

    def record(given: dict[str, Any]) -> Any:
        here = row.place_code
        new = correcting(row, actions.NewDisinfection, given, "note", place_code=here)
        return actions.record_disinfection(by=request.actor, disinfection=new)

    return _corrected(request, row, form, reverse("field:disinfections"), record)


@page(RECORD, methods=("GET", "POST"))
def outreach(request: SignedRequest, outreach_id: UUID) -> HttpResponse:
    """Correct what came of it and how many were reached; place, kind and message stay."""
    row = _row(Outreach, outreach_id, "message")
    initial = {"what": f"{row.kind}.{row.outcome}", **as_it_was(row, "people")}
    form = OutreachForm(
        posted(request), by=request.actor, rules=duty_rules(), corrects=row.kind, initial=initial
    )

    def record(given: dict[str, Any]) -> Any:
        values = dict(given)
        _kind, _dot, outcome = values.pop("what").partition(".")
        fixed = {"place_code": row.place_code, "kind": row.kind, "outcome": outcome}
        new = correcting(row, actions.NewOutreach, values, "note", **fixed)
        return actions.record_outreach(by=request.actor, outreach=new)

    return _corrected(request, row, form, reverse("field:outreach"), record)
