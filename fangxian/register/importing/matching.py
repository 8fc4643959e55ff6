"""What the rows of a chunk mean beside what is registered: new, known, changed, moved, refused."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext as _

from fangxian.common.ids import uuid7
from fangxian.register.importing.fields import Record
from fangxian.register.importing.homes import home_of, lives_in, residency_of, resident
from fangxian.register.importing.places import Door, PlaceIndex
from fangxian.register.importing.registered import (
    Home,
    Human,
    Lives,
    Registered,
    doorless,
    number_index,
    phone_index,
)
from fangxian.register.models import Household
from fangxian.register.vocabularies import HEAD, SEPARATED

NEW: Final = "new"
KNOWN: Final = "known"
CHANGED: Final = "changed"
MOVED: Final = "moved"
DUPLICATE: Final = "duplicate"
REFUSED: Final = "refused"
# Only another row can make room for it; refused when none does.
LATER: Final = "later"
WRITTEN: Final = (NEW, CHANGED, MOVED)
STATUSES: Final = (NEW, CHANGED, MOVED, KNOWN, DUPLICATE, REFUSED)

RowName = Callable[[int], int | str]
"""What a person calls the row of a number."""


class Told:
    """The number of the row that first spoke of a person, by whether it is but registered there
    (SEPARATED).

    What rows say counts at once; it is taken back unless it is kept, when they are written.
    """

    def __init__(self) -> None:
        # By a number instead of the id: a file of 100,000 rows stays small in memory.
        self._kept: dict[int, int] = {}
        self._said: dict[int, int] = {}

    def row(self, person: UUID, *, separated: bool) -> int | None:
        """The row that spoke of the person first."""
        key = person.int << 1 | separated
        return self._kept.get(key) or self._said.get(key)

    def tell(self, person: UUID, row: int, *, separated: bool) -> None:
        """A row speaks of the person."""
        key = person.int << 1 | separated
        if key not in self._kept:
            self._said.setdefault(key, row)

    def keep(self) -> None:
        """What was told is written."""
        self._kept |= self._said
        self._said = {}

    def take_back(self) -> None:
        """What was told since is not written."""
        self._said = {}


EMPTY: Final = Household.State.EMPTY.value
_UNKNOWN_SEX: Final = "0"


@dataclass(slots=True)
class Decision:
    """What is to be done with one row."""

    record: Record
    status: str = REFUSED
    door: Door | None = None
    home: Home | None = None
    # A row above spoke of this person: this one only adds what was not known.
    again: bool = False
    # It even spoke of this residency.
    told_here: bool = False
    index: bytes | None = None
    phone_indexes: list[bytes] = field(default_factory=list)
    human: Human | None = None
    sets_number: bool = False
    fills: dict[str, Any] = field(default_factory=dict)
    # The name as it is corrected; empty: it stays.
    renamed: str = ""
    add_document: bool = False
    # With their indexes.
    add_phones: list[tuple[str, bytes]] = field(default_factory=list)
    add_groups: list[str] = field(default_factory=list)
    # What was recorded for an emergency alone, and the row says too: its row, as ``Human.lent``.
    takes_over: dict[Any, UUID] = field(default_factory=dict)
    lives: Lives | None = None
    settles: Lives | None = None
    residency: dict[str, Any] = field(default_factory=dict)
    leaves: list[Lives] = field(default_factory=list)


def prepare(records: Sequence[Record], places: PlaceIndex) -> list[Decision]:
    """Find the doors of the rows; what has no door is refused."""
    return [_prepare(record, places) for record in records]


def decide(
    decisions: Sequence[Decision],
    registered: Registered,
    *,
    told: Told,
    day: dt.date,
    row_name: RowName,
    exchange: bool = False,
    renames: bool = False,
) -> None:
    """Decide on each prepared row, in the order of the file. A fixed number of queries.

    Each row sees what the accepted ones above have changed in ``registered``, so the size of
    chunks changes nothing. A row for which another one may still make room is ``LATER``: it is to
    be decided anew when all others were. ``told`` is kept from chunk to chunk. ``day`` is that of
    moves without a date. ``exchange``: heads who wait for each other's households get them; for all
    rows that still wait, when nothing else helps. ``renames``: whether the actor may correct names.
    """
    live = [d for d in decisions if d.door is not None]
    doors = {(d.door.place_code, d.door.room) for d in live if d.door and d.door.building_id.int}
    pairs = {(d.record.document[0], d.index) for d in live if d.record.document and d.index}
    registered.load(doors, pairs, {d.record.row_key for d in live if d.record.row_key})
    for decision in live:
        _decide_one(decision, registered, told, day, row_name, renames)
    if exchange:
        for ring in _rings(live):
            _exchange(ring, registered, told, day)


def _decide_one(
    decision: Decision,
    registered: Registered,
    told: Told,
    day: dt.date,
    row_name: RowName,
    renames: bool,
) -> None:
    record = decision.record
    assert decision.door is not None
    home = home_of(record, decision.index, decision.door, registered)
    decision.home = home or _new_home(decision)
    if record.vacant:
        _judge_vacant(decision, registered, known=home is not None)
        return
    if record.row_key:
        _match_key(decision, registered)
    else:
        _match(decision, registered)
    human = decision.human
    if record.problems or (human is not None and not _acceptable(decision, human, renames)):
        return
    if not _of_this_family(decision):
        decision.status = LATER
        return
    if human is None or not _stands_above(decision, human, told, row_name):
        _judge(decision, registered, day)
    if decision.status not in (REFUSED, LATER):
        _tell(decision, told)


def _tell(decision: Decision, told: Told) -> None:
    assert decision.human is not None
    here = residency_of(decision.human, decision.home)
    separated = here is not None and here.kind == SEPARATED
    told.tell(decision.human.id, decision.record.number, separated=separated)


def _rings(decisions: Iterable[Decision]) -> list[list[Decision]]:
    """Rows of heads in rings: each one waits for the household that the next one leaves."""
    waiting: dict[UUID, Decision] = {}
    for decision in decisions:
        separated = decision.record.kind == SEPARATED
        if decision.status == LATER and decision.human is not None and not separated:
            waiting.setdefault(decision.human.id, decision)
    found: list[list[Decision]] = []
    seen: set[UUID] = set()
    for start in waiting:
        way: dict[UUID, Decision] = {}
        at: UUID | None = start
        while at in waiting and at not in seen:
            seen.add(at)
            way[at] = waiting[at]
            at = _waits_for(waiting[at], waiting)
        if at in way:
            rows = list(way.values())
            found.append(rows[rows.index(way[at]) :])
    return found


def _waits_for(decision: Decision, waiting: Mapping[UUID, Decision]) -> UUID | None:
    """Who is the head where a row wants to be, if that one's row says he leaves."""
    home = decision.home
    other = waiting.get(home.head) if home is not None and home.head is not None else None
    if other is None or other.human is None:
        return None
    there, here = residency_of(other.human, home), residency_of(other.human, other.home)
    kind = other.record.kind
    moves = (
        kind != SEPARATED
        if here is None
        else here.kind == SEPARATED and kind not in ("", SEPARATED)
    )
    stays = there is None or there is here or there.kind == SEPARATED
    return other.human.id if moves and not stays else None


