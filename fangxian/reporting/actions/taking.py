"""Taking ledgers away: asked, approved by a second person where they are large, made by a job."""

from __future__ import annotations

import datetime as dt
import secrets
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from fangxian.accounts.actions import checked_reason
from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, Forbidden, Invalid, OutOfScope, Problem
from fangxian.common.facts import Sensitivity, View, plans
from fangxian.common.facts.asked import columns_for
from fangxian.core.actions import start_job
from fangxian.core.actions.files import require_scope
from fangxian.core.actions.tasks import close_tasks, open_task
from fangxian.core.models import Job
from fangxian.reporting.actions.ledgers import packed
from fangxian.reporting.models import Ledger, Taking
from fangxian.reporting.models.ledger import Form
from fangxian.reporting.registered import APPROVE, EXPORT, TASK
from fangxian.reporting.rules import export_rules

JOB = "reporting.take"
REVEAL = "people.reveal"
APPROVERS = "headquarters"
# An approval of what is written every day holds so long, and for so much more than was approved.
STANDING_DAYS = 30
STANDING_GROWTH = 1.5


def names_persons(view: View) -> bool:
    """Whether a view shows something of single persons.

    Groups count them, but not by names, days of birth, addresses: that would list them again.
    """
    telling = (Sensitivity.PERSONAL, Sensitivity.SEALED)
    if view.groups:
        counted = ("code", "yes_no", "number", "place")
        grouped = columns_for(view.facts(), view.groups)
        return any(one.sensitivity in telling and one.kind not in counted for one in grouped)
    return any(column.sensitivity in telling for column in columns_for(view.facts(), view.shown()))


@action
def ask(
    *,
    by: Actor,
    view: View,
    place_code: str,
    title: str,
    form: str,
    clear: bool = False,
    reason: str = "",
) -> Taking:
    """Ask for a view as a file. A small one is made at once; a large one waits for approval.

    ``clear``: with numbers in full, for a reason, by who may reveal them. Raises Forbidden,
    OutOfScope, Invalid.
    """
    taking = entered(
        by, view, place_code=place_code, title=title, form=form, clear=clear, reason=reason
    )
    if taking.state == Taking.State.MADE:
        taking.job = _begin(by, taking)
        taking.save(update_fields=["job"])
    return taking


def entered(
    by: Actor,
    view: View,
    *,
    place_code: str,
    title: str,
    form: str,
    clear: bool = False,
    reason: str = "",
    ledger: Ledger | None = None,
) -> Taking:
    """Enter what is taken; a large one waits for a second person, who is asked by a task. One of a
    scheduled ``ledger`` needs nobody while an approval for it stands.

    Raises Forbidden, OutOfScope, Invalid.
    """
    require_scope(by, place_code)
    by.require(EXPORT, place_code)
    view.checked(by, place_code)
    if form not in Form.values:
        raise Invalid(Problem(_("There is no such form."), "form", mend=_("Choose another.")))
    if clear:
        by.require(REVEAL, place_code)
        reason = checked_reason(reason)
    rows = (
        len(plans.grouped(view, by, place_code))
        if view.groups
        else plans.count(view, by, place_code, None)
    )
    personal = names_persons(view)
    return entered_rows(
        by, place_code=place_code, title=title, table=view.table, form=form, rows=rows,
        personal=personal, clear=clear and personal, reason=reason, view=view, ledger=ledger,
    )  # fmt: skip


def entered_rows(
    by: Actor,
    *,
    place_code: str,
    title: str,
    table: str,
    form: str,
    rows: int,
    clear: bool,
    reason: str,
    personal: bool = True,
    view: View | None = None,
    ledger: Ledger | None = None,
) -> Taking:
    """Enter so many rows that are taken; a second person is asked where they are many."""
    if by.user_id is None:
        raise Forbidden(EXPORT)
    taking = Taking(
        number=_number(), title=title[:120], table=table, view=packed(view or View(table)),
        form=form, rows=rows, personal=personal, clear=clear, reason=reason[:200],
        place_code=place_code, user_id=by.user_id, made_by=by.name, state=Taking.State.MADE,
        ledger=ledger,
    )  # fmt: skip
    if personal and _large(taking):
        taking.under = _standing(taking) if ledger is not None else None
        if taking.under is None:
            taking.state = Taking.State.ASKED
    taking.save(force_insert=True)
    if taking.state == Taking.State.ASKED:
        open_task(
            by=by, kind=TASK, place_code=place_code, assignee_role=APPROVERS,
            title="Approve a large export", dedupe_key=str(taking.pk),
            object_type="reporting.Taking", object_id=taking.pk,
            due_at=timezone.now() + dt.timedelta(days=1),
        )  # fmt: skip
    return taking


def _large(taking: Taking) -> bool:
    """Whether a file names so many persons that a second one is asked: by itself, or with the small
    ones that the same person has taken within a day without asking.
    """
    rules = export_rules()
    most = rules.most(clear=taking.clear)
    if taking.rows >= most:
        return True
    lately = Taking.objects.filter(
        user_id=taking.user_id, personal=True, state=Taking.State.MADE, decided_at=None,
        under=None, created_at__gt=timezone.now() - dt.timedelta(days=1),
    )  # fmt: skip
    if taking.clear:
        lately = lately.filter(clear=True)
    # Two at once are reckoned one after the other.
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"taking:{taking.user_id}"]
        )
    taken = lately.aggregate(rows=Sum("rows"))["rows"] or 0
    return bool(taken + taking.rows >= most * rules.approve_day_times)


