"""Names for searching: normal form, pinyin initials, the tokens they are found under."""

from __future__ import annotations

import json
import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import Final

LONGEST: Final = 24
_LAST: Final = "\U0010ffff"
# Separators of given names and the like; the database's people_tokens() leaves out the same.
_DROPPED: Final = dict.fromkeys(map(ord, " \u3000\u00b7\u2022\u30fb\u2027\u2219.-'"))
_SURNAMES: Final[dict[str, str]] = json.loads(
    (Path(__file__).parent / "data" / "surnames.json").read_text("utf-8")
)


def tidy(name: str) -> str:
    """The name as it is kept: one width, no space between Han characters, else single ones."""
    text = " ".join(unicodedata.normalize("NFKC", name).split())
    if " " in text and any(_is_han(character) for character in text):
        text = text.replace(" ", "")
    return text


def search_form(name: str) -> str:
    """What tokens are made of: lower case, without separators, at most 24 characters."""
    return tidy(name).translate(_DROPPED).lower()[:LONGEST]


@lru_cache(maxsize=50_000)
def initials(name: str) -> str:
    """Pinyin initials of a Han name, surname readings first (``""`` for other names)."""
    text = tidy(name)
    if not text.isalpha():
        text = text.translate(_DROPPED)
    if not text or not _is_han(text[0]):
        return ""
    head = next((text[:size] for size in (2, 1) if text[:size] in _SURNAMES), "")
    found = _SURNAMES.get(head, "")
    return (found + "".join(_initial(character) for character in text[len(head) :]))[:LONGEST]


@lru_cache(maxsize=30_000)
def _initial(character: str) -> str:
    from pypinyin import Style, lazy_pinyin

    if character.isascii():
        return character.lower()
    read: list[str] = lazy_pinyin(character, style=Style.FIRST_LETTER, errors="ignore")
    return read[0][:1] if read else ""


def _is_han(character: str) -> bool:
    return "\u3400" <= character <= "\u9fff" or "\U00020000" <= character <= "\U0003ffff"


def after(prefix: str) -> str:
    """The first text after all that begin with ``prefix``, under C collation."""
    return prefix + _LAST
