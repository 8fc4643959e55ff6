"""HTML tables saved as .xls, as many office systems export them."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from .delimited import decode
from .limits import MAX_COLUMNS, MAX_ROWS, MAX_SHEETS, ReadError
from .wire import Merge, RawSheet

_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([\w-]{3,20})", re.IGNORECASE)
_SPACE = re.compile(r"[ \t\r\n\f]+")


def read_html(data: bytes) -> list[RawSheet]:
    """The outermost tables of the page, one sheet each."""
    match = _CHARSET.search(data[:8192])
    text = ""
    if match and not data.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")):
        encoding = {
            b"gb2312": "gb18030",
            b"gbk": "gb18030",
            b"gb18030": "gb18030",
            b"utf-8": "utf-8",
        }.get(match[1].lower(), "")
        try:
            text = data.decode(encoding) if encoding else ""
        except UnicodeDecodeError:
            text = ""
    if not text:
        text, _ = decode(data)
    parser = _Tables()
    parser.feed(text)
    parser.close()
    parser.finish()
    sheets = [sheet for sheet in parser.sheets if sheet.rows]
    if not sheets:
        raise ReadError("no_sheets")
    return sheets


class _Tables(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.sheets: list[RawSheet] = []
        self._depth = 0
        self._hidden = 0
        self._grid: list[dict[int, str]] = []
        self._merges: list[Merge] = []
        self._taken: set[tuple[int, int]] = set()
        self._text: list[str] | None = None
        self._span = (1, 1)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "style"):
            self._hidden += 1
        elif tag == "table":
            self._depth += 1
            if self._depth == 1:
                self._grid, self._merges, self._taken = [], [], set()
        elif self._depth != 1:
            if tag == "br" and self._text is not None:
                self._text.append("\n")
        elif tag == "tr":
            self._end_cell()
            self._grid.append({})
            if len(self._grid) > MAX_ROWS:
                raise ReadError("too_many_rows", limit=MAX_ROWS)
        elif tag in ("td", "th"):
            self._end_cell()
            if not self._grid:
                self._grid.append({})
            values = dict(attrs)
            self._span = (_span(values.get("rowspan")), _span(values.get("colspan")))
            self._text = []
        elif tag == "br" and self._text is not None:
            self._text.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._hidden = max(0, self._hidden - 1)
        elif tag == "table" and self._depth:
            if self._depth == 1:
                self._end_table()
            self._depth -= 1
        elif self._depth == 1 and tag in ("td", "th", "tr"):
            self._end_cell()

    def handle_data(self, data: str) -> None:
        if self._text is not None and not self._hidden:
            self._text.append(_SPACE.sub(" ", data))

    def finish(self) -> None:
        """Close what the page left open."""
        if self._depth:
            self._end_table()

    def _end_cell(self) -> None:
        if self._text is None:
            return
        row = len(self._grid) - 1
        column = 0
        while (row, column) in self._taken:
            column += 1
        if column >= MAX_COLUMNS:
            raise ReadError("too_many_columns", limit=MAX_COLUMNS)
        down, right = self._span
        right = min(right, MAX_COLUMNS)
        for below in range(min(down, 1000)):
            for beside in range(right):
                self._taken.add((row + below, column + beside))
        if len(self._taken) > MAX_ROWS * 60:
            raise ReadError("too_much_memory")
        self._grid[row][column] = "".join(self._text).replace("\xa0", " ").strip()
        if down > 1 or right > 1:
            self._merges.append((row, column, row + min(down, 1000) - 1, column + right - 1))
        self._text = None

    def _end_table(self) -> None:
        self._end_cell()
        if len(self.sheets) >= MAX_SHEETS:
            raise ReadError("too_many_sheets", limit=MAX_SHEETS)
        rows = []
        for cells in self._grid:
            row = [""] * (max(cells) + 1 if cells else 0)
            for column, value in cells.items():
                row[column] = value
            rows.append(row)
        self.sheets.append(RawSheet(name="", rows=rows, merges=self._merges))
        self._grid = []


def _span(value: str | None) -> int:
    return (
        min(max(int(value), 1), MAX_ROWS)
        if value and value.strip().isdecimal() and len(value) < 8
        else 1
    )
