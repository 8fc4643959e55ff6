"""What a room says of a ledger that it reads."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from fangxian.common.actor import Actor
from fangxian.common.codes import Level
from fangxian.common.registries import Registry
from fangxian.common.sheets import Column, FieldSpec, Groups, Table
from fangxian.common.sheets import Mapping as Columns
from fangxian.core.imports import Handler, StagedRow
from fangxian.core.models import ImportRun
from fangxian.core.progress import Progress

if TYPE_CHECKING:
    from fangxian.core.ledgers.source import Source

REFUSED: Final = "refused"


class Way(Protocol):
    """How the rows of a ledger are checked and written."""

    def check(
        self, progress: Progress, by: Actor, run: ImportRun, source: Source, size: int
    ) -> dict[str, Any]:
        """Stage all rows, in one transaction, and say what the import will make of them.

        Returns ``rows``, ``counts`` (by status), ``problems`` (``[row, field, message, mend]``)
        and ``first`` (number of a row → status) as the preview shows them; JSON, kept with the run.
        ``size``: rows that are looked at together.
        """

    def opened(self, by: Actor, run: ImportRun) -> tuple[Handler, Handler | None]:
        """What writes chunks of staged rows, and what those that wait for one another.

        As ``handler`` and ``together`` of :func:`imports.commit_chunks`; called once an attempt,
        in a chunk of its own.
        """


class Status(NamedTuple):
    """What becomes of a row, as the preview counts it."""

    name: str
    label: Any
    look: str = ""


@dataclass(frozen=True)
class Option:
    """A question beside the columns, answered yes or no; ``right``: who may say yes."""

    name: str
    label: Any
    right: str = ""

    @property
    def flag(self) -> str:
        """The option of the command."""
        return "--" + self.name.replace("_", "-")


@dataclass(frozen=True)
class Ledger:
    """A kind of ledger. ``room``: the namespace of its pages; ``place_url``: what takes a place.

    ``part``: those of the room's ledgers that ask the same right, where they ask different ones.

    ``refine`` betters the proposed mapping by what only the ledger knows, before a person corrects
    it. ``codes``: what numbers in its cells mean, told by all sheets together. ``carried`` proposes
    the columns (labels) whose empty cells hold what stands above, by default those that the fields
    name. ``groups``: the rows that belong together, beyond which neither an empty cell nor “as
    above” reaches; both are given the codes. ``sections``: whether its rows lie where the line
    above them, or the name of their sheet, says. ``gone``: whether the name of a sheet says that
    those in it don't belong here any more. ``by_name``: what the very name of a field's column
    tells of its cells; sheets in which it differs are not read together. ``look``: label → text of
    a staged row, numbers masked. ``notes``: what else a preview's summary says, as (kind of note,
    text). ``emergency``: whether it may be for one; all it writes of persons beside names and homes
    must then end with that. ``knows``: the tables of facts whose sheets it takes back by the names
    of their rows (:data:`ROW_KEY` is then one of the fields).
    """

    kind: str
    label: Any
    room: str
    right: str
    fields: tuple[FieldSpec, ...]
    way: Way
    statuses: tuple[Status, ...]
    place_url: str
    least_level: Level = Level.PREFECTURE
    refine: Callable[[Table, Columns], Columns] | None = None
    codes: Callable[[Source], Mapping[str, str]] | None = None
    carried: Callable[[Table, Columns, Mapping[str, str]], Collection[str]] | None = None
    groups: Callable[[Table, Columns, Mapping[str, str]], Groups | None] | None = None
    sections: bool = False
    gone: Callable[[str], bool] | None = None
    by_name: Callable[[str, Column], Hashable] | None = None
    look: Callable[[StagedRow], Mapping[str, str]] | None = None
    notes: Callable[[Mapping[str, Any]], list[tuple[str, str]]] | None = None
    options: tuple[Option, ...] = ()
    emergency: bool = False
    part: str = ""
    knows: tuple[str, ...] = ()


ledgers: Registry[Ledger] = Registry("ledger")


def of_room(room: str) -> list[Ledger]:
    """The ledgers that a room reads."""
    return [ledger for ledger in ledgers if ledger.room == room]


def labels_of(ledger: Ledger) -> dict[str, Any]:
    """Field → label."""
    return {spec.name: spec.label for spec in ledger.fields}
