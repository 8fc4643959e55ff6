"""Replacing parts of a cell's text, the looks of its runs kept."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from .sheetstream import escaped
from .template import shown

_RUN_TEXT: Final = re.compile(rb"<((?:\w+:)?)t\b([^>]*?)(?:/>|>([^<]*)</\1t>)")


@dataclass(frozen=True, slots=True)
class Piece:
    """What replaces a part of a cell's text; `exact` without blanks behind it."""

    start: int
    end: int
    text: str
    exact: bool = False


def replaced(runs: bytes, pieces: list[Piece]) -> bytes:
    """The runs of a text with parts of it replaced; what spans several runs goes to the first."""
    spans: list[tuple[int, int]] = []
    for match in _RUN_TEXT.finditer(runs):
        start = spans[-1][1] if spans else 0
        spans.append((start, start + len(shown(match[0]))))
    whole = shown(runs)
    owners = {id(piece): _owner(piece, spans) for piece in pieces}
    numbers = iter(range(len(spans)))

    def one(match: re.Match[bytes]) -> bytes:
        number = next(numbers)
        start, end = spans[number]
        made: list[str] = []
        at = start
        for piece in pieces:
            if owners[id(piece)] == number:
                made += [whole[at : piece.start], _padded(whole, piece)]
                at = min(piece.end, end)
            elif piece.start < end and piece.end > start:
                made.append(whole[at : max(piece.start, at)])
                at = max(at, min(piece.end, end))
        text = escaped("".join(made) + whole[at:end]).encode()
        return b'<%bt xml:space="preserve">%b</%bt>' % (match[1], text, match[1])

    return _RUN_TEXT.sub(one, runs)


def _owner(piece: Piece, spans: list[tuple[int, int]]) -> int:
    """The run that takes what replaces a part; at a border the one before."""
    for number, (_start, end) in enumerate(spans):
        if piece.start < end or (piece.start == piece.end == end):
            return number
    return len(spans) - 1


def _padded(text: str, piece: Piece) -> str:
    """What replaces a part: as wide as the part was where something follows it in the line."""
    blank = text[piece.start : piece.end]
    follows = text[piece.end : piece.end + 1] not in ("", "\n")
    if piece.exact or not follows:
        return piece.text
    if "_" in blank:
        left, right = blank.index("_"), blank.rindex("_") + 1
        return blank[:left] + piece.text + blank[right:]
    return piece.text + " " * max(2, _width(blank) - _width(piece.text))


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)
