"""What inserted rows and renamed sheets change beside the cells: merged ranges, conditional
formats, validations, links, filters, names, charts, anchors of drawings and comments.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from .references import Changes, Insertion, Insertions, areas, changed, corners
from .sheetstream import attribute, with_attribute
from .template import text_of

_ELEMENT: Final = re.compile(rb"<(?:\w+:)?(\w+)\b[^>]*>")
_AREAS: Final = (b"ref", b"sqref", b"topLeftCell", b"activeCell")
_TEXTS: Final = re.compile(
    rb"(<((?:\w+:)?)(?:formula|formula1|formula2|f|calculatedColumnFormula|totalsRowFormula)\b"
    rb"[^>]*>)([^<]*)(</)"
)
_LINK: Final = re.compile(rb'(<(?:\w+:)?hyperlink\b[^>]*?\blocation=")([^"]*)"')
_SQREFS: Final = re.compile(rb"(<(?:\w+:)?sqref\b[^>]*>)([^<]*)(</)")
_MERGES: Final = re.compile(rb"<((?:\w+:)?)mergeCells\b([^>]*)>(.*?)</\1mergeCells>", re.DOTALL)
_MERGE: Final = re.compile(rb"<(?:\w+:)?mergeCell\b[^>]*>")
_BREAKS: Final = re.compile(rb"<((?:\w+:)?)rowBreaks\b.*?</\1rowBreaks>", re.DOTALL)
_BREAK: Final = re.compile(rb"<(?:\w+:)?brk\b[^>]*>")
_ANCHOR: Final = re.compile(
    rb"<((?:\w+:)?)(twoCellAnchor|oneCellAnchor)\b[^>]*>.*?</\1\2>", re.DOTALL
)
_ENDS: Final = re.compile(rb"<((?:\w+:)?)(from|to)>.*?</\1\2>", re.DOTALL)
_ANCHOR_ROW: Final = re.compile(rb"(<(?:\w+:)?row>\s*)([0-9]+)(\s*</)")
_CHAIN: Final = re.compile(rb"<((?:\w+:)?)c\b[^>]*?/>")
_NOTE_ROW: Final = re.compile(rb"(<x:Row>\s*)([0-9]+)(\s*</x:Row>)")
_NOTE_ANCHOR: Final = re.compile(rb"(<x:Anchor>)([^<]*)(</x:Anchor>)")
# Grow together with the prepared rows that they cover.
_FOLLOW: Final = frozenset(
    b"dimension autoFilter sortState sortCondition conditionalFormatting dataValidation "
    b"ignoredError protectedRange table".split()
)


def shifted_markup(xml: bytes, sheet: str, changes: Changes, own: Insertions) -> bytes:
    """What stands before or behind a sheet's rows, or a part such as a table's, after the
    changes. `own` are the insertions into the sheet itself.
    """
    xml = _TEXTS.sub(lambda match: _formula(match, sheet, changes), xml)
    xml = _LINK.sub(lambda match: _link(match, sheet, changes), xml)
    if not own.points:
        return xml
    xml = _MERGES.sub(lambda match: _merges(match, own), xml)
    xml = _BREAKS.sub(lambda match: _BREAK.sub(lambda one: _break(one, own), match[0]), xml)
    xml = _ELEMENT.sub(lambda match: _element(match, own), xml)
    xml = _SQREFS.sub(lambda match: match[1] + _areas(match[2], own, True) + match[3], xml)
    return shifted_anchors(xml, own)


def shifted_formulas(xml: bytes, changes: Changes) -> bytes:
    """A chart's part after the changes."""
    return _TEXTS.sub(lambda match: _formula(match, "", changes), xml)


def shifted_anchors(xml: bytes, own: Insertions) -> bytes:
    """A drawing's part: what stands below an insertion moves, what spans one is stretched unless
    it keeps its size.
    """

    def anchor(match: re.Match[bytes]) -> bytes:
        kind = attribute(match[0], b"editAs")
        if kind == b"absolute":
            return match[0]
        starts: list[int] = []

        def end(one: re.Match[bytes]) -> bytes:
            row = _ANCHOR_ROW.search(one[0])
            if row is None:
                return one[0]
            at = int(row[2]) + 1
            new = own.row(at)
            if one[2] == b"from":
                starts.append(new - at)
            elif kind == b"oneCell" and starts:
                new = at + starts[0]
            return _ANCHOR_ROW.sub(rb"\g<1>%d\g<3>" % (new - 1), one[0], count=1)

        return _ENDS.sub(end, match[0])

    return _ANCHOR.sub(anchor, xml)


