"""The progress of a day: entered by who leads the batch or keeps the line at home, corrected."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from uuid import UUID

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.accounts.actions import because, checked_reason
from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import Forbidden, Invalid, Problem
from fangxian.common.models import update_fields
from fangxian.mobilise.aid import queries, raising
from fangxian.mobilise.aid.actions.batches import KEEP, VIEW, State, held
from fangxian.mobilise.aid.rules import AidRules, aid_rules
from fangxian.mobilise.models import AidBatch, AidCounter, AidDay, AidFigure, AidMember
from fangxian.mobilise.models.aid import MOST_FIGURE


def may_report(by: Actor, batch: AidBatch) -> bool:
    """Whether the actor may enter the progress of a batch."""
    return by.may(KEEP, batch.place_code) or (
        by.may(VIEW, batch.place_code) and queries.in_charge(by, batch)
    )


@action
def report_day(
    *,
    by: Actor,
    batch: AidBatch,
    day: dt.date,
    heads: int,
    figures: Mapping[UUID, int],
    note: str = "",
    reason: str = "",
) -> AidDay:
    """Enter the progress of a day: each counter's value, 0 where nothing was done; or correct it.

    Sent twice it changes nothing; a correction needs a reason. Raises Forbidden, Conflict (the
    batch is not away), Invalid: a day before it left, after its return, to come or too long ago;
    a counter left out; more people at work than the batch has.
    """
    found = held(by, batch.id, State.UNDER_WAY, State.RETURNED, right=VIEW)
    if not may_report(by, found):
        raise Forbidden(KEEP, found.place_code)
    rules = aid_rules()
    counters = {row.id: row for row in AidCounter.objects.filter(batch=found, ended_on=None)}
    problems = [
        *_bad_day(found, day, rules),
        *_bad_heads(found, day, heads),
        *_bad_figures(counters, figures, rules),
    ]
    if problems:
        raise Invalid(*problems)
    row = AidDay.objects.filter(batch=found, day=day).first()
    if row is None:
        row = AidDay.objects.create(
            batch=found,
            place_code=found.place_code,
            day=day,
            heads=heads,
            note=note.strip(),
            entered_by=by.name,
            entered_at=timezone.now(),
        )
        AidFigure.objects.bulk_create(
            AidFigure(day=row, place_code=found.place_code, counter=counters[key], value=value)
            for key, value in figures.items()
        )
    else:
        _correct(by, row, heads, note.strip(), figures, reason)
    raising.settle(by, [found])
    return row


def _correct(
    by: Actor, row: AidDay, heads: int, note: str, figures: Mapping[UUID, int], reason: str
) -> None:
    known = {one.counter_id: one for one in AidFigure.objects.filter(day=row)}
    changed = update_fields(row, heads=heads, note=note)
    others = {
        key: value
        for key, value in figures.items()
        if key not in known or known[key].value != value
    }
    if not changed and not others:
        return
    row.corrected_for = checked_reason(reason)
    row.entered_by, row.entered_at = by.name, timezone.now()
    with because(by, row.corrected_for):
        row.save(update_fields=[*changed, "corrected_for", "entered_by", "entered_at"])
        for key, value in others.items():
            if key in known:
                known[key].value = value
                known[key].save(update_fields=["value"])
            else:
                AidFigure.objects.create(
                    day=row, place_code=row.place_code, counter_id=key, value=value
                )


def _bad_day(batch: AidBatch, day: dt.date, rules: AidRules) -> Iterator[Problem]:
    today = timezone.localdate()
    last = min(today, batch.returned_on or today)
    if batch.left_on is None or not batch.left_on <= day <= last:
        yield Problem(
            _("The batch was not away on this day."),
            field="day",
            mend=_("Choose a day from its leaving to its return, not later than today."),
            code="day",
        )
    elif day < today - rules.correct_within:
        yield Problem(
            _("This is more than %(n)d days ago.") % {"n": rules.correct_within.days},
            field="day",
            mend=_("What is so old is not changed any more."),
            code="too_old",
        )


def _bad_heads(batch: AidBatch, day: dt.date, heads: int) -> Iterator[Problem]:
    away = Q(returned_on=None) | Q(returned_on__gte=day)
    people = AidMember.objects.filter(away, batch=batch).count()
    if not 0 <= heads <= people:
        yield Problem(
            _("The batch had %(n)d people away on this day.") % {"n": people},
            field="heads",
            mend=_("Write how many of them were at work, or add those who are missing."),
            code="heads",
        )


def _bad_figures(
    counters: Mapping[UUID, AidCounter], figures: Mapping[UUID, int], rules: AidRules
) -> Iterator[Problem]:
    for key, row in counters.items():
        if key not in figures:
            yield Problem(
                _("“%(name)s” is left out.") % {"name": queries.counted(row, rules)[0]},
                field=f"counter_{key.hex}",
                mend=_("Write 0 where nothing was done."),
                code="missing",
            )
    for key, value in figures.items():
        if key not in counters:
            yield Problem(_("The batch does not count this."), code="unknown")
        elif not 0 <= value <= MOST_FIGURE:
            yield Problem(
                _("Write a number from 0 to %(most)d.") % {"most": MOST_FIGURE},
                field=f"counter_{key.hex}",
                code="range",
            )
