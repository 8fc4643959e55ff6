"""Text tables: CSV and its relatives, in the encodings that Chinese offices send."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable

from .limits import MAX_CELL_CHARACTERS, ReadError
from .wire import RawSheet

# Tabs first: at equal counts a comma is rather part of the text.
DELIMITERS = ("\t", ",", ";", "|")
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


def sniff_delimiter(text: str) -> str:
    """The delimiter that gives the first lines the most even number of columns, at least two."""
    sample = text[:65536]
    if len(text) > len(sample):
        sample = sample[: sample.rfind("\n") + 1] or sample
    best, best_score = ",", 0.0
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
            best, best_score = delimiter, score
    return best


def read_text(data: bytes) -> tuple[RawSheet, str, str]:
    """The table, its encoding and its delimiter."""
    text, encoding = decode(data)
    delimiter = sniff_delimiter(text)
    csv.field_size_limit(MAX_CELL_CHARACTERS)
    return RawSheet(name="", rows=_rows(text, delimiter)), encoding, delimiter


def _rows(text: str, delimiter: str) -> Iterable[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    started = 1
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            # A mark that never closes swallows the rest of the file until the cell is full.
            raise ReadError("open_quote", line=started) from error
        if reader.line_num - started > 60 or (row and row[-1].count("\n") > 20):
            raise ReadError("open_quote", line=started)
        started = reader.line_num + 1
        for index, value in enumerate(row):
            if value.startswith('="') and (match := _TEXT_FORMULA.match(value)):
                row[index] = match[1]
        yield row
