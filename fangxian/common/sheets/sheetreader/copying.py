"""The parts of a workbook beside its sheets' cells: what is filled into several copies of a sheet
gets parts of its own for each, and the workbook's list of sheets and names follows.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from .archive import relations, resolved
from .limits import MAX_MEMBERS, MAX_SHEETS, ReadError
from .references import Changes, changed
from .sheetstream import attribute, requoted, with_attribute
from .template import Book, text_of

_SHEET: Final = re.compile(rb"<(?:\w+:)?sheet\b[^>]*?/?>(?:\s*</(?:\w+:)?sheet>)?")
_RELATION: Final = re.compile(rb"<(?:\w+:)?Relationship\b[^>]*>")
_OVERRIDE: Final = re.compile(rb"<((?:\w+:)?)Override\b[^>]*>")
_NAME: Final = re.compile(rb"<((?:\w+:)?)definedName\b([^>]*)>([^<]*)</\1definedName>")
_VIEW: Final = re.compile(rb"<(?:\w+:)?workbookView\b[^>]*>")
_CALCULATION: Final = re.compile(rb"<(?:\w+:)?calcPr\b[^>]*>")
_BEFORE_CALCULATION: Final = re.compile(
    rb"</(?:\w+:)?(?:sheets|functionGroups|externalReferences|definedNames)>"
)
_RELATION_ID: Final = re.compile(rb'(\s[\w]+:id=)"[^"]*"')
_NUMBERED: Final = re.compile(r"^(.*?)([0-9]*)(\.[^.]*)$")
# Read by several sheets alike, or outside the workbook.
_SHARED: Final = frozenset(("image", "package", "oleObject", "hyperlink", "font", "audio", "video"))
# What a copy of would need more than its parts.
_ONCE: Final = frozenset(("pivotTable", "slicer", "timeline", "queryTable"))
_ILLEGAL: Final = re.compile(r"[\[\]:*?/\\\x00-\x1f\ud800-\udfff\ufffe\uffff]")
_NAME_LENGTH: Final = 31


@dataclass(slots=True)
class Copies:
    """What is written beside the parts that the template has: `parts` by new name the part that
    each is copied from, `made` those written anew.
    """

    book: Book
    parts: dict[str, str] = field(default_factory=dict)
    made: dict[str, bytes] = field(default_factory=dict)
    _taken: set[str] = field(default_factory=set)
    _tables: int = 0

    def __post_init__(self) -> None:
        self._taken = {name.casefold() for name in self.book.names}

    def sheet(self, part: str) -> str:
        """A new part for a copy of a sheet, with parts of its own for all that belongs to it."""
        return self._copied(part, sheet=True)

    def _copied(self, part: str, *, sheet: bool = False) -> str:
        target = self._free(part)
        if not sheet:
            self.parts[target] = part
            if len(self.parts) > MAX_MEMBERS:
                raise ReadError("unsafe_archive")  # parts that belong to each other in a circle
        folder, name = posixpath.split(part)
        listed = f"{folder}/_rels/{name}.rels"
        if listed not in self.book.names:
            return target

        def one(match: re.Match[bytes]) -> bytes:
            kind = text_of(attribute(match[0], b"Type") or b"").rpartition("/")[2]
            outside = attribute(match[0], b"TargetMode") == b"External"
            own = resolved(folder, text_of(attribute(match[0], b"Target") or b""))
            if outside or kind in _SHARED or own not in self.book.names:
                return match[0]
            if kind in _ONCE:
                raise ReadError("not_copied")
            copy = "/" + self._copied(own)
            return with_attribute(match[0], b"Target", quoteattr(copy)[1:-1].encode())

        xml = requoted(self.book.part(listed))
        new = posixpath.split(target)[1]
        self.made[f"{folder}/_rels/{new}.rels"] = _RELATION.sub(one, xml)
        return target

    def _free(self, part: str) -> str:
        match = _NUMBERED.match(part)
        base, number, ending = match.groups() if match else (part, "", "")
        count = int(number or 1)
        while True:
            count += 1
            name = f"{base}{count}{ending}"
            if name.casefold() not in self._taken:
                self._taken.add(name.casefold())
                return name

    def table(self, xml: bytes, taken: set[str], numbers: set[int]) -> tuple[bytes, str, str]:
        """A copied table with a number and a name of its own; the old name and the new one."""
        start = re.search(rb"<(?:\w+:)?table\b[^>]*>", xml)
        if start is None:
            raise ReadError("not_editable")
        old = text_of(attribute(start[0], b"displayName") or b"")
        count = 2
        while f"{old}_{count}".casefold() in taken:
            count += 1
        new = f"{old}_{count}"
        number = max(numbers, default=0) + 1
        taken.add(new.casefold())
        numbers.add(number)
        tag = start[0]
        for name in (b"name", b"displayName"):
            tag = with_attribute(tag, name, quoteattr(new)[1:-1].encode())
        tag = with_attribute(tag, b"id", b"%d" % number)
        rest = re.sub(rb"\b%b(?=\[)" % re.escape(old.encode()), new.encode(), xml[start.end() :])
        return xml[: start.start()] + tag + rest, old, new


def content_types(book: Book, copies: Copies, sheets: dict[str, str]) -> bytes:
    """The list of the parts' types with the copied ones: `sheets` by new part the copied one."""
    xml = requoted(book.part("[Content_Types].xml"))
    types: dict[str, bytes] = {}
    prefix = b""
    for match in _OVERRIDE.finditer(xml):
        prefix = match[1]
        name = text_of(attribute(match[0], b"PartName") or b"").lstrip("/")
        types[name] = attribute(match[0], b"ContentType") or b""
    new = b"".join(
        b'<%bOverride PartName="/%b" ContentType="%b"/>' % (prefix, target.encode(), types[source])
        for target, source in (sheets | copies.parts).items()
        if source in types
    )
    end = xml.rindex(b"</")
    return xml[:end] + new + xml[end:]


