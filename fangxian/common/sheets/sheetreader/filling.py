"""Filling a template: the XML of its sheets is patched row by row, every other part stays as it is
except for what inserted rows and copied sheets change (ECMA-376, part 1, section 18).
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterator
from typing import Any, Final, TypeGuard
from xml.sax.saxutils import escape

from .boxes import BOXES, boxes_of
from .columns import column_letter
from .jobs import Block, Job, Leftovers, Value
from .limits import MAX_CELL_CHARACTERS, ReadError
from .markup import shifted_markup
from .references import LAST_ROW, Changes, Insertion, Insertions, carried, changed
from .runs import Piece, replaced
from .sheetstream import (
    RowPiece,
    attribute,
    cells_of,
    length,
    opening,
    runs_cell,
    style_of,
    text_cell,
    with_attribute,
)
from .template import Book, CellFormat, Rule, Survey, has_formula, shown, text_of

_SPANS: Final = re.compile(rb'\s*\bspans="[^"]*"')
_FORMULA: Final = re.compile(rb"<((?:\w+:)?)f\b([^>]*?)(?:/>|>([^<]*)</\1f>)")
_STORED: Final = re.compile(rb"<((?:\w+:)?)v\b[^>]*?(?:/>|>[^<]*</\1v>)")
_TYPE: Final = re.compile(rb'\s+t="[^"]*"')
_DIMENSION: Final = re.compile(
    rb'(<(?:\w+:)?dimension\b[^>]*\bref=")([A-Z]+)([0-9]+)(?::([A-Z]+)([0-9]+))?"'
)
_HIDDEN: Final = re.compile(rb'\s+(?:hidden|collapsed)="[^"]*"')
_CODE_NAME: Final = re.compile(rb'(?<=\s)codeName="[^"]*"')
_SELECTED: Final = re.compile(rb'(?<=\s)tabSelected="[^"]*"')
_EPOCH: Final = dt.datetime(1899, 12, 30)  # noqa: DTZ001  cells have no time zone
_EPOCH_1904: Final = dt.datetime(1904, 1, 1)  # noqa: DTZ001
# Excel counts a 29 February 1900 that never was; days before 1 March 1900 stay text.
_FIRST: Final = {False: dt.datetime(1900, 3, 1), True: _EPOCH_1904}  # noqa: DTZ001
_BLANKS: Final = " _\t\u00a0\u3000" + BOXES
_EXACT: Final = 10**15


class Filler:
    """Writes one sheet."""

    def __init__(self, book: Book, job: Job, changes: Changes, left: Leftovers) -> None:
        self._book = book
        self._job = job
        self._changes = changes
        self._left = left
        self._survey: Survey = book.survey(job.entry.part)
        self._prefix = self._survey.prefix
        self._rules: list[Rule] = book.rules(job.entry) if self._fills else []
        self._styles = self._survey.column_styles()
        self._protected = self._survey.protected
        self._models: dict[int, RowPiece] = {}
        self._unshared = bool(self._survey.shared) and (
            bool(job.insertions.points)
            or any(changes.concern(one.text) for one in self._survey.shared.values())
        )
        self._covered = self._covered_cells()

    @property
    def _fills(self) -> bool:
        return bool(self._job.cells or self._job.blocks)

    def _covered_cells(self) -> dict[int, list[tuple[int, int, bool]]]:
        """Of each row that is filled the columns that lie under a merged range."""
        wanted: dict[int, list[tuple[int, int, bool]]] = {}
        rows = set(self._job.cells)
        spans = [(b.first_row, b.first_row + len(b.lines) - 1) for b in self._job.blocks]
        budget = 2_000_000
        for top, left, bottom, right in self._survey.merges:
            for row in range(top, bottom + 1):
                budget -= 1
                if budget < 0:
                    raise ReadError("too_much_memory")
                if row in rows or any(first <= row <= last for first, last in spans):
                    wanted.setdefault(row, []).append((left, right, row == top))
        return wanted

    def pieces(self) -> Iterator[bytes]:
        """The sheet's XML."""
        stream = self._book.pieces(self._job.entry.part)
        head, start = next(stream), next(stream)
        assert isinstance(head, bytes)
        assert isinstance(start, bytes)
        yield self._head(head)
        yield start
        upcoming = self._rows_to_fill()
        wanted = next(upcoming, None)
        points = list(self._job.insertions.points)
        tail: list[bytes] = []
        for piece in stream:
            if isinstance(piece, bytes):
                tail.append(piece)
                continue
            # Blanks between two rows.
            yield from tail
            tail.clear()
            number = piece.number
            while wanted is not None and wanted < number:
                while points and points[0].after < wanted:
                    yield from self._inserted(points.pop(0))
                yield self._made(wanted)
                wanted = next(upcoming, None)
            while points and points[0].after < number:
                below = piece if points[0].after + 1 == number else None
                yield from self._inserted(points.pop(0), below)
            if any(point.after == number for point in points):
                self._models[number] = piece
            filled = wanted == number
            if filled:
                wanted = next(upcoming, None)
            yield self._row(piece, self._wanted(number) if filled else {})
        while wanted is not None:
            while points and points[0].after < wanted:
                yield from self._inserted(points.pop(0))
            yield self._made(wanted)
            wanted = next(upcoming, None)
        for point in points:
            yield from self._inserted(point)
        rest = b"".join(tail)
        if self._changes.moved or self._changes.renamed:
            rest = shifted_markup(rest, self._job.entry.name, self._changes, self._own)
        yield rest

    @property
    def _own(self) -> Insertions:
        return self._job.insertions

    def _head(self, head: bytes) -> bytes:
        if self._job.copied:
            # Macros know the first one by its name, and one sheet alone is in front.
            head = _CODE_NAME.sub(b"", _SELECTED.sub(b"", head))
        if self._changes.moved or self._changes.renamed:
            head = shifted_markup(head, self._job.entry.name, self._changes, self._own)
        last = max((self._last_of(block) for block in self._job.blocks), default=0)
        last = max(last, *(self._own.row(row) for row in self._job.cells), 0)
        columns = [c for block in self._job.blocks for c in block.columns]
        columns += [c for row in self._job.cells.values() for c in row]
        if not columns:
            return head

        def widen(match: re.Match[bytes]) -> bytes:
            right = match[4] or match[2]
            bottom = int(match[5] or match[3])
            letter = column_letter(max(columns)).encode()
            right = max(right, letter, key=lambda name: (len(name), name))
            return b'%b%b%b:%b%d"' % (match[1], match[2], match[3], right, max(bottom, last))

        return _DIMENSION.sub(widen, head, count=1)

    def _last_of(self, block: Block) -> int:
        return self._own.row(block.first_row) + len(block.lines) - 1

    def _rows_to_fill(self) -> Iterator[int]:
        """The rows that get something, as they are numbered before any is inserted."""
        job = self._job
        rows = set(job.cells) | set(job.parts)
        for number, block in enumerate(job.blocks):
            within = min(len(block.lines), block.room)
            if number in job.appended:
                within = len(block.lines)
            elif block.beyond and not any(p.first == block.first_row for p in self._own.points):
                for line in range(block.room, len(block.lines)):
                    self._left.add(job.title, "no_room", block.first_row + line, -1)
            rows |= set(range(block.first_row, block.first_row + within))
        yield from sorted(rows)

    def _within_block(self, row: int) -> bool:
        return any(
            block.first_row <= row < block.first_row + len(block.lines)
            for block in self._job.blocks
        )

    def _wanted(self, row: int) -> dict[int, Value]:
        values = dict(self._job.cells.get(row, {}))
        for number, block in enumerate(self._job.blocks):
            line = row - block.first_row
            most = len(block.lines) if number in self._job.appended else block.room
            if 0 <= line < min(len(block.lines), most):
                values |= block.values(line)
        return values

    def _made(self, row: int) -> bytes:
        """A row that the sheet doesn't hold yet."""
        piece = RowPiece(row, self._prefix, b"", b"")
        number = self._own.row(row)
        cells = self._with(piece, {}, self._wanted(row), number)
        if not cells:
            return b""
        return b'<%brow r="%d">%b</%brow>' % (
            self._prefix,
            number,
            b"".join(cells[column] for column in sorted(cells)),
            self._prefix,
        )

    def _row(self, piece: RowPiece, values: dict[int, Value]) -> bytes:
        number = self._own.row(piece.number)
        if number > LAST_ROW:
            return b""  # it holds nothing, else no rows were inserted
        parts = self._job.parts.get(piece.number, {})
        formulas = self._survey.formulas and (b"<f" in piece.xml or b":f" in piece.xml)
        if number == piece.number and not values and not parts and not formulas:
            return piece.xml
        cells = cells_of(piece)
        for column, cell in cells.items():
            if formulas and has_formula(cell):
                cells[column] = self._with_formula(cell, piece.number, column)
            if number != piece.number:
                cells[column] = _placed(cells[column], column, number)
        cells = self._with(piece, cells, values, number)
        for column, pieces in parts.items():
            self._replace_parts(piece.number, number, column, cells, pieces)
        tag = _SPANS.sub(b"", piece.tag).replace(b"/>", b">")
        if values and self._within_block(piece.number):
            tag = _HIDDEN.sub(b"", tag)  # nobody would see what was filled
        if attribute(tag, b"r") is not None:
            tag = with_attribute(tag, b"r", b"%d" % number)
        return (
            tag + b"".join(cells[column] for column in sorted(cells)) + b"</%brow>" % piece.prefix
        )

    def _with_formula(self, cell: bytes, row: int, column: int) -> bytes:
        """A cell with its formula after the changes, without the result that was stored."""
        match = _FORMULA.search(cell)
        assert match is not None
        tag = b"<f" + match[2] + b">"
        kind = attribute(tag, b"t")
        if kind == b"shared" and self._unshared:
            text = self._book.formula(cell, row, column, self._survey) or ""
            made = b"<%bf>%b</%bf>" % (
                match[1],
                escape(self._changed(text, row)).encode(),
                match[1],
            )
            cell = cell[: match.start()] + made + cell[match.end() :]
        elif match[3]:
            text = text_of(match[3])
            new = self._changed(text, row)
            moved = _array(match[2], self._own) if kind == b"array" else match[2]
            if new != text or moved != match[2]:
                made = b"<%bf%b>%b</%bf>" % (match[1], moved, escape(new).encode(), match[1])
                cell = cell[: match.start()] + made + cell[match.end() :]
        end = cell.index(b">") + 1
        head = _TYPE.sub(b"", cell[:end])
        return head + _STORED.sub(b"", cell[end:])

    def _changed(self, formula: str, row: int) -> str:
        for old, new in self._job.tables.items():
            formula = re.sub(rf"\b{re.escape(old)}(?=\[)", new, formula)
        if not (self._changes.moved or self._changes.renamed):
            return formula
        return changed(formula, self._job.entry.name, self._changes, row=row)

    def _inserted(self, point: Insertion, below: RowPiece | None = None) -> Iterator[bytes]:
        """The rows below a table's prepared ones, each like the last of these; where there is none,
        they look like the row below.
        """
        block = next(b for b in self._job.blocks if b.first_row == point.first)
        model = self._models.pop(point.after, None) if point.prepared else below
        styles: dict[int, bytes] = {}
        formulas: dict[int, tuple[bytes, str]] = {}
        tag = b'<%brow r="0">' % self._prefix
        if model is not None:
            plain = _HIDDEN.sub(b"", _SPANS.sub(b"", model.tag)).replace(b"/>", b">")
            tag = with_attribute(plain, b"r", b"0")
            for column, cell in cells_of(model).items():
                style = b' s="%d"' % style_of(cell) if b" s=" in opening(cell) else b""
                styles[column] = b'<%bc r="0"%b/>' % (self._prefix, style)
                runs = self._book.runs(cell) if point.prepared else None
                if runs is not None and len(boxes_of(shown(runs))) > 1:
                    styles[column] = with_attribute(cell, b"r", b"0")
                formula = None
                if point.prepared:
                    formula = self._book.formula(cell, point.after, column, self._survey)
                if formula is not None:
                    formulas[column] = style, self._changed(formula, point.after)
        base = self._own.row(point.after)
        start = self._start_of(point)
        placed = re.compile(rb'r="0"')
        for offset in range(point.count):
            row = start + offset
            cells = {
                column: placed.sub(
                    b'r="%b%d"' % (column_letter(column).encode(), row), cell, count=1
                )
                for column, cell in styles.items()
            }
            for column, (style, formula) in formulas.items():
                text = escape(carried(formula, row - base)).encode()
                cells[column] = b'<%bc r="%b%d"%b><%bf>%b</%bf></%bc>' % (
                    self._prefix,
                    column_letter(column).encode(),
                    row,
                    style,
                    self._prefix,
                    text,
                    self._prefix,
                    self._prefix,
                )
            piece = RowPiece(point.after, self._prefix, tag, b"")
            cells = self._with(piece, cells, block.values(block.room + offset), row)
            yield (
                placed.sub(b'r="%d"' % row, tag, count=1)
                + b"".join(cells[column] for column in sorted(cells))
                + b"</%brow>" % self._prefix
            )

    def _start_of(self, point: Insertion) -> int:
        """The first row of an insertion, as it is numbered afterwards."""
        before = sum(p.count for p in self._own.points if p.after < point.after)
        return point.after + before + 1

    def _with(
        self, piece: RowPiece, cells: dict[int, bytes], values: dict[int, Value], number: int
    ) -> dict[int, bytes]:
        """The cells with the values written into them."""
        if not values:
            return cells
        row_style = _row_style(piece.tag)
        for column, value in values.items():
            cell = cells.get(column)
            if cell is not None and b" s=" in opening(cell):
                style = style_of(cell)
            elif cell is not None:
                style = 0
            else:
                style = row_style if row_style is not None else self._styles.get(column, 0)
            shape = self._book.format(style)
            code, allowed = self._refusal(piece.number, column, cell, shape, value)
            if code:
                self._left.add(self._job.title, code, number, column, piece.number)
                continue
            if _ticks(value):
                self._tick(piece.number, column, cells, value, number)
                continue
            said = value if allowed is None else allowed
            written = self._cell(column, number, style, shape, said)
            if written is None:
                self._left.add(self._job.title, "too_long", number, column, piece.number)
                continue
            cells[column] = written
        return cells

    def _tick(
        self, row: int, column: int, cells: dict[int, bytes], value: list[Any], number: int
    ) -> None:
        """Tick boxes of a cell's text."""
        _kind, wanted, count, mark = value
        cell = cells.get(column)
        runs = self._book.runs(cell) if cell is not None else None
        places = boxes_of(shown(runs)) if runs is not None else []
        if cell is None or runs is None or len(places) != count or not wanted:
            code = "changed" if wanted else "not_allowed"
            self._left.add(self._job.title, code, number, column, row)
            return
        made = replaced(runs, [Piece(places[n][0], places[n][1], mark, True) for n in wanted])
        cells[column] = runs_cell(self._prefix, column, number, style_of(cell), made)

    def _refusal(
        self, row: int, column: int, cell: bytes | None, shape: CellFormat, value: Value
    ) -> tuple[str, str | None]:
        """Why a value can't be written, and how it is spelled where a list says it."""
        if cell is not None and has_formula(cell):
            return "formula", None
        if self._protected and shape.locked:
            return "locked", None
        for left, right, top in self._covered.get(row, ()):
            if left <= column <= right and (column > left or not top):
                return "covered", None
        if not isinstance(value, str | int | float) or isinstance(value, bool):
            return "", None
        rule = next((one for one in self._rules if _within(one, row, column)), None)
        if rule is None:
            return "", None
        said = _spelled(value)
        for allowed in rule.allowed:
            if _spelled(allowed) == said:
                # A number stays one.
                return "", allowed if isinstance(value, str) else None
        return "not_allowed", None

    def _cell(
        self, column: int, row: int, style: int, shape: CellFormat, value: Value
    ) -> bytes | None:
        """The XML of a cell; None for a text that is too long for one."""
        if isinstance(value, bool):
            return self._plain(column, row, style, b' t="b"', b"1" if value else b"0")
        if isinstance(value, int | float):
            # A count in a date's cell would be shown as a day.
            if shape.kind in ("text", "date") or abs(value) >= _EXACT:
                return text_cell(self._prefix, column, row, style, _digits(value))
            return self._plain(column, row, style, b"", _digits(value).encode())
        if isinstance(value, list):
            _kind, iso, text = value
            serial = _serial(iso, self._book.since_1904) if shape.kind == "date" else None
            if serial is not None:
                return self._plain(column, row, style, b"", serial)
            value = text
        if length(value) > MAX_CELL_CHARACTERS:
            return None
        return text_cell(self._prefix, column, row, style, value)

    def _plain(self, column: int, row: int, style: int, kind: bytes, value: bytes) -> bytes:
        prefix = self._prefix
        place = b"%b%d" % (column_letter(column).encode(), row)
        return b'<%bc r="%b" s="%d"%b><%bv>%b</%bv></%bc>' % (
            prefix,
            place,
            style,
            kind,
            prefix,
            value,
            prefix,
            prefix,
        )

    def _replace_parts(
        self, row: int, number: int, column: int, cells: dict[int, bytes], pieces: list[Piece]
    ) -> None:
        cell = cells.get(column)
        runs = self._book.runs(cell) if cell is not None else None
        code = ""
        if cell is None or runs is None:
            code = "formula" if cell is not None and has_formula(cell) else "changed"
        elif self._protected and self._book.format(style_of(cell)).locked:
            code = "locked"
        else:
            text = shown(runs)
            blank = (text[piece.start : piece.end].strip(_BLANKS) for piece in pieces)
            if any(piece.end > len(text) for piece in pieces) or any(blank):
                code = "changed"
        if code or cell is None or runs is None:
            self._left.add(self._job.title, code, number, column, row)
            return
        made = replaced(runs, sorted(pieces, key=lambda piece: piece.start))
        if length(shown(made)) > MAX_CELL_CHARACTERS:
            self._left.add(self._job.title, "too_long", number, column, row)
            return
        cells[column] = runs_cell(self._prefix, column, number, style_of(cell), made)


