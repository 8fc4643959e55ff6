"""What a ledger's word for how somebody lives at a door means, by the column it stands in."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any, Final

from fangxian.common.sheets import cleaning
from fangxian.common.sheets.words import key
from fangxian.register.vocabularies import DATA, RESIDENCY_KINDS

# Meanings beside the kinds of residency.
NOBODY: Final = "nobody"
ABSENT: Final = "absent"

_WORDS: Final[dict[str, list[str]]] = json.loads((DATA / "states.json").read_text("utf-8"))
_VACANT: Final = frozenset(key(word) for word in _WORDS["vacant"])
_COLUMNS: Final[dict[str, Any]] = json.loads((DATA / "residence_columns.json").read_text("utf-8"))
_YES_NO: Final[dict[str, dict[str, str]]] = {
    key(label): meanings for label, meanings in _COLUMNS["yes_no"].items()
}
_HOUSES: Final = frozenset(key(label) for label in _COLUMNS["houses"])
_BRACKETS: Final = re.compile(r"[(（][^()（）]*[)）]")


def tells_gone(text: str) -> bool:
    """Whether a word tells of a death or of a move away."""
    return any(word in text for word in _WORDS["gone"])


class StatusColumn:
    """The column of a ledger with this name, which tells what yes and no mean in it."""

    def __init__(self, name: str) -> None:
        self._yes_no = _YES_NO.get(key(name), {})
        # It speaks of the building: a word that is none for residents says nothing about them.
        self._of_houses = key(name) in _HOUSES

    def meaning(self, said: str) -> str | None:
        """A kind of residency, NOBODY, ABSENT (not here, whoever it is); "" where nothing is said.

        None when the word is not understood.
        """
        if self._yes_no and isinstance(answer := cleaning.clean_yes_no(said), bool):
            return self._yes_no.get("yes" if answer else "no")
        known = _meaning(said)
        if known is None and self._of_houses and not tells_gone(said):
            return ""
        return known


@lru_cache(maxsize=1024)
def _meaning(said: str) -> str | None:
    if cleaning.is_filler(said):
        return ""
    for word in (said, _BRACKETS.sub("", said)):
        if key(word) in _VACANT:
            return NOBODY
        if kind := RESIDENCY_KINDS.code_of(word):
            return kind
    return None
