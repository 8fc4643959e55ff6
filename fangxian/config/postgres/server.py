"""The server that the product uses: found or started, with its addresses by role."""

from __future__ import annotations

import os
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from . import databases, process
from .binaries import OLDEST, Binaries, find_binaries
from .cluster import DATABASE, Cluster
from .errors import ServerError
from .passwords import ROLES, Role, read_passwords
from .place import PORT, default_data_dir

_VARIABLES: dict[Role, str] = {
    "app": "DATABASE_URL",
    "owner": "DATABASE_OWNER_URL",
    "maintenance": "DATABASE_MAINTENANCE_URL",
    "superuser": "DATABASE_SUPERUSER_URL",
}


@dataclass(frozen=True)
class Status:
    """What `fangxian db status` shows."""

    running: bool
    release: str
    pid: int | None
    databases: tuple[str, ...]


@dataclass(frozen=True)
class Server:
    """A PostgreSQL server and how each role reaches it.

    `version` is the major version (0 for a server given by address: `status` asks it), `host` the
    folder of its socket or a host name, `started` whether this call started it.
    """

    kind: Literal["url", "pgbin", "wheel", "installed"]
    version: int
    host: str
    port: int
    data_dir: Path | None
    started: bool = False
    urls: Mapping[Role, str] = field(default_factory=dict, repr=False)
    binaries: Binaries | None = field(default=None, repr=False)
    cluster: Cluster | None = field(default=None, repr=False)

    @property
    def database(self) -> str:
        """Name of the product's database: `fangxian`, or the one that DATABASE_URL names."""
        return urllib.parse.unquote(urllib.parse.urlsplit(self.urls["app"]).path[1:])

    @property
    def superuser(self) -> str | None:
        """Address as the bootstrap superuser, for making databases; None if it isn't known."""
        return self.urls.get("superuser")

    def dsn(self, role: Role, database: str | None = None) -> str:
        """libpq URL for a role; `database` is `fangxian` or the address's own unless given.

        Raises ServerError, naming the variable to set, if the role's address isn't known.
        """
        if role not in _VARIABLES:
            raise ValueError(f"unknown role {role!r}: one of {', '.join(_VARIABLES)}")
        url = self.urls.get(role)
        if url is None:
            raise ServerError(
                f"The database is given by DATABASE_URL, and this step needs the {role} role. Set "
                f"{_VARIABLES[role]}=postgresql://{ROLES[role]}:PASSWORD@HOST:{PORT}/{DATABASE} "
                "(fangxian db setup-sql prints the SQL that makes the roles)"
            )
        if database is None:
            return url
        parts = urllib.parse.urlsplit(url)
        return _unsplit(parts._replace(path="/" + urllib.parse.quote(database, safe="")))

    def role_name(self, role: Role) -> str:
        """The role's name in the database (`fangxian_app` …)."""
        return _user(self.dsn(role)) if role in self.urls else ROLES[role]

    def django_database(self, role: Role, database: str | None = None) -> dict[str, Any]:
        """An entry of Django's `DATABASES` for a role."""
        parts = urllib.parse.urlsplit(self.dsn(role, database))
        options = _query(parts)
        host = options.pop("host", parts.hostname or "")
        port = options.pop("port", str(parts.port or PORT))
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": urllib.parse.unquote(parts.path.lstrip("/")),
            "USER": urllib.parse.unquote(parts.username or ""),
            "PASSWORD": urllib.parse.unquote(parts.password or ""),
            "HOST": host,
            "PORT": port,
            "OPTIONS": options,
        }

    def create_database(self, name: str, template: str | None = None) -> None:
        """Make a database of the owner's with the grants of the other roles; all of it or nothing.

        `template`: an existing database to copy, to which nobody may be connected.
        Raises ServerError if it exists.
        """
        names = {role: self.role_name(role) for role in ROLES}
        databases.create(self._as_superuser, name, template=template, names=names)

    def drop_database(self, name: str) -> None:
        """Remove a database if it is there, ending its sessions."""
        databases.drop(self._as_superuser, name)

    def client_address(self, role: Role, database: str | None = None) -> tuple[str, str]:
        """An address that may be seen in a list of processes, and its password (PGPASSWORD)."""
        parts = urllib.parse.urlsplit(self.dsn(role, database))
        account, _, place = parts.netloc.rpartition("@")
        user, _, password = account.partition(":")
        return _unsplit(parts._replace(netloc=f"{user}@{place}")), urllib.parse.unquote(password)

    def client_program(self, name: str) -> Path:
        """Path of psql, pg_dump or pg_restore that fits the server."""
        return (self.binaries or find_binaries()).program(name)

    def stop(self) -> bool:
        """End the server if it is ours to end and runs; says whether it was ended."""
        return self.cluster.stop() if self.cluster else False

    def status(self) -> Status:
        """Whether the server answers, its release, its process, its databases."""
        found = process.read_postmaster(self.cluster.path) if self.cluster else None
        pid = found.pid if found else None
        role: Role = "superuser" if self.superuser else "app"
        try:
            release, names = databases.ask(self.dsn(role))
        except ServerError:
            if self.cluster is None:
                raise
            return Status(False, self.binaries.release if self.binaries else "", pid, ())
        major = int(release.split(".")[0])
        if major < OLDEST:
            raise ServerError(
                f"The server of DATABASE_URL is PostgreSQL {release}; {OLDEST} or later is needed."
            )
        return Status(True, release, pid, tuple(names))

    def _as_superuser(self, database: str) -> str:
        return self.dsn("superuser", database)


