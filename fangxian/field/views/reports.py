"""Daily and zero reports: who owes one, one report, sending and correcting it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from fangxian.accounts.policy import SignedRequest, page
from fangxian.accounts.queries import display_names
from fangxian.common.codes import Level
from fangxian.common.errors import Invalid, OutOfScope
from fangxian.common.ui.problems import show_problems
from fangxian.field import actions, reporting
from fangxian.field.forms import CorrectionForm, ReportFilter
from fangxian.field.models import Campaign, DailyReport, ReportCorrection
from fangxian.field.views.campaigns import campaign_of, top
from fangxian.regions.queries import full_name, names

MOST = 500
MOST_CORRECTIONS = 50


def state_of(report: DailyReport) -> tuple[str, Any]:
    """The badge of a report: its look and its words."""
    if report.sent_at is not None:
        if report.zero:
            return "ok", _("zero report sent")
        return "ok", pgettext("a report", "sent")
    if report.campaign.state == Campaign.State.CLOSED:
        return "neutral", _("not sent before the sweep was closed")
    if report.due_at < timezone.now():
        return "late", _("overdue")
    return "todo", _("to be sent")


@page("field.view")
def of_day(request: SignedRequest, campaign_id: UUID) -> HttpResponse:
    """The reports of a day by level: who has sent, who has not yet."""
    campaign = campaign_of(request, campaign_id)
    form = ReportFilter(request.GET, reporting.levels_of(campaign))
    day, show, level = form.chosen()
    found = DailyReport.objects.select_related("campaign").filter(campaign=campaign, day=day)
    at_level = (
        found.filter(closing=False)
        .values("place__level")
        .annotate(all=Count("id"), sent=Count("sent_at"))
    )
    tiles = [
        {
            "label": Level(row["place__level"]).label,
            "sent": row["sent"],
            "all": row["all"],
            "which": f"{campaign.id},{day},{row['place__level']}",
        }
        for row in at_level.order_by("place__level")
    ]
    if level:
        found = found.filter(place__level=level)
    if show:
        found = found.filter(sent_at__isnull=show != "sent")
    chosen = list(found.order_by("place_code", "closing", "due_at")[: MOST + 1])
    full, chosen = len(chosen) > MOST, chosen[:MOST]
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
            "at": top(request, campaign),
            "people": display_names(row.sent_by for row in chosen),
            "rows": rows,
            "full": full,
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
    span = reporting.span_of(report)
    figures = report.corrected() if sent else reporting.figures_of(report, span)
    below = reporting.below(report)
    missing = [row for row in below if row.sent_at is None]
    sums = reporting.sums(below)
    corrected_below = list(reporting.corrections_below(report)[:MOST_CORRECTIONS])
    corrections = sorted(report.corrections.all(), key=lambda c: c.id)
    by_whom = [row.corrected_by for row in [*corrections, *corrected_below]]
    people = display_names([report.sent_by, *by_whom])
    look, words = state_of(report)
    labels = names({row.place_code for row in [*missing, *corrected_below]})
    titles = reporting.labels_of(report.campaign)
    if sent and form is None:
        form = CorrectionForm(figures=figures, labels=titles)
    context = {
        "report": report,
        "people": people,
        "place_name": full_name(report.place_code),
        "look": look,
        "words": words,
        "span": span,
        "figures": [
            {
                "label": titles.get(name, name),
                "value": figures[name],
                "before": report.figures.get(name) if sent else None,
                "corrected": sent and report.figures.get(name) != figures[name],
                "below": sums.get(name, 0),
                "difference": figures[name] - sums.get(name, 0),
            }
            for name in [*titles, *sorted(set(figures) - set(titles))]
            if name in figures
        ],
        "told_below": len(below) - len(missing),
        "zero": reporting.is_zero(figures),
        "corrections": [_correction(row, titles, people) for row in corrections],
        "corrections_below": [
            _correction(row, titles, people, labels.get(row.place_code, row.place_code))
            for row in corrected_below
        ],
        "missing": [
            {"report": row, "name": labels.get(row.place_code, row.place_code)} for row in missing
        ],
        "form": form,
        "now": timezone.now(),
        # Reports are sent in the order of their days.
        "earlier": None if sent else _earlier(report),
        "may_send": not sent
        and report.campaign.state == Campaign.State.RUNNING
        and by.may("field.report", report.place_code),
        "may_correct": sent and by.may("field.report", report.place_code),
    }
    status = 422 if form is not None and form.is_bound else 200
    return render(request, "field/report.html", context, status=status)


def _earlier(report: DailyReport) -> DailyReport | None:
    owed = DailyReport.objects.filter(
        campaign_id=report.campaign_id, place_id=report.place_id, day__lt=report.day, sent_at=None
    )
    return owed.order_by("day").first()


def _correction(
    row: ReportCorrection, titles: dict[str, Any], people: dict[str, str], place: str = ""
) -> dict[str, Any]:
    said = [f"{titles.get(name, name)} {value}" for name, value in row.figures.items()]
    return {
        "title": " · ".join([place, *said] if place else said),
        "text": row.reason,
        "time": row.created_at,
        "who": people.get(row.corrected_by, row.corrected_by),
    }


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
    titles = reporting.labels_of(report.campaign)
    form = CorrectionForm(request.POST, figures=report.corrected(), labels=titles)
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
