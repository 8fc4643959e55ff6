"""What a template asks for: its tables with their columns and rows, and its single blanks."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

import orjson

from fangxian.common import capped
from fangxian.common.sheets.errors import SheetError
from fangxian.common.sheets.reader import HERE
from fangxian.common.sheets.sheetreader.limits import (
    MAX_FILE_BYTES,
    MAX_OUTPUT_BYTES,
    MEBIBYTE,
    WALL_SECONDS,
)

from .layout import refused
from .shape import Outline

_ROOT: Final = Path(__file__).resolve().parents[4]


def outline(name: str, data: bytes, *, seconds: float = 2 * WALL_SECONDS) -> Outline:
    """What the template asks for. Starts two processes, one after the other, and waits for them,
    `seconds` at most: the first one tells how the workbook is laid out, the second one finds in
    that what is to be filled. Raises SheetError.
    """
    if not data:
        raise SheetError("empty_file")
    if len(data) > MAX_FILE_BYTES:
        raise SheetError("file_too_big", limit=MAX_FILE_BYTES // MEBIBYTE)
    late = time.monotonic() + seconds
    laid = _said(capped.command("sheetreader.outliner", HERE, needs=("orjson",)), data, late)
    found = _said(
        capped.command(
            f"{__package__}.finder", _ROOT, needs=("orjson", "django", "asgiref", "sqlparse")
        ),
        laid,
        late,
    )
    # The process had foreign texts in its hands: nothing it says is trusted.
    try:
        return Outline.from_json(name, orjson.loads(found))
    except (KeyError, TypeError, ValueError) as error:
        raise SheetError("reader_failed") from error


def _said(started: list[str], content: bytes | bytearray, late: float) -> bytearray:
    left = late - time.monotonic()
    if left <= 0:
        raise SheetError("too_slow")
    try:
        taken, output = capped.run(
            started, [content], seconds=min(left, WALL_SECONDS), most=MAX_OUTPUT_BYTES
        )
    except capped.Stopped as error:
        raise SheetError(error.code) from error
    if taken:
        return output
    try:
        raise refused(orjson.loads(output.splitlines()[-1]))
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise SheetError("reader_failed") from error
