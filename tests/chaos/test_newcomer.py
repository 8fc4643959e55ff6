"""The first command as a newcomer types it: a whole county, and nothing left after Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from fangxian.config.postgres import process
from fangxian.config.tests.kit import PLAIN, remove

pytestmark = [pytest.mark.slow(100), pytest.mark.timeout(420)]

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture
def folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="fxn-", dir="/tmp"))
    path.chmod(0o711)
    yield path
    remove(path)


def demo(folder: Path) -> subprocess.Popen[str]:
    """`make demo` in a group of its own, as a terminal gives it."""
    return subprocess.Popen(
        ["make", "--no-print-directory", "demo", "ARGS=--port 18800"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=CHECKOUT,
        env=PLAIN | {"FANGXIAN_DATA": str(folder)},
        start_new_session=True,
    )


def ready(running: subprocess.Popen[str]) -> tuple[str, str]:
    """The address and all that was said up to it and after it about accounts."""
    assert running.stdout
    said, address = "", ""
    for line in running.stdout:
        said += line
        if line.startswith("Fangxian is ready"):
            address = line.split()[-1]
        if line.startswith("Ctrl-C ends everything"):
            return address, said
    raise AssertionError(said)


def of_session(session: int) -> list[int]:
    """Processes of a terminal's session that still run."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == session and fields[0] != "Z":
            found.append(int(entry.name))
    return found


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="asks Linux what still runs")
def test_one_command_shows_a_county_and_ctrl_c_ends_all_of_it(folder: Path) -> None:
    for start in ("first", "second"):
        began = time.monotonic()
        running = demo(folder)
        try:
            address, said = ready(running)
            print(f"{start} start: {time.monotonic() - began:.0f} s")
            assert ("Loading the demonstration county" in said) is (start == "first")
            assert "wangge" in said
            with urllib.request.urlopen(f"{address}sign-in/", timeout=30) as page:
                assert page.status == 200
            os.killpg(running.pid, signal.SIGINT)
            rest, _ = running.communicate(timeout=60)
        finally:
            if running.poll() is None:
                os.killpg(running.pid, signal.SIGKILL)
        assert "The database is stopped; its data are kept." in rest
        assert "Traceback" not in rest
        assert not of_session(running.pid)
        assert process.running((folder / "postgres").resolve()) is None
