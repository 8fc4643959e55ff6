"""Editing the XML of some sheets of an .xlsx as a stream, everything else untouched (ECMA-376, part
1, section 18).
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO, Any, Final

from .archive import open_archive, read_small, sheet_parts
from .columns import column_letter
from .limits import MEBIBYTE, ReadError
from .sheetstream import (
    CHUNK,
    RowPiece,
    attribute,
    cells_of,
    fresh,
    pieces,
    style_of,
    text_cell,
    with_attribute,
)

# The fill of marked cells, as in data/styles.xml.
MARK_RGB: Final = "FFFFC9C4"
_MAX_STYLES_BYTES: Final = 16 * MEBIBYTE
ERROR_WIDTH: Final = 48

_SPANS: Final = re.compile(rb'\s*\bspans="[^"]*"')
_DIMENSION: Final = re.compile(
    rb'(<(?:\w+:)?dimension\b[^>]*\bref="[A-Z]+[0-9]+)(?::([A-Z]+)([0-9]+))?"'
)
_COLS: Final = re.compile(rb"<((?:\w+:)?)cols\b[^>]*>(.*?)</\1cols>", re.DOTALL)
_COL: Final = re.compile(rb"<(?:\w+:)?col\b[^>]*>")
_FILLS: Final = re.compile(rb"<((?:\w+:)?)fills\b[^>]*>(.*?)</\1fills>", re.DOTALL)
_FILL: Final = re.compile(rb"<((?:\w+:)?)fill\b(?:[^>]*/>|[^>]*>.*?</\1fill>)", re.DOTALL)
_XFS: Final = re.compile(rb"<((?:\w+:)?)cellXfs\b[^>]*>(.*?)</\1cellXfs>", re.DOTALL)
_XF: Final = re.compile(rb"<((?:\w+:)?)xf\b[^>]*?(?:/>|>.*?</\1xf>)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Marks:
    """What to write: a column of texts and the cells to colour. Rows are Excel's numbers, columns
    count from 0.
    """

    header_row: int
    column: int
    replaces: bool
    title: str
    texts: dict[int, str]
    cells: dict[int, set[int]] = field(default_factory=dict)

    def sent(self) -> dict[str, Any]:
        """As JSON can write them."""
        return {
            "header_row": self.header_row,
            "column": self.column,
            "replaces": self.replaces,
            "title": self.title,
            "texts": list(self.texts.items()),
            "cells": [(row, sorted(columns)) for row, columns in self.cells.items()],
        }

    @classmethod
    def received(cls, given: Mapping[str, Any]) -> Marks:
        """What `sent` wrote."""
        cells = {row: set(columns) for row, columns in given["cells"]}
        return cls(**{**given, "texts": dict(given["texts"]), "cells": cells})


def edit_xlsx(original: bytes, marks: Mapping[str, Marks], out: IO[bytes]) -> None:
    """Write `original` with the marks of the sheets, by their names, to `out`.

    Raises ReadError, with the code "not_editable" when the XML of one of them is not written in the
    usual way.
    """
    try:
        _edit(original, marks, out)
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        # A part with a wrong check sum, which a reader that never opened it did not notice.
        raise ReadError("not_editable") from error


def _edit(original: bytes, marks: Mapping[str, Marks], out: IO[bytes]) -> None:
    with (
        open_archive(original) as archive,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        part_of = dict(reversed(sheet_parts(archive)))
        parts = {part_of.get(sheet, ""): mine for sheet, mine in marks.items()}
        if not parts.keys() <= archive.NameToInfo.keys():
            raise ReadError("not_editable")
        formats = read_small(archive, "xl/styles.xml", _MAX_STYLES_BYTES)
        if not formats and "xl/styles.xml" in archive.NameToInfo:
            raise ReadError("not_editable")
        styles = _Styles(formats)
        for part, mine in parts.items():
            with (
                target.open(fresh(archive.getinfo(part)), "w") as written,
                archive.open(part) as source,
            ):
                for piece in _edited(source, mine, styles):
                    written.write(piece)
        for member in archive.infolist():
            if member.filename in parts:
                continue
            with target.open(fresh(member), "w", force_zip64=False) as written:
                if member.filename == "xl/styles.xml":
                    written.write(styles.result())
                    continue
                with archive.open(member) as source:
                    while chunk := source.read(CHUNK):
                        written.write(chunk)


class _Styles:
    """Finds or makes the coloured twin of a cell format, and the plain twin of a coloured one."""

    def __init__(self, xml: bytes) -> None:
        self._xml = xml
        fills, formats = _FILLS.search(xml), _XFS.search(xml)
        self.usable = fills is not None and formats is not None
        self._fills = [m[0] for m in _FILL.finditer(fills[2])] if fills else []
        self._formats = [m[0] for m in _XF.finditer(formats[2])] if formats else []
        rgb = MARK_RGB.encode()
        self._mark = next((n for n, fill in enumerate(self._fills) if rgb in fill.upper()), -1)
        self._twins: dict[tuple[int, bool], int] = {}
        self.coloured = {
            number
            for number, xf in enumerate(self._formats)
            if self._mark >= 0 and attribute(xf, b"fillId") == str(self._mark).encode()
        }
        self.had_colour = bool(self.coloured)

    def marked(self, style: int) -> int:
        """The format `style` with our fill."""
        if not self.usable or style in self.coloured:
            return style
        if self._mark < 0:
            prefix = _prefix_of(_FILL, self._fills)
            self._mark = len(self._fills)
            self._fills.append(
                b'<%bfill><%bpatternFill patternType="solid"><%bfgColor rgb="%b"/>'
                b'<%bbgColor indexed="64"/>'
                b"</%bpatternFill></%bfill>"
                % (prefix, prefix, prefix, MARK_RGB.encode(), prefix, prefix, prefix)
            )
        return self._twin(style, self._mark, True)

    def plain(self, style: int) -> int:
        """The format `style` without our fill."""
        return self._twin(style, 0, False) if style in self.coloured else style

    def result(self) -> bytes:
        """The styles part with the new fills and formats."""
        if not self._twins:
            return self._xml
        xml = _FILLS.sub(lambda m: _list(m, b"fills", self._fills), self._xml, count=1)
        return _XFS.sub(lambda m: _list(m, b"cellXfs", self._formats), xml, count=1)

    def _twin(self, style: int, fill: int, coloured: bool) -> int:
        known = self._twins.get((style, coloured))
        if known is not None:
            return known
        base = self._formats[style] if style < len(self._formats) else b"<xf/>"
        xf = with_attribute(with_attribute(base, b"fillId", str(fill).encode()), b"applyFill", b"1")
        self._formats.append(xf)
        number = len(self._formats) - 1
        self._twins[style, coloured] = number
        if coloured:
            self.coloured.add(number)
        return number


def _edited(source: IO[bytes], marks: Marks, styles: _Styles) -> Iterator[bytes]:
    """The sheet's XML in pieces, edited."""
    stream = pieces(source)
    head, start = next(stream), next(stream)
    assert isinstance(head, bytes)
    assert isinstance(start, bytes)
    yield _edited_head(head, start[1 : start.index(b"sheetData")], marks)
    yield start
    for piece in stream:
        yield piece if isinstance(piece, bytes) else _edited_row(piece, marks, styles)


