"""What the tests of the launcher and of the console command share."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from fangxian.config.postgres import process
from fangxian.config.postgres.user import run_user

# The suite may itself run in another mode or against a server given by address; these tests start
# their own. PGBIN stays: it says which PostgreSQL is under test.
PLAIN = {
    key: value
    for key, value in os.environ.items()
    if not key.startswith(("DATABASE_", "FANGXIAN_", "DJANGO_"))
}


def remove(data: Path) -> None:
    """End what runs in a test's folder and remove it, with clusters that it links to."""
    for entry in data.glob("postgres*"):
        if not (entry / "PG_VERSION").exists():
            continue
        real = entry.resolve()
        process.stop(real, run_user(PLAIN))
        if real.parent != data.resolve():
            shutil.rmtree(real.parent)
    shutil.rmtree(data)
