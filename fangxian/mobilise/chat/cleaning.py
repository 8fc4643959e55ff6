"""A pasted line made comparable: half width, without pictures, telephones, plates and rooms."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Any, Final

from .words import pattern

# Nobody writes a longer sign-up; what stands behind is kept in the text shown, but not read.
LONGEST: Final = 400
_DROPPED: Final = frozenset({"So", "Sk", "Cs", "Co", "Cn", "Me", "Cf", "Cc", "Mn"})
_DASHES: Final = dict.fromkeys(map(ord, "\u2014\u2013\u2015\u2212\u2500\u2011"), "-")
_MARKS: Final = {ord("\u301c"): "~", ord("\u3002"): ";", ord("\uff5e"): "~", ord("\u3010"): "(",
                 ord("\u3011"): ")", ord("\u3014"): "(", ord("\u3015"): ")"}  # fmt: skip
_KEYCAP: Final = re.compile("(\\d)\ufe0f?\u20e3")


@lru_cache(maxsize=1)
def _converter() -> Any:
    from opencc import OpenCC

    return OpenCC("t2s")


@lru_cache(maxsize=8192)
def _simple(char: str) -> str:
    if char < "\u3400":
        low = char.lower()
        return low if len(low) == 1 else char
    plain = str(_converter().convert(char))
    return plain if len(plain) == 1 else char


def fold(text: str) -> str:
    """Lower case and simplified characters, as many as before."""
    return "".join(map(_simple, text))


def clean(text: str) -> tuple[str, bool]:
    """The line as it is read, and whether it bore a number of a list."""
    text = _KEYCAP.sub(r"\1. ", text[:LONGEST])
    circled = pattern("circled").pattern
    if text.lstrip()[:1] and text.lstrip()[0] in circled:
        text = f"({circled.index(text.lstrip()[0]) % 20 + 1})" + text.lstrip()[1:]
    text = unicodedata.normalize("NFKC", text).translate(_DASHES).translate(_MARKS)
    text = "".join(" " if unicodedata.category(c) in _DROPPED else c for c in text)
    text = pattern("phone").sub(" ", text)
    text = pattern("plate").sub(" ", text)
    kept = pattern("sticker_kept")
    text = (
        pattern("sticker").sub(lambda m: m[0] if kept.search(m[0]) else " ", text).strip()[:LONGEST]
    )
    found = pattern("numbered").match(text)
    if found:
        text = text[found.end() :]
    return text.strip(), found is not None


def without_rooms(text: str) -> str:
    """The line without buildings and rooms."""
    return pattern("rooms_alone").sub(" ", pattern("room").sub(" ", text))
