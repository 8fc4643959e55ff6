"""Codes of the register, kept as data (GB/T 4761 for relations, shortened)."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from fangxian.common.vocabulary import Vocabulary

DATA = Path(__file__).parent / "data"

RELATIONS: Final = Vocabulary(DATA / "relations.json")
RESIDENCY_KINDS: Final = Vocabulary(DATA / "residency_kinds.json")
KEY_GROUPS: Final = Vocabulary(DATA / "key_groups.json")
ESTABLISHMENT_KINDS: Final = Vocabulary(DATA / "establishment_kinds.json")
HEAD: Final = "head"
OTHER: Final = "other"
REGISTERED: Final = "registered"
FLOATING: Final = "floating"
SEPARATED: Final = "separated"
