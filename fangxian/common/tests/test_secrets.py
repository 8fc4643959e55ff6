"""Keys, sealed values and blind indexes."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.core.exceptions import FieldError, ImproperlyConfigured, ValidationError

from fangxian.common import crypto
from fangxian.common.fields import DESTROYED, SealedTextField
from fangxian.common.keyring import KeyDestroyed, Keyring, keyring

# A model of another room with a sealed field that may belong to an emergency.
Task = apps.get_model("core", "Task")


@pytest.fixture
def keys(settings: Any, tmp_path: Path) -> Keyring:
    settings.FANGXIAN_KEYS = tmp_path / "keys"
    return keyring()


def test_keys_are_private_files(keys: Keyring) -> None:
    keys.standing("register")
    keys.create_emergency(uuid4())
    modes = {stat.S_IMODE(path.stat().st_mode) for path in keys.folder.iterdir()}
    assert modes == {0o600}
    assert len(list(keys.folder.iterdir())) == 2
    assert stat.S_IMODE(keys.folder.stat().st_mode) == 0o700


def test_processes_that_make_a_key_at_once_agree_on_one(tmp_path: Path) -> None:
    rings = [Keyring(tmp_path / "keys") for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(lambda ring: ring.standing("register"), rings))
    assert len(made) == 1
    assert [path.name for path in (tmp_path / "keys").iterdir()] == ["register.key"]


def test_a_damaged_key_is_not_replaced(keys: Keyring) -> None:
    keys.standing("index")
    (keys.folder / "index.key").write_text("cut sh")
    with pytest.raises(ImproperlyConfigured, match="put it back"):
        Keyring(keys.folder).standing("index")


def test_a_destroyed_key_opens_nothing_and_is_not_made_anew(keys: Keyring) -> None:
    emergency = uuid4()
    keys.create_emergency(emergency)
    sealed = crypto.seal(b"text", "a.b", emergency)
    assert crypto.unseal(sealed, "a.b") == b"text"
    keys.destroy_emergency(emergency)
    keys.destroy_emergency(emergency)
    for use in (lambda: crypto.unseal(sealed, "a.b"), lambda: crypto.seal(b"", "a.b", emergency)):
        with pytest.raises(KeyDestroyed):
            use()
    assert list(keys.folder.iterdir()) == []


def test_a_sealed_value_belongs_to_its_column(keys: Keyring) -> None:
    sealed = crypto.seal("张三".encode(), "people.person.name")
    assert crypto.unseal(sealed, "people.person.name").decode() == "张三"
    assert crypto.seal("张三".encode(), "people.person.name") != sealed
    with pytest.raises(crypto.Unreadable):
        crypto.unseal(sealed, "people.person.note")
    for at in (0, 5, 20, len(sealed) - 1):
        changed = bytearray(sealed)
        changed[at] ^= 1
        with pytest.raises((crypto.Unreadable, KeyDestroyed)):
            crypto.unseal(bytes(changed), "people.person.name")
    with pytest.raises(crypto.Unreadable):
        crypto.unseal(sealed[:20], "people.person.name")


def test_many_in_a_row_are_sealed_and_indexed_as_one(keys: Keyring) -> None:
    assert crypto.unseal(crypto.sealer("a.b")("text"), "a.b") == b"text"
    assert crypto.indexer("a.b")("text") == crypto.blind_index("text", "a.b")
    assert crypto.blind_index("text", "a.c") != crypto.blind_index("text", "a.b")


def test_a_sealed_field_can_not_be_searched_or_written_around() -> None:
    for condition in ({"note": "x"}, {"note__contains": "x"}, {"note__in": ["x"]}):
        with pytest.raises(FieldError, match="blind index"):
            Task.objects.filter(**condition)
    assert str(Task.objects.filter(note__isnull=True).query)
    field = Task._meta.get_field("note")
    assert isinstance(field, SealedTextField)
    with pytest.raises(FieldError, match="seal the value first"):
        field.get_db_prep_value("plain", None)


def test_what_was_destroyed_is_not_written_back_as_text(keys: Keyring) -> None:
    for emergency in (None, uuid4()):
        task = Task(note=DESTROYED, emergency_id=emergency)
        with pytest.raises(ValidationError):
            Task._meta.get_field("note").pre_save(task, add=False)
