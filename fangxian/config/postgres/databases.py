"""Make, remove and list databases, with the rights of the three roles."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, LiteralString

from .errors import ServerError
from .passwords import ROLES, Role

if TYPE_CHECKING:
    from psycopg import Connection
    from psycopg.sql import Composed

_ADMIN = "postgres"
_LIST = "SELECT datname FROM pg_database WHERE datallowconn AND NOT datistemplate ORDER BY 1"
# A server's own template has whatever encoding its administrator's terminal had.
_FROM_NOTHING = "ENCODING 'UTF8' TEMPLATE template0"
# {app} and {maintenance} never own anything: what the owner makes is opened to them here.
_ON_DATABASE = (
    "REVOKE ALL ON DATABASE {database} FROM PUBLIC",
    "GRANT CONNECT ON DATABASE {database} TO {app}, {maintenance}",
    # Bulk loads stage in temporary tables.
    "GRANT TEMPORARY ON DATABASE {database} TO {maintenance}",
)
_DEFAULT = "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} "
_INSIDE = (
    "ALTER SCHEMA public OWNER TO {owner}",
    "REVOKE ALL ON SCHEMA public FROM PUBLIC",
    "GRANT USAGE ON SCHEMA public TO {app}, {maintenance}",
    _DEFAULT + "GRANT USAGE ON SCHEMAS TO {app}, {maintenance}",
    _DEFAULT + "GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {app}, {maintenance}",
    _DEFAULT + "GRANT TRUNCATE ON TABLES TO {maintenance}",
    _DEFAULT + "GRANT USAGE, SELECT ON SEQUENCES TO {app}, {maintenance}",
    _DEFAULT + "GRANT UPDATE ON SEQUENCES TO {maintenance}",
    _DEFAULT + "REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC",
    _DEFAULT + "GRANT EXECUTE ON FUNCTIONS TO {app}, {maintenance}",
)

Address = Callable[[str], str]


def first_database_sql(name: str, locale: str = "") -> tuple[str, str]:
    """SQL, one statement a line, for a single-user server: in `postgres`, then in `name` itself.

    locale: of the database, where the server's own isn't known to be one of UTF-8.
    """
    values = {"database": name} | {str(role): role_name for role, role_name in ROLES.items()}
    words = f" LOCALE '{locale}'" if locale else ""
    outside = (
        f"CREATE DATABASE {{database}} OWNER {{owner}}{words} {_FROM_NOTHING}",
        *_ON_DATABASE,
    )
    first, second = (
        "".join(f"{statement.format(**values)};\n" for statement in statements)
        for statements in (outside, _INSIDE)
    )
    return first, second


def create(address: Address, name: str, *, template: str | None, names: Mapping[Role, str]) -> None:
    """Make `name` under another name, set its rights, then rename it: never half open."""
    making = f"making_{name}"
    if len(making.encode()) > 63:
        raise ServerError(f"The database name {name} is too long: 56 bytes at most.")
    if name in ask(address(_ADMIN))[1]:
        raise ServerError(f"The database {name} exists already.")
    values: dict[str, str] = {"database": making, "name": name}
    if template:
        values["template"] = template
    values |= {str(role): role_name for role, role_name in names.items()}
    _execute(
        address(_ADMIN),
        [
            "DROP DATABASE IF EXISTS {database} WITH (FORCE)",
            "CREATE DATABASE {database} OWNER {owner} "
            + ("TEMPLATE {template}" if template else _FROM_NOTHING),
            *_ON_DATABASE,
        ],
        values,
    )
    _execute(address(making), _INSIDE, values)
    _execute(address(_ADMIN), ["ALTER DATABASE {database} RENAME TO {name}"], values)


def drop(address: Address, name: str) -> None:
    """Remove a database if it is there, ending its sessions."""
    _execute(address(_ADMIN), ["DROP DATABASE IF EXISTS {name} WITH (FORCE)"], {"name": name})


def rename(address: Address, pairs: list[tuple[str, str]]) -> None:
    """Rename databases in one transaction, ending their sessions: all of it or nothing.

    address: of the administrator; pairs: (old name, new name), done in this order.
    """
    import psycopg
    from psycopg import sql

    with _connect(address(_ADMIN)) as connection:
        try:
            with connection.transaction():
                for old, new in pairs:
                    connection.execute(
                        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                        "WHERE datname = %s AND pid <> pg_backend_pid()",
                        [old],
                    )
                    connection.execute(
                        sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
                            sql.Identifier(old), sql.Identifier(new)
                        )
                    )
        except psycopg.Error as error:
            raise ServerError(f"The database couldn't be renamed: {_first_line(error)}") from error


def ask(url: str) -> tuple[str, list[str]]:
    """The server's release (`15.18`) and its databases. ServerError if it doesn't answer."""
    with _connect(url) as connection:
        release = connection.info.parameter_status("server_version") or "0"
        rows = connection.execute(_LIST).fetchall()
    return release.split()[0], [str(name) for (name,) in rows]


def one(url: str, query: LiteralString) -> tuple[str, tuple[Any, ...]]:
    """The server's release and the one row that `query` gives there."""
    with _connect(url) as connection:
        release = connection.info.parameter_status("server_version") or "0"
        row = connection.execute(query).fetchone()
    if row is None:
        raise ServerError("The database server doesn't know the role or the database asked for.")
    return release.split()[0], row


def _execute(url: str, statements: list[str] | tuple[str, ...], values: Mapping[str, str]) -> None:
    import psycopg

    with _connect(url) as connection:
        for statement in statements:
            try:
                connection.execute(_filled(statement, values))
            except psycopg.Error as error:
                raise ServerError(
                    f"The database server refused a step: {_first_line(error)}"
                ) from error


def _filled(statement: str, values: Mapping[str, str]) -> Composed:
    from psycopg import sql

    quoted = {key: sql.Identifier(value) for key, value in values.items()}
    return sql.SQL(statement).format(**quoted)


def _connect(url: str) -> Connection[tuple[Any, ...]]:
    import psycopg

    try:
        return psycopg.connect(url, autocommit=True, connect_timeout=10)
    except psycopg.OperationalError as error:
        raise ServerError(f"The database server doesn't answer: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0]
