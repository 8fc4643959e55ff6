"""Print the Chromium for the browser tests: `CHROMIUM`, the system's, else Playwright's own.

Playwright's is fetched if missing; nothing is printed then, because Playwright finds it itself.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

# The first draws no windows of its own: a third of the work for each visitor.
WINDOWLESS = ("chromium-headless-shell",)
WINDOWED = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def first_of(*names: str) -> str | None:
    """Where the first of these programs is that this machine has."""
    return next(filter(None, map(shutil.which, names)), None)


def main() -> int:
    """Exit 0 with a path or nothing on the output; 1 with the mend."""
    if named := os.environ.get("CHROMIUM"):
        if shutil.which(named) is None:
            print(f"CHROMIUM={named} isn't a program. Unset it or correct it.", file=sys.stderr)
            return 1
        print(named)
        return 0
    if found := first_of(*WINDOWLESS, *WINDOWED):
        print(found)
        return 0
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    if os.geteuid() == 0 and shutil.which("apt-get"):
        command.append("--with-deps")
    if subprocess.run(command, stdout=sys.stderr, check=False).returncode:
        print(
            "No Chromium here and Playwright couldn't fetch one. Install your system's chromium, "
            "or set CHROMIUM to its program.",
            file=sys.stderr,
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
