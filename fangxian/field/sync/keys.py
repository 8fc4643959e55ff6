"""The life of the seal keys: made, given out, retired, kept for what is still under way, forgotten.

A phone seals to the newest key it knows. A retired key is kept as long as something sealed to it
may still arrive: the days of the rule set ``phones``, and as many more as the oldest backup is old,
since after a restore phones send again what the database lacks. The private parts lie in the
keyring, which is not restored with the database: it opens what was sealed to keys that the restored
database never knew, and what was forgotten stays so.
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
from fangxian.common.ids import uuid7
from fangxian.common.keyring import KeyDestroyed, keyring
from fangxian.field.models import SealKey
from fangxian.field.sync.phones import phone_rules
from fangxian.field.sync.sealing import encode, private_of, public_of, unseal_operation


class KeyForgotten(LookupError):
    """The key is not known here any more: what is sealed to it can't be read."""


def current_key() -> SealKey:
    """The key that phones seal to now; one is made if there is none that can be opened."""
    newest = SealKey.objects.filter(retired_at=None).order_by("-made_at").first()
    return newest if newest is not None and _is_here(newest.pk) else _next()


def _is_here(key_id: UUID) -> bool:
    try:
        keyring().seal(key_id)
    except KeyDestroyed:
        return False
    return True


@transaction.atomic
def _next() -> SealKey:
    """Make the next key where the newest is none that can be opened, as after a restore."""
    _one_at_a_time()
    newest = SealKey.objects.filter(retired_at=None).order_by("-made_at").first()
    if newest is not None and _is_here(newest.pk):
        return newest
    return _make(timezone.now())


def _one_at_a_time() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('field.seal_keys'))")


def _make(now: dt.datetime) -> SealKey:
    """A new key; those before it are retired."""
    key_id = uuid7()
    pair = private_of(keyring().create_seal(key_id))
    SealKey.objects.filter(retired_at=None).update(retired_at=now, forget_at=now + kept_for())
    return SealKey.objects.create(id=key_id, public=public_of(pair), made_at=now)


def kept_for() -> dt.timedelta:
    """How long a retired key is kept.

    A phone that did not ask meanwhile seals to it until its lease ends; what it sealed is taken for
    ``operations_days``, and sent anew to a database restored from the oldest backup.
    """
    rules = phone_rules()
    days = rules.operations_days + settings.FANGXIAN_BACKUP_DAYS
    return dt.timedelta(days=days, hours=rules.lease_hours)


def told(key: SealKey) -> dict[str, str]:
    """The key as phones are told: nothing is sealed to it after ``expires_at``."""
    rules = phone_rules()
    # A phone asks for a new one at each pull, and shows nothing beyond its lease.
    until = key.made_at + dt.timedelta(days=rules.key_days, hours=rules.lease_hours)
    return {"id": str(key.id), "public": encode(bytes(key.public)), "expires_at": until.isoformat()}


@transaction.atomic
def rotate_keys(now: dt.datetime | None = None) -> int:
    """Make a new key where the newest is old enough; destroy those whose time is over.

    Returns how many were destroyed. Safe to run again.
    """
    moment = now or timezone.now()
    _one_at_a_time()
    _adopt(moment)
    newest = SealKey.objects.filter(retired_at=None).order_by("-made_at").first()
    if newest is None or moment - newest.made_at >= dt.timedelta(days=phone_rules().key_days):
        _make(moment)
    over = list(SealKey.objects.filter(forget_at__lte=moment, forgotten_at=None))
    for key in over:
        keyring().destroy_seal(key.pk)
    return SealKey.objects.filter(pk__in=[key.pk for key in over]).update(forgotten_at=moment)


def _adopt(now: dt.datetime) -> None:
    """Keys that a restored database does not know end like the others, from now on."""
    ids = set(keyring().seals())
    unknown = ids - set(SealKey.objects.filter(pk__in=ids).values_list("pk", flat=True))
    SealKey.objects.bulk_create(
        SealKey(
            id=key_id,
            public=public_of(private_of(keyring().seal(key_id))),
            made_at=now,
            retired_at=now,
            forget_at=now + kept_for(),
        )
        for key_id in unknown
    )


class Opener:
    """Opens what was sealed to any of the keys; each key is read once.

    For one request: a key that is forgotten must not live on in a process.
    """

    def __init__(self) -> None:
        self._keys: dict[UUID, ec.EllipticCurvePrivateKey] = {}

    def read(self, key_ids: Iterable[UUID]) -> None:
        """Read several keys at once, as far as they are there."""
        for key_id in set(key_ids) - self._keys.keys():
            try:
                self._keys[key_id] = private_of(keyring().seal(key_id))
            except KeyDestroyed:
                continue

    def key(self, key_id: UUID) -> ec.EllipticCurvePrivateKey:
        """A private key. Raises KeyForgotten."""
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
