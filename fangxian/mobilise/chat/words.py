"""The words of sign-up lists, kept as data."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any, Final

_FILE: Final = Path(__file__).resolve().parent.parent / "data" / "chat_words.json"


@cache
def vocabulary() -> dict[str, Any]:
    """The whole file."""
    data: dict[str, Any] = json.loads(_FILE.read_text(encoding="utf-8"))
    return data


@cache
def pattern(name: str) -> re.Pattern[str]:
    """The expression `name` of the file."""
    return re.compile(vocabulary()["patterns"][name], re.IGNORECASE)


@cache
def listed(name: str) -> frozenset[str]:
    """The words of one kind."""
    return frozenset(vocabulary()["words"][name])


@cache
def any_of(name: str) -> re.Pattern[str]:
    """An expression that finds any word of one kind."""
    return re.compile("|".join(re.escape(w) for w in sorted(listed(name), key=len, reverse=True)))


@cache
def kinds() -> dict[str, frozenset[str]]:
    """From each word to the kinds it belongs to."""
    table: dict[str, set[str]] = {}
    for kind, words in vocabulary()["words"].items():
        if kind not in {
            "announced",
            "needed",
            "thanks_only",
            "listing",
            "sure_listing",
            "family_names",
        }:
            for word in words:
                table.setdefault(word.lower(), set()).add(kind)
    return {word: frozenset(found) for word, found in table.items()}


@cache
def shift_words() -> dict[str, tuple[tuple[str, ...], bool]]:
    """From each word for shifts to their classes, and whether it is a shorthand."""
    data = vocabulary()
    table: dict[str, tuple[tuple[str, ...], bool]] = {}
    for code, words in data["shifts"].items():
        for word in words["short"]:
            table[word] = ((code,), True)
        for word in words["full"]:
            table[word] = ((code,), False)
    for codes, words in data["both"].items():
        for word in words:
            table[word] = (tuple(codes.split(",")), True)
            if len(word) < 4:
                table[word + vocabulary()["letter"]] = (tuple(codes.split(",")), False)
    return table


@cache
def relative_days() -> dict[str, tuple[int, ...]]:
    """From each word such as tomorrow to its distance in days."""
    return {
        word: tuple(int(part) for part in far.split(","))
        for far, words in vocabulary()["relative_days"].items()
        for word in words
    }


def number(text: str) -> int:
    """A number in digits or Chinese numerals below one hundred."""
    if text.isdigit():
        return int(text)
    digits = vocabulary()["numerals"]
    total = 0
    for char in text:
        value = digits.get(char, 0)
        total = max(total, 1) * 10 if value == 10 else total + value
    return total
