"""Who made an operation: proved by a key that is open only while its maker's PIN is.

The cookie goes with the phone, so whoever holds it can seal what names any of its holders. Each of
them has a key of his own on it, told when he enrols it and at each pull, and kept under the view
key. It is derived from the device, the user and the key folder, never stored: no dump of the
database forges anything, and it is the same after the phone was enrolled again, was handed on and
came back, or the server was restored from a backup, so that what was made before still proves.
"""

from __future__ import annotations

import hmac
from uuid import UUID

from fangxian.common.crypto import derived_key
from fangxian.field.sync.sealing import prove

INFO = b"fangxian proof 1"


def proof_key(device_id: UUID, user_id: UUID) -> bytes:
    """The key by which a user proves what he made on a device, 32 bytes."""
    return derived_key(INFO, device_id.bytes + user_id.bytes)


class Proofs:
    """Checks what one phone sends; the key of each of its holders is derived once."""

    def __init__(self, device_id: UUID) -> None:
        self._device_id = device_id
        self._keys: dict[UUID, bytes] = {}

    def hold(self, proof: bytes, user_id: UUID, id_: UUID, digest: bytes, info: bytes) -> bool:
        """Whether this user made what has this id and the SHA-256 ``digest``."""
        if user_id not in self._keys:
            self._keys[user_id] = proof_key(self._device_id, user_id)
        return hmac.compare_digest(prove(self._keys[user_id], id_, digest, info), proof)
