"""Units and members report in to a community, are received, get feedback, and leave."""

from __future__ import annotations

import datetime as dt
from typing import Final

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, Invalid, Problem
from fangxian.common.ui import formats
from fangxian.core.actions import notify_many
from fangxian.core.actions.notify import Note
from fangxian.organisations import lacking, reporting
from fangxian.organisations.actions.organisations import EDIT, not_yet
from fangxian.organisations.checking import gone
from fangxian.organisations.models import Claim, Feedback, Organisation, ReportIn
from fangxian.organisations.reporting import CLAIM
from fangxian.organisations.reporting_rules import reporting_rules
from fangxian.people.locks import lock_person
from fangxian.people.models import Person
from fangxian.regions.models import Region

RECEIVED: Final = "organisations.report_received"
GIVEN: Final = "organisations.feedback_given"
TASKS = (lacking.RECEIVE, lacking.FEEDBACK)


@action
def report_in(
    *,
    by: Actor,
    community: Region,
    who: Organisation | Person,
    offers: str = "",
    on: dt.date | None = None,
    received: bool = False,
) -> ReportIn:
    """A unit reports in to a community, or a member to the one where he or she lives.

    ``received``: the community itself records it. Raises Invalid: no place to report in to, a body
    that is dissolved, somebody who does not live there; Conflict: reported in already.
    """
    by.require(EDIT, community.code)
    return _report(by, community, who, offers, on or timezone.localdate(), received)


@action
def report_oneself_in(
    *, by: Actor, community: Region, who: Organisation | Person, offers: str = ""
) -> ReportIn:
    """A member reports in where he or she lives, or a unit's own officer reports it in.

    The community receives them. Raises Invalid: as :func:`report_in`, or neither oneself nor one's
    own unit; Conflict: reported in already.
    """
    by.require(CLAIM, community.code)
    if who.id not in (by.person_id, by.organisation_id):
        raise Invalid(
            Problem(
                _("This is neither yourself nor your unit."),
                field="who",
                mend=_("Choose one of those that are offered."),
                code="not_own",
            )
        )
    return _report(by, community, who, offers, timezone.localdate(), received=False)


def _report(
    by: Actor,
    community: Region,
    who: Organisation | Person,
    offers: str,
    day: dt.date,
    received: bool,
) -> ReportIn:
    rules = reporting_rules()
    if isinstance(who, Person):
        who = lock_person(who.id)
    not_yet(day)
    problem = gone(who, day)
    if community.level != int(rules.level):
        problem = Problem(
            _("“%(place)s” is no community.") % {"place": community.name},
            field="community",
            mend=_("Choose a community or village."),
            code="level",
        )
    elif (
        problem is None
        and isinstance(who, Person)
        and not reporting.lives_at(who.id, community.code)
    ):
        problem = Problem(
            _("He or she does not live in “%(place)s”.") % {"place": community.name},
            field="holder",
            mend=_("Members report in where they live; move the person in first."),
            code="elsewhere",
        )
    if problem is not None:
        raise Invalid(problem)
    whose = {"person": who} if isinstance(who, Person) else {"organisation": who}
    known = ReportIn.objects.filter(**whose, ended_on=None)
    if isinstance(who, Organisation):
        known = known.filter(community=community)
    if known.exists():
        raise Conflict(_("This one has reported in already."))
    made = ReportIn.objects.create(
        community=community,
        place_code=community.code,
        offers=offers.strip(),
        reported_on=day,
        received_on=day if received else None,
        **whose,
    )
    _settle(by, made)
    return made


def _settle(by: Actor, row: ReportIn) -> None:
    lacking.refresh(by=by, area=row.place_code, kinds=TASKS)


def _tell(by: Actor, row: ReportIn, template: str) -> None:
    """Tell the accounts of who reported in."""
    context, url = {"place": row.community.name}, reverse("organisations:own_items")
    told = sorted(reporting.accounts_of(row) - {by.user_id or row.id})
    notify_many(by=by, notes=[Note(one, template, context, url) for one in told])


def locked(row: ReportIn) -> ReportIn:
    """The row as it is now, locked."""
    return ReportIn.objects.select_for_update(of=("self",)).get(id=row.id)


@action
def receive(*, by: Actor, report: ReportIn) -> ReportIn:
    """The community receives who reported in. Raises Conflict: received or ended already."""
    by.require(EDIT, report.place_code)
    row = locked(report)
    if row.received_on is not None or row.ended_on is not None:
        raise Conflict(_("This was settled meanwhile: open the page again."))
    row.received_on = max(timezone.localdate(), row.reported_on)
    row.save(update_fields=["received_on"])
    _settle(by, row)
    _tell(by, row, RECEIVED)
    return row


