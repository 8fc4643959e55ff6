"""Evidence of the five ones of a community."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, Invalid, Problem
from fangxian.core.models import File
from fangxian.organisations import five_ones as five_ones_state
from fangxian.organisations import lacking
from fangxian.organisations.models import FiveOneEvidence, Member, Organisation, Responsibility
from fangxian.organisations.rules import five_ones
from fangxian.regions.models import Region

EVIDENCE = "organisations.evidence"


@action
def record_evidence(
    *,
    by: Actor,
    community: Region,
    item: str,
    evidence: File | Responsibility | Organisation | Member,
    note: str = "",
    on: dt.date | None = None,
) -> FiveOneEvidence:
    """Attach what shows that an item is in place; earlier evidence of it ends that day."""
    by.require(EVIDENCE, community.code)
    day = on or timezone.localdate()
    rules = five_ones(day)
    wanted = next((one for one in rules.items if one.code == item), None)
    kinds: dict[str, type[Any]] = {
        "file": File,
        "responsibility": Responsibility,
        "organisation": Organisation,
        "member": Member,
    }
    if wanted is None or community.level != int(rules.level):
        raise Invalid(
            Problem(
                _("This is not an item of a place of this level."),
                field="item",
                mend=_("Take one of: %(items)s.")
                % {"items": _(", ").join(o.name for o in rules.items)},
                code="unknown_item",
            )
        )
    if not isinstance(evidence, kinds[wanted.evidence]):
        raise Invalid(
            Problem(
                _("“%(item)s” is shown by something else.") % {"item": wanted.name},
                field="evidence",
                mend=_("Attach the kind of evidence that the item asks for."),
                code="evidence",
            )
        )
    if not five_ones_state.fits(rules, wanted, community, evidence, day):
        raise Invalid(
            Problem(
                _("This does not show “%(item)s”.") % {"item": wanted.name},
                field="evidence",
                mend=_("Compare role, kind and rank with what the item asks for."),
                code="unfit",
            )
        )
    FiveOneEvidence.objects.filter(community=community, item=item, to_date=None).update(to_date=day)
    values: dict[str, Any] = {wanted.evidence: evidence}
    made = FiveOneEvidence.objects.create(
        community=community,
        place_code=community.code,
        item=item,
        label=five_ones_state.label_of(evidence),
        note=note.strip(),
        rule_version=rules.version,
        from_date=day,
        **values,
    )
    lacking.refresh(by=by, area=community.code, kinds=[lacking.FIVE_ONES])
    return made


@action
def withdraw_evidence(
    *, by: Actor, evidence: FiveOneEvidence, on: dt.date | None = None
) -> FiveOneEvidence:
    """The evidence no longer holds: the item is open again from that day."""
    by.require(EVIDENCE, evidence.place_code)
    if evidence.to_date is not None:
        raise Conflict(_("It was withdrawn already."))
    evidence.to_date = on or timezone.localdate()
    evidence.save(update_fields=["to_date"])
    lacking.refresh(by=by, area=evidence.place_code, kinds=[lacking.FIVE_ONES])
    return evidence
