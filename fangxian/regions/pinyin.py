"""Pinyin initials of place names, fast enough for the whole country.

Most characters have one first letter; those with several are decided by the phrases that
pypinyin knows and by ``data/initials.json`` (place names whose reading is their own).
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

OWN_READINGS = Path(__file__).parent / "data" / "initials.json"
LONGEST_PHRASE = 3


@dataclass(frozen=True)
class _Letters:
    plain: dict[int, str]
    phrases: dict[str, str]
    pairs: re.Pattern[str]
    starts: frozenset[str]

    def decide(self, name: str) -> bool:
        """Whether the name may hold a phrase with a reading of its own."""
        return any(pair in self.starts for pair in self.pairs.findall(name))


def _first_letter(reading: str) -> str:
    base = unicodedata.normalize("NFD", reading)[:1].lower()
    return base if base.isascii() and base.isalpha() else ""


@cache
def _letters() -> _Letters:
    # Imported late: the two dictionaries take 0.3 s and only names being written need them.
    from pypinyin.phrases_dict import phrases_dict
    from pypinyin.pinyin_dict import pinyin_dict

    plain = {code: _first_letter(readings.split(",")[0]) for code, readings in pinyin_dict.items()}
    phrases: dict[str, str] = {}
    for phrase, readings in phrases_dict.items():
        if len(phrase) != len(readings) or not 2 <= len(phrase) <= LONGEST_PHRASE:
            continue
        letters = "".join(_first_letter(options[0]) for options in readings)
        if letters != phrase.translate(plain):
            phrases[phrase] = letters
    phrases |= json.loads(OWN_READINGS.read_text("utf-8"))
    first, second = ("".join(sorted({phrase[i] for phrase in phrases})) for i in (0, 1))
    # Overlapping pairs of characters that can begin and follow in a phrase.
    pairs = re.compile(f"(?=([{re.escape(first)}][{re.escape(second)}]))")
    return _Letters(plain, phrases, pairs, frozenset(phrase[:2] for phrase in phrases))


def _rest(text: str) -> str:
    if text.isalnum() and text.isascii():
        return text.lower()
    return "".join(c for c in text.lower() if c.isascii() and c.isalnum())


def initials(name: str) -> str:
    """Return the first letters of a name's syllables, lower case; digits and Latin stay."""
    letters = _letters()
    name = unicodedata.normalize("NFKC", name)
    if not letters.decide(name):
        return _rest(name.translate(letters.plain))
    out, at = [], 0
    while at < len(name):
        for length in range(min(LONGEST_PHRASE, len(name) - at), 1, -1):
            known = letters.phrases.get(name[at : at + length])
            if known is not None:
                out.append(known)
                at += length
                break
        else:
            out.append(name[at].translate(letters.plain))
            at += 1
    return _rest("".join(out))


def initials_of(names: Iterable[str]) -> dict[str, str]:
    """Return the initials of many names, each made once."""
    unique = list(set(names))
    if not unique or any(not name.isprintable() for name in unique):
        return {name: initials(name) for name in unique}
    letters = _letters()
    # One call for all names: a call a name costs more than the letters themselves.
    plain = "\n".join(unique).translate(letters.plain).split("\n")
    return {
        name: letters_of_name.lower()
        if letters_of_name.isalnum() and letters_of_name.isascii() and not letters.decide(name)
        else initials(name)
        for name, letters_of_name in zip(unique, plain, strict=True)
    }
