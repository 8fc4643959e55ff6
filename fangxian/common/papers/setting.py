"""Setting a document as a PDF in the official style, and its charts and maps as pictures."""

from __future__ import annotations

import datetime as dt
import json
import math
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from django.utils import timezone, translation
from django.utils.translation import pgettext

from fangxian.common import papers
from fangxian.common.papers import fonts
from fangxian.common.papers.documents import Chart, Document, Map, Table
from fangxian.common.ui.formats import date

HERE: Final = Path(__file__).parent
# The type area of GB/T 9704-2012 in millimetres.
WIDTH: Final = 156
HEIGHT: Final = 225
# How far a certificate's title is spaced out, and that of a posting or a certificate of so many
# characters, in characters.
SPACED: Final = 0.2
SPACED_SHORT: Final = {2: 1.0, 3: 0.5}
_BLOCK: Final = """
#let data = json(bytes(sys.inputs.data))
#set page(width: 156mm, height: auto, margin: 2mm)
#set text(font: (data.fonts.body,), size: 16pt, lang: "zh", cjk-latin-spacing: none)
#if data.one.kind == "chart" { fx-chart(data.one) } else { fx-map(data.one) }
"""


@dataclass(frozen=True)
class Grid:
    """Lines of a page, characters of a line, their size and that of the title in points."""

    lines: int = 22
    characters: int = 28
    size: float = 16
    title: float = 22


# What hangs on a wall is read from farther away.
GRIDS: Final = {"posting": Grid(16, 20, 22, 36), "certificate": Grid(18, 24, 18, 36)}


def grid_of(document: Document) -> Grid:
    """The grid that a document's form is set on."""
    return GRIDS.get(document.form, Grid())


def pdf_of(document: Document) -> bytes:
    """The paper as a PDF. Starts a process and waits for it. Raises FontMissing, NotSet."""
    day = document.signed_on or document.printed_on or timezone.localdate()
    families = sorted(set(fonts.families().values()))
    return papers.compiled(template(), data_of(document), day=day, fonts=families)


def template() -> str:
    """The template of all papers."""
    return "\n".join((HERE / name).read_text("utf-8") for name in ("figures.typ", "official.typ"))


def data_of(document: Document) -> dict[str, Any]:
    """What the template is given of a document."""
    given = document.to_json() | {
        "fonts": fonts.families(),
        "bold": fonts.bold(),
        "grid": asdict(grid_of(document)),
        "title_lines": title_lines(document),
        "spread": title_spread(document),
        "words": words(document.language),
        "signed_text": day_of(document.signed_on, document.language),
        "printed_text": printed(document),
    }
    for one, block in zip(given["blocks"], document.blocks, strict=True):
        if isinstance(block, Table):
            one |= {"shares": block.shares, "wide": block.wide}
    return given


def png_of(block: Chart | Map, *, language: str = "zh-hans", pixels_per_inch: int = 220) -> bytes:
    """A chart or a map as a picture, as it is in the PDF. Raises FontMissing, NotSet."""
    families = fonts.families()
    one = Document("", (block,)).to_json()["blocks"][0]
    source = (HERE / "figures.typ").read_text("utf-8") + _BLOCK
    given: dict[str, Any] = {"fonts": families, "one": one, "words": words(language)}
    return papers.compiled(
        source, given, day=timezone.localdate(), fonts=sorted(set(families.values())),
        picture=pixels_per_inch,
    )  # fmt: skip


def words(language: str) -> dict[str, str]:
    """What papers say by themselves, in a language."""
    with translation.override(language):
        return {
            "attachments": pgettext("paper", "Attachments: "),
            "colon": pgettext("paper, behind recipients", ":"),
            "copies": pgettext("paper", "Copies: "),
            "stop": pgettext("paper, behind copies", "."),
            "signer": pgettext("paper", "Signed by: "),
            "unit": pgettext("paper", "Unit: "),
            "open": pgettext("paper", "("),
            "close": pgettext("paper", ")"),
            "nothing": pgettext("paper", "No data"),
        }


def day_of(day: dt.date | None, language: str) -> str:
    """A date as papers of a language write it."""
    with translation.override(language):
        return date(day) if day else ""


def printed(document: Document) -> str:
    """The day on which the paper was printed, as its foot says it."""
    if document.printed_on is None:
        return ""
    day = day_of(document.printed_on, document.language)
    with translation.override(document.language):
        return pgettext("paper", "printed on %(day)s") % {"day": day}


def title_spread(document: Document) -> float:
    """The room between the characters of the title, in characters."""
    if document.form not in GRIDS or not document.language.startswith("zh"):
        return 0
    usual = SPACED if document.form == "certificate" else 0
    return SPACED_SHORT.get(len(document.title), usual)


def title_lines(document: Document) -> list[str]:
    """The lines of the title: about as long as each other, ending where marks and particles tell.

    Who writes line feeds decides himself; titles that are not Chinese are left to the typesetter.
    """
    title, grid = document.title, grid_of(document)
    most = int(WIDTH / 25.4 * 72 / (grid.title * (1 + title_spread(document))))
    rows = math.ceil(len(title) / most)
    if rows < 2 or "\n" in title or not document.language.startswith("zh"):
        return title.splitlines() or [""]
    marks = _breaks()
    lines, at = [], 0
    for left in range(rows, 1, -1):
        even = at + (len(title) - at) / left

        def cost(cut: int, even: float = even) -> float:
            better = 3 if title[cut - 1] in marks["after"] else 0
            worse = 9 if title[cut] in marks["not_before"] else 0
            return abs(cut - even) - better + worse

        first = max(at + 1, int(even) - 4, len(title) - most * (left - 1))
        cut = min(range(first, min(at + most, int(even) + 4, len(title) - 1) + 1), key=cost)
        lines.append(title[at:cut])
        at = cut
    return [*lines, title[at:]]


@cache
def _breaks() -> dict[str, str]:
    found: dict[str, str] = json.loads((HERE / "data" / "breaks.json").read_text("utf-8"))
    return found