def _standing(taking: Taking) -> Taking | None:
    """The approval under which a file of a scheduled ledger is written, if one stands: of the same
    owner, place, form, columns, conditions and order, for hardly more rows.
    """
    found = Taking.objects.filter(
        ledger=taking.ledger, user_id=taking.user_id, place_code=taking.place_code,
        form=taking.form, clear=taking.clear, standing_until__gte=timezone.localdate(),
    ).order_by("-decided_at", "-id")  # fmt: skip
    for one in found:
        if one.view == taking.view and taking.rows <= one.rows * STANDING_GROWTH:
            return one
    return None


def _number() -> str:
    """A short name of a file that people can read aloud."""
    return f"{timezone.localdate():%y%m%d}-{secrets.token_hex(4).upper()}"


def _begin(by: Actor, taking: Taking) -> Job:
    from fangxian.reporting.actions.templates import begin_filling
    from fangxian.reporting.models import Filling

    filling = Filling.objects.filter(taking=taking).first()
    if filling is not None:
        return begin_filling(by, filling)
    args = {"taking": str(taking.pk), "language": get_language() or ""}
    return start_job(by=by, kind=JOB, args=args, place_code=taking.place_code)


def _locked(taking_id: UUID) -> Taking:
    found = Taking.objects.select_for_update().filter(pk=taking_id).first()
    if found is None:
        raise OutOfScope(f"taking {taking_id}")
    return found


@action
def decide(*, by: Actor, taking_id: UUID, refused_for: str = "", standing: bool = False) -> Taking:
    """Approve what somebody else wants to take away, or refuse it for a reason.

    ``standing``: that of a scheduled ledger for :data:`STANDING_DAYS` days, as long as nothing of
    the ledger changes and it doesn't grow beyond :data:`STANDING_GROWTH` of its rows.

    Raises OutOfScope, Forbidden (one's own), Conflict (decided already), Invalid.
    """
    taking = _locked(taking_id)
    by.require(APPROVE, taking.place_code)
    if taking.user_id == by.user_id:
        raise Forbidden(APPROVE, taking.place_code)
    if taking.state != Taking.State.ASKED:
        raise Conflict(_("This has been decided already."))
    reason = checked_reason(refused_for) if refused_for else ""
    taking.state = Taking.State.REFUSED if reason else Taking.State.APPROVED
    taking.refused_for = reason
    taking.decided_by, taking.decided_id, taking.decided_at = by.name, by.user_id, timezone.now()
    if standing and not reason:
        if taking.ledger is None or taking.clear:
            raise Invalid(
                Problem(
                    _("Only what is written every day can be approved for the days to come."),
                    mend=_("Approve this file alone."),
                )
            )
        taking.standing_until = timezone.localdate() + dt.timedelta(days=STANDING_DAYS)
    taking.save(
        update_fields=[
            "state", "refused_for", "decided_by", "decided_id", "decided_at", "standing_until",
        ]
    )  # fmt: skip
    close_tasks(by=by, kind=TASK, dedupe_keys=[str(taking.pk)], done_fact=taking.state)
    _tell(by, taking)
    return taking


def _tell(by: Actor, taking: Taking) -> None:
    from fangxian.core.actions.notify import notify

    context: dict[str, Any] = {"number": taking.number}
    template = "export_refused" if taking.state == Taking.State.REFUSED else "export_approved"
    notify(by=by, user_id=taking.user_id, template=template, context=context, url=url_of(taking))


def url_of(taking: Taking) -> str:
    """The page of a file taken."""
    from django.urls import reverse

    return reverse("reporting:taking", args=[taking.pk])


@action
def end_standing(*, by: Actor, taking_id: UUID) -> Taking:
    """End an approval that stands, by who may approve or whose ledger it is.

    Raises OutOfScope, Forbidden, Conflict (it stands no more).
    """
    taking = _locked(taking_id)
    if taking.user_id != by.user_id:
        by.require(APPROVE, taking.place_code)
    if not stands(taking):
        raise Conflict(_("This approval has ended already."))
    taking.standing_until = None
    taking.save(update_fields=["standing_until"])
    return taking


def stands(taking: Taking) -> bool:
    """Whether the files of the days to come are approved with it."""
    return taking.standing_until is not None and taking.standing_until >= timezone.localdate()


@action
def make(*, by: Actor, taking_id: UUID) -> Taking:
    """Make the file of something approved, by who has asked for it and while the approval holds.

    Raises OutOfScope, Forbidden, Conflict.
    """
    taking = _locked(taking_id)
    if taking.user_id != by.user_id:
        raise Forbidden(EXPORT, taking.place_code)
    by.require(EXPORT, taking.place_code)
    if taking.state != Taking.State.APPROVED or taking.decided_at is None:
        raise Conflict(_("This isn't approved."))
    until = taking.decided_at + dt.timedelta(days=export_rules().approval_days)
    if timezone.now() > until:
        raise Conflict(_("The approval has run out: ask again."))
    if taking.clear:
        by.require(REVEAL, taking.place_code)
    taking.state = Taking.State.MADE
    taking.job = _begin(by, taking)
    taking.save(update_fields=["state", "job"])
    return taking