def _exchange(ring: Sequence[Decision], registered: Registered, told: Told, day: dt.date) -> None:
    for decision, leaving in zip(ring, [*ring[1:], ring[0]], strict=True):
        assert decision.home is not None
        assert leaving.human is not None
        registered.vacate(leaving.human, decision.home.id)
    for decision in ring:
        decision.record.problems.clear()
        _judge(decision, registered, day)
        _tell(decision, told)


def _prepare(record: Record, places: PlaceIndex) -> Decision:
    decision = Decision(record)
    if not record.problems:
        decision.door = places.find(record)
    if decision.door is None:
        return decision
    if record.document:
        decision.index = number_index(record.document[1])
    decision.phone_indexes = [phone_index(number) for number in record.phones]
    return decision


def _stands_above(decision: Decision, human: Human, told: Told, row_name: RowName) -> bool:
    """Whether accepted rows above have settled this one: it says the same, or names another door.

    One may stand in a file where one lives, and once more where one is but registered.
    """
    record = decision.record
    here = residency_of(human, decision.home)
    separated = (record.kind or (here.kind if here else "")) == SEPARATED
    above = told.row(human.id, separated=separated)
    either = above or told.row(human.id, separated=not separated)
    decision.again = either is not None
    decision.told_here = (
        here is not None and told.row(human.id, separated=here.kind == SEPARATED) is not None
    )
    if record.row_key and above is not None:
        record.refuse(
            "row_key",
            "row_twice",
            _("The same row of the system stands in row %(row)s too.") % {"row": row_name(above)},
            _("Delete one of them; in the row of a new person empty that cell."),
        )
        return True
    if above is not None and not decision.told_here:
        _refuse_twice(record, row_name(above))
        return True
    if decision.told_here and record.same_as is not None:
        decision.status = DUPLICATE
        return True
    return False


def _refuse_twice(record: Record, row: int | str) -> None:
    record.refuse(
        "identity",
        "twice_in_file",
        _("The same person stands in row %(row)s at another door.") % {"row": row},
        _("Delete the wrong row."),
    )


