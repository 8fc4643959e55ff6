"""Databases of tests with a server of their own: filled from the suite's migrated template."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

from django.conf import settings

from fangxian.config.postgres import Server


def dump_of(template: str) -> Path:
    """A dump of the suite's migrated template, made once for each state of the schema."""
    folder = settings.FANGXIAN_DATA / "test"
    file: Path = folder / f"{template}.dump"
    # The lock of those who copy the template, for which nobody may be connected to it.
    with (folder / "template.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        if not file.exists():
            for old in folder.glob("fxt_*.dump"):
                old.unlink(missing_ok=True)
            part = file.with_suffix(".part")
            _run(settings.SERVER, "pg_dump", template, "--format=custom", f"--file={part}")
            part.rename(file)
    return file


def fill(server: Server, data: Path, template: str, database: str | None = None) -> None:
    """Make a server's database what ``fangxian migrate`` would: quicker, by restoring a dump.

    ``data``: its data folder, which gets the keys that the template was migrated with.
    """
    database = database or server.database
    server.drop_database(database)
    server.create_database(database)
    options = ("--exit-on-error", "--single-transaction", str(dump_of(template)))
    _run(server, "pg_restore", database, *options)
    shutil.copytree(settings.FANGXIAN_KEYS, data / "keys", dirs_exist_ok=True)


def _run(server: Server, program: str, database: str, *options: str) -> None:
    address, password = server.client_address("superuser", database)
    done = subprocess.run(
        [server.client_program(program), "--dbname", address, *options],
        env=os.environ | {"PGPASSWORD": password},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
