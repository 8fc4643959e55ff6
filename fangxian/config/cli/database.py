"""`fangxian db …`: the database server and its copies. Works without Django."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from fangxian.config.postgres import ROLES, Server, ServerError, ensure_server
from fangxian.config.postgres.binaries import find_binaries
from fangxian.config.postgres.databases import first_database_sql
from fangxian.config.postgres.passwords import ATTRIBUTES
from fangxian.config.postgres.process import running
from fangxian.config.postgres.server import find_cluster

from . import backup
from .errors import CommandFailed

if TYPE_CHECKING:
    Subcommands = argparse._SubParsersAction[argparse.ArgumentParser]

_NOT_RUNNING = 3  # as pg_ctl status


def add_commands(subcommands: Subcommands) -> None:
    """Add these subcommands to the parser."""
    db = subcommands.add_parser("db", help="the database: start, stop, status, psql, backup …")
    actions = db.add_subparsers(metavar="ACTION", required=True)
    actions.add_parser("start", help="start it if it isn't running").set_defaults(run=_start)
    actions.add_parser("stop", help="stop it").set_defaults(run=_stop)
    actions.add_parser("status", help="exit 0 if it runs, 3 if not").set_defaults(run=_status)

    psql = actions.add_parser("psql", help="PostgreSQL's own console; its options after --")
    psql.add_argument("--role", choices=list(ROLES), default="owner", help="(%(default)s)")
    psql.add_argument("--database", help="another database than the product's")
    psql.set_defaults(run=_psql)

    setup = actions.add_parser("setup-sql", help="SQL that prepares a server of your own")
    setup.add_argument("--database", default="fangxian", help="(%(default)s)")
    setup.set_defaults(run=_setup_sql)

    save = actions.add_parser("backup", help="write all data into one file")
    save.add_argument("file", type=Path)
    save.add_argument("--force", action="store_true", help="replace an existing file")
    save.set_defaults(run=lambda options: backup.save(_server(), options.file, force=options.force))

    restore = actions.add_parser("restore", help="put the data of such a file in place of today's")
    restore.add_argument("file", type=Path)
    restore.add_argument("--yes", action="store_true", help="don't ask")
    restore.set_defaults(run=lambda options: backup.restore(_server(), options.file, options.yes))


def _server() -> Server:
    return ensure_server()


def _start(options: argparse.Namespace) -> int:
    server = ensure_server()
    if server.kind == "url":
        status = server.status()
        print(f"PostgreSQL {status.release} of DATABASE_URL answers.")
        return 0
    said = "started" if server.started else "runs already"
    assert server.cluster
    print(f"PostgreSQL {server.version} ({server.kind}) {said}. Data: {server.cluster.entry}")
    return 0


def _stop(options: argparse.Namespace) -> int:
    if os.environ.get("DATABASE_URL"):
        raise CommandFailed("the server is given by DATABASE_URL: stop it where it runs.")
    stopped = find_cluster(find_binaries()).stop()
    print("PostgreSQL is stopped." if stopped else "PostgreSQL wasn't running.")
    return 0


def _status(options: argparse.Namespace) -> int:
    if not os.environ.get("DATABASE_URL"):
        cluster = find_cluster(find_binaries())
        if not cluster.exists() or running(cluster.path) is None:
            print(f"PostgreSQL isn't running. Data: {cluster.entry}")
            return _NOT_RUNNING
    server = ensure_server()
    try:
        status = server.status()
    except ServerError as error:
        print(f"{error}")
        return _NOT_RUNNING
    print(f"PostgreSQL {status.release} ({server.kind}) runs.")
    if server.cluster:
        print(f"Data:      {server.cluster.entry}")
        print(f"Process:   {status.pid}")
    print(f"Address:   {server.host}, port {server.port}")
    print(f"Databases: {', '.join(status.databases)}")
    return 0


def _setup_sql(options: argparse.Namespace) -> int:
    """Print what an administrator runs with psql for DATABASE_URL; passwords are set by hand."""
    outer, inner = first_database_sql(options.database, locale="C.UTF-8")
    print(
        "-- Run with psql as a superuser; then a password for each role: \\password fangxian_app …"
        "\n-- Where the system has no C.UTF-8, write another locale of UTF-8."
    )
    for role, attributes in ATTRIBUTES.items():
        print(f"CREATE ROLE {ROLES[role]} WITH {attributes};")
    print(f"{outer}\\connect {options.database}\n{inner}", end="")
    return 0


def _psql(options: argparse.Namespace) -> int:
    server = _server()
    program = server.client_program("psql")
    address, password = server.client_address(options.role, options.database)
    environ = os.environ | {"PGPASSWORD": password}
    command = [str(program), "--dbname", address, *options.passed_on]
    os.execve(program, command, environ)  # noqa: S606  # psql takes this process's place
