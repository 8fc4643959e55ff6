"""Which system user the server runs as. PostgreSQL refuses root, so root gets a user of its own."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .errors import ServerError

SYSTEM_USER = "fangxian-pg"
SYSTEM_HOME = Path("/var/lib/fangxian-pg")
_WRITE = 'umask 077 && cat > "$1.new" && mv "$1.new" "$1"'
_START = '"$@" < /dev/null >&2 & echo $!'


@dataclass(frozen=True)
class RunUser:
    """The user that runs the server; `other` says that it isn't the user of this process."""

    name: str
    uid: int
    gid: int
    other: bool

    def run(
        self, command: Sequence[str | Path], *, text_in: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a command as this user, in `/`, with a plain environment. Its failure is no error."""
        try:
            return self._run(command, text_in)
        except OSError as error:  # the program can't be read by this user, or is for another system
            return subprocess.CompletedProcess([], 126, "", str(error))

    def _run(
        self, command: Sequence[str | Path], text_in: str | None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(part) for part in command],
            input=text_in,
            stdin=subprocess.DEVNULL if text_in is None else None,
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            env=_plain_environment(),
            user=self.uid if self.other else None,
            group=self.gid if self.other else None,
            extra_groups=[] if self.other else None,
        )

    def start(self, command: Sequence[str | Path], *, log: Path) -> int:
        """Start a command that outlives this process, output to `log`; its process number.

        A shell between leaves it to init, so that it is nobody's zombie when it is killed.
        """
        with log.open("w", encoding="utf-8") as out:
            log.chmod(0o600)
            answer = subprocess.run(
                ["/bin/sh", "-c", _START, "sh", *(str(part) for part in command)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=out,
                text=True,
                check=True,
                cwd="/",
                env=_plain_environment(),
                start_new_session=True,
                user=self.uid if self.other else None,
                group=self.gid if self.other else None,
                extra_groups=[] if self.other else None,
            )
        return int(answer.stdout)

    def write(self, path: Path, text: str) -> None:
        """Write a private file as this user: root must not follow links that it could plant."""
        answer = self.run(["/bin/sh", "-c", _WRITE, "sh", path], text_in=text)
        if answer.returncode:
            raise ServerError(
                f"{path} can't be written by user {self.name}: {answer.stderr.strip()}"
            )

    def reaches(self, folder: Path) -> bool:
        """Whether this user may enter the folder through all its parents."""
        return self.run(["/bin/sh", "-c", 'test -x "$1"', "sh", folder]).returncode == 0


def run_user(environ: Mapping[str, str] = os.environ) -> RunUser:
    """This process's own user; for root a system user, made on first use (`FANGXIAN_PG_USER`)."""
    uid = os.geteuid()
    if uid != 0:
        return RunUser(_name_of(uid), uid, os.getegid(), other=False)
    name = environ.get("FANGXIAN_PG_USER") or SYSTEM_USER
    entry = _entry(name)
    if entry is None:
        entry = _create(name)
    if entry is None or entry.pw_uid == 0:
        raise ServerError(
            f"PostgreSQL doesn't run as root and the system user {name} can't be made here. "
            "Set FANGXIAN_PG_USER to an existing ordinary user, or run as an ordinary user."
        )
    return RunUser(name, entry.pw_uid, entry.pw_gid, other=True)


def _entry(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _create(name: str) -> pwd.struct_passwd | None:
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])
    if useradd := shutil.which("useradd", path=path):
        command = [useradd, "--system", "--user-group", "--no-create-home"]
        command += [
            "--home-dir",
            str(SYSTEM_HOME),
            "--shell",
            "/usr/sbin/nologin",
            name,
        ]
    elif adduser := shutil.which("adduser", path=path):  # busybox
        command = [adduser, "-S", "-D", "-H", "-h", str(SYSTEM_HOME), name]
    else:
        return None
    for _ in range(20):  # another run may hold the lock of /etc/passwd
        subprocess.run(command, capture_output=True, check=False)
        if entry := _entry(name):
            return entry
        time.sleep(0.1)
    return None


def _plain_environment() -> dict[str, str]:
    """PG* variables of the caller would change what the programs do; LC_* what they print."""
    return {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C"}
