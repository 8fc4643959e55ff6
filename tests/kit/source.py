"""The files of the source, for the tests that read them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

# What a checkout gathers besides its source; .gitignore names the same.
_GATHERED = {
    ".git",
    ".venv",
    ".fangxian",
    "node_modules",
    "dist",
    "build",
    "__pycache__",
    ".hypothesis",
    ".import_linter_cache",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
}


def listed(root: Path) -> tuple[Path, ...]:
    """Files of the source below ``root``, new ones included, what is built or cached not.

    git tells them. Where it isn't installed or won't, or the source is unpacked from an archive,
    all files do but those of folders that hold what is built.
    """
    return _by_git(root) or _by_walking(root)


def _by_git(root: Path) -> tuple[Path, ...]:
    if not (root / ".git").exists():
        return ()  # a repository further up would tell what it holds of it: perhaps nothing
    try:
        found = subprocess.run(
            # The checkout may belong to another account.
            ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others",
             "--exclude-standard"],
            cwd=root,
            capture_output=True,
            check=True,
            timeout=30,
        ).stdout.decode()  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return ()
    return tuple(root / name for name in found.split("\0") if name and (root / name).is_file())


def _by_walking(root: Path) -> tuple[Path, ...]:
    found = []
    for folder, below, names in os.walk(root):
        below[:] = sorted(name for name in below if name not in _GATHERED)
        found += [Path(folder) / name for name in sorted(names)]
    return tuple(found)
