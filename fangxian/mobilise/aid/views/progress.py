"""The progress of a day: entered, corrected, with what it was before."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.accounts.queries import display_names
from fangxian.common.history import history_of
from fangxian.common.policy import SignedRequest, page
from fangxian.common.ui import formats
from fangxian.common.ui.changes import refused
from fangxian.common.ui.pages import posted
from fangxian.common.ui.problems import tried
from fangxian.mobilise.aid import actions, queries
from fangxian.mobilise.aid.actions import VIEW
from fangxian.mobilise.aid.forms import ReportForm, report_values
from fangxian.mobilise.aid.rules import AidRules, aid_rules
from fangxian.mobilise.aid.views.common import State, crumbs, to_batch
from fangxian.mobilise.models import AidBatch, AidCounter, AidDay, AidFigure

CHANGES = 20


@page(VIEW, methods=("GET", "POST"))
def report(request: SignedRequest, batch_id: UUID) -> HttpResponse:
    """Enter the progress of a day; without the right to, read it."""
    by, found, rules = request.actor, queries.batch(batch_id), aid_rules()
    counters = list(AidCounter.objects.filter(batch=found).order_by("rank", "name"))
    day = _day(request.GET.get("day", "")) or _next(found, rules)
    row = AidDay.objects.filter(batch=found, day=day).first()
    figures = list(AidFigure.objects.filter(day=row).values_list("counter_id", "value"))
    heads = queries.headcounts([found]).get(found.id, (0, 0))
    may = actions.may_report(by, found) and found.state in (State.UNDER_WAY, State.RETURNED)
    form = ReportForm(
        posted(request),
        rules=rules,
        counters=counters,
        initial=report_values(day, row, figures, heads[1]),
    )
    if form.is_bound and form.is_valid():
        given: dict[str, Any] = {key: form.cleaned_data[key] for key in ("day", "heads", "note")}
        done = tried(
            form,
            lambda: actions.report_day(
                by=by,
                batch=found,
                figures=form.figures(),
                reason=form.cleaned_data["reason"],
                **given,
            ),
        )
        if done is not None:
            messages.success(
                request, _("The progress of %(day)s is entered.") % {"day": formats.date(done.day)}
            )
            return redirect(reverse("mobilise:aid_batch", args=[found.id]) + "#progress")
    step = to_batch(found)
    known = dict(figures)
    context = {
        "batch": found,
        "form": form,
        "day": day,
        "row": row,
        "figures": [(*queries.counted(one, rules), known.get(one.id)) for one in counters],
        "versions": _versions(row, counters, rules) if row else [],
        "missing": queries.missing([found], rules).get(found.id, []),
        "may": may,
        "back": step[1],
        "breadcrumbs": crumbs(step, (_("Progress of a day"), "")),
    }
    status = refused(form) if request.method == "POST" else 200
    return render(request, "mobilise/aid_report.html", context, status=status)


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def _next(found: AidBatch, rules: AidRules) -> dt.date:
    """The first day that is missing, else today."""
    lacking = queries.missing([found], rules).get(found.id)
    return lacking[0] if lacking else timezone.localdate()


def _versions(row: AidDay, counters: list[AidCounter], rules: AidRules) -> list[dict[str, Any]]:
    """What was entered for a day, the latest first; nothing where it was never corrected."""
    told = history_of(AidDay).objects.filter(pgh_obj_id=row.id).order_by("-pgh_id")
    days = list(told[: CHANGES + 1])
    if len(days) < 2:
        return []
    keys = AidFigure.objects.filter(day=row).values_list("id", flat=True)
    changes = history_of(AidFigure).objects.filter(pgh_obj_id__in=list(keys)).order_by("pgh_id")
    by_counter: dict[UUID, list[tuple[dt.datetime, int]]] = defaultdict(list)
    for moment, key, value in changes.values_list("pgh_created_at", "counter_id", "value"):
        by_counter[key].append((moment, value))
    people = display_names(one.entered_by for one in days)
    versions = []
    for one in days:
        values = []
        for counter in counters:
            held = [v for moment, v in by_counter[counter.id] if moment <= one.pgh_created_at]
            if held:
                values.append(f"{queries.counted(counter, rules)[0]} {formats.number(held[-1])}")
        versions.append(
            {
                "at": one.entered_at,
                "who": formats.who(one.entered_by, people),
                "why": one.corrected_for,
                "heads": one.heads,
                "values": values,
                "note": one.note,
            }
        )
    return versions
