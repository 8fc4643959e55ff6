"""Estates as ledgers and places name them: 花园二期 and 花园2期 are one, 一期 is another."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

from fangxian.common.sheets.address import chinese_number
from fangxian.common.sheets.words import key, load

_LONE: Final = re.compile(r"\d{1,3}|[a-z]")


@dataclass(frozen=True, slots=True)
class Estate:
    """``area``: what tells its parts apart (2期, 东区, 1号院); ``base``: its name without it."""

    base: str = ""
    area: str = ""

    @property
    def whole(self) -> str:
        """The name as it is compared."""
        return self.base + self.area


@lru_cache(maxsize=4096)
def estate_of(text: str) -> Estate:
    """An estate by what a row or a building's name says of it."""
    word = key(text)
    if not word:
        return Estate()
    if _LONE.fullmatch(word):
        return Estate("", word)
    word = _numbered().sub(lambda match: chinese_number(match[1]), word)
    match = _areas().search(word)
    return Estate(word[: match.start()], word[match.start() :]) if match else Estate(word)


def agreeing(known: Mapping[str, Estate], said: Estate) -> list[str]:
    """The codes of the estates that a row may mean.

    Of an estate of which nothing is known a building stays only where no other one is known to lie
    in the one that is said, and never where the row names a part of it.
    """
    same = [code for code, one in known.items() if one == said]
    if same:
        return same
    if said.area:
        known = {code: one for code, one in known.items() if one.area == said.area}
    if not said.base:
        return list(known)
    alike = [
        code
        for code, one in known.items()
        if one.base and (one.base in said.base or said.base in one.base)
    ]
    return alike or [code for code, one in known.items() if not one.base]


@cache
def _areas() -> re.Pattern[str]:
    data = load("address")
    signs, ends = "|".join(data["area_signs"]), "|".join(data["areas"])
    return re.compile(rf"(?:(?:\d{{1,3}}|[a-z]|{signs})(?:{ends}))+$")


@cache
def _numbered() -> re.Pattern[str]:
    data, numbers = load("address"), load("words")
    numerals = "".join([*numbers["digits"], *numbers["tens"]])
    return re.compile(
        rf"(?:{'|'.join(data['group_prefix'])})?([{numerals}]{{1,3}})(?={'|'.join(data['areas'])})"
    )
