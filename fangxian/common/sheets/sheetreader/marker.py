"""Marks one workbook: a JSON line of marks and the .xlsx on standard input, the edited one out."""

from __future__ import annotations

import io
import sys

import orjson

from .editing import Marks, edit_xlsx
from .limits import EDIT_CPU_SECONDS, ReadError, cap_process, close_doors


def main() -> int:
    """Edit one workbook. Exit status 0: the workbook; 3: refused, with a reason; 4: no memory."""
    cap_process(EDIT_CPU_SECONDS)
    for codec in ("cp437", "ascii", "utf-8"):  # of names in archives; codecs load lazily from files
        "".encode(codec)
    close_doors()
    out = io.BytesIO()
    try:
        asked = orjson.loads(sys.stdin.buffer.readline())
        marks = {sheet: Marks.received(given) for sheet, given in asked.items()}
        edit_xlsx(sys.stdin.buffer.read(), marks, out)
    except ReadError as error:
        sys.stdout.buffer.write(orjson.dumps({"error": error.code, "params": error.params}))
        return 3
    except MemoryError:
        return 4
    sys.stdout.buffer.write(out.getbuffer())
    sys.stdout.buffer.flush()
    return 0
