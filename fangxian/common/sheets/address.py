"""Addresses that name building, unit and room in one cell.

Nothing here looks up a place: the text alone is taken apart. Building, unit, floor and room come in
one canonical writing (half width, Arabic digits, no leading zero, capital letters), so that
三号楼二单元0501 and 3-2-501 agree.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from .address_patterns import NUMBER, numerals, separators
from .address_patterns import patterns as _patterns
from .cells import Cell, cell_text
from .words import fold, load

_SPACED: Final = re.compile(r"(?<=[A-Z0-9])\s+(?=[A-Z0-9])")
_POINTED: Final = re.compile(r"(?<=\d)[.,](?=\d)")
_HYPHENS: Final = re.compile(r"-{2,}")
_SEVERAL: Final = "+"
_ZEROS: Final = re.compile(r"^0+(?=\d)")
_JOINED_UNIT: Final = re.compile(r"(\d{1,2}|[A-Z])-(?=\d{1,5}(?!\d))(?!\d{1,2}$)")
_SHORT_UNIT: Final = re.compile(r"(\d{1,2})-(?=\d{1,2}$)")
_JOINED_FLOOR: Final = re.compile(r"(\d{1,2})-(?=\d{1,4}(?!\d))")
_BRACKETED: Final = re.compile(r"\([^()]*\)?")
# Signs of one character, which the compatibility form writes as letters.
_ROMAN: Final = {0x2160 + n: str(n + 1) for n in range(12)}
SEVERAL_ROOMS: Final = "several_rooms"
UNCLEAR: Final = "unclear_door"


@dataclass(frozen=True, slots=True)
class AddressParts:
    """What an address names.

    `side` stands right before the number of the building or group: 东 of 东3排. `rest` is what
    stands in front and was understood as nothing else, `tail` what stands behind. `doubt` says why
    no one door is named: SEVERAL_ROOMS, or UNCLEAR, when numbers are left over. `confidence` lies
    in 0 … 1.
    """

    building: str | None = None
    unit: str | None = None
    floor: str | None = None
    room: str | None = None
    village_group: str | None = None
    road: str | None = None
    number: str | None = None
    estate: str | None = None
    side: str = ""
    rest: str = ""
    tail: str = ""
    doubt: str = ""
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
def parse_inside(text: str) -> AddressParts:
    """Take apart what stands behind a building in one cell: unit, floor and room."""
    text, several, _others = _unify(text).partition(_SEVERAL)
    parts = _interior(_inside(text))
    return replace(parts, doubt=SEVERAL_ROOMS) if several else parts


@lru_cache(maxsize=4096)
def _parse(text: str) -> AddressParts:
    if not text:
        return AddressParts()
    text, several, _others = text.partition(_SEVERAL)
    parts = _taken_apart(text)
    if several:
        return replace(parts, doubt=SEVERAL_ROOMS, confidence=max(parts.confidence - 0.2, 0))
    return parts


def _taken_apart(text: str) -> AddressParts:
    patterns = _patterns()
    if patterns.basement.match(text) or patterns.below_room.match(text):
        return _interior(text)
    if match := patterns.building.search(text):
        return _from_building(text[: match.start()], match, text[match.end() :])
    if match := patterns.unit_anywhere.search(text):
        before = text[: match.start()]
        parts = _interior(text[match.start() :])
        if number := re.search(rf"({NUMBER})-$", before):
            parts = replace(parts, building=_plain(number[1]), confidence=parts.confidence + 0.2)
            before = before[: number.start()]
        return _prefix(before, parts)
    if match := patterns.group.search(text):
        return _from_group(text, match)
    if (match := patterns.road.search(text)) and match["signed"] and match.end() == len(text):
        return _from_number(text)
    if (match := patterns.chain.search(text)) and (found := _from_chain(text, match)):
        return found
    return _from_number(text)


def _from_building(before: str, match: re.Match[str], after: str) -> AddressParts:
    building = _plain(match["building"])
    if match["row"]:
        building += match["row"]
    if wing := _patterns().wing.match(after):
        building, after = f"{building}-{wing[1]}", after[wing.end() :]
    inner = _interior(_inside(after))
    confidence = 0.95 if inner.room and inner.unit else 0.9 if inner.room else 0.8
    if inner.tail:
        confidence -= 0.2
    side = match["side"] or ""
    parts = AddressParts(
        building, inner.unit, inner.floor, inner.room, side=side, tail=inner.tail,
        doubt=inner.doubt, confidence=confidence,
    )  # fmt: skip
    return _prefix(before, parts)


def _inside(text: str) -> str:
    """A hyphen behind the building or unit joins, unless it alone tells that a floor lies below."""
    if _patterns().below_zero.fullmatch(text):
        return text
    return text.lstrip("-")


def _interior(text: str) -> AddressParts:
    """What stands behind the building: unit, floor, room."""
    patterns = _patterns()
    unit = floor = room = None
    confidence = 0.5
    if match := patterns.unit.match(text):
        unit, text = _plain(match[1]), _inside(text[match.end() :])
        confidence += 0.1
    elif match := patterns.ordinal_unit.match(text):
        unit, text = match[1], text[match.end() :]
    elif match := _JOINED_UNIT.match(text):
        unit, text = _plain(match[1]), text[match.end() :]
    elif match := _SHORT_UNIT.match(text):
        # 3号楼2-1: a unit of few doors.
        unit, text = _plain(match[1]), text[match.end() :]
        confidence -= 0.2
    if match := patterns.floor.match(text):
        floor, text = _floor(match["sign"], match["floor"]), text[match.end() :].lstrip("-")
    elif match := patterns.basement.match(text) or patterns.basement_inside.match(text):
        floor, text = f"-{_plain(match[1])}", text[match.end() :]
    elif match := _JOINED_FLOOR.match(text):
        floor, text = _plain(match[1]), text[match.end() :]
    if match := patterns.room.match(text):
        room, text = _behind(match, text)
        confidence += 0.2
    elif match := patterns.below_room.match(text):
        room, text = f"-{match[1]}", text[match.end() :]
    elif match := patterns.beside.match(text) or patterns.room_word.match(text):
        room, text = match[1], text[match.end() :]
        confidence += 0.1
    tail, doubt = _left_over(text)
    return AddressParts(
        unit=unit, floor=floor, room=room, tail=tail, doubt=doubt, confidence=confidence
    )


def _behind(match: re.Match[str], text: str) -> tuple[str, str]:
    """A room's number with what still belongs to it (A, -1, 东户, 地下室), and the text behind."""
    patterns = _patterns()
    room, text = _plain(match[1]), text[match.end() :]
    more = patterns.subroom.match(text)
    if more and (match.end() > match.end(1) or not more[1].isascii()):
        room += more[1] if more[1].isalpha() else f"-{more[1]}"
        text = text[more.end() :]
    after = text.lstrip("-")
    if more := patterns.corner.match(after) or patterns.beside.match(after):
        room, text = f"{room}-{more[1]}", after[more.end() :]
    return room, text


