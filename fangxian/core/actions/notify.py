"""Messages are written with the change; the worker delivers what leaves the house."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson
from django.utils import timezone

from fangxian.common import crypto
from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import OutOfScope
from fangxian.core.models import Endpoint, Notification, OutboxDelivery, OutboxMessage

IN_APP = "in_app"
TARGET = "core.outbox.target"
NOBODY = UUID(int=0)


@action
def notify(
    *,
    by: Actor,
    user_id: UUID | None = None,
    template: str,
    context: dict[str, Any] | None = None,
    channels: Sequence[str] = (IN_APP,),
    url: str = "",
    targets: dict[str, Sequence[str]] | None = None,
    emergency_id: UUID | None = None,
    language: str = "",
) -> OutboxMessage:
    """Write one message, to be delivered once on each channel to each target.

    ``template`` is a msgid formatted with ``context`` (which is sealed). ``in_app`` goes to
    ``user_id`` and is delivered with this very transaction; ``sms`` needs ``targets={"sms":
    [phone]}``; ``webhook``, ``wecom`` and ``dingtalk`` take names of endpoints, or all active ones
    of the channel. The right is that of the action that notifies.
    """
    message = OutboxMessage(
        template=template,
        language=language,
        emergency_id=emergency_id,
        context=orjson.dumps(context or {}).decode(),
        url=url,
        user_id=user_id,
        sent_by=by.name,
    )
    message.save(force_insert=True)
    deliveries: list[OutboxDelivery] = []
    for channel in dict.fromkeys(channels):
        if channel == IN_APP:
            _in_app(message)
            continue
        given = (targets or {}).get(channel)
        for target in dict.fromkeys(_endpoints(channel) if given is None else given):
            deliveries.append(
                OutboxDelivery(
                    message=message,
                    channel=channel,
                    target=target,
                    target_hash=crypto.blind_index(f"{message.id} {target}", TARGET),
                    emergency_id=emergency_id,
                    next_at=timezone.now(),
                )
            )
    OutboxDelivery.objects.bulk_create(deliveries)
    return message


def _in_app(message: OutboxMessage) -> None:
    if message.user_id is None:
        raise ValueError("an in-app notification needs user_id")
    Notification(
        id=message.id,
        user_id=message.user_id,
        template=message.template,
        emergency_id=message.emergency_id,
        context=message.context,
        url=message.url,
    ).save(force_insert=True)


def _endpoints(channel: str) -> list[str]:
    active = Endpoint.objects.filter(channel=channel, active=True)
    return [str(name) for name in active.values_list("name", flat=True)]


@action
def read_notification(*, by: Actor, notification_id: UUID) -> Notification:
    """Mark one of the actor's own notifications as read. Raises OutOfScope."""
    found = Notification.objects.filter(id=notification_id, user_id=by.user_id or NOBODY).first()
    if found is None:
        raise OutOfScope(str(notification_id))
    if found.read_at is None:
        found.read_at = timezone.now()
        found.save(update_fields=["read_at"])
    return found


@action
def read_all_notifications(*, by: Actor) -> int:
    """Mark all of the actor's own notifications as read. Returns how many."""
    return Notification.objects.filter(user_id=by.user_id or NOBODY, read_at=None).update(
        read_at=timezone.now()
    )
