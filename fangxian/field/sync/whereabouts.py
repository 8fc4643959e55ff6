"""Where the objects of operations lie and under which emergency, whoever may see them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from fangxian.field.sync import entities
from fangxian.field.sync.entities import Entity, Operation

_PLACES = "SELECT * FROM field_places(%s::text[], %s::uuid[])"


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """``place``: where the object lies, empty if it is nowhere; ``emergency_id``: whose key seals
    what is kept of the operation."""

    place: str
    emergency_id: UUID | None


def whereabouts(operations: Iterable[Operation]) -> dict[UUID, Whereabouts]:
    """Those of each operation whose entity is known, by its number.

    One query, and what the entities ask to name an emergency.
    """
    known = [(o, entity) for o in operations if (entity := entities.entity(o.entity)) is not None]
    if not known:
        return {}
    asked = [(o, entity, entity.object_of(o)) for o, entity in known]
    kinds, ids = [entity.places for _o, entity, _id in asked], [id_ for _o, _entity, id_ in asked]
    with connection.cursor() as cursor:
        cursor.execute(_PLACES, [kinds, ids])
        found = {row[0]: Whereabouts(row[1], row[2]) for row in cursor.fetchall()}
    nowhere = Whereabouts("", None)
    return {
        o.op_id: _under(found.get(id_, nowhere) if id_ else nowhere, o, entity)
        for o, entity, id_ in asked
    }


def _under(found: Whereabouts, operation: Operation, entity: Entity) -> Whereabouts:
    return Whereabouts(found.place, found.emergency_id or entity.emergency(operation))
