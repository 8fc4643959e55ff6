"""Webhooks: a signed JSON body to an endpoint of ours."""

from __future__ import annotations

import hashlib
import hmac
import time

import orjson

from fangxian.core.channels.base import ChannelError, Letter
from fangxian.core.channels.http import post
from fangxian.core.models import Endpoint


def endpoint(channel: str, name: str) -> Endpoint:
    """Return an active endpoint. Raises ChannelError (final) when it is gone."""
    found = Endpoint.objects.filter(name=name, channel=channel, active=True).first()
    if found is None:
        raise ChannelError("endpoint_gone", final=True)
    return found


def signature(secret: str, moment: int, body: bytes) -> str:
    """Return ``t=<unix seconds>,v1=<hex HMAC-SHA-256 of "t.body">``, as a receiver checks it."""
    digest = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256)
    return f"t={moment},v1={digest.hexdigest()}"


class Webhook:
    name = "webhook"
    idempotent = True

    def send(self, letter: Letter) -> None:
        to = endpoint(self.name, letter.target)
        body = orjson.dumps(
            {
                "id": str(letter.id),
                "template": letter.template,
                "text": letter.text,
                "data": letter.context,
                "url": letter.url,
            }
        )
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Fangxian",
            "X-Fangxian-Delivery": str(letter.id),
        }
        if to.secret:
            headers["X-Fangxian-Signature"] = signature(to.secret, int(time.time()), body)
        post(to.url, body, headers)
