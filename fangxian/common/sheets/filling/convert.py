"""An old .xls as .xlsx, by LibreOffice where it is installed.

LibreOffice meets foreign bytes with caps on memory, time and file size, in a folder and with a
profile of its own that are gone afterwards; macros are off and links are not followed.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from fangxian.common.sheets.errors import SheetError
from fangxian.common.sheets.reader import read_workbook
from fangxian.common.sheets.sheetreader.limits import MAX_FILE_BYTES, MEBIBYTE

_PROGRAMS: Final = ("soffice", "libreoffice")
_MEMORY: Final = 4096 * MEBIBYTE
_CPU_SECONDS: Final = 60
_WALL_SECONDS: Final = 90.0
_FILES: Final = 256
# Beyond those that this user runs already: the system counts them together.
_PROCESSES: Final = 128
_FORMATS: Final = frozenset(("xls", "xlsb", "ods"))
# Caps itself, then becomes the program.
_CAPPED: Final = """
import json, os, resource, sys
for kind, value in json.loads(sys.argv[1]):
    hard = resource.getrlimit(kind)[1]
    most = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(kind, (most, most))
os.execv(sys.argv[2], sys.argv[2:])
"""
_SETTINGS: Final = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="MacroSecurityLevel" oor:op="fuse"><value>3</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="DisableMacrosExecution" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Calc/Content/Update"><prop oor:name="Link" oor:op="fuse"><value>2</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Save/Document"><prop oor:name="CreateBackup" oor:op="fuse"><value>false</value></prop></item>
</oor:items>
"""  # noqa: E501  one setting a line


def is_old(data: bytes) -> bool:
    """Whether the bytes begin as an .xls does."""
    return data.startswith((b"\xd0\xcf\x11\xe0", b"\x09\x04", b"\x09\x08"))


def can_convert() -> bool:
    """Whether LibreOffice is installed."""
    return _program() is not None


def convert(data: bytes) -> bytes:
    """The workbook of an old .xls (or .xlsb, .ods) as .xlsx. Takes seconds. Raises SheetError.

    What our own reader refuses, LibreOffice never sees: damaged, protected with a password.
    """
    if read_workbook(data).format not in _FORMATS:
        raise SheetError("not_converted")
    program = _program()
    if program is None:
        raise SheetError("no_converter")
    with tempfile.TemporaryDirectory(prefix="fangxian-convert-") as made:
        folder = Path(made)
        profile = folder / "profile"
        (profile / "user").mkdir(parents=True)
        (profile / "user" / "registrymodifications.xcu").write_text(_SETTINGS, encoding="utf-8")
        (folder / "in").mkdir()
        (folder / "out").mkdir()
        source = folder / "in" / "template.xls"
        source.write_bytes(data)
        command = [
            program,
            f"-env:UserInstallation={profile.as_uri()}",
            "--headless",
            "--norestore",
            "--nolockcheck",
            "--nodefault",
            "--convert-to",
            "xlsx:Calc MS Excel 2007 XML",
            "--outdir",
            str(folder / "out"),
            str(source),
        ]
        _run(command, folder)
        result = folder / "out" / "template.xlsx"
        if not result.is_file() or not 0 < result.stat().st_size <= MAX_FILE_BYTES:
            raise SheetError("not_converted")
        return result.read_bytes()


def _program() -> str | None:
    return next((found for name in _PROGRAMS if (found := shutil.which(name))), None)


def _run(command: list[str], folder: Path) -> None:
    environment = {
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        # Nothing in a foreign file fetches anything.
        "http_proxy": "http://127.0.0.1:9",
        "https_proxy": "http://127.0.0.1:9",
    }
    process = subprocess.Popen(  # noqa: S603  a fixed command, no shell
        [sys.executable, "-I", "-S", "-c", _CAPPED, json.dumps(_caps()), *command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment,
        cwd=folder,
        start_new_session=True,
    )
    try:
        status = process.wait(timeout=_WALL_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise SheetError("too_slow") from error
    finally:
        # The program may be a script that starts another one: all of its session ends.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    if status:
        raise SheetError("not_converted")


def _caps() -> list[tuple[int, int]]:
    caps = [
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, _CPU_SECONDS),
        (resource.RLIMIT_FSIZE, 2 * MAX_FILE_BYTES),
        (resource.RLIMIT_NOFILE, _FILES),
    ]
    if sys.platform != "darwin":  # macOS refuses or ignores a cap of the address space
        caps.append((resource.RLIMIT_AS, _MEMORY))
        running = _running()
        if running is not None:
            caps.append((resource.RLIMIT_NPROC, running + _PROCESSES))
    return caps


def _running() -> int | None:
    """How many threads this user runs; None where the system doesn't tell."""
    count = 0
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if entry.stat().st_uid == os.getuid():
                count += len(os.listdir(entry / "task"))
    return count or None
