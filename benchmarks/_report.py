"""What every benchmark prints: one line of JSON, as docs/performance says."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from pathlib import Path
from typing import Any


def report(
    name: str,
    figures: dict[str, Any],
    *,
    reference: dict[str, Any] | None = None,
    ratio: dict[str, float] | None = None,
    **more: Any,
) -> None:
    """Print the line: our figures, the reference's from the same run, and their ratios.

    ``more`` adds keys, such as ``note`` with how to install a reference that is missing.
    """
    line = {
        "name": name,
        "figures": figures,
        "reference": reference,
        "ratio": ratio or {},
        "machine": _machine(),
        "commit": _commit(),
        **more,
    }
    print(json.dumps(line, ensure_ascii=False), flush=True)


def percentile(values: list[float], share: float) -> float:
    """The smallest value that at least ``share`` of the values don't exceed."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(share * len(ranked)))]


def _machine() -> dict[str, Any]:
    return {
        "cpus": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 2),
    }


def _commit() -> str:
    try:
        done = subprocess.run(
            ["git", "-c", "safe.directory=*", "rev-parse", "--short", "HEAD"],
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.strip()
