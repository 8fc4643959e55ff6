"""Where the objects of operations lie and under which emergency, whoever may see them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from fangxian.field.sync import entities
from fangxian.field.sync.entities import Entity, Locate, Located, Operation

_PLACES = "SELECT * FROM field_places(%s::text[], %s::uuid[])"


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """``place``: where the object lies, empty if it is nowhere; ``emergency_id``: whose key seals
    what is kept of the operation."""

    place: str
    emergency_id: UUID | None


class Finder:
    """Where the objects of a push lie: each operation is looked for once, however often asked."""

    def __init__(self) -> None:
        self._known: dict[UUID, Whereabouts] = {}

    def of(self, operations: Iterable[Operation]) -> dict[UUID, Whereabouts]:
        """Those of each operation whose entity is known, by its number.

        One query for what is not known yet, and what the entities ask to locate it.
        """
        wanted = list(operations)
        self._known |= _found([one for one in wanted if one.op_id not in self._known])
        return {o.op_id: self._known[o.op_id] for o in wanted if o.op_id in self._known}


def _found(operations: Iterable[Operation]) -> dict[UUID, Whereabouts]:
    known = [(o, entity) for o in operations if (entity := entities.entity(o.entity)) is not None]
    if not known:
        return {}
    located = _located(known)
    kinds = [entity.places for _o, entity in known]
    ids = [located[o.op_id].object_id for o, _entity in known]
    with connection.cursor() as cursor:
        cursor.execute(_PLACES, [kinds, ids])
        found = {row[0]: Whereabouts(row[1], row[2]) for row in cursor.fetchall()}
    nowhere = Whereabouts("", None)
    there = {o.op_id: found.get(id_, nowhere) for (o, _entity), id_ in zip(known, ids, strict=True)}
    return {
        op_id: Whereabouts(one.place, one.emergency_id or located[op_id].emergency_id)
        for op_id, one in there.items()
    }


def _located(known: Iterable[tuple[Operation, Entity]]) -> Mapping[UUID, Located]:
    """The objects of operations; those that one function locates together."""
    found: dict[UUID, Located] = {}
    together: dict[Locate, list[Operation]] = {}
    for operation, entity in known:
        if entity.locate is not None:
            together.setdefault(entity.locate, []).append(operation)
        else:
            object_id = entity.object_of(operation)
            found[operation.op_id] = Located(object_id, entity.emergency(operation))
    for locate, operations in together.items():
        found |= locate(operations)
    return found
