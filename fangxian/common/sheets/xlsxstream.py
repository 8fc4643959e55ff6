"""A small writer of .xlsx: rows go straight into the compressed stream, nothing into memory or
temporary files.

Only what ledgers need (ECMA-376, part 1): typed cells, a few fixed styles, widths, frozen rows,
merged ranges. Text is always a typed string, so nothing that a person typed can become a formula.
Against xlsxwriter in constant memory it takes about a quarter of the time and leaves no personal
data in a temporary folder.
"""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import IO, Final
from xml.sax.saxutils import escape

from .cells import Cell, CellError, cell_text
from .reader import Merge
from .sheetreader.columns import column_letter
from .sheetreader.sheetstream import escaped
from .words import text_file

MAX_TEXT: Final = 32_767
SHEET_ROWS: Final = 1_048_576
_FLUSH: Final = 1 << 16
_ILLEGAL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_SPECIAL: Final = re.compile(r"[&<>\r]|_x")
_SHEET_NAME: Final = re.compile(r"[\[\]:*?/\\\x00-\x1f\ud800-\udfff\ufffe\uffff]")
_EPOCH: Final = dt.datetime(1899, 12, 30)  # noqa: DTZ001  cells have no time zone
# Excel counts a 29 February 1900 that never was; days before 1 March 1900 stay text.
_FIRST_DATE: Final = dt.date(1900, 3, 1)

_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"


class Style(IntEnum):
    """The formats of a cell, in the order of cellXfs in data/styles.xml."""

    PLAIN = 0
    TEXT = 1
    DATE = 2
    DATETIME = 3
    HEAD = 4
    TITLE = 5
    MARK = 6
    MARK_DATE = 7
    MARK_DATETIME = 8


@dataclass(frozen=True, slots=True)
class Print:
    """How a sheet is printed: A4, as wide as a page, `repeat` rows at the top of each.

    `header` and `footer` stand on each printed page: who took the sheet, when.
    """

    repeat: int = 1
    landscape: bool = True
    header: str = ""
    footer: str = ""


class BookWriter:
    """Writes one workbook to `out`, sheet after sheet. Use as a context manager."""

    def __init__(self, out: IO[bytes]) -> None:
        self._zip = zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=4)
        self._sheets: list[tuple[str, bool]] = []
        self._prints: dict[int, Print] = {}
        self._open: SheetWriter | None = None

    def __enter__(self) -> BookWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.close()
        else:
            # The archive must be closed to release `out`; without its last parts it opens nowhere.
            if self._open:
                self._open.abandon()
            self._zip.close()

    def sheet(
        self,
        name: str,
        *,
        widths: Mapping[int, tuple[float, Style]] | None = None,
        frozen: int = 0,
        hidden: bool = False,
        printed: Print | None = None,
    ) -> SheetWriter:
        """Begin a sheet; the one before it is finished. `widths`: column → (characters, style of
        empty cells); one of 0 is hidden. `printed`: how it is printed.
        """
        if self._open:
            self._open.close()
        taken = {taken.casefold() for taken, _ in self._sheets}
        unique, page = sheet_name(name), 1
        while unique.casefold() in taken:
            page += 1
            unique = sheet_name(name, page)
        self._sheets.append((unique, hidden))
        stream = self._zip.open(
            f"xl/worksheets/sheet{len(self._sheets)}.xml", "w", force_zip64=True
        )
        self._open = SheetWriter(stream, widths or {}, frozen, printed)
        if printed is not None:
            self._prints[len(self._sheets) - 1] = printed
        return self._open

    def close(self) -> None:
        """Finish the workbook."""
        if not self._sheets:
            self.sheet("Sheet1")
        if self._open:
            self._open.close()
        if all(hidden for _, hidden in self._sheets):
            self._sheets[0] = (self._sheets[0][0], False)
        numbers = range(1, len(self._sheets) + 1)
        sheets = "".join(
            f'<sheet name="{_attribute(name)}" sheetId="{number}"{_hidden(hidden)} '
            f'r:id="rId{number}"/>'
            for number, (name, hidden) in zip(numbers, self._sheets, strict=True)
        )
        style_id = len(self._sheets) + 1
        relations = "".join(
            f'<Relationship Id="rId{n}" Type="{_OFFICE}/worksheet" '
            f'Target="worksheets/sheet{n}.xml"/>'
            for n in numbers
        )
        parts = "".join(
            f'<Override PartName="/xl/worksheets/sheet{n}.xml" '
            f'ContentType="{_TYPE}.worksheet+xml"/>'
            for n in numbers
        )
        for name, text in (
            ("xl/styles.xml", text_file("styles.xml")),
            (
                "xl/workbook.xml",
                f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">'
                f"<sheets>{sheets}</sheets>{self._titles()}</workbook>",
            ),
            (
                "xl/_rels/workbook.xml.rels",
                f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{relations}'
                f'<Relationship Id="rId{style_id}" Type="{_OFFICE}/styles" '
                'Target="styles.xml"/></Relationships>',
            ),
            (
                "_rels/.rels",
                f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
                f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
            ),
            (
                "[Content_Types].xml",
                f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
                'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
                '<Default Extension="xml" ContentType="application/xml"/>'
                f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
                f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>'
                f"{parts}</Types>",
            ),
        ):
            self._zip.writestr(name, text)
        self._zip.close()

    def _titles(self) -> str:
        """The rows that are repeated on each printed page, as the workbook names them."""
        names = []
        for at, printed in self._prints.items():
            if printed.repeat:
                sheet = self._sheets[at][0].replace("'", "''")
                names.append(
                    f'<definedName name="_xlnm.Print_Titles" localSheetId="{at}">'
                    f"{escape(chr(39) + sheet + chr(39))}!$1:${printed.repeat}</definedName>"
                )
        return f"<definedNames>{''.join(names)}</definedNames>" if names else ""


