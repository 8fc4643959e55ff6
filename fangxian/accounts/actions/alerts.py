"""Settling of security alerts."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone

from fangxian.accounts.actions._checks import checked_reason
from fangxian.accounts.models import SecurityAlert
from fangxian.common import codes
from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import OutOfScope


@action
def settle_alert(*, by: Actor, alert_id: UUID, note: str) -> SecurityAlert:
    """Note what was found out about an alert; it leaves the list of open ones."""
    by.require("accounts.alerts")
    alert = SecurityAlert.objects.select_for_update().filter(pk=alert_id).first()
    # Those of no account are seen from below too (``queries.open_alerts``).
    if alert is None or not (
        codes.contains(by.area, alert.area)
        or (alert.user_id is None and codes.contains(alert.area, by.area))
    ):
        raise OutOfScope(f"alert {alert_id}")
    text = checked_reason(note)
    alert.settled_at = timezone.now()
    alert.settled_by_id = by.user_id
    alert.settled_note = text
    alert.save(update_fields=["settled_at", "settled_by_id", "settled_note"])
    return alert
