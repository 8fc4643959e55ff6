"""The comments on a sheet's cells: notes of old (ECMA-376, part 1, section 18.7) and threads of
today ([MS-XLSX], threaded comments).
"""

from __future__ import annotations

import posixpath
import re
from typing import Final

from .archive import relations, resolved
from .references import corners
from .sheetstream import attribute, requoted
from .template import Book, Entry, shown, text_of

MOST: Final = 2_000
_LENGTH: Final = 500
_NOTE: Final = re.compile(rb"<((?:\w+:)?)comment\b[^>]*>(.*?)</\1comment>", re.DOTALL)
_THREAD: Final = re.compile(
    rb"<((?:\w+:)?)threadedComment\b[^>]*>(.*?)</\1threadedComment>", re.DOTALL
)
_TEXT: Final = re.compile(rb"<((?:\w+:)?)text\b[^>]*>([^<]*)</\1text>")
_AUTHOR: Final = re.compile(rb"<((?:\w+:)?)author\b[^>]*>([^<]*)</\1author>")


def comments(book: Book, entry: Entry) -> dict[tuple[int, int], str]:
    """What is noted on the cells of a sheet, by row from 1 and column from 0, without authors. Of
    a thread what was said first.
    """
    notes: dict[tuple[int, int], str] = {}
    threads: dict[tuple[int, int], str] = {}
    for relation in relations(book.archive, entry.part):
        part = resolved(posixpath.dirname(entry.part), relation.get("Target", ""))
        kind = relation.get("Type", "").rpartition("/")[2]
        if relation.get("TargetMode") == "External" or part not in book.names:
            continue
        if kind == "comments":
            xml = requoted(book.part(part))
            authors = [text_of(match[2]).strip() for match in _AUTHOR.finditer(xml)]
            for match in _NOTE.finditer(xml):
                _keep(notes, match[0], _without_author(shown(match[2]), authors))
        elif kind == "threadedComment":
            for match in _THREAD.finditer(requoted(book.part(part))):
                said = _TEXT.search(match[2])
                _keep(threads, match[0], text_of(said[2]) if said else "")
    # Beside a thread an old note says for old programs that there is one.
    return notes | threads


def _keep(found: dict[tuple[int, int], str], element: bytes, text: str) -> None:
    area = corners((attribute(element, b"ref") or b"").decode("ascii", "replace"))
    text = " ".join(text.split())[:_LENGTH]
    if area and text and len(found) < MOST:
        found.setdefault((area[0], area[1]), text)


def _without_author(text: str, authors: list[str]) -> str:
    """Excel begins a note with the name of who wrote it."""
    stripped = text.strip()
    for author in authors:
        for colon in (":", "\uff1a"):
            if author and stripped.startswith(author + colon):
                return stripped[len(author) + 1 :]
    return stripped
