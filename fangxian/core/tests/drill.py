"""An import that writes a row for each row; run by a worker process that gets killed.

``python -m fangxian.core.tests.drill`` is a worker that knows the job kind ``test.import``.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import django
from django.utils.translation import gettext_lazy as _

ROWS = 300


def register() -> None:
    from fangxian.common.actor import Actor
    from fangxian.common.errors import Problem
    from fangxian.core import actions, imports
    from fangxian.core.imports import Outcome, StagedRow
    from fangxian.core.jobs import JobKind, kinds
    from fangxian.core.models import ImportRun
    from fangxian.core.progress import Progress

    def handle(by: Actor, rows: list[StagedRow]) -> Sequence[Outcome]:
        found = []
        for row in rows:
            if row.values["n"] % 10 == 0:
                problem = Problem("wrong", field="n", mend="mend it", code="tenth")
                found.append(Outcome(row.number, (problem,)))
                continue
            op_id = UUID(int=row.values["n"])
            actions.emit(by=by, kind="test.row", place_code=by.area, op_id=op_id, data=row.values)
            found.append(Outcome(row.number, object_id=op_id))
        time.sleep(0.02)
        return found

    def run(progress: Progress, *, run: str) -> None:
        with progress.chunk():
            found = ImportRun.objects.get(id=run)
            imports.stage(found, ((n, {"n": n}) for n in range(1, ROWS + 1)))
            imports.staged(found)
        imports.commit_chunks(found, handle, progress, size=7)

    kinds.register("test.import", JobKind("test.import", _("Import"), "core.task", run, 100))


def main() -> None:
    django.setup()
    register()
    from fangxian.core import progress, runner, worker

    values: dict[str, Any] = {"HEARTBEAT_SECONDS": 0.2}
    for name, value in values.items():
        setattr(progress, name, value)
    # A dead worker is noticed at once, not after the usual 45 s.
    runner.STALE_SECONDS = 1
    worker.run(1)


if __name__ == "__main__":
    main()