def _left_over(text: str) -> tuple[str, str]:
    """What stands behind a door, and whether numbers in it may make it another door."""
    if not text:
        return "", ""
    tail = text.strip("-,.;() ")
    numbers = any(char.isdigit() for char in _BRACKETED.sub("", text))
    return tail, UNCLEAR if numbers else ""


def _from_group(text: str, match: re.Match[str]) -> AddressParts:
    """A village group, then a house number: 东村三组12号."""
    patterns = _patterns()
    after = text[match.end() :].lstrip("-")
    parts = AddressParts(
        village_group=_plain(match["group"]), side=match["side"] or "", confidence=0.6
    )
    if number := patterns.group_number.match(after):
        value, after = _plain(number[1]), after[number.end() :]
        if more := patterns.corner.match(after) or patterns.beside.match(after):
            value, after = f"{value}-{more[1]}", after[more.end() :]
        parts = replace(parts, number=value, confidence=0.85)
    tail, doubt = _left_over(after)
    return _prefix(text[: match.start()], replace(parts, tail=tail, doubt=doubt))


def _from_chain(text: str, match: re.Match[str]) -> AddressParts | None:
    """Numbers with hyphens alone: building, unit, room; building, room; building, unit, floor,
    room.
    """
    numbers = [_plain(number) for number in match["chain"].split("-")]
    sign, after = match["sign"] or "", match["after"] or ""
    long = len(numbers[-1].rstrip("ABCDEFGH")) >= 3
    if len(numbers) == 2 and not long and after and not after.startswith("("):
        return None
    patterns, last = _patterns(), numbers[-1]
    if more := patterns.corner.match(after) or patterns.beside.match(after):
        last, after = f"{last}-{more[1]}", after[more.end() :]
    tail, doubt = _left_over(after)
    match numbers:
        case [building, unit, floor, _room]:
            # 1-3-2-501: what looks like a floor is a unit, of a building in some area.
            if long and not last.startswith(floor):
                doubt = UNCLEAR
            parts = AddressParts(building, unit, floor, last, confidence=0.8)
        case [building, unit, _room]:
            parts = AddressParts(building, unit, None, last, confidence=0.9 if long else 0.7)
        case [building, _room] if long:
            parts = AddressParts(building, None, None, last, confidence=0.75)
        case [number, branch] if sign in patterns.numbers:
            parts = AddressParts(number=f"{number}-{branch}", confidence=0.5)
        case [building, _room] if sign:
            parts = AddressParts(building, None, None, last, confidence=0.5)
        case [building, unit]:
            parts = AddressParts(building, unit, confidence=0.3)
        case _:
            return None
    return _prefix(text[: match.start()], replace(parts, tail=tail, doubt=doubt))


