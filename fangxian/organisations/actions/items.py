"""The lists of a community: items are put on them, claimed, done, taken off."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Final
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.accounts.queries import nearest_with
from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, Invalid, Problem
from fangxian.common.models import update_fields
from fangxian.core.actions import notify_many
from fangxian.core.actions.notify import Note
from fangxian.organisations import reporting
from fangxian.organisations.actions.organisations import EDIT
from fangxian.organisations.models import Claim, CommunityItem, ReportIn
from fangxian.organisations.reporting_rules import reporting_rules
from fangxian.regions.models import Region

CLAIM: Final = reporting.CLAIM


@action
def list_item(
    *,
    by: Actor,
    community: Region,
    kind: str,
    title: str,
    detail: str = "",
    due: dt.date | None = None,
) -> CommunityItem:
    """Put an item on one of the lists of a community. Raises Invalid for a list there is not."""
    by.require(EDIT, community.code)
    rules = reporting_rules()
    if kind not in rules.lists or community.level != int(rules.level):
        raise Invalid(Problem(_("There is no such list here."), field="kind", code="kind"))
    return CommunityItem.objects.create(
        community=community,
        place_code=community.code,
        kind=kind,
        title=title.strip(),
        detail=detail.strip(),
        due=due,
    )


def _locked(item: CommunityItem) -> CommunityItem:
    return CommunityItem.objects.select_for_update(of=("self",)).get(id=item.id)


def _running(item: CommunityItem) -> Claim | None:
    return Claim.objects.filter(item=item, given_up_on=None).first()


@action
def change_item(
    *, by: Actor, item: CommunityItem, title: str, detail: str, due: dt.date | None
) -> CommunityItem:
    """Bring an item up to date."""
    by.require(EDIT, item.place_code)
    row = _locked(item)
    changed = update_fields(row, title=title.strip(), detail=detail.strip(), due=due)
    if changed:
        row.save(update_fields=changed)
    return row


@action
def withdraw_item(*, by: Actor, item: CommunityItem) -> CommunityItem:
    """Take an item off its list. Raises Conflict: claimed, done or withdrawn."""
    by.require(EDIT, item.place_code)
    row = _locked(item)
    if row.withdrawn_on is not None or _running(row) is not None:
        raise Conflict(_("This was settled meanwhile: open the page again."))
    row.withdrawn_on = timezone.localdate()
    row.save(update_fields=["withdrawn_on"])
    return row


@action
def restore_item(*, by: Actor, item: CommunityItem) -> CommunityItem:
    """Take back that an item was taken off. Raises Conflict: it is on its list."""
    by.require(EDIT, item.place_code)
    row = _locked(item)
    if row.withdrawn_on is None:
        raise Conflict(_("It is on its list."))
    row.withdrawn_on = None
    row.save(update_fields=["withdrawn_on"])
    return row


@action
def ask_for_item(*, by: Actor, item: CommunityItem) -> Claim:
    """The actor's own unit, or he himself, takes an item on; the community has to confirm it.

    Until then it is nobody else's either. Raises Conflict: taken or withdrawn; Invalid: neither
    was received there.
    """
    by.require(CLAIM, item.place_code)
    row = _locked(item)
    if row.withdrawn_on is not None or _running(row) is not None:
        raise Conflict(_("Somebody else has it already."))
    report = reporting.own_reports(by).filter(community=row.community_id).first()
    if report is None:
        raise Invalid(
            Problem(
                _("Your unit was not received in this community."),
                field="item",
                mend=_("Report in there first, and wait until the community receives you."),
                code="not_received",
            )
        )
    made = Claim.objects.create(
        item=row,
        report=report,
        place_code=row.place_code,
        claimed_on=timezone.localdate(),
        waits=True,
    )
    _tell(by, nearest_with(EDIT, row.place_code), "organisations.claim_asked", made)
    return made


@action
def take_back_claim(*, by: Actor, claim: Claim) -> Claim:
    """Give back what one's own unit, or one oneself, has taken on and not done.

    Raises Conflict: somebody else's, done or given up already.
    """
    by.require(CLAIM, claim.place_code)
    row = _open(claim)
    if not reporting.own_reports(by).filter(id=row.report_id).exists():
        raise Conflict(_("Only who took it on takes it back."))
    row.given_up_on, row.waits = timezone.localdate(), False
    row.save(update_fields=["given_up_on", "waits"])
    _tell(by, nearest_with(EDIT, row.place_code), "organisations.claim_taken_back", row)
    return row


@action
def confirm_claim(*, by: Actor, claim: Claim) -> Claim:
    """The community lets somebody have what he asked for. Raises Conflict: settled meanwhile."""
    by.require(EDIT, claim.place_code)
    row = _open(claim)
    if not row.waits:
        raise Conflict(_("This was settled meanwhile: open the page again."))
    row.waits = False
    row.save(update_fields=["waits"])
    _tell(by, reporting.accounts_of(row.report), "organisations.claim_confirmed", row)
    return row


@action
def unconfirm_claim(*, by: Actor, claim: Claim) -> Claim:
    """Take back that it was confirmed: it waits again. Raises Conflict: settled meanwhile."""
    by.require(EDIT, claim.place_code)
    row = _open(claim)
    if row.waits:
        raise Conflict(_("This was settled meanwhile: open the page again."))
    row.waits = True
    row.save(update_fields=["waits"])
    return row


def _tell(by: Actor, users: Iterable[UUID], template: str, claim: Claim) -> None:
    name = reporting.names_of([claim.report])[claim.report_id]
    context = {"item": claim.item.title, "name": name}
    if template == "organisations.claim_confirmed":
        url = reverse("organisations:own_items")
    else:
        url = reverse("organisations:community_item", args=[claim.item_id])
    told = [Note(one, template, context, url) for one in users if one != by.user_id]
    notify_many(by=by, notes=told)


@action
def claim_item(*, by: Actor, item: CommunityItem, report: ReportIn) -> Claim:
    """Who reported in takes an item on. One at a time: of two at once one is told so.

    Raises Conflict: taken or withdrawn; Invalid: not received there, or ended.
    """
    by.require(EDIT, item.place_code)
    row = _locked(item)
    if row.withdrawn_on is not None or _running(row) is not None:
        raise Conflict(_("Somebody else has it already."))
    if (
        report.community_id != row.community_id
        or report.received_on is None
        or report.ended_on is not None
    ):
        raise Invalid(
            Problem(
                _("This one was not received in the community."),
                field="report",
                mend=_("Receive it first."),
                code="not_received",
            )
        )
    return Claim.objects.create(
        item=row,
        report=report,
        place_code=row.place_code,
        claimed_on=timezone.localdate(),
    )


def _open(claim: Claim) -> Claim:
    row = Claim.objects.select_for_update(of=("self",)).get(id=claim.id)
    if row.done_on is not None or row.given_up_on is not None:
        raise Conflict(_("This was settled meanwhile: open the page again."))
    return row


@action
def complete_claim(*, by: Actor, claim: Claim, result: str) -> Claim:
    """The item is done: what came of it. Raises Conflict: done or given up already."""
    by.require(EDIT, claim.place_code)
    row = _open(claim)
    if row.waits:
        raise Conflict(_("Confirm the claim first."))
    row.done_on, row.result = timezone.localdate(), result.strip()
    row.save(update_fields=["done_on", "result"])
    return row


@action
def give_up_claim(*, by: Actor, claim: Claim) -> Claim:
    """The item is open again. Raises Conflict: done or given up already."""
    by.require(EDIT, claim.place_code)
    row = _open(claim)
    row.given_up_on = timezone.localdate()
    asked, row.waits = row.waits, False
    row.save(update_fields=["given_up_on", "waits"])
    if asked:
        _tell(by, reporting.accounts_of(row.report), "organisations.claim_declined", row)
    return row


@action
def resume_claim(*, by: Actor, claim: Claim) -> Claim:
    """Take back that it was given up. Raises Conflict: it goes on, or somebody else has it by now;
    Invalid: who had it is not with the community any more."""
    by.require(EDIT, claim.place_code)
    item = _locked(claim.item)
    row = Claim.objects.select_for_update(of=("self",)).get(id=claim.id)
    if row.given_up_on is None or item.withdrawn_on is not None or _running(item) is not None:
        raise Conflict(_("This was settled meanwhile: open the page again."))
    if row.report.ended_on is not None:
        raise Invalid(
            Problem(
                _("This one is not with the community any more."),
                field="report",
                mend=_("Take back first that it ended, on the page of who reported in."),
                code="not_received",
            )
        )
    row.given_up_on = None
    row.save(update_fields=["given_up_on"])
    return row


@action
def reopen_claim(*, by: Actor, claim: Claim) -> Claim:
    """Take back that it was done. Raises Conflict: it was not."""
    by.require(EDIT, claim.place_code)
    row = Claim.objects.select_for_update(of=("self",)).get(id=claim.id)
    if row.done_on is None:
        raise Conflict(_("It is not done."))
    row.done_on, row.result = None, ""
    row.save(update_fields=["done_on", "result"])
    return row