class SheetWriter:
    """The rows of one sheet, written from the top downward."""

    def __init__(
        self,
        stream: IO[bytes],
        widths: Mapping[int, tuple[float, Style]],
        frozen: int,
        printed: Print | None = None,
    ) -> None:
        self._stream = stream
        self._letters: list[str] = []
        self._row = 0
        self._merges: list[Merge] = []
        self._buffer: list[str] = [f'{_HEAD}<worksheet xmlns="{_MAIN}">']
        self._size = 0
        self._printed = printed
        if printed is not None:
            self._buffer.append('<sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>')
        if frozen:
            self._buffer.append(
                f'<sheetViews><sheetView workbookViewId="0"><pane ySplit="{frozen}" '
                f'topLeftCell="A{frozen + 1}" '
                'activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
            )
        if widths:
            columns = "".join(
                f'<col min="{index + 1}" max="{index + 1}" width="{width}" style="{style:d}" '
                f'customWidth="1"{_unseen(width)}/>'
                for index, (width, style) in sorted(widths.items())
            )
            self._buffer.append(f"<cols>{columns}</cols>")
        self._buffer.append("<sheetData>")

    @property
    def rows(self) -> int:
        """Rows so far, empty ones counted."""
        return self._row

    def row(self, cells: Iterable[tuple[Cell, Style]]) -> None:
        """Append a row. A text stays text; dates before March 1900 and very long numbers become
        text.
        """
        self._row += 1
        number = self._row
        if number > SHEET_ROWS:
            raise OverflowError("the sheet is full")
        pieces: list[str] = []
        for index, (value, style) in enumerate(cells):
            if value is None and not style:
                continue
            while index >= len(self._letters):
                self._letters.append(column_letter(len(self._letters)))
            pieces.append(_cell(f"{self._letters[index]}{number}", value, style))
        if not pieces:
            return
        line = f'<row r="{number}">{"".join(pieces)}</row>'
        self._buffer.append(line)
        self._size += len(line)
        if self._size > _FLUSH:
            self._flush()

    def merge(self, merges: Sequence[Merge]) -> None:
        """Add merged ranges; overlapping ones are the caller's to avoid."""
        self._merges.extend(merges)

    def close(self) -> None:
        """Finish the sheet."""
        if self._stream.closed:
            return
        self._buffer.append("</sheetData>")
        if self._merges:
            ranges = "".join(
                f'<mergeCell ref="{column_letter(left)}{top + 1}:'
                f'{column_letter(right)}{bottom + 1}"/>'
                for top, left, bottom, right in self._merges
            )
            self._buffer.append(f'<mergeCells count="{len(self._merges)}">{ranges}</mergeCells>')
        if self._printed is not None:
            self._buffer.append(_print_setup(self._printed))
        self._buffer.append("</worksheet>")
        self._flush()
        self._stream.close()

    def abandon(self) -> None:
        """Close the stream without finishing the sheet."""
        self._buffer.clear()
        self._stream.close()

    def _flush(self) -> None:
        self._stream.write("".join(self._buffer).encode())
        self._buffer.clear()
        self._size = 0