def shifted_notes(xml: bytes, own: Insertions) -> bytes:
    """A part of comments, or of the boxes that show them."""

    def anchor(match: re.Match[bytes]) -> bytes:
        numbers = match[2].split(b",")
        if len(numbers) != 8 or not all(one.strip().isdigit() for one in numbers):
            return match[0]
        top, bottom = int(numbers[2]), int(numbers[6])
        moved = own.row(top + 1) - top - 1
        numbers[2], numbers[6] = b" %d" % (top + moved), b" %d" % (bottom + moved)
        return match[1] + b",".join(numbers) + match[3]

    def row(match: re.Match[bytes]) -> bytes:
        return match[1] + b"%d" % (own.row(int(match[2]) + 1) - 1) + match[3]

    def element(match: re.Match[bytes]) -> bytes:
        if match[1] not in (b"comment", b"threadedComment"):
            return match[0]
        ref = attribute(match[0], b"ref")
        return with_attribute(match[0], b"ref", _areas(ref, own, False)) if ref else match[0]

    return _ELEMENT.sub(element, _NOTE_ANCHOR.sub(anchor, _NOTE_ROW.sub(row, xml)))


def shifted_chain(xml: bytes, moved: dict[int, Insertions]) -> bytes:
    """The order of calculation; `moved` by the sheets' numbers. A cell without one is in the sheet
    of the cell before.
    """
    sheet = 0

    def one(match: re.Match[bytes]) -> bytes:
        nonlocal sheet
        number = attribute(match[0], b"i")
        sheet = int(number) if number and number.isdigit() else sheet
        ref = attribute(match[0], b"r")
        own = moved.get(sheet)
        if own is None or ref is None:
            return match[0]
        return with_attribute(match[0], b"r", _areas(ref, own, False))

    return _CHAIN.sub(one, xml)


def formulas_of(xml: bytes) -> Iterator[str]:
    """The formulas in markup."""
    return (text_of(match[3]) for match in _TEXTS.finditer(xml))


def _formula(match: re.Match[bytes], sheet: str, changes: Changes) -> bytes:
    text = text_of(match[3])
    made = changed(text, sheet, changes, beside=True)
    return match[0] if made == text else match[1] + escape(made).encode() + match[4]


def _link(match: re.Match[bytes], sheet: str, changes: Changes) -> bytes:
    """A link to a place in the workbook."""
    text = text_of(match[2])
    new = changed(text, sheet, changes)
    return match[0] if new == text else match[1] + quoteattr(new)[1:-1].encode() + b'"'


def _element(match: re.Match[bytes], own: Insertions) -> bytes:
    element = match[0]
    if match[1] == b"mergeCell" or match[1] in (b"f", b"brk"):
        return element
    for name in _AREAS:
        value = attribute(element, name)
        if value:
            element = with_attribute(element, name, _areas(value, own, match[1] in _FOLLOW))
    if match[1] in (b"cellWatch", b"inputCells") and (value := attribute(element, b"r")):
        element = with_attribute(element, b"r", _areas(value, own, False))
    return element


def _areas(text: bytes, own: Insertions, follows: bool) -> bytes:
    def change(top: int, bottom: int) -> tuple[int, int]:
        return own.area(top, bottom, lambda _point: follows)

    return areas(text.decode("ascii", "replace"), change).encode()


def _break(match: re.Match[bytes], own: Insertions) -> bytes:
    """A page ends below a row: one below the last prepared row stays below the new ones."""
    row = attribute(match[0], b"id")
    if row is None or not row.isdigit():
        return match[0]
    return with_attribute(match[0], b"id", b"%d" % (own.row(int(row) + 1) - 1))


def _merges(match: re.Match[bytes], own: Insertions) -> bytes:
    prefix, rules = match[1], []
    for one in _MERGE.finditer(match[3]):
        ref = attribute(one[0], b"ref")
        area = corners(ref.decode("ascii", "replace")) if ref else None
        if ref is None or area is None:
            rules.append(one[0])
            continue
        top, _left, bottom, _right = area
        follows = _follower(top, bottom)
        moved = areas(
            ref.decode(),
            lambda low, high, grows=follows: own.area(low, high, grows),  # type: ignore[misc]
        )
        rules.append(with_attribute(one[0], b"ref", moved.encode()))
        point = next((p for p in own.points if p.after == bottom and p.prepared), None)
        if point is not None and top == bottom:
            # Cells merged side by side are merged so in each new row.
            base = own.row(bottom)
            for offset in range(1, point.count + 1):
                new = areas(ref.decode(), lambda _l, _h, at=base + offset: (at, at))  # type: ignore[misc]
                rules.append(b'<%bmergeCell ref="%b"/>' % (prefix, new.encode()))
    return b'<%bmergeCells count="%d">%b</%bmergeCells>' % (
        prefix,
        len(rules),
        b"".join(rules),
        prefix,
    )


def _follower(top: int, bottom: int) -> Callable[[Insertion], bool]:
    """A range merged along the whole table grows with it."""
    return lambda point: top < bottom and top <= point.first
