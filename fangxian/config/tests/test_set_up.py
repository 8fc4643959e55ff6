"""`make setup`: an environment whose making was cut short is made anew."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[3] / "scripts" / "set_up.py"


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