def _from_number(text: str) -> AddressParts:
    """No building, no group: road and number, a room in an estate, or a house in a village."""
    patterns = _patterns()
    parts = _prefix(text, AddressParts())
    if parts.road and parts.number:
        inside = without_admin(parts.rest)
        before = parts.rest.removesuffix(inside) if inside else parts.rest
        inner = _interior(_inside(inside))
        if inner.floor or inner.room:
            return replace(
                parts, floor=inner.floor, room=inner.room, rest=before, tail=inner.tail,
                doubt=inner.doubt, confidence=0.7,
            )  # fmt: skip
        return replace(parts, doubt=inner.doubt, confidence=0.6 if inside else 0.7)
    if match := patterns.house_room.search(text):
        # Shanghai: the house of an estate, and a room in it.
        found = AddressParts(building=_plain(match[1]), room=_plain(match[2]), confidence=0.6)
        return _prefix(text[: match.start()], found)
    if match := patterns.letter_room.search(text):
        return _prefix(
            text[: match.start()],
            AddressParts(building=match[1], room=_plain(match[2]), confidence=0.6),
        )
    if match := patterns.last_number.search(text):
        sign = match["sign"]
        value = "-".join(filter(None, (_plain(match["number"]), match["more"])))
        before = text[: match.start()]
        if sign in patterns.numbers and len(match["number"].strip()) < 4:
            found = _prefix(before, AddressParts(number=value, confidence=0.6))
            # The number is not that of the road: something stands between.
            return replace(found, road=None, rest=f"{found.road or ''}{found.rest}")
        if len(value) >= 3:
            return _prefix(before, AddressParts(room=value, confidence=0.5))
    return parts


