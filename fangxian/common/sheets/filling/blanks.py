"""What a form leaves open beside its tables: a name and a colon, a line to write on, a date to
complete, an empty cell beside its label.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Final

from fangxian.common.sheets.sheetreader.boxes import BOXES, BRACKET_MARK, BRACKETS
from fangxian.common.sheets.words import fold, key, load, words

from .choices import boxes_in, is_boxes, mark_in
from .layout import Area, LaidCell, Layout
from .names import bare
from .sentences import are_parts, names_of_lines, opens_part

Span = tuple[int, int]

_GAP: Final = r"[ \t\u00a0\u3000_]"
_COLON: Final = re.compile(rf"[:\uff1a]({_GAP}*)")
_NEXT_LABEL: Final = re.compile(r"[^\s:\uff1a_]{1,12}[:\uff1a]")
# As in 填报单位：      （盖章）.
_OPENING: Final = "(\uff08"
_APART: Final = re.compile(r"[\s_]{2,}|\n")
_BOX: Final = re.compile(f"[{BOXES}]")
# A colon, a line, a box, or a gap as dates have it.
_MAY_BE_OPEN: Final = re.compile(rf"[:\uff1a{BOXES}]|__|{_GAP}[\u5e74\u6708\u65e5]")
_LINE: Final = re.compile(r"_{2,}")
_LABEL_LENGTH: Final = 20
# No name of a blank begins further before it, so that long texts aren't gone through for each one.
_LABEL_REACH: Final = 200
_LONGEST_TEXT: Final = 2_000
_CELL_LABEL_LENGTH: Final = 24
_FIGURES: Final = re.compile(r"[\d.,%/\s-]+")


@dataclass(frozen=True, slots=True)
class Blank:
    """A single place to be filled: the cell itself, or the `spans` of its text.

    `kind` is "cell", "text" (one span), "date" (year, month and day; the year may be printed and
    have none) or "choice" (of the boxes at the spans those of `allowed` that fit are ticked, as
    `mark` does it). `format` is that of the cell, `unit` what
    the text behind the blank counts in. `part`: it asks for a part of the count before it.
    """

    row: int
    column: int
    label: str
    kind: str = "cell"
    spans: tuple[Span, ...] = ()
    format: str = "general"
    locked: bool = False
    allowed: tuple[str, ...] = ()
    mark: str = ""
    unit: str = ""
    part: bool = False


@dataclass(frozen=True, slots=True)
class Slot:
    """A blank within a text."""

    label: str
    kind: str
    spans: tuple[Span, ...]
    options: tuple[str, ...] = ()
    unit: str = ""
    bracketed: bool = False
    part: bool = False


@lru_cache(maxsize=8192)
def slots(text: str) -> tuple[Slot, ...]:
    """The blanks of a text, in their order; none in one that is longer than a form's lines are."""
    found: list[Slot] = []
    taken: list[Span] = []
    if len(text) > _LONGEST_TEXT or not (_MAY_BE_OPEN.search(text) or BRACKETS.search(text)):
        return ()
    for match in _date().finditer(text):
        spans = tuple(match.span(name) for name in ("y", "m", "d") if match[name])
        label = _label_before(text, match.start())
        found.append(Slot(label, "date", spans))
        taken.append(match.span())
    for boxes in boxes_in(text):
        before = text[: boxes.spans[0][0]]
        at = max(before.rfind(":"), before.rfind("\uff1a")) + 1
        label = _label_before(text, at) if at else ""
        found.append(Slot(label, "choice", boxes.spans, boxes.options, bracketed=boxes.bracketed))
        taken += [(start - 1, end + 1) for start, end in boxes.spans if boxes.bracketed]
    for match in _COLON.finditer(text):
        at, end = match.span(1)
        if any(start <= end and at <= stop for start, stop in taken):
            continue
        label = _label_before(text, match.start() + 1)
        if not label or key(label) in words("note_labels"):
            continue
        rest = text[end:]
        last = not rest or rest.startswith("\n")
        if last or (end > at and _NEXT_LABEL.match(rest)) or (end > at + 1 and rest[0] in _OPENING):
            found.append(Slot(label, "text", ((at, end),)))
            taken.append((at, end))
    lines = [
        match.span()
        for match in _LINE.finditer(text)
        if not any(start <= match.end() and match.start() <= stop for start, stop in taken)
    ]
    said = zip(lines, names_of_lines(text, lines), are_parts(text, lines), strict=True)
    for span, (label, unit), part in said:
        own = _label_before(text, span[0])  # behind a colon
        found.append(Slot(own or bare(label), "text", (span,), unit=unit, part=part))
    return tuple(sorted(found, key=lambda slot: slot.spans[0]))


def is_open(text: str) -> bool:
    """Whether a text asks to be completed."""
    return bool(slots(text))


def blanks(layout: Layout, outside: set[int]) -> Iterator[Blank]:
    """The blanks in the rows of a sheet that belong to no table: those not in `outside`. Parts of
    different counts that have one name are told apart by the name of their count.
    """
    whole, before, named = "", None, set[str]()
    for blank in _blanks(layout, outside):
        made = blank
        beside = before is not None and before.part and before.kind == blank.kind == "cell"
        if beside and before is not None and before.row == blank.row:
            made = replace(blank, part=True)  # names of further parts stand beside
        if made.part and made.label in named:
            made = replace(made, label=f"{whole}/{made.label}")
        if made.part:
            named.add(made.label)
        else:
            whole = made.label
        before = made
        yield made


