"""Templates of papers: those that come with the product, and those that people have written."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from fangxian.common.errors import OutOfScope
from fangxian.common.vocabulary import Vocabulary
from fangxian.reporting.bulletins.parsing import Template, read
from fangxian.reporting.bulletins.words import DATA
from fangxian.reporting.models import PaperTemplate

KINDS: Final = Vocabulary(DATA / "paper_kinds.json")
SPEECH: Final = "speech"
MOST_SPOKEN: Final = 150


@dataclass(frozen=True)
class Offered:
    """A template that papers can be made from; ``version`` 0 comes with the product."""

    code: str
    kind: str
    name: str
    source: str
    version: int = 0
    place_code: str = ""

    @property
    def template(self) -> Template:
        """It as read. Raises Invalid when it names something that is there no more."""
        return read(self.source)


@cache
def _files() -> dict[str, Path]:
    return {path.stem: path for path in sorted((DATA / "papers").glob("*.txt"))}


def shipped() -> list[Offered]:
    """The templates that come with the product, in the order of their kinds."""
    found = []
    for code, path in _files().items():
        kind = code.partition("-")[0]
        source = path.read_text("utf-8")
        name = KINDS.label(kind) if code == kind else _titled(source)
        found.append(Offered(code, kind, name, source))
    order = list(KINDS.terms)
    return sorted(found, key=lambda one: (order.index(one.kind), one.code))


def _titled(source: str) -> str:
    """What a template is called that isn't the only one of its kind: by its title."""
    return "".join(one for one in read(source).heads["title"] if isinstance(one, str))


def offered(place: str) -> list[Offered]:
    """The templates in force at a place: the nearest of each code, latest version, not retired."""
    own: dict[str, PaperTemplate] = {}
    above = [place[:length] for length in range(len(place) + 1)]
    rows = PaperTemplate.objects.filter(place_code__in=above).order_by("place_code", "version")
    for row in rows:
        if row.retired_on is None:
            own[row.code] = row
    known = {one.code: one for one in shipped()}
    for code, row in own.items():
        known[code] = Offered(code, row.kind, row.name, row.source, row.version, row.place_code)
    order = list(KINDS.terms)
    return sorted(known.values(), key=lambda one: (order.index(one.kind), one.name, one.code))


def template_of(place: str, code: str) -> Offered:
    """The template of this code in force at a place. Raises OutOfScope."""
    for one in offered(place):
        if one.code == code:
            return one
    raise OutOfScope(f"template {code}")
