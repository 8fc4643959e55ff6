"""What is this file really? Decided by its first bytes, never by its name."""

from __future__ import annotations

import re

from .limits import ReadError

# First bytes of what offices send by mistake.
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG", "picture"),
    (b"\xff\xd8\xff", "picture"),
    (b"GIF8", "picture"),
    (b"BM", "picture"),
    (b"II*\x00", "picture"),
    (b"MM\x00*", "picture"),
    (b"%PDF", "PDF"),
    (b"{\\rtf", "RTF"),
    (b"MZ", "program"),
    (b"\x7fELF", "program"),
    (b"SQLite format 3", "database"),
)
_ARCHIVES = (b"Rar!", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b", b"BZh", b"\xfd7zXZ")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_HTML = re.compile(rb"<(?:!doctype\s+html|html|head|body|table|meta|style|div|tr)\b", re.IGNORECASE)
_BOMS = (b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")


def sniff(data: bytes) -> str:
    """Format of the file: "zip", "ole", "biff", "html", "spreadsheetml" or "text", or ReadError."""
    if not data.strip(b"\x00\t\r\n "):
        raise ReadError("empty_file")
    if data.startswith(_ZIP):
        return "zip"
    if data.startswith(_OLE):
        return _ole_kind(data)
    if data.startswith(_ARCHIVES):
        raise ReadError("archive")
    for magic, kind in _MAGIC:
        if data.startswith(magic) and not (len(magic) == 2 and _looks_textual(data)):
            raise ReadError("wrong_kind", kind=kind)
    # BIFF 2 to 5 without an OLE container: BOF record 09 00/02/04/08, length 4 to 8.
    if (
        data[0] == 0x09
        and data[1:2] in (b"\x00", b"\x02", b"\x04", b"\x08")
        and data[2:4] in (b"\x04\x00", b"\x06\x00", b"\x08\x00")
    ):
        return "biff"
    head = _ascii_head(data)
    if head.startswith(b"mime-version:") or b"content-type: multipart/related" in head:
        raise ReadError("web_archive")
    if b"urn:schemas-microsoft-com:office:spreadsheet" in head and b"<workbook" in head.replace(
        b"<ss:", b"<"
    ):
        return "spreadsheetml"
    if head.lstrip().startswith(b"<") and _HTML.search(head):
        return "html"
    if head.lstrip().startswith(b"<?xml"):
        if b"<!doctype" in head or b"<!entity" in head:
            raise ReadError("entities")
        raise ReadError("unknown_format")
    return "text"


def _ascii_head(data: bytes) -> bytes:
    head = data[:16384]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = head.replace(b"\x00", b"")
    for bom in _BOMS:
        head = head.removeprefix(bom)
    return head.lstrip().lower()


def _looks_textual(data: bytes) -> bool:
    """A text may begin with BM or MZ; a picture or program has NUL bytes early."""
    return b"\x00" not in data[:512]


def _ole_kind(data: bytes) -> str:
    """Which streams does the compound file hold? (MS-CFB: directory entries of 128 bytes)"""
    sector = 1 << min(int.from_bytes(data[30:32], "little"), 16)
    directory = (int.from_bytes(data[48:52], "little") + 1) * sector
    if len(data) < 512 or directory + 128 > len(data):
        raise ReadError("damaged")
    if _has_stream(data, "EncryptedPackage"):
        raise ReadError("encrypted")
    if _has_stream(data, "Workbook") or _has_stream(data, "Book"):
        return "ole"
    for stream, kind in (("WordDocument", "Word"), ("PowerPoint Document", "PowerPoint")):
        if _has_stream(data, stream):
            raise ReadError("wrong_kind", kind=kind)
    raise ReadError("unknown_format")


def _has_stream(data: bytes, name: str) -> bool:
    encoded = name.encode("utf-16-le") + b"\0\0"
    length = len(encoded).to_bytes(2, "little")
    at = data.find(encoded, 512)
    while at >= 0:
        if at % 128 == 0 and data[at + 64 : at + 66] == length:
            return True
        at = data.find(encoded, at + 2)
    return False
