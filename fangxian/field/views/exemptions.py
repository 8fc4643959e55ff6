"""Exemptions: granted at the door, listed, ended."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from fangxian.accounts.policy import SignedRequest, page
from fangxian.accounts.queries import display_names
from fangxian.common.codes import bounds
from fangxian.common.errors import Invalid, OutOfScope
from fangxian.common.ui.pages import posted
from fangxian.common.ui.problems import show_problems
from fangxian.field import actions, queries
from fangxian.field.forms import ExemptForm
from fangxian.field.models import Campaign, Exemption
from fangxian.field.questionnaire.said import typed
from fangxian.field.rules import field_rules_version
from fangxian.field.views.campaigns import campaign_of, top
from fangxian.field.views.doors import door_names, where_of
from fangxian.regions.queries import names

MOST = 500


@page("field.view")
def every(request: SignedRequest, campaign_id: UUID) -> HttpResponse:
    """The exemptions of a sweep in the actor's area: those in force, or those that ended."""
    campaign = campaign_of(request, campaign_id)
    lo, hi = bounds(within := top(request, campaign))
    ended = request.GET.get("show") == "ended"
    found = Exemption.objects.filter(
        target__campaign=campaign, place_code__gte=lo, place_code__lt=hi, ended_on__isnull=not ended
    ).select_related("target", "target__household")
    rows = list(found.order_by("until", "place_code", "id")[: MOST + 1])
    reasons = field_rules_version(campaign.rule_version).exemptions
    labels = door_names([row.target for row in rows], within)
    context = {
        "campaign": campaign,
        "rows": [
            {
                "exemption": row,
                "note": typed(row.note or ""),
                "where": where_of(row.target, labels, within=within),
                "reason": reasons[row.reason].name
                if row.reason in reasons
                else row.reason or queries.DESTROYED,
            }
            for row in rows[:MOST]
        ],
        "people": display_names(row.granted_by for row in rows[:MOST]),
        "full": len(rows) > MOST,
        "ended": ended,
        "may_end": not ended
        and campaign.state == Campaign.State.RUNNING
        and request.actor.may("field.exempt"),
    }
    return render(request, "field/exemptions.html", context)


@page("field.exempt", methods=("GET", "POST"))
def grant(request: SignedRequest, campaign_id: UUID, household_id: UUID) -> HttpResponse:
    """Exempt a household."""
    target = queries.target_at(campaign_id, household_id)
    rules = field_rules_version(target.campaign.rule_version)
    sent = posted(request)
    form = ExemptForm(sent, rules=rules, initial={"until": target.campaign.ends_on})
    if sent is not None and form.is_valid():
        try:
            actions.exempt(by=request.actor, target=target, **form.cleaned_data)
        except Invalid as error:
            show_problems(form, error)
        else:
            messages.success(request, _("Exempt. It counts as covered until its last day."))
            return redirect("field:door", campaign_id, household_id)
    labels = names({target.place_code, target.place_code[:18]})
    context = {"target": target, "form": form, "where": where_of(target, labels)}
    status = 422 if sent is not None else 200
    return render(request, "field/exempt.html", context, status=status)


@page("field.exempt", methods=("POST",))
def end(request: SignedRequest, exemption_id: UUID) -> HttpResponse:
    """End an exemption: the household is to be visited again."""
    found = Exemption.objects.select_related("target").filter(id=exemption_id).first()
    if found is None:
        raise OutOfScope(str(exemption_id))
    actions.end_exemption(by=request.actor, exemption=found)
    messages.success(request, _("Ended: the household is to be visited."))
    return redirect("field:exemptions", found.target.campaign_id)