def fitting(title: str, taken: set[str]) -> str:
    """A sheet's name as Excel takes it, other than those `taken`, which it joins."""
    base = _ILLEGAL.sub("", title).strip().strip("'").strip() or "1"
    count = 1
    while True:
        ending = f" ({count})" if count > 1 else ""
        name = base
        while len((name + ending).encode("utf-16-le")) > 2 * _NAME_LENGTH:
            name = name[:-1]
        name += ending
        if name.casefold() not in taken and name.casefold() != "history":
            taken.add(name.casefold())
            return name
        count += 1


@dataclass(frozen=True, slots=True)
class Listed:
    """A sheet as the workbook lists it: what it was called, and the copies that take its place."""

    old: str
    titles: Sequence[str]
    parts: Sequence[str]
    changes: Sequence[Changes]


def workbook(
    book: Book,
    listed: Sequence[Listed],
    changes: Changes,
    relations_xml: bytes,
) -> tuple[bytes, bytes]:
    """The workbook's part and its relationships, with the copies, the names after the changes, and
    everything to be calculated anew.
    """
    xml = book.workbook
    copied = {one.old: one for one in listed}
    numbers = {entry.number for entry in book.entries}
    known = relations(book.archive, "xl/workbook.xml")
    identifiers = {one.get("Id", "").casefold() for one in known}
    kinds = {resolved("xl", one.get("Target", "")): one.get("Type", "") for one in known}
    new_relations: list[bytes] = []
    places: list[list[int]] = []

    def sheet(match: re.Match[bytes]) -> bytes:
        old = text_of(attribute(match[0], b"name") or b"")
        first = sum(map(len, places))
        one = copied.get(old)
        if one is None:
            places.append([first])
            return match[0]
        places.append(list(range(first, first + len(one.titles))))
        tags = []
        for place, (title, part) in enumerate(zip(one.titles, one.parts, strict=True)):
            tag = match[0]
            if title != old:
                tag = with_attribute(tag, b"name", quoteattr(title)[1:-1].encode())
            if place:
                number = max(numbers) + 1
                numbers.add(number)
                identifier = f"rId{number + 1000}"
                while identifier.casefold() in identifiers:
                    identifier += "x"
                identifiers.add(identifier.casefold())
                tag = with_attribute(tag, b"sheetId", b"%d" % number)
                tag = _RELATION_ID.sub(rb'\1"%b"' % identifier.encode(), tag, count=1)
                new_relations.append(
                    b'<Relationship Id="%b" Type="%b" Target="/%b"/>'
                    % (identifier.encode(), kinds[one.parts[0]].encode(), part.encode())
                )
            tags.append(tag)
        return b"".join(tags)

    xml = _SHEET.sub(sheet, xml)
    if sum(map(len, places)) > MAX_SHEETS:
        raise ReadError("too_many_sheets", limit=MAX_SHEETS)
    names = [entry["name"] for entry in _entries(book)]
    xml = _NAME.sub(lambda match: _names(match, names, places, copied, changes), xml)
    xml = _VIEW.sub(lambda match: _view(match[0], places), xml)
    return _calculated(xml), _extended(relations_xml, new_relations)


