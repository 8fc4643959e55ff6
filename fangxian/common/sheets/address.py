"""Addresses that name building, unit and room in one cell.

Nothing here looks up a place: the text alone is taken apart. Building, unit, floor and room come in
one canonical writing (half width, Arabic digits, no leading zero, capital letters), so that
三号楼二单元0501 and 3-2-501 agree.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Final

from .cells import Cell, cell_text
from .words import fold, load

_NUMBER: Final = r"[A-Z]?\d{1,4}[A-Z]?|[A-Z]{1,2}"
_SPACED: Final = re.compile(r"(?<=[A-Z0-9])\s+(?=[A-Z0-9])")
_POINTED: Final = re.compile(r"(?<=\d)[.,](?=\d)")
_HYPHENS: Final = re.compile(r"-{2,}")
_SUBROOM: Final = r"\d{1,5}[A-Z]?(?:-[A-Z0-9]{1,2}(?![\dA-Z]))?"


@dataclass(frozen=True, slots=True)
class AddressParts:
    """What an address names. `rest` is what was understood as nothing else; `confidence` lies in 0
    … 1.
    """

    building: str | None = None
    unit: str | None = None
    floor: str | None = None
    room: str | None = None
    village_group: str | None = None
    road: str | None = None
    number: str | None = None
    estate: str | None = None
    rest: str = ""
    confidence: float = 0.0

    @property
    def likely_floor(self) -> int | None:
        """The floor as written, else from a room number of three or four digits: 1203 lies on floor
        12.
        """
        if self.floor and self.floor.lstrip("-").isdecimal():
            return int(self.floor)
        digits = re.match(r"\d{3,4}(?!\d)", self.room or "")
        return int(digits[0][:-2]) if digits else None

    @property
    def door(self) -> str:
        """Building-unit-room as far as known, for comparing doors: "3-2-501"."""
        return "-".join(
            part for part in (self.building, self.unit, self.room or self.number) if part
        )


def parse_address(cell: Cell) -> AddressParts:
    """Take one address apart. An empty or unreadable cell gives parts without anything and
    confidence 0.
    """
    return _parse(_unify(cell_text(cell)))


@lru_cache(maxsize=4096)
def _parse(text: str) -> AddressParts:
    if not text:
        return AddressParts()
    patterns = _patterns()
    if match := patterns.building.search(text):
        return _from_building(text[: match.start()], match, text[match.end() :])
    if match := patterns.unit_anywhere.search(text):
        before = text[: match.start()]
        parts = _interior(text[match.start() :])
        if number := re.search(rf"({_NUMBER})-$", before):
            parts = replace(parts, building=_plain(number[1]), confidence=parts.confidence + 0.2)
            before = before[: number.start()]
        return _prefix(before, parts)
    if match := patterns.group.search(text):
        return _from_group(text, match)
    if (match := patterns.road.search(text)) and match["signed"] and match.end() == len(text):
        return _from_number(text)
    if match := patterns.chain.search(text):
        return _from_chain(text[: match.start()], match)
    return _from_number(text)


def _from_building(before: str, match: re.Match[str], after: str) -> AddressParts:
    building = _plain(match["building"])
    if match["row"]:
        building += match["row"]
    if wing := _patterns().wing.match(after):
        building, after = f"{building}-{wing[1]}", after[wing.end() :]
    inner = _interior(after.lstrip("-"))
    confidence = 0.95 if inner.room and inner.unit else 0.9 if inner.room else 0.8
    if inner.rest:
        confidence -= 0.2
    return _prefix(before, replace(inner, building=building, confidence=confidence))


def _interior(text: str) -> AddressParts:
    """What stands behind the building: unit, floor, room."""
    patterns = _patterns()
    unit = floor = room = None
    confidence = 0.5
    if match := patterns.unit.match(text):
        unit, text = _plain(match[1]), text[match.end() :].lstrip("-")
        confidence += 0.1
    elif match := re.match(r"(\d{1,2}|[A-Z])-(?=\d{1,5}(?!\d))(?!\d{1,2}$)", text):
        unit, text = _plain(match[1]), text[match.end() :]
    elif match := re.match(r"(\d{1,2})-(?=\d{1,2}$)", text):
        # 3号楼2-1: a unit of few doors.
        unit, text = _plain(match[1]), text[match.end() :]
        confidence -= 0.2
    if match := patterns.floor.match(text):
        floor, text = _floor(match["sign"], match["floor"]), text[match.end() :].lstrip("-")
    elif match := re.match(r"(\d{1,2})-(?=\d{1,4}(?!\d))", text):
        floor, text = _plain(match[1]), text[match.end() :]
    if match := patterns.room.match(text):
        room, text = _plain(match[1]), text[match.end() :]
        confidence += 0.2
    elif match := patterns.room_word.match(text):
        room, text = match[0], text[match.end() :]
        confidence += 0.1
    return AddressParts(
        unit=unit, floor=floor, room=room, rest=text.strip("-,.;() "), confidence=confidence
    )


def _from_group(text: str, match: re.Match[str]) -> AddressParts:
    """A village group, then a house number: 东村三组12号."""
    after = text[match.end() :].lstrip("-")
    number = re.match(rf"(\d{{1,5}}[A-Z]?(?:-\d{{1,3}})?)(?:{_any('number', 'room')})?", after)
    parts = AddressParts(village_group=_plain(match["group"]), confidence=0.6)
    if number:
        parts = replace(parts, number=_plain(number[1]), confidence=0.85)
        after = after[number.end() :]
    parts = replace(parts, rest=after.strip("-,.;() "))
    return _prefix(text[: match.start()], parts)


def _from_chain(before: str, match: re.Match[str]) -> AddressParts:
    """Numbers with hyphens alone: building, unit, room; building, room; building, unit, floor,
    room.
    """
    numbers = [_plain(number) for number in match[0].rstrip(_letters("room")).split("-")]
    match numbers:
        case [building, unit, floor, room]:
            parts = AddressParts(building, unit, floor, room, confidence=0.8)
        case [building, unit, room]:
            parts = AddressParts(
                building, unit, None, room, confidence=0.9 if len(room) >= 3 else 0.7
            )
        case [building, room] if len(room.rstrip("ABCDEFGH")) >= 3:
            parts = AddressParts(building, None, None, room, confidence=0.75)
        case [building, unit]:
            parts = AddressParts(building, unit, confidence=0.3)
        case _:
            return _prefix(before + match[0], AddressParts())
    return _prefix(before, parts)


def _from_number(text: str) -> AddressParts:
    """No building, no group: road and number, a room in an estate, or a house in a village."""
    patterns = _patterns()
    parts = _prefix(text, AddressParts())
    if parts.road and parts.number:
        if parts.rest and (room := patterns.room.fullmatch(parts.rest)):
            return replace(parts, room=_plain(room[1]), rest="", confidence=0.7)
        return replace(parts, confidence=0.7 if not parts.rest else 0.6)
    if match := patterns.letter_room.search(text):
        return _prefix(
            text[: match.start()],
            AddressParts(building=match[1], room=_plain(match[2]), confidence=0.6),
        )
    if match := patterns.last_number.search(text):
        sign = match["sign"]
        value = _plain(match["number"])
        before = text[: match.start()]
        if sign in load("address")["number"] and len(value) < 4:
            return _prefix(before, AddressParts(number=value, confidence=0.6))
        if len(value) >= 3:
            return _prefix(before, AddressParts(room=value, confidence=0.5))
    return parts


def _prefix(text: str, parts: AddressParts) -> AddressParts:
    """Road, number, group, estate and what else stands in front of the building."""
    patterns = _patterns()
    rest = ""
    text = text.strip("-,;. ")
    if match := patterns.admin.match(text):
        rest, text = match[0], text[match.end() :]
    road, number, group = parts.road, parts.number, parts.village_group
    if match := patterns.road.search(text):
        if match["lane"]:
            road, number = match["road"], match["lane"]
        else:
            road = match["road"]
            number = _plain(match["number"]) if match["number"] else number
        if match["house"] and parts.building is None:
            # Shanghai: lane, then the house in it.
            parts = replace(parts, building=_plain(match["house"]))
        rest += text[: match.start()]
        text = text[match.end() :]
    if group is None and (match := patterns.group.search(text)):
        group = _plain(match["group"])
        text = text[: match.start()] + text[match.end() :]
    if number is None and (match := patterns.house_number.search(text)):
        number = _plain(match[1])
        text = text[: match.start()] + text[match.end() :]
    estate = parts.estate
    text = text.strip("-,;. ")
    if parts.building and parts.room is None and (match := patterns.room.fullmatch(text)):
        # 123弄5号301室: the room stands behind the house that the road's pattern took.
        parts, text = replace(parts, room=_plain(match[1])), ""
    if text and (
        patterns.estate.search(text)
        or (parts.building and len(text) > 1 and not patterns.village.search(text))
    ):
        estate, text = text, ""
    rest = "".join(filter(None, (rest, text, parts.rest)))
    return replace(parts, road=road, number=number, village_group=group, estate=estate, rest=rest)


@cache
def _separators() -> re.Pattern[str]:
    given = load("address")["separators"]
    forms = {form for one in given for form in (one, fold(one)) if form}
    return re.compile("|".join(re.escape(form) for form in sorted(forms)))


# The people of a household stand one below the other, each with the same address.
@lru_cache(maxsize=4096)
def _unify(text: str) -> str:
    """Half width, hyphens alike, spaces between numbers as hyphens, Chinese numbers before a mark
    as digits.
    """
    separators = _separators()
    text = separators.sub("-", text)
    text = separators.sub("-", fold(text).upper().replace("\n", " "))
    text = _SPACED.sub("-", text)
    text = "".join(text.split())
    text = _POINTED.sub("-", text)
    text = _HYPHENS.sub("-", text).strip("-,.;:")
    return _patterns().chinese.sub(lambda match: _arabic(match[0]), text)


def _plain(number: str) -> str:
    """0501 to 501; letters and words stay."""
    return re.sub(r"^0+(?=\d)", "", number)


def _floor(sign: str | None, number: str) -> str:
    return f"-{_plain(number)}" if sign else _plain(number)


def _arabic(text: str) -> str:
    """A Chinese number as digits: 二十三 is 23, 五〇一 is 501, 一百零二 is 102."""
    data = load("words")
    digits: dict[str, int] = data["digits"]
    tens, hundreds = data["tens"], data["hundreds"]
    if not any(char in tens or char in hundreds for char in text):
        return "".join(str(digits[char]) for char in text)
    total, current = 0, 0
    for char in text:
        if char in digits:
            current = digits[char]
        elif char in tens:
            total += (current or 1) * 10
            current = 0
        else:
            total += (current or 1) * 100
            current = 0
    return str(total + current)


def _any(*names: str) -> str:
    """Alternatives of the listed words, longest first."""
    found = {fold(word) for name in names for word in load("address")[name]}
    return "|".join(re.escape(word) for word in sorted(found, key=lambda word: (-len(word), word)))


def _not_after(name: str) -> str:
    """A look-behind that refuses each of the listed words."""
    return "".join(f"(?<!{re.escape(fold(word))})" for word in load("address")[name])


def _letters(name: str) -> str:
    return "".join({char for word in load("address")[name] for char in word})


@dataclass(frozen=True, slots=True)
class _Patterns:
    chinese: re.Pattern[str]
    building: re.Pattern[str]
    wing: re.Pattern[str]
    unit: re.Pattern[str]
    unit_anywhere: re.Pattern[str]
    floor: re.Pattern[str]
    room: re.Pattern[str]
    room_word: re.Pattern[str]
    group: re.Pattern[str]
    chain: re.Pattern[str]
    road: re.Pattern[str]
    house_number: re.Pattern[str]
    last_number: re.Pattern[str]
    letter_room: re.Pattern[str]
    admin: re.Pattern[str]
    estate: re.Pattern[str]
    village: re.Pattern[str]


@cache
def _patterns() -> _Patterns:
    numerals = "".join(load("words")["digits"]) + "".join(
        load("words")["tens"] + load("words")["hundreds"]
    )
    ordinal = _any("ordinals")
    value = rf"{_NUMBER}|{ordinal}"
    units = rf"(?:{_any('unit')}|(?:{_any('unit_if_followed')})(?=-?\d|$))"
    rooms = _any("room")
    marks = _any(
        "building",
        "building_or_floor",
        "unit",
        "unit_if_followed",
        "floor",
        "room",
        "row",
        "group",
        "number",
        "lane",
    )
    return _Patterns(
        chinese=re.compile(rf"[{numerals}]+(?={marks}|-?\d)|[{numerals}]{{3,5}}$"),
        building=re.compile(
            rf"(?<![A-Z0-9])(?P<building>{value})(?:-?(?:{_any('building')})|(?:{_any('building_or_floor')})"
            rf"(?=-?(?:{value})(?:{units}))|(?P<row>{_any('row')})(?=-?\d|$))"
        ),
        wing=re.compile(rf"-?([A-Z])(?:{_any('wing')})"),
        unit=re.compile(rf"({value}){units}"),
        unit_anywhere=re.compile(rf"(?<![A-Z0-9])({value}){units}"),
        floor=re.compile(rf"(?P<sign>{_any('basement')})?(?P<floor>\d{{1,3}})(?:{_any('floor')})"),
        room=re.compile(rf"({_SUBROOM}|[A-Z]\d{{0,4}}(?=(?:{rooms})|$))(?:{rooms})?"),
        room_word=re.compile(rf"(?:{_any('room_words')})"),
        group=re.compile(
            rf"(?:{_any('group_prefix')})?(?P<group>\d{{1,3}})(?:{_any('group')}|(?:{_any('group_if_last')})(?=-?\d|$))"
        ),
        chain=re.compile(
            rf"(?<![A-Z0-9])(?:[A-Z]?\d{{1,4}}[A-Z]?|[A-Z])(?:-\d{{1,5}}[A-Z]?){{1,3}}(?:{rooms})?$"
        ),
        road=re.compile(
            rf"(?P<road>[^\d\-,.]*?(?:{_any('road')})(?!{_any('after_road')})"
            + _not_after("not_road")
            + rf")(?:(?P<lane>\d{{1,5}})(?:{_any('lane')})"
            rf"(?:(?P<house>\d{{1,4}})(?:{_any('number')}))?"
            rf"|(?P<number>\d{{1,5}}(?:-\d{{1,3}})?)(?P<signed>{_any('number')}))?"
        ),
        house_number=re.compile(rf"(\d{{1,5}}(?:-\d{{1,3}})?)(?:{_any('number')})"),
        last_number=re.compile(
            r"(?<![A-Z0-9\-])(?P<number>\d{1,5}[A-Z]?(?:-\d{1,3})?)"
            rf"(?P<sign>{_any('number', 'room')})?$"
        ),
        letter_room=re.compile(rf"(?<![A-Z0-9\-])([A-Z])(\d{{3,4}})(?:{rooms})?$"),
        admin=re.compile(rf"^(?:[^\d\-]{{1,9}}?(?:{_any('admin')}){_not_after('not_admin')})+"),
        estate=re.compile(rf"(?:{_any('estate_ends')})(?:\([^()]*\))?$"),
        village=re.compile(rf"(?:{_any('village_ends')})$"),
    )
