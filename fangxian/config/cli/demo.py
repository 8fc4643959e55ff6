"""`fangxian demo`: everything at once, on data that are plainly a demonstration's."""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import http.client
import importlib
import os
import ssl
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Self

from fangxian.config.postgres import Server, ensure_server, process
from fangxian.config.postgres.fitness import refuse_unfit
from fangxian.config.postgres.place import default_data_dir, make_data_dir
from fangxian.config.postgres.user import run_user

from . import django
from .children import Group
from .errors import CommandFailed
from .mark import LOADED, LOADING, database_name, read_mark, write_mark
from .serve import (
    HOST,
    PORT,
    add_tls,
    is_free,
    port_number,
    server_child,
    tls_of,
    worker_child,
)

if TYPE_CHECKING:
    Subcommands = argparse._SubParsersAction[argparse.ArgumentParser]

_TRIED_PORTS = 50
_READY_SECONDS = 60.0


def add_commands(subcommands: Subcommands) -> None:
    """Add this subcommand to the parser."""
    parser = subcommands.add_parser(
        "demo", help="database, demonstration county, server and worker; Ctrl-C ends all"
    )
    parser.add_argument("--host", default=HOST, help="address to listen on (%(default)s)")
    parser.add_argument(
        "--port", type=port_number, default=PORT, help="first port to try (%(default)s)"
    )
    add_tls(parser)
    parser.set_defaults(run=_demo)


def _demo(options: argparse.Namespace) -> int:
    os.environ.setdefault("FANGXIAN_MODE", "demo")
    if os.environ["FANGXIAN_MODE"] != "demo":
        raise CommandFailed("FANGXIAN_MODE is set to another mode. Unset it for the demonstration.")
    tls = tls_of(options.tls_cert, options.tls_key)
    _open_hosts(options.host)
    group = Group()
    group.listen()
    data = _data_folder()
    with Runs(data) as runs:
        server = None
        try:
            server = ensure_server()
            if server.started:
                runs.started(server)
            with _alone(data):
                _prepare(server)
            port = free_port(options.host, options.port)
            group.start(server_child(host=options.host, port=port, tls=tls))
            group.start(worker_child())
            _wait_until_it_answers(options.host, port, group, tls=tls is not None)
            _announce(options.host, port, "https" if tls else "http")
            return group.run()
        finally:
            group.stop()
            if server:
                _say(runs.leave(server))


class Runs:
    """The demonstrations that run on one data folder: the last of them stops the database.

    Each holds a shared lock on a file, in which the server that one of them started is named.
    """

    def __init__(self, data: Path) -> None:
        self._path = data / "demo.runs"

    def __enter__(self) -> Self:
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_SH)
        return self

    def __exit__(self, *error: object) -> None:
        os.close(self._file)

    def started(self, server: Server) -> None:
        """Note that a demonstration started this server, so that a demonstration stops it."""
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, _process_of(server), 0)

    def leave(self, server: Server) -> str:
        """Stop the server if a demonstration started it and none is left; what became of it."""
        fcntl.flock(self._file, fcntl.LOCK_UN)
        try:
            # While it is stopped a next demonstration waits at its own lock.
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return "The database goes on for another demonstration that runs here."
        if os.pread(self._file, 20, 0) != _process_of(server):
            return "The database goes on: it ran before."
        server.stop()
        os.ftruncate(self._file, 0)
        return "The database is stopped; its data are kept."


def _process_of(server: Server) -> bytes:
    found = process.read_postmaster(server.cluster.path) if server.cluster else None
    return str(found.pid if found else None).encode()


