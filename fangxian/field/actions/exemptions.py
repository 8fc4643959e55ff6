"""Exemptions: a household need not be visited, with a reason and an end."""

from __future__ import annotations

import datetime as dt

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, Invalid, Problem
from fangxian.core import counters, emergencies
from fangxian.field.models import Campaign, Exemption, Target
from fangxian.field.rules import field_rules_version

RIGHT = "field.exempt"


def _locked(target: Target) -> Target:
    found = (
        Target.objects.select_for_update(of=("self",)).select_related("campaign").get(id=target.id)
    )
    if found.campaign.state != Campaign.State.RUNNING:
        raise Conflict(_("Only in a running sweep can an exemption be granted or ended."))
    return found


def _count(by: Actor, target: Target, n: int) -> None:
    counters.add(by, [("exempt", str(target.campaign_id), target.place_code, n)])


@action
def exempt(*, by: Actor, target: Target, reason: str, until: dt.date, note: str = "") -> Exemption:
    """Exempt a household for a reason of the rule set, until a day at the latest.

    Raises Conflict when it is visited or exempt already or the sweep does not run; Invalid for
    the reason or the day, or when the sweep's emergency has ended.
    """
    by.require(RIGHT, target.place_code)
    found = _locked(target)
    emergencies.hold(found.campaign.emergency_id)
    today = timezone.localdate()
    reasons = field_rules_version(found.campaign.rule_version).exemptions
    problems = []
    if reason not in reasons:
        names = "、".join(f"{named.name} ({named.code})" for named in reasons.values())
        problems.append(
            Problem(
                _("“%(reason)s” is not a reason for an exemption.") % {"reason": reason},
                field="reason",
                mend=_("Take one of: %(names)s.") % {"names": names},
            )
        )
    if until < today:
        problems.append(
            Problem(
                _("The exemption would have ended already."),
                field="until",
                mend=_("Choose today or later."),
            )
        )
    if problems:
        raise Invalid(*problems)
    if found.state != Target.State.OPEN:
        raise Conflict(_("The household is covered already."))
    row = Exemption.objects.create(
        target=found,
        place_code=found.place_code,
        reason=reason,
        note=note.strip() or None,
        emergency_id=found.campaign.emergency_id,
        from_date=today,
        until=until,
        granted_by=by.name,
    )
    found.state = Target.State.EXEMPT
    found.save(update_fields=["state"])
    _count(by, found, 1)
    return row


@action
def end_exemption(*, by: Actor, exemption: Exemption) -> Exemption:
    """End an exemption: the household is a gap again (unless it was visited meanwhile).

    Raises Conflict when it has ended or the sweep does not run: a closed one stays as it is.
    """
    by.require(RIGHT, exemption.place_code)
    target = _locked(exemption.target)
    row = Exemption.objects.select_for_update().get(id=exemption.id)
    if row.ended_on is not None:
        raise Conflict(_("The exemption has ended already."))
    row.ended_on = timezone.localdate()
    row.save(update_fields=["ended_on"])
    if target.state == Target.State.EXEMPT:
        target.state = Target.State.OPEN
        target.save(update_fields=["state"])
        _count(by, target, -1)
    return row


_LAPSE = """
WITH over AS (
  SELECT t.id, t.campaign_id, t.place_code FROM field_target t
  JOIN field_campaign c ON c.id = t.campaign_id AND c.state = 'running'
  WHERE t.state = 'exempt' AND EXISTS (
    SELECT 1 FROM field_exemption e
    WHERE e.target_id = t.id AND e.ended_on IS NULL AND e.until < %(day)s)
  ORDER BY t.id FOR UPDATE OF t
), ended AS (
  UPDATE field_exemption e SET ended_on = e.until + 1
  FROM over WHERE e.target_id = over.id AND e.ended_on IS NULL
), opened AS (
  UPDATE field_target t SET state = 'open' FROM over WHERE t.id = over.id
), counts AS (
  INSERT INTO core_counterdelta (metric, key, place_code, n)
  SELECT 'exempt', campaign_id::text, place_code, -count(*) FROM over GROUP BY 2, 3
)
SELECT count(*) FROM over
"""


@action
def lapse_exemptions(*, by: Actor, today: dt.date | None = None) -> int:
    """End every exemption of a running sweep whose last day is over.

    At midnight coverage changes without a visit. Returns how many. One statement. Run by
    the clock in the installation's area.
    """
    by.require(RIGHT)
    with connection.cursor() as cursor:
        cursor.execute(_LAPSE, {"day": today or timezone.localdate()})
        return int(cursor.fetchone()[0])
