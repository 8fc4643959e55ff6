"""What a room says of its facts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol, overload

from django.db.models import Model, Q, QuerySet
from django.db.models.expressions import Combinable
from django.utils.translation import pgettext

from fangxian.common.actor import Actor
from fangxian.common.codes import Level
from fangxian.common.registries import Registry

if TYPE_CHECKING:
    from fangxian.common.facts.asked import Filter

Kind = Literal[
    "text",
    "name",
    "identity",
    "phone",
    "number",
    "date",
    "datetime",
    "yes_no",
    "code",
    "place",
    "account",
]
# Kinds whose values are those of a list.
LISTED: Final = ("code", "yes_no")


class Sensitivity(StrEnum):
    """How much a column tells of a person.

    ``OPEN`` nothing; ``STAFF`` who of the staff did it; ``PERSONAL`` something of a person, shown
    to who holds the right; ``SEALED`` a number kept encrypted, shown masked unless it is revealed
    for a reason.
    """

    OPEN = "open"
    STAFF = "staff"
    PERSONAL = "personal"
    SEALED = "sealed"


class Listed(Protocol):
    """The codes of a column and what they are called; a ``Vocabulary`` is one."""

    def label(self, code: str) -> str: ...

    def choices(self) -> Sequence[tuple[str, Any]]: ...

    def code_of(self, word: str) -> str | None: ...


class Choices:
    """A code list out of Django's choices, or of what gives them when asked."""

    def __init__(self, given: Iterable[tuple[Any, Any]] | Callable[[], Iterable[Any]]) -> None:
        self._given = given

    def choices(self) -> Sequence[tuple[str, Any]]:
        """Codes and labels, in order."""
        given = self._given() if callable(self._given) else self._given
        return [(str(code), label) for code, label in given]

    def label(self, code: str) -> str:
        """What a code is called in the reader's language; itself when it is unknown."""
        return str(dict(self.choices()).get(str(code), code))

    def code_of(self, word: str) -> str | None:
        """The code that a word means, None when it is unknown."""
        wanted = word.strip().casefold()
        for code, label in self.choices():
            if wanted in (code.casefold(), str(label).casefold()):
                return code
        return None


# A loader is given the keys of a chunk of rows and whether numbers may be shown in full.
Load = Callable[[Sequence[Any], bool], Mapping[Any, Any]]


@dataclass(frozen=True)
class Column:
    """A column of a table of facts.

    It comes from the database: ``path`` (a look-up from the table's model) or ``expression``; or
    ``load``, given the values of ``path`` in a chunk of rows, returns what each shows (one query a
    chunk). ``shown`` turns the value into what people read; of kind ``account`` it is a user name,
    read as the name of who has the account. ``codes``: its code list. ``unit`` is
    what a number counts. ``mask`` is used where the reader lacks ``right`` (a sealed number: unless
    it is revealed). ``covers``: model fields, as "room.Model.field", that a loader or an expression
    reads; those of the path are known. ``synonyms``: the key of its names in other offices' sheets
    (``common/sheets/data/headers.json``). ``as_of``: what moment the value is of, where it isn't
    that of the reading. ``opaque``: kept encrypted, so nothing can be asked of it. ``heading``:
    under what it stands where columns are chosen, apart from the table's own.

    Columns with the same ``load`` are loaded together: ``shown`` takes each one's part.
    """

    name: str
    label: Any
    kind: Kind = "text"
    path: str = ""
    expression: Combinable | Q | None = None
    load: Load | None = None
    shown: Callable[[Any], Any] | None = None
    codes: Listed | None = None
    unit: Any = ""
    sensitivity: Sensitivity = Sensitivity.OPEN
    right: str = ""
    mask: Callable[[str], str] | None = None
    covers: tuple[str, ...] = ()
    synonyms: str = ""
    about: Any = ""
    as_of: Any = ""
    opaque: bool = False
    level: Level | None = None
    width: float | None = None
    heading: Any = ""

    @property
    def asked_of_database(self) -> bool:
        """Whether it can be filtered, sorted and grouped by."""
        if self.opaque or self.sensitivity == Sensitivity.SEALED:
            return False
        return self.load is None or self.kind == "place"

    @property
    def title(self) -> str:
        """What a file calls it: its label, and what it counts."""
        return f"{self.label}\uff08{self.unit}\uff09" if self.unit else str(self.label)

    @property
    def alias(self) -> str:
        """Its name in a query."""
        return f"fact_{self.name}"


def said(value: Any) -> Any:
    """A value as a file has it: an answer of yes or no in words."""
    if isinstance(value, bool):
        return pgettext("answer", "yes") if value else pgettext("answer", "no")
    return value


class Growing(Sequence[Column]):
    """Columns of which some are known only when they are read: ``more()`` gives those."""

    def __init__(self, own: Sequence[Column], more: Callable[[], Sequence[Column]]) -> None:
        self._own, self._more = tuple(own), more

    def all(self) -> tuple[Column, ...]:
        """As they are now, the fixed ones first."""
        return (*self._own, *self._more())

    def __len__(self) -> int:
        return len(self.all())

    def __iter__(self) -> Iterator[Column]:
        return iter(self.all())

    @overload
    def __getitem__(self, at: int) -> Column: ...

    @overload
    def __getitem__(self, at: slice) -> tuple[Column, ...]: ...

    def __getitem__(self, at: int | slice) -> Column | tuple[Column, ...]:
        return self.all()[at]