def ensure_server(
    data_dir: Path | None = None,
    *,
    fast: bool = False,
    environ: Mapping[str, str] = os.environ,
) -> Server:
    """The server to use, started if needed: DATABASE_URL, else PGBIN, the wheel, an installed one.

    data_dir: folder of the product's data (`FANGXIAN_DATA`, else `.fangxian` of the checkout, else
    the user's data folder). fast: a cluster of its own for tests that trades durability for speed.
    Raises ServerError with the mend.
    """
    if environ.get("DATABASE_URL"):
        return _given(environ)
    binaries = find_binaries(environ)
    cluster = find_cluster(binaries, data_dir, fast=fast, environ=environ)
    try:
        passwords = read_passwords(cluster.entry)
        found = process.running(cluster.path) if passwords else None
    except PermissionError:
        cluster.exists()  # says whose it is
        raise
    started = False
    if found is None or passwords is None:
        found, passwords, started = cluster.start(binaries, environ)
    else:
        cluster.check_version(binaries)
    query = f"host={urllib.parse.quote(str(found.host), safe='')}&port={PORT}"
    return Server(
        kind=binaries.kind,
        version=binaries.version,
        host=str(found.host),
        port=PORT,
        data_dir=cluster.data,
        started=started,
        urls={
            role: f"postgresql://{ROLES[role]}:{word}@/{DATABASE}?{query}"
            for role, word in passwords.items()
        },
        binaries=binaries,
        cluster=cluster,
    )


def find_cluster(
    binaries: Binaries,
    data_dir: Path | None = None,
    *,
    fast: bool = False,
    environ: Mapping[str, str] = os.environ,
) -> Cluster:
    """The cluster that `ensure_server` would start, without starting it."""
    data = data_dir.absolute() if data_dir else default_data_dir(environ)
    name = f"postgres-fast-{binaries.version}" if fast else "postgres"
    return Cluster(data, name, fast)


def _given(environ: Mapping[str, str]) -> Server:
    urls: dict[Role, str] = {}
    for role, variable in _VARIABLES.items():
        if url := environ.get(variable):
            urls[role] = _checked(variable, url)
    parts = urllib.parse.urlsplit(urls["app"])
    query = _query(parts)
    return Server(
        kind="url",
        version=0,
        host=query.get("host", parts.hostname or ""),
        port=int(query.get("port", parts.port or PORT)),
        data_dir=None,
        urls=urls,
    )


def _checked(variable: str, url: str) -> str:
    try:
        parts = urllib.parse.urlsplit(url)
        whole = parts.scheme in {"postgresql", "postgres"} and parts.username and parts.path[1:]
        _ = parts.port
    except ValueError:
        whole = False
    if not whole:
        raise ServerError(
            f"{variable} isn't an address of a database. Write it as "
            f"postgresql://USER:PASSWORD@HOST:{PORT}/{DATABASE}"
        )
    return url


def _user(url: str) -> str:
    return urllib.parse.unquote(urllib.parse.urlsplit(url).username or "")


def _query(parts: urllib.parse.SplitResult) -> dict[str, str]:
    """Options of an address as libpq reads them: a plus sign is a plus sign."""
    pairs = (pair.partition("=") for pair in parts.query.split("&") if pair)
    return {key: urllib.parse.unquote(value) for key, _, value in pairs}


def _unsplit(parts: urllib.parse.SplitResult) -> str:
    """urlunsplit drops the empty host of `postgresql:///name`."""
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme}://{parts.netloc}{parts.path}{query}"
