"""Sealing of personal values: AES-256-GCM with the key's id in front, and the blind index.

A sealed value is ``version (1) | key id (16) | nonce (12) | ciphertext and tag (n + 16)`` bytes.
The additional data names the column, so a value can't be moved to another column unnoticed.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Callable
from functools import lru_cache
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from fangxian.common.keyring import REGISTER, keyring

VERSION = b"\x01"
NONCE_BYTES = 12
HEADER_BYTES = 1 + 16
INDEX_BYTES = 16
_BLOCK_BYTES = 64
_INNER = bytes(byte ^ 0x36 for byte in range(256))
_OUTER = bytes(byte ^ 0x5C for byte in range(256))


class Unreadable(ValueError):
    """A sealed value is damaged, or was sealed for another column."""


def seal(plain: bytes, column: str, key_id: UUID = REGISTER) -> bytes:
    """Seal ``plain`` for ``column`` with the register's or an emergency's key."""
    nonce = os.urandom(NONCE_BYTES)
    body = _cipher(key_id).encrypt(nonce, plain, column.encode())
    return VERSION + key_id.bytes + nonce + body


def sealer(column: str, key_id: UUID = REGISTER) -> Callable[[str], bytes]:
    """A function that seals texts for ``column`` as :func:`seal` does, for many in a row."""
    encrypt = _cipher(key_id).encrypt
    head, bound, random = VERSION + key_id.bytes, column.encode(), os.urandom

    def run(plain: str) -> bytes:
        nonce = random(NONCE_BYTES)
        return head + nonce + encrypt(nonce, plain.encode(), bound)

    return run


def indexer(column: str) -> Callable[[str], bytes]:
    """A function that gives the blind index as :func:`blind_index` does, for many in a row."""
    key = keyring().standing("index")
    # RFC 2104: what comes before the value is hashed once; that takes a quarter of the time.
    inner = hashlib.sha256(key.ljust(_BLOCK_BYTES, b"\x00").translate(_INNER))
    inner.update(f"{column}\x00".encode())
    outer = hashlib.sha256(key.ljust(_BLOCK_BYTES, b"\x00").translate(_OUTER))

    def run(value: str) -> bytes:
        first, second = inner.copy(), outer.copy()
        first.update(value.encode())
        second.update(first.digest())
        return second.digest()[:INDEX_BYTES]

    return run


def _cipher(key_id: UUID) -> AESGCM:
    key = keyring().data_key(key_id)
    return _standing(key) if key_id == REGISTER else AESGCM(key)


@lru_cache(maxsize=1)
def _standing(key: bytes) -> AESGCM:
    """The register's key stays with the process as it is; an emergency's must not outlive it."""
    return AESGCM(key)


def unseal(sealed: bytes, column: str) -> bytes:
    """Open a sealed value. Raises Unreadable if damaged, KeyDestroyed if its key is gone."""
    if len(sealed) < HEADER_BYTES + NONCE_BYTES + 16 or sealed[:1] != VERSION:
        raise Unreadable("not a sealed value")
    name = bytes(sealed[1:HEADER_BYTES])
    cipher = _cipher(REGISTER if name == REGISTER.bytes else UUID(bytes=name))
    nonce = bytes(sealed[HEADER_BYTES : HEADER_BYTES + NONCE_BYTES])
    try:
        body = bytes(sealed[HEADER_BYTES + NONCE_BYTES :])
        return cipher.decrypt(nonce, body, column.encode())
    except InvalidTag:
        raise Unreadable("sealed for another column, with another key, or damaged") from None


def derived_key(purpose: bytes, whose: bytes) -> bytes:
    """A key of 32 bytes for one purpose and holder, from the standing key ``index``.

    The same each time it is asked for, so it lies in no database, whose copies give none away and
    whose restored backups lack none. Source: RFC 5869 (HKDF), ``whose`` as salt.
    """
    return HKDF(SHA256(), 32, whose, purpose).derive(keyring().standing("index"))


def blind_index(value: str, column: str) -> bytes:
    """Return the 16-byte keyed hash by which equal values of a column are found."""
    message = f"{column}\x00{value}".encode()
    return hmac.new(keyring().standing("index"), message, hashlib.sha256).digest()[:INDEX_BYTES]