def _blanks(layout: Layout, outside: set[int]) -> Iterator[Blank]:
    claimed: set[tuple[int, int]] = set()
    mark = ""
    for row in sorted(layout.rows):
        if row in outside:
            continue
        for column, cell in sorted(layout.rows[row].items()):
            if not isinstance(cell.value, str) or (row, column) in claimed:
                continue
            area = layout.area(row, column)
            if (area.top, area.left) != (row, column):
                continue
            open_parts = slots(cell.value)
            names = len(open_parts) == 1 and open_parts[0].kind == "text"
            names = names and _ends(open_parts[0], cell)
            if (names or not open_parts) and _boxes_beside(layout, area):
                continue  # it names those
            alone = len(open_parts) == 1 and open_parts[0].spans[-1][1] == len(cell.value)
            beside = None
            if (alone and open_parts[0].kind == "text") or (not open_parts and _labels(cell)):
                beside = _beside(layout, area, outside, needs_border=not open_parts or alone)
            if beside is not None and (beside.top, beside.left) not in claimed:
                claimed.add((beside.top, beside.left))
                label = open_parts[0].label if open_parts else cell.text
                yield _cell_blank(layout, beside, label)
                continue
            for slot in open_parts:
                locked = layout.protected and cell.locked
                label = slot.label or _label_left(layout, row, column)
                chosen = slot.kind == "choice"
                mark = mark or (mark_in(_texts(layout)) if chosen else "")
                own = BRACKET_MARK if slot.bracketed else mark
                yield Blank(
                    row,
                    column,
                    label,
                    slot.kind,
                    slot.spans,
                    cell.kind,
                    locked,
                    slot.options,
                    own if chosen else "",
                    slot.unit,
                    slot.part,
                )


def _texts(layout: Layout) -> Iterator[str]:
    return (
        cell.value
        for cells in layout.rows.values()
        for cell in cells.values()
        if isinstance(cell.value, str)
    )


def _ends(slot: Slot, cell: LaidCell) -> bool:
    return slot.spans[-1][1] == len(str(cell.value))


def _boxes_beside(layout: Layout, area: Area) -> bool:
    """Whether boxes without a name of their own stand to the right."""
    beside = layout.area(area.top, area.right + 1)
    cell = layout.cell(beside.top, beside.left)
    if cell is None or not isinstance(cell.value, str) or not is_boxes(cell.value):
        return False
    return any(slot.kind == "choice" and not slot.label for slot in slots(cell.value))


def _cell_blank(layout: Layout, area: Area, label: str) -> Blank:
    cell = layout.cell(area.top, area.left)
    return Blank(
        area.top,
        area.left,
        bare(label.rstrip(":\uff1a ")),
        format=cell.kind if cell else "general",
        locked=layout.protected and (cell.locked if cell else True),
        allowed=layout.allowed(area.top, area.left),
        part=bool(opens_part(fold(label))),
    )


def _labels(cell: LaidCell) -> bool:
    """Whether the text of a cell may name the empty one beside it."""
    text = fold(cell.text)
    text = opens_part(text) or text
    return (
        cell.border
        and 0 < len(text) <= _CELL_LABEL_LENGTH
        and not _FIGURES.fullmatch(text)
        and key(text) not in words("note_labels")
        and ":" not in text[:-1]
    )


def _label_left(layout: Layout, row: int, column: int) -> str:
    """What a cell to the left says that the open parts of a text are."""
    area = layout.area(row, column - 1) if column else None
    cell = layout.cell(area.top, area.left) if area else None
    if cell is None:
        return ""
    open_parts = slots(str(cell.value))
    if len(open_parts) == 1 and open_parts[0].kind == "text" and _ends(open_parts[0], cell):
        return open_parts[0].label
    return bare(cell.text) if _labels(cell) and not open_parts else ""


def _beside(layout: Layout, area: Area, outside: set[int], *, needs_border: bool) -> Area | None:
    """The empty cell to the right of a label, else the one below it."""
    for row, column in ((area.top, area.right + 1), (area.bottom + 1, area.left)):
        if row in outside:
            continue
        beside = layout.area(row, column)
        cell = layout.cell(beside.top, beside.left)
        if cell is None or cell.formula or cell.text:
            if cell is not None and row == area.top:
                # What stands to the right is what the label names, or another label.
                continue
            continue
        if needs_border and not cell.border:
            continue
        # An empty cell below belongs to the label left of it, if there is one.
        if row != area.top and layout.text(row, column - 1 if column else column):
            continue
        return beside
    return None


def _label_before(text: str, end: int) -> str:
    """What names the place that begins at `end`, behind a colon."""
    before = text[max(0, end - _LABEL_REACH) : end].rstrip(" \t\u00a0\u3000_")
    if not before.endswith((":", "\uff1a")):
        return ""
    before = before[:-1]
    piece = _APART.split(before.strip(" \t\u00a0\u3000_"))[-1]
    piece = _BOX.split(piece)[-1].strip()
    filled, _colon, piece = _last_colon(piece)
    if filled:
        # What stands behind an earlier colon fills that one.
        piece = piece.split()[-1] if piece.split() else ""
    piece = bare(piece)
    return piece if len(piece) <= _LABEL_LENGTH else ""


def _last_colon(text: str) -> tuple[str, str, str]:
    return text.replace("\uff1a", ":").rpartition(":")


@cache
def _date() -> re.Pattern[str]:
    """A date of which at least month and day are open; its year may be printed, or not asked."""
    year, month, day = map(re.escape, load("words")["date_parts"])
    # Only where a gap begins and never a part of it: long gaps are gone through once.
    years = rf"(?:(?:(?P<y>{_GAP}++)|(?<=\d)){year})?"
    return re.compile(rf"(?<!{_GAP}){years}(?P<m>{_GAP}++){month}(?P<d>{_GAP}++){day}")
