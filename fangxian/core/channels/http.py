"""Posting to addresses that people enter, without letting them reach into our own network."""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from urllib.parse import urlsplit

from django.conf import settings

from fangxian.core.channels.base import ChannelError

TIMEOUT = 10.0  # of each wait for the other side
DEADLINE = 30.0  # of the whole call: who sends a byte now and then would hold the worker for ever
READ_BYTES = 64 * 1024
# Addresses that carry one of IPv4 in them: translated on the way, they may lead anywhere.
CARRIERS = tuple(
    ipaddress.ip_network(network)
    for network in ("::/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16")
)


def _allowed(host: str, port: int, address: str) -> bool:
    ip = ipaddress.ip_address(address)
    if ip.version == 6 and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    for entry in settings.FANGXIAN_OUTBOX_ALLOW:
        if entry in (host, f"{host}:{port}"):
            return True
        try:
            if ip in ipaddress.ip_network(entry, strict=False):
                return True
        except ValueError:
            continue
    carried = ip.version == 6 and any(ip in network for network in CARRIERS)
    return ip.is_global and not ip.is_multicast and not carried


def resolve(host: str, port: int) -> str:
    """Return one address of ``host`` that may be called.

    Raises ChannelError: unknown host, or any of its addresses is private, loopback or reserved and
    not in ``FANGXIAN_OUTBOX_ALLOW``. The caller connects to this very address, so a name that
    changes its answer between check and call gains nothing.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        raise ChannelError("unknown_host") from None
    addresses = [str(entry[4][0]) for entry in found]
    if not all(_allowed(host, port, address) for address in addresses):
        raise ChannelError("private_address", final=True)
    return addresses[0]


class _Pinned(http.client.HTTPConnection):
    """A connection to an address that was checked, under the name it was checked for."""

    def __init__(self, host: str, port: int, address: str, *, tls: bool) -> None:
        super().__init__(host, port, timeout=TIMEOUT)
        self._address = address
        self._tls = tls
        self.overdue = False

    def connect(self) -> None:
        plain = socket.create_connection((self._address, self.port), self.timeout)
        if self._tls:
            context = ssl.create_default_context()
            self.sock = context.wrap_socket(
                plain, server_hostname=self.host, do_handshake_on_connect=False
            )
        else:
            self.sock = plain
        if self.overdue:
            raise TimeoutError
        if isinstance(self.sock, ssl.SSLSocket):
            self.sock.do_handshake()

    def cut(self) -> None:
        """End the call from another thread: whoever waits for the other side stops waiting."""
        self.overdue = True
        if self.sock is not None:
            with suppress(OSError):
                # Not SSLSocket's own, which would take its state away from the thread that reads.
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)


def post(url: str, body: bytes, headers: Mapping[str, str], *, guarded: bool = True) -> bytes:
    """POST ``body`` and return the answer's first 64 KiB. Redirects are not followed.

    ``guarded`` is off only for addresses from the environment. Raises ChannelError; a 4xx answer
    other than 408, 425 and 429 is final.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
        raise ChannelError("bad_address", final=True)
    tls = parts.scheme == "https"
    try:
        port = parts.port or (443 if tls else 80)
    except ValueError:
        raise ChannelError("bad_address", final=True) from None
    address = resolve(parts.hostname, port) if guarded else parts.hostname
    connection = _Pinned(parts.hostname, port, address, tls=tls)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    limit = threading.Timer(DEADLINE, connection.cut)
    limit.daemon = True
    limit.start()
    try:
        connection.request("POST", target, body, dict(headers))
        answer = connection.getresponse()
        content = answer.read(READ_BYTES)
    except (OSError, http.client.HTTPException) as error:
        code = "tls" if isinstance(error, ssl.SSLError) else "unreachable"
        raise ChannelError("too_slow" if connection.overdue else code) from None
    finally:
        limit.cancel()
        connection.close()
    if connection.overdue:
        raise ChannelError("too_slow")
    if not 200 <= answer.status < 300:
        final = 300 <= answer.status < 500 and answer.status not in (408, 425, 429)
        raise ChannelError(f"http_{answer.status}", final=final)
    return content
