"""The process that has a form's cells understood by pyxform; it knows nothing of the project.

The sheets as JSON on standard input; on standard output the survey as JSON (exit status 0), or the
sentence that pyxform has against them (3); 4: out of memory.
"""

from __future__ import annotations

import json
import sys
from typing import Any


def main() -> int:
    """Understand one form."""
    # Its name in the process of its own, which finds no package of ours.
    from sheetreader.limits import (  # type: ignore[import-not-found]
        cap_process,
        close_doors,
    )

    cap_process()  # before pyxform is loaded: its own start counts too
    # openpyxl would load numpy, which reserves memory for each processor of the machine.
    sys.modules["numpy"] = None  # type: ignore[assignment]
    import pyxform.xls2json  # noqa: F401  # no file can be opened later

    close_doors()
    try:
        taken, said = understood(sys.stdin.buffer.read())
    except MemoryError:
        return 4
    sys.stdout.buffer.write(said)
    return 0 if taken else 3


def understood(sheets: bytes) -> tuple[bool, bytes]:
    """Whether pyxform takes the sheets, and the survey or what it has against it, as JSON.

    Each list of choices is written once: ``{"list": name}`` stands for it in the questions that
    offer it.
    """
    from pyxform.errors import PyXFormError
    from pyxform.xls2json import workbook_to_json
    from pyxform.xls2json_backends import DefinitionData

    try:
        survey = workbook_to_json(DefinitionData(**json.loads(sheets)), form_name="form")
    except PyXFormError as error:
        return False, json.dumps(str(error)).encode()
    lists = survey.get("choices") or {}
    names = {id(listed): name for name, listed in lists.items()}
    children = _short(survey.get("children") or [], names)
    return True, json.dumps({"choices": lists, "children": children}).encode()


def _short(value: Any, names: dict[int, str]) -> Any:
    if isinstance(value, dict):
        return {key: _short(one, names) for key, one in value.items()}
    if isinstance(value, list | tuple):
        if id(value) in names:
            return {"list": names[id(value)]}
        return [_short(one, names) for one in value]
    return value
