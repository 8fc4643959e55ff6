"""Reads one file from standard input and writes its cells as JSON lines to standard output."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from .limits import ReadError, cap_process, close_doors

cap_process()  # before the parsers are loaded: their own start counts too

from . import delimited, excel, old_excel, sniff, spreadsheetml, webtable, wire  # noqa: E402  see above


def main() -> int:
    """Read one file. Exit status 0: complete; 3: refused, with a reason; 4: out of memory."""
    # The codecs that decoding may ask for load lazily from files.
    for codec in (
        "utf-8-sig",
        "utf-16",
        "utf-16-le",
        "utf-16-be",
        "gb18030",
        "gbk",
        "cp437",
        "latin-1",
        "ascii",
    ):
        "".encode(codec)
    writer = wire.Writer(sys.stdout.buffer)
    close_doors()
    sheets: Iterable[wire.RawSheet]
    try:
        data = sys.stdin.buffer.read()
        encoding: str | None = None
        delimiter: str | None = None
        match sniff.sniff(data):
            case "zip":
                kind, sheets = excel.read_zip(data)
            case "ole":
                kind, sheets = excel.read_ole(data)
            case "biff":
                kind, sheets = "xls", old_excel.read_biff(data)
            case "html":
                kind, sheets = "html", webtable.read_html(data)
            case "spreadsheetml":
                kind, sheets = "spreadsheetml", spreadsheetml.read_spreadsheetml(data)
            case _:
                sheet, encoding, delimiter = delimited.read_text(data)
                kind, sheets = "csv", [sheet]
        writer.line({"format": kind, "encoding": encoding, "delimiter": delimiter})
        for sheet in sheets:
            writer.sheet(sheet)
        writer.line({"end": True})
        writer.flush()
    except ReadError as error:
        writer.fail(error)
        return 3
    except MemoryError:
        return 4
    except BaseException:  # a panic of calamine's Rust is no Exception; what stumbles is damaged
        writer.fail(ReadError("damaged"))
        return 3
    return 0
