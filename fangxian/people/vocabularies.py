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
IDENTITY: Final = "identity"
