"""What the cells of a list of buildings say: which building it is, how it is managed."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any, Final

from django.utils.translation import gettext as _

from fangxian.common.sheets import Fault, cleaning
from fangxian.common.sheets.words import key
from fangxian.register.importing.door_numbers import NAMES
from fangxian.register.importing.ground import refusal
from fangxian.register.importing.places import GROUP
from fangxian.register.vocabularies import DATA

WORDS: Final = json.loads((DATA / "building_words.json").read_text("utf-8"))
_PLAIN: Final = re.compile(r"[A-Z]?\d{1,4}[A-Z]?|[A-Z]")


def named_by(values: dict[str, Any]) -> str:
    """The field by which a row names its building: a house in a group goes by its own.

    Raises Invalid when it names none.
    """
    for name in ("building", GROUP):
        if name in values:
            return name
    raise refusal(
        "building",
        "required",
        _("The row names no building and no village group."),
        _("Write the number or name of one."),
    )


def title_of(values: dict[str, Any], named: str) -> str:
    """The name of the building: a plain number gets its usual form, the estate stands before."""
    label, estate = values[named], values.get("estate", "")
    if _PLAIN.fullmatch(label.upper()):
        group = named == GROUP or key(values.get("building_kind", "")) in _groups()
        label = NAMES["group" if group else "building"].format(label)
    return label if label.startswith(estate) else f"{estate}{label}"


@lru_cache(maxsize=1)
def _groups() -> frozenset[str]:
    return frozenset(key(word) for word in WORDS["kinds"][GROUP])


def managed_of(text: Any) -> bool | None:
    """Whether there is property management; the name of a company says so too."""
    if text is None or (cleaning.is_filler(text) and key(text) not in _unmanaged()):
        return None
    if key(text) in _unmanaged():
        return False
    found = cleaning.clean_yes_no(text)
    return True if isinstance(found, Fault) else found


@lru_cache(maxsize=1)
def _unmanaged() -> frozenset[str]:
    return frozenset(key(word) for word in WORDS["unmanaged"])


def short(values: dict[str, Any], name: str, limit: int) -> str:
    """The text of a field, at most ``limit`` characters. Raises Invalid."""
    text: str = values.get(name, "")
    if len(text) > limit:
        fault = Fault("too_long", {"limit": limit})
        raise refusal(name, fault.code, fault.message, fault.mend)
    return text
