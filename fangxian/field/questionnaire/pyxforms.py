"""pyxform at work on an uploaded form, in a process of its own (``xlschild``)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import orjson

from fangxian.common import capped
from fangxian.common.sheets import SheetError
from fangxian.common.sheets.reader import HERE
from fangxian.common.sheets.sheetreader.limits import MAX_OUTPUT_BYTES, WALL_SECONDS

_CHILD: Final = Path(__file__).parent


class NotTaken(Exception):
    """The sentence that pyxform has against a form."""


def survey_of(sheets: Mapping[str, Any]) -> dict[str, Any]:
    """What pyxform makes of the sheets: ``choices`` by list and the questions as ``children``.

    ``sheets`` are the fields of its ``DefinitionData``. Raises NotTaken, and SheetError when the
    process took too long, too much memory, or stumbled.
    """
    try:
        taken, output = _asked(orjson.dumps(sheets))
        said = orjson.loads(output)
    except capped.Stopped as error:
        raise SheetError(error.code) from error
    except orjson.JSONDecodeError as error:
        raise SheetError("reader_failed") from error
    if not taken:
        raise NotTaken(str(said))
    survey: dict[str, Any] = _whole(said, said["choices"])
    return survey


def _asked(sheets: bytes) -> tuple[bool, bytes | bytearray]:
    started = capped.command("xlschild", HERE, _CHILD, needs=("pyxform",))
    return capped.run(started, [sheets], seconds=WALL_SECONDS, most=MAX_OUTPUT_BYTES)


def _whole(value: Any, lists: Mapping[str, Any]) -> Any:
    """With the lists of choices where they are offered, shared as pyxform shares them."""
    if isinstance(value, dict):
        if value.keys() == {"list"} and value["list"] in lists:
            return lists[value["list"]]
        return {key: one if one is lists else _whole(one, lists) for key, one in value.items()}
    if isinstance(value, list):
        return [_whole(one, lists) for one in value]
    return value
