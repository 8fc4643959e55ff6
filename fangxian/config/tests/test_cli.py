"""The console command, run as a person runs it, on data folders of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import get_commands
from django.db.migrations.loader import MigrationLoader

from fangxian.config.cli import build_parser, commands, main, split_passed_on
from fangxian.config.cli.children import Child, kill_group
from fangxian.config.cli.demo import clear_if_cut_short, free_port
from fangxian.config.cli.errors import CommandFailed
from fangxian.config.cli.mark import LOADED, LOADING, read_mark, refused, write_mark
from fangxian.config.postgres import Server, ServerError
from fangxian.config.postgres.process import alive

from .kit import PLAIN

CHECKOUT = Path(__file__).parents[3]


FIRST_EPOCH = "00000000-0000-0000-0000-000000000000"


def fangxian(*arguments: str, data: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "fangxian.config.cli", *arguments],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        cwd=CHECKOUT,
        env=PLAIN | {"FANGXIAN_DATA": str(data)} | environ,
        timeout=100,
    )


def count(server: Server, sql: str, database: str | None = None) -> Any:
    with psycopg.connect(server.dsn("maintenance", database)) as connection:
        row = connection.execute(sql).fetchone()
    assert row
    return row[0]


def as_owner(server: Server, sql: str) -> None:
    with psycopg.connect(server.dsn("owner"), autocommit=True) as connection:
        connection.execute(sql)


@pytest.mark.parametrize(
    ("given", "head", "rest"),
    [
        (["migrate", "--plan"], ["migrate"], ["--plan"]),
        (["check"], ["check"], []),
        (["import", "register", "--help"], ["import", "register"], ["--help"]),
        (["import", "--help"], ["import", "--help"], []),
        (["user", "create", "li", "--role", "x"], ["user", "create"], ["li", "--role", "x"]),
        (
            ["db", "psql", "--role", "app", "--", "-c", "x"],
            ["db", "psql", "--role", "app"],
            ["-c", "x"],
        ),
        (["serve", "--port", "1"], ["serve", "--port", "1"], []),
        ([], [], []),
    ],
)
def test_options_of_other_programs_are_passed_on(
    given: list[str], head: list[str], rest: list[str]
) -> None:
    assert split_passed_on(given) == (head, rest)


@pytest.mark.parametrize("name", ["serve", "demo", "worker", "migrate", "check", "manage"])
def test_each_command_of_the_guide_exists(name: str) -> None:
    assert callable(build_parser().parse_args([name]).run)


@pytest.mark.parametrize(
    ("prefix", "kinds"), [("import_", commands.IMPORTS), ("user_", commands.USERS)]
)
def test_each_kind_that_is_offered_is_a_command(prefix: str, kinds: tuple[str, ...]) -> None:
    known = {name for name in get_commands() if name.startswith(prefix)}
    assert known == {prefix + kind.replace("-", "_") for kind in kinds}


@pytest.mark.parametrize("arguments", [["check", "--x"], ["user", "list", "--x"], ["user", "x"]])
def test_a_misused_command_is_one_line_and_exit_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str], db: None
) -> None:
    assert main(arguments) == 2
    said = capsys.readouterr().err
    assert said.startswith("fangxian: ")
    assert said.count("\n") == 1


def test_the_database_commands_need_no_django(folder: Path) -> None:
    code = (
        "import sys; from fangxian.config.cli import main; code = main(['db', 'status']); "
        "assert 'django' not in sys.modules; sys.exit(code)"
    )
    environ = PLAIN | {"FANGXIAN_DATA": str(folder)}
    run = subprocess.run([sys.executable, "-c", code], cwd=CHECKOUT, env=environ, text=True)
    assert run.returncode == 3
    assert not list(folder.iterdir())


def test_a_failure_is_one_line_and_exit_2(folder: Path) -> None:
    run = fangxian("db", "start", data=folder, PGBIN="/nowhere")
    assert run.returncode == 2
    assert run.stderr.startswith("fangxian: PGBIN=/nowhere holds no initdb")
    assert run.stderr.count("\n") == 1
    given = fangxian("db", "stop", data=folder, DATABASE_URL="postgresql://a:b@c/d")
    assert given.returncode == 2
    assert "stop it where it runs" in given.stderr


@pytest.mark.slow
def test_start_status_psql_stop(folder: Path) -> None:
    assert "started" in fangxian("db", "start", data=folder).stdout
    assert "runs already" in fangxian("db", "start", data=folder).stdout
    status = fangxian("db", "status", data=folder)
    assert status.returncode == 0
    assert "fangxian, postgres" in status.stdout
    psql = ("db", "psql", "--role", "app", "--", "--tuples-only", "-c", "SELECT current_user")
    assert fangxian(*psql, data=folder).stdout.strip() == "fangxian_app"
    assert "is stopped" in fangxian("db", "stop", data=folder).stdout
    assert fangxian("db", "status", data=folder).returncode == 3
    assert "wasn't running" in fangxian("db", "stop", data=folder).stdout


@pytest.mark.slow
def test_a_server_of_ones_own_is_prepared_by_the_printed_sql(server: Server) -> None:
    assert server.data_dir
    sql = fangxian("db", "setup-sql", "--database", "county", data=server.data_dir).stdout
    renamed = sql.replace("fangxian_", "county_")  # roles are the whole server's
    psql = subprocess.run(
        [server.client_program("psql"), server.dsn("superuser"), "-v", "ON_ERROR_STOP=1", "-q"],
        input=renamed,
        text=True,
        capture_output=True,
    )
    assert psql.returncode == 0, psql.stderr
    with psycopg.connect(server.dsn("superuser", "county"), autocommit=True) as connection:
        connection.execute("SET ROLE county_owner; CREATE TABLE kept (id int); RESET ROLE")
        connection.execute("SET ROLE county_app")
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)


@pytest.mark.slow
def test_a_backup_holds_the_rows_that_row_security_hides_and_comes_back(server: Server) -> None:
    data = server.data_dir
    assert data
    as_owner(
        server,
        "CREATE TABLE duty (id int); ALTER TABLE duty ENABLE ROW LEVEL SECURITY;"
        "ALTER TABLE duty FORCE ROW LEVEL SECURITY; CREATE POLICY none ON duty USING (false);"
        "CREATE TABLE core_serverepoch (one bool, epoch uuid, since date);"
        f"INSERT INTO core_serverepoch VALUES (true, '{FIRST_EPOCH}', NULL)",
    )
    write_mark(server, server.database, LOADED)
    with psycopg.connect(server.dsn("maintenance"), autocommit=True) as connection:
        connection.execute("INSERT INTO duty SELECT generate_series(1, 100)")
    file = data / "a copy.dump"
    saved = fangxian("db", "backup", str(file), data=data)
    assert saved.returncode == 0, saved.stderr
    assert file.stat().st_mode & 0o777 == 0o600
    again = fangxian("db", "backup", str(file), data=data)
    assert (again.returncode, "--force" in again.stderr) == (2, True)

    session = psycopg.connect(server.dsn("app"))
    with psycopg.connect(server.dsn("maintenance"), autocommit=True) as connection:
        connection.execute("DELETE FROM duty")
    unasked = fangxian("db", "restore", str(file), data=data)
    assert (unasked.returncode, "--yes" in unasked.stderr) == (2, True)
    assert count(server, "SELECT count(*) FROM duty") == 0

    restored = fangxian("db", "restore", str(file), "--yes", data=data)
    assert restored.returncode == 0, restored.stderr
    assert count(server, "SELECT count(*) FROM duty") == 100
    assert str(count(server, "SELECT epoch FROM core_serverepoch")) != FIRST_EPOCH
    with pytest.raises(psycopg.OperationalError):
        session.execute("SELECT 1")
    with psycopg.connect(server.dsn("app")) as connection:
        assert connection.execute("SELECT count(*) FROM duty").fetchone() == (0,)
    # Restored elsewhere, a demonstration must not be taken for a real database.
    assert read_mark(server, server.database) == LOADED
    kept = next(name for name in server.status().databases if "_before_" in name)
    assert count(server, "SELECT count(*) FROM duty", kept) == 0


@pytest.mark.slow
def test_a_broken_backup_changes_nothing(server: Server) -> None:
    data = server.data_dir
    assert data
    as_owner(server, "CREATE TABLE duty AS SELECT generate_series(1, 50000) AS id")
    # Of a version in between: not to be migrated by this one.
    room, first = next(iter(MigrationLoader(None).replacements.values())).replaces[0]
    as_owner(server, f"CREATE TABLE django_migrations AS SELECT '{room}' app, '{first}' AS name")
    whole = data / "whole.dump"
    assert fangxian("db", "backup", str(whole), data=data).returncode == 0
    as_owner(server, "INSERT INTO duty VALUES (0)")
    cut = data / "cut.dump"
    content = whole.read_bytes()
    cut.write_bytes(content[: len(content) // 2])
    no_backup = data / "letter.txt"
    no_backup.write_text("Dear all")
    for file in (cut, no_backup, data / "missing.dump", whole):
        run = fangxian("db", "restore", str(file), "--yes", data=data)
        assert run.returncode in (1, 2)
        assert run.stderr.startswith("fangxian: ")
        assert ("was made between two versions" in run.stderr) == (file == whole)
    # The keys of the backup come after it: none are made meanwhile.
    assert not (data / "keys").exists()
    assert count(server, "SELECT count(*) FROM duty") == 50001
    assert server.status().databases == ("fangxian", "postgres")
    failed = fangxian("db", "backup", str(data / "none" / "x.dump"), data=data)
    assert (failed.returncode, "can't be written" in failed.stderr) == (2, True)


def test_serve_names_a_taken_port(folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        run = fangxian("serve", "--port", str(taken.getsockname()[1]), data=folder)
    assert run.returncode == 2
    assert "is taken" in run.stderr
    assert not list(folder.iterdir())


def test_a_taken_port_is_passed_over_and_said(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        first = taken.getsockname()[1]
        found = free_port("127.0.0.1", first)
    assert found > first
    assert capsys.readouterr().out == f"Port {first} is taken; using {found}.\n"
    with pytest.raises(CommandFailed, match=r"can't listen on 203\.0\.113\.1, port"):
        free_port("203.0.113.1", 8000)


GROUP = """
import sys
from fangxian.config.cli.children import Child, Group
group = Group()
group.listen()
try:
    group.start(Child("the first", ["sleep", "1000"], {}))
    group.start(Child("the second", ["sleep", "1000"], {}, essential=False))
    print(*(child.process.pid for child in group.children), flush=True)
    code = group.run()
    print(*(child.process.pid for child in group.children), flush=True)
    sys.exit(code)
