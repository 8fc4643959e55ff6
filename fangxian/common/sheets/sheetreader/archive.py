"""Is this zip archive a spreadsheet that can be opened without harm?

Names and declared sizes are checked first. Then every part that a reader would open is unpacked
once into nothing: a declared size can lie, and the reader believes it. On the way Excel's error
cells are noted, and formulas whose result nobody has stored: the reader reports both as empty.
"""

from __future__ import annotations

import io
import posixpath
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from html import unescape

from .columns import column_index
from .limits import (
    MAX_MEMBERS,
    MAX_RATIO,
    MAX_UNPACKED_BYTES,
    MEBIBYTE,
    RATIO_FROM_BYTES,
    ReadError,
)
from .wire import UNSTORED

CHUNK = 1 << 18
OVERLAP = 512
MAX_ERROR_CELLS = 100_000
# A formula has at most 8,192 characters.
MAX_FORMULA = 65_536

_ERROR_CELL = re.compile(
    rb'<(?:\w+:)?c\b[^>]*?\br="([A-Z]{1,3})([0-9]{1,7})"[^>]*?\bt="e"[^>]*>'
    rb"(?:<(?:\w+:)?f\b[^>]*/>|<(?:\w+:)?f\b[^>]*>[^<]*</(?:\w+:)?f>)?<(?:\w+:)?v>(#[^<]{1,20})</"
)
_EMPTY = rb"<(?:\w+:)?v\s*/>\s*|<(?:\w+:)?v\s*>\s*</(?:\w+:)?v\s*>\s*"
# How a cell ends whose formula has no result, and how it begins. Each pattern begins with a text to
# look for, which is fast.
_UNSTORED = tuple(
    (re.compile(end + rb"\s*(" + _EMPTY + rb")?</(?:\w+:)?c\s*>"), start)
    for end, start in ((rb"</f>", b"<c "), (rb"<f [^<>]*/>", b"<c "), (rb":f>", b":c "))
)
_REFERENCE = re.compile(rb'\br="([A-Z]{1,3})([0-9]{1,7})"')
_SHEET = re.compile(rb"<(?:\w+:)?sheet\b[^>]*>")
_RELATION = re.compile(rb"<(?:\w+:)?Relationship\b[^>]*>")
_ATTRIBUTE = re.compile(rb'([\w:]+)\s*=\s*(?:"([^"]*)"|\'([^\']*)\')')
_DOCTYPE = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)

ErrorCells = dict[str, dict[tuple[int, int], str]]


def open_archive(data: bytes) -> zipfile.ZipFile:
    """The archive, its names and declared sizes checked. Raises ReadError."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (
        zipfile.BadZipFile,
        struct.error,
        ValueError,
        EOFError,
        NotImplementedError,
        OverflowError,
    ) as error:
        raise ReadError("damaged") from error
    members = archive.infolist()
    if len(members) > MAX_MEMBERS:
        raise ReadError("unsafe_archive")
    seen: set[str] = set()
    total = 0
    for member in members:
        name = member.orig_filename
        if (
            "\\" in name
            or "\0" in name
            or name.startswith("/")
            or ".." in name.split("/")
            or ":" in name
        ):
            raise ReadError("unsafe_archive")
        if name.lower() in seen:
            raise ReadError("unsafe_archive")
        seen.add(name.lower())
        if member.flag_bits & 0x1:
            raise ReadError("encrypted")
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise ReadError("unsafe_archive")
        total += member.file_size
        if total > MAX_UNPACKED_BYTES or (
            member.file_size > RATIO_FROM_BYTES
            and member.file_size > MAX_RATIO * max(member.compress_size, 1)
        ):
            raise ReadError("unpacks_too_big", limit=MAX_UNPACKED_BYTES // MEBIBYTE)
    return archive


def kind_of(archive: zipfile.ZipFile) -> str:
    """ "xlsx", "xlsb", "ods", or raises ReadError naming what it is instead."""
    names = {member.filename for member in archive.infolist()}
    if "xl/workbook.bin" in names:
        return "xlsb"
    if any(name.startswith("xl/") for name in names) and "[Content_Types].xml" in names:
        return "xlsx"
    if "mimetype" in names and "content.xml" in names:
        if b"opendocument.spreadsheet" in b"".join(_unpack(archive, archive.getinfo("mimetype"))):
            return "ods"
        raise ReadError("wrong_kind", kind="OpenDocument")
    for prefix, kind in (("word/", "Word"), ("ppt/", "PowerPoint"), ("Index/", "Numbers")):
        if any(name.startswith(prefix) for name in names):
            raise ReadError("wrong_kind", kind=kind)
    raise ReadError("archive")


def inspect(archive: zipfile.ZipFile, *, cells: bool = True) -> ErrorCells:
    """Unpack every XML and binary part once into nothing. Returns the error cells and the formulas
    without a result (`UNSTORED`), sheet part by sheet part; nothing without ``cells``.

    Raises ReadError if a part is larger than it declares, is damaged, or declares entities, or if
    there are more formulas without a result than can be told one by one.
    """
    errors: ErrorCells = {}
    for member in archive.infolist():
        name = member.filename.lower()
        if not name.endswith((".xml", ".rels", ".bin", ".vml")):
            continue
        is_sheet = cells and name.startswith("xl/worksheets/") and name.endswith(".xml")
        tail = b""
        found: dict[tuple[int, int], str] = {}
        for chunk in _unpack(archive, member):
            window = tail + chunk
            if not name.endswith(".bin") and _DOCTYPE.search(window):
                raise ReadError("entities")
            if is_sheet and b't="e"' in window and len(found) < MAX_ERROR_CELLS:
                for match in _ERROR_CELL.finditer(window):
                    found[int(match[2]) - 1, column_index(match[1])] = match[3].decode(
                        "ascii", "replace"
                    )
            tail = window[-OVERLAP:]
            if is_sheet:
                found |= dict.fromkeys(_unstored(window), UNSTORED)
                if len(found) > MAX_ERROR_CELLS * 2:
                    raise ReadError("formulas")
                tail = _open_cell(window) or tail
        if found:
            errors[member.filename] = found
    return errors


def _unstored(window: bytes) -> Iterator[tuple[int, int]]:
    """Row and column of the formulas without a result; an empty text is one."""
    for pattern, opening in _UNSTORED:
        for match in pattern.finditer(window):
            # Within a formula < is written as an entity: the last cell that begins is this one.
            start = window.rfind(opening, 0, match.start())
            tag = window[start : window.find(b">", start)] if start >= 0 else b""
            place = _REFERENCE.search(tag)
            if place and not (match[1] and b't="str"' in tag):
                yield int(place[2]) - 1, column_index(place[1])


def _open_cell(window: bytes) -> bytes:
    """The cell that a window begins and doesn't end, if it is no longer than a formula can be."""
    start = max(window.rfind(b"<c "), window.rfind(b"<", 0, max(window.rfind(b":c "), 0)))
    left = window[start:] if start >= 0 else b""
    return left if OVERLAP < len(left) <= MAX_FORMULA else b""


