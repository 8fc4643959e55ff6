"""What one file may ask of the machine, and the caps of the process that reads it."""

from __future__ import annotations

import resource
import sys

MEBIBYTE = 1 << 20
MAX_FILE_BYTES = 48 * MEBIBYTE
MAX_UNPACKED_BYTES = 384 * MEBIBYTE
MAX_MEMBERS = 3000
# No ledger comes near: sheets of equal rows pack 20 to 60 times; the method's bound is 1032.
MAX_RATIO = 250
RATIO_FROM_BYTES = 16 * MEBIBYTE
MAX_SHEETS = 200
MAX_ROWS = 250_000
MAX_COLUMNS = 400
MAX_CELL_CHARACTERS = 32_767
MAX_OUTPUT_BYTES = 192 * MEBIBYTE
MAX_MERGES = 200_000

ADDRESS_SPACE_BYTES = 512 * MEBIBYTE
CPU_SECONDS = 8
WALL_SECONDS = 25.0
# The marks of 250,000 wrong rows take half a minute, and no page waits for them.
EDIT_CPU_SECONDS = 120
EDIT_WALL_SECONDS = 240.0
# An outline is waited for by a page.
OUTLINE_CPU_SECONDS = 20


class ReadError(Exception):
    """A file that is refused; `code` and `params` are those of `fangxian.common.sheets.errors`."""

    def __init__(self, code: str, **params: str | int) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


def cap_process(cpu_seconds: int = CPU_SECONDS) -> None:
    """Cap memory, time and files of this process. Call before any foreign byte is read."""
    _cap(resource.RLIMIT_CORE, 0)
    _cap(resource.RLIMIT_FSIZE, 0)
    _cap(resource.RLIMIT_CPU, cpu_seconds)
    if sys.platform != "darwin":  # macOS refuses or ignores a cap of the address space
        _cap(resource.RLIMIT_AS, ADDRESS_SPACE_BYTES)


def close_doors() -> None:
    """Let this process open nothing more: no file, no socket. Call after the last import."""
    _cap(resource.RLIMIT_NOFILE, 3)


def _cap(kind: int, value: int) -> None:
    hard = resource.getrlimit(kind)[1]
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    resource.setrlimit(kind, (value, value))