finally:
    group.stop()
"""


def start_group(code: str = GROUP) -> tuple[subprocess.Popen[str], list[int]]:
    parent = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=CHECKOUT,
        env=PLAIN,
    )
    assert parent.stdout
    return parent, [int(word) for word in parent.stdout.readline().split()]


def gone(pid: int) -> bool:
    deadline = time.monotonic() + 10
    while alive(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def watched(child: Child, until: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not until():
        assert time.monotonic() < deadline
        assert child.watch()
        time.sleep(0.02)


def test_a_child_that_hangs_is_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fangxian.config.cli.children._LOOK_EVERY", 0.05)
    monkeypatch.setattr("fangxian.config.cli.children._UNWELL_SECONDS", 0.2)
    well = True
    child = Child("it", ["sleep", "1000"], {}, well=lambda: well)
    child.start()
    assert child.process
    first = child.process.pid
    try:
        end = time.monotonic() + 0.5
        watched(child, lambda: time.monotonic() > end)
        assert alive(first)
        well = False
        watched(child, lambda: child.start_at is not None)
        well = True
        watched(child, lambda: child.start_at is None)
        assert child.process.pid != first
        assert gone(first)
    finally:
        child.process.kill()
        child.process.wait()


@pytest.mark.slow
def test_a_web_process_waits_for_a_database_that_restarts(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FANGXIAN_DATABASE", "late")
    with pytest.raises(ServerError):
        refused(server, "production")
    coming = threading.Timer(1, server.create_database, ["late"])
    coming.start()
    assert refused(server, "production", patience=60) == ""
    coming.join()


@pytest.mark.parametrize("once_up", [True, False])
def test_only_what_never_stayed_up_is_given_up(
    once_up: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fangxian.config.cli.children._LONGEST_PAUSE", 0.01)
    child = Child("it", ["true"], {}, stayed_up=once_up)
    child.start()
    starts, deadline = 0, time.monotonic() + 30
    while starts < 5 and child.watch():
        assert time.monotonic() < deadline
        starts += child.start_at is not None
        time.sleep(0.02)
    assert (starts == 5) is once_up
    assert child.process
    child.process.wait()


def test_what_was_well_is_not_given_up_however_soon_it_falls(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("fangxian.config.cli.children._LONGEST_PAUSE", 0.01)
    child = Child("it", ["sleep", "1000"], {}, well=lambda: True)
    child.start()
    assert child.process
    try:
        for _fall in range(5):
            watched(child, lambda: child.stayed_up)
            child.process.kill()
            watched(child, lambda: child.start_at is not None)
            watched(child, lambda: child.start_at is None)
    finally:
        child.process.kill()
        child.process.wait()


def test_what_a_fallen_child_left_behind_ends_with_it(tmp_path: Path) -> None:
    told = tmp_path / "pid"
    command = ["sh", "-c", f"sleep 1000 & echo $! >{told}; wait"]
    child = Child("it", command, {"PATH": os.defpath})
    child.start()
    assert child.process
    try:
        watched(child, lambda: told.exists() and told.read_text().endswith("\n"))
        left = int(told.read_text())
        assert alive(left)
        child.process.kill()
        watched(child, lambda: child.start_at is not None)
        assert gone(left)
    finally:
        kill_group(child.process)
        child.process.wait()


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_all_children_in_order(sign: signal.Signals) -> None:
    parent, children = start_group()
    time.sleep(1)
    parent.send_signal(sign)
    assert parent.wait(timeout=20) == 0
    assert all(gone(pid) for pid in children)


@pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux tells children of their parent's end"
)
def test_a_killed_parent_leaves_no_child() -> None:
    parent, children = start_group()
    parent.kill()
    parent.wait()
    assert all(gone(pid) for pid in children)


@pytest.mark.slow
def test_a_fallen_child_is_started_again() -> None:
    parent, (first, second) = start_group()
    os.kill(second, signal.SIGKILL)
    time.sleep(6)
    parent.send_signal(signal.SIGTERM)
    out, errors = parent.communicate(timeout=20)
    kept, renewed = map(int, out.split())
    assert (kept == first, renewed == second) == (True, False)
    assert "the second ended unexpectedly (-9); again in 1 s" in errors
    assert parent.returncode == 0


@pytest.mark.slow
def test_an_essential_child_that_never_stays_up_ends_all() -> None:
    parent, _ = start_group(GROUP.replace('["sleep", "1000"], {}))', '["false"], {}))'))
    _, errors = parent.communicate(timeout=30)
    assert parent.returncode == 1
    assert "the first ended unexpectedly (1) and doesn't stay up" in errors


@pytest.mark.slow
def test_serve_refuses_a_database_without_its_migrations(server: Server) -> None:
    assert server.data_dir
    run = fangxian("serve", "--port", "65535", data=server.data_dir)
    assert run.returncode == 2
    assert "Run: fangxian migrate" in run.stderr
    for options in (("--tls-cert", "x.pem"), ("--tls-cert", "x.pem", "--tls-key", "y.pem")):
        run = fangxian("serve", *options, data=server.data_dir)
        assert (run.returncode, "tls" in run.stderr or "can't be read" in run.stderr) == (2, True)


@pytest.mark.slow
def test_the_web_needs_no_other_role_of_a_given_server(server: Server) -> None:
    assert server.data_dir
    given = {"DATABASE_URL": server.dsn("app")}
    run = fangxian("manage", "check", data=server.data_dir, **given)
    assert run.returncode == 0, run.stderr
    for command, needed in (("migrate", "DATABASE_OWNER_URL"), ("check", "DATABASE_MAINT")):
        run = fangxian(command, data=server.data_dir, **given)
        assert (run.returncode, needed in run.stderr) == (2, True), run.stderr
        assert "Traceback" not in run.stderr


@pytest.mark.slow
def test_serve_refuses_the_demonstrations_database(server: Server) -> None:
    assert server.data_dir
    as_owner(server, "COMMENT ON SCHEMA public IS 'fangxian demonstration'")
    run = fangxian("serve", data=server.data_dir)
    assert run.returncode == 2
    assert "the demonstration's" in run.stderr


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_demonstration_starts_again_serves_and_ends_with_all_it_started(
    folder: Path, migrated: Server
) -> None:
    server = migrated
    as_owner(server, "COMMENT ON SCHEMA public IS 'fangxian demonstration'")
    server.stop()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        first = taken.getsockname()[1]
        taken.listen()
        demo = subprocess.Popen(
            [sys.executable, "-m", "fangxian.config.cli", "demo", "--port", str(first)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=CHECKOUT,
            env=PLAIN | {"FANGXIAN_DATA": str(folder)},
        )
        assert demo.stdout
        said: list[str] = []
        for line in demo.stdout:
            said.append(line)
            if line.startswith("Fangxian is ready"):
                break
    try:
        address = said[-1].split()[-1]
        assert f"Port {first} is taken" in said[0]
        host, port = address.removeprefix("http://").strip("/").split(":")
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            connection.sendall(b"GET / HTTP/1.0\r\nHost: localhost\r\n\r\n")
            assert connection.recv(5) == b"HTTP/"
        pid = server.status().pid
        assert pid
    finally:
        demo.send_signal(signal.SIGINT)
        rest, _ = demo.communicate(timeout=60)
    assert demo.returncode == 0
    assert "The database is stopped" in rest
    assert gone(pid)
    with pytest.raises(ConnectionRefusedError):
        # From a port of its own: a socket may else meet itself.
        socket.create_connection((host, int(port)), timeout=1, source_address=(host, 0))


@pytest.mark.slow
def test_a_demonstration_whose_loading_was_cut_short_begins_anew(server: Server) -> None:
    as_owner(server, "CREATE TABLE half (id int)")
    for mark, anew in ((LOADED, False), (LOADING, True)):
        write_mark(server, server.database, mark)
        with psycopg.connect(server.dsn("app")):
            assert clear_if_cut_short(server, server.database) is anew
        assert (count(server, "SELECT to_regclass('half') IS NULL")) is anew
    assert read_mark(server, server.database) is None
    as_owner(server, "CREATE TABLE whole (id int)")
    assert count(server, "SELECT count(*) FROM whole") == 0


@pytest.mark.slow
def test_a_demonstration_leaves_a_database_with_accounts_alone(migrated: Server) -> None:
    server = migrated
    assert server.data_dir
    code = (
        "import django; django.setup(); from django.contrib.auth import get_user_model as model; "
        "model().objects.using('maintenance').create(username='someone')"
    )
    environ = PLAIN | {
        "FANGXIAN_DATA": str(server.data_dir),
        "DJANGO_SETTINGS_MODULE": "fangxian.config.settings",
    }
    subprocess.run([sys.executable, "-c", code], cwd=CHECKOUT, env=environ, check=True)
    run = fangxian("demo", data=server.data_dir)
    assert run.returncode == 2
    assert "has accounts or places and isn't a demonstration's" in run.stderr