def _ticks(value: Value) -> TypeGuard[list[Any]]:
    return isinstance(value, list) and value[0] == "x"


def _array(attributes: bytes, own: Insertions) -> bytes:
    """The attributes of an array's formula, moved; no insertion lies within one."""
    return re.sub(
        rb'\bref="[^"]*"',
        lambda ref: re.sub(rb"[0-9]+", lambda row: b"%d" % own.row(int(row[0])), ref[0]),
        attributes,
    )


def _row_style(tag: bytes) -> int | None:
    if not tag or attribute(tag, b"customFormat") not in (b"1", b"true"):
        return None
    return style_of(tag)


def _placed(cell: bytes, column: int, row: int) -> bytes:
    if attribute(cell, b"r") is None:
        return cell
    return with_attribute(cell, b"r", b"%b%d" % (column_letter(column).encode(), row))


def _within(rule: Rule, row: int, column: int) -> bool:
    return any(
        top <= row <= bottom and left <= column <= right for top, left, bottom, right in rule.areas
    )


def _spelled(value: Value) -> str:
    """A text without what spelling leaves open: width, case, spaces."""
    text = value if isinstance(value, str) else _digits(value)
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def _digits(value: float) -> str:
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return str(int(value))
    return str(value) if isinstance(value, int) else repr(value)


def _serial(iso: str, since_1904: bool) -> bytes | None:
    """A day or a moment as Excel counts days; None for one before its calendar."""
    moment = dt.datetime.fromisoformat(iso)
    if moment < _FIRST[since_1904]:
        return None
    passed = moment - (_EPOCH_1904 if since_1904 else _EPOCH)
    if not passed.seconds:
        return b"%d" % passed.days
    return repr(round(passed.total_seconds() / 86_400, 10)).encode()