@action
def end_report(*, by: Actor, report: ReportIn, on: dt.date | None = None) -> ReportIn:
    """A unit or member is not with a community any more; what it had claimed is open again.

    Raises Conflict when it has ended, Invalid for a day to come.
    """
    by.require(EDIT, report.place_code)
    row, day = locked(report), on or timezone.localdate()
    not_yet(day)
    if row.ended_on is not None:
        raise Conflict(_("It ended already on %(day)s.") % {"day": formats.date(row.ended_on)})
    row.ended_on = max(day, row.reported_on, row.received_on or row.reported_on)
    row.save(update_fields=["ended_on"])
    for claim in Claim.objects.filter(report=row, done_on=None, given_up_on=None).order_by("id"):
        claim.given_up_on = max(row.ended_on, claim.claimed_on)
        claim.save(update_fields=["given_up_on"])
    _settle(by, row)
    return row


@action
def resume_report(*, by: Actor, report: ReportIn) -> ReportIn:
    """Take back that it ended. Claims that were given up with it stay open.

    Raises Conflict: it goes on, or reported in again or elsewhere since; Invalid: gone, moved.
    """
    by.require(EDIT, report.place_code)
    row = locked(report)
    if row.ended_on is None:
        raise Conflict(_("It has not ended."))
    whose = {"person": row.person_id} if row.person_id else {"organisation": row.organisation_id}
    again = ReportIn.objects.filter(**whose, ended_on=None)
    if row.person_id is None:
        again = again.filter(community=row.community_id)
    if again.exists():
        raise Conflict(_("This one has reported in already."))
    if row.organisation is not None and (problem := gone(row.organisation, timezone.localdate())):
        raise Invalid(problem)
    if row.person_id is not None and not reporting.lives_at(row.person_id, row.place_code):
        raise Invalid(
            Problem(
                _("He or she does not live in “%(place)s”.") % {"place": row.community.name},
                mend=_("Members report in where they live; move the person in first."),
                code="elsewhere",
            )
        )
    row.ended_on = None
    row.save(update_fields=["ended_on"])
    _settle(by, row)
    return row


@action
def give_feedback(
    *,
    by: Actor,
    report: ReportIn,
    quarter: dt.date,
    grade: str,
    text: str = "",
    again: bool = True,
) -> Feedback:
    """What the community says of a quarter; said ``again``, it replaces what was said.

    Raises Invalid: a quarter that is not over, before it was received or after it ended, a grade
    there is not; Conflict: it was said before, and not ``again``.
    """
    by.require(EDIT, report.place_code)
    row, today = locked(report), timezone.localdate()
    first = reporting.quarter_of(quarter)
    problem = None
    if row.received_on is None or reporting.quarter_end(first) < row.received_on:
        problem = Problem(
            _("It was not received then."),
            field="quarter",
            mend=_("Receive it first, or choose a later quarter."),
            code="not_received",
        )
    elif reporting.quarter_end(first) >= today:
        problem = Problem(
            _("This quarter is not over."),
            field="quarter",
            mend=_("Choose one that is; feedback on it can be given from %(day)s on.")
            % {"day": formats.date(reporting.quarter_end(first) + reporting.DAY)},
            code="future",
        )
    elif row.ended_on is not None and row.ended_on < first:
        problem = Problem(
            _("It had ended by then."),
            field="quarter",
            mend=_("Choose a quarter until %(day)s.") % {"day": formats.date(row.ended_on)},
            code="ended",
        )
    elif grade not in reporting_rules().grades:
        problem = Problem(_("Choose a grade."), field="grade", code="grade")
    if problem is not None:
        raise Invalid(problem)
    said, made = Feedback.objects.get_or_create(
        report=row,
        quarter=first,
        defaults={
            "place_code": row.place_code,
            "grade": grade,
            "text": text.strip(),
            "given_on": today,
        },
    )
    if not made and not again:
        name = reporting_rules().grade_name(said.grade)
        raise Conflict(
            _("Somebody else has given it meanwhile: “%(grade)s”. Open the page again.")
            % {"grade": name}
        )
    if not made:
        said.grade, said.text, said.given_on = grade, text.strip(), today
        said.save(update_fields=["grade", "text", "given_on"])
    _settle(by, row)
    _tell(by, row, GIVEN)
    return said
