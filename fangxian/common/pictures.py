"""Pictures without what they tell beside the picture: where, when and with what they were taken.

JPEG (ITU T.81, Exif 2.3), PNG (W3C, ISO/IEC 15948) and WebP (RFC 9649) are taken apart into their
parts, and only those are kept that are needed to draw the picture; of Exif the way it lies stays.
What follows the end is dropped, so that no other file hides behind a picture.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

PNG = b"\x89PNG\r\n\x1a\n"
# What draws the picture: its head, palette, transparency, colours, data.
_PNG_KEPT = frozenset({b"IHDR", b"PLTE", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"IDAT", b"IEND"})
_WEBP_KEPT = frozenset({b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF"})
# Flags of VP8X: an animation's and alpha's stay, those of ICC, Exif and XMP go.
_WEBP_FLAGS = 0b0001_0010
_ORIENTATION = 0x0112
MOST_PIXELS = 100_000_000


class NoPicture(ValueError):
    """It is no whole JPEG, PNG or WebP picture."""


@dataclass(frozen=True)
class Picture:
    """A picture's bytes, its media type and its size in pixels."""

    data: bytes
    media_type: str
    width: int
    height: int


def plain_picture(data: bytes) -> Picture:
    """The picture alone. Raises NoPicture. Memory: a copy of it."""
    try:
        if data.startswith(b"\xff\xd8"):
            found = _jpeg(data)
        elif data.startswith(PNG):
            found = _png(data)
        elif data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            found = _webp(data)
        else:
            raise NoPicture("neither JPEG nor PNG nor WebP")
    except (struct.error, IndexError):
        raise NoPicture("the picture is cut off") from None
    if not 0 < found.width * found.height <= MOST_PIXELS:
        raise NoPicture("the picture has no size, or one that nobody draws")
    return found


# JPEG


def _jpeg(data: bytes) -> Picture:
    kept, size, turned, at = [b"\xff\xd8"], (0, 0), 1, 2
    while True:
        if data[at] != 0xFF:
            raise NoPicture("a part of the JPEG has no marker")
        while data[at] == 0xFF:
            at += 1
        marker = data[at]
        at += 1
        if marker == 0xD9:
            break
        length = struct.unpack_from(">H", data, at)[0]
        body = data[at + 2 : at + length]
        if length < 2 or len(body) != length - 2:
            raise NoPicture("a part of the JPEG is cut off")
        if marker == 0xE1 and body[:6] == b"Exif\x00\x00":
            turned = _orientation(body[6:])
        # Of what applications add only the frame's version and Adobe's colours draw anything.
        drawn = marker in (0xE0, 0xEE) or not (0xE0 <= marker <= 0xEF or marker == 0xFE)
        if marker == 0xE0 and body[:5] != b"JFIF\x00":
            drawn = False
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">HH", body, 1)
            size = (width, height)
        if marker == 0xE0 and drawn:
            # Its picture in small may be of something else.
            body = body[:12] + b"\x00\x00"
        at += length
        if drawn:
            kept.append(_segment(marker, body))
        if marker == 0xDA:
            end = _scan_end(data, at)
            kept.append(data[at:end])
            at = end
    kept.append(b"\xff\xd9")
    if turned != 1:
        kept.insert(1, _segment(0xE1, b"Exif\x00\x00" + _exif(turned)))
    return Picture(b"".join(kept), "image/jpeg", *size)


def _segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def _scan_end(data: bytes, at: int) -> int:
    """Where the coded data end: at a marker that is no stuffing and no restart."""
    while True:
        at = data.find(b"\xff", at)
        if at < 0:
            raise NoPicture("the JPEG has no end")
        following = data[at + 1]
        if following != 0 and not 0xD0 <= following <= 0xD7 and following != 0xFF:
            return at
        at += 2 if following != 0xFF else 1


def _orientation(tiff: bytes) -> int:
    """How the picture lies (1 to 8, Exif 2.3, 4.6.4 A); 1 where it does not say."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return 1
    try:
        (first,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, first)
        for number in range(min(count, 200)):
            at = first + 2 + 12 * number
            tag, kind = struct.unpack_from(f"{order}HH", tiff, at)
            if (tag, kind) == (_ORIENTATION, 3):
                (value,) = struct.unpack_from(f"{order}H", tiff, at + 8)
                return value if 1 <= value <= 8 else 1
    except struct.error:
        pass
    return 1


def _exif(turned: int) -> bytes:
    """An Exif block that says how the picture lies and nothing else."""
    return struct.pack(">2sHIHHHIHHI", b"MM", 42, 8, 1, _ORIENTATION, 3, 1, turned, 0, 0)


# PNG


def _png(data: bytes) -> Picture:
    kept, size, at = [PNG], (0, 0), len(PNG)
    while True:
        length, kind = struct.unpack_from(">I4s", data, at)
        body, check = data[at + 8 : at + 8 + length], data[at + 8 + length : at + 12 + length]
        if len(check) != 4 or zlib.crc32(kind + body) != struct.unpack(">I", check)[0]:
            raise NoPicture("a part of the PNG is damaged")
        if kind == b"IHDR":
            size = struct.unpack_from(">II", body)
        if kind in _PNG_KEPT:
            kept.append(data[at : at + 12 + length])
        at += 12 + length
        if kind == b"IEND":
            return Picture(b"".join(kept), "image/png", *size)


# WebP


def _webp(data: bytes) -> Picture:
    size, kept = (0, 0), []
    for kind, body in _riff(data):
        if kind not in _WEBP_KEPT:
            continue
        drawn = body
        if kind == b"VP8X":
            drawn = bytes([body[0] & _WEBP_FLAGS]) + body[1:]
            size = (_three(body, 4) + 1, _three(body, 7) + 1)
        elif kind == b"VP8 " and size == (0, 0):
            width, height = struct.unpack_from("<HH", body, 6)
            size = (width & 0x3FFF, height & 0x3FFF)
        elif kind == b"VP8L" and size == (0, 0):
            (bits,) = struct.unpack_from("<I", body, 1)
            size = ((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
        kept.append(kind + struct.pack("<I", len(drawn)) + drawn + b"\x00" * (len(drawn) % 2))
    inside = b"WEBP" + b"".join(kept)
    return Picture(b"RIFF" + struct.pack("<I", len(inside)) + inside, "image/webp", *size)


def _riff(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    (length,) = struct.unpack_from("<I", data, 4)
    if length + 8 > len(data):
        raise NoPicture("the WebP is cut off")
    at, end = 12, length + 8
    while at + 8 <= end:
        kind, size = struct.unpack_from("<4sI", data, at)
        if at + 8 + size > end:
            raise NoPicture("a part of the WebP is cut off")
        yield kind, data[at + 8 : at + 8 + size]
        at += 8 + size + size % 2


def _three(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 3], "little")