def _new_home(decision: Decision) -> Home:
    assert decision.door is not None
    record = decision.record
    number = "" if record.collective else record.household_number
    return Home(uuid7(), decision.door, number, False, collective=record.collective)


def _take_home(decision: Decision, registered: Registered) -> None:
    """An accepted row: its household is there from now on, with what the row says of it."""
    home, record = decision.home, decision.record
    assert home is not None
    at = registered.homes[home.door.place_code, home.door.room]
    if all(other is not home for other in at):
        registered.add(home)
    elif not (home.number or home.collective) and all(
        other.number != record.household_number for other in at
    ):
        home.number, decision.sets_number = record.household_number, True
    if record.family:
        registered.told_head(home, record.family)


def _judge_vacant(decision: Decision, registered: Registered, *, known: bool) -> None:
    """A dwelling in which nobody lives."""
    assert decision.home is not None
    if not known:
        decision.home.state = EMPTY
        decision.status = NEW
    elif not registered.residents[decision.home.id]:
        decision.status = KNOWN
        return
    else:
        decision.status = LATER
        decision.record.refuse(
            "residence_status",
            "lived_in",
            _("Somebody is registered here: the dwelling is not empty."),
            _("Record that they moved out, or correct the row."),
        )
        return
    _take_home(decision, registered)


def _match(decision: Decision, registered: Registered) -> None:
    """Find the registered person a row speaks of: by document, else by name in the household."""
    record, home = decision.record, decision.home
    assert home is not None
    if record.document and decision.index:
        found = registered.by_document.get((record.document[0], decision.index))
        if found:
            decision.human = found
            return
    at = [home]
    if doorless(home) and not home.collective:
        # Its people may have come in before their head did.
        there = registered.homes[home.door.place_code, home.door.room]
        at += [
            other
            for other in there
            if other is not home and not (other.head_name or other.collective)
        ]
    found_there = (resident(record, decision.index, one, registered) for one in at)
    decision.human = next((human for human in found_there if human), None)
    decision.add_document = decision.human is not None and record.document is not None


def _match_key(decision: Decision, registered: Registered) -> None:
    """Find the person by the name of the row; what it says of documents must not gainsay it."""
    record = decision.record
    human = registered.of_row(record.row_key)
    if human is None:
        record.refuse(
            "row_key",
            "no_row",
            _("What this row was taken from is no longer registered here."),
            _("Delete the row, or empty its name of a row: then it counts as new."),
        )
        return
    decision.human = human
    if not record.document or not decision.index:
        return
    pair = (record.document[0], decision.index)
    if pair in human.documents:
        return
    if pair in registered.by_document:
        record.refuse(
            "identity",
            "others_document",
            _("This document belongs to somebody else here."),
            _("Compare both with the document; correct the ledger, or the register first."),
        )
    elif any(kind == pair[0] for kind, _index in human.documents):
        record.refuse(
            "identity",
            "other_document",
            _("The document number differs from the one that is registered."),
            _("Correct it on the person's page, where the old one is kept."),
        )
    else:
        decision.add_document = True


def _judge(decision: Decision, registered: Registered, day: dt.date) -> None:
    """Accept or refuse a row; LATER when only the head of its household is in its way."""
    record, human, home = decision.record, decision.human, decision.home
    assert home is not None
    if not _head_is_free(decision, home):
        decision.status = LATER
        return
    _take_home(decision, registered)
    if human is None:
        _judge_new(decision, home, registered, day)
        return
    if human.name != record.name:
        decision.renamed = human.name = record.name
    for name, value in record.told():
        known = getattr(human, name)
        if value != known and not (decision.again and known and known != _UNKNOWN_SEX):
            decision.fills[name] = value
            setattr(human, name, value)
    for number, index in zip(record.phones, decision.phone_indexes, strict=True):
        if index not in human.phones:
            decision.add_phones.append((number, index))
            human.phones += (index,)
    for group in record.groups:
        if group not in human.groups:
            decision.add_groups.append(group)
            human.groups += (group,)
    if decision.add_document:
        _register_document(decision, human, registered)
    if human.lent:
        document = [(record.document[0], decision.index)] if record.document else []
        said = [*document, *decision.phone_indexes, *record.groups]
        decision.takes_over = human.take_over(said)
    _judge_home(decision, human, home, registered, day)


