"""Make a cluster and start its server. All of it runs under the data folder's lock."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from . import process
from .binaries import Binaries, here
from .databases import first_database_sql
from .errors import ServerError
from .passwords import ROLES, Role, make_passwords, read_passwords, roles_sql
from .place import (
    PORT,
    SOCKET,
    make_data_dir,
    private_folder,
    reachable_parent,
    readable,
    socket_folder,
)
from .user import RunUser, run_user

DATABASE = "fangxian"
_SETTINGS_FILE = "fangxian.conf"
_HEAD = "# Rewritten at each start. Settings of your own: ALTER SYSTEM SET …; they win.\n"
SETTINGS: dict[str, str] = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "password_encryption": "scram-sha-256",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "random_page_cost": "1.1",
    "jit": "off",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "timezone": "Asia/Shanghai",
    "log_timezone": "Asia/Shanghai",
    "logging_collector": "on",
    "log_filename": "postgresql-%a.log",
    "log_rotation_age": "1d",
    "log_truncate_on_rotation": "on",
    # Messages, statements and details of errors name residents: the client gets them, no log does.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "128MB",
    "autovacuum_naptime": "10min",
}


@dataclass(frozen=True)
class Cluster:
    """A data folder of PostgreSQL: `<data>/<name>`, maybe a link to where its user can go."""

    data: Path
    name: str
    fast: bool

    @property
    def path(self) -> Path:
        return (self.data / self.name).resolve()

    @property
    def entry(self) -> Path:
        return self.data / self.name

    @property
    def start_log(self) -> Path:
        return self.data / f"{self.name}.start.log"

    def exists(self) -> bool:
        """ServerError if the folder is another user's."""
        try:
            return (self.path / "PG_VERSION").is_file()
        except PermissionError as error:
            raise ServerError(
                f"{self.entry} belongs to another user. Run as that user, or set FANGXIAN_DATA to "
                "a folder of your own."
            ) from error

    def check_version(self, binaries: Binaries) -> None:
        """ServerError with the way out if the data are of another major version."""
        made_by = int((self.path / "PG_VERSION").read_text(encoding="ascii"))
        if made_by == binaries.version:
            return
        found = list(here())
        of_version = next((str(one.bin) for one in found if one.version == made_by), None)
        using = of_version or f"FOLDER_WITH_POSTGRESQL_{made_by}_PROGRAMS"
        is_default = binaries.kind == "pgbin" and found and found[0].version == made_by
        text = (
            f"The data in {self.entry} were made by PostgreSQL {made_by}; the programs in "
            f"{binaries.bin} are version {binaries.version} and can't read them.\n"
            f"Go on with version {made_by}:  "
            + ("unset PGBIN" if is_default else f"export PGBIN={using}")
        )
        if binaries.version < made_by:  # older programs read neither the data nor a backup of them
            raise ServerError(text)
        raise ServerError(
            f"{text}\n"
            "Or upgrade, dumping with the old and restoring with the new:\n"
            f"  PGBIN={using} fangxian db backup before-upgrade.dump\n"
            f"  PGBIN={using} fangxian db stop\n"
            f"  mv {self.entry} {self.entry}-{made_by}\n"
            "  fangxian db start\n"
            "  fangxian db restore before-upgrade.dump"
        )

    @contextmanager
    def lock(self, user: RunUser) -> Iterator[None]:
        """Alone with this data folder; waits for another run. The system frees it after a crash."""
        make_data_dir(self.data, for_other_user=user.other)
        descriptor = os.open(self.data / f"{self.name}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def start(
        self, binaries: Binaries, environ: Mapping[str, str]
    ) -> tuple[process.Postmaster, dict[Role, str], bool]:
        """Make the cluster if missing, recover it after a crash, start it, wait until it is ready.

        Returns the server, the passwords and whether this call started it.
        """
        user = run_user(environ)
        with self.lock(user):
            passwords = read_passwords(self.entry)
            if self.exists():
                self.check_version(binaries)
                self._check_owner(user)
                if found := process.clear_after_crash(self.path, user, disposable=self.fast):
                    if passwords is None:
                        raise ServerError(
                            f"The passwords file of {self.entry} is missing while its server runs. "
                            "Run fangxian db stop, then fangxian db start: new ones are set."
                        )
                    return found, passwords, False
            programs = readable(binaries, user)
            if not self.exists():
                passwords = self._make(programs, user, environ)
            elif passwords is None:
                passwords = make_passwords(self.entry)
                self._single_user(programs, user, self.path, roles_sql(passwords))
            process.end_of_deleted(self.path, user)
            return self._launch(programs, user, environ), passwords, True

    def stop(self, environ: Mapping[str, str] = os.environ) -> bool:
        """End the server; False if none ran."""
        if not self.exists():
            return False
        user = run_user(environ)
        with self.lock(user):
            self._check_owner(user)
            found = process.read_postmaster(self.path)
            ended = process.stop(self.path, user)
            if ended and found and found.host.parent != self.path.parent:
                # As the server's user: the folder's name stands in a file that it can write.
                user.run(["rm", "-rf", "--", found.host])
            return ended

    def _check_owner(self, user: RunUser) -> None:
        uid = self.path.stat().st_uid
        if uid != user.uid:
            raise ServerError(
                f"{self.path} belongs to user number {uid}, the server would run as {user.name}. "
                f"Run as that user, or set FANGXIAN_DATA to a folder of your own."
            )

    def _make(
        self, programs: Binaries, user: RunUser, environ: Mapping[str, str]
    ) -> dict[Role, str]:
        """initdb beside the final place, roles in it, then one rename: never half a cluster."""
        if self.entry.is_symlink():
            self.entry.unlink()
        elif self.entry.exists():
            raise ServerError(
                f"{self.entry} exists but is no PostgreSQL data folder. Move it away, or set "
                "FANGXIAN_DATA to another folder."
            )
        passwords = make_passwords(self.entry)
        parent = reachable_parent(self.data, user)
        making = parent / f"{self.name}.making"
        shutil.rmtree(making, ignore_errors=True)
        private_folder(making, user)
        word = making / "password"
        user.write(word, passwords["superuser"] + "\n")
        inside = making / "cluster"
        command: list[str | Path] = [
            programs.program("initdb"),
            "-D",
            inside,
            "--encoding=UTF8",
        ]
        command += [
            "--username",
            ROLES["superuser"],
            "--pwfile",
            word,
            "--auth=scram-sha-256",
        ]
        command += [
            "--data-checksums",
            "--no-instructions",
            *(["--no-sync"] if self.fast else []),
        ]
        answer = user.run([*command, "--locale=C.UTF-8"])
        if answer.returncode and programs.version >= 17:  # a system without that locale
            builtin = [
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--locale=C",
            ]
            answer = user.run([*command, *builtin])
        if answer.returncode:
            raise ServerError(f"initdb failed in {inside}: {answer.stderr.strip()}")
        config = (inside / "postgresql.conf").read_text(encoding="utf-8")
        user.write(
            inside / "postgresql.conf",
            f"{config}\ninclude_if_exists = '{_SETTINGS_FILE}'\n",
        )
        outer, inner = first_database_sql(DATABASE)
        self._single_user(programs, user, inside, roles_sql(passwords) + outer)
        self._single_user(programs, user, inside, inner, DATABASE)
        final = parent / self.name
        inside.rename(final)
        shutil.rmtree(making)
        if parent != self.data:
            self.entry.symlink_to(final)
        return passwords

    def _single_user(
        self,
        programs: Binaries,
        user: RunUser,
        cluster: Path,
        sql: str,
        database: str = "postgres",
    ) -> None:
        command: list[str | Path] = [programs.program("postgres"), "--single", "-D", cluster]
        # Errors must come out here, and no statement with them: it holds a password.
        for setting in ("log_min_messages=error", "log_min_error_statement=panic"):
            command += ["-c", setting]
        command += ["-c", "log_destination=stderr", database]
        answer = user.run(command, text_in=sql)
        if answer.returncode or "ERROR:" in answer.stderr:
            raise ServerError(f"The database roles couldn't be set in {cluster}.")

    def _launch(
        self, programs: Binaries, user: RunUser, environ: Mapping[str, str]
    ) -> process.Postmaster:
        host = socket_folder(self.path, user, environ)
        # Nothing runs here any more: what a killed server left would keep the next from starting
        # if its process number is taken by another program now.
        (host / f"{SOCKET}.lock").unlink(missing_ok=True)
        settings = SETTINGS | (FAST if self.fast else {}) | {"unix_socket_directories": f'"{host}"'}
        text = "".join(f"{name} = '{value}'\n" for name, value in settings.items())
        user.write(self.path / _SETTINGS_FILE, _HEAD + text)
        command: list[str | Path] = [programs.program("postgres"), "-D", self.path]
        pid = user.start(command, log=self.start_log)
        try:
            return process.wait_ready(self.path, pid, log=self.start_log)
        except ServerError:  # it ended by itself, or it recovers and shall go on
            raise
        except BaseException:  # Ctrl-C: what was begun here is ended here
            process.end(pid)
            raise
