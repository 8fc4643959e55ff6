"""Settings fail loudly: each wrong value is refused with the mend, and the guide lists them all."""

from __future__ import annotations

import os
import re
import runpy
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from fangxian.config import postgres
from fangxian.config import settings as module
from fangxian.config.env import Environment
from fangxian.config.postgres.server import _VARIABLES

GUIDE = Path(__file__).parents[3] / "docs" / "guide" / "settings.md"
SERVER = settings.SERVER


def read(monkeypatch: pytest.MonkeyPatch, folder: Path, **given: str) -> dict[str, Any]:
    """The settings as production reads them from these variables alone."""
    for name in list(os.environ):
        if name.startswith("FANGXIAN_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("FANGXIAN_DATA", str(folder))
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(postgres, "ensure_server", lambda *_args, **_options: SERVER)
    return runpy.run_path(str(module.__file__))


@pytest.mark.parametrize(
    ("name", "value", "mend"),
    [
        ("FANGXIAN_MODE", "prod", "write one of production, demo, test"),
        ("FANGXIAN_DATA", "data", "write an absolute path"),
        ("FANGXIAN_FONTS", "poster=X", "one of body, title, head"),
        ("FANGXIAN_FONT_FOLDER", "/no/such/folder", "write an absolute path of a folder"),
        ("FANGXIAN_KEYS", "keys", "write an absolute path"),
        ("FANGXIAN_DIVISIONS", "dist", "write an absolute path"),
        ("FANGXIAN_AREA", "1309240", "write a division code"),
        ("FANGXIAN_AREA", "13092²", "write a division code"),
        ("FANGXIAN_AREA", "沧州", "write a division code"),
        ("FANGXIAN_SECRET_KEY", "short", "write 32 random characters or more"),
        ("FANGXIAN_SECRET_KEY", "a" * 64, "too easy to guess"),
        ("FANGXIAN_LOG", "info", "write one of DEBUG, INFO, WARNING, ERROR"),
        ("FANGXIAN_LOG", "", "write one of DEBUG, INFO, WARNING, ERROR"),
        ("FANGXIAN_HTTPS", "ja", "write 1 or 0"),
        ("FANGXIAN_BEHIND_PROXY", "2", "write 1 or 0"),
        ("FANGXIAN_SECOND_FACTOR", "0", "for FANGXIAN_MODE=demo or test only"),
        ("FANGXIAN_SECOND_FACTOR", "maybe", "write 1 or 0"),
        ("FANGXIAN_REVEALS_PER_HOUR", "0", "write a whole number, 1 to 10000"),
        ("FANGXIAN_REVEALS_PER_HOUR", "many", "write a whole number"),
        ("FANGXIAN_UPLOAD_MB", "501", "write a whole number, 1 to 500"),
        ("FANGXIAN_IDLE_MINUTES", "", "write a whole number, 5 to 1440"),
        ("FANGXIAN_SESSION_HOURS", "73", "write a whole number, 1 to 72"),
        ("FANGXIAN_SMS", "post", "write one of off, http, file, console"),
        ("FANGXIAN_SMS", "http", "FANGXIAN_SMS_URL"),
        ("FANGXIAN_SMS", "console", "write off or http"),
        ("FANGXIAN_ALLOWED_HOSTS", "x", "there is no such setting"),
        ("FANGXIAN_HOST", "x", "did you mean FANGXIAN_HOSTS"),
    ],
)
def test_a_wrong_value_is_refused_with_the_mend(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, value: str, mend: str
) -> None:
    with pytest.raises(ImproperlyConfigured) as refused:
        read(monkeypatch, tmp_path, **{name: value})
    assert name in str(refused.value)
    assert mend in str(refused.value)
    assert not (tmp_path / "keys" / "register.key").exists()


def test_right_values_are_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = read(
        monkeypatch,
        tmp_path,
        FANGXIAN_LOG="DEBUG",
        FANGXIAN_HOSTS="fx.example.cn, 10.0.0.8",
        FANGXIAN_SECRET_KEY="0123456789abcdef" * 2,
        FANGXIAN_PG_USER="postgres",
    )
    assert found["LOGGING"]["root"]["level"] == "DEBUG"
    assert found["ALLOWED_HOSTS"] == ["fx.example.cn", "10.0.0.8"]
    assert found["SECRET_KEY"] == "0123456789abcdef" * 2
    assert found["FANGXIAN_SECOND_FACTOR"] is True


def test_the_guide_lists_exactly_what_is_read() -> None:
    rows = [line.split("|")[1] for line in GUIDE.read_text("utf-8").splitlines() if "| `" in line]
    listed = {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row)}
    env: Environment = module.env
    assert listed == env.asked | module.READ_ELSEWHERE | set(_VARIABLES.values()) | {"PGBIN"}


def test_the_demonstration_answers_for_its_county(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert read(monkeypatch, tmp_path)["FANGXIAN_AREA"] == ""
    assert read(monkeypatch, tmp_path, FANGXIAN_MODE="demo")["FANGXIAN_AREA"] == "130924"
    given = read(monkeypatch, tmp_path, FANGXIAN_MODE="demo", FANGXIAN_AREA="13")
    assert given["FANGXIAN_AREA"] == "13"
