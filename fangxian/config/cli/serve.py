"""`fangxian serve` and `fangxian worker`."""

from __future__ import annotations

import argparse
import errno
import ipaddress
import os
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from fangxian.config.postgres import ensure_server
from fangxian.config.postgres.fitness import refuse_unfit

from . import django
from .children import Child, Group
from .errors import CommandFailed
from .mark import database_name, refused

if TYPE_CHECKING:
    Subcommands = argparse._SubParsersAction[argparse.ArgumentParser]

HOST = "127.0.0.1"
PORT = 8000
WORKERS = 2
THREADS = 4


def add_commands(subcommands: Subcommands) -> None:
    """Add these subcommands to the parser."""
    serve = subcommands.add_parser("serve", help="serve the pages and run the jobs")
    serve.add_argument("--host", default=HOST, help="address to listen on (%(default)s)")
    serve.add_argument("--port", type=port_number, default=PORT, help="(%(default)s)")
    add_tls(serve)
    serve.add_argument("--workers", type=int, default=WORKERS, help="processes (%(default)s)")
    serve.add_argument("--no-worker", action="store_true", help="don't run jobs here")
    serve.set_defaults(run=_serve)

    worker = subcommands.add_parser("worker", help="run jobs only")
    worker.set_defaults(run=_worker)


def add_tls(parser: argparse.ArgumentParser) -> None:
    """Add the options of HTTPS."""
    parser.add_argument("--tls-cert", type=Path, help="certificate chain, PEM: serves HTTPS")
    parser.add_argument("--tls-key", type=Path, help="its key, PEM in PKCS#8")


def server_child(
    *, host: str, port: int, workers: int = WORKERS, tls: tuple[Path, Path] | None = None
) -> Child:
    """The web server: granian with the WSGI application."""
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws"]
    command += ["--host", host, "--port", str(port), "--workers", str(workers)]
    command += ["--blocking-threads", str(THREADS), "--log-level", "warning"]
    command += ["--respawn-failed-workers", "--respawn-interval", "1"]
    command += ["--workers-kill-timeout", "10"]
    environ = dict(os.environ)
    if tls:
        command += ["--ssl-certificate", str(tls[0]), "--ssl-keyfile", str(tls[1])]
        command += ["--ssl-protocol-min", "tls1.2"]
        environ.setdefault("FANGXIAN_HTTPS", "1")
    command.append("fangxian.config.wsgi:application")
    return Child("the web server", command, environ, well=lambda: not is_free(host, port))


def worker_child() -> Child:
    """The job worker: this command again."""
    command = [sys.executable, "-m", "fangxian.config.cli", "worker"]
    return Child("the job worker", command, dict(os.environ), essential=False)


def _serve(options: argparse.Namespace) -> int:
    tls = tls_of(options.tls_cert, options.tls_key)
    if not is_free(options.host, options.port):
        raise CommandFailed(f"port {options.port} is taken. Name another: --port PORT")
    django.setup()
    _refuse_clear_text(options.host, tls)
    _refuse_wrong_database()
    if missing := django.unapplied_migrations():
        raise CommandFailed(
            f"the database lacks {len(missing)} migrations ({missing[0]} …). Run: fangxian migrate"
        )
    django.refuse_other_keys()
    group = Group()
    group.listen()
    try:
        group.start(
            server_child(host=options.host, port=options.port, workers=options.workers, tls=tls)
        )
        if not options.no_worker:
            group.start(worker_child())
        scheme = "https" if tls else "http"
        print(f"Serving on {scheme}://{options.host}:{options.port}/", flush=True)
        return group.run()
    finally:
        group.stop()


def _refuse_clear_text(host: str, tls: tuple[Path, Path] | None) -> None:
    """Passwords and residents' data leave this machine over HTTPS only."""
    from django.conf import settings

    if settings.DEMO or tls or settings.HTTPS or settings.BEHIND_PROXY or _is_loopback(host):
        return
    raise CommandFailed(
        f"--host {host} would send passwords and personal data in clear text. Add --tls-cert and "
        "--tls-key, or set FANGXIAN_BEHIND_PROXY=1 if a proxy in front of it ends TLS."
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _refuse_wrong_database() -> None:
    from django.conf import settings

    server = ensure_server()
    refuse_unfit(server, database_name(server))
    if why := refused(server, settings.FANGXIAN_MODE):
        raise CommandFailed(why)


def port_number(text: str) -> int:
    """A port as argparse reads it: 1 to 65535."""
    if text.isascii() and text.isdigit() and 1 <= int(text) <= 65535:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no port: write a number from 1 to 65535")


def is_free(host: str, port: int) -> bool:
    """Whether this port can be listened on. CommandFailed if no port of this host can."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return False
            raise CommandFailed(f"can't listen on {host}, port {port}: {error.strerror}") from error
    return True


def _worker(options: argparse.Namespace) -> int:
    django.setup()
    _refuse_wrong_database()
    django.refuse_other_keys()
    return django.run_command("run_worker", options.passed_on)


def tls_of(certificate: Path | None, key: Path | None) -> tuple[Path, Path] | None:
    """Certificate and key as the server takes them, None without. Raises CommandFailed."""
    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        raise CommandFailed("HTTPS needs both --tls-cert and --tls-key.")
    for path in (certificate, key):
        if not os.access(path, os.R_OK):
            raise CommandFailed(f"{path} can't be read.")
    if b"-----BEGIN PRIVATE KEY-----" not in key.read_bytes():
        raise CommandFailed(
            f"{key} isn't a key in PKCS#8. Convert it: openssl pkcs8 -topk8 -nocrypt -in {key}"
        )
    return certificate.absolute(), key.absolute()
