"""Messages are written with the change; the worker delivers what leaves the house."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from django.utils import timezone

from fangxian.common import crypto
from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import OutOfScope
from fangxian.core.messages import ENDPOINTS, IN_APP, channels_of
from fangxian.core.models import Endpoint, Notification, OutboxDelivery, OutboxMessage

TARGET = "core.outbox.target"
NOBODY = UUID(int=0)


@action
def notify(
    *,
    by: Actor,
    user_id: UUID | None = None,
    template: str,
    context: dict[str, Any] | None = None,
    channels: Sequence[str] | None = None,
    url: str = "",
    targets: dict[str, Sequence[str]] | None = None,
    emergency_id: UUID | None = None,
    language: str = "",
) -> OutboxMessage:
    """Write one message, to be delivered once on each channel to each target.

    ``template`` is a msgid formatted with ``context`` (which is sealed). ``in_app`` goes to
    ``user_id`` and is delivered with this very transaction; ``sms`` needs ``targets={"sms":
    [phone]}``; ``webhook``, ``wecom`` and ``dingtalk`` take names of endpoints, or all active ones
    of the channel. Left out, the channels are those that the template declares. The right is that
    of the action that notifies.
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
    for channel in dict.fromkeys(channels_of(template) if channels is None else channels):
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


@dataclass(frozen=True)
class Note:
    """One account's message under its bell, for :func:`notify_many`."""

    user_id: UUID
    template: str
    context: dict[str, Any]
    url: str = ""


@action
def notify_many(*, by: Actor, notes: Sequence[Note]) -> int:
    """Put many messages under bells, in two statements. Returns how many."""
    letters = [
        OutboxMessage(
            template=note.template,
            context=orjson.dumps(note.context).decode(),
            url=note.url,
            user_id=note.user_id,
            sent_by=by.name,
        )
        for note in notes
    ]
    OutboxMessage.objects.bulk_create(letters)
    Notification.objects.bulk_create([_bell(letter) for letter in letters])
    return len(letters)


@action
def announce(*, by: Actor, user_ids: Sequence[UUID], template: str, context: dict[str, Any]) -> int:
    """Tell several accounts, and each endpoint once if the template declares their channels.

    Returns the number of accounts told.
    """
    told = notify_many(
        by=by, notes=[Note(user_id, template, context) for user_id in dict.fromkeys(user_ids)]
    )
    outside = [channel for channel in channels_of(template) if channel in ENDPOINTS]
    if outside and Endpoint.objects.filter(active=True, channel__in=outside).exists():
        notify(by=by, template=template, context=context, channels=outside)
    return told


def _in_app(message: OutboxMessage) -> None:
    if message.user_id is None:
        raise ValueError("an in-app notification needs user_id")
    _bell(message).save(force_insert=True)


def _bell(message: OutboxMessage) -> Notification:
    assert message.user_id is not None
    return Notification(
        id=message.id,
        user_id=message.user_id,
        template=message.template,
        emergency_id=message.emergency_id,
        context=message.context,
        url=message.url,
    )


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
