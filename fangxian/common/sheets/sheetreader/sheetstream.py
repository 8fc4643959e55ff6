"""The XML of a worksheet row by row, and its cells as bytes: what editing and filling share.

Patterns instead of a parser: whatever isn't touched stays byte for byte (ECMA-376, part 1, section
18.3). Where a sheet is written in a way that the patterns don't hold, ReadError("not_editable").
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Final
from xml.sax.saxutils import escape

from .columns import column_index, column_letter
from .limits import MEBIBYTE, ReadError

CHUNK: Final = 1 << 18
_MAX_ROW_BYTES: Final = 8 * MEBIBYTE
_MAX_HEAD_BYTES: Final = 8 * MEBIBYTE

_DATA_START: Final = re.compile(rb"<((?:\w+:)?)sheetData\b[^>]*?(/?)>")
_ROW: Final = re.compile(rb"<((?:\w+:)?)row\b([^>]*?)(/?)>")
_CELL: Final = re.compile(rb"<((?:\w+:)?)c\b([^>]*?)(?:/>|>(.*?)</\1c>)", re.DOTALL)
_REFERENCE: Final = re.compile(rb'\br="([A-Z]{1,3})[0-9]+"')
_ROW_NUMBER: Final = re.compile(rb'\br="([0-9]+)"')
_STYLE: Final = re.compile(rb'\bs="([0-9]+)"')
_ESCAPE: Final = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_ESCAPED: Final = re.compile(r"_x([0-9A-Fa-f]{4})_")
_TAG: Final = re.compile(rb"<[^<>]*>")
_QUOTED: Final = re.compile(rb"\"[^\"]*\"|=\s*'([^'\"]*)'")


@dataclass(frozen=True, slots=True)
class RowPiece:
    """A row: its number from 1, the prefix of its names, its opening tag and all of its XML."""

    number: int
    prefix: bytes
    tag: bytes
    xml: bytes


def pieces(source: IO[bytes]) -> Iterator[bytes | RowPiece]:
    """The sheet in pieces: first what stands before its rows, then rows and what is between them,
    at last what follows, in one or more pieces. Joined they are the source.
    """
    buffer = b""
    while not (start := _DATA_START.search(buffer)):
        chunk = source.read(CHUNK)
        if not chunk or len(buffer) > _MAX_HEAD_BYTES:
            raise ReadError("not_editable")
        buffer += chunk
    if start[2]:
        raise ReadError("not_editable")
    yield buffer[: start.start()]
    yield start[0]
    end_tag = b"</%bsheetData>" % start[1]
    place = start.end()
    number = 0
    while True:
        match = _ROW.search(buffer, place)
        end = buffer.find(end_tag, place, match.start() if match else len(buffer))
        if end >= 0:
            break
        stop = -1
        if match:
            stop = match.end()
            if not match[3]:
                close = b"</%brow>" % match[1]
                at = buffer.find(close, stop)
                stop = at + len(close) if at >= 0 else -1
        if match is None or stop < 0:
            buffer, place = _more(source, buffer[place:]), 0
            continue
        own = _ROW_NUMBER.search(match[2])
        number = int(own[1]) if own else number + 1
        if match.start() > place:
            yield buffer[place : match.start()]
        yield RowPiece(number, match[1], match[0], buffer[match.start() : stop])
        place = stop
    yield buffer[place:]
    while chunk := source.read(CHUNK):
        yield chunk


def _more(source: IO[bytes], buffer: bytes) -> bytes:
    chunk = source.read(CHUNK)
    if not chunk or len(buffer) > _MAX_ROW_BYTES:
        raise ReadError("not_editable")
    return buffer + chunk


def requoted(xml: bytes) -> bytes:
    """The XML with double quotation marks around the attributes of every tag."""
    if b"='" not in xml and b"= '" not in xml:
        return xml

    def double(match: re.Match[bytes]) -> bytes:
        return match[0] if match[1] is None else b'="%b"' % match[1]

    return _TAG.sub(lambda tag: _QUOTED.sub(double, tag[0]), xml)


def cells_of(row: RowPiece) -> dict[int, bytes]:
    """The XML of the cells of a row, by their columns from 0."""
    cells: dict[int, bytes] = {}
    column = -1
    for match in _CELL.finditer(row.xml, len(row.tag)):
        own = _REFERENCE.search(match[2])
        column = column_index(own[1]) if own else column + 1
        cells[column] = match[0]
    return cells


def opening(element: bytes) -> bytes:
    """The first tag of an element."""
    return element[: element.index(b">") + 1]


def style_of(cell: bytes) -> int:
    """The number of the cell's format."""
    match = _STYLE.search(opening(cell))
    return int(match[1]) if match else 0


def attribute(element: bytes, name: bytes) -> bytes | None:
    """An attribute of the first tag of an element."""
    match = re.search(rb'\s%b="([^"]*)"' % name, opening(element))
    return match[1] if match else None


def with_attribute(element: bytes, name: bytes, value: bytes) -> bytes:
    """The element with an attribute of its first tag set."""
    tag = opening(element)
    rest = element[len(tag) :]
    changed, count = re.subn(rb'(\s%b=")[^"]*"' % name, rb"\g<1>%b" % value + b'"', tag, count=1)
    if not count:
        changed = re.sub(rb"^(<[\w:]+)", rb'\g<1> %b="%b"' % (name, value), tag, count=1)
    return changed + rest


def escaped(text: str) -> str:
    """A text as the XML of a cell holds it. What Excel would read as one of its own escapes
    (_x000D_) is escaped itself (ECMA-376, part 1, section 22.9.2.19).
    """
    if "_x" in text:
        text = _ESCAPE.sub("_x005F_", text)
    text = escape(text)
    return text.replace("\r", "&#13;") if "\r" in text else text


def unescaped(text: str) -> str:
    """A text of a cell with Excel's own escapes read, but for those of what no XML can hold."""
    return _ESCAPED.sub(_sign, text) if "_x" in text else text


def _sign(match: re.Match[str]) -> str:
    sign = chr(int(match[1], 16))
    legal = sign in "\t\n\r" or " " <= sign < "\ud800" or "\udfff" < sign < "\ufffe"
    return sign if legal else match[0]


def length(text: str) -> int:
    """How long Excel takes a text to be: characters beyond U+FFFF count twice."""
    return len(text) + sum(sign > "\uffff" for sign in text)


def text_cell(prefix: bytes, column: int, row: int, style: int, text: str) -> bytes:
    """A cell that holds a text."""
    runs = b'<%bt xml:space="preserve">%b</%bt>' % (prefix, escaped(text).encode(), prefix)
    return runs_cell(prefix, column, row, style, runs)


def runs_cell(prefix: bytes, column: int, row: int, style: int, runs: bytes) -> bytes:
    """A cell that holds a text given as XML."""
    place = b"%b%d" % (column_letter(column).encode(), row)
    return b'<%bc r="%b" s="%d" t="inlineStr"><%bis>%b</%bis></%bc>' % (
        prefix,
        place,
        style,
        prefix,
        runs,
        prefix,
        prefix,
    )


def fresh(member: zipfile.ZipInfo) -> zipfile.ZipInfo:
    """The entry of a part that is written anew."""
    info = zipfile.ZipInfo(member.filename, member.date_time)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = member.external_attr
    return info
