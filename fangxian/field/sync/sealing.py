"""Operations and photos, sealed on the phone so that only the server reads them.

A new P-256 pair for each; its private part is thrown away at once, so the phone can't read what it
has sealed. ``key = HKDF-SHA-256(ECDH(ephemeral, server), salt = epk || server, info)``, then
AES-256-GCM with a random nonce and the id as additional data. What is sealed stays byte for byte
the same however often it is sent. The frontend's side is ``frontend/field/crypto.ts``; both are
held to ``tests/corpus/sealing.json``. Points are 65 bytes uncompressed (SEC 1), text is base64url
without padding. Source: NIST SP 800-56A (ECDH), RFC 5869 (HKDF), NIST SP 800-38D (GCM).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from fangxian.common.crypto import Unreadable

OPERATION = b"fangxian operation 1"
PHOTO = b"fangxian photo 1"
CURVE = ec.SECP256R1()
POINT_BYTES = 65
PROOF_BYTES = 32
# Of the curve's points (NIST SP 800-186, 3.2.1.3).
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
NONCE_BYTES = 12


class Box(NamedTuple):
    """What travels: the ephemeral public point, the nonce, ciphertext with tag (n + 16 bytes)."""

    epk: bytes
    nonce: bytes
    box: bytes


def encode(data: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """Read :func:`encode`. Raises Unreadable for what is not strictly that."""
    try:
        data = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), b"-_", True)
    except (binascii.Error, UnicodeEncodeError, ValueError):
        data = b""
    if encode(data) != text:
        raise Unreadable("not base64url without padding")
    return data


def public_of(private: ec.EllipticCurvePrivateKey) -> bytes:
    """The public point of a private key, 65 bytes."""
    return private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def private_of(key: bytes) -> ec.EllipticCurvePrivateKey:
    """The private key of 32 random bytes: the scalar itself, but for one in 2^32 beyond the order.

    Source: FIPS 186-5, A.2.1.
    """
    scalar = int.from_bytes(key, "big")
    fits = 0 < scalar < ORDER
    return ec.derive_private_key(scalar if fits else scalar % (ORDER - 1) + 1, CURVE)


def _cipher(private: ec.EllipticCurvePrivateKey, other: bytes, salt: bytes, info: bytes) -> AESGCM:
    point = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, other)
    shared = private.exchange(ec.ECDH(), point)
    return AESGCM(HKDF(SHA256(), 32, salt, info).derive(shared))


def seal(
    plain: bytes,
    server: bytes,
    bound: bytes,
    info: bytes,
    *,
    ephemeral: ec.EllipticCurvePrivateKey | None = None,
    nonce: bytes | None = None,
) -> Box:
    """Seal ``plain`` to the server's public point, bound to an id, as a phone does.

    ``ephemeral`` and ``nonce`` are given by test vectors alone.
    """
    pair = ephemeral or ec.generate_private_key(CURVE)
    epk, used = public_of(pair), nonce or os.urandom(NONCE_BYTES)
    cipher = _cipher(pair, server, epk + server, info)
    return Box(epk, used, cipher.encrypt(used, plain, bound))


def unseal(box: Box, private: ec.EllipticCurvePrivateKey, bound: bytes, info: bytes) -> bytes:
    """Open what :func:`seal` made. Raises Unreadable: damaged, for another id, or another key."""
    if len(box.epk) != POINT_BYTES or len(box.nonce) != NONCE_BYTES:
        raise Unreadable("not a sealed box")
    try:
        cipher = _cipher(private, box.epk, box.epk + public_of(private), info)
        return cipher.decrypt(box.nonce, box.box, bound)
    except (InvalidTag, ValueError):
        raise Unreadable("sealed to another key, for another id, or damaged") from None


def prove(key: bytes, id_: UUID, digest: bytes, info: bytes) -> bytes:
    """The proof of who made an operation or a photo: HMAC-SHA-256, 32 bytes.

    Over what it is, its id and the SHA-256 of its plaintext: so over its very bytes, whatever JSON
    they are written in. ``key`` is that of its maker on the phone.
    """
    return hmac.digest(key, info + id_.bytes + digest, "sha256")


def seal_operation(
    op_id: UUID, plain: bytes, key_id: UUID, server: bytes, proof_key: bytes
) -> dict[str, str]:
    """The envelope of an operation, as a phone makes it."""
    box = seal(plain, server, op_id.bytes, OPERATION)
    return envelope_of(op_id, plain, key_id, box, proof_key)


def envelope_of(
    op_id: UUID, plain: bytes, key_id: UUID, box: Box, proof_key: bytes
) -> dict[str, str]:
    """The JSON of an envelope around a sealed operation."""
    digest = hashlib.sha256(plain)
    return {
        "op_id": str(op_id),
        "key": str(key_id),
        "epk": encode(box.epk),
        "nonce": encode(box.nonce),
        "box": encode(box.box),
        "sha256": digest.hexdigest(),
        "proof": encode(prove(proof_key, op_id, digest.digest(), OPERATION)),
    }


def unseal_operation(envelope: Mapping[str, Any], private: ec.EllipticCurvePrivateKey) -> bytes:
    """The plaintext of an envelope. Raises Unreadable, also where its hash is another's."""
    box = Box(*(decode(str(envelope[part])) for part in ("epk", "nonce", "box")))
    plain = unseal(box, private, UUID(str(envelope["op_id"])).bytes, OPERATION)
    said = str(envelope["sha256"]).encode()
    if not hmac.compare_digest(hashlib.sha256(plain).hexdigest().encode(), said):
        raise Unreadable("the hash is that of another operation")
    return plain
