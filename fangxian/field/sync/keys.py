"""The life of the seal keys: made, given out, retired, kept for what is still under way, forgotten.

A phone seals to the newest key it knows. A retired key is kept as long as something sealed to it
may still arrive: the days of the rule set ``phones``, and as many more as the oldest backup is old,
since a restored one has phones send again what it lacks.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from fangxian.common.crypto import Unreadable
from fangxian.field.models import SealKey
from fangxian.field.sync.phones import phone_rules
from fangxian.field.sync.sealing import (
    CURVE,
    decode,
    encode,
    private_bytes,
    private_of,
    public_of,
    unseal_operation,
)


class KeyForgotten(LookupError):
    """The key is not known here any more: what is sealed to it can't be read."""


def current_key() -> SealKey:
    """The key that phones seal to now; the first is made when it is asked for."""
    return SealKey.objects.filter(retired_at=None).order_by("-made_at").first() or _first()


@transaction.atomic
def _first() -> SealKey:
    _one_at_a_time()
    return SealKey.objects.filter(retired_at=None).first() or _make(timezone.now())


def _one_at_a_time() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('field.seal_keys'))")


def _make(now: dt.datetime) -> SealKey:
    pair = ec.generate_private_key(CURVE)
    return SealKey.objects.create(
        public=public_of(pair), private=encode(private_bytes(pair)), made_at=now
    )


def kept_for() -> dt.timedelta:
    """How long a retired key is kept."""
    return dt.timedelta(days=phone_rules().operations_days + settings.FANGXIAN_BACKUP_DAYS)


def told(key: SealKey) -> dict[str, str]:
    """The key as phones are told: nothing is sealed to it after ``expires_at``."""
    rules = phone_rules()
    # A phone asks for a new one at each pull, and shows nothing beyond its lease.
    until = key.made_at + dt.timedelta(days=rules.key_days, hours=rules.lease_hours)
    return {"id": str(key.id), "public": encode(bytes(key.public)), "expires_at": until.isoformat()}


@transaction.atomic
def rotate_keys(now: dt.datetime | None = None) -> int:
    """Make a new key where the newest is old enough; forget those whose time is over.

    Returns how many private parts were destroyed. Safe to run again.
    """
    moment = now or timezone.now()
    _one_at_a_time()
    newest = SealKey.objects.order_by("-made_at").first()
    if newest is None or moment - newest.made_at >= dt.timedelta(days=phone_rules().key_days):
        made = _make(moment)
        SealKey.objects.filter(retired_at=None).exclude(pk=made.pk).update(
            retired_at=moment, forget_at=moment + kept_for()
        )
    over = SealKey.objects.filter(forget_at__lte=moment, private__isnull=False)
    return over.update(private=None)


class Opener:
    """Opens what was sealed to any of the keys; each key is read once.

    For one request: a key that is forgotten must not live on in a process.
    """

    def __init__(self) -> None:
        self._keys: dict[UUID, ec.EllipticCurvePrivateKey] = {}

    def read(self, key_ids: Iterable[UUID]) -> None:
        """Read several keys in one query."""
        missing = set(key_ids) - self._keys.keys()
        for key in SealKey.objects.filter(pk__in=missing, private__isnull=False):
            self._keys[key.pk] = private_of(decode(str(key.private)))

    def key(self, key_id: UUID) -> ec.EllipticCurvePrivateKey:
        """A private key. Raises KeyForgotten."""
        if key_id not in self._keys:
            self.read([key_id])
        if key_id not in self._keys:
            raise KeyForgotten(str(key_id))
        return self._keys[key_id]

    def operation(self, envelope: Mapping[str, Any]) -> bytes:
        """The plaintext of an operation's envelope. Raises KeyForgotten, crypto.Unreadable."""
        try:
            key_id = UUID(str(envelope["key"]))
            return unseal_operation(envelope, self.key(key_id))
        except (KeyError, ValueError) as error:
            if isinstance(error, Unreadable | KeyForgotten):
                raise
            raise Unreadable("not an envelope") from None