def read_small(archive: zipfile.ZipFile, name: str, limit: int = 4 * MEBIBYTE) -> bytes:
    """One small part as bytes, empty when it is missing or larger than `limit`."""
    try:
        member = archive.getinfo(name)
    except KeyError:
        return b""
    return b"".join(_unpack(archive, member)) if member.file_size <= limit else b""


def sheet_parts(archive: zipfile.ZipFile) -> list[tuple[str, str]]:
    """Name and part of every sheet of an .xlsx, in the order of the workbook; "" for a part that is
    missing.
    """
    return [(sheet["name"], sheet["part"]) for sheet in sheet_entries(archive)]


def sheet_entries(archive: zipfile.ZipFile) -> list[dict[str, str]]:
    """The attributes of every sheet in the workbook, and its "part"."""
    targets = {
        values.get("Id", ""): resolved("xl", values.get("Target", ""))
        for values in relations(archive, "xl/workbook.xml")
    }
    entries = []
    for tag in _SHEET.findall(read_small(archive, "xl/workbook.xml")):
        values = attributes(tag)
        identifier = next((value for name, value in values.items() if name.endswith(":id")), "")
        name = unescape(values.get("name", ""))
        entries.append({**values, "name": name, "part": targets.get(identifier, "")})
    return entries


def relations(archive: zipfile.ZipFile, part: str) -> list[dict[str, str]]:
    """The relationships of a part, in order: Id, Type, Target, TargetMode."""
    folder, name = posixpath.split(part)
    found = _RELATION.findall(read_small(archive, f"{folder}/_rels/{name}.rels"))
    return [{name: unescape(value) for name, value in attributes(tag).items()} for tag in found]


def resolved(folder: str, target: str) -> str:
    """The part that a relationship of one in `folder` points to."""
    return posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")


def attributes(tag: bytes) -> dict[str, str]:
    return {
        match[1].decode("ascii", "replace"): (match[2] or match[3] or b"").decode(
            "utf-8", "replace"
        )
        for match in _ATTRIBUTE.finditer(tag)
    }


def _unpack(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    """The part in pieces. Unlike zipfile's own reader it notices data beyond the declared size."""
    raw = archive.fp
    if raw is None:
        raise ReadError("damaged")
    raw.seek(member.header_offset)
    header = raw.read(30)
    if len(header) < 30 or header[:4] != b"PK\x03\x04":
        raise ReadError("damaged")
    name_length, extra_length = struct.unpack("<HH", header[26:30])
    raw.seek(member.header_offset + 30 + name_length + extra_length)
    left = member.compress_size
    position = raw.tell()
    unpacked = 0
    inflate = zlib.decompressobj(-15) if member.compress_type == zipfile.ZIP_DEFLATED else None
    pending = b""
    while True:
        if not pending and left:
            raw.seek(position)
            pending = raw.read(min(CHUNK, left))
            if not pending:
                raise ReadError("damaged")
            position += len(pending)
            left -= len(pending)
        if inflate is None:
            piece, pending = pending, b""
            done = not left
        else:
            try:
                piece = inflate.decompress(pending, CHUNK)
            except zlib.error as error:
                raise ReadError("damaged") from error
            pending = inflate.unconsumed_tail
            done = inflate.eof
            if not done and not piece and not pending and not left:
                raise ReadError("damaged")
        unpacked += len(piece)
        if unpacked > member.file_size:
            raise ReadError("unsafe_archive")
        if piece:
            yield piece
        if done:
            break
    if unpacked != member.file_size:
        raise ReadError("damaged")