def _entries(book: Book) -> list[dict[str, str]]:
    return [
        {"name": text_of(attribute(match[0], b"name") or b"")}
        for match in _SHEET.finditer(book.workbook)
    ]


def _names(
    match: re.Match[bytes],
    names: list[str],
    places: list[list[int]],
    copied: dict[str, Listed],
    changes: Changes,
) -> bytes:
    """A name of the workbook; one that holds in a copied sheet for each of its copies."""
    tag = b"<definedName" + match[2] + b">"
    local = attribute(tag, b"localSheetId")
    text = text_of(match[3])
    place = int(local) if local is not None and local.isdigit() else -1
    own = names[place] if 0 <= place < len(names) else ""
    made = []
    if place < 0 or place >= len(places):
        made.append((match[2], changed(text, own, changes)))
    else:
        each = copied[own].changes if own in copied else [changes]
        for target, mine in zip(places[place], each, strict=True):
            attributes = with_attribute(tag, b"localSheetId", b"%d" % target)
            made.append((attributes[len(b"<definedName") : -1], changed(text, own, mine)))
    return b"".join(
        b"<%bdefinedName%b>%b</%bdefinedName>"
        % (match[1], attributes, match[3] if new == text else escape(new).encode(), match[1])
        for attributes, new in made
    )


def _view(tag: bytes, places: list[list[int]]) -> bytes:
    for name in (b"activeTab", b"firstSheet"):
        value = attribute(tag, name)
        if value and value.isdigit() and int(value) < len(places):
            tag = with_attribute(tag, name, b"%d" % places[int(value)][0])
    return tag


def _calculated(xml: bytes) -> bytes:
    """The workbook's part, everything to be calculated when it is opened."""
    match = _CALCULATION.search(xml)
    if match:
        tag = with_attribute(match[0], b"fullCalcOnLoad", b"1")
        return xml[: match.start()] + tag + xml[match.end() :]
    ends = list(_BEFORE_CALCULATION.finditer(xml))
    if not ends:
        raise ReadError("not_editable")
    prefix = ends[-1][0][2:-1].rpartition(b":")
    name = prefix[0] + prefix[1]
    at = ends[-1].end()
    return xml[:at] + b'<%bcalcPr fullCalcOnLoad="1"/>' % name + xml[at:]


def _extended(xml: bytes, new: list[bytes]) -> bytes:
    if not new:
        return xml
    end = xml.rindex(b"</")
    prefix = xml[end + 2 :].rpartition(b":")
    name = prefix[0] + prefix[1]
    joined = b"".join(new).replace(b"<Relationship", b"<%bRelationship" % name)
    return xml[:end] + joined + xml[end:]
