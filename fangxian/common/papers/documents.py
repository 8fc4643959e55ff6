"""What an official paper consists of: one model for its PDF, Word file, page and archive.

A :class:`Document` is JSON when it is kept (``to_json``, ``from_json``); an issued bulletin is that
JSON, so that it can be set again in the same way for as long as it is kept.
"""

from __future__ import annotations

import datetime as dt
import math
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Final, Literal

from django.utils.translation import gettext as _

from fangxian.common.errors import Invalid, Problem

Form = Literal["official", "plain", "posting", "notice", "certificate"]
Align = Literal["left", "centre", "right"]
ChartKind = Literal["bar", "line", "stacked"]

FORMS: Final = ("official", "plain", "posting", "notice", "certificate")
MOST_BLOCKS: Final = 400
MOST_ROWS: Final = 5_000
MOST_COLUMNS: Final = 40
MOST_POINTS: Final = 400
MOST_TEXT: Final = 20_000
# Of a whole paper: what the typesetter masters in its memory and a page may wait for.
MOST_CELLS: Final = 20_000
MOST_CORNERS: Final = 60_000
MOST_CHARACTERS: Final = 300_000
LARGEST: Final = 1e15
# From so many columns on, a table stands on a page of its own, across.
ACROSS: Final = 11


@dataclass(frozen=True)
class Figure:
    """A number in a text. ``ref`` names what it was counted from, so that a page can open it."""

    text: str
    ref: str = ""


Run = str | Figure


@dataclass(frozen=True)
class Heading:
    """A heading of level 1 to 4; its number (一、（一）1.（1）) is part of the text."""

    level: int
    text: str


@dataclass(frozen=True)
class Paragraph:
    """A paragraph: texts and figures in their order."""

    runs: tuple[Run, ...]
    indent: bool = True


@dataclass(frozen=True)
class TableColumn:
    """A column of a table; ``width`` is its share of the type area, 0 where it finds its own."""

    label: str
    align: Align = "left"
    width: float = 0


@dataclass(frozen=True)
class Table:
    """A table; ``totals`` rows stand at its foot. Cells are texts or figures."""

    columns: tuple[TableColumn, ...]
    rows: tuple[tuple[Run, ...], ...]
    caption: str = ""
    unit: str = ""
    totals: tuple[tuple[Run, ...], ...] = ()
    note: str = ""

    @property
    def wide(self) -> bool:
        """Whether it takes pages across."""
        return len(self.columns) >= ACROSS

    @property
    def shares(self) -> tuple[float, ...]:
        """Each column's share of the width, 1 in sum: as given, else by its longest cell."""
        own = [column.width for column in self.columns]
        if not all(one > 0 for one in own):
            own = [min(max(width(column.label) / 2, 3), 24) for column in self.columns]
            for row in (*self.rows, *self.totals):
                for at, run in enumerate(row):
                    said = width(run.text if isinstance(run, Figure) else run)
                    own[at] = max(own[at], min(said, 24))
            own = [one + 1.5 for one in own]
        whole = sum(own)
        return tuple(one / whole for one in own)


@dataclass(frozen=True)
class Series:
    """One line or one set of bars; an empty value is left out."""

    label: str
    values: tuple[float | None, ...]


@dataclass(frozen=True)
class Chart:
    """A chart over categories."""

    chart: ChartKind
    categories: tuple[str, ...]
    series: tuple[Series, ...]
    title: str = ""
    unit: str = ""


@dataclass(frozen=True)
class Area:
    """A place of a map: its rings (longitude, latitude), its value and what is written on it."""

    label: str
    rings: tuple[tuple[tuple[float, float], ...], ...]
    value: float | None = None


@dataclass(frozen=True)
class Map:
    """A map of places coloured by their values in ``classes`` (upper bounds, rising)."""

    areas: tuple[Area, ...]
    title: str = ""
    unit: str = ""
    classes: tuple[float, ...] = ()


@dataclass(frozen=True)
class Note:
    """A small line beneath: the moment of the figures, their source."""

    text: str


@dataclass(frozen=True)
class PageBreak:
    """What follows begins on a new page."""


Block = Heading | Paragraph | Table | Chart | Map | Note | PageBreak
_BLOCKS: Final[dict[str, type[Any]]] = {
    "heading": Heading,
    "paragraph": Paragraph,
    "table": Table,
    "chart": Chart,
    "map": Map,
    "note": Note,
    "page_break": PageBreak,
}
_NAMES: Final = {kind: name for name, kind in _BLOCKS.items()}


