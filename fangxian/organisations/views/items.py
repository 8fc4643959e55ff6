"""The lists of a community: an item, who takes it on, what came of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from fangxian.common.errors import Invalid
from fangxian.common.policy import SignedRequest, page
from fangxian.common.ui.changes import hold
from fangxian.common.ui.pages import form_page, posted
from fangxian.common.ui.problems import tried
from fangxian.organisations import actions, reporting
from fangxian.organisations.actions.items import CLAIM
from fangxian.organisations.forms_reporting import (
    ChangeItemForm,
    ClaimForm,
    CommunityForm,
    NewItemForm,
    OwnReportForm,
    ResultForm,
)
from fangxian.organisations.models import Claim, CommunityItem, Organisation, ReportIn
from fangxian.organisations.reporting_rules import reporting_rules
from fangxian.organisations.views.chain import chain_crumbs
from fangxian.organisations.views.common import PAGE, page_number, told
from fangxian.organisations.views.reporting import EDIT, community, state
from fangxian.regions.models import Region
from fangxian.regions.queries import current

# Communities in which one unit reported in that are looked at.
OWN = 100


def _crumbs(request: SignedRequest, here: Region, kind: str, *last: str) -> list[dict[str, str]]:
    name = reporting_rules().list_name(kind)
    way = chain_crumbs(request.actor, here, _("Reporting in"), name, *last)
    board = reverse("organisations:reporting", args=[here.code])
    way[-2 - len(last)]["url"] = board
    way[-1 - len(last)]["url"] = f"{board}?view={kind}"
    return way


@page(EDIT, methods=("GET", "POST"))
def create(request: SignedRequest, code: str) -> HttpResponse:
    """Put an item on a list of a community."""
    by, here, rules = request.actor, community(request, code), reporting_rules()
    kind = request.GET.get("kind", "")
    kind = kind if kind in rules.lists else next(iter(rules.lists))
    form = NewItemForm(rules, posted(request), initial={"kind": kind})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        made = tried(form, lambda: actions.list_item(by=by, community=here, **given))
        if made is not None:
            messages.success(request, _("Saved."))
            return redirect("organisations:community_item", made.id)
    title = _("New item")
    return form_page(
        request,
        form,
        title=title,
        sub=here.name,
        back=f"{reverse('organisations:reporting', args=[code])}?view={kind}",
        breadcrumbs=_crumbs(request, here, kind, title),
    )


def _choices(row: CommunityItem) -> list[tuple[UUID, str]]:
    """Who was received in the item's community, units first."""
    found = reporting.reports_in(row.community.code).exclude(received_on=None)
    reports = list(found)
    names = reporting.names_of(reports)
    reports.sort(key=lambda one: (one.person_id is not None, names[one.id]))
    return [(one.id, names[one.id]) for one in reports if names[one.id]]


@page("organisations.view")
def item(request: SignedRequest, item_id: UUID) -> HttpResponse:
    """One item: its claims, and who could take it on."""
    return _page(request, reporting.item(item_id))


def _page(
    request: SignedRequest, row: CommunityItem, form: ClaimForm | None = None
) -> HttpResponse:
    by = request.actor
    may_edit = by.may(EDIT, row.place_code)
    known = reporting.items_in(row.place_code).get(id=row.id)
    words, badge = state(known)
    code = reporting.state_of(known)
    claims = list(row.claims.select_related("report__organisation").order_by("-claimed_on", "-id"))
    names = reporting.names_of([one.report for one in claims])
    return render(
        request,
        "organisations/item.html",
        {
            "item": row,
            "list": reporting_rules().list_name(row.kind),
            "state": words,
            "badge": badge,
            "claims": [(one, names[one.report_id] or _("no longer in sight")) for one in claims],
            "form": (form or ClaimForm(_choices(row))) if may_edit and code == "open" else None,
            "may_edit": may_edit,
            "may_resume": may_edit and code == "open",
            "may_withdraw": may_edit and code == "open",
            "may_restore": may_edit and code == "withdrawn",
            "history": told(CommunityItem, row.id),
            "breadcrumbs": _crumbs(request, row.community, row.kind, row.title),
        },
        status=422 if form is not None else 200,
    )