def _prefix(text: str, parts: AddressParts) -> AddressParts:
    """Road, number, group, estate and what else stands in front of the building."""
    patterns = _patterns()
    rest = ""
    text = text.strip("-,;:. ")
    if not text:
        return parts
    if match := patterns.admin.match(text):
        rest, text = match[0], text[match.end() :]
    road, number, group, side = parts.road, parts.number, parts.village_group, parts.side
    lane_house, house = False, patterns.house_number
    if match := patterns.road.search(text):
        if match["lane"]:
            road, number = match["road"], match["lane"]
        else:
            road = match["road"]
            number = (
                _plain(match["number"]) + (match["letter"] or "") if match["number"] else number
            )
        lane_house = bool(match["house"]) and parts.building is None
        if lane_house:
            # Shanghai: lane, then the house in it.
            parts = replace(parts, building=_plain(match["house"]))
        rest += text[: match.start()]
        text = text[match.end() :]
    if group is None and (match := patterns.group.search(text)):
        group, side = _plain(match["group"]), side or match["side"] or ""
        text = text[: match.start()] + text[match.end() :]
    if (
        number is None
        and (road or not parts.building)
        and (match := (house.match if road else house.search)(text))
    ):
        number = _plain(match[1])
        text = text[: match.start()] + text[match.end() :]
    estate = parts.estate
    text = text.strip("-,;:. ")
    if lane_house and parts.room is None and (match := patterns.room.fullmatch(text)):
        # 123弄5号301室: the room stands behind the house that the road's pattern took.
        parts, text = replace(parts, room=_plain(match[1])), ""
    if parts.building:
        text = patterns.fillers.sub("", text)
        if patterns.inner.search(text):
            # 3楼2-501 names no building with certainty.
            parts = replace(parts, doubt=parts.doubt or UNCLEAR)
    if text and (
        patterns.estate.search(text) or (parts.building and not patterns.village.search(text))
    ):
        estate, text = text, ""
    rest = "".join(filter(None, (rest, text, parts.rest)))
    return AddressParts(
        parts.building, parts.unit, parts.floor, parts.room, group, road, number, estate, side,
        rest, parts.tail, parts.doubt, parts.confidence,
    )  # fmt: skip


# The people of a household stand one below the other, each with the same address.
@lru_cache(maxsize=4096)
def _unify(text: str) -> str:
    """Half width, hyphens alike, spaces between numbers as hyphens, Chinese numbers before a mark
    as digits.
    """
    patterns = _patterns()
    text = fold(text.translate(_ROMAN) if not text.isascii() else text).upper()
    text = patterns.several.sub(_SEVERAL, text.replace("\n", " "))
    text = patterns.branch.sub("-", separators().sub("-", text))
    text = _SPACED.sub("-", text)
    text = "".join(text.split())
    text = _POINTED.sub("-", text)
    text = _HYPHENS.sub("-", text).strip("-,.;:")
    text = patterns.joined.sub(_SEVERAL, text)
    return patterns.ordinal.sub("", patterns.chinese.sub(_digits, text))


def _plain(number: str) -> str:
    """0501 to 501; letters and words stay."""
    return _ZEROS.sub("", number) if number.startswith("0") else number


def _floor(sign: str | None, number: str) -> str:
    return f"-{_plain(number)}" if sign else _plain(number)


def _digits(match: re.Match[str]) -> str:
    """A Chinese number as digits. Right before digits it is another number: 二501 is 2-501."""
    found = match[0]
    if not match.string[match.end() : match.end() + 1].isdigit():
        return _arabic(found)
    # 八一3号楼: no number but a name.
    return f"{_arabic(found)}-" if len(found) == 1 else found


def without_admin(text: str) -> str:
    """A text without the province, county, town or community that stand at its beginning."""
    match = _patterns().admin.match(text)
    return text[match.end() :] if match else text


def chinese_number(text: str) -> str:
    """The digits of a text that is a Chinese number and nothing else, else an empty text."""
    return _arabic(text) if text and all(char in numerals() for char in text) else ""


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
