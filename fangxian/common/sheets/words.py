"""The words of Chinese ledgers, kept as data beside the code, and how labels are compared."""

from __future__ import annotations

import json
import re
import unicodedata
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

_DATA: Final = Path(__file__).resolve().parent / "data"
# Spaces, punctuation and marks that say nothing in a label: 姓 名*：
_NOISE: Final = re.compile(r"[\s\W_]+", re.UNICODE)
_BRACKETS: Final = re.compile(
    r"\([^()]*\)|\[[^\[\]]*\]|\u3010[^\u3010\u3011]*\u3011|\u3014[^\u3014\u3015]*\u3015"
)
_ZERO_WIDTH: Final = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u200f"))


@cache
def load(name: str) -> Any:
    """The data file `name`.json."""
    return json.loads((_DATA / f"{name}.json").read_text(encoding="utf-8"))


@cache
def text_file(name: str) -> str:
    """The data file `name` as it stands."""
    return (_DATA / name).read_text(encoding="utf-8")


def fold(text: str) -> str:
    """Half width, without invisible characters, outer space removed; case is kept."""
    if text.isascii():
        return text.strip()
    if not text.isprintable():
        text = text.translate(_ZERO_WIDTH)
    return unicodedata.normalize("NFKC", text).strip()


@lru_cache(maxsize=8192)
def key(text: str) -> str:
    """A label reduced to what is compared: half width, lower case, letters and digits alone."""
    folded = fold(text).casefold()
    return folded if folded.isalnum() else _NOISE.sub("", folded) or folded


@lru_cache(maxsize=8192)
def key_without_brackets(text: str) -> str:
    """As `key`, remarks in brackets left out: 身份证号（18位） and 身份证号 are one."""
    return key(_BRACKETS.sub("", fold(text)))


@cache
def words(name: str) -> frozenset[str]:
    """The list `name` of words.json as keys."""
    return frozenset(key(word) for word in load("words")[name])


@cache
def field_of_label() -> dict[str, str]:
    """From the key of every known column name to its field."""
    table: dict[str, str] = {}
    for field, labels in load("headers").items():
        for label in labels:
            table.setdefault(key(label), field)
    for field, labels in load("headers").items():
        for label in labels:
            table.setdefault(key_without_brackets(label), field)
    return table


@cache
def longest(name: str) -> int:
    """The length of the longest key of the list `name`."""
    return max(map(len, words(name)))


def known_field(label: str) -> str | None:
    """The field that `label` names exactly, width, spaces, signs and brackets set aside."""
    table = field_of_label()
    return table.get(key(label)) or table.get(key_without_brackets(label))


@cache
def dittos() -> frozenset[str]:
    """What a cell says that is as the one above."""
    return frozenset(form for word in load("words")["ditto"] for form in (word, fold(word)))
