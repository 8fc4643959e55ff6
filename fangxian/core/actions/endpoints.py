"""Endpoints of messages, and messages that were given up.

Both are those of the whole installation, so only who works for all of its area changes them.
"""

from __future__ import annotations

from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import Invalid, OutOfScope, Problem
from fangxian.core.channels import ChannelError
from fangxian.core.channels.http import resolve
from fangxian.core.models import DeliveryState, Endpoint, OutboxDelivery

RIGHT = "core.outbox"


@action
def add_endpoint(*, by: Actor, name: str, channel: str, url: str, secret: str = "") -> Endpoint:
    """Add an endpoint. Raises Forbidden, Invalid (name taken, address of our own network)."""
    by.require(RIGHT, settings.FANGXIAN_AREA)
    if Endpoint.objects.filter(name=name).exists():
        raise Invalid(Problem(_("There is already an endpoint of this name."), field="name"))
    parts = urlsplit(url)
    try:
        resolve(parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))
    except (ChannelError, ValueError) as error:
        # An unknown host may be a fault of the moment; a private one is refused now.
        if not isinstance(error, ChannelError) or error.final:
            raise Invalid(
                Problem(
                    _("This address lies in a private network."),
                    field="url",
                    mend=_("Use a public address, or have it allowed in FANGXIAN_OUTBOX_ALLOW."),
                    code="private_address",
                )
            ) from None
    endpoint = Endpoint(name=name, channel=channel, url=url, secret=secret or None)
    endpoint.save(force_insert=True)
    return endpoint


@action
def switch_endpoint(*, by: Actor, endpoint_id: UUID, active: bool) -> None:
    """Take an endpoint out of use, or back into it. Raises Forbidden, OutOfScope."""
    by.require(RIGHT, settings.FANGXIAN_AREA)
    if not Endpoint.objects.filter(id=endpoint_id).update(active=active):
        raise OutOfScope(str(endpoint_id))


@action
def retry_delivery(*, by: Actor, delivery_id: UUID) -> None:
    """Try a delivery again that was given up. Raises Forbidden, OutOfScope."""
    by.require(RIGHT, settings.FANGXIAN_AREA)
    moved = OutboxDelivery.objects.filter(id=delivery_id, state=DeliveryState.DEAD).update(
        state=DeliveryState.WAITING, attempts=0, next_at=timezone.now()
    )
    if not moved:
        raise OutOfScope(str(delivery_id))
