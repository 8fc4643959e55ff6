"""Where a lower room registers what an upper one sets off or shows.

Rooms import only rooms above them, so a page or a job of an upper room can't name a lower one.
Each registry is filled in the ``ready()`` of the room's app config; a name is registered once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest

    from fangxian.common.actor import Actor

T = TypeVar("T")


class Registry(Generic[T]):
    """Named entries in the order of ``(order, name)``."""

    def __init__(self, what: str) -> None:
        self.what = what
        self._entries: dict[str, tuple[int, T]] = {}

    def register(self, name: str, entry: T, *, order: int = 100) -> T:
        """Add ``entry`` under ``name``. Raises ValueError when the name is taken by another."""
        known = self._entries.get(name)
        if known is not None and known[1] != entry:
            raise ValueError(f"{self.what} {name!r} is registered twice")
        self._entries[name] = (order, entry)
        return entry

    def get(self, name: str) -> T:
        """Return the entry. Raises KeyError naming the registry."""
        try:
            return self._entries[name][1]
        except KeyError:
            raise KeyError(f"no {self.what} named {name!r}") from None

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[T]:
        return iter(entry for _name, entry in self.items())

    def items(self) -> list[tuple[str, T]]:
        """Names and entries, in order."""
        ranked = sorted(self._entries.items(), key=lambda item: (item[1][0], item[0]))
        return [(name, entry) for name, (_order, entry) in ranked]

    def names(self) -> list[str]:
        """Names, in order."""
        return [name for name, _entry in self.items()]


@dataclass(frozen=True)
class Right:
    """A right that roles can hold. ``personal``: using it shows or changes personal data."""

    name: str
    label: Any
    personal: bool = False


@dataclass(frozen=True)
class NavItem:
    """An entry of the main navigation; shown to who has ``right``."""

    label: Any
    url_name: str
    right: str
    icon: str = ""


@dataclass(frozen=True)
class Tool:
    """An entry at the top of every page, with how much waits behind it."""

    label: Any
    url_name: str
    icon: str
    count: Callable[[Actor], int]


@dataclass(frozen=True)
class Panel:
    """What a room shows on a place's page: ``render(request, by, place_code) -> html or ''``."""

    title: Any
    right: str
    render: Callable[[HttpRequest, Actor, str], str]


@dataclass(frozen=True)
class HouseholdPanel:
    """What a room shows on a household's page: ``render(request, by, household_id) -> html``."""

    title: Any
    right: str
    render: Callable[[HttpRequest, Actor, UUID], str]


@dataclass(frozen=True)
class TodayItem:
    """One line of 今日: something due, uncovered or changed.

    ``kind`` is ``due``, ``uncovered`` or ``changed``; ``count`` is shown, 0 means "all done";
    ``unit`` is what it counts, a key of ``common.ui.units``; ``figure`` the measure that counts it
    in the actor's area, with ``:`` of what (the id of a sweep) where that isn't told by the place.
    """

    kind: str
    label: Any
    count: int
    url: str
    tone: str = "neutral"
    detail: Any = ""
    unit: str = ""
    figure: str = ""


TodaySource = Callable[["Actor"], Sequence[TodayItem]]


@dataclass(frozen=True)
class SearchHit:
    """One hit of the search box. ``group`` is the heading it stands under."""

    group: Any
    label: str
    url: str
    detail: str = ""


SearchSource = Callable[["Actor", str, int], Sequence[SearchHit]]


@dataclass(frozen=True)
class Invariant:
    """Something that must always hold: ``find()`` yields a sentence for each breach.

    ``label`` is shown on pages: a lazy translation.
    """

    label: Any
    find: Callable[[], Iterator[str]]


@dataclass(frozen=True)
class Upload:
    """A file that somebody uploaded to a room above the one that keeps files.

    ``right`` is what others need to read it, besides the place.
    """

    name: str
    data: bytes = field(repr=False)
    media_type: str
    place_code: str
    right: str


rights: Registry[Right] = Registry("right")
navigation: Registry[NavItem] = Registry("navigation item")
tools: Registry[Tool] = Registry("tool of the top bar")
panels: Registry[Panel] = Registry("place panel")
household_panels: Registry[HouseholdPanel] = Registry("household panel")
today: Registry[TodaySource] = Registry("source of today's items")
search: Registry[SearchSource] = Registry("search source")
invariants: Registry[Invariant] = Registry("invariant")
# Households by the id of the building and of the unit they lie in, at and below a place; grids are
# drawn from them where nobody has declared a number.
household_counts: Registry[Callable[[str], Mapping[UUID, int]]] = Registry("count of households")
# Called in the transaction that takes a file in.
keepers: Registry[Callable[[Actor, Upload], None]] = Registry("keeper of uploaded files")
after_redraw: Registry[Callable[[Actor, str], None]] = Registry("redraw follower")
# Called in the same transaction before rows go from old codes to new ones, with the same as below;
# what it returns is called when they have gone.
before_recode: Registry[Callable[[Actor, str, Mapping[str, str], str], Callable[[], None]]] = (
    Registry("room that makes way for moved codes")
)
# Called in the same transaction when rows have gone from old codes to new ones, with the area in
# which all of them lie, old → new, and the database's alias.
after_recode: Registry[Callable[[Actor, str, Mapping[str, str], str], None]] = Registry(
    "follower of moved codes"
)
# Called in the same transaction with the person of an account that was made, disabled, enabled, or
# given or lost a role.
after_account_change: Registry[Callable[[Actor, UUID], None]] = Registry("account follower")
# Called in the same transaction with the ids of households that were made, moved, closed, opened or
# got residents or members of key groups: once for an action, once for a chunk of an import.
after_register_change: Registry[Callable[[Actor, Sequence[UUID]], None]] = Registry(
    "register follower"
)
