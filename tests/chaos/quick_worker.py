"""``python -m tests.chaos.quick_worker``: a worker that notices a fallen one in seconds.

The real one waits 45 s and looks each minute; a drill kills many and has no time for that. And a
drill has few rows, so they go in small chunks.
"""

from __future__ import annotations

from typing import Any

import django

CHUNK = 60


def main() -> None:
    django.setup()
    from fangxian.core import imports, progress, runner, worker

    changes: tuple[tuple[Any, str, Any], ...] = (
        (progress, "HEARTBEAT_SECONDS", 0.2),
        (runner, "STALE_SECONDS", 3),
        # The queue's own workers show themselves each 10 s only: they would all pass for dead.
        (runner, "_forget_dead_queue_entries", lambda: None),
        (imports, "COMMIT_ROWS", CHUNK),
    )
    for module, name, value in changes:
        setattr(module, name, value)
    worker._every(0.5, runner.sweep, "sweep")
    worker.run(1)


if __name__ == "__main__":
    main()
