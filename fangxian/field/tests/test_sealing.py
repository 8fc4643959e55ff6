"""Sealed operations: the same bytes on both sides, and nobody else opens them."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from django.utils import timezone, translation
from hypothesis import given
from hypothesis import strategies as st

from fangxian.common.crypto import Unreadable
from fangxian.common.errors import Invalid
from fangxian.common.keyring import keyring
from fangxian.core.models import RuleSet
from fangxian.field.models import SealKey
from fangxian.field.sync import keys, phones, sealing

VECTORS = json.loads(
    (Path(__file__).parents[3] / "tests" / "corpus" / "sealing.json").read_text("utf-8")
)
PRIVATE = sealing.private_of(sealing.decode(VECTORS["key"]["private"]))
PUBLIC = sealing.decode(VECTORS["key"]["public"])
PROOF = sealing.decode(VECTORS["proof_key"])


@pytest.fixture(autouse=True)
def _keys_of_this_test(settings: Any, tmp_path: Path) -> None:
    """The folder is shared by all tests, which leave keys there that no database knows."""
    settings.FANGXIAN_KEYS = tmp_path


def test_the_vectors_key_is_one_pair() -> None:
    assert sealing.public_of(PRIVATE) == PUBLIC
    assert VECTORS["info"].encode() == sealing.OPERATION


@pytest.mark.parametrize("vector", VECTORS["operations"], ids=lambda one: one["envelope"]["op_id"])
def test_the_vectors_are_made_and_opened(vector: dict[str, Any]) -> None:
    envelope, plain = vector["envelope"], vector["plain"].encode()
    op_id = UUID(envelope["op_id"])
    box = sealing.seal(
        plain,
        PUBLIC,
        op_id.bytes,
        sealing.OPERATION,
        ephemeral=sealing.private_of(sealing.decode(vector["ephemeral_private"])),
        nonce=sealing.decode(vector["nonce"]),
    )
    assert sealing.envelope_of(op_id, plain, UUID(envelope["key"]), box, PROOF) == envelope
    assert sealing.unseal_operation(envelope, PRIVATE) == plain


@given(st.binary(max_size=3_000), st.uuids())
def test_what_is_sealed_comes_back(plain: bytes, op_id: UUID) -> None:
    envelope = sealing.seal_operation(op_id, plain, uuid4(), PUBLIC, PROOF)
    assert sealing.unseal_operation(envelope, PRIVATE) == plain


@pytest.mark.parametrize("part", ["op_id", "epk", "nonce", "box", "sha256"])
def test_a_changed_envelope_is_not_opened(part: str) -> None:
    one, other = (
        sealing.seal_operation(uuid4(), text, uuid4(), PUBLIC, PROOF) for text in (b"1", b"2")
    )
    with pytest.raises(Unreadable):
        sealing.unseal_operation({**one, part: other[part]}, PRIVATE)


@pytest.mark.parametrize(
    ("part", "value"),
    [("epk", ""), ("epk", "AAAA"), ("epk", "A" * 87), ("nonce", ""), ("box", "="), ("box", "界")],
)
def test_an_odd_envelope_is_not_opened(part: str, value: str) -> None:
    envelope = sealing.seal_operation(uuid4(), b"x", uuid4(), PUBLIC, PROOF)
    with pytest.raises(Unreadable):
        sealing.unseal_operation({**envelope, part: value}, PRIVATE)


@pytest.mark.parametrize("text", ["a", "ab=", "a+b/", " YQ", "YQ\n", "YR"])
def test_only_strict_base64url_is_read(text: str) -> None:
    with pytest.raises(Unreadable):
        sealing.decode(text)


@pytest.mark.django_db
def test_the_first_key_is_made_once() -> None:
    key = keys.current_key()
    assert keys.current_key() == key
    told = keys.told(key)
    assert sealing.decode(told["public"]) == bytes(key.public)
    assert dt.datetime.fromisoformat(told["expires_at"]) > timezone.now() + dt.timedelta(days=7)


def sealed_to(key: SealKey) -> dict[str, str]:
    return sealing.seal_operation(uuid4(), b"at the door", key.id, bytes(key.public), PROOF)


@pytest.mark.django_db
def test_a_key_is_renewed_kept_and_then_forgotten(settings: Any) -> None:
    settings.FANGXIAN_BACKUP_DAYS = 10
    now = timezone.now()
    first = keys.current_key()
    envelope = sealed_to(first)
    assert keys.rotate_keys(now + dt.timedelta(days=6)) == 0
    assert keys.current_key() == first
    assert keys.rotate_keys(now + dt.timedelta(days=8)) == 0
    assert keys.current_key() != first
    # 3 days of a lease, 14 of the rules and 10 of the backups after it was retired on the eighth.
    assert keys.rotate_keys(now + dt.timedelta(days=34)) == 0
    assert keys.Opener().operation(envelope) == b"at the door"
    assert keys.rotate_keys(now + dt.timedelta(days=36)) == 1
    with pytest.raises(keys.KeyForgotten):
        keys.Opener().operation(envelope)
    assert keys.rotate_keys(now + dt.timedelta(days=36)) == 0
    # Not even by a database that was restored from before.
    SealKey.objects.filter(pk=first.pk).update(forgotten_at=None)
    with pytest.raises(keys.KeyForgotten):
        keys.Opener().operation(envelope)


@pytest.mark.django_db
def test_a_restored_database_opens_what_came_after_it(settings: Any) -> None:
    settings.FANGXIAN_BACKUP_DAYS = 0
    now = timezone.now()
    later = keys.current_key()
    envelope = sealed_to(later)
    # The backup was made before this key.
    SealKey.objects.all().delete()
    assert keys.Opener().operation(envelope) == b"at the door"
    assert keys.current_key() != later
    keys.rotate_keys(now)
    assert SealKey.objects.get(pk=later.pk).retired_at == now
    keys.rotate_keys(now + dt.timedelta(days=16))
    assert keys.Opener().operation(envelope) == b"at the door"
    keys.rotate_keys(now + dt.timedelta(days=18))
    with pytest.raises(keys.KeyForgotten):
        keys.Opener().operation(envelope)


@pytest.mark.django_db
def test_no_phone_is_given_a_key_that_nobody_can_open() -> None:
    """The database was restored from before the key in it was destroyed."""
    lost = keys.current_key()
    keyring().destroy_seal(lost.pk)
    new = keys.current_key()
    assert new != lost
    assert keys.Opener().operation(sealed_to(new)) == b"at the door"
    lost.refresh_from_db()
    assert lost.retired_at is not None


def test_a_key_beyond_the_curves_order_is_one_too() -> None:
    for key in (b"\x00" * 32, b"\xff" * 32):
        pair = sealing.private_of(key)
        box = sealing.seal(b"x", sealing.public_of(pair), b"", sealing.PHOTO)
        assert sealing.unseal(box, pair, b"", sealing.PHOTO) == b"x"


@pytest.mark.parametrize("key", ["", "nothing", None])
def test_an_envelope_without_a_key_is_none(key: Any) -> None:
    envelope = {**sealing.seal_operation(uuid4(), b"x", uuid4(), PUBLIC, PROOF), "key": key}
    with pytest.raises(Unreadable):
        keys.Opener().operation(envelope)


@pytest.mark.django_db
def test_the_rules_of_phones_are_shipped() -> None:
    assert RuleSet.objects.filter(name="phones").exists()


@pytest.mark.parametrize(
    ("name", "good", "bad", "mend"),
    [
        ("operations_days", [14, 90], [13, 91, 14.5], "from 14 to 90"),
        ("lease_hours", [1, 72], [0, 73, True], "from 1 to 72"),
    ],
)
def test_what_is_needed_after_a_restore_and_against_a_thief_is_no_setting(
    name: str, good: list[Any], bad: list[Any], mend: str
) -> None:
    data = {"enrolled_days": 30, "lease_hours": 72, "key_days": 7, "operations_days": 14}
    for value in good:
        phones.check({**data, name: value})
    for value in bad:
        with translation.override("en"), pytest.raises(Invalid) as refused:
            phones.check({**data, name: value})
        (problem,) = refused.value.problems
        assert str(problem.message).startswith(f"{name}: Write a whole number {mend}. ")
    same = [
        sealing.seal_operation(UUID(int=1), b"x", UUID(int=2), PUBLIC, PROOF) for _n in range(2)
    ]
    assert same[0]["epk"] != same[1]["epk"]
    assert same[0]["proof"] == same[1]["proof"]
    assert isinstance(PRIVATE, ec.EllipticCurvePrivateKey)
