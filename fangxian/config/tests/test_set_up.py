"""`make setup`: an environment whose making was cut short is made anew."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

CHECKOUT = Path(__file__).parents[3]
SCRIPT = CHECKOUT / "scripts" / "set_up.py"


@pytest.fixture
def script(tmp_path: Path) -> dict[str, Any]:
    found = runpy.run_path(str(SCRIPT))
    names = found["make_venv"].__globals__
    names |= {"VENV": tmp_path / ".venv", "PYTHON": tmp_path / ".venv" / "bin" / "python"}
    return found


def test_a_half_made_environment_is_made_anew_and_a_whole_one_kept(
    script: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    venv = tmp_path / ".venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    script["make_venv"]()
    assert "Making .venv" in capsys.readouterr().out
    subprocess.run([venv / "bin" / "python", "-m", "pip", "--version"], check=True)
    script["make_venv"]()
    assert "Making .venv" not in capsys.readouterr().out


@pytest.mark.parametrize("home", ["/nonexistent", None])
def test_what_installers_keep_needs_no_home(home: str | None, tmp_path: Path) -> None:
    """An account of a service often has no home folder, or one it can't write."""
    show = 'show: ; @echo "$${XDG_CACHE_HOME:-}|$${npm_config_cache:-}"'
    plain = {key: os.environ[key] for key in ("PATH",)}
    for given, below in ((home, f"{CHECKOUT}/.venv/caches"), (str(tmp_path), "")):
        out = subprocess.run(
            ["make", "--no-print-directory", "--eval", show, "show"],
            cwd=CHECKOUT,
            env=plain | ({"HOME": given} if given else {}),
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        assert out == (f"{below}|{below}/npm" if below else "|")
