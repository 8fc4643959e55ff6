"""Applying operations in the scope of who made them: each in a savepoint, one bad one by itself."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from uuid import UUID

from django.db import DatabaseError, DataError, OperationalError, transaction
from django.utils.translation import gettext as _

from fangxian.common import codes
from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, Forbidden, Invalid, OutOfScope, Problem, TooMany, met
from fangxian.common.keyring import KeyDestroyed
from fangxian.common.scoping import acting
from fangxian.field.sync import entities
from fangxian.field.sync.entities import (
    Entity,
    Operation,
    Outcome,
    Result,
    over,
    passed,
    unreached,
)
from fangxian.field.sync.whereabouts import Finder

log = logging.getLogger(__name__)

Wanted = Sequence[tuple[Operation, Entity]]


def apply_as(actors: Sequence[Actor], part: Wanted, finder: Finder) -> dict[UUID, Outcome]:
    """Apply under each actor in turn what he has the right to and the one before did not reach.

    An operation that no actor has the right to has no outcome; one that lies elsewhere is applied
    where its entity knows who acts there, else HELD; one whose object is nowhere keeps its
    rejection.
    """
    done: dict[UUID, Outcome] = {}
    open_ = {operation.op_id: (operation, entity) for operation, entity in part}
    for actor in actors:
        ours = [(o, e) for o, e in open_.values() if actor.may(e.right)]
        if not ours:
            continue
        with acting(actor):
            for op_id, outcome in _apply_all(actor, ours).items():
                done[op_id] = outcome
                if not outcome.out_of_reach:
                    open_.pop(op_id)
        if not open_:
            break
    strays = [(o, e) for o, e in open_.values() if o.op_id in done]
    found = finder.of(operation for operation, _entity in strays)
    places = {op_id: one.place for op_id, one in found.items()}
    outside = [(o, e) for o, e in strays if _is_outside(actors, e, places[o.op_id])]
    done |= {operation.op_id: Outcome(Result.HELD) for operation, _entity in outside}
    return done | _beyond(actors, outside, places)


def _is_outside(actors: Sequence[Actor], entity: Entity, place: str) -> bool:
    areas = [actor.area for actor in actors if actor.may(entity.right)]
    return bool(place) and not any(codes.contains(area, place) for area in areas)


def _beyond(
    actors: Sequence[Actor], outside: Wanted, places: Mapping[UUID, str]
) -> dict[UUID, Outcome]:
    """What is applied at objects that lie in nobody's area, by who acts there all the same."""
    objects: dict[str, dict[UUID, str]] = {}
    for operation, entity in outside:
        if (id_ := entity.object_of(operation)) is not None:
            objects.setdefault(entity.name, {})[id_] = places[operation.op_id]
    acts = {
        name: kind.beyond([actor for actor in actors if actor.may(kind.right)], wanted)
        for name, wanted in objects.items()
        if (kind := entities.entity(name)) is not None and kind.beyond is not None
    }
    done: dict[UUID, Outcome] = {}
    for operation, entity in sorted(outside, key=lambda pair: pair[0].seq):
        by = acts.get(entity.name, {}).get(entity.object_of(operation) or operation.op_id)
        if by is None:
            continue
        with acting(by):
            outcome = apply_one(by, entity, operation)
        if not outcome.out_of_reach:
            done[operation.op_id] = outcome
    return done


def _apply_all(by: Actor, ours: Wanted) -> dict[UUID, Outcome]:
    """Apply in the order of the phone; entities that take many at once get theirs together."""
    outcomes: dict[UUID, Outcome] = {}
    ordered = sorted(ours, key=lambda pair: pair[0].seq)
    touched: set[UUID | None] = set()
    together: dict[str, list[Operation]] = {}
    apart: list[tuple[Operation, Entity]] = []
    for operation, entity in ordered:
        if entity.apply_many is not None and entity.object_of(operation) not in touched:
            together.setdefault(entity.name, []).append(operation)
        else:
            apart.append((operation, entity))
            touched.add(entity.object_of(operation))
    # Always in one order: two phones that lock the same doors wait for each other in none else.
    for name, operations in sorted(together.items()):
        found = entities.entity(name)
        assert found is not None
        outcomes |= _apply_many(by, found, operations)
    return outcomes | _one_by_one(by, apart)


def _apply_many(by: Actor, entity: Entity, operations: Sequence[Operation]) -> dict[UUID, Outcome]:
    assert entity.apply_many is not None
    try:
        with transaction.atomic():
            found = entity.apply_many(by, operations)
        return {one.op_id: outcome for one, outcome in zip(operations, found, strict=True)}
    except OperationalError:
        raise
    except Exception as error:
        # One of them is poison: each by itself tells which.
        log.warning("%s operations are applied one by one: %s", len(operations), kind_of(error))
        return _one_by_one(by, [(one, entity) for one in operations])


def _one_by_one(by: Actor, wanted: Wanted) -> dict[UUID, Outcome]:
    """Apply one after the other. What is merged waits behind an earlier one of its object that is
    to come again: else the older value would show for the newer.
    """
    outcomes: dict[UUID, Outcome] = {}
    waits: set[tuple[str, UUID]] = set()
    for operation, entity in wanted:
        key = entity.name, operation.object_id
        outcome = Outcome(Result.RETRY) if key in waits else apply_one(by, entity, operation)
        if entity.merges and outcome.result is Result.RETRY:
            waits.add(key)
        outcomes[operation.op_id] = outcome
    return outcomes


def apply_one(by: Actor, entity: Entity, operation: Operation) -> Outcome:
    """Apply one operation in a savepoint of its own. Raises OperationalError alone."""
    try:
        with transaction.atomic():
            return entity.apply(by, operation)
    except Invalid as error:
        return Outcome(Result.REJECTED, error.problems)
    except (OutOfScope, Forbidden):
        return unreached()
    except Conflict as error:
        return passed(str(error))
    except KeyDestroyed:
        return over()
    except TooMany:
        return Outcome(Result.RETRY)
    except OperationalError:
        raise
    except DataError:
        return Outcome(Result.REJECTED, (_unfit(),))
    except DatabaseError as error:
        if met(error) is not None:
            return Outcome(Result.RETRY)
        return Outcome(Result.REJECTED, (_unfit(),))
    except Exception as error:
        # A mistake of ours: the phone keeps it and sends it again once it is mended.
        log.error("operation %s can't be applied: %s", operation.op_id, kind_of(error))
        return Outcome(Result.RETRY, (_failed(),))


def kind_of(error: BaseException) -> str:
    """What kind of error it is: its text may hold what a person said."""
    cause = error.__cause__
    return f"{type(error).__name__} ({type(cause).__name__})" if cause else type(error).__name__


def _unfit() -> Problem:
    return Problem(
        _("A value does not fit."),
        field="patch",
        mend=_("Record it again with other values."),
        code="unfit",
    )


def _failed() -> Problem:
    return Problem(
        _("The server has failed at this record; the others are not affected."),
        mend=_("It is kept on the phone and sent again."),
        code="failed",
    )
