"""Where a request came from."""

from __future__ import annotations

import ipaddress
from typing import Final
from urllib.parse import quote
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest

_DEVICE: Final = "device "


def client_ip(request: HttpRequest) -> str:
    """Return the client's address, "" when it is unknown (a local socket).

    Behind our own proxy that is the last entry of X-Forwarded-For: the one that the proxy itself
    has seen; what stands before it was written by the client and is not believed.
    """
    text = str(request.META.get("REMOTE_ADDR") or "")
    if settings.SECURE_PROXY_SSL_HEADER:
        text = str(request.META.get("HTTP_X_FORWARDED_FOR", text)).rpartition(",")[2]
    try:
        return str(ipaddress.ip_address(text.strip()))
    except ValueError:
        return ""


def source_of(request: HttpRequest) -> str:
    """What history and access log say about where a request came from."""
    return f"web {client_ip(request)}".strip()[:80]


def device_source(device_id: UUID) -> str:
    """What history and access log say about what was done on a phone."""
    return f"{_DEVICE}{device_id}"


def device_in(source: str) -> str:
    """The id of the phone that a source names, "" for any other source."""
    return source.removeprefix(_DEVICE) if source.startswith(_DEVICE) else ""


def header_text(text: str) -> str:
    """Text as a header may carry it; the front end decodes it."""
    return quote(text[:300])
