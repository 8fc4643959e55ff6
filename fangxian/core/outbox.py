"""Delivering what the outbox holds: once for each message, channel and target."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from fangxian.common.crypto import Unreadable
from fangxian.common.fields import Destroyed
from fangxian.core.channels import CHANNELS, ChannelError, Letter
from fangxian.core.messages import opened, text_of, url_of
from fangxian.core.models import DeliveryState, OutboxDelivery

log = logging.getLogger(__name__)

BATCH = 20
# Longer than one sending can take (channels.http.DEADLINE).
LEASE = timedelta(minutes=3)
MAX_ATTEMPTS = 8
FIRST_WAIT_SECONDS = 15
LONGEST_WAIT_SECONDS = 3600


def deliver_due() -> int:
    """Send what is due, ``BATCH`` at a time. Returns how many were tried.

    Several workers may run it at once (SKIP LOCKED). A delivery is marked before it is sent; one
    whose worker died in between is sent again only where the receiver drops repeats.
    """
    claimed = _claim()
    for delivery in claimed:
        _deliver(delivery)
    return len(claimed)


def _claim() -> list[OutboxDelivery]:
    now = timezone.now()
    open_states = [DeliveryState.WAITING, DeliveryState.SENDING]
    with transaction.atomic():
        due = list(
            OutboxDelivery.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("message")
            .filter(state__in=open_states, next_at__lte=now)
            .order_by("next_at")[:BATCH]
        )
        mine = []
        for delivery in due:
            channel = CHANNELS.get(delivery.channel)
            interrupted = delivery.state == DeliveryState.SENDING
            if interrupted and channel is not None and not channel.idempotent:
                _set(delivery, state=DeliveryState.DEAD, error_code="interrupted")
                continue
            _set(
                delivery,
                state=DeliveryState.SENDING,
                attempts=delivery.attempts + 1,
                next_at=now + LEASE,
            )
            mine.append(delivery)
    return mine


def _set(delivery: OutboxDelivery, **values: object) -> None:
    # By update(), which leaves the sealed target as it is; fenced by the attempt.
    OutboxDelivery.objects.filter(id=delivery.id, attempts=delivery.attempts).update(**values)
    for name, value in values.items():
        setattr(delivery, name, value)


def _letter(delivery: OutboxDelivery) -> Letter:
    message = delivery.message
    if isinstance(delivery.target, Destroyed) or isinstance(message.context, Destroyed):
        raise ChannelError("destroyed", final=True)
    context = opened(message.context)
    language = message.language or settings.LANGUAGE_CODE
    return Letter(
        id=delivery.id,
        target=delivery.target,
        template=message.template,
        text=text_of(message.template, context, language),
        context=context,
        url=url_of(message.template, context, message.url),
    )


def _still_mine(delivery: OutboxDelivery) -> bool:
    """Whether nobody took the delivery while those before it were sent; its lease begins anew."""
    mine = OutboxDelivery.objects.filter(
        id=delivery.id, attempts=delivery.attempts, state=DeliveryState.SENDING
    )
    return mine.update(next_at=timezone.now() + LEASE) == 1


def _deliver(delivery: OutboxDelivery) -> None:
    if not _still_mine(delivery):
        return
    channel = CHANNELS.get(delivery.channel)
    try:
        if channel is None:
            raise ChannelError("no_such_channel", final=True)
        channel.send(_letter(delivery))
    except ChannelError as error:
        _put_back(delivery, error.code, final=error.final)
    except Unreadable:
        _put_back(delivery, "damaged", final=True)
    except Exception as error:
        # Its text may quote the message.
        log.error("delivery %s: %s", delivery.id, type(error).__name__)
        _put_back(delivery, "internal", final=False)
    else:
        _set(delivery, state=DeliveryState.SENT, sent_at=timezone.now(), error_code="")


def _put_back(delivery: OutboxDelivery, code: str, *, final: bool) -> None:
    if final or delivery.attempts >= MAX_ATTEMPTS:
        _set(delivery, state=DeliveryState.DEAD, error_code=code[:60])
        return
    wait = min(FIRST_WAIT_SECONDS * 2 ** (delivery.attempts - 1), LONGEST_WAIT_SECONDS)
    _set(
        delivery,
        state=DeliveryState.WAITING,
        error_code=code[:60],
        next_at=timezone.now() + timedelta(seconds=wait),
    )


def backlog() -> int:
    """How many deliveries have been waiting for more than ten minutes."""
    late = timezone.now() - timedelta(minutes=10)
    return OutboxDelivery.objects.filter(
        state__in=[DeliveryState.WAITING, DeliveryState.SENDING], created_at__lt=late
    ).count()