@page(EDIT, methods=("GET", "POST"))
def edit(request: SignedRequest, item_id: UUID) -> HttpResponse:
    """Change an item."""
    if request.method == "POST":
        hold(CommunityItem, item_id)
    by, row = request.actor, reporting.item(item_id)
    now = {"title": row.title, "detail": row.detail, "due": row.due}
    form = ChangeItemForm(posted(request), initial=now)
    if request.method == "POST" and form.is_valid():
        given = now | form.cleaned_data
        if tried(form, lambda: actions.change_item(by=by, item=row, **given)):
            messages.success(request, _("Saved."))
            return redirect("organisations:community_item", row.id)
    title = _("Edit “%(name)s”") % {"name": row}
    return _form(request, row, form, title=title)


def _form(request: SignedRequest, row: CommunityItem, form: Any, **context: Any) -> HttpResponse:
    return form_page(
        request,
        form,
        back=reverse("organisations:community_item", args=[row.id]),
        breadcrumbs=_crumbs(request, row.community, row.kind, context["title"]),
        **context,
    )


@page(EDIT, methods=("POST",))
def withdraw(request: SignedRequest, item_id: UUID) -> HttpResponse:
    """Take an item off its list."""
    row = actions.withdraw_item(by=request.actor, item=reporting.item(item_id))
    messages.success(request, _("It is off the list."))
    return redirect("organisations:community_item", row.id)


@page(EDIT, methods=("POST",))
def restore(request: SignedRequest, item_id: UUID) -> HttpResponse:
    """Take back that an item was taken off."""
    row = actions.restore_item(by=request.actor, item=reporting.item(item_id))
    messages.success(request, _("It is on its list again."))
    return redirect("organisations:community_item", row.id)


@page(EDIT, methods=("POST",))
def claim(request: SignedRequest, item_id: UUID) -> HttpResponse:
    """Who reported in takes an item on."""
    row = reporting.item(item_id)
    form = ClaimForm(_choices(row), request.POST)
    if not form.is_valid():
        return _page(request, row, form)
    report: ReportIn = reporting.report(UUID(form.cleaned_data["report"]))
    try:
        actions.claim_item(by=request.actor, item=row, report=report)
    except Invalid as error:
        form.add_error("report", str(error))
        return _page(request, row, form)
    messages.success(request, _("It is claimed."))
    return redirect("organisations:community_item", row.id)


@page(EDIT, methods=("GET", "POST"))
def done(request: SignedRequest, claim_id: UUID) -> HttpResponse:
    """What was claimed is done."""
    by, row = request.actor, reporting.claim(claim_id)
    form = ResultForm(posted(request))
    if request.method == "POST" and form.is_valid():
        result = form.cleaned_data["result"]
        if tried(form, lambda: actions.complete_claim(by=by, claim=row, result=result)):
            messages.success(request, _("It is done."))
            return redirect("organisations:community_item", row.item_id)
    return _form(request, row.item, form, title=_("Done: what came of it"), sub=row.item.title)


@page(EDIT, methods=("POST",))
def give_up(request: SignedRequest, claim_id: UUID) -> HttpResponse:
    """The item is open again."""
    row = actions.give_up_claim(by=request.actor, claim=reporting.claim(claim_id))
    messages.success(request, _("The item is open again."))
    return redirect("organisations:community_item", row.item_id)


@page(EDIT, methods=("POST",))
def reopen(request: SignedRequest, claim_id: UUID) -> HttpResponse:
    """Take back that it was done."""
    row = actions.reopen_claim(by=request.actor, claim=reporting.claim(claim_id))
    messages.success(request, _("It goes on."))
    return redirect("organisations:community_item", row.item_id)


def _settled(request: SignedRequest, claim_id: UUID, settle: Any, said: str) -> HttpResponse:
    row = reporting.claim(claim_id)
    try:
        settle(by=request.actor, claim=row)
    except Invalid as error:
        messages.error(request, str(error))
    else:
        messages.success(request, said)
    return redirect("organisations:community_item", row.item_id)


