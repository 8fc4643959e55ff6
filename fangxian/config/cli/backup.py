"""Write the database into one file, and put such a file in its place; never half of either."""

from __future__ import annotations

import ast
import datetime
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import fangxian
from fangxian.config.postgres import Role, Server, ServerError, databases

from .errors import CommandFailed
from .mark import database_name

_EPOCH_TABLE = "core_serverepoch"
_MIGRATIONS_TABLE = "django_migrations"
_SWAPS = 10


def save(server: Server, file: Path, *, force: bool) -> int:
    """pg_dump as the maintenance role, which sees every row, to `file` in PostgreSQL's own format.

    The file appears whole or not at all, readable by its owner only.
    """
    file = file.absolute()
    if file.exists() and not force:
        raise CommandFailed(f"{file} exists. Choose another name, or add --force.")
    try:
        descriptor, part = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    except OSError as error:
        raise CommandFailed(f"{file.parent} can't be written: {error.strerror}") from error
    try:
        with os.fdopen(descriptor, "wb") as out:
            _run(
                server,
                "pg_dump",
                ["--format=custom"],
                "maintenance",
                database_name(server),
                out=out,
            )
            os.fsync(out.fileno())
        entries = _contents(server, Path(part))
        Path(part).replace(file)
    finally:
        Path(part).unlink(missing_ok=True)
    folder = os.open(file.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)
    size = file.stat().st_size / 1e6
    print(f"Saved {file} ({size:.1f} MB, {entries} entries). Keep the key folder apart from it.")
    return 0


def restore(server: Server, file: Path, yes: bool) -> int:
    """Load `file` into a new database, then swap it in by one rename; the old one is kept.

    CommandFailed, and nothing changes, if this version can't bring it to its own schema.
    """
    file = file.absolute()
    _contents(server, file)
    name = database_name(server)
    if not yes:
        _confirm(name, file)
    stamp = datetime.datetime.now(datetime.UTC).strftime("%Y%m%d_%H%M%S")
    new, old = f"{name}_new_{stamp}", f"{name}_before_{stamp}"
    server.create_database(new)
    try:
        options = ["--exit-on-error", "--single-transaction", "--dbname"]
        _run(server, "pg_restore", options, "superuser", new, file)
        _refuse_half_migrated(file, server.dsn("superuser", new))
        _change_epoch(server.dsn("superuser", new))
        kept = _swap(server, name, new, old)
    except BaseException:
        server.drop_database(new)
        raise
    print(f"Restored {file} into {name}.")
    if kept:
        print(
            f"The data before are kept as {old}. When you don't need them any more:\n"
            f"  fangxian db psql --role superuser --database postgres -- "
            f"-c 'DROP DATABASE {old}'"
        )
    print("If the file is older than this version: fangxian migrate")
    return 0


def _confirm(name: str, file: Path) -> None:
    question = f"All data of {name} are replaced by {file}.\nType {name} to go on: "
    if not sys.stdin.isatty():
        raise CommandFailed("nobody is there to confirm. Add --yes to restore without asking.")
    if input(question).strip() != name:
        raise CommandFailed("not confirmed; nothing was changed.", code=1)


def _contents(server: Server, file: Path) -> int:
    """Number of entries of a backup; CommandFailed if it isn't a whole one."""
    if not file.is_file():
        raise CommandFailed(f"{file} isn't a file.")
    program = server.client_program("pg_restore")
    answer = subprocess.run(
        [program, "--list", file], capture_output=True, text=True, errors="replace", check=False
    )
    if answer.returncode:
        raise CommandFailed(
            f"{file} isn't a backup that this version can read: {answer.stderr.strip()}"
        )
    return sum(1 for line in answer.stdout.splitlines() if line and not line.startswith(";"))


def _refuse_half_migrated(file: Path, address: str) -> None:
    import psycopg
    from psycopg import sql

    from fangxian.common.operations import lacking_of

    with psycopg.connect(address) as connection:
        found = connection.execute("SELECT to_regclass(%s)", [_MIGRATIONS_TABLE]).fetchone()
        if not found or not found[0]:
            return
        table = sql.Identifier(_MIGRATIONS_TABLE)
        rows = connection.execute(sql.SQL("SELECT app, name FROM {}").format(table)).fetchall()
    applied = [(str(room), str(name)) for room, name in rows]
    for squashed, replaces in _replaced():
        if lacking := lacking_of(replaces, applied):
            room, name = lacking[-1]
            raise CommandFailed(
                f"{file} was made between two versions: of what {squashed} replaces it lacks "
                f"{room}.{lacking[0][1]}. Nothing was changed. Restore it with the version that "
                f"has {room}.{name}, run fangxian migrate there, and back that up for this one"
            )


def _replaced() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Each squashed migration of ours with what it replaces, read from its file.

    Loading it would need settings, and those make keys where there are none yet.
    """
    for file in sorted(Path(fangxian.__file__).parent.glob("*/migrations/*_squashed_*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "replaces":
                yield f"{file.parts[-3]}.{file.stem}", ast.literal_eval(node.value)


def _change_epoch(address: str) -> None:
    """Tell phones that the past has changed: what they hold must be asked for anew."""
    import psycopg
    from psycopg import sql

    with psycopg.connect(address) as connection:
        found = connection.execute("SELECT to_regclass(%s)", [_EPOCH_TABLE]).fetchone()
        if found and found[0]:
            table = sql.Identifier(_EPOCH_TABLE)
            connection.execute(
                sql.SQL("UPDATE {} SET epoch = gen_random_uuid(), since = now()").format(table)
            )


def _swap(server: Server, name: str, new: str, old: str) -> bool:
    """Rename both in one transaction; True if there was an old one."""

    def address(database: str) -> str:
        return server.dsn("superuser", database)

    exists = name in databases.ask(address("postgres"))[1]
    pairs = [(name, old), (new, name)] if exists else [(new, name)]
    for left in reversed(range(_SWAPS)):
        try:
            databases.rename(address, pairs)
            return exists
        except ServerError:  # a session came in between; it is ended in the next round
            if not left:
                raise
            time.sleep(0.2)
    return exists


def _run(
    server: Server,
    program: str,
    options: list[str],
    role: Role,
    database: str,
    file: Path | None = None,
    *,
    out: IO[bytes] | None = None,
) -> None:
    address, password = server.client_address(role, database)
    command = [str(server.client_program(program)), *options, address]
    answer = subprocess.run(
        [*command, *([str(file)] if file else [])],
        stdout=out,
        stderr=subprocess.PIPE,
        env=os.environ | {"PGPASSWORD": password},
        text=True,
        errors="replace",
        check=False,
    )
    if answer.returncode:
        raise CommandFailed(f"{program} failed, nothing was changed: {answer.stderr.strip()}", 1)
