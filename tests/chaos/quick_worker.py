"""``python -m tests.chaos.quick_worker``: a worker that notices a dead one at once, not after 45 s.

A drill kills many of them and has no time to wait; and it has few rows, so they go in small chunks.
"""

from __future__ import annotations

from typing import Any

import django

CHUNK = 60


def main() -> None:
    django.setup()
    from fangxian.core import progress, runner, worker
    from fangxian.register.importing import runs

    changes: tuple[tuple[Any, str, float], ...] = (
        (progress, "HEARTBEAT_SECONDS", 0.2),
        (runner, "STALE_SECONDS", 1),
        (runs, "CHUNK", CHUNK),
    )
    for module, name, value in changes:
        setattr(module, name, value)
    worker.run(1)


if __name__ == "__main__":
    main()
