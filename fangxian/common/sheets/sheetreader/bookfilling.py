"""Filling a whole template: which parts are written anew, and how."""

from __future__ import annotations

import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, Any, Final

from .archive import relations, resolved
from .copying import Copies, Listed, content_types, fitting, workbook
from .filling import Filler
from .jobs import Block, Job, Leftovers
from .limits import ReadError
from .markup import (
    formulas_of,
    shifted_anchors,
    shifted_chain,
    shifted_formulas,
    shifted_markup,
    shifted_notes,
)
from .references import LAST_ROW, Changes, Insertions, Unsafe, changed, single_rows
from .runs import Piece
from .sheetstream import CHUNK, attribute, fresh
from .template import Book, Entry, text_of

_FORMULA: Final = re.compile(rb"<((?:\w+:)?)f\b[^>]*>([^<]+)</\1f>")
_LINK: Final = re.compile(rb'(\stextlink=")([^"]*)"')
_SOURCE: Final = re.compile(rb"<(?:\w+:)?worksheetSource\b[^>]*>")
_TABLE: Final = re.compile(rb"<(?:\w+:)?table\b[^>]*>")


@dataclass(slots=True)
class Plan:
    """What to fill, as the caller sends it; the lines of the blocks follow it."""

    jobs: list[Job]

    @classmethod
    def received(cls, book: Book, given: Sequence[Mapping[str, Any]], lines: Any) -> Plan:
        """The plan that `given` tells; `lines` gives the next so many lines of a block."""
        jobs = []
        for sheet in given:
            entry = book.entry(sheet["sheet"])
            job = Job(entry, entry.part, sheet["title"] or entry.name)
            for row, column, value in sheet["cells"]:
                job.cells.setdefault(row, {})[column] = value
            for row, column, start, end, text, exact in sheet["parts"]:
                piece = Piece(start, end, text, exact)
                job.parts.setdefault(row, {}).setdefault(column, []).append(piece)
            for block in sheet["blocks"]:
                columns = tuple(block["columns"])
                job.blocks.append(
                    Block(block["first_row"], block["room"], columns, lines(block["lines"]))
                )
            jobs.append(job)
        return cls(jobs)


@dataclass(slots=True)
class _Written:
    """The parts that are not copied as they are: sheets by their job, others by their bytes."""

    sheets: dict[str, tuple[Job, Changes]] = field(default_factory=dict)
    parts: dict[str, bytes] = field(default_factory=dict)


def fill(book: Book, plan: Plan, out: IO[bytes]) -> dict[str, Any]:
    """Write the template with the plan to `out`. Returns what could not be filled, and the names
    of the sheets that were filled, in the plan's order. Raises ReadError.
    """
    try:
        return _fill(book, plan, out)
    except Unsafe as error:
        raise ReadError("not_editable") from error
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise ReadError("damaged") from error


def _fill(book: Book, plan: Plan, out: IO[bytes]) -> dict[str, Any]:
    left = Leftovers()
    first: dict[str, Job] = {}
    for job in plan.jobs:
        first.setdefault(job.entry.name, job)
    titles = {entry.name.casefold() for entry in book.entries}
    copies = Copies(book)
    for job in plan.jobs:
        is_first = first[job.entry.name] is job
        if job.title != job.entry.name or not is_first:
            if is_first:
                titles.discard(job.entry.name.casefold())
            job.title = fitting(job.title, titles)
        if not is_first:
            job.target, job.copied = copies.sheet(job.entry.part), True
        job.plan_insertions()
        if job.insertions.points:
            try:
                _check(book, job)
            except Unsafe:
                job.give_up(book.survey(job.entry.part).last_row)
    changes = _changes(first.values())
    written = _Written()
    for job in plan.jobs:
        written.sheets[job.target] = job, _changes_for(job, changes)
    for entry in _following(book, first):
        written.sheets[entry.part] = Job(entry, entry.part, entry.name), changes
    _beside(book, plan.jobs, changes, copies, written)
    listed = [
        Listed(
            name,
            [job.title for job in mine],
            [job.target for job in mine],
            [_changes_for(job, changes) for job in mine],
        )
        for name in first
        if (mine := [job for job in plan.jobs if job.entry.name == name])
    ]
    links = "xl/_rels/workbook.xml.rels"
    written.parts["xl/workbook.xml"], related = workbook(book, listed, changes, book.part(links))
    new_sheets = {job.target: job.entry.part for job in plan.jobs if job.copied}
    if new_sheets:
        written.parts[links] = related
        written.parts["[Content_Types].xml"] = content_types(book, copies, new_sheets)
    _write(book, copies, written, left, out)
    return {"left": left.told(), "titles": [job.title for job in plan.jobs]}


def _changes(jobs: Any) -> Changes:
    """What happens to the sheets as others see them: a copied one is the first of its copies."""
    moved, renamed = {}, {}
    for job in jobs:
        name = job.entry.name.casefold()
        if job.insertions.points:
            moved[name] = job.insertions
        if job.title != job.entry.name:
            renamed[name] = job.title
    return Changes(moved, renamed)


