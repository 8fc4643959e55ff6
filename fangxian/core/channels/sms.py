"""Text messages: through a gateway, or for a demonstration into a file or the console."""

from __future__ import annotations

import os
import sys
from typing import Protocol

import orjson
from django.conf import settings

from fangxian.core.channels.base import ChannelError, Letter
from fangxian.core.channels.http import post


class Adapter(Protocol):
    """A way to send one text to one phone; raises ChannelError."""

    def send(self, letter: Letter) -> None: ...


class Off:
    """No gateway is configured."""

    def send(self, letter: Letter) -> None:
        raise ChannelError("sms_not_configured", final=True)


class Gateway:
    """POSTs ``{"id", "phone", "text"}`` with a bearer token to ``FANGXIAN_SMS_URL``.

    A small relay in front of a provider turns this into the provider's own form.
    """

    def send(self, letter: Letter) -> None:
        body = orjson.dumps({"id": str(letter.id), "phone": letter.target, "text": letter.text})
        headers = {
            "Content-Type": "application/json",
            "Authorization": f"Bearer {settings.FANGXIAN_SMS_TOKEN}",
            "Idempotency-Key": str(letter.id),
        }
        post(settings.FANGXIAN_SMS_URL, body, headers, guarded=False)


class Paper:
    """Writes each text into a file of the data folder, or to the console; never in production."""

    def send(self, letter: Letter) -> None:
        line = orjson.dumps({"id": str(letter.id), "phone": letter.target, "text": letter.text})
        if settings.FANGXIAN_SMS == "console":
            sys.stdout.write(line.decode() + "\n")
            return
        path = settings.FANGXIAN_DATA / "sms.jsonl"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "ab") as file:
            file.write(line + b"\n")


class Sms:
    name = "sms"
    idempotent = True

    def send(self, letter: Letter) -> None:
        adapters: dict[str, Adapter] = {
            "off": Off(),
            "http": Gateway(),
            "file": Paper(),
            "console": Paper(),
        }
        adapters[settings.FANGXIAN_SMS].send(letter)