@dataclass(frozen=True)
class Document:
    """A paper with the parts that GB/T 9704 names.

    ``head``: the issuing body in red, above all; ``number`` of the paper; ``signer``: who signs a
    paper that goes up; ``secrecy`` and ``urgency`` at the upper left of one with a red head;
    ``recipients``: to whom it goes; ``attachments``: their names; ``signed_by`` and ``signed_on``:
    the body's name and the day beneath the text, with room for its ``seal``; ``note``: in brackets
    beneath; ``copies``, ``printed_by`` and ``printed_on``: the foot of the last page. Line feeds in
    a title break it; without them it is broken evenly.
    """

    title: str
    blocks: tuple[Block, ...]
    form: Form = "official"
    head: str = ""
    number: str = ""
    signer: str = ""
    urgency: str = ""
    secrecy: str = ""
    recipients: str = ""
    attachments: tuple[str, ...] = ()
    signed_by: str = ""
    signed_on: dt.date | None = None
    seal: bool = False
    note: str = ""
    copies: str = ""
    printed_by: str = ""
    printed_on: dt.date | None = None
    language: str = "zh-hans"

    def __post_init__(self) -> None:
        _limited(self.blocks)

    def to_json(self) -> dict[str, Any]:
        """As it is kept and sent to the typesetter."""
        made: dict[str, Any] = _packed(self)
        made["blocks"] = [{"kind": _NAMES[type(one)], **_packed(one)} for one in self.blocks]
        return made

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Document:
        """What :meth:`to_json` gave. Raises Invalid naming the block that is none."""
        if not isinstance(given, Mapping):
            raise _wrong(_("This is no document."))
        try:
            blocks = list(given["blocks"])
            names = {field.name for field in fields(cls)}
            if unknown := given.keys() - names:
                raise _wrong(
                    _("A paper has no field “%(name)s”.") % {"name": min(map(str, unknown))[:40]}
                )
            read = tuple(_block(at, one) for at, one in enumerate(blocks, 1))
            rest = {
                name: _part(name, given[name])
                for name in sorted(names)
                if name in given and name != "blocks"
            }
            made = cls(blocks=read, **rest)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            if isinstance(error, Invalid):
                raise
            raise _wrong(_("This is no document.")) from error
        if made.form not in FORMS:
            raise _wrong(_("There is no form “%(form)s” of papers.") % {"form": made.form[:20]})
        return made


def _part(name: str, value: Any) -> Any:
    read: Callable[[Any], Any] = _READ.get(name, _text)
    return read(value)


def _wrong(message: str, field: str = "content") -> Invalid:
    return Invalid(Problem(message, field, mend=_("Make the paper anew."), code="document"))


def width(text: str) -> int:
    """The width of a text in half characters."""
    return sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text)


