"""What phones send and fetch: each entity is registered once, by the part that owns it.

An entity that is pushed says how an operation of it is applied (:class:`Entity`); one that is
pulled says which records a place has (:class:`Source`). Push and pull know no entity by name.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from pydantic import BaseModel

from fangxian.common.actor import Actor
from fangxian.common.errors import Problem
from fangxian.common.registries import Registry
from fangxian.field.actions.visits import emergency_over
from fangxian.field.models import HeldOperation


class Result(StrEnum):
    """What becomes of an operation."""

    APPLIED = "applied"
    DUPLICATE = "duplicate"
    MERGED = "merged"
    CONFLICT = "conflict"
    HELD = "held"
    REJECTED = "rejected"
    RETRY = "retry"


@dataclass(frozen=True)
class Operation:
    """One opened operation of a phone.

    ``captured_at`` is when it was made as the server judges, never later than its arrival; ``seq``
    counts the operations of the device; ``base_version`` is the version that the phone saw of the
    object (None: it had none). ``user_id`` is who made it, whoever holds the phone now.
    ``arrived_at``: when it came, where that is not just now.
    ``taken_over``: it was held, and somebody at a desk has decided that it counts.
    """

    op_id: UUID
    device_id: UUID
    seq: int
    entity: str
    object_id: UUID
    base_version: int | None
    patch: Mapping[str, Any]
    captured_at: dt.datetime
    user_id: UUID
    digest: bytes = b""
    arrived_at: dt.datetime | None = None
    taken_over: bool = False

    def id_in(self, name: str) -> UUID | None:
        """The id that a member of the patch is, None where it is none."""
        try:
            return UUID(str(self.patch.get(name)))
        except ValueError:
            return None


@dataclass(frozen=True)
class Merged:
    """A field that two changed: what came with the operation, what was there, which one shows."""

    mine: Any
    theirs: Any
    kept: str


@dataclass(frozen=True)
class Outcome:
    """What became of one operation.

    ``out_of_reach``: the object is not in the actor's area; then another grant of his is tried,
    and if none reaches it the operation is held. ``why`` one that is HELD is (else: its place).
    """

    result: Result
    problems: tuple[Problem, ...] = ()
    merged: Mapping[str, Merged] = field(default_factory=dict)
    out_of_reach: bool = False
    why: HeldOperation.Why | None = None


def unreached() -> Outcome:
    """The object is not in the actor's area."""
    problem = Problem(
        _("There is no such thing in your area."),
        field="id",
        mend=_("Fetch your doors anew and look again."),
        code="scope",
    )
    return Outcome(Result.REJECTED, (problem,), out_of_reach=True)


def passed(why: str) -> Outcome:
    """The object is not any more what the phone took it for."""
    problem = Problem(why, mend=_("Fetch it anew and look."), code="state")
    return Outcome(Result.REJECTED, (problem,))


def over() -> Outcome:
    """Its emergency has ended: what it says can be kept nowhere."""
    return Outcome(Result.REJECTED, (emergency_over(),))


Apply = Callable[[Actor, Operation], Outcome]
ApplyMany = Callable[[Actor, Sequence[Operation]], Sequence[Outcome]]


@dataclass(frozen=True, slots=True)
class Located:
    """What an operation is about, and the emergency under which it is kept, as far as known."""

    object_id: UUID | None
    emergency_id: UUID | None


Locate = Callable[[Sequence[Operation]], Mapping[UUID, Located]]
# Of the actors who have the right, and where objects lie: who acts at which of them all the same,
# though they lie in nobody's area.
Beyond = Callable[[Sequence[Actor], Mapping[UUID, str]], Mapping[UUID, Actor]]


# The households that a decider looks at, by object.
Homes = Callable[[Collection[UUID]], Mapping[UUID, UUID]]


def object_itself(operation: Operation) -> UUID | None:
    """An operation is about the object that it names: told without opening what was sent."""
    return operation.object_id