def _changes_for(job: Job, changes: Changes) -> Changes:
    """What a sheet itself sees: its own rows and its own name."""
    own = _changes([job])
    name = job.entry.name.casefold()
    moved = {key: value for key, value in changes.moved.items() if key != name}
    renamed = {key: value for key, value in changes.renamed.items() if key != name}
    return Changes({**moved, **own.moved}, {**renamed, **own.renamed})


def _formulas(book: Book, entry: Entry) -> Iterator[tuple[int, str]]:
    """Row and text of every formula of a sheet that is written out, and of its markup with 0."""
    try:
        survey = book.survey(entry.part)
    except ReadError as error:
        if error.code != "not_editable":
            raise
        return
    if survey.formulas:
        for piece in book.pieces(entry.part):
            if isinstance(piece, bytes) or not (b"<f" in piece.xml or b":f" in piece.xml):
                continue
            for match in _FORMULA.finditer(piece.xml):
                yield piece.number, text_of(match[2])
    for text in formulas_of(survey.tail):
        yield 0, text


def _check(book: Book, job: Job) -> None:
    """Raise Unsafe where the job's insertions can't be carried through the workbook."""
    survey = book.survey(job.entry.part)
    points = job.insertions.points
    if survey.last_row + sum(point.count for point in points) > LAST_ROW:
        raise Unsafe("rows")
    for point in points:
        if any(top <= point.after and bottom >= point.first for top, bottom in survey.arrays):
            raise Unsafe("array")
        for top, _left, bottom, _right in survey.merges:
            # Rows merged two by two, or with what stands below.
            if top < bottom and bottom >= point.after >= top and top > point.first:
                raise Unsafe("merge")
    for relation in relations(book.archive, job.entry.part):
        if relation.get("Type", "").rpartition("/")[2] in ("pivotTable", "ctrlProp", "slicer"):
            raise Unsafe("pivot")
    moved = Changes({job.entry.name.casefold(): job.insertions}, {})
    for entry in book.entries:
        own = entry is job.entry
        for row, text in _formulas(book, entry):
            if not own and not moved.concern(text):
                continue
            changed(text, entry.name, moved, row=row, beside=not row)
            if row:
                _check_singles(job, entry, row, text)
    for text in book.defined.values():
        changed(text, "", moved)
    for name in book.names:
        if name.startswith("xl/charts/") and name.endswith(".xml"):
            shifted_formulas(book.part(name), moved)
        if name.startswith("xl/pivotCache/") and "efinition" in name:
            source = _SOURCE.search(book.part(name))
            sheet = attribute(source[0], b"sheet") if source else None
            if sheet and text_of(sheet).casefold() == job.entry.name.casefold():
                raise Unsafe("pivot")


def _check_singles(job: Job, entry: Entry, row: int, formula: str) -> None:
    """A total that names every row by itself (C5+C6+C7) would leave out the new ones."""
    for point in job.insertions.points:
        if not point.prepared or (entry is job.entry and point.first <= row <= point.after):
            continue
        columns: dict[str, set[int]] = {}
        for column, named in single_rows(formula, entry.name, job.entry.name):
            if point.first <= named <= point.after:
                columns.setdefault(column, set()).add(named)
        if any(point.after in rows and len(rows) > 1 for rows in columns.values()):
            raise Unsafe("singles")


def _following(book: Book, first: Mapping[str, Job]) -> list[Entry]:
    """Sheets that are not filled but calculated from such, or whose formulas name what changes:
    what is stored of their results no longer holds.
    """
    stale = {name.casefold() for name in first}
    names = {
        key: text for (key, _place), text in book.defined.items() if not key.startswith("_xlnm")
    }
    mentions: dict[str, str] = {}
    for entry in book.entries:
        if entry.name in first:
            continue
        texts = {text.casefold() for _row, text in _formulas(book, entry)}
        said = "\n".join(texts)
        said += "".join(f"\n{text}" for name, text in names.items() if name in said)
        mentions[entry.name] = said.replace("'!", "!").replace("''", "'")
    found: list[Entry] = []
    growing = True
    while growing:
        growing = False
        for entry in book.entries:
            said = mentions.get(entry.name, "")
            if entry in found or not said:
                continue
            if any(
                f"{name.replace(chr(39), chr(39) * 2)}!" in said.replace("'!", "!")
                for name in stale
            ):
                stale.add(entry.name.casefold())
                found.append(entry)
                growing = True
    return found


def _beside(
    book: Book, jobs: Sequence[Job], changes: Changes, copies: Copies, written: _Written
) -> None:
    """The parts that belong to the sheets, and those of the whole workbook that name cells."""
    for job in jobs:
        mine = _changes_for(job, changes)
        targets = {source: target for target, source in _own_parts(book, job, copies)}
        for source, target in targets.items():
            kind = _kind(source)
            xml = book.part(source) if kind else b""
            new = _part(xml, kind, job, mine)
            if job.copied and kind == "table":
                taken, numbers = _tables(book, written)
                new, old, name = copies.table(new, taken, numbers)
                job.tables[old] = name
            if new != xml:
                written.parts[target] = new
    if not (changes.moved or changes.renamed):
        return
    for name in book.names:
        if name in written.parts or not name.endswith(".xml"):
            continue
        if name.startswith(("xl/charts/", "xl/drawings/")):
            xml = book.part(name)
            new = _linked(shifted_formulas(xml, changes), "", changes)
            if new != xml:
                written.parts[name] = new
    chain = "xl/calcChain.xml"
    if chain in book.names and changes.moved:
        moved = {
            job.entry.number: job.insertions
            for job in jobs
            if not job.copied and job.insertions.points
        }
        written.parts[chain] = shifted_chain(book.part(chain), moved)


