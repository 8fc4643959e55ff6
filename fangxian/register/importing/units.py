"""The units of a building as one cell of a list says them: read, and written so as to be read."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, Final

from django.utils.translation import gettext as _

from fangxian.common.errors import Invalid
from fangxian.register.importing.door_numbers import NAMES
from fangxian.register.importing.ground import refusal, unit_word
from fangxian.register.vocabularies import DATA

MOST_UNITS: Final = 60
# As long as a cell of a list may be.
LONGEST: Final = 120
_WORDS: Final = json.loads((DATA / "building_words.json").read_text("utf-8"))
_UNIT: Final = re.compile(r"^(?P<name>[^:]+?)(?::(?P<count>\d{1,4}))?$")


def units_of(text: Any, known: dict[str, tuple[str, str]]) -> list[tuple[str, int | None]]:
    """Units by name and declared households: from how many there are, or from their names.

    ``known``: those of the building, as :attr:`Standing.units`. Raises Invalid.
    """
    if text is None:
        return []
    text = str(text)
    for mark in _WORDS["colons"]:
        text = text.replace(mark, ":")
    if re.fullmatch(r"\d+(?:\.0+)?", text.strip()):
        return _counted(int(float(text)), known)
    for mark in _WORDS["between"]:
        text = text.replace(mark, "\n")
    found: list[tuple[str, int | None]] = []
    for part in text.split("\n"):
        match = _UNIT.match(part.strip())
        if not part.strip():
            continue
        name = match["name"].strip() if match else ""
        if not name or len(name) > 30:
            raise _bad_units()
        if name.isdecimal():
            name = NAMES["unit"].format(int(name))
        name = known.get(unit_word(name), ("", name))[1]
        found.append((name, int(match["count"]) if match and match["count"] else None))
    if len({name for name, _count in found}) != len(found) or len(found) > MOST_UNITS:
        raise _bad_units()
    return found


def _counted(count: int, known: dict[str, tuple[str, str]]) -> list[tuple[str, int | None]]:
    if count > MOST_UNITS:
        raise _bad_units()
    wanted = [str(n) for n in range(1, count + 1)]
    if len(known) == count or (count <= 1 and not known):
        # One unit is the building itself.
        return []
    if set(known) - set(wanted):
        raise refusal(
            "units_count",
            "units_differ",
            _("%(count)s units of the building are known.") % {"count": len(known)},
            _("Write the names of its units, or correct them on the building's page."),
        )
    return [(NAMES["unit"].format(n), None) for n in wanted if n not in known]


def _bad_units() -> Invalid:
    return refusal(
        "units_count",
        "units",
        _("The units can't be read."),
        _("Write how many there are (at most %(most)s), or their names with commas between.")
        % {"most": MOST_UNITS},
    )


def text_of(units: Sequence[tuple[str, int | None]]) -> str:
    """The cell that says the units of a building (name, declared households), as it is read.

    Where their names can't be read from one cell it is how many there are; empty: nothing is said.
    """
    if not units or len(units) > MOST_UNITS:
        return ""
    colon, between = _WORDS["colons"][0], _WORDS["between"][0]
    text: str = between.join(
        name if count is None else f"{name}{colon}{count}" for name, count in units
    )
    known = {unit_word(name): ("", name) for name, _count in units}
    if len(known) != len(units):
        return ""
    try:
        if len(text) <= LONGEST and units_of(text, known) == list(units):
            return text
    except Invalid:
        pass
    return str(len(units))