@page(EDIT, methods=("POST",))
def confirm(request: SignedRequest, claim_id: UUID) -> HttpResponse:
    """The community lets somebody have what he asked for."""
    return _settled(request, claim_id, actions.confirm_claim, _("The claim is confirmed."))


@page(EDIT, methods=("POST",))
def unconfirm(request: SignedRequest, claim_id: UUID) -> HttpResponse:
    """Take back that it was confirmed."""
    return _settled(request, claim_id, actions.unconfirm_claim, _("It waits again."))


@page(EDIT, methods=("POST",))
def resume(request: SignedRequest, claim_id: UUID) -> HttpResponse:
    """Take back that it was given up."""
    return _settled(request, claim_id, actions.resume_claim, _("It goes on."))


@page(CLAIM)
def own(request: SignedRequest) -> HttpResponse:
    """What communities need where one's own unit, or oneself, has reported in: one button each."""
    by, rules = request.actor, reporting_rules()
    search = CommunityForm(by, request.GET if "community" in request.GET else None)
    if search.is_valid():
        return redirect("organisations:report_self", search.cleaned_data["community"].code)
    reports = list(reporting.own_reports(by)[:OWN])
    mine = Claim.objects.filter(report__in=reports, given_up_on=None)
    mine = mine.select_related("item__community", "report").order_by("done_on", "-claimed_on")
    found = reporting.items_in(by.area, state="open").filter(
        community__in=[one.community_id for one in reports]
    )
    at = page_number(request)
    rows = list(found[(at - 1) * PAGE : at * PAGE + 1])
    context = {
        "reports": reports,
        "names": ", ".join(sorted({one.community.name for one in reports})),
        "reportable": list(current().filter(code__in=reporting.own_places(by)).order_by("code")),
        "search": search if by.organisation_id is not None else None,
        "waiting": ", ".join(
            sorted({one.community.name for one in reporting.own_waiting(by)[:OWN]})
        ),
        "feedback": [
            (one, reporting.quarter_name(one.quarter), rules.grade_name(one.grade))
            for one in reporting.own_feedback(by)[:OWN]
        ],
        "mine": [(one, rules.list_name(one.item.kind)) for one in mine[:PAGE]],
        "rows": [(row, rules.list_name(row.kind)) for row in rows[:PAGE]],
        "page": at,
        "more": len(rows) > PAGE,
    }
    return render(request, "organisations/own_items.html", context)


@page(CLAIM, methods=("GET", "POST"))
def report_self(request: SignedRequest, code: str) -> HttpResponse:
    """Report oneself or one's unit in to a community, which receives it."""
    by, here = request.actor, community(request, code)
    whom = {one.id: one for one in reporting.may_report(by, here.code)}
    choices = [
        (key, one.name if isinstance(one, Organisation) else _("I myself"))
        for key, one in whom.items()
    ]
    first = {"who": str(choices[0][0])} if choices else {}
    form = OwnReportForm(choices, posted(request), initial=first)
    if request.method == "POST" and form.is_valid():
        who, offers = whom[UUID(form.cleaned_data["who"])], form.cleaned_data["offers"]
        made = tried(
            form,
            lambda: actions.report_oneself_in(by=by, community=here, who=who, offers=offers),
        )
        if made is not None:
            messages.success(request, _("Reported in: the community receives it."))
            return redirect("organisations:own_items")
    none = _("Neither you nor your unit can report in here, or both have done so.")
    return form_page(
        request,
        form,
        title=_("Report in"),
        sub=here.name,
        note="" if whom else none,
        back=reverse("organisations:own_items"),
    )


@page(CLAIM, methods=("POST",))
def ask(request: SignedRequest, item_id: UUID) -> HttpResponse:
    """Take an item on for one's own unit; the community confirms it."""
    try:
        actions.ask_for_item(by=request.actor, item=reporting.item(item_id))
    except Invalid as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Claimed: the community confirms it."))
    return redirect("organisations:own_items")


@page(CLAIM, methods=("POST",))
def take_back(request: SignedRequest, claim_id: UUID) -> HttpResponse:
    """Give back what one's own unit has claimed."""
    actions.take_back_claim(by=request.actor, claim=reporting.claim(claim_id))
    messages.success(request, _("The item is open again."))
    return redirect("organisations:own_items")
