"""The keys that a database was written with, and another folder than theirs."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from fangxian.common.keyring import Keyring, keyring
from fangxian.config import keys
from fangxian.config.cli import django as cli
from fangxian.config.cli.errors import CommandFailed
from fangxian.config.models import KeyMark
from fangxian.config.postgres import Server

from .kit import PLAIN

CHECKOUT = Path(__file__).parents[3]


@pytest.fixture
def folder_of_keys(settings: Any, tmp_path: Path, db: None) -> Path:
    copied = tmp_path / "keys"
    for name in keys.NAMES:
        keyring().standing(name)
    shutil.copytree(keyring().folder, copied)
    settings.FANGXIAN_KEYS = copied
    return copied


def test_a_migrated_database_knows_its_keys(folder_of_keys: Path) -> None:
    assert {mark.name for mark in KeyMark.objects.all()} == set(keys.NAMES)
    assert not list(keys.differing())


def test_a_missing_key_is_asked_back_and_not_made_anew(folder_of_keys: Path) -> None:
    (folder_of_keys / "register.key").unlink()
    (said,) = keys.differing()
    assert said.startswith("register.key is missing")
    assert "Put it back from the backup" in said
    assert not (folder_of_keys / "register.key").exists()


def test_another_key_is_refused(folder_of_keys: Path) -> None:
    (folder_of_keys / "index.key").write_text("ab" * 32 + "\n")
    (said,) = keys.differing()
    assert said.startswith("index.key")
    assert "isn't the key that this database was written with" in said
    with pytest.raises(CommandFailed, match="Put that one back"):
        cli.refuse_other_keys()


def test_a_mark_tells_nothing_of_its_key() -> None:
    key = bytes(range(32))
    assert key.hex() not in Keyring.fingerprint(key)
    assert Keyring.fingerprint(key) != Keyring.fingerprint(bytes(32))


def test_a_closed_folder_names_the_mend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(*_args: object, **_options: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_text", closed)
    with pytest.raises(ImproperlyConfigured, match="set FANGXIAN_KEYS to a folder of your own"):
        Keyring(tmp_path).standing("register")


@pytest.mark.slow
def test_serve_worker_check_and_import_refuse_a_lost_key(folder: Path, migrated: Server) -> None:
    environ = PLAIN | {"FANGXIAN_DATA": str(folder)}

    def fangxian(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "fangxian.config.cli", *arguments],
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            cwd=CHECKOUT,
            env=environ,
            timeout=100,
        )

    key = folder / "keys" / "register.key"
    key.rename(folder / "away.key")
    starts = ["serve", "--port", "65535"], ["worker"], ["check"], ["import", "register", "x"]
    for command in starts:
        run = fangxian(*command)
        assert run.returncode == 2, (command, run.stderr)
        assert "register.key is missing" in run.stderr
        assert not key.exists()
    (folder / "away.key").rename(key)
    run = fangxian("check")
    assert run.returncode == 0, run.stderr
