"""What the commands of the checkout run, and what they install."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
# What a `make` around the suite was given isn't meant for this one.
ENVIRON = {key: value for key, value in os.environ.items() if key not in {"MAKEFLAGS", "ARGS"}}


def suites(*given: str) -> list[str]:
    """The runs of pytest that a command of make comes to."""
    made = subprocess.run(
        ["make", "--dry-run", "PYTHON=python3", "TEST_WORKERS=2", *given],
        cwd=CHECKOUT,
        env=ENVIRON,
        capture_output=True,
        text=True,
        check=True,
    )
    return [line.rstrip() for line in made.stdout.splitlines() if "-m pytest" in line]


def test_make_test_is_the_whole_suite_and_a_part_of_it_is_asked_for() -> None:
    suite, drills = suites("test")
    assert "--ignore=tests/chaos" in suite
    assert drills.endswith(" tests/chaos")
    (part,) = suites("test", "ARGS=-m 'not slow'")
    assert part.endswith("--ignore=tests/chaos -m 'not slow'")
    assert suites("drills") == [drills]


@pytest.mark.parametrize(("wide", "narrow"), [("dev", "base"), ("bench", "dev")])
def test_lock_files_agree_on_versions(wide: str, narrow: str) -> None:
    assert pinned(wide)
    known = pinned(narrow)
    apart = {
        name: versions
        for name, versions in pinned(wide).items()
        if name in known and versions != known[name]
    }
    assert apart == {}


def pinned(name: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    lock = (CHECKOUT / "requirements" / f"{name}.lock").read_text(encoding="utf-8")
    for package, version in re.findall(r"^([\w.-]+)==(\S+)", lock, re.MULTILINE):
        found.setdefault(package, set()).add(version)
    return found
