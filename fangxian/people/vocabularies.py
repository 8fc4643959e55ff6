"""Codes of persons: sex, ethnicity, kinds of documents."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fangxian.common.vocabulary import Vocabulary

_DATA = Path(__file__).parent / "data"

# GB/T 2261.1
SEXES: Final = [
    ("0", _("unknown")),
    ("1", pgettext_lazy("sex", "male")),
    ("2", pgettext_lazy("sex", "female")),
    ("9", _("not stated")),
]
# GB/T 3304
ETHNICITIES: Final = Vocabulary(_DATA / "ethnicities.json")
DOCUMENT_KINDS: Final = Vocabulary(_DATA / "document_kinds.json")
# ISO 3166-1
NATIONALITIES: Final = Vocabulary(_DATA / "nationalities.json")
CHINESE: Final = "CHN"
# Whom these are given to is a foreigner, or may be one.
FOREIGN_DOCUMENTS: Final = frozenset({"passport", "foreigner_permit"})
IDENTITY: Final = "identity"
# What the readers of cells call a kind of document, and what it is called here.
_READ_AS: Final = {
    "resident_identity": IDENTITY,
    "foreign_residence": "foreigner_permit",
    "hmt_residence": "residence_permit",
    "passport": "passport",
    "hong_kong_macao_permit": "hk_macao_permit",
    "taiwan_permit": "taiwan_permit",
}


def document_kind(read: str) -> str:
    """The code of a kind of document that a cell's reader found (``common.sheets.cleaning``)."""
    return _READ_AS.get(read, "other")