def _own_parts(book: Book, job: Job, copies: Copies) -> Iterator[tuple[str, str]]:
    """Target and source of the parts that belong to a job's sheet."""
    yield from _related(book, job.entry.part, job.target, copies, set())


def _related(
    book: Book, source: str, target: str, copies: Copies, seen: set[str]
) -> Iterator[tuple[str, str]]:
    theirs = relations(book.archive, source)
    if source == target:
        ours = [resolved(posixpath.dirname(source), one.get("Target", "")) for one in theirs]
    else:
        folder, name = posixpath.split(target)
        xml = copies.made.get(f"{folder}/_rels/{name}.rels", b"")
        ours = [
            resolved(folder, text_of(attribute(tag, b"Target") or b""))
            for tag in re.findall(rb"<(?:\w+:)?Relationship\b[^>]*>", xml)
        ]
    for one, new in zip(theirs, ours, strict=True):
        old = resolved(posixpath.dirname(source), one.get("Target", ""))
        if one.get("TargetMode") == "External" or old not in book.names or new in seen:
            continue
        seen.add(new)
        yield new, old
        yield from _related(book, old, new, copies, seen)


def _kind(part: str) -> str:
    """What a part that belongs to a sheet is, where that matters."""
    for folder, kind in (
        ("xl/drawings/", "drawing"),
        ("xl/charts/", "chart"),
        ("xl/comments", "notes"),
        ("xl/threadedComments/", "notes"),
        ("xl/tables/", "table"),
    ):
        if part.startswith(folder) and part.endswith((".xml", ".vml")):
            return "notes" if part.endswith(".vml") else kind
    return ""


def _part(xml: bytes, kind: str, job: Job, changes: Changes) -> bytes:
    own: Insertions = job.insertions
    if kind == "drawing":
        return _linked(shifted_anchors(xml, own) if own.points else xml, job.entry.name, changes)
    if kind == "chart":
        return shifted_formulas(xml, changes)
    if kind == "notes" and own.points:
        return shifted_notes(xml, own)
    if kind == "table" and own.points:
        return shifted_markup(xml, job.entry.name, changes, own)
    return xml


def _linked(xml: bytes, sheet: str, changes: Changes) -> bytes:
    """A drawing whose text boxes show cells."""

    def link(match: re.Match[bytes]) -> bytes:
        text = text_of(match[2])
        new = changed(text, sheet, changes)
        if new == text:
            return match[0]
        return match[1] + new.replace("&", "&amp;").replace('"', "&quot;").encode() + b'"'

    return _LINK.sub(link, xml)


def _tables(book: Book, written: _Written) -> tuple[set[str], set[int]]:
    """Names and numbers of all tables of the workbook, those that were copied too."""
    taken, numbers = set(), set()
    parts = [book.part(name) for name in book.names if _kind(name) == "table"]
    parts += [xml for name, xml in written.parts.items() if _kind(name) == "table"]
    for xml in parts:
        match = _TABLE.search(xml)
        if match:
            taken.add(text_of(attribute(match[0], b"displayName") or b"").casefold())
            numbers.add(int(attribute(match[0], b"id") or b"0"))
    return taken, numbers


def _write(book: Book, copies: Copies, written: _Written, left: Leftovers, out: IO[bytes]) -> None:
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as target:
        members = [(member, member.filename) for member in book.archive.infolist()]
        known = book.archive.NameToInfo
        for name, source in copies.parts.items():
            members.append((_named(known[source], name), source))
        for name in written.sheets.keys() - known.keys():
            job = written.sheets[name][0]
            members.append((_named(known[job.entry.part], name), job.entry.part))
        for member, source in members:
            with target.open(fresh(member), "w") as part:
                if member.filename in written.sheets:
                    for piece in _batched(
                        Filler(book, *written.sheets[member.filename], left).pieces()
                    ):
                        part.write(piece)
                elif member.filename in written.parts:
                    part.write(written.parts[member.filename])
                else:
                    with book.archive.open(source) as content:
                        while chunk := content.read(CHUNK):
                            part.write(chunk)
        for name, xml in copies.made.items():
            target.writestr(fresh(_named(known["xl/workbook.xml"], name)), xml)


def _batched(pieces: Iterator[bytes]) -> Iterator[bytes]:
    waiting: list[bytes] = []
    size = 0
    for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size > CHUNK:
            yield b"".join(waiting)
            waiting.clear()
            size = 0
    yield b"".join(waiting)


def _named(member: zipfile.ZipInfo, name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, member.date_time)
    info.external_attr = member.external_attr
    return info
