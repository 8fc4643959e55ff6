"""The number of a door: with its floor where that tells it apart, its corner in one writing."""

from __future__ import annotations

import json
import re
from functools import cache, lru_cache
from typing import Final

from fangxian.common.sheets.address import AddressParts, chinese_number
from fangxian.common.sheets.address_patterns import numerals
from fangxian.common.sheets.cleaning import is_filler
from fangxian.common.sheets.words import fold, load
from fangxian.register.vocabularies import DATA

NAMES: Final[dict[str, str]] = json.loads((DATA / "place_names.json").read_text("utf-8"))
_FLOORS: Final[dict[str, list[str]]] = json.loads((DATA / "floor_words.json").read_text("utf-8"))
_SHORT_FIRST: Final = re.compile(r"(\d{1,2})(?!\d)")
_LEADING: Final = re.compile(r"(?<=\d)-0+(?=\d)")


@cache
def _floors() -> re.Pattern[str]:
    data = load("address")
    below = "|".join(map(re.escape, data["basement"]))
    words = "|".join([*data["floor"], "F"])
    prefix = "|".join(data["group_prefix"])
    # 5/18 and 5层(共18层) are floor 5 of 18.
    total = "|".join(_FLOORS["in_all"])
    return re.compile(
        rf"(?P<below>{below})?(?:{prefix}|F)?(?P<floor>\d{{1,3}}|[^\W\d]{{1,3}}?)(?:{words})?"
        rf"(?:/.*|[(,\s]*(?:{total}).*)?"
    )


def floor_of(text: str) -> str | None:
    match = _floors().fullmatch(fold(text).upper())
    if match is None:
        return None
    number = chinese_number(match["floor"]) or match["floor"]
    if not number.isdecimal():
        return None
    return f"-{int(number)}" if match["below"] else str(int(number))


@lru_cache(maxsize=256)
def names_floor(text: str) -> bool:
    """Whether a word that is no plain floor may tell doors apart: 顶层, but not 多层 or 共6层."""
    plain = fold(text).upper()
    if is_filler(plain) or _of_all_floors().fullmatch(plain):
        return False
    named = any(word in plain for word in _FLOORS["by_name"])
    return named or any(char.isdigit() or char in numerals() for char in plain)


@cache
def _of_all_floors() -> re.Pattern[str]:
    total, words = "|".join(_FLOORS["in_all"]), "|".join(load("address")["floor"])
    half = "|".join(_FLOORS["half"])
    number = rf"(?:\d{{1,3}}|[{''.join(sorted(numerals()))}]{{1,3}})"
    return re.compile(rf"(?:{total}){number}(?:{words})?|{number}(?:{words})(?:{half})")


def door_number(parts: AddressParts, room: str, *, house: bool) -> str:
    """The door's number, with the floor where it does not tell it: 4楼1号 is 401, as 4-1."""
    floor = parts.floor or ""
    room = _corner(room)
    if "-0" in room:
        room = _LEADING.sub("-", room)
    if not (floor and room):
        return room
    below = floor.startswith("-")
    if house or (parts.building or "").endswith(tuple(load("address")["row"])):
        # Houses of a village: who lives upstairs lives at another door.
        return room if floor == "1" else f"{room}-{NAMES['storey'].format(floor)}"
    if not room[0].isdigit():
        return room if room.startswith("-") else f"{floor}-{room}"
    if short := _SHORT_FIRST.match(room):
        return f"{floor}{short[1]:0>2}{room[short.end() :]}"
    if below:
        return f"-{room}" if room.startswith(floor[1:]) else f"{floor}-{room}"
    return room


@cache
def _corners() -> re.Pattern[str]:
    data = load("address")
    words = {
        word for word in data["ordinals"] if word + data["room_word_end"] in data["room_words"]
    }
    stems = "|".join(sorted(words, key=len, reverse=True))
    ends = "|".join(sorted(data["room_word_ends"], key=len, reverse=True))
    return re.compile(rf"({stems})(?:{ends})?(\d{{0,2}})(?:{ends})?")


def _corner(room: str) -> str:
    """东, 东边 and 东门 are 东户."""
    if room.isascii():
        return room
    number, hyphen, word = room.rpartition("-")
    match = _corners().fullmatch(word)
    if match is None:
        return room
    return f"{number}{hyphen}{match[1]}{match[2]}{load('address')['room_word_end']}"
