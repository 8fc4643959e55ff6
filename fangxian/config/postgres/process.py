"""The running server of a cluster: is it there, wait for it, end it, clear up after a crash."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .errors import ServerError
from .place import SOCKET
from .user import RunUser

READY_SECONDS = 300.0
STOP_SECONDS = 60.0
_SSL_REQUEST = struct.pack("!II", 8, 80877103)  # the smallest question of the protocol
_MEMBERS = (
    'for p in /proc/[0-9]*; do [ "$(readlink "$p/cwd" 2>/dev/null)" = "$1" ] '
    '&& echo "${p#/proc/}"; done; true'
)


@dataclass(frozen=True)
class Postmaster:
    """What `postmaster.pid` says: process, folder of its socket, `starting`, `ready` …"""

    pid: int
    host: Path
    state: str

    def answers(self) -> bool:
        """Whether the server answers; a connection alone the kernel takes for a dead one too."""
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(2)
            try:
                probe.connect(str(self.host / SOCKET))
                probe.sendall(_SSL_REQUEST)
                return probe.recv(1) in {b"N", b"S"}
            except OSError:
                return False


def read_postmaster(cluster: Path) -> Postmaster | None:
    """The content of `postmaster.pid`; None if there is none or it is only half written."""
    try:
        lines = (cluster / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        return Postmaster(int(lines[0]), Path(lines[4]), lines[7].strip())
    except (FileNotFoundError, NotADirectoryError, IndexError, ValueError):
        return None


def running(cluster: Path) -> Postmaster | None:
    """The server of this cluster if it runs and takes connections."""
    found = read_postmaster(cluster)
    return found if found and found.state == "ready" and found.answers() else None


def alive(pid: int) -> bool:
    """Whether a process exists and isn't a zombie."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:  # no /proc (macOS), or it ended just now
        return not Path("/proc/self").exists()
    return stat.rpartition(")")[2].split()[0] != "Z"


def wait_ready(cluster: Path, pid: int, *, log: Path) -> Postmaster:
    """Wait until the server `pid` takes connections (a crash recovery may take minutes).

    Raises ServerError with the last lines of `log` if it ends before.
    """
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if found := running(cluster):
            return found
        if not alive(pid):
            raise ServerError(f"PostgreSQL didn't start.\n{_reason(cluster, log, pid)}")
        time.sleep(0.02)
    raise ServerError(
        f"PostgreSQL (process {pid}) is still not ready after {READY_SECONDS:.0f} s; it may be "
        f"recovering. Its log is in {cluster / 'log'}; run the command again later."
    )


def stop(cluster: Path, user: RunUser) -> bool:
    """End the server in order (open transactions are rolled back); False if none ran."""
    found = read_postmaster(cluster)
    if found is None or not _is_server(found, cluster, user):
        return False
    if not end(found.pid):
        raise ServerError(
            f"PostgreSQL (process {found.pid}) didn't stop within {STOP_SECONDS:.0f} s. "
            f"Look into {cluster / 'log'}, then run fangxian db stop again."
        )
    return True


def end(pid: int) -> bool:
    """Ask a server to end, rolling back what is open; whether it did in time."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGINT)
    return _until(lambda: not alive(pid), STOP_SECONDS)


def clear_after_crash(
    cluster: Path, user: RunUser, *, disposable: bool = False
) -> Postmaster | None:
    """Make a start possible: wait for a server in between, end what a killed one left.

    Returns the server if it turned out to run. Only processes that work inside this cluster's
    folder are touched. Without /proc PostgreSQL's own checks stand alone. ``disposable``: a server
    that nobody can reach any more is ended too, instead of a ServerError.
    """
    found = read_postmaster(cluster)
    if found is None or not Path("/proc/self").exists():
        return running(cluster)
    if found.pid in _members(cluster, user):
        _until(
            lambda: running(cluster) is not None or not alive(found.pid) or _lost_socket(cluster),
            READY_SECONDS,
        )
        if server := running(cluster):
            return server
        if alive(found.pid) and not (disposable and end(found.pid)):
            raise ServerError(
                f"PostgreSQL (process {found.pid}, {found.state}) runs but its socket in "
                f"{found.host} doesn't answer. Run fangxian db stop, then fangxian db start."
            )
    # A child that computes doesn't notice by itself that its server is gone.
    _end_members(cluster, user, patience=1.0)
    if alive(found.pid) or Path(f"/proc/{found.pid}").exists():
        # The number now belongs to a stranger or a zombie; PostgreSQL would take it for a server.
        (cluster / "postmaster.pid").unlink(missing_ok=True)
    return None


def end_of_deleted(cluster: Path, user: RunUser) -> None:
    """End a server whose folder was deleted while it ran, before another starts in its place.

    It notices within a minute and removes its socket then, by name: the new server's.
    """
    if Path("/proc/self").exists():
        _end_members(Path(f"{cluster} (deleted)"), user, patience=0.0)


def _end_members(cluster: Path, user: RunUser, *, patience: float) -> None:
    for sign, seconds in ((None, patience), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)):
        if sign:
            for pid in _members(cluster, user):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, sign)
        if _until(lambda: not _members(cluster, user), seconds):
            break


def _lost_socket(cluster: Path) -> bool:
    """Whether the server says that it is ready and its socket was removed."""
    found = read_postmaster(cluster)
    return found is not None and found.state == "ready" and not (found.host / SOCKET).exists()


def _reason(cluster: Path, log: Path, pid: int) -> str:
    """The serious lines that the server wrote, before or after its log was redirected."""
    texts: list[str] = []
    newest = sorted((cluster / "log").glob("*.log"), key=lambda path: path.stat().st_mtime)[-1:]
    for path in (*newest, log):
        texts += path.read_text(encoding="utf-8", errors="replace").splitlines()[-20:]
    own = [line for line in texts if f"[{pid}]" in line and ("FATAL:" in line or "PANIC:" in line)]
    return "\n".join(own or texts[-4:])


def _is_server(found: Postmaster, cluster: Path, user: RunUser) -> bool:
    """Whether that process is this cluster's server: after a reboot its number may be another's."""
    if not Path("/proc/self").exists():
        return alive(found.pid) and found.answers()
    return found.pid in _members(cluster, user)


def _members(cluster: Path, user: RunUser) -> set[int]:
    """Processes whose working folder is the cluster, as its own user sees them."""
    answer = user.run(["/bin/sh", "-c", _MEMBERS, "sh", cluster])
    return {pid for pid in map(int, answer.stdout.split()) if alive(pid)}


def _until(done: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
