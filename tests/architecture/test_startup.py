"""What starting a process must not load: solvers take seconds to load, and few ever need them."""

from __future__ import annotations

import subprocess
import sys

from django.conf import settings

SLOW = ("numpy", "opencc", "ortools", "pandas", "pypinyin", "pyxform", "scipy")
SCRIPT = f"""
import sys, django
django.setup()
from django.urls import get_resolver
get_resolver().url_patterns
print(*[name for name in {SLOW!r} if name in sys.modules])
"""


def test_pages_and_jobs_start_without_solvers_and_readers() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=settings.CHECKOUT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []
