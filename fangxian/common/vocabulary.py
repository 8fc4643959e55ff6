"""Vocabularies kept as data: a code, its names in the languages, the words ledgers use for it.

A file is a list of ``{"code", "en", "zh", "words"}``. Han text stays out of the code this way, and
a place can add a code without a release.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from django.utils.functional import lazy
from django.utils.translation import get_language


@lru_cache(maxsize=1)
def _converter() -> Any:
    from opencc import OpenCC

    return OpenCC("s2tw")


@lru_cache(maxsize=4096)
def traditional(text: str) -> str:
    """The text in traditional characters."""
    return str(_converter().convert(text))


def in_language(*, en: str, zh: str) -> str:
    """Choose the text of the reader's language; traditional characters are converted."""
    language = get_language() or "zh-hans"
    if language.startswith("en") and en:
        return en
    return traditional(zh) if language == "zh-hant" else zh


def in_all_languages(data: Any) -> Any:
    """The data with ``hant`` beside each ``zh``, for who chooses the language later."""
    if isinstance(data, Mapping):
        told = {key: in_all_languages(value) for key, value in data.items()}
        if isinstance(data.get("zh"), str):
            told["hant"] = traditional(data["zh"])
        return told
    if isinstance(data, list | tuple):
        return [in_all_languages(one) for one in data]
    return data


@dataclass(frozen=True)
class Named:
    """A row of rule data that has a code and its names."""

    code: str
    zh: str
    en: str

    @property
    def name(self) -> str:
        """The name in the reader's language."""
        return in_language(en=self.en, zh=self.zh)


@dataclass(frozen=True)
class Term:
    """One entry; ``data`` holds what else its file says."""

    code: str
    en: str
    zh: str
    words: tuple[str, ...] = ()
    data: dict[str, Any] = field(default_factory=dict, compare=False, hash=False)

    def __str__(self) -> str:
        return in_language(en=self.en, zh=self.zh)


def _fold(word: str) -> str:
    return unicodedata.normalize("NFKC", word).strip().casefold()


class Vocabulary:
    """The terms of one file, in its order."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @cached_property
    def terms(self) -> dict[str, Term]:
        """Terms by code."""
        found = {}
        for entry in json.loads(self.path.read_text("utf-8")):
            known = {name: entry.pop(name) for name in ("code", "en", "zh")}
            words = tuple(entry.pop("words", ()))
            found[known["code"]] = Term(**known, words=words, data=entry)
        return found

    @cached_property
    def _by_word(self) -> dict[str, str]:
        table: dict[str, str] = {}
        for term in self.terms.values():
            for word in (term.code, term.zh, term.en, *term.words):
                table.setdefault(_fold(word), term.code)
        return table

    def code_of(self, word: str) -> str | None:
        """The code that a ledger's word means, None when it is unknown."""
        return self._by_word.get(_fold(word))

    def label(self, code: str) -> str:
        """The name of a code in the current language; the code itself when it is unknown."""
        term = self.terms.get(code)
        return str(term) if term else code

    def choices(self) -> list[tuple[str, Any]]:
        """For the choices of a form field; names follow the language of the request."""
        return [(code, _lazy_label(self, code)) for code in self.terms]

    def __contains__(self, code: object) -> bool:
        return code in self.terms


def _label(vocabulary: Vocabulary, code: str) -> str:
    return vocabulary.label(code)


_lazy_label = lazy(_label, str)
