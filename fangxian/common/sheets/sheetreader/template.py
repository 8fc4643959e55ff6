"""What an office's template is made of: its sheets, formats, texts, rules and protections.

Read by the processes that outline and fill it. Everything is kept as small as the template: rows
are gone through one by one, shared texts are decoded when asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from html import unescape
from typing import Final

from . import sniff
from .archive import inspect, kind_of, open_archive, read_small, sheet_entries
from .limits import MAX_CELL_CHARACTERS, MAX_MERGES, MAX_SHEETS, MEBIBYTE, ReadError
from .references import LAST_COLUMN, LAST_ROW, carried, corners
from .sheetstream import RowPiece, attribute, cells_of, opening, pieces, requoted, unescaped

MAX_PART_BYTES: Final = 48 * MEBIBYTE
MAX_ALLOWED: Final = 2_000
# Of the formulas that a sheet shares, and of the columns whose format it gives.
_MOST: Final = 100_000

_NAMED: Final = rb"<((?:\w+:)?)%b\b(?:[^>]*/>|[^>]*>(.*?)</\1%b>)"
_XFS: Final = re.compile(_NAMED % (b"cellXfs", b"cellXfs"), re.DOTALL)
_XF: Final = re.compile(rb"<((?:\w+:)?)xf\b[^>]*?(?:/>|>.*?</\1xf>)", re.DOTALL)
_NUMBER_FORMAT: Final = re.compile(rb"<(?:\w+:)?numFmt\b[^>]*>")
_BORDERS: Final = re.compile(_NAMED % (b"borders", b"borders"), re.DOTALL)
_BORDER: Final = re.compile(rb"<((?:\w+:)?)border\b[^>]*?(?:/>|>(.*?)</\1border>)", re.DOTALL)
_SIDE: Final = re.compile(rb'<(?:\w+:)?(?:left|right|top|bottom)\b[^>]*\bstyle="(?!none)')
_UNLOCKED: Final = re.compile(rb'<(?:\w+:)?protection\b[^>]*\blocked="(?:0|false)"')
_ITEM: Final = re.compile(rb"<((?:\w+:)?)si\b[^>]*?(?:/>|>(.*?)</\1si>)", re.DOTALL)
_PHONETIC: Final = re.compile(rb"<((?:\w+:)?)rPh\b.*?</\1rPh>|<(?:\w+:)?phoneticPr\b[^>]*>", re.S)
_TEXT: Final = re.compile(rb"<((?:\w+:)?)t\b[^>]*?(?:/>|>([^<]*)</\1t>)", re.DOTALL)
_INLINE: Final = re.compile(rb"<((?:\w+:)?)is\b[^>]*?(?:/>|>(.*?)</\1is>)", re.DOTALL)
_VALUE: Final = re.compile(rb"<((?:\w+:)?)v\b[^>]*>([^<]*)</\1v>")
_FORMULA: Final = re.compile(rb"<((?:\w+:)?)f\b([^>]*?)(?:/>|>([^<]*)</\1f>)")
_CONTENT: Final = re.compile(rb"<(?:\w+:)?(?:v|f|is)\b")
_CELL_TYPE: Final = re.compile(rb'\st="([^"]*)"')
_MERGE: Final = re.compile(rb'<(?:\w+:)?mergeCell\b[^>]*\bref="([^"]+)"')
_PROTECTED: Final = re.compile(rb'<(?:\w+:)?sheetProtection\b[^>]*\bsheet="(?:1|true)"')
_RULE: Final = re.compile(
    rb"<((?:\w+:)?)dataValidation\b([^>]*?)(?:/>|>(.*?)</\1dataValidation>)", re.DOTALL
)
_FIRST_FORMULA: Final = re.compile(rb"<((?:\w+:)?)formula1\b[^>]*>(?:\s*<(?:\w+:)?f>)?([^<]*)</")
_SQREF: Final = re.compile(rb"<(?:\w+:)?sqref>([^<]*)</")
_COLUMN: Final = re.compile(rb"<(?:\w+:)?col\b[^>]*>")
_DEFINED: Final = re.compile(rb"<((?:\w+:)?)definedName\b([^>]*)>([^<]*)</\1definedName>")
_CALENDAR: Final = re.compile(rb'<(?:\w+:)?workbookPr\b[^>]*\bdate1904="(?:1|true)"')
_PLAIN_FORMAT: Final = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?![hms]+\])[^\]]*\]', re.IGNORECASE)
_DATES: Final = frozenset((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)))
_DAYS: Final = re.compile(r"[ymdhsge]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class CellFormat:
    """`kind`: "general", "number", "date" or "text"; whether the cell is closed to input while its
    sheet is protected, and whether it has a border.
    """

    kind: str = "general"
    locked: bool = True
    border: bool = False


@dataclass(frozen=True, slots=True)
class Shared:
    """A formula that several cells share, as it stands in its first cell."""

    text: str
    row: int
    column: int


@dataclass(frozen=True, slots=True)
class Rule:
    """Where only some texts are allowed. `areas` as `corners` gives them."""

    areas: tuple[tuple[int, int, int, int], ...]
    allowed: tuple[str, ...]


@dataclass(slots=True)
class Survey:
    """What a sheet says before and behind its rows, and the formulas that its cells share."""

    head: bytes
    tail: bytes
    prefix: bytes
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)
    shared: dict[int, Shared] = field(default_factory=dict)
    arrays: list[tuple[int, int]] = field(default_factory=list)
    # The last that holds something.
    last_row: int = 0
    formulas: bool = False

    @property
    def protected(self) -> bool:
        """Whether input is allowed in unlocked cells alone."""
        return _PROTECTED.search(self.tail) is not None

    def column_styles(self) -> dict[int, int]:
        """The formats of whole columns, by their index."""
        styles: dict[int, int] = {}
        for match in _COLUMN.finditer(self.head):
            low, high = attribute(match[0], b"min"), attribute(match[0], b"max")
            style = attribute(match[0], b"style")
            if low and high and style:
                for column in range(int(low) - 1, min(int(high), int(low) + 1000, LAST_COLUMN)):
                    styles[column] = int(style)
        return styles


@dataclass(frozen=True, slots=True)
class Entry:
    """A sheet of the workbook. `state` is "visible", "hidden" or "veryHidden"."""

    name: str
    part: str
    state: str
    number: int


class Book:
    """A template. Raises ReadError if it is no .xlsx or not one that can be opened without harm."""

    def __init__(self, data: bytes) -> None:
        if sniff.sniff(data) != "zip":
            raise ReadError("not_xlsx")
        self.archive = open_archive(data)
        if kind_of(self.archive) != "xlsx":
            raise ReadError("not_xlsx")
        inspect(self.archive, cells=False)
        self.workbook = requoted(self.part("xl/workbook.xml"))
        self.names = set(self.archive.NameToInfo)
        self.entries = [
            Entry(
                name=entry["name"],
                part=entry["part"],
                state=entry.get("state", "visible"),
                number=_whole(entry.get("sheetId", "")),
            )
            for entry in sheet_entries(self.archive)
            if entry["part"].startswith("xl/worksheets/") and entry["part"] in self.names
        ]
        if not self.entries:
            raise ReadError("no_sheets")
        if len(self.entries) > MAX_SHEETS:
            raise ReadError("too_many_sheets", limit=MAX_SHEETS)
        self.since_1904 = _CALENDAR.search(self.workbook) is not None
        self._surveys: dict[str, Survey] = {}
        self._rules: dict[str, list[Rule]] = {}

    def part(self, name: str) -> bytes:
        """A part that is held as a whole. Raises ReadError where it is too large for that."""
        content = read_small(self.archive, name, MAX_PART_BYTES)
        member = self.archive.NameToInfo.get(name)
        if not content and member is not None and member.file_size:
            raise ReadError("too_much_memory")
        return content

    def entry(self, name: str) -> Entry:
        """The sheet of a name. Raises ReadError."""
        found = next((entry for entry in self.entries if entry.name == name), None)
        if found is None:
            raise ReadError("no_such_sheet", sheet=name)
        return found

    def pieces(self, part: str) -> Iterator[bytes | RowPiece]:
        """The sheet's XML, its attributes in double quotation marks."""
        with self.archive.open(part) as source:
            for piece in pieces(source):
                if isinstance(piece, bytes):
                    yield requoted(piece) if len(piece) < MAX_PART_BYTES else piece
                    continue
                xml = requoted(piece.xml)
                if xml is piece.xml:
                    yield piece
                    continue
                own = attribute(xml, b"r")
                number = _whole(own) if own else piece.number
                yield RowPiece(number, piece.prefix, opening(xml), xml)

    def survey(self, part: str) -> Survey:
        """What the sheet says beside its rows. Goes through all of them once."""
        if part not in self._surveys:
            self._surveys[part] = self._survey(part)
        return self._surveys[part]

    def _survey(self, part: str) -> Survey:
        head: list[bytes] = []
        tail: list[bytes] = []
        size = 0
        made = Survey(b"", b"", b"")
        for piece in self.pieces(part):
            if isinstance(piece, bytes):
                (head if len(head) < 2 else tail).append(piece)
                size += len(piece)
                if size > MAX_PART_BYTES:
                    raise ReadError("too_much_memory")
                continue
            # What stands between rows belongs to neither.
            tail.clear()
            if piece.number > LAST_ROW:
                raise ReadError("damaged")
            # Some write a last row that holds nothing but a height.
            if _CONTENT.search(piece.xml):
                made.last_row = max(made.last_row, piece.number)
            if b"<f" in piece.xml or b":f" in piece.xml:
                self._note_formulas(made, piece)
        made.head, made.tail = head[0], b"".join(tail)
        start = head[1]
        made.prefix = start[1 : start.index(b"sheetData")]
        if made.tail.count(b"mergeCell ") > MAX_MERGES:
            raise ReadError("too_much_memory")
        for match in _MERGE.finditer(made.tail):
            area = corners(match[1].decode("ascii", "replace"))
            if area is None or area[2] > LAST_ROW or area[3] >= LAST_COLUMN:
                raise ReadError("damaged")
            made.merges.append(area)
        return made

    def _note_formulas(self, survey: Survey, row: RowPiece) -> None:
        for column, cell in cells_of(row).items():
            found = _FORMULA.search(cell)
            if found is None:
                continue
            survey.formulas = True
            tag = b"<f" + found[2] + b">"
            kind = attribute(tag, b"t")
            if kind == b"shared" and found[3]:
                number = _whole(attribute(tag, b"si") or b"")
                survey.shared[number] = Shared(text_of(found[3]), row.number, column)
            elif kind in (b"array", b"dataTable"):
                area = corners((attribute(tag, b"ref") or b"").decode("ascii", "replace"))
                survey.arrays.append((area[0], area[2]) if area else (1, LAST_ROW))
            if len(survey.shared) + len(survey.arrays) > _MOST:
                raise ReadError("too_much_memory")

    @cached_property
    def formats(self) -> list[CellFormat]:
        """The cell formats, by their numbers."""
        xml = requoted(self.part("xl/styles.xml"))
        codes = {}
        for match in _NUMBER_FORMAT.finditer(xml):
            code = (attribute(match[0], b"formatCode") or b"").decode("utf-8", "replace")
            codes[_whole(attribute(match[0], b"numFmtId") or b"")] = unescape(code)
        sides = _BORDERS.search(xml)
        borders = [
            _SIDE.search(match[2] or b"") is not None
            for match in _BORDER.finditer((sides[2] or b"") if sides else b"")
        ]
        found = _XFS.search(xml)
        formats = []
        for match in _XF.finditer((found[2] or b"") if found else b""):
            border = _whole(attribute(match[0], b"borderId") or b"")
            formats.append(
                CellFormat(
                    _kind(_whole(attribute(match[0], b"numFmtId") or b""), codes),
                    _UNLOCKED.search(match[0]) is None,
                    border < len(borders) and borders[border],
                )
            )
        return formats

    def format(self, style: int) -> CellFormat:
        """The cell format of a number."""
        return self.formats[style] if style < len(self.formats) else CellFormat()

    @cached_property
    def _strings(self) -> list[bytes]:
        xml = self.part("xl/sharedStrings.xml")
        return [match[2] or b"" for match in _ITEM.finditer(xml)]

    def runs(self, cell: bytes) -> bytes | None:
        """The text of a cell as XML, without how it is read aloud; None if it holds none."""
        kind = _type(cell)
        if kind == b"inlineStr":
            inline = _INLINE.search(cell)
            return _PHONETIC.sub(b"", inline[2] or b"") if inline else None
        value = _VALUE.search(cell) if kind == b"s" else None
        if value is None:
            return None
        number = _whole(value[2])
        if number >= len(self._strings):
            raise ReadError("damaged")
        return _PHONETIC.sub(b"", self._strings[number])

    def value(self, cell: bytes) -> str | float | bool | None:
        """What a cell shows: a text, a number as the file holds it, or nothing."""
        if cell.endswith(b"/>"):
            return None
        kind = _type(cell)
        if kind in (b"s", b"inlineStr"):
            runs = self.runs(cell)
            return None if runs is None else shown(runs)[:MAX_CELL_CHARACTERS]
        value = _VALUE.search(cell)
        if value is None:
            return None
        text = text_of(value[2])
        if kind in (b"str", b"e", b"d"):
            return text
        if kind == b"b":
            return text.strip() in ("1", "true")
        try:
            return float(text)
        except ValueError:
            return text or None

    @cached_property
    def defined(self) -> dict[tuple[str, int | None], str]:
        """What the workbook's names stand for: by name in lower case and, where a name holds in
        one sheet, that sheet's place.
        """
        names: dict[tuple[str, int | None], str] = {}
        for match in _DEFINED.finditer(self.workbook):
            tag = b"<d" + match[2] + b">"
            local = attribute(tag, b"localSheetId")
            name = text_of(attribute(tag, b"name") or b"").casefold()
            names[name, _whole(local) if local else None] = text_of(match[3])
        return names

    def rules(self, entry: Entry) -> list[Rule]:
        """The lists that the sheet's validations allow, as far as they can be told."""
        if entry.part not in self._rules:
            self._rules[entry.part] = self._rules_of(entry)
        return self._rules[entry.part]

    def _rules_of(self, entry: Entry) -> list[Rule]:
        rules = []
        lists: dict[str, tuple[str, ...]] = {}
        for match in _RULE.finditer(self.survey(entry.part).tail):
            if attribute(b"<d" + match[2] + b">", b"type") != b"list":
                continue
            formula = _FIRST_FORMULA.search(match[3] or b"")
            within = _SQREF.search(match[3] or b"")
            where = within[1] if within else attribute(b"<d" + match[2] + b">", b"sqref")
            said = text_of(formula[2]) if formula else ""
            if said not in lists:
                lists[said] = self._allowed(said, entry)
            allowed = lists[said]
            found = [corners(area) for area in (where or b"").decode("ascii", "replace").split()]
            if allowed:
                rules.append(Rule(tuple(area for area in found if area), allowed))
        return rules

    def _allowed(self, formula: str, entry: Entry, depth: int = 0) -> tuple[str, ...]:
        formula = formula.strip().removeprefix("=")
        if formula.startswith('"') and formula.endswith('"') and len(formula) > 1:
            return tuple(part.strip() for part in formula[1:-1].replace('""', '"').split(","))
        sheet, _mark, area = formula.rpartition("!")
        place = corners(area)
        if place is None:
            local = next((n for n, one in enumerate(self.entries) if one is entry), None)
            known = self.defined.get((formula.casefold(), local)) or self.defined.get(
                (formula.casefold(), None)
            )
            return self._allowed(known, entry, depth + 1) if known and not depth else ()
        name = sheet.strip("'").replace("''", "'") if sheet else entry.name
        target = next((one for one in self.entries if one.name == name), None)
        if target is None:
            return ()
        top, left, bottom, right = place
        values: list[str] = []
        for piece in self.pieces(target.part):
            if isinstance(piece, bytes) or not top <= piece.number <= bottom:
                continue
            for column, cell in sorted(cells_of(piece).items()):
                value = self.value(cell) if left <= column <= right else None
                if isinstance(value, float) and value.is_integer():
                    value = int(value)
                if value not in (None, "") and len(values) < MAX_ALLOWED:
                    values.append(str(value))
        return tuple(values) if len(values) < MAX_ALLOWED else ()

    def formula(self, cell: bytes, row: int, column: int, survey: Survey) -> str | None:
        """The formula of a cell, written out where it is shared; None if it holds none."""
        found = _FORMULA.search(cell)
        if found is None:
            return None
        tag = b"<f" + found[2] + b">"
        if attribute(tag, b"t") == b"shared" and not found[3]:
            shared = survey.shared.get(_whole(attribute(tag, b"si") or b""))
            if shared is None:
                raise ReadError("damaged")
            return carried(shared.text, row - shared.row, column - shared.column)
        return text_of(found[3] or b"")


def has_formula(cell: bytes) -> bool:
    """Whether the cell holds a formula."""
    return (b"<f" in cell or b":f" in cell) and _FORMULA.search(cell) is not None


def shown(runs: bytes) -> str:
    """The text of a cell's runs."""
    return "".join(unescaped(text_of(match[2] or b"")) for match in _TEXT.finditer(runs))


def text_of(xml: bytes) -> str:
    """Text as XML writes it, read."""
    text = xml.decode("utf-8", "replace")
    return unescape(text) if "&" in text else text


def _type(cell: bytes) -> bytes:
    match = _CELL_TYPE.search(cell, 0, cell.index(b">"))
    return match[1] if match else b""


def _kind(number: int, codes: dict[int, str]) -> str:
    if number == 49:
        return "text"
    if number in codes:
        code = _PLAIN_FORMAT.sub("", codes[number])
        if code.strip() == "@":
            return "text"
        if code.casefold() == "general" or not code:
            return "general"
        return "date" if _DAYS.search(code.partition(";")[0]) else "number"
    if number in _DATES:
        return "date"
    return "number" if number else "general"


def _whole(text: str | bytes) -> int:
    try:
        return max(int(text), 0)
    except ValueError:
        return 0
