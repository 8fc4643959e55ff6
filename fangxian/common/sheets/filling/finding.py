"""Finds the tables of a template.

A template has the names of columns and no data, so that a header shows itself otherwise than in a
ledger: by names without a gap between them, and by what is prepared below.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from itertools import pairwise
from typing import Final

from fangxian.common.sheets.cells import Cell
from fangxian.common.sheets.headers import SEARCH_ROWS, MergeIndex, find_header
from fangxian.common.sheets.sheetreader.boxes import BRACKET_MARK
from fangxian.common.sheets.words import fold, key, known_field, words

from .blanks import is_open
from .bodies import (
    Body,
    Head,
    Numbers,
    bordered,
    is_transposed,
    naming_column,
    numbers_of,
    printed_columns,
    rooms,
    row_units,
    sums_up,
)
from .choices import boxes_in, is_boxes, mark_in
from .labels import (
    NUMBER,
    UNIT_LINE,
    are_numbers,
    are_units,
    days_in,
    is_label,
    is_note,
    is_sample,
    is_serial,
    is_total,
    split_label,
    unit_of,
)
from .layout import Layout, Row
from .shape import ColumnOutline, TableOutline

MAX_HEADER_ROWS: Final = 5


class Finder:
    """Finds the tables of one sheet."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._last = max(layout.rows, default=0)
        self._last_filled = max(
            (n for n, row in layout.rows.items() if any(cell.text for cell in row.values())),
            default=0,
        )

    @cached_property
    def _mark(self) -> str:
        return mark_in(cell.text for row in self._layout.rows.values() for cell in row.values())

    def tables(self) -> list[TableOutline]:
        """The tables, from top to bottom."""
        found: list[TableOutline] = []
        known = self._by_names()
        row = 1
        while row <= self._last_filled:
            beside = self._beside(row, len(found))
            if beside:
                found += beside
                row = max(table.last_row for table in beside) + 1
                continue
            head = self._head(row)
            if head and known and known.first < head.first <= known.last and not found:
                head = known  # names over gaps, in a file without merged cells
            table = self._table(head, len(found)) if head else None
            if table is None:
                row += 1
                continue
            found.append(table)
            row = table.last_row + 1
        if not found and known:
            table = self._table(known, 0, sure=True)
            if table:
                found.append(table)
        return found

    def _beside(self, row: int, number: int) -> list[TableOutline]:
        """Tables beside each other whose names stand in one row; a list that goes on beside itself
        is one table. Nothing where there are no two.
        """
        windows = self._windows(row)
        if len(windows) < 2:
            return []
        finders = [Finder(self._layout.within(left, right)) for left, right in windows]
        pairs = [(finder, head) for finder in finders if (head := finder._head(row))]
        if len(pairs) < len(windows):
            return []
        heads = [head for _, head in pairs]
        titles = {title for finder, head in pairs if (title := finder._title(head))}
        if len({tuple(head.parts.values()) for head in heads}) == 1 and len(titles) < 2:
            parts = {column: own for head in heads for column, own in head.parts.items()}
            units = {column: unit for head in heads for column, unit in head.units.items()}
            whole = Head(row, heads[0].last, parts, units, heads[0].border)
            halves = tuple(tuple(sorted(head.parts)) for head in heads)
            table = self._table(whole, number, halves=halves)
            if table and not table.keys:
                return [table]
        tables = [finder._table(head, number + n) for n, (finder, head) in enumerate(pairs)]
        return [table for table in tables if table] if None not in tables else []

    def _windows(self, row: int) -> list[tuple[int, int]]:
        """First and last columns of the tables whose names a row holds."""
        layout, cells = self._layout, self._layout.rows.get(row, {})
        runs = self._runs(row)
        if len(runs) > 1:
            gaps = [
                column
                for before, after in pairwise(runs)
                for column in range(before[1] + 1, after[0])
            ]
            wide = {c for c, cell in cells.items() if cell.border or cell.text}
            apart = not any(layout.text(row, c) or (c in cells and cells[c].border) for c in gaps)
            spread = sum(last - first + 1 for first, last in runs)
            return runs if apart and spread >= 0.75 * len(wide) else []
        head = self._head(row) if runs else None
        if head is None:
            return []
        columns = sorted(head.parts)
        names = [head.parts[column] for column in columns]
        for period in range(2, len(names) // 2 + 1):
            if len(names) % period == 0 and names == names[:period] * (len(names) // period):
                starts = columns[::period]
                return list(zip(starts, [*(s - 1 for s in starts[1:]), head.right], strict=True))
        return []

    def _by_names(self) -> Head | None:
        """A header that is known by the names of its columns, as a ledger's is."""
        layout = self._layout
        rows: list[list[Cell]] = []
        for number in range(1, min(self._last, SEARCH_ROWS + 4) + 1):
            cells = layout.rows.get(number, {})
            width = max((c for c, cell in cells.items() if cell.text), default=-1) + 1
            rows.append([cells[c].value if c in cells else None for c in range(width)])
        merges = {
            (a.top - 1, a.left, a.bottom - 1, a.right)
            for n in range(1, len(rows) + 1)
            for a in layout.merges.get(n, ())
        }
        header = find_header(rows, MergeIndex(sorted(merges), SEARCH_ROWS + 4))
        if header is None or len(header.labels) < 2:
            return None
        names = list(header.labels.values())
        # The names of a card have their blanks between them, and several cards have the same ones.
        gaps = len(names) < max(header.labels) - min(header.labels) + 1
        if gaps and len(set(names)) < len(names):
            return None
        if any(is_open(part) for own in names for part in own):
            return None
        if len(header.labels) < 0.75 * (max(header.labels) - min(header.labels) + 1):
            return None
        first = layout.rows.get(header.first + 1, {})
        border = any(cell.border for cell in first.values())
        return Head(header.first + 1, header.last + 1, header.labels, {}, border)

    def _named(self, row: int) -> dict[int, int]:
        """The columns that a row names, each with the one where its name stands."""
        layout = self._layout
        cells = layout.rows.get(row, {})
        named: dict[int, int] = {}
        if len(cells) < 2:
            return named
        days = days_in({column: cell.text for column, cell in cells.items() if cell.text})
        for column, cell in cells.items():
            if not cell.text:
                continue
            area = layout.area(row, column)
            if (area.top, area.left) == (row, column) and (column in days or is_label(cell.text)):
                named |= dict.fromkeys(range(column, area.right + 1), column)
        return named

    def _runs(self, row: int) -> list[tuple[int, int]]:
        """First and last of the columns that a row names without a gap, two at least."""
        named = self._named(row)
        runs: list[tuple[int, int]] = []
        for column in sorted(named):
            if runs and runs[-1][1] == column - 1:
                runs[-1] = runs[-1][0], column
            else:
                runs.append((column, column))
        return [
            (first, last)
            for first, last in runs
            if len({named[column] for column in range(first, last + 1)}) > 1
        ]

    def _run(self, row: int) -> tuple[int, int] | None:
        """First and last of the columns that a row names without a gap; None if it names none."""
        layout = self._layout
        cells = layout.rows.get(row, {})
        named = self._named(row)
        best = max(self._runs(row), key=lambda run: run[1] - run[0], default=None)
        if best is None:
            return None
        wide = {c for c, cell in cells.items() if cell.border or cell.text}
        wide -= {c for c in wide if (m := layout.merged(row, c)) and m.top < row}
        if best[1] - best[0] + 1 < 0.75 * len(wide | set(named)):
            return None
        first = layout.text(row, best[0])
        return None if is_total(first) else best

    def _head(self, row: int) -> Head | None:
        """The header that begins in `row`."""
        run = self._run(row)
        if run is None:
            return None
        layout = self._layout
        left, right = run
        last = row
        units: dict[int, str] = {}
        names = [row]
        while last + 1 - row < MAX_HEADER_ROWS:
            number = last + 1
            own = {
                c: layout.text(number, c)
                for c in layout.filled(number, left, right)
                if (a := layout.area(number, c)).top == number and a.left == c
            }
            covered = {
                c
                for c in range(left, right + 1)
                if (m := layout.merged(number, c))
                and row <= m.top < number <= m.bottom < row + MAX_HEADER_ROWS
            }
            if not own and len(covered) == right - left + 1:
                pass
            elif own and are_units(own, right - left + 1):
                units = {c: unit_of(text) for c, text in own.items()}
                last = number
                continue
            elif own and days_in(own) == own.keys() and self._under_group(number, own, left, right):
                pass  # days below their month
            elif own and are_numbers(own, right - left + 1):
                last = number
                continue
            elif not own or not self._names_parts(number, own, covered, left, right):
                break
            last = number
            names.append(number)
        parts: dict[int, tuple[str, ...]] = {}
        for column in range(left, right + 1):
            area = layout.merged(last, column)
            if area and area.bottom > last and area.top >= row:
                continue  # it names the rows beside it
            leaf = layout.area(names[-1], column)
            if leaf.left != column:
                continue
            texts: list[str] = []
            for number in names:
                text = layout.text(number, column)
                if text and (not texts or texts[-1] != text):
                    texts.append(text)
            if texts:
                parts[column] = tuple(texts)
        if len(parts) < 2:
            return None
        border = sum(c.border for c in layout.rows.get(row, {}).values()) * 2 >= len(parts)
        return Head(row, last, parts, units, border)

    def _names_parts(
        self, row: int, own: dict[int, str], covered: set[int], left: int, right: int
    ) -> bool:
        """Whether a row names the parts of the groups above it."""
        if not all(is_label(text) for text in own.values()):
            return False
        layout = self._layout
        spread = {c for start in own for c in range(start, layout.area(row, start).right + 1)}
        if covered and len(covered | spread) == right - left + 1:
            return True
        return self._under_group(row, own, left, right)

    def _under_group(self, row: int, own: dict[int, str], left: int, right: int) -> bool:
        """Whether several texts of a row stand below one merged name."""
        layout = self._layout
        above = row - 1
        for column in layout.filled(above, left, right):
            area = layout.area(above, column)
            if area.bottom == above and area.wide > 1:
                under = [c for c in own if area.left <= c <= area.right]
                if len(under) > 1:
                    return True
        return False

    def _table(
        self,
        head: Head,
        number: int,
        *,
        sure: bool = False,
        halves: tuple[tuple[int, ...], ...] = (),
    ) -> TableOutline | None:
        numbers = numbers_of(self._layout, head.last + 1, halves) if len(halves) > 1 else None
        body = self._body(head, numbers)
        known = any(known_field(parts[-1]) for parts in head.parts.values())
        if body.empty and not (
            self._last_filled <= head.last and (head.border or known or len(head.parts) > 2)
        ):
            return None
        if not (body.blank or body.keyed or body.samples) and not (sure or head.border or known):
            return None
        layout = self._layout
        serial = next((c for c in head.parts if is_serial(head.parts[c][-1])), None)
        if numbers:
            serial = numbers.columns[0]
        if body.blank:
            # Above rows that are still empty, full ones are examples or were filled already.
            to_fill = self._to_fill(head, min(body.blank), serial)
            body.keyed = {
                row: texts for row, texts in body.keyed.items() if not to_fill <= texts.keys()
            }
        key_column, keys, printed = self._keys(body, serial)
        sample = min([*body.blank, *keys], default=head.last + 1)
        further = {column for half in halves[1:] for column in half}
        columns = tuple(self._columns(head, sample, {serial, *printed, *further}))
        if not columns:
            return None
        after = max([head.last, *body.samples]) + 1
        first = min([*body.blank, *keys], default=after)
        return TableOutline(
            id=f"t{number + 1}",
            title=self._title(head),
            header_rows=(head.first, head.last),
            columns=columns,
            first_row=first,
            last_row=max(body.last, head.last),
            rooms=tuple(rooms(body, after)),
            total_rows=tuple(body.totals),
            serial=self._numbered(sample, serial),
            key_column=key_column,
            keys=keys,
            sections=body.sections,
            row_units=row_units(head, body, keys, printed),
            transposed=is_transposed(columns, keys),
            unit=self._unit_above(head, layout),
            notes=tuple(body.notes),
            halves=halves,
            first_number=numbers.first if numbers else 1,
            across=bool(numbers and numbers.across),
            samples=tuple(body.samples),
            printed=tuple(
                "/".join(head.parts[column])
                for column in sorted(c for c in printed if c is not None)
                if column != key_column and key(head.parts[column][-1]) not in words("unit_labels")
            ),
        )

    def _keys(
        self, body: Body, serial: int | None
    ) -> tuple[int | None, dict[int, str], set[int | None]]:
        """The column whose printed texts name the rows, the names, and all columns that are printed
        in each of these rows. Rows under one merged name are told by that and their own.
        """
        keyed, layout = body.keyed, self._layout
        column = naming_column(keyed, serial)
        if column is None:
            return None, {}, set()
        under = {
            row
            for row, texts in keyed.items()
            if column not in texts
            and (area := layout.merged(row, column))
            and area.top < row
            and area.top in keyed
        }
        keys = {row: texts[column] for row, texts in keyed.items() if column in texts}
        if under:
            rest = {
                row: {c: text for c, text in keyed[row].items() if c != column}
                for row in (*keys, *under)
            }
            second = naming_column(rest, serial)
            keys = {
                row: f"{layout.text(row, column)}/{texts[second]}"
                for row, texts in sorted(rest.items())
                if second is not None and second in texts
            }
        return column, keys, {column, *printed_columns(keyed, keys)}

    def _to_fill(self, head: Head, row: int, serial: int | None) -> set[int]:
        """The columns whose cells in an empty row wait for something."""
        cells = self._layout.rows.get(row, {})
        return {
            column
            for column in head.parts
            if column != serial and not (column in cells and cells[column].formula)
        }

    def _numbered(self, sample: int, serial: int | None) -> int | None:
        """The column of the serial numbers, unless the template numbers its rows itself."""
        cell = self._layout.cell(sample, serial) if serial is not None else None
        closed = cell and (cell.formula or (self._layout.protected and cell.locked))
        return None if closed else serial

    def _body(self, head: Head, numbers: Numbers | None = None) -> Body:
        layout = self._layout
        columns = sorted(head.parts)
        serials = {c for c in columns if is_serial(head.parts[c][-1])}
        serials.update(numbers.columns if numbers else ())
        body = Body(head.last)
        number = head.last
        while number < self._last:
            number += 1
            row = layout.rows.get(number, {})
            above = layout.rows.get(number - 1, {})
            filled = [
                c
                for c in layout.filled(number, head.left, head.right)
                if (m := layout.merged(number, c)) is None
                or m.bottom <= number
                or m.top > head.last
            ]
            texts = {c: row[c].text for c in filled if not is_boxes(row[c].text)}
            beside = layout.area(number, head.left)
            if beside.left < head.left and beside.top == number and layout.text(number, head.left):
                break  # a line that runs across the table from further left
            printed = {
                c: t
                for c, t in texts.items()
                if (c not in serials or not NUMBER.fullmatch(fold(t))) and key(t).isalnum()
            }
            if not printed:
                if sums_up(row, columns) and not sums_up(above, columns):
                    body.totals.append(number)
                    body.last = number
                    continue
                if not self._is_prepared(number, row, head, columns):
                    break
                body.blank.append(number)
                body.last = number
                continue
            if not body.keyed and is_sample([texts[c] for c in sorted(texts)]):
                body.samples.append(number)
                body.last = number
                continue
            first = texts[min(texts)]
            total = any(is_total(text) for text in list(printed.values())[:2])
            if total:
                body.totals.append(number)
                body.last = number
                continue
            if is_open(str(row[min(texts)].value)) or is_note(first):
                break
            wide = layout.area(number, min(texts))
            if len(texts) == 1 and wide.wide > 1 and wide.wide * 2 >= len(columns):
                if self._head(number + 1) or not self._goes_on(number, head):
                    break
                body.sections[number] = first
                body.last = number
                continue
            whole = len(printed) == len(columns) and number - 1 not in body.keyed
            if whole and number - 1 > head.last and self._head(number):
                break
            if not any(column in printed for column in columns):
                break
            body.keyed[number] = printed
            body.last = number
        # Empty rows that only lead to what stands below are no part of an open table.
        self._close(body, head)
        body.notes.extend(self._notes_below(body.last + 1, head))
        return body

    def _is_prepared(self, number: int, row: Row, head: Head, columns: list[int]) -> bool:
        own = [row[c] for c in columns if c in row]
        if any(cell.formula for cell in own):
            return True
        if bordered(own, columns):
            return True
        return number < self._last_filled and (
            not head.border or self._leads_to_total(number, head)
        )

    def _leads_to_total(self, number: int, head: Head) -> bool:
        """Whether the next line that says something sums up: then the empty rows are the table's,
        drawn or not.
        """
        for row in range(number + 1, self._last_filled + 1):
            filled = self._layout.filled(row, head.left, head.right)
            if filled:
                return is_total(self._layout.text(row, filled[0]))
        return False

    def _close(self, body: Body, head: Head) -> None:
        if not body.blank or (head.border and not body.totals):
            return
        closing = [*body.totals, *body.keyed, *body.samples]
        last = max(closing, default=0)
        columns = sorted(head.parts)
        rows = self._layout.rows
        body.blank = [
            row
            for row in body.blank
            if row < last
            or bordered([cell for c in columns if (cell := rows.get(row, {}).get(c))], columns)
        ]
        body.last = max([*body.blank, *closing, *body.sections, head.last])

    def _goes_on(self, number: int, head: Head) -> bool:
        """Whether the table continues below a line that runs across it."""
        row = self._layout.rows.get(number + 1, {})
        if not row:
            return False
        border = [cell.border for c, cell in row.items() if head.left <= c <= head.right]
        first = self._layout.filled(number + 1, head.left, head.right)
        if first and is_open(str(row[first[0]].value)):
            return False
        return not head.border or sum(border) * 2 >= len(head.parts)

    def _notes_below(self, number: int, head: Head) -> Iterator[str]:
        for row in range(number, min(number + 6, self._last + 1)):
            for column in self._layout.filled(row, head.left, head.right):
                text = self._layout.text(row, column)
                if is_note(text):
                    yield text

    def _columns(
        self, head: Head, sample: int, without: set[int | None]
    ) -> Iterator[ColumnOutline]:
        layout = self._layout
        seen = Counter[str]()
        for index, parts in sorted(head.parts.items()):
            if index in without:
                continue
            name, unit, note = split_label(parts[-1])
            unit = head.units.get(index) or unit
            groups = [split_label(part)[0] for part in parts[:-1]]
            whole = f"{name}({note})" if note else name
            label = "/".join([*groups, whole])
            seen[label] += 1
            if seen[label] > 1:
                label = f"{label} ({seen[label]})"
            if not unit:
                unit = next((u for part in parts[:-1] if (u := split_label(part)[1])), "")
            comment = self._comment(head, index)
            unit = unit or unit_of(comment)
            note = "; ".join(filter(None, (note, comment)))
            area = layout.area(sample, index)
            cell = layout.cell(area.top, area.left)
            boxes = boxes_in(cell.value) if cell and isinstance(cell.value, str) else []
            yield ColumnOutline(
                index=index,
                label=label,
                name=name,
                group="/".join(groups),
                unit=unit,
                note=note,
                formula=bool(cell and cell.formula),
                locked=layout.protected and (cell.locked if cell else True),
                allowed=layout.allowed(sample, index),
                kind=cell.kind if cell else "general",
                boxes=boxes[0].options if boxes else (),
                mark=(BRACKET_MARK if boxes[0].bracketed else self._mark) if boxes else "",
            )

    def _comment(self, head: Head, column: int) -> str:
        """What is noted on the names of a column."""
        places = [self._layout.area(row, column) for row in range(head.first, head.last + 1)]
        said = [self._layout.comments.get((area.top, area.left), "") for area in places]
        return "; ".join(dict.fromkeys(filter(None, said)))

    def _title(self, head: Head) -> str:
        for row in range(head.first - 1, max(head.first - 6, 0), -1):
            filled = self._layout.filled(row, 0, head.right)
            text = self._layout.text(row, filled[0]) if len(filled) == 1 else ""
            named = text.endswith((":", "\uff1a"))
            if not text or named or is_open(text) or UNIT_LINE.match(text):
                continue
            wide = self._layout.area(row, filled[0]).wide * 2 >= len(head.parts)
            cell = self._layout.cell(row, filled[0])
            if wide or (cell and not cell.border):
                return text
        return ""

    def _unit_above(self, head: Head, layout: Layout) -> str:
        """The unit of the whole table, as a line above it says."""
        for row in range(head.first - 1, max(head.first - 4, 0), -1):
            for cell in layout.rows.get(row, {}).values():
                match = UNIT_LINE.match(cell.text)
                if match and key(match[1]) in words("unit_labels") and unit_of(match[2]):
                    return unit_of(match[2])
        return ""
