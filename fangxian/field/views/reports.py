"""Daily and zero reports: who owes one, one report, sending and correcting it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fangxian.accounts.policy import SignedRequest, page
from fangxian.common.codes import Level, bounds
from fangxian.common.errors import Invalid, OutOfScope
from fangxian.field import actions
from fangxian.field.forms import CorrectionForm, ReportFilter, show_problems
from fangxian.field.models import DailyReport
from fangxian.field.queries import figures_of_day
from fangxian.field.rules import field_rules_version
from fangxian.field.views.campaigns import campaign_of, top
from fangxian.regions.queries import full_name, names

MOST = 500
LABELS = {
    "visits": gettext_lazy("Visits"),
    "absent": gettext_lazy("Nobody at home"),
    "refused": gettext_lazy("Refused"),
    "exceptions": gettext_lazy("Exceptions found"),
    "households": gettext_lazy("Households visited that day"),
    "newly_covered": gettext_lazy("Covered for the first time"),
    "target": gettext_lazy("Households to visit"),
    "visited": gettext_lazy("Visited so far"),
    "exempt": gettext_lazy("Exempt"),
    "gap": gettext_lazy("Not covered"),
}


def state_of(report: DailyReport) -> tuple[str, Any]:
    """The badge of a report: its look and its words."""
    if report.sent_at is not None:
        if report.zero:
            return "ok", _("zero report sent")
        return "ok", _("sent")
    if report.due_at < timezone.now():
        return "late", _("overdue")
    return "todo", _("to be sent")


@page("field.view")
def of_day(request: SignedRequest, campaign_id: UUID) -> HttpResponse:
    """The reports of a day by level: who has sent, who has not yet."""
    campaign = campaign_of(request, campaign_id)
    levels = list(field_rules_version(campaign.rule_version).report.levels)
    form = ReportFilter(request.GET, levels)
    day, show, level = form.chosen()
    lo, hi = bounds(top(request, campaign))
    found = DailyReport.objects.filter(
        campaign=campaign, day=day, place_code__gte=lo, place_code__lt=hi
    )
    every = list(found.order_by("place_code")[:MOST])
    tiles = []
    for one in sorted(levels):
        of_level = [row for row in every if len(row.place_code) == one]
        if of_level:
            sent = sum(row.sent_at is not None for row in of_level)
            tiles.append({"label": one.label, "sent": sent, "all": len(of_level)})
    chosen = [
        row
        for row in every
        if (not level or len(row.place_code) == level)
        and (not show or (row.sent_at is not None) == (show == "sent"))
    ]
    labels = names({row.place_code for row in chosen})
    rows = []
    for row in chosen:
        look, words = state_of(row)
        name = labels.get(row.place_code, row.place_code)
        kind = Level(len(row.place_code)).label
        rows.append({"report": row, "name": name, "level": kind, "look": look, "words": words})
    return render(
        request,
        "field/reports.html",
        {
            "campaign": campaign,
            "form": form,
            "day": day,
            "filtered": bool(show or level or request.GET.get("day")),
            "tiles": tiles,
            "rows": rows,
            "full": len(every) == MOST,
        },
    )


def _report(report_id: UUID) -> DailyReport:
    found = (
        DailyReport.objects.select_related("campaign", "place")
        .prefetch_related("corrections")
        .filter(id=report_id)
        .first()
    )
    if found is None:
        raise OutOfScope(str(report_id))
    return found


@page("field.view")
def detail(request: SignedRequest, report_id: UUID) -> HttpResponse:
    """One report: figures of this moment until it is sent, then those that were sent."""
    return _detail(request, _report(report_id))


def _detail(
    request: SignedRequest, report: DailyReport, form: CorrectionForm | None = None
) -> HttpResponse:
    by = request.actor
    sent = report.sent_at is not None
    figures = (
        report.corrected()
        if sent
        else figures_of_day(report.campaign, report.place_code, report.day)
    )
    lo, hi = bounds(report.place_code)
    below = DailyReport.objects.filter(
        campaign=report.campaign_id, day=report.day, place_code__gt=lo, place_code__lt=hi
    )
    nearest = min((len(code) for code in below.values_list("place_code", flat=True)), default=0)
    missing = [row for row in below if row.sent_at is None and len(row.place_code) == nearest]
    look, words = state_of(report)
    labels = names({row.place_code for row in missing})
    if sent and form is None:
        form = CorrectionForm(figures=figures, labels=LABELS)
    context = {
        "report": report,
        "place_name": full_name(report.place_code),
        "look": look,
        "words": words,
        "figures": [
            {
                "label": LABELS.get(name, name),
                "value": value,
                "before": report.figures.get(name) if sent else None,
                "corrected": sent and report.figures.get(name) != value,
            }
            for name, value in figures.items()
        ],
        "zero": not any(figures[name] for name in actions.OF_THE_DAY),
        "corrections": [
            {
                "title": " · ".join(
                    f"{LABELS.get(name, name)} {value}" for name, value in row.figures.items()
                ),
                "text": row.reason,
                "time": row.created_at,
                "who": row.corrected_by,
            }
            for row in sorted(report.corrections.all(), key=lambda c: c.id)
        ],
        "missing": [
            {"report": row, "name": labels.get(row.place_code, row.place_code)} for row in missing
        ],
        "form": form,
        "now": timezone.now(),
        "may_send": not sent and by.may("field.report", report.place_code),
        "may_correct": sent and by.may("field.report", report.place_code),
    }
    status = 422 if form is not None and form.is_bound else 200
    return render(request, "field/report.html", context, status=status)


@page("field.report", methods=("POST",))
def send(request: SignedRequest, report_id: UUID) -> HttpResponse:
    """Send a report: its figures are locked."""
    actions.send_report(by=request.actor, report=_report(report_id))
    messages.success(request, _("Sent. Later changes are corrections that stand beside it."))
    return redirect("field:report", report_id)


@page("field.report", methods=("POST",))
def correct(request: SignedRequest, report_id: UUID) -> HttpResponse:
    """Correct a sent report, with the reason."""
    report = _report(report_id)
    request.actor.require("field.report", report.place_code)
    form = CorrectionForm(request.POST, figures=report.corrected(), labels=LABELS)
    if form.is_valid():
        try:
            actions.correct_report(
                by=request.actor,
                report=report,
                figures=form.changed_figures(),
                reason=form.cleaned_data["reason"],
            )
        except Invalid as error:
            show_problems(form, error)
        else:
            messages.success(request, _("Corrected. What was sent stays visible."))
            return redirect("field:report", report_id)
    return _detail(request, report, form)
