"""The lists of a community: items are put on them, claimed, done, taken off."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, Invalid, Problem
from fangxian.common.models import update_fields
from fangxian.organisations.actions.organisations import EDIT
from fangxian.organisations.models import Claim, CommunityItem, ReportIn
from fangxian.organisations.reporting_rules import reporting_rules
from fangxian.regions.models import Region


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
    row.done_on, row.result = timezone.localdate(), result.strip()
    row.save(update_fields=["done_on", "result"])
    return row


@action
def give_up_claim(*, by: Actor, claim: Claim) -> Claim:
    """The item is open again. Raises Conflict: done or given up already."""
    by.require(EDIT, claim.place_code)
    row = _open(claim)
    row.given_up_on = timezone.localdate()
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