@dataclass(frozen=True)
class Subject:
    """How papers speak of one row of a table: ``{{ name.column }}``.

    ``name``: what a row is (``person``); each is a table's own. ``sought``: the columns by which
    who makes a paper finds the row, ``told``: those that tell it from others.
    """

    name: str
    sought: tuple[str, ...]
    told: tuple[str, ...]


@dataclass(frozen=True)
class FactTable:
    """A table of facts: each row is one fact of a room, at a place.

    ``rows(place, day)`` are the rows at and below a place, as they are or (``dated``) as they were
    on a day, in no order; ``order`` are look-ups that end in the primary key and have an index.
    ``place``: the look-up of the place's code. ``person``: that of the person whose reading is
    noted. ``about`` says what a row is, ``as_of`` of what moment. ``taken_back``: the kind of
    ledger whose import takes the table's sheets back. ``keyed``: a row of an Excel file bears its
    :func:`rowkeys.row_key`, by which that knows it. ``link`` gives the page of a row. ``first``:
    the columns of a ledger for which nobody has chosen others. ``subject``: how a paper is about a
    row of it, where it can be.
    """

    name: str
    label: Any
    about: Any
    right: str
    model: type[Model]
    rows: Callable[[str, dt.date | None], QuerySet[Any]]
    columns: Sequence[Column]
    order: tuple[str, ...] = ("place_code", "pk")
    place: str = "place_code"
    person: str = ""
    dated: bool = False
    as_of: Any = ""
    source: Any = ""
    taken_back: str = ""
    keyed: bool = False
    link: Callable[[Any], str] | None = None
    first: tuple[str, ...] = ()
    subject: Subject | None = None

    @property
    def by_name(self) -> Mapping[str, Column]:
        """The columns by name."""
        return self._by_name if self.settled else _named(self.columns)

    @cached_property
    def _by_name(self) -> Mapping[str, Column]:
        return _named(self.columns)

    @property
    def settled(self) -> bool:
        """Whether its columns are always the same."""
        return not isinstance(self.columns, Growing)

    def column(self, name: str) -> Column:
        """The column. Raises KeyError naming the table."""
        try:
            return self.by_name[name]
        except KeyError:
            raise KeyError(f"the facts {self.name} have no column {name!r}") from None

    @property
    def room(self) -> str:
        """The room it belongs to."""
        return self.name.partition(".")[0]

    @property
    def shown_first(self) -> tuple[str, ...]:
        """The columns of a ledger for which nobody has chosen others."""
        return self.first or tuple(column.name for column in self.columns[:12])


def _named(columns: Iterable[Column]) -> dict[str, Column]:
    return {column.name: column for column in columns}


Filters = tuple["Filter", ...]


@dataclass(frozen=True)
class Measure:
    """A figure at a place: so many rows of a table that ``filters`` lets through, or their sum.

    ``sums``: the number column that is summed. ``filters`` may depend on the day and the place (the
    sweep that runs there). ``counted`` reads it from counters kept with each change, for many
    places in one query; it must equal the rows. ``about`` is its definition, as people read it.
    ``past``: in a dated table, whether its filters ask of a past day's rows only what they were
    then (a residency's kind, yes; whether its resident is away now, no).
    """

    name: str
    label: Any
    about: Any
    table: str
    unit: Any = ""
    filters: Filters | Callable[[Actor, str, str], Filters | None] = ()
    sums: str = ""
    counted: Callable[[Actor, Sequence[str]], Mapping[str, int]] | None = None
    source: Any = ""
    as_of: Any = ""
    past: bool = False

    def narrowed(self, by: Actor, place: str, which: str = "") -> Filters | None:
        """Its filters at a place; None where there is nothing to count.

        ``which``: of what it is counted where that isn't told by the place (the id of a sweep).
        """
        return self.filters(by, place, which) if callable(self.filters) else self.filters


def measure_of(name: str) -> tuple[Measure, str]:
    """The measure of a name and of what it is counted: ``field.gap:<id of a sweep>``.

    Raises KeyError.
    """
    base, _colon, which = name.partition(":")
    return measures.get(base), which


tables: Registry[FactTable] = Registry("table of facts")
measures: Registry[Measure] = Registry("measure")
# "room.Model" → field (or "*") → why it is withheld.
withheld: dict[str, dict[str, str]] = {}

EVERYWHERE: Final[Mapping[str, str]] = {
    "id": "a key without meaning",
    "created_at": "when the row was written, which its history tells",
    "pk": "a key without meaning",
}


def withhold(given: Mapping[str, Mapping[str, str] | str]) -> None:
    """Say which fields are offered to no ledger, and why; a text alone is said of a whole model."""
    for model, fields in given.items():
        withheld.setdefault(model, {}).update({"*": fields} if isinstance(fields, str) else fields)


def tables_for(by: Actor) -> list[FactTable]:
    """The tables that the actor may read."""
    return [table for table in tables if by.may(table.right)]


def measures_of(table: str) -> list[Measure]:
    """The figures counted from a table."""
    return [measure for measure in measures if measure.table == table]


PlaceNamer = Callable[[Iterable[str]], Mapping[str, str]]
_namer: PlaceNamer | None = None


def set_place_namer(namer: PlaceNamer) -> None:
    """Register how codes of places get their names (once, by ``regions``)."""
    global _namer
    _namer = namer


def place_names(codes: Iterable[str]) -> Mapping[str, str]:
    """The names of places by code; without a namer none."""
    return _namer(codes) if _namer is not None else {}
