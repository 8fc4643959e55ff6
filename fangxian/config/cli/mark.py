"""The product's database: its name, and whether it says of itself that it is a demonstration's."""

from __future__ import annotations

import os

from fangxian.config.postgres import Server, ServerError

LOADING = "fangxian demonstration, being loaded"
LOADED = "fangxian demonstration"


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


def write_mark(server: Server, database: str, text: str) -> None:
    """Write LOADING or LOADED into the schema's description, which goes with every backup."""
    import psycopg
    from psycopg import sql

    statement = sql.SQL("COMMENT ON SCHEMA public IS {}").format(text)
    with psycopg.connect(server.dsn("owner", database), autocommit=True) as connection:
        connection.execute(statement)
