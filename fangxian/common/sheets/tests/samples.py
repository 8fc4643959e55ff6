"""What the samples of the corpus are made of, and how they are kept."""

from __future__ import annotations

import datetime as dt
import io
import struct
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import xlsxwriter
import xlwt

HEAD = ["姓名", "身份证号", "电话", "住址"]
# Valid in form (the example of GB 11643), nobody's number.
ZHANG = ["张三", "11010519491231002X", "13800001234", "3-2-501"]
LI = ["李四", "110105194912310038", "13800005678", "3号楼2单元502"]


@dataclass(frozen=True)
class Sample:
    """One file. `code` is the expected SheetError, None when it must be read and begin with
    `first`.
    """

    name: str
    filename: str
    data: bytes
    code: str | None = None
    first: tuple[tuple[Any, ...], ...] = ()
    codes: frozenset[str] = frozenset()

    @property
    def accepted_codes(self) -> frozenset[str]:
        """Every error code that is right for the file."""
        return self.codes | ({self.code} if self.code else frozenset())


_BUILDERS: list[Callable[[], Sample]] = []


def sample(build: Callable[[], Sample]) -> Callable[[], Sample]:
    """Add a builder to the corpus."""
    _BUILDERS.append(build)
    return build


def names() -> list[str]:
    """Names of all samples, without building them."""
    return [build.__name__ for build in _BUILDERS]


def build(name: str) -> Sample:
    """The sample of a name."""
    return next(builder for builder in _BUILDERS if builder.__name__ == name)()


def samples() -> Iterator[Sample]:
    """All samples, one after another."""
    for builder in _BUILDERS:
        yield builder()


def csv_text(*rows: list[str], delimiter: str = ",", newline: str = "\r\n") -> str:
    """Rows as plain delimited text."""
    return newline.join(delimiter.join(row) for row in rows) + newline


def xlsx(fill: Callable[[Any, Any], None]) -> bytes:
    """A workbook that `fill(book, sheet)` wrote."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    fill(book, book.add_worksheet("台账"))
    book.close()
    return out.getvalue()


def plain_xlsx(*rows: list[Any]) -> bytes:
    """Rows of texts and numbers as a workbook."""

    def fill(_: Any, sheet: Any) -> None:
        for line, row in enumerate(rows):
            for column, value in enumerate(row):
                if isinstance(value, str):
                    sheet.write_string(line, column, value)
                elif value is not None:
                    sheet.write_number(line, column, value)

    return xlsx(fill)


def repacked(data: bytes, changes: dict[str, bytes | None], **extra: bytes) -> bytes:
    """The archive with some members replaced, left out (None) or added."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as source,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for member in source.infolist():
            content = changes.get(member.filename, source.read(member))
            if content is not None:
                target.writestr(member.filename, content)
        for name, content in extra.items():
            target.writestr(name, content)
    return out.getvalue()


def sheet_xml(inner: str, before: str = "", after: str = "") -> bytes:
    """The XML of a worksheet."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="http://schemas.openxmlformats.org/'
        f'spreadsheetml/2006/main">{before}<sheetData>{inner}</sheetData>{after}</worksheet>'
    ).encode()


def inline_row(number: int, cells: dict[str, str]) -> str:
    """A row of inline strings: column letters → text."""
    inner = "".join(
        f'<c r="{letter}{number}" t="inlineStr"><is><t>{text}</t></is></c>'
        for letter, text in cells.items()
    )
    return f'<row r="{number}">{inner}</row>'


def with_sheet(xml: bytes) -> bytes:
    """A workbook whose only sheet is `xml`."""
    return repacked(plain_xlsx(HEAD), {"xl/worksheets/sheet1.xml": xml})


PLAIN_ROWS = "".join(
    inline_row(number, dict(zip("ABCD", row, strict=True)))
    for number, row in enumerate((HEAD, ZHANG, LI), 1)
)


def compound_file(streams: dict[str, bytes]) -> bytes:
    """A small OLE compound file (MS-CFB) with streams of at least 4096 bytes each."""
    sector = 512
    fat: list[int] = []
    body = b""
    entries = [_entry("Root Entry", 5, 0xFFFFFFFE, 0, child=1)]
    for number, (name, data) in enumerate(streams.items(), start=1):
        data = data.ljust(4096, b"\0")
        data += b"\0" * (-len(data) % sector)
        first = len(fat)
        count = len(data) // sector
        fat += [first + index + 1 for index in range(count - 1)] + [0xFFFFFFFE]
        body += data
        right = number + 1 if number < len(streams) else 0xFFFFFFFF
        entries.append(_entry(name, 2, first, len(data), right=right))
    directory = b"".join(entries)
    directory += b"\0" * (-len(directory) % sector)
    directory_at = len(fat)
    count = len(directory) // sector
    fat += [directory_at + index + 1 for index in range(count - 1)] + [0xFFFFFFFE]
    fat_at = len(fat)
    fat.append(0xFFFFFFFD)
    table = struct.pack(f"<{len(fat)}I", *fat).ljust(sector, b"\xff")
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16
    header += struct.pack(
        "<HHHHH6xIIIIIIIII",
        0x3E,
        3,
        0xFFFE,
        9,
        6,
        0,
        1,
        directory_at,
        0,
        4096,
        0xFFFFFFFE,
        0,
        0xFFFFFFFE,
        0,
    )
    header += struct.pack("<I", fat_at)
    return header.ljust(sector, b"\xff") + body + directory + table


def _entry(
    name: str, kind: int, start: int, size: int, child: int = 0xFFFFFFFF, right: int = 0xFFFFFFFF
) -> bytes:
    encoded = name.encode("utf-16-le") + b"\0\0"
    return (
        encoded.ljust(64, b"\0")
        + struct.pack("<HBBIII", len(encoded), kind, 1, 0xFFFFFFFF, right, child)
        + b"\0" * 36
        + struct.pack("<IQ", start, size)
    )


def xls(*rows: list[Any], merges: tuple[tuple[int, int, int, int, str], ...] = ()) -> bytes:
    """An Excel 97 workbook; merges are (top, bottom, left, right, text)."""
    book = xlwt.Workbook()
    sheet = book.add_sheet("台账")
    day = xlwt.easyxf(num_format_str="yyyy-mm-dd")
    for top, bottom, left, right, text in merges:
        sheet.write_merge(top, bottom, left, right, text)
    for line, row in enumerate(rows):
        for column, value in enumerate(row):
            if isinstance(value, dt.date):
                sheet.write(line, column, value, day)
            elif value is not None:
                sheet.write(line, column, value)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def read(name: str, filename: str, data: bytes, *first: list[Any]) -> Sample:
    """A sample that must be read."""
    return Sample(name, filename, data, first=tuple(tuple(row) for row in first))


def refused(name: str, filename: str, data: bytes, *codes: str) -> Sample:
    """A sample that must be refused with one of the codes."""
    return Sample(name, filename, data, codes[0], codes=frozenset(codes))