def _edited_head(head: bytes, prefix: bytes, marks: Marks) -> bytes:
    """Dimension and column width before the rows."""
    letter = column_letter(marks.column).encode()

    def widen(match: re.Match[bytes]) -> bytes:
        last = match[2] or match[1].rpartition(b'"')[2].rstrip(b"0123456789")
        row = match[3] or re.search(rb"[0-9]+$", match[1])[0]  # type: ignore[index]  # the pattern ends in digits
        return b'%b:%b%b"' % (match[1], max(last, letter, key=lambda name: (len(name), name)), row)

    head = _DIMENSION.sub(widen, head, count=1)
    number = marks.column + 1
    col = b'<%bcol min="%d" max="%d" width="%d" customWidth="1"/>' % (
        prefix,
        number,
        number,
        ERROR_WIDTH,
    )
    match = _COLS.search(head)
    if not match:
        return head + b"<%bcols>%b</%bcols>" % (prefix, col, prefix)
    before = 0
    for item in _COL.finditer(match[2]):
        low, high = attribute(item[0], b"min"), attribute(item[0], b"max")
        if not low or not high or int(low) <= number <= int(high):
            return head
        if int(high) < number:
            before = item.end()
    at = match.start(2) + before
    return head[:at] + col + head[at:]


def _edited_row(row: RowPiece, marks: Marks, styles: _Styles) -> bytes:
    number, prefix = row.number, row.prefix
    text = marks.title if number == marks.header_row else marks.texts.get(number)
    marked = marks.cells.get(number, set()) if number != marks.header_row else set()
    if text is None and not marked and not marks.replaces and not styles.had_colour:
        return row.xml
    cells = cells_of(row)
    header_style = style_of(cells[max(cells)]) if cells and number == marks.header_row else 0
    cells.pop(marks.column, None)
    for column, cell in cells.items():
        style = style_of(cell)
        if column not in marked and style in styles.coloured:
            cells[column] = with_attribute(cell, b"s", str(styles.plain(style)).encode())
    for column in marked:
        cell = cells.get(column) or b'<%bc r="%b%d"/>' % (
            prefix,
            column_letter(column).encode(),
            number,
        )
        cells[column] = with_attribute(cell, b"s", str(styles.marked(style_of(cell))).encode())
    if text is not None:
        style = header_style if number == marks.header_row else styles.marked(0)
        cells[marks.column] = text_cell(prefix, marks.column, number, style, text)
    start = _SPANS.sub(b"", row.tag).replace(b"/>", b">")
    return start + b"".join(cells[index] for index in sorted(cells)) + b"</%brow>" % prefix


def _prefix_of(pattern: re.Pattern[bytes], items: list[bytes]) -> bytes:
    match = pattern.match(items[0]) if items else None
    return match[1] if match else b""


def _list(match: re.Match[bytes], name: bytes, items: list[bytes]) -> bytes:
    prefix = match[1]
    return b'<%b%b count="%d">%b</%b%b>' % (prefix, name, len(items), b"".join(items), prefix, name)