def _print_setup(printed: Print) -> str:
    way = "landscape" if printed.landscape else "portrait"
    # "&" begins a code there; twice it is itself. Excel takes 255 characters.
    header, footer = (
        escape(clean_for_xml(text.replace("&", "&&"))[:180])
        for text in (printed.header, printed.footer)
    )
    return (
        '<pageMargins left="0.5" right="0.5" top="0.7" bottom="0.7" header="0.3" footer="0.3"/>'
        f'<pageSetup paperSize="9" orientation="{way}" fitToWidth="1" fitToHeight="0"/>'
        f"<headerFooter><oddHeader>&amp;R&amp;8 {header}</oddHeader>"
        f"<oddFooter>&amp;L&amp;8 {footer}&amp;R&amp;8 &amp;P / &amp;N</oddFooter></headerFooter>"
    )


def sheet_name(name: str, page: int = 1) -> str:
    """A name that Excel accepts: no []:*?/\\, at most 31 characters."""
    suffix = f" ({page})" if page > 1 else ""
    return (_SHEET_NAME.sub(" ", name).strip("' ") or "Sheet")[: 31 - len(suffix)] + suffix


def clean_for_xml(text: str) -> str:
    """The text without the characters that XML cannot hold, cut to what a cell holds."""
    text = legal_in_xml(text)
    if len(text) * 2 <= MAX_TEXT:
        return text
    # Excel counts characters beyond U+FFFF twice; half of one is none.
    return text.encode("utf-16-le")[: 2 * MAX_TEXT].decode("utf-16-le", "ignore")


def legal_in_xml(text: str) -> str:
    """The text without the characters that XML cannot hold."""
    return _ILLEGAL.sub("", text) if _ILLEGAL.search(text) else text


def _cell(place: str, value: Cell, style: Style) -> str:
    if isinstance(value, str):
        text = clean_for_xml(value)
        if _SPECIAL.search(text):
            text = escaped(text)
        return (
            f'<c r="{place}" s="{style:d}" t="inlineStr"><is>'
            f'<t xml:space="preserve">{text}</t></is></c>'
        )
    if value is None:
        return f'<c r="{place}" s="{style:d}"/>'
    if isinstance(value, bool):
        return f'<c r="{place}" s="{style:d}" t="b"><v>{value:d}</v></c>'
    if isinstance(value, int | float):
        if value == value and abs(value) != float("inf"):
            return f'<c r="{place}" s="{style:d}"><v>{value!r}</v></c>'
        return _cell(place, cell_text(value), style)
    if isinstance(value, dt.datetime) and value.date() >= _FIRST_DATE:
        days = (value.replace(tzinfo=None) - _EPOCH) / dt.timedelta(days=1)
        return f'<c r="{place}" s="{_dated(style, Style.DATETIME):d}"><v>{days:.10f}</v></c>'
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime) and value >= _FIRST_DATE:
        days = value.toordinal() - _EPOCH.toordinal()
        return f'<c r="{place}" s="{_dated(style, Style.DATE):d}"><v>{days}</v></c>'
    return _cell(place, value.text if isinstance(value, CellError) else cell_text(value), style)


def _dated(style: Style, kind: Style) -> Style:
    if style == Style.MARK:
        return Style.MARK_DATE if kind == Style.DATE else Style.MARK_DATETIME
    return kind if style in (Style.PLAIN, Style.TEXT) else style


def _attribute(text: str) -> str:
    return (
        text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    )


def _unseen(width: float) -> str:
    return "" if width else ' hidden="1"'


def _hidden(hidden: bool) -> str:
    return ' state="hidden"' if hidden else ""
