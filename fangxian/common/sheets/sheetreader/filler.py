"""Fills one template: a JSON line of what is asked, the lines of the tables' rows and the .xlsx on
standard input; a JSON line of what is left and the filled workbook on standard output.
"""

from __future__ import annotations

import io
import sys

import orjson

from .bookfilling import Plan, fill
from .limits import EDIT_CPU_SECONDS, ReadError, cap_process, close_doors
from .template import Book


def main() -> int:
    """Fill one workbook. Exit status 0: the workbook; 3: refused, with a reason; 4: no memory."""
    cap_process(EDIT_CPU_SECONDS)
    for codec in ("cp437", "ascii", "utf-8", "utf-16-le"):  # codecs load lazily from files
        "".encode(codec)
    close_doors()
    out = io.BytesIO()
    given = sys.stdin.buffer
    try:
        asked = orjson.loads(given.readline())
        lines = [given.readline() for _ in range(asked["lines"])]
        book = Book(given.read())
        start = 0

        def taken(count: int) -> list[bytes]:
            nonlocal start
            start += count
            return lines[start - count : start]

        plan = Plan.received(book, asked["sheets"], taken)
        lines.clear()  # the plan holds them
        said = fill(book, plan, out)
    except ReadError as error:
        sys.stdout.buffer.write(orjson.dumps({"error": error.code, "params": error.params}))
        return 3
    except MemoryError:
        return 4
    except Exception:  # what stumbles over foreign bytes is damaged
        sys.stdout.buffer.write(orjson.dumps({"error": "damaged", "params": {}}))
        return 3
    sys.stdout.buffer.write(orjson.dumps(said) + b"\n")
    sys.stdout.buffer.write(out.getbuffer())
    sys.stdout.buffer.flush()
    return 0
