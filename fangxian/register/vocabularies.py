"""Codes of the register, kept as data (GB/T 4761 for relations, shortened)."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from fangxian.common.vocabulary import Vocabulary

_DATA = Path(__file__).parent / "data"

RELATIONS: Final = Vocabulary(_DATA / "relations.json")
RESIDENCY_KINDS: Final = Vocabulary(_DATA / "residency_kinds.json")
KEY_GROUPS: Final = Vocabulary(_DATA / "key_groups.json")
ESTABLISHMENT_KINDS: Final = Vocabulary(_DATA / "establishment_kinds.json")
HEAD: Final = "head"
REGISTERED: Final = "registered"
SEPARATED: Final = "separated"
