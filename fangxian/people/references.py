"""Where other rooms say which of their rows name a person, so that a merge can move them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fangxian.common.actor import Actor
from fangxian.common.registries import Registry


@dataclass(frozen=True)
class Reference:
    """A model whose rows name a person.

    ``model``: "app.Model"; ``field``: its attribute that holds the person's id. ``clashes(lost,
    kept)`` gives the ids of rows of ``lost`` that must stay where they are because ``kept`` has the
    same (a unique rule). ``settle(by, lost, kept)`` ends what both have, before rows move, and
    returns plain values from which ``reopen(by, values)`` takes it back, after rows have moved
    back; ``reopen`` raises Conflict where somebody's later work would be lost.
    """

    model: str
    field: str = "person_id"
    clashes: Callable[[UUID, UUID], list[UUID]] | None = None
    settle: Callable[[Actor, UUID, UUID], dict[str, Any]] | None = None
    reopen: Callable[[Actor, dict[str, Any]], None] | None = None


references: Registry[Reference] = Registry("reference to persons")
# Called with the person's id when a death or a move is taken back: what that ended in other rooms
# goes on.
alive_again: Registry[Callable[[Actor, UUID], None]] = Registry("room that a death ends rows of")
# Called in the same transaction with the ids of persons in scope whose name or day of death has
# changed: rooms that copied the name, or end something with a death.
person_changed: Registry[Callable[[Actor, Collection[UUID]], None]] = Registry(
    "room that keeps up with persons"
)


def plain(value: Any) -> Any:
    """A value as the notes of a merge keep it."""
    if isinstance(value, UUID):
        return str(value)
    return value.isoformat() if isinstance(value, dt.date) else value


def tell_changed(by: Actor, persons: Collection[UUID]) -> None:
    """Tell all rooms that names or days of death have changed."""
    for _room, keep_up in person_changed.items():
        keep_up(by, persons)