def _judge_new(decision: Decision, home: Home, registered: Registered, day: dt.date) -> None:
    record = decision.record
    human = Human(
        uuid7(),
        record.name,
        record.sex or _UNKNOWN_SEX,
        dt.date.fromisoformat(record.birth_date) if record.birth_date else None,
        record.ethnicity,
        record.registered_address,
        record.employer,
        None,
        record.first_nationality,
        phones=tuple(decision.phone_indexes),
        groups=tuple(record.groups),
    )
    decision.status, decision.human = NEW, human
    decision.add_document = record.document is not None
    decision.add_phones = list(zip(record.phones, decision.phone_indexes, strict=True))
    decision.add_groups = record.groups
    _register_document(decision, human, registered)
    if record.relation == HEAD:
        home.head = human.id
    _settle(decision, human, home, registered, day)


def _register_document(decision: Decision, human: Human, registered: Registered) -> None:
    if decision.record.document and decision.index:
        pair = (decision.record.document[0], decision.index)
        human.documents += (pair,)
        registered.by_document[pair] = human


def _settle(
    decision: Decision, human: Human, home: Home, registered: Registered, day: dt.date
) -> None:
    """The person lives in the household from now on; rows further down see it."""
    record = decision.record
    since = record.since_day or day
    decision.settles = Lives(
        uuid7(),
        home.id,
        home.door.place_code,
        record.relation or "other",
        record.kind or "registered",
        since,
    )
    human.residencies += (decision.settles,)
    registered.residents[home.id].append(human)


def _judge_home(
    decision: Decision, human: Human, home: Home, registered: Registered, day: dt.date
) -> None:
    record = decision.record
    here = residency_of(human, home)
    if here is None:
        known = bool(human.residencies)
        if record.kind != SEPARATED:
            _leave_others(decision, human, home, registered)
        decision.status = MOVED if decision.leaves or not known else CHANGED
        _settle(decision, human, home, registered, day)
        return
    decision.lives = here
    if decision.told_here:
        record = Record(record.number)
    if here.kind == SEPARATED and record.kind not in ("", SEPARATED):
        _leave_others(decision, human, home, registered)
    if record.relation and record.relation != here.relation:
        decision.residency["relation"] = here.relation = record.relation
        if record.relation != HEAD:
            registered.vacate(human, home.id)
    if record.kind and record.kind != here.kind:
        decision.residency["kind"] = here.kind = record.kind
    if (since := record.since_day) and not here.from_date.isoformat().startswith(record.since):
        decision.residency["from_date"] = here.from_date = since
    changes = (
        decision.renamed,
        decision.fills,
        decision.add_phones,
        decision.add_groups,
        decision.takes_over,
        decision.residency,
        decision.add_document,
        decision.sets_number,
    )
    decision.status = MOVED if decision.leaves else CHANGED if any(changes) else KNOWN


def _leave_others(decision: Decision, human: Human, home: Home, registered: Registered) -> None:
    """Who lives here now has left the other homes; a registration elsewhere stays."""
    decision.leaves = [
        lives
        for lives in human.residencies
        if lives.kind != SEPARATED and lives.household_id != home.id
    ]
    for left in decision.leaves:
        registered.leave(human, left.household_id)
    human.residencies = tuple(
        lives for lives in human.residencies if all(lives is not left for left in decision.leaves)
    )


def _acceptable(decision: Decision, human: Human, renames: bool) -> bool:
    record = decision.record
    if human.name != record.name and not (record.row_key and renames):
        record.refuse(
            "name",
            "other_name",
            _("This document is registered under another name."),
            _("Compare both with the document; correct the ledger, or the register first."),
        )
    elif human.deceased_on is not None:
        record.refuse(
            "name",
            "deceased",
            _("This person is registered as having died."),
            _("Delete the row, or correct the register first."),
        )
    return not record.problems


def _of_this_family(decision: Decision) -> bool:
    """Whether the people behind the door are the row's own, or nothing tells."""
    record, home = decision.record, decision.home
    assert home is not None
    if (
        not home.door.room
        or record.relation == HEAD
        or record.family in (None, home.head_name)
        or not home.head_name
        or (decision.human is not None and lives_in(decision.human, home))
    ):
        return True
    record.refuse(
        "head_name" if record.head_name else "relation",
        "other_head",
        _("The household at this door has another head than the row's family."),
        _(
            "Correct the head or the door. Tell two households at one door apart by their"
            " household numbers."
        ),
    )
    return False


def _head_is_free(decision: Decision, home: Home) -> bool:
    record = decision.record
    if record.relation != HEAD or decision.told_here:
        return True
    mine = decision.human.id if decision.human else None
    others = home.head is None and home.head_name not in ("", record.name)
    if home.head == mine or (home.head is None and not others):
        home.head, home.head_name = mine, record.name
        return True
    record.refuse(
        "relation",
        "second_head",
        _("The household has a head already."),
        _("Tell two households at one door apart by their household numbers."),
    )
    return False
