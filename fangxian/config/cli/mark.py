"""The product's database: its name, and whether it says of itself that it is a demonstration's."""

from __future__ import annotations

import os
import time

from fangxian.config.postgres import Server, ServerError

LOADING = "fangxian demonstration, being loaded"
LOADED = "fangxian demonstration"
_ASKED_EACH = 0.2


def database_name(server: Server) -> str:
    """`FANGXIAN_DATABASE`, else the server's own."""
    return os.environ.get("FANGXIAN_DATABASE") or server.database


def read_mark(server: Server, database: str) -> str | None:
    """LOADING, LOADED, or None if the database isn't a demonstration's."""
    import psycopg

    try:
        with psycopg.connect(server.dsn("app", database)) as connection:
            row = connection.execute(
                "SELECT obj_description('public'::regnamespace, 'pg_namespace')"
            ).fetchone()
    except psycopg.OperationalError as error:
        raise ServerError(f"The database {database} doesn't answer: {error}") from error
    return row[0] if row and row[0] in (LOADING, LOADED) else None


def refused(server: Server, mode: str, *, patience: float = 0) -> str:
    """Why a database isn't served in this mode: the demonstration's accounts are public, its mode
    is lax, so it and production never mix. "" if it may be served.

    A database that doesn't answer is asked again for `patience` seconds before ServerError.
    """
    mark = _read_patiently(server, database_name(server), patience)
    if mode == "demo" and not mark:
        return (
            "FANGXIAN_MODE=demo relaxes the second factor, and this database isn't the "
            "demonstration's. Unset FANGXIAN_MODE, or set FANGXIAN_DATA to the demonstration's "
            "folder."
        )
    if mode == "production" and mark:
        return (
            "this database is the demonstration's, with public accounts. Set FANGXIAN_DATA to "
            "another folder, or run: fangxian demo"
        )
    return ""


def _read_patiently(server: Server, database: str, patience: float) -> str | None:
    last = time.monotonic() + patience
    while True:
        try:
            return read_mark(server, database)
        except ServerError:
            if time.monotonic() >= last:
                raise
        time.sleep(_ASKED_EACH)


def write_mark(server: Server, database: str, text: str) -> None:
    """Write LOADING or LOADED into the schema's description, which goes with every backup."""
    import psycopg
    from psycopg import sql

    statement = sql.SQL("COMMENT ON SCHEMA public IS {}").format(text)
    with psycopg.connect(server.dsn("owner", database), autocommit=True) as connection:
        connection.execute(statement)
