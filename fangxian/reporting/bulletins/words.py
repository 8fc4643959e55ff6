"""The words of the language of templates: Chinese and English, kept as data."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, Final

from django.utils.translation import override

from fangxian.common.facts import FactTable, Measure, measures, tables
from fangxian.common.sheets.words import key

DATA: Final = Path(__file__).resolve().parent.parent / "data"
LANGUAGES: Final = ("zh-hans", "zh-hant", "en")


@cache
def _words() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((DATA / "words.json").read_text("utf-8"))
    return found


@cache
def known(group: str) -> dict[str, str]:
    """What is written → what is meant, of a group of words."""
    return {key(word): name for name, words in _words()[group].items() for word in words}


def meant(group: str, word: str) -> str | None:
    """What a word means in its group, None when it is none of it."""
    return known(group).get(key(word))


def is_yes(word: str) -> bool:
    """Whether a word says yes."""
    return key(word) in {key(one) for one in _words()["yes"]}


@cache
def place_endings() -> tuple[str, ...]:
    """What names of places end in, the longest first."""
    return tuple(sorted(map(key, _words()["place_endings"]), key=len, reverse=True))


def first(group: str, name: str) -> str:
    """The Chinese word for something, as the help shows it."""
    return str(_words()[group][name][0])


def usual(name: str) -> str:
    """How a paper names its issuer where its place has set nothing, with places to fill."""
    return str(_words()["issuers"][name])


def written(group: str) -> list[tuple[str, str]]:
    """The words of a group, Chinese and English, as the help lists them."""
    found = _words()[group]
    return [("、".join(words[:-1]) or words[0], words[-1]) for words in found.values()]


def labels_of(label: Any) -> set[str]:
    """What something is called in each language, as names are compared."""
    found = set()
    for language in LANGUAGES:
        with override(language):
            found.add(key(str(label)))
    return found


@cache
def _synonyms() -> dict[str, list[str]]:
    """How offices call figures, beside their own names."""
    found: dict[str, list[str]] = json.loads((DATA / "figures.json").read_text("utf-8"))
    return found


def names_of(measure: Measure) -> set[str]:
    """All names of a figure, as they are compared."""
    return labels_of(measure.label) | {key(word) for word in _synonyms().get(measure.name, ())}


@cache
def _measures() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for measure in measures:
        for word in {key(measure.name), *names_of(measure)}:
            found.setdefault(word, []).append(measure.name)
    return found


@cache
def _tables() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for table in tables:
        for word in {key(table.name), *labels_of(table.label)}:
            found.setdefault(word, []).append(table.name)
    return found


@cache
def _settled_columns(table: str) -> dict[str, str]:
    return _columns(tables.get(table))


def _columns(table: FactTable) -> dict[str, str]:
    found: dict[str, str] = {}
    for column in table.columns:
        for word in {key(column.name), *labels_of(column.label)}:
            found.setdefault(word, column.name)
    return found


def measures_called(word: str) -> list[Measure]:
    """The figures that are called so, by code or by name in any language."""
    # A dot tells codes apart; names are compared without marks.
    if word in measures:
        return [measures.get(word)]
    return [measures.get(name) for name in _measures().get(key(word), ())]


def tables_called(word: str) -> list[FactTable]:
    """The tables that are called so."""
    if word in tables:
        return [tables.get(word)]
    return [tables.get(name) for name in _tables().get(key(word), ())]


def subjects() -> dict[str, FactTable]:
    """The tables that a paper can be about a row of, by what such a row is called."""
    return {table.subject.name: table for table in tables if table.subject is not None}


def subject_terms(table: FactTable) -> list[tuple[str, str]]:
    """What a paper can tell of a row of a table: term and name of each column."""
    word = first("subjects", table.subject.name) if table.subject else ""
    with override(LANGUAGES[0]):
        said = [f"{word}.{column.label}" for column in table.columns]
    return [(term, str(column.label)) for term, column in zip(said, table.columns, strict=True)]


def column_called(table: str, word: str) -> str | None:
    """The column of a table that is called so."""
    facts = tables.get(table)
    called = _settled_columns(table) if facts.settled else _columns(facts)
    return called.get(key(word))