def _packed(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        if isinstance(value, Figure):
            return {"figure": value.text, "ref": value.ref}
        return {field.name: _packed(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple):
        return [_packed(one) for one in value]
    return value.isoformat() if isinstance(value, dt.date) else value


def _block(at: int, given: Any) -> Block:
    try:
        kind = _BLOCKS[given["kind"]]
        made: Block = _READERS[kind](given)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise _wrong(_("Part %(n)d of the paper can't be read.") % {"n": at}) from error
    if unknown := given.keys() - {field.name for field in fields(kind)} - {"kind"}:
        raise _wrong(
            _("Part %(n)d of the paper has a field that there is not: %(name)s.")
            % {"n": at, "name": min(map(str, unknown))[:40]}
        )
    return made


def _limited(blocks: Sequence[Block]) -> None:
    """Raise Invalid for what is too much for a paper, naming the part."""
    if len(blocks) > MOST_BLOCKS:
        raise _large(_("A paper has at most %(most)d parts.") % {"most": MOST_BLOCKS})
    cells = corners = letters = 0
    for at, block in enumerate(blocks, 1):
        match block:
            case Table():
                cells += len(block.columns) * (len(block.rows) + len(block.totals))
                if (
                    len(block.rows) > MOST_ROWS
                    or len(block.columns) > MOST_COLUMNS
                    or cells > MOST_CELLS
                ):
                    raise _large(
                        _("The table of part %(n)d is too large for a paper of %(cells)d cells.")
                        % {"n": at, "cells": MOST_CELLS}
                    )
            case Chart() if len(block.categories) * len(block.series) > MOST_POINTS:
                raise _large(_("The chart of part %(n)d has too many values.") % {"n": at})
            case Map():
                corners += sum(len(ring) for area in block.areas for ring in area.rings)
                if corners > MOST_CORNERS:
                    raise _large(_("The map of part %(n)d is too detailed.") % {"n": at})
            case Paragraph():
                letters += sum(
                    len(run.text if isinstance(run, Figure) else run) for run in block.runs
                )
                if letters > MOST_CHARACTERS:
                    raise _large(_("The text up to part %(n)d is too long.") % {"n": at})


def _large(message: str) -> Invalid:
    mend = _("Leave something out, or take the rows as an Excel file.")
    return Invalid(Problem(message, "content", mend=mend, code="too_large"))


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > MOST_TEXT:
        raise ValueError("no text")
    value.encode()  # halves of characters are no text
    return value


def _day(value: Any) -> dt.date | None:
    return None if value is None else dt.date.fromisoformat(_text(value))


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("no number")
    if not math.isfinite(value) or abs(value) > LARGEST:
        raise ValueError("no number that can be drawn")
    return value


def _or_none(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else read(value)


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("neither true nor false")
    return value


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(_text(one) for one in _list(value))


def _list(value: Any) -> Sequence[Any]:
    if not isinstance(value, list | tuple):
        raise ValueError("no list")
    return value


def _run(value: Any) -> Run:
    if isinstance(value, Mapping):
        return Figure(_text(value["figure"]), _text(value.get("ref", "")))
    return _text(value)


def _row(value: Any) -> tuple[Run, ...]:
    return tuple(_run(one) for one in _list(value))


def _table(given: Mapping[str, Any]) -> Table:
    columns = tuple(
        TableColumn(_text(one["label"]), one.get("align", "left"), _number(one.get("width", 0)))
        for one in _list(given["columns"])
    )
    rows = tuple(_row(one) for one in _list(given["rows"]))
    totals = tuple(_row(one) for one in _list(given.get("totals", ())))
    if any(len(row) != len(columns) for row in (*rows, *totals)):
        raise ValueError("a row of another width")
    if any(column.align not in ("left", "centre", "right") for column in columns):
        raise ValueError("no alignment")
    more = {name: _text(given.get(name, "")) for name in ("caption", "unit", "note")}
    return Table(columns, rows, totals=totals, **more)


def _chart(given: Mapping[str, Any]) -> Chart:
    kind = given["chart"]
    if kind not in ("bar", "line", "stacked"):
        raise ValueError("no kind of chart")
    categories = _texts(given["categories"])
    series = tuple(
        Series(_text(one["label"]), tuple(_or_none(_number)(v) for v in _list(one["values"])))
        for one in _list(given["series"])
    )
    if any(len(one.values) != len(categories) for one in series):
        raise ValueError("values and categories differ in number")
    return Chart(
        kind, categories, series, _text(given.get("title", "")), _text(given.get("unit", ""))
    )


def _map(given: Mapping[str, Any]) -> Map:
    areas = tuple(
        Area(
            _text(one["label"]),
            tuple(
                tuple((_number(point[0]), _number(point[1])) for point in _list(ring))
                for ring in _list(one["rings"])
            ),
            _or_none(_number)(one.get("value")),
        )
        for one in _list(given["areas"])
    )
    classes = tuple(_number(one) for one in _list(given.get("classes", ())))
    return Map(areas, _text(given.get("title", "")), _text(given.get("unit", "")), classes)


def _heading(given: Mapping[str, Any]) -> Heading:
    level = given["level"]
    if level not in (1, 2, 3, 4):
        raise ValueError("no level")
    return Heading(level, _text(given["text"]))


_READERS: Final[dict[type[Any], Callable[[Mapping[str, Any]], Any]]] = {
    Heading: _heading,
    Paragraph: lambda given: Paragraph(_row(given["runs"]), _flag(given.get("indent", True))),
    Table: _table,
    Chart: _chart,
    Map: _map,
    Note: lambda given: Note(_text(given["text"])),
    PageBreak: lambda _given: PageBreak(),
}
_READ: Final[dict[str, Callable[[Any], Any]]] = {
    "attachments": _texts,
    "signed_on": _day,
    "printed_on": _day,
    "seal": _flag,
}
