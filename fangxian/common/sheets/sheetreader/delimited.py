"""Text tables: CSV and its relatives, in the encodings that Chinese offices send."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from itertools import chain

from .limits import MAX_CELL_CHARACTERS, ReadError
from .wire import RawSheet

# Tabs first: at equal counts a comma is rather part of the text.
DELIMITERS = ("\t", ",", ";", "|")
# A text holds no control character: a row made of this one alone is the end of the file.
_END = "\x1f"
MOST_LINES = 60
# In tables of so many columns one line with the delimiters of a row is one; in narrower ones so
# many lines are.
WIDE = 4
TELLING = 4
_LINE_END = re.compile(r"\r\n|\r|\n")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\ufffe\uffff]")
# Spreadsheets write ="0012" to keep a number as text.
_TEXT_FORMULA = re.compile(r'^="([^"]*)"$')


def decode(data: bytes) -> tuple[str, str]:
    """Text and name of its encoding. Raises ReadError naming the first unreadable line."""
    for bom, encoding in (
        (b"\xef\xbb\xbf", "utf-8-sig"),
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
    ):
        if data.startswith(bom):
            return _checked(_decode(data, encoding)), encoding
    if data[:4096].count(0) > len(data[:4096]) // 4:
        little = data[:4096:2].count(0) < data[1:4096:2].count(0)
        encoding = "utf-16-le" if little else "utf-16-be"
        return _checked(_decode(data, encoding)), encoding
    try:
        return _checked(data.decode("utf-8")), "utf-8"
    except UnicodeDecodeError:
        return _checked(_decode(data, "gb18030")), "gb18030"


def _decode(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        newline = "\n".encode(
            encoding.removesuffix("-sig") if encoding != "utf-16" else "utf-16-le"
        )
        raise ReadError("encoding", line=data[: error.start].count(newline) + 1) from error


def _checked(text: str) -> str:
    if match := _CONTROL.search(text):
        raise ReadError("binary_text", line=text.count("\n", 0, match.start()) + 1)
    return text


def sniff_delimiter(text: str) -> tuple[str, int]:
    """The delimiter that gives the first lines the most even number of columns, at least two, and
    that number.
    """
    sample = text[:65536]
    if len(text) > len(sample):
        sample = sample[: sample.rfind("\n") + 1] or sample
    best, best_score, best_width = ",", 0.0, 1
    for delimiter in DELIMITERS:
        if delimiter not in sample:
            continue
        widths = Counter[int]()
        try:
            for number, row in enumerate(
                csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
            ):
                widths[len(row)] += 1
                if number >= 100:
                    break
        except csv.Error:
            continue
        width, lines = max(
            ((w, n) for w, n in widths.items() if w > 1), key=lambda item: item[1], default=(1, 0)
        )
        score = lines / max(sum(widths.values()), 1) * (1 + min(width, 20) / 100)
        if score > best_score:
            best, best_score, best_width = delimiter, score, width
    return best, best_width


def read_text(data: bytes) -> tuple[RawSheet, str, str]:
    """The table, its encoding and its delimiter."""
    text, encoding = decode(data)
    delimiter, width = sniff_delimiter(text)
    csv.field_size_limit(MAX_CELL_CHARACTERS)
    return RawSheet(name="", rows=_rows(text, delimiter, width)), encoding, delimiter


def _rows(text: str, delimiter: str, width: int) -> Iterator[list[str]]:
    lines = _Lines(text)
    started = 1
    try:
        for row in csv.reader(lines, delimiter=delimiter):
            if row == [_END]:
                return
            if len(lines.read) > 1 and _swallows(row, lines.read, delimiter, width):
                break
            started += len(lines.read)
            lines.read.clear()
            for index, value in enumerate(row):
                if value.startswith('="') and (match := _TEXT_FORMULA.match(value)):
                    row[index] = match[1]
            yield row
    except csv.Error as error:
        # A mark that never closes swallows the rest of the file until the cell is full.
        raise ReadError("open_quote", line=started) from error
    raise ReadError("open_quote", line=started)


class _Lines:
    """The lines of a text, and last one that no text has; ``read``: those of the row in work."""

    def __init__(self, text: str) -> None:
        self._lines = chain(io.StringIO(text, newline=""), [_END])
        self.read: list[str] = []

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.read.append(line)
        return line


def _swallows(row: list[str], lines: list[str], delimiter: str, width: int) -> bool:
    """Whether a mark that was left open has made one row of several."""
    if len(lines) > MOST_LINES or lines[-1] is _END:
        return True
    try:
        # Text behind a closing mark: it was meant to open a cell further down.
        list(csv.reader(lines, delimiter=delimiter, strict=True))
    except csv.Error:
        return True
    for index, value in enumerate(row):
        first, *inner = (line.count(delimiter) for line in _LINE_END.split(value))
        if not inner or width < 2:
            continue
        ends = first == width - 1 - index and inner[-1] == index
        if width < WIDE:
            # A line of a note may well have as many commas as such a row.
            if ends and len(inner) >= TELLING and set(inner[:-1]) == {width - 1}:
                return True
        elif ends or max(inner[:-1], default=0) >= width - 1:
            return True
    return False
