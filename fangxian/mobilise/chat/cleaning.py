"""A pasted line made comparable: half width, without pictures, telephones, plates and rooms."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Any, Final

from .words import pattern, vocabulary

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


def clean(text: str, most: int = 999) -> tuple[str, bool]:
    """The line as it is read, and whether it bore a number of a list, which is ``most`` at most."""
    text = _KEYCAP.sub(r"\1. ", text[:LONGEST])
    circled = pattern("circled").pattern
    if text.lstrip()[:1] and text.lstrip()[0] in circled:
        text = f"({circled.index(text.lstrip()[0]) % 20 + 1})" + text.lstrip()[1:]
    text = _marked(text)
    text = unicodedata.normalize("NFKC", text).translate(_DASHES).translate(_MARKS)
    text = "".join(" " if unicodedata.category(c) in _DROPPED else c for c in text)
    text = pattern("phone").sub(" ", text)
    text = pattern("plate").sub(" ", text)
    text = pattern("label").sub(" ", text)
    kept = pattern("sticker_kept")
    text = (
        pattern("sticker").sub(lambda m: m[0] if kept.search(m[0]) else " ", text).strip()[:LONGEST]
    )
    found = pattern("numbered").match(text)
    # “26 早班” of a short list is a day.
    day = pattern("day_first").match(text)
    if found is None or (day is not None and int(day["day"]) > most):
        return text.strip(), False
    return text[found.end() :].strip(), True


def _marked(text: str) -> str:
    """Ticks, crosses and arrows as the words that they stand for.

    A cross stands behind a shift or alone behind a name; a tick says something beside crosses.
    """
    crossed, said = pattern("crossed"), vocabulary()["signs"]
    if crossed.search(text):
        text = pattern("ticked").sub(said["ticked"], text)
        text = crossed.sub(said["crossed"], text)
    return pattern("arrow").sub(said["arrow"], text)


def without_rooms(text: str) -> str:
    """The line without buildings and rooms."""
    return pattern("rooms_alone").sub(" ", pattern("room").sub(" ", text))
