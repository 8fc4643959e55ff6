"""What a ledger's word for the relation to the head means."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Final

from fangxian.common.sheets import cleaning
from fangxian.common.sheets.words import fold
from fangxian.register.vocabularies import DATA, HEAD, RELATIONS

_BRACKETS: Final = re.compile(r"\([^()]*\)")
# 02 户主, 10-配偶: the word tells it.
_CODE: Final = re.compile(r"^\d{1,2}[-_.:\s]*(?=[^\W\d])")
_BEFORE: Final = re.compile(
    f"^(?:{'|'.join(json.loads((DATA / 'states.json').read_text('utf-8'))['relation_before'])})+"
)


def without_code(said: str) -> str:
    """The word of a relation without the code before it."""
    return _CODE.sub("", said.strip())


@lru_cache(maxsize=1024)
def relation_of(said: str) -> str | None:
    """The code of a relation; "" where nothing is said, None when the word is not known.

    The head's wife, wife (at home) and wife are one; yes and no answer whether it is the head.
    """
    text = "".join(fold(without_code(said)).split())
    plain = _BRACKETS.sub("", text).strip()
    found = RELATIONS.code_of(text) or RELATIONS.code_of(plain)
    found = found or RELATIONS.code_of(_BEFORE.sub("", plain))
    if found is not None:
        return found
    if cleaning.is_filler(text):
        return ""
    # Digits are codes of relations, not answers.
    answer = None if text.isdecimal() else cleaning.clean_yes_no(text)
    return (HEAD if answer else "") if isinstance(answer, bool) else None