@dataclass(frozen=True)
class Entity:
    """An entity that is pushed; ``patch`` is the shape of what its operations change.

    ``apply`` runs in the actor's scope and in a savepoint of its own; it may raise Invalid
    (rejected), OutOfScope (held), Forbidden (held) and Conflict (rejected). ``apply_many``, where
    there is one, takes all operations of a push together and answers them in order.
    ``object_of`` names the household or other object that a later operation may depend on;
    ``emergency`` the emergency whose key seals what is kept of the operation; it is asked outside
    any area, so it reads only what everybody may. ``places`` is the kind of object by which
    ``field_places`` finds where it lies, and its emergency where it has one of its own. ``locate``
    gives object and emergency of many operations at once, where it costs queries. ``beyond``
    says who may act at an object outside his area: that actor may do no more than this there.
    """

    name: str
    right: str
    label: Any
    apply: Apply
    patch: type[BaseModel]
    apply_many: ApplyMany | None = None
    object_of: Callable[[Operation], UUID | None] = object_itself
    emergency: Callable[[Operation], UUID | None] = lambda _operation: None
    places: str = ""
    locate: Locate | None = None
    beyond: Beyond | None = None
    # Labels of the fields that are merged, and what writes the value that was chosen:
    # (by, object, field, value).
    merges: Mapping[str, Any] = field(default_factory=dict)
    settle: Callable[[Actor, UUID, str, Any], None] | None = None
    # What the operation says to the actor, in lines of a label and a text, read in his scope.
    say: Callable[[Actor, Operation], Iterable[tuple[Any, str]]] | None = None
    # What is in the ledger now of that which the operation would change, in such lines.
    now: Callable[[Operation], Iterable[tuple[Any, str]]] | None = None
    # A value of a merged field in words.
    word: Callable[[str, Any], str] = lambda _field, value: str(value)
    # The name of the person whom an object is about, read in the actor's scope.
    whose: Callable[[UUID], str] = lambda _object_id: ""
    homes: Homes | None = None

    def home(self, object_id: UUID) -> UUID | None:
        """The household that a decider of this object looks at, if it is about one."""
        return self.homes([object_id]).get(object_id) if self.homes else None


@dataclass(frozen=True, slots=True)
class Record:
    """One record as a phone gets it.

    ``version`` is given for what phones may change (the ``pgh_id`` of its last history row); else
    it follows from ``data``. ``persons``: whose data it shows, noted when it is really sent.
    """

    id: UUID
    data: Mapping[str, Any]
    version: int | None = None
    persons: tuple[UUID, ...] = ()


@dataclass(frozen=True)
class Reach:
    """One place that a phone's holder answers for. ``by`` acts in just this place.

    The phone shows what is read now from ``today`` until the end of its lease, on ``until``.
    ``number`` counts the places of a phone; ``kept`` lets the sources of one pull share what they
    have read. ``wide``: more than a grid, of which only what is set up for all is read. ``beyond``:
    outside the holder's area, of which only what is set up at just this place is read, or, where
    there are some, what has one of the ids in ``only``.
    """

    by: Actor
    place: str
    today: dt.date
    until: dt.date
    number: int = 0
    wide: bool = False
    beyond: bool = False
    only: frozenset[UUID] = frozenset()
    kept: dict[Any, Any] = field(default_factory=dict, compare=False)


Read = Callable[[Reach], Iterable[Record]]


@dataclass(frozen=True)
class Source:
    """Records that are pulled: ``read`` gives all that the place has now, in few statements.

    Records of several places may be the same (a sweep): each is sent once, the first one met unless
    ``merge`` puts both together. ``right`` None: with any right. ``wide`` and ``beyond``:
    also read of such places (:class:`Reach`). ``data`` is the shape of what ``read`` gives.
    """

    name: str
    read: Read
    data: type[BaseModel]
    right: str | None = None
    merge: Callable[[Record, Record], Record] | None = None
    wide: bool = False
    beyond: bool = False


@dataclass(frozen=True)
class Post:
    """A place outside his area where somebody does duty: ``by`` may do that there and no more.

    ``only``: the ids of what he does it at; empty: at all that is set up at just this place.
    """

    by: Actor
    only: frozenset[UUID] = frozenset()


# Where somebody has posts outside his area. Asked outside any scope.
Posts = Callable[[Actor], Iterable[Post]]

_pushed: Registry[Entity] = Registry("entity of phones")
_posts: list[Posts] = []
_pulled: Registry[Source] = Registry("source of phones")


def register(entity: Entity) -> Entity:
    """Register an entity that phones push."""
    return _pushed.register(entity.name, entity)


def register_source(source: Source, *, order: int = 100) -> Source:
    """Register records that phones pull; lower ``order`` first."""
    return _pulled.register(source.name, source, order=order)


def register_posts(posts: Posts) -> None:
    """Register what knows where people do duty outside their areas."""
    if posts not in _posts:
        _posts.append(posts)


def posts_of(by: Actor) -> list[Post]:
    """Where somebody does duty outside his area."""
    return [post for known in _posts for post in known(by)]


def entity(name: str) -> Entity | None:
    """The entity of that name, None if this server knows none."""
    return _pushed.get(name) if name in _pushed else None


def pushed() -> list[Entity]:
    """All entities that are pushed, in order."""
    return list(_pushed)


def sources() -> list[Source]:
    """All sources, in order."""
    return list(_pulled)
