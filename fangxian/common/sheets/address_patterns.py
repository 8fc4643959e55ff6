"""What is looked for in an address: patterns made of the words in data/address.json."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Final

from .words import fold, load

NUMBER: Final = r"[A-Z]?\d{1,4}[A-Z]?|[A-Z]{1,2}"
_SUBROOM: Final = r"\d{1,5}[A-Z]?(?:-[A-Z0-9]{1,2}(?![\dA-Z]))?"


@cache
def numerals() -> frozenset[str]:
    """The characters of Chinese numbers."""
    words = load("words")
    return frozenset([*words["digits"], *words["tens"], *words["hundreds"]])


@cache
def separators() -> re.Pattern[str]:
    """What stands between numbers as a hyphen does."""
    given = load("address")["separators"]
    forms = {form for one in given for form in (one, fold(one)) if form}
    return re.compile("|".join(re.escape(form) for form in sorted(forms)))


@cache
def several() -> re.Pattern[str]:
    """Numbers or letters (capitals) of several places in one name: 1-3号楼, A、B座, 一二组.

    A number and a letter that a hyphen joins are one: 3-A号楼.
    """
    digit = rf"[\d{''.join(sorted(numerals()))}]"
    # With a nought between, they are one number: 一百零一.
    ones = "".join(sorted(char for char, value in load("words")["digits"].items() if value))
    clear = rf"\s*(?:{_any('joiners')})\s*(?:{_any('group_prefix')})?"
    loose = rf"(?:\s*(?:[-.]|{separators().pattern})\s*|\s+|{clear})"
    one = rf"(?:{digit}|[A-Z]|{_any('ordinals')})"
    return re.compile(
        rf"{digit}{loose}{digit}|{one}{clear}{one}|[A-Z]{loose}[A-Z](?![A-Z])"
        rf"|[A-Z]\d+{loose}[A-Z]\d|\d[A-Z]{loose}\d+[A-Z]|[{ones}]{{2}}"
    )


def _any(*names: str) -> str:
    """Alternatives of the listed words, longest first."""
    found = {fold(word) for name in names for word in load("address")[name]}
    return "|".join(re.escape(word) for word in sorted(found, key=lambda word: (-len(word), word)))


def _not_after(name: str) -> str:
    """A look-behind that refuses each of the listed words."""
    return "".join(f"(?<!{re.escape(fold(word))})" for word in load("address")[name])


@dataclass(frozen=True, slots=True)
class Patterns:
    """The patterns of :func:`patterns`, by what they find."""

    several: re.Pattern[str]
    joined: re.Pattern[str]
    branch: re.Pattern[str]
    chinese: re.Pattern[str]
    ordinal: re.Pattern[str]
    building: re.Pattern[str]
    wing: re.Pattern[str]
    unit: re.Pattern[str]
    unit_anywhere: re.Pattern[str]
    ordinal_unit: re.Pattern[str]
    floor: re.Pattern[str]
    basement: re.Pattern[str]
    basement_inside: re.Pattern[str]
    below_zero: re.Pattern[str]
    below_room: re.Pattern[str]
    room: re.Pattern[str]
    subroom: re.Pattern[str]
    room_word: re.Pattern[str]
    corner: re.Pattern[str]
    beside: re.Pattern[str]
    group: re.Pattern[str]
    group_number: re.Pattern[str]
    chain: re.Pattern[str]
    road: re.Pattern[str]
    house_number: re.Pattern[str]
    house_room: re.Pattern[str]
    last_number: re.Pattern[str]
    letter_room: re.Pattern[str]
    admin: re.Pattern[str]
    estate: re.Pattern[str]
    village: re.Pattern[str]
    inner: re.Pattern[str]
    fillers: re.Pattern[str]
    numbers: frozenset[str]


@cache
def patterns() -> Patterns:
    """All patterns, made once."""
    data = load("address")
    ordinal, rooms, corners = _any("ordinals"), _any("room"), _any("room_words")
    value = rf"{NUMBER}|{ordinal}"
    units = (
        rf"(?:(?:{_any('unit')})(?!{_any('not_unit')})|(?:{_any('unit_if_followed')})(?=-?\d|$))"
    )
    numbers, below = _any("number"), _any("below_ground")
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
    side = rf"(?:(?P<side>(?:{_any('sides')}){{1,2}})(?=(?:{_any('group_prefix')})?[A-Z\d]))?"
    part = rf"(?:\d{{1,5}}[A-Z]?|[A-Z]{{1,2}}|{ordinal})"
    word = rf"((?:{corners})(?:-?\d{{1,2}}(?!\d))?)(?:{rooms})?"
    ends = {word[-1] for name in ("building", "unit", "number", "row") for word in data[name]}
    inner_ends = {
        word[-1] for name in ("building", "unit", "row", "group", "floor") for word in data[name]
    }
    first = _any("group_prefix")
    corner_doors = "|".join(w for w in data["room_words"] if w.endswith(data["room_word_end"]))
    lettered = _any("number_before")
    house = rf"(?:{lettered})?\d{{1,5}}(?:-\d{{1,3}})?(?:{lettered})?"
    lane = rf"(?:(?:\d{{1,3}}|[^\d\-,.()]{{1,5}}?)(?:{_any('side_lanes')}))?"
    return Patterns(
        several=re.compile(
            rf"(?<=\d\d\d)[A-Z]?(?:{rooms})?\s*(?:(?:{_any('joiners')})\s*(?=\d{{3,5}}(?!\d))"
            rf"|(?:{_any('joiners_of_rooms')})\s*(?=\d{{1,2}}(?:{rooms})?$))"
        ),
        joined=re.compile(
            rf"(?:(?<=[-{re.escape(''.join(sorted(ends)))}]\d\d\d)"
            rf"|(?<=[-{re.escape(''.join(sorted(ends)))}]\d\d\d\d))"
            rf"[A-Z]?(?:{rooms})?-(?=\d{{3,5}}(?!\d))"
        ),
        branch=re.compile(rf"(?<=\d)(?:{numbers})?(?:{_any('number_branch')})(?=\d)"),
        chinese=re.compile(
            rf"[{''.join(sorted(numerals()))}]+(?={marks}|-?\d)"
            rf"|[{''.join(sorted(numerals()))}]{{3,5}}$"
        ),
        # 第3排第2户 is 第3排2户.
        ordinal=re.compile(rf"(?<=[{re.escape(''.join(sorted(inner_ends)))}])(?:{first})(?=\d)"),
        building=re.compile(
            rf"(?<![A-Z0-9]){side}(?P<building>{value}|\d{{1,4}}(?:{lettered}))(?:-?(?:{_any('building')})"
            rf"|(?:{_any('building_or_floor')})(?=-?(?:{value})(?:{units})|-?\d{{1,2}}-\d{{3}})"
            rf"|(?P<row>{_any('row')})(?=-?\d|$|(?:{corners})\d|(?:{corner_doors})$))"
        ),
        wing=re.compile(rf"-?([A-Z])(?:{_any('wing')})"),
        unit=re.compile(rf"(?:{_any('group_prefix')})?({value}){units}"),
        unit_anywhere=re.compile(rf"(?<![A-Z0-9])(?:{_any('group_prefix')})?({value}){units}"),
        ordinal_unit=re.compile(rf"({ordinal})-?(?=\d{{3,5}}(?!\d))"),
        floor=re.compile(
            rf"(?:{_any('group_prefix')})?(?P<sign>{_any('basement')})?"
            rf"(?P<floor>\d{{1,3}})(?:{_any('floor')})"
        ),
        basement=re.compile(rf"(?:{below})(\d{{1,2}})-"),
        basement_inside=re.compile(rf"(?:{_any('basement')})(\d)-(?=\d{{2,4}}(?!\d))"),
        below_zero=re.compile(rf"-[1-9](?:{_any('floor')})[^-]*"),
        below_room=re.compile(rf"(?:{below})(\d{{3,4}})(?:{rooms})?"),
        room=re.compile(rf"({_SUBROOM}|[A-Z]\d{{0,4}}(?=(?:{rooms})|$))(?:{rooms})?"),
        subroom=re.compile(rf"-?([A-Z]|\d{{1,2}}|{lettered})(?=(?:{rooms})?(?:$|\())"),
        room_word=re.compile(word),
        corner=re.compile(rf"{word}(?=$|\()"),
        beside=re.compile(rf"((?:{_any('beside')})(?:-?\d{{1,3}}(?!\d))?)(?:{rooms})?"),
        group=re.compile(
            rf"{side}(?:{_any('group_prefix')})?(?P<group>\d{{1,3}})(?:(?:{_any('group')})(?!{_any('not_group')})"
            rf"|(?:{_any('group_if_last')})(?=-?\d|$))"
        ),
        group_number=re.compile(rf"({house}|\d{{1,5}}[A-Z])(?:{_any('number', 'room')})?"),
        chain=re.compile(
            rf"(?<![A-Z0-9])(?P<chain>(?:[A-Z]?\d{{1,4}}[A-Z]?|[A-Z])(?:-{part}){{1,3}}"
            rf"(?:-(?:{corners}))?)(?P<sign>{rooms})?(?P<after>\(.*|[^A-Z\d\-(][^\d]*)?$"
        ),
        road=re.compile(
            rf"(?P<road>[^\d\-,.]*?(?:{_any('road')})(?!{_any('after_road')})"
            + _not_after("not_road")
            + rf"{lane})(?:(?P<lane>\d{{1,5}})(?:{_any('lane')})"
            rf"(?:(?P<house>\d{{1,4}})(?:{numbers}))?"
            rf"|(?P<number>{house})(?P<signed>{numbers})(?P<letter>(?:{lettered})$)?)?"
        ),
        house_number=re.compile(rf"({house})(?:{numbers})"),
        house_room=re.compile(
            rf"(?<![A-Z0-9\-])(\d{{1,4}}){min(data['number'], key=len)}"
            rf"-?(\d{{3,5}}[A-Z]?)(?:{rooms})?$"
        ),
        last_number=re.compile(
            rf"(?<![A-Z0-9\-])(?P<number>{house}|\d{{1,5}}[A-Z])"
            rf"(?:(?P<sign>{_any('number', 'room')})(?P<more>{_any('beside', 'room_words')})?)?$"
        ),
        letter_room=re.compile(rf"(?<![A-Z0-9\-])([A-Z])(\d{{3,4}})(?:{rooms})?$"),
        admin=re.compile(rf"^(?:[^\d\-]{{1,9}}?(?:{_any('admin')}){_not_after('not_admin')})+"),
        estate=re.compile(rf"(?:{_any('estate_ends')})(?:\([^()]*\))?$"),
        village=re.compile(rf"(?:{_any('village_ends')})$"),
        inner=re.compile(rf"\d(?:{_any('floor')})"),
        fillers=re.compile(
            rf"^(?:{_any('fillers')})+:?|^(?:{_any('lone_fillers')})$|(?:{_any('group_prefix')})$"
        ),
        numbers=frozenset(data["number"]),
    )
