"""Daily and zero reports: filled from the facts, sent once, corrected openly."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.codes import Level
from fangxian.common.errors import Conflict, Invalid, OutOfScope, Problem
from fangxian.common.ui import formats
from fangxian.core.actions import NewTask, close_task, open_tasks
from fangxian.field.models import Campaign, DailyReport, ReportCorrection
from fangxian.field.reporting import (
    Span,
    cut_off,
    due_by_level,
    end_of_recording,
    figures_of,
    is_zero,
    last_cut_off,
    span_among,
    unreported,
)
from fangxian.field.rules import field_rules_version
from fangxian.regions.queries import current

RIGHT = "field.report"
OVERDUE = "field.report_overdue"
# What sending fills in.
FILLED = ["figures", "zero", "counted_from", "counted_to", "sent_at", "sent_by"]


@action
def prepare_reports(*, by: Actor, campaign: Campaign, day: dt.date, area: str = "") -> int:
    """Make the reports that each place of the reporting levels owes for a day. Returns the new.

    Each is due at the time of its level and has a task that falls due with it: an unsent report is
    somebody's overdue task. Run by the clock for each running sweep, and safe to run again.
    """
    by.require(RIGHT)
    rules = field_rules_version(campaign.rule_version).report
    within = area or max(by.area, campaign.area.code, key=len)
    due = due_by_level(campaign, day)
    levels = list(due)
    places = list(current().filter(code__startswith=within, level__in=levels))
    if len(campaign.area.code) > max(levels):
        # A sweep of a grid or a building: the community that it lies in reports of it.
        above = campaign.area.code[: max(levels)]
        places = list(current().filter(code=above).filter(code__startswith=area or by.area))
    known = set(
        DailyReport.objects.filter(campaign=campaign, day=day).values_list("place_id", flat=True)
    )
    reports = [
        DailyReport(
            campaign=campaign,
            place=place,
            place_code=place.code,
            day=day,
            due_at=due[Level(len(place.code))],
        )
        for place in places
        if place.id not in known
    ]
    DailyReport.objects.bulk_create(reports, ignore_conflicts=True)
    open_tasks(
        by=by,
        tasks=[
            NewTask(
                kind=OVERDUE,
                place_code=report.place_code,
                title=gettext_noop("Send the daily report of %(day)s, also when it is zero"),
                title_data={"day": day.isoformat()},
                due_at=report.due_at,
                object_type="field.DailyReport",
                object_id=report.id,
                assignee_role=rules.roles[Level(len(report.place_code))],
                dedupe_key=report_key(report),
            )
            for report in reports
        ],
    )
    return len(reports)


def report_key(report: DailyReport) -> str:
    """The key of the task to send a report."""
    return f"{report.campaign_id}/{report.place_id}/{report.day}"


@action
def send_report(*, by: Actor, report: DailyReport) -> DailyReport:
    """Send: counts what was received in its span (``reporting.span_among``); locked from then on.

    The place's reports are locked for it, so that two of them never count the same visit.
    Raises Conflict when it was sent already, when one of an earlier day is not sent yet, or when
    the sweep was closed: its closing report counts what was in none.
    """
    by.require(RIGHT, report.place_code)
    if _state_held(report.campaign_id) == Campaign.State.CLOSED:
        raise Conflict(_("The sweep was closed; what was not reported is in its closing report."))
    of_place = DailyReport.objects.filter(
        campaign_id=report.campaign_id, place_id=report.place_id
    ).order_by("id")
    rows = list(of_place.select_for_update(of=("self",)).select_related("campaign"))
    found = next((row for row in rows if row.id == report.id), None)
    if found is None:
        raise OutOfScope(str(report.id))
    if found.sent_at is not None:
        raise Conflict(_("The report was sent already; write a correction instead."))
    earlier = [r.day for r in rows if r.day < found.day and r.sent_at is None]
    if earlier:
        first = formats.date(min(earlier))
        raise Conflict(_("The report of %(day)s is not sent yet; send it first.") % {"day": first})
    fill_report(found, span_among(found, rows, cut_off()), by, timezone.now())
    found.save(update_fields=FILLED)
    close_task(by=by, kind=OVERDUE, dedupe_key=report_key(found), done_fact="report sent")
    return found


def _state_held(campaign_id: UUID) -> str:
    """The state of a sweep, which nobody closes until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT state FROM field_campaign WHERE id = %s FOR SHARE", [campaign_id])
        return str(cursor.fetchone()[0])


@action
def close_reports(*, by: Actor, campaign: Campaign) -> int:
    """Report what a closed sweep still received: each visit is then in a report of each place.

    Each place with visits after its last report gets a closing report, sent at once. Returns how
    many; none as long as visits are being recorded that began before it was closed. Run by the
    clock, and safe to run again.
    """
    by.require(RIGHT)
    found = Campaign.objects.select_for_update(of=("self",)).select_related("area")
    campaign = found.get(id=campaign.id)
    if campaign.state != Campaign.State.CLOSED or campaign.settled_at is not None:
        return 0
    until = end_of_recording()
    if until is None:
        return 0
    reports = [
        DailyReport(
            campaign=campaign,
            place=place,
            place_code=place.code,
            day=timezone.localdate(until),
            due_at=until,
            closing=True,
        )
        for place in unreported(campaign)
    ]
    DailyReport.objects.bulk_create(reports)
    for report in reports:
        fill_report(report, Span(last_cut_off(report), until), by, timezone.now())
    DailyReport.objects.bulk_update(reports, FILLED)
    campaign.settled_at = until
    campaign.save(update_fields=["settled_at"])
    return len(reports)


def fill_report(report: DailyReport, span: Span, by: Actor, sent_at: dt.datetime) -> None:
    """Fill a report, not saved yet, with what it counts in ``span``, as ``by`` sends it."""
    report.figures = figures_of(report, span)
    report.zero = is_zero(report.figures)
    report.counted_from, report.counted_to = span.start, span.end
    report.sent_at = sent_at
    report.sent_by = by.name


@action
def correct_report(
    *, by: Actor, report: DailyReport, figures: dict[str, Any], reason: str
) -> ReportCorrection:
    """Correct a sent report: what was sent stays; the correction stands beside it."""
    by.require(RIGHT, report.place_code)
    if report.sent_at is None:
        raise Conflict(_("The report is not sent yet; send it instead."))
    unknown = sorted(set(figures) - set(report.figures))
    problems = []
    if unknown or not figures:
        problems.append(
            Problem(
                _("These are not figures of the report: %(names)s.")
                % {"names": ", ".join(unknown)},
                field="figures",
                mend=_("Correct one of: %(names)s.") % {"names": ", ".join(report.figures)},
            )
        )
    if not reason.strip():
        problems.append(
            Problem(_("The reason is missing."), field="reason", mend=_("Say what was wrong."))
        )
    if any(not isinstance(value, int) or value < 0 for value in figures.values()):
        problems.append(
            Problem(
                _("A figure is not a count."),
                field="figures",
                mend=_("Write whole numbers, 0 or more."),
            )
        )
    if problems:
        raise Invalid(*problems)
    return ReportCorrection.objects.create(
        report=report,
        place_code=report.place_code,
        figures=figures,
        reason=reason.strip(),
        corrected_by=by.name,
    )
