"""Reporting in: the board of a place, one who reported in, receiving, feedback."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.common import codes
from fangxian.common.errors import Invalid, OutOfScope, Problem
from fangxian.common.policy import SignedRequest, page
from fangxian.common.ui.pages import form_page, posted, saving
from fangxian.common.ui.problems import tried
from fangxian.organisations import actions, reporting
from fangxian.organisations.finding import holder_of
from fangxian.organisations.forms import DayForm
from fangxian.organisations.forms_reporting import (
    STATES,
    FeedbackForm,
    ItemFilter,
    ReportForm,
)
from fangxian.organisations.models import Claim, Member, Organisation, ReportIn
from fangxian.organisations.reporting_rules import ReportingRules, reporting_rules
from fangxian.organisations.views.chain import chain_crumbs
from fangxian.organisations.views.common import PAGE, page_number, told
from fangxian.people.models import Person
from fangxian.regions.models import Region
from fangxian.regions.queries import at

EDIT = "organisations.edit"
QUARTERS_SHOWN = 4
BADGES = {"open": "gap", "claimed": "doing", "done": "ok", "withdrawn": "neutral"}


def community(request: SignedRequest, code: str) -> Region:
    """The community of a code. Raises OutOfScope for places of other levels."""
    here = at(code, by=request.actor)
    if here.level != int(reporting_rules().level):
        raise OutOfScope(code)
    return here


@page("organisations.view")
def board(request: SignedRequest, code: str) -> HttpResponse:
    """A community: who reported in, its lists, missing feedback; a wider place: its communities."""
    by, here, rules = request.actor, at(code, by=request.actor), reporting_rules()
    if here.level < int(rules.level):
        return render(
            request,
            "organisations/reporting_overview.html",
            {
                "place": here,
                "lines": list(reporting.overview(code)),
                "breadcrumbs": chain_crumbs(by, here, _("Reporting in")),
            },
        )
    if here.level != int(rules.level):
        return redirect("organisations:reporting", code=code[: int(rules.level)])
    view = request.GET.get("view", "")
    view = view if view in rules.lists else "who"
    at_page = page_number(request)
    shown = slice((at_page - 1) * PAGE, at_page * PAGE)
    missing = reporting.missing_feedback(code)
    context: dict[str, Any] = {
        "place": here,
        "view": view,
        "tabs": _tabs(rules, view),
        "missing": len(missing),
        "may_edit": by.may(EDIT, code),
        "page": at_page,
        "breadcrumbs": chain_crumbs(by, here, _("Reporting in")),
    }
    if view == "who":
        ended = request.GET.get("ended") == "1"
        found = reporting.reports_in(code, ended=ended)
        rows, count = list(found[shown]), found.count()
        names = reporting.names_of(rows)
        owed = {one.report_id for one in missing}
        lines = [(row, names[row.id], row.id in owed) for row in rows]
        context |= {"rows": lines, "ended": ended}
    else:
        form = ItemFilter(request.GET)
        items = reporting.items_in(code, view, form.chosen())
        lines_of, count = list(items[shown]), items.count()
        takers = _takers(lines_of)
        context |= {
            "form": form,
            "filtered": bool(form.chosen()),
            "list": rules.list_name(view),
            "rows": [(row, *state(row), takers.get(row.id, "")) for row in lines_of],
        }
    context |= {"count": count, "more": count > at_page * PAGE}
    return render(request, "organisations/reporting.html", context)


def _tabs(rules: ReportingRules, view: str) -> list[dict[str, Any]]:
    who = {"label": _("Who reported in"), "url": "?", "current": view == "who"}
    lists = rules.lists.values()
    return [
        who,
        *(
            {"label": one.name, "url": f"?view={one.code}", "current": view == one.code}
            for one in lists
        ),
    ]


def state(row: Any) -> tuple[Any, str]:
    """The state of an item in words, and the kind of its badge."""
    code = reporting.state_of(row)
    return STATES[code], BADGES[code]


def _takers(rows: list[Any]) -> dict[UUID, str]:
    """Who has claimed these items, by name. Two queries."""
    claims = Claim.objects.filter(item__in=[row.id for row in rows], given_up_on=None)
    found = list(claims.select_related("report__organisation"))
    names = reporting.names_of([one.report for one in found])
    return {one.item_id: names[one.report_id] for one in found}


@page(EDIT, methods=("GET", "POST"))
def report_unit(request: SignedRequest, code: str) -> HttpResponse:
    """A unit reports in."""
    return _report(request, community(request, code), person=False)


@page(EDIT, methods=("GET", "POST"))
def report_member(request: SignedRequest, code: str) -> HttpResponse:
    """A member reports in where he or she lives; those who could are proposed."""
    return _report(request, community(request, code), person=True)


def _report(request: SignedRequest, here: Region, *, person: bool) -> HttpResponse:
    by = request.actor
    form = ReportForm(by, posted(request), person=person, initial={"on": timezone.localdate()})
    if saving(request) and form.is_valid():
        made = tried(form, lambda: _reported(request, here, form.cleaned_data))
        if made is not None:
            messages.success(request, _("The reporting in is recorded."))
            return redirect("organisations:reporting", here.code)
    title = _("A member reports in") if person else _("A unit reports in")
    return form_page(
        request,
        form,
        template="organisations/report_in.html",
        title=title,
        sub=here.name,
        back=reverse("organisations:reporting", args=[here.code]),
        proposed=reporting.proposed(here.code) if person and not form.searched else [],
        breadcrumbs=chain_crumbs(by, here, _("Reporting in"), title),
    )


def _reported(request: SignedRequest, here: Region, given: dict[str, Any]) -> ReportIn:
    by, holder = request.actor, holder_of(given["holder"])
    who: Organisation | Person = holder.person if isinstance(holder, Member) else holder
    if isinstance(who, Organisation) and who.dissolved_on is not None:
        raise Invalid(Problem(_("“%(name)s” is dissolved.") % {"name": who}, field="holder"))
    return actions.report_in(
        by=by,
        community=here,
        who=who,
        offers=given["offers"],
        on=given["on"],
        # Who works in the community receives whom he records.
        received=codes.contains(here.code, by.area),
    )


@page("organisations.view")
def report(request: SignedRequest, report_id: UUID) -> HttpResponse:
    """One who reported in: what was claimed, the feedback, the history."""
    by, row, rules = request.actor, reporting.report(report_id), reporting_rules()
    may_edit = by.may(EDIT, row.place_code)
    name = reporting.names_of([row])[row.id] or _("no longer in sight")
    feedback = row.feedback.order_by("-quarter")
    return render(
        request,
        "organisations/reported.html",
        {
            "row": row,
            "name": name,
            "claims": row.claims.select_related("item").order_by("-claimed_on", "id"),
            "feedback": [
                (one, reporting.quarter_name(one.quarter), rules.grade_name(one.grade))
                for one in feedback
            ],
            "may_receive": may_edit and row.received_on is None and row.ended_on is None,
            "may_feedback": may_edit and row.received_on is not None,
            "may_end": may_edit and row.ended_on is None,
            "may_resume": may_edit and row.ended_on is not None,
            "history": told(ReportIn, row.id),
            "breadcrumbs": _crumbs(request, row, name),
        },
    )


def _crumbs(request: SignedRequest, row: ReportIn, *last: str) -> list[dict[str, str]]:
    way = chain_crumbs(request.actor, row.community, _("Reporting in"), *last)
    way[-1 - len(last)]["url"] = reverse("organisations:reporting", args=[row.place_code])
    return way


@page(EDIT, methods=("POST",))
def receive(request: SignedRequest, report_id: UUID) -> HttpResponse:
    """The community receives who reported in."""
    row = actions.receive(by=request.actor, report=reporting.report(report_id))
    messages.success(request, _("Received."))
    return redirect("organisations:report_in", row.id)


@page(EDIT, methods=("GET", "POST"))
def end(request: SignedRequest, report_id: UUID) -> HttpResponse:
    """A unit or member is not with the community any more."""
    by, row = request.actor, reporting.report(report_id)
    form = DayForm(posted(request), initial={"on": timezone.localdate()})
    del form.fields["reason"]
    if request.method == "POST" and form.is_valid():
        on = form.cleaned_data["on"]
        if tried(form, lambda: actions.end_report(by=by, report=row, on=on)):
            messages.success(request, _("Saved."))
            return redirect("organisations:report_in", row.id)
    return form_page(
        request,
        form,
        title=_("End the reporting in"),
        note=_("What was claimed and is not done is open again."),
        danger=_("End"),
        back=reverse("organisations:report_in", args=[row.id]),
        breadcrumbs=_crumbs(request, row, _("End")),
    )


@page(EDIT, methods=("POST",))
def resume(request: SignedRequest, report_id: UUID) -> HttpResponse:
    """Take back that it ended."""
    row = reporting.report(report_id)
    try:
        actions.resume_report(by=request.actor, report=row)
    except Invalid as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Saved."))
    return redirect("organisations:report_in", row.id)


@page(EDIT, methods=("GET", "POST"))
def feedback(request: SignedRequest, report_id: UUID) -> HttpResponse:
    """The feedback of a quarter on one who reported in."""
    by, row, rules = request.actor, reporting.report(report_id), reporting_rules()
    quarters = _quarters(row)
    said = dict(row.feedback.values_list("quarter", "grade"))
    form = FeedbackForm(rules, quarters, said, posted(request), initial=_initial(quarters, said))
    if request.method == "POST" and form.is_valid():
        given = form.feedback()
        if tried(form, lambda: actions.give_feedback(by=by, report=row, **given)):
            messages.success(request, _("Saved."))
            return redirect("organisations:report_in", row.id)
    name = reporting.names_of([row])[row.id]
    return form_page(
        request,
        form,
        title=_("Quarterly feedback"),
        sub=name,
        note="" if quarters else _("No quarter since it was received is over yet."),
        back=reverse("organisations:report_in", args=[row.id]),
        breadcrumbs=_crumbs(request, row, _("Quarterly feedback")),
    )


def _quarters(row: ReportIn) -> list[dt.date]:
    """The quarters that are over, since it was received; what is missing is among them."""
    today = timezone.localdate()
    first = reporting.quarter_of(row.received_on or today)
    last = reporting.quarter_before(today)
    if row.ended_on is not None:
        last = min(last, reporting.quarter_of(row.ended_on))
    found = [last] if last >= first else []
    missing = [
        m.quarter for m in reporting.missing_feedback(row.place_code) if m.report_id == row.id
    ]
    while found and found[-1] > first and len(found) < QUARTERS_SHOWN:
        found.append(reporting.quarter_before(found[-1]))
    return sorted({*found, *missing}, reverse=True)


def _initial(quarters: list[dt.date], said: Collection[dt.date]) -> dict[str, Any]:
    """What is missing longest comes first."""
    open_ = sorted(one for one in quarters if one not in said)
    return {"quarter": (open_ or quarters)[0].isoformat()} if quarters else {}
