"""Pictures are kept, what is told beside them is not."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fangxian.common.pictures import NoPicture, _exif, _orientation, plain_picture

FOLDER = Path(__file__).parents[3] / "tests" / "corpus" / "pictures"
JPEG, PNG, WEBP = ((FOLDER / f"door.{end}").read_bytes() for end in ("jpg", "png", "webp"))
EVERY = [(JPEG, "image/jpeg"), (PNG, "image/png"), (WEBP, "image/webp")]
TOLD = b"taken at 38.3046,116.8387 by somebody"


def segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def exif(turned: int, order: str = ">") -> bytes:
    """Exif with a position beside the way the picture lies."""
    head = struct.pack(f"{order}2sHI", b"MM" if order == ">" else b"II", 42, 8)
    entries = struct.pack(f"{order}HHIHH", 0x0112, 3, 1, turned, 0)
    entries += struct.pack(f"{order}HHII", 0x8825, 4, 1, 60)
    return b"Exif\x00\x00" + head + struct.pack(f"{order}H", 2) + entries + b"\x00" * 4 + TOLD


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


@pytest.mark.parametrize(("data", "media_type"), EVERY)
def test_a_plain_picture_stays_as_it_is(data: bytes, media_type: str) -> None:
    found = plain_picture(data)
    assert (found.media_type, found.width, found.height) == (media_type, 24, 16)
    assert plain_picture(found.data) == found
    assert found.data[-60:] == data[-60:]


@pytest.mark.parametrize(("data", "_media_type"), EVERY)
def test_what_follows_the_end_is_dropped(data: bytes, _media_type: str) -> None:
    assert plain_picture(data + b"PK\x03\x04" + TOLD) == plain_picture(data)


@pytest.mark.parametrize(("data", "_media_type"), EVERY)
def test_one_that_is_cut_off_is_none(data: bytes, _media_type: str) -> None:
    for end in range(0, len(data) - 2, 7):
        with pytest.raises(NoPicture):
            plain_picture(data[:end])


@pytest.mark.parametrize("order", [">", "<"])
def test_where_a_jpeg_was_taken_goes_and_how_it_lies_stays(order: str) -> None:
    told = segment(0xE1, exif(6, order)) + segment(0xED, TOLD) + segment(0xFE, TOLD)
    found = plain_picture(JPEG[:2] + told + JPEG[2:]).data
    assert TOLD not in found
    begin = found.index(b"Exif\x00\x00") + 6
    assert _orientation(found[begin:]) == 6
    assert len(found) <= len(JPEG) + 40


def test_a_jpeg_that_lies_right_keeps_no_exif() -> None:
    found = plain_picture(JPEG[:2] + segment(0xE1, exif(1)) + JPEG[2:])
    assert found == plain_picture(JPEG)
    assert b"Exif" not in found.data


def test_texts_of_a_png_go() -> None:
    texts = b"".join(chunk(kind, TOLD) for kind in (b"tEXt", b"eXIf", b"iTXt", b"prVt"))
    assert plain_picture(PNG[:33] + texts + PNG[33:]) == plain_picture(PNG)


def test_a_damaged_png_is_none() -> None:
    at = PNG.index(b"IDAT") + 6
    with pytest.raises(NoPicture, match="damaged"):
        plain_picture(PNG[:at] + bytes([PNG[at] ^ 1]) + PNG[at + 1 :])


def test_what_a_webp_tells_goes() -> None:
    frame = WEBP[WEBP.index(b"VP8 ") :]
    head = struct.pack("<B3x", 0b0010_1100) + b"\x17\x00\x00\x0f\x00\x00"
    parts = [b"VP8X" + struct.pack("<I", len(head)) + head, frame]
    for kind in (b"EXIF", b"XMP "):
        parts.append(kind + struct.pack("<I", len(TOLD)) + TOLD + b"\x00" * (len(TOLD) % 2))
    inside = b"WEBP" + b"".join(parts)
    found = plain_picture(b"RIFF" + struct.pack("<I", len(inside)) + inside)
    assert TOLD not in found.data
    assert (found.width, found.height) == (24, 16)
    # Its head says no more that there were any.
    assert found.data[20] == 0
    assert frame in found.data


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"<svg/>", b"%PDF", b"\xff\xd8\xff\xd9", b"RIFF"])
def test_anything_else_is_none(data: bytes) -> None:
    with pytest.raises(NoPicture):
        plain_picture(data)


def test_one_too_large_to_draw_is_none() -> None:
    head = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    with pytest.raises(NoPicture, match="size"):
        plain_picture(PNG[:8] + chunk(b"IHDR", head) + PNG[33:])


@given(st.sampled_from([JPEG, PNG, WEBP]), st.integers(0, 400), st.binary(min_size=1, max_size=8))
def test_a_damaged_one_is_a_picture_or_none(data: bytes, at: int, other: bytes) -> None:
    try:
        found = plain_picture(data[:at] + other + data[at + len(other) :])
    except NoPicture:
        return
    assert plain_picture(found.data) == found


@given(st.binary(max_size=60))
def test_any_exif_is_read(tiff: bytes) -> None:
    assert 1 <= _orientation(tiff) <= 8
    assert 1 <= _orientation(b"MM" + tiff) <= 8


@pytest.mark.parametrize("turned", range(1, 9))
def test_our_exif_says_how_it_lies(turned: int) -> None:
    assert _orientation(_exif(turned)) == turned