@contextlib.contextmanager
def _alone(data: Path) -> Iterator[None]:
    """A second demonstration waits until the first one has loaded the county."""
    with (data / "demo.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _say("Another demonstration is being prepared here; waiting for it …")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _data_folder() -> Path:
    data = default_data_dir()
    own_server = not os.environ.get("DATABASE_URL")
    make_data_dir(data, for_other_user=own_server and run_user().other)
    return data


def _open_hosts(host: str) -> None:
    """Who asks for another address to listen on wants the pages to be seen there."""
    if host in (HOST, "localhost", "::1"):
        return
    # The whole machine: by which name others know it can't be known here. All data are synthetic.
    everywhere = host in ("0.0.0.0", "::")  # noqa: S104  # compared only
    shown = f"[{host}]" if ":" in host else host
    hosts = "*" if everywhere else f"localhost,127.0.0.1,[::1],{shown}"
    os.environ.setdefault("FANGXIAN_HOSTS", hosts)


def _prepare(server: Server) -> None:
    """Bring the database to the newest schema, load the county once."""
    database = database_name(server)
    refuse_unfit(server, database)
    if clear_if_cut_short(server, database):
        _say("The demonstration was loaded in part only; beginning anew …")
    django.setup()
    if django.unapplied_migrations():
        _say("Preparing the database …")
        django.run_command("migrate", ["--database", "owner", "--verbosity", "0"])
    if read_mark(server, database) == LOADED:
        django.refuse_other_keys()
        django.run_command("load_demo", ["--later"])
        return
    if _is_in_use():
        raise CommandFailed(
            "this database has accounts or places and isn't a demonstration's, so the "
            "demonstration won't touch it. Set FANGXIAN_DATA to another folder."
        )
    write_mark(server, database, LOADING)
    _say("Loading the demonstration county …")
    django.run_command("load_demo", [])
    write_mark(server, database, LOADED)


def clear_if_cut_short(server: Server, database: str) -> bool:
    """Make the database anew if loading the demonstration into it was begun and not ended.

    Nothing else can be in it: LOADING is written only into a database that is empty.
    """
    if read_mark(server, database) != LOADING:
        return False
    server.drop_database(database)
    server.create_database(database)
    return True


def free_port(host: str, first: int) -> int:
    """The first port from `first` on that can be listened on; says if it isn't `first`."""
    for port in range(first, min(first + _TRIED_PORTS, 65536)):
        if not is_free(host, port):
            continue
        if port != first:
            _say(f"Port {first} is taken; using {port}.")
        return port
    raise CommandFailed(f"no free port from {first} on. Name another: fangxian demo --port PORT")


def _is_in_use() -> bool:
    from django.contrib.auth import get_user_model

    from fangxian.regions.models import Region

    models = (get_user_model(), Region)
    return any(model._base_manager.using("maintenance").exists() for model in models)


def _wait_until_it_answers(host: str, port: int, group: Group, *, tls: bool) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline:
        if not all(child.watch() for child in group.children):
            break
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection = _connection(_reachable(host), port, tls=tls)
            connection.request("GET", "/", headers={"Host": f"localhost:{port}"})
            connection.getresponse()
            connection.close()
            return
        time.sleep(0.1)
    raise CommandFailed("the web server doesn't answer; its messages are above.", code=1)


def _connection(host: str, port: int, *, tls: bool) -> http.client.HTTPConnection:
    if not tls:
        return http.client.HTTPConnection(host, port, timeout=5)
    # It is our own child: only whether it answers is asked, whoever signed its certificate.
    unchecked = ssl.create_default_context()
    unchecked.check_hostname, unchecked.verify_mode = False, ssl.CERT_NONE
    return http.client.HTTPSConnection(host, port, timeout=5, context=unchecked)


def _announce(host: str, port: int, scheme: str) -> None:
    # By name: browsers allow passkeys on localhost, never on a bare address.
    shown = "localhost" if host == HOST else _reachable(host)
    site = f"{scheme}://{shown}:{port}"
    _say(f"\nFangxian is ready:  {site}/")
    _say(f"The phone app:      {site}/f/   (its code: {site}/accounts/devices/ as wangge)")
    try:
        accounts = importlib.import_module("fangxian.config.demo_accounts")
    except ModuleNotFoundError:
        pass
    else:
        _say(accounts.describe())
    _say("Ctrl-C ends everything.\n")


def _reachable(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  # compared only


def _say(text: str) -> None:
    print(text, file=sys.stdout, flush=True)
