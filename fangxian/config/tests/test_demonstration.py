"""The demonstration as a process among others: two at once, Ctrl-C at any moment, its mode."""

from __future__ import annotations

import datetime as dt
import http.server
import json
import os
import signal
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from fangxian.config.cli import demo, serve
from fangxian.config.cli import mark as marks
from fangxian.config.cli.errors import CommandFailed
from fangxian.config.cli.mark import LOADED, LOADING, read_mark, write_mark
from fangxian.config.postgres import Server, ensure_server, process

from .kit import PLAIN

CHECKOUT = Path(__file__).parents[3]
CLI = [sys.executable, "-m", "fangxian.config.cli"]


def start(folder: Path, *command: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        list(command),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=CHECKOUT,
        env=PLAIN | {"FANGXIAN_DATA": str(folder)},
    )


def until(condition: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def wait_for(running: subprocess.Popen[str], text: str) -> str:
    assert running.stdout
    said = []
    for line in running.stdout:
        said.append(line)
        if text in line:
            return line
    raise AssertionError("".join(said) + (running.stderr.read() if running.stderr else ""))


NEVER_READY = """
import sys
from fangxian.config.postgres import process
process.running = lambda cluster: None
from fangxian.config.cli import main
sys.exit(main(["demo"]))
"""


def test_ctrl_c_while_the_database_starts_ends_it(folder: Path) -> None:
    running = start(folder, sys.executable, "-c", NEVER_READY)
    cluster = folder / "postgres"
    until(lambda: process.read_postmaster(cluster.resolve()))
    found = process.read_postmaster(cluster.resolve())
    assert found
    running.send_signal(signal.SIGINT)
    _, errors = running.communicate(timeout=30)
    assert running.returncode == 130, errors
    until(lambda: not process.alive(found.pid), 10)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_ctrl_c_while_loading_ends_the_database_and_the_next_run_begins_anew(
    folder: Path, migrated: Server
) -> None:
    migrated.stop()
    running = start(folder, *CLI, "demo")
    wait_for(running, "Loading the demonstration county")
    time.sleep(0.5)
    running.send_signal(signal.SIGINT)
    out, errors = running.communicate(timeout=180)
    assert running.returncode == 130, errors
    assert "Traceback" not in errors
    assert "The database is stopped" in out
    assert process.running((folder / "postgres").resolve()) is None
    server = ensure_server(folder, environ=PLAIN)
    assert read_mark(server, server.database) == LOADING


@pytest.fixture
def prepared(migrated: Server) -> Server:
    """A data folder whose database says that the county is loaded."""
    write_mark(migrated, migrated.database, LOADED)
    return migrated


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_last_of_two_demonstrations_stops_the_database(folder: Path, prepared: Server) -> None:
    prepared.stop()
    first = start(folder, *CLI, "demo", "--port", "18600")
    wait_for(first, "Fangxian is ready")
    second = start(folder, *CLI, "demo", "--port", "18650")
    wait_for(second, "Fangxian is ready")
    first.send_signal(signal.SIGINT)
    out, _ = first.communicate(timeout=60)
    assert "goes on for another demonstration" in out
    assert prepared.status().running
    second.send_signal(signal.SIGINT)
    out, _ = second.communicate(timeout=60)
    assert "The database is stopped" in out
    assert not prepared.status().running


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_demonstration_leaves_a_server_that_ran_before(folder: Path, prepared: Server) -> None:
    running = start(folder, *CLI, "demo", "--port", "18700")
    wait_for(running, "Fangxian is ready")
    running.send_signal(signal.SIGTERM)
    out, _ = running.communicate(timeout=60)
    assert "it ran before" in out
    assert prepared.status().running


def test_a_second_demonstration_waits_while_the_first_prepares(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    order: list[str] = []

    def second() -> None:
        with demo._alone(folder):
            order.append("second")

    with demo._alone(folder):
        waiting = threading.Thread(target=second)
        waiting.start()
        said = ""

        def spoken() -> bool:
            nonlocal said
            said += capsys.readouterr().out
            return "waiting for it" in said

        until(spoken, 10)
        order.append("first")
    waiting.join(10)
    assert order == ["first", "second"]


def certificate(folder: Path) -> tuple[Path, Path]:
    """One that nobody signed, as a demonstration's may be."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "demo.test")])
    now = dt.datetime.now(dt.UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(now).not_valid_after(now + dt.timedelta(days=1))
    files = folder / "cert.pem", folder / "key.pem"
    files[0].write_bytes(made.sign(key, SHA256()).public_bytes(Encoding.PEM))
    plain = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    files[1].write_bytes(plain)
    return files


def test_a_demonstration_for_phones_is_waited_for_over_https(tmp_path: Path) -> None:
    """Browsers on phones open the app over HTTPS only, whoever signed the certificate."""
    cert, key = certificate(tmp_path)
    assert serve.tls_of(cert, key) == (cert, key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    with http.server.HTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler) as site:
        site.socket = context.wrap_socket(site.socket, server_side=True)
        answering = threading.Thread(target=site.handle_request, daemon=True)
        answering.start()
        asked = demo._connection("127.0.0.1", site.server_port, tls=True)
        asked.request("HEAD", "/")
        assert asked.getresponse().status == 200
        asked.close()
        answering.join(10)


@pytest.mark.parametrize(
    ("host", "hosts"),
    [
        ("127.0.0.1", None),
        ("0.0.0.0", "*"),
        ("192.0.2.7", "localhost,127.0.0.1,[::1],192.0.2.7"),
        ("2001:db8::7", "localhost,127.0.0.1,[::1],[2001:db8::7]"),
    ],
)
def test_the_address_that_is_asked_for_may_be_used(
    monkeypatch: pytest.MonkeyPatch, host: str, hosts: str | None
) -> None:
    monkeypatch.setenv("FANGXIAN_HOSTS", "x")
    demo._open_hosts(host)
    assert os.environ["FANGXIAN_HOSTS"] == "x"
    monkeypatch.delenv("FANGXIAN_HOSTS")
    demo._open_hosts(host)
    assert os.environ.pop("FANGXIAN_HOSTS", None) == hosts


@pytest.mark.parametrize(
    ("host", "given", "refused"),
    [
        ("127.0.0.1", {}, False),
        ("::1", {}, False),
        ("localhost", {}, False),
        ("0.0.0.0", {}, True),
        ("fx.example.cn", {}, True),
        ("0.0.0.0", {"BEHIND_PROXY": True}, False),
        ("0.0.0.0", {"HTTPS": True}, False),
        ("0.0.0.0", {"DEMO": True}, False),
    ],
)
def test_serving_others_in_clear_text_is_refused(
    settings: object, host: str, given: dict[str, bool], refused: bool
) -> None:
    for name, value in given.items():
        setattr(settings, name, value)
    if refused:
        with pytest.raises(CommandFailed, match="Add --tls-cert and --tls-key"):
            serve._refuse_clear_text(host, None)
        serve._refuse_clear_text(host, (Path("cert"), Path("key")))
    else:
        serve._refuse_clear_text(host, None)


def test_the_mode_of_the_demonstration_serves_no_other_database(
    folder: Path, server: Server
) -> None:
    for command in ("serve", "worker"):
        run = subprocess.run(
            [*CLI, command],
            capture_output=True,
            text=True,
            cwd=CHECKOUT,
            env=PLAIN | {"FANGXIAN_DATA": str(folder), "FANGXIAN_MODE": "demo"},
            timeout=60,
        )
        assert run.returncode == 2
        assert "relaxes the second factor" in run.stderr, json.dumps(run.stderr)
    assert read_mark(server, server.database) is None


@pytest.mark.parametrize(
    ("mode", "mark", "why"),
    [
        ("production", None, ""),
        ("production", LOADED, "public accounts"),
        ("demo", None, "relaxes the second factor"),
        ("demo", LOADED, ""),
        ("test", None, ""),
    ],
)
def test_the_demonstration_and_production_never_mix(
    monkeypatch: pytest.MonkeyPatch, mode: str, mark: str | None, why: str
) -> None:
    monkeypatch.setattr(marks, "read_mark", lambda *_arguments: mark)
    monkeypatch.setattr(marks, "database_name", lambda _server: "fangxian")
    said = marks.refused(None, mode)  # type: ignore[arg-type]  # the server isn't asked here
    assert (why in said) if why else said == ""
