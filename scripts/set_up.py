"""Install everything into `.venv` and build the front end; quick when nothing has changed.

Run by `make setup` with the machine's Python, on its standard library alone. What was done is
remembered by the content of the files that it depends on, in `.venv/stamps`. `set_up.py peers`
adds what a benchmark is measured against (the extra `bench`).
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

CHECKOUT = Path(__file__).absolute().parent.parent
VENV = CHECKOUT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMPS = VENV / "stamps"
FRONTEND = CHECKOUT / "frontend"
READER = CHECKOUT / "fangxian" / "common" / "sheets" / "sheetreader"
BUILT = CHECKOUT / "fangxian" / "common" / "static" / "dist" / "manifest.json"
SKIPPED = {"node_modules", "tests", "__pycache__", ".vite"}


def main() -> int:
    """All steps in order; 1 with the mend if one fails."""
    os.chdir(CHECKOUT)
    locks = CHECKOUT / "requirements"
    if sys.argv[1:] == ["peers"]:
        step("peers", [locks / "bench.lock"], install_peers)
        return 0
    make_venv()
    step("installer", [locks / "setup.lock"], install_installer)
    step("packages", [locks / "dev.lock"], install_packages)
    step("project", [CHECKOUT / "pyproject.toml"], install_project)
    sources = [locks / "base.lock", *sorted(READER.glob("*.py"))]
    step("reader", sources, compile_reader, made=READER / "__pycache__")
    if (FRONTEND / "package.json").is_file():
        lock = FRONTEND / "package-lock.json"
        modules = FRONTEND / "node_modules" / ".package-lock.json"
        step("modules", [FRONTEND / "package.json", lock], install_modules, made=modules)
        step("frontend", frontend_sources(), build_frontend, made=BUILT)
    run("The translations couldn't be compiled.", PYTHON, "scripts/messages.py", "compile")
    return 0


def make_venv() -> None:
    """Make `.venv`, or make it anew if it was cut short, or its Python is gone or too old."""
    # pip comes last: an environment whose making was cut short has a Python but no pip.
    check = "import sys, pip; sys.exit(sys.version_info < (3, 11))"
    if (
        PYTHON.exists()
        and not subprocess.run(
            [PYTHON, "-c", check], check=False, stderr=subprocess.DEVNULL
        ).returncode
    ):
        return
    say("Making .venv …")
    run(
        "Python can't make a virtual environment. On Debian and Ubuntu: apt install python3-venv",
        sys.executable,
        "-m",
        "venv",
        "--clear",
        VENV,
    )


def install_installer() -> None:
    """uv, and the build tool for the project itself, at known hashes."""
    say("Installing the installer …")
    pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    run(
        "The installer couldn't be fetched: is there a connection to the package index?",
        PYTHON,
        *pip,
        *("--require-hashes", "--requirement", "requirements/setup.lock"),
    )


def install_packages() -> None:
    """Everything in the lock file, at known hashes."""
    say("Installing the packages …")
    run(
        "The packages couldn't be installed; the message above says which.",
        *uv("--require-hashes", "--requirement", "requirements/dev.lock"),
    )


def install_project() -> None:
    """The project itself, as it lies here."""
    say("Installing the project …")
    run(
        "The project couldn't be installed.",
        *uv("--no-deps", "--no-build-isolation", "--editable", "."),
    )


def install_peers() -> None:
    """What a benchmark is measured against, at known hashes; nothing is built from source."""
    say("Installing the peers of the benchmarks …")
    run(
        "The peers of the benchmarks couldn't be installed; the message above says why.",
        *uv("--only-binary", ":all:", "--require-hashes"),
        *("--requirement", "requirements/bench.lock"),
    )


def compile_reader() -> None:
    """Bytecode of what reads ledgers: a new process for each, which may not write its own."""
    compile_both = (
        "import compileall, pathlib, sys, xlrd; "
        "folders = [pathlib.Path(xlrd.__file__).parent, *sys.argv[1:]]; "
        "sys.exit(not all(compileall.compile_dir(one, quiet=1) for one in folders))"
    )
    run("The reader of ledgers couldn't be compiled.", PYTHON, "-c", compile_both, READER)


def install_modules() -> None:
    """The front end's packages; none of them runs a script of its own."""
    say("Installing the front end's packages …")
    npm = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    run(
        "The front end's packages couldn't be installed; the message above says why.",
        *("bash", "scripts/node.sh", *npm),
    )


def build_frontend() -> None:
    """Pages' styles and behaviour, into the package's static files."""
    say("Building the front end …")
    run(
        "The front end couldn't be built; the message above says why.",
        *("bash", "scripts/node.sh", "npm", "run", "--silent", "build", "--", "--logLevel=error"),
    )


def uv(*arguments: str) -> list[str | Path]:
    """A command of uv for this environment."""
    program: list[str | Path] = [VENV / "bin" / "uv", "pip", "install", "--quiet"]
    return [*program, "--python", PYTHON, *arguments]


def frontend_sources() -> list[Path]:
    """All that the built files depend on."""
    found: list[Path] = []
    for folder, folders, names in os.walk(FRONTEND):
        folders[:] = sorted(set(folders) - SKIPPED)
        found += [Path(folder, name) for name in sorted(names) if ".test." not in name]
    return found


def step(
    name: str, sources: Iterable[Path], work: Callable[[], None], *, made: Path | None = None
) -> None:
    """Do the work unless it was done for this content of `sources` and `made` is still there."""
    digest = hashlib.sha256(str(CHECKOUT).encode())
    for path in sources:
        digest.update(f"\0{path.relative_to(CHECKOUT)}\0".encode())
        digest.update(path.read_bytes())
    stamp = STAMPS / name
    done = stamp.read_text(encoding="ascii") if stamp.exists() else ""
    if done == digest.hexdigest() and (made is None or made.exists()):
        return
    stamp.unlink(missing_ok=True)
    work()
    STAMPS.mkdir(exist_ok=True)
    stamp.write_text(digest.hexdigest(), encoding="ascii")


def run(mend: str, *command: str | Path) -> None:
    """Run a command; end with the mend if it fails."""
    if subprocess.run([str(part) for part in command], check=False).returncode:
        say(f"make setup: {mend}")
        sys.exit(1)


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
