"""The end of an emergency's personal data: its key, its files, and a certificate of it."""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
import traceback
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID, uuid5

import orjson
from django.apps import apps
from django.conf import settings
from django.db import connection, models
from django.db.models import Count, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from fangxian.accounts.models import Grant
from fangxian.common import codes
from fangxian.common.actor import Actor
from fangxian.common.fields import SealedTextField
from fangxian.common.keyring import keyring
from fangxian.common.registries import Registry
from fangxian.common.scoping import acting
from fangxian.core.actions.events import emit
from fangxian.core.actions.files import store_file
from fangxian.core.actions.notify import announce
from fangxian.core.models import (
    Emergency,
    Event,
    File,
    FileChunk,
    ImportRow,
    ImportRun,
    ImportState,
    RowState,
)

log = logging.getLogger(__name__)

# An ending takes minutes.
LATE: Final = dt.timedelta(hours=1)


@dataclass(frozen=True)
class Removal:
    """What a room removes of an emergency beyond what its key takes.

    ``count`` gives the number of rows while all of them are there, for the certificate; ``remove``
    runs in a transaction of its own, once more after any crash before the certificate is stored.
    """

    count: Callable[[UUID], int]
    remove: Callable[[Actor, UUID], object]


hooks: Registry[Removal] = Registry("sunset of a room")
# What a room brings to an end before that, each in a transaction of its own: what is removed may be
# counted there for the last time.
endings: Registry[Callable[[Actor, UUID], object]] = Registry("ending of a room's work")


def sealed_columns() -> list[tuple[type[models.Model], str, list[str]]]:
    """Each model that seals with an emergency's key, its emergency column and sealed fields."""
    found = []
    for model in apps.get_models():
        sealed = [f for f in model._meta.get_fields() if isinstance(f, SealedTextField)]
        mine = [f for f in sealed if f.emergency_field]
        if mine:
            found.append((model, mine[0].emergency_field, [f.name for f in mine]))
    return found


def destroy_key(emergency_id: UUID) -> None:
    """Destroy the key of an ended emergency: from then on nobody reads what it sealed.

    Runs as soon as the ending is committed; doing it again changes nothing.
    """
    by = Actor.system("core.sunset", settings.FANGXIAN_AREA)
    ended = Emergency.objects.filter(id=emergency_id, ended_on__isnull=False, key_destroyed_at=None)
    with acting(by):
        if not ended.exists():
            return
    keyring().destroy_emergency(emergency_id)
    with acting(by):
        ended.update(key_destroyed_at=timezone.now())


def destroy(emergency_id: UUID) -> None:
    """Destroy the key of an ended emergency, remove its files' content, certify it.

    For the worker: rooms remove what the web may not touch. Safe to run again after a crash at
    any point.
    """
    by = Actor.system("core.sunset", settings.FANGXIAN_AREA)
    destroy_key(emergency_id)
    with acting(by):
        if not Emergency.objects.filter(id=emergency_id, certificate=None).exists():
            return
    for finish in endings:
        with acting(by):
            finish(by, emergency_id)
    with acting(by):
        emergency = _uncertified(emergency_id)
        if emergency is None:
            return
        report = _counted(by, emergency)
    for removal in hooks:
        with acting(by):
            if _uncertified(emergency_id) is None:
                return
            removal.remove(by, emergency_id)
    with acting(by):
        emergency = _uncertified(emergency_id)
        if emergency is None:
            return
        _remove_own(emergency_id)
        _certify(by, emergency, report)


def _uncertified(emergency_id: UUID) -> Emergency | None:
    """The ended emergency, held so that one worker at a time removes; None once certified."""
    ended = Emergency.objects.select_for_update().filter(
        id=emergency_id, key_destroyed_at__isnull=False, certificate=None
    )
    return ended.first()


def _counted(by: Actor, emergency: Emergency) -> dict[str, Any]:
    """What the ending takes, counted once before any of it is removed.

    Some is removed by connections of their own: counted then, a second attempt would miss it.
    """
    op_id = uuid5(emergency.id, "core.ending_counted")
    counted = Event.objects.filter(op_id=op_id).first()
    if counted is None:
        counted = emit(
            by=by,
            kind="core.ending_counted",
            place_code=emergency.place_code,
            op_id=op_id,
            data={"emergency": str(emergency.id), "unreadable": _report(emergency)},
        )
    report: dict[str, Any] = counted.data["unreadable"]
    return report


def _report(emergency: Emergency) -> dict[str, Any]:
    """Count what can't be read any more, and what core and the rooms will remove."""
    rows = {}
    for model, column, fields in sealed_columns():
        count = model._default_manager.filter(**{column: emergency.id}).count()
        if count:
            rows[model._meta.label] = {"rows": count, "columns": sorted(fields)}
    removed = {name: removal.count(emergency.id) for name, removal in hooks.items()}
    return {
        "rows": rows,
        "files": File.objects.filter(emergency_id=emergency.id).count(),
        "file_chunks_removed": FileChunk.objects.filter(file__emergency_id=emergency.id).count(),
        "removed_by_rooms": {name: count for name, count in removed.items() if count},
    }


def _remove_own(emergency_id: UUID) -> None:
    """Remove the content of the files, and by what the numbers of messages are found."""
    FileChunk.objects.filter(file__emergency_id=emergency_id).delete()
    with connection.cursor() as cursor:
        # The index of a number outlives no emergency either; the row's own id tells nothing.
        cursor.execute(
            "UPDATE core_outboxdelivery SET target_hash = uuid_send(id) WHERE emergency_id = %s",
            [emergency_id],
        )


def _certify(by: Actor, emergency: Emergency, report: dict[str, Any]) -> None:
    body = orjson.dumps(
        {
            "emergency": str(emergency.id),
            "name": emergency.name,
            "disease": emergency.disease,
            "area": emergency.place_code,
            "started_on": emergency.started_on,
            "ended_on": emergency.ended_on,
            "key_destroyed_at": emergency.key_destroyed_at,
            "unreadable": report,
            "sha256_of_report": hashlib.sha256(
                orjson.dumps(report, option=orjson.OPT_SORT_KEYS)
            ).hexdigest(),
        },
        option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS,
    )
    emergency.certificate = store_file(
        by=by,
        data=body,
        name=f"certificate-{emergency.id}.json",
        media_type="application/json",
        place_code=emergency.place_code,
        right="core.emergency",
    )
    emergency.save(update_fields=["certificate"])


def rows_of_imports(emergency_id: UUID) -> int:
    """The rows of the imports of an emergency."""
    return ImportRow.objects.filter(run__emergency_id=emergency_id).count()


def end_imports(_by: Actor, emergency_id: UUID) -> None:
    """Finish the imports of an emergency: what waits is rejected, for nobody can read it.

    What is left of their rows is emptied.
    """
    runs = ImportRun.objects.filter(emergency_id=emergency_id)
    # One that is being checked first ends that.
    held = list(runs.select_for_update().values_list("pk", flat=True))
    rows = ImportRow.objects.filter(run_id__in=held)
    rows.filter(state=RowState.WAITING).update(state=RowState.REJECTED, raw=None, problems=None)
    rows.update(raw=None, problems=None)
    came = rows.filter(run=OuterRef("pk")).order_by().values("run").annotate(n=Count("pk"))
    many = Coalesce(Subquery(came.values("n")), 0)
    # A preview quotes some of the rows.
    runs.update(
        options={},
        state=ImportState.FINISHED,
        finished_at=Coalesce("finished_at", Now()),
        rows_in=many,
        rejected=many - F("accepted"),
    )


class EndingsFailed(RuntimeError):
    """Some endings could not be finished: they are tried again."""


def finish_all() -> int:
    """Finish the endings that have no certificate yet. Returns how many.

    One that fails keeps no other waiting; who ends emergencies there is told of it once it is
    ``LATE``. Raises EndingsFailed after all of them were tried.
    """
    with acting(Actor.system("core.sunset", settings.FANGXIAN_AREA)):
        open_endings = Emergency.objects.filter(ended_on__isnull=False, certificate=None)
        ids = list(open_endings.order_by("id").values_list("id", flat=True))
    failed = []
    for emergency_id in ids:
        try:
            destroy(emergency_id)
        except Exception as error:
            failed.append(emergency_id)
            # Not the message: it may quote a row. Where it happened is enough to find it.
            at = traceback.extract_tb(error.__traceback__)[-1]
            log.error(
                "the ending of emergency %s failed: %s at %s:%s",
                emergency_id,
                type(error).__name__,
                at.filename,
                at.lineno,
            )
    if failed:
        _tell_of_late(failed)
        raise EndingsFailed(f"endings that failed: {', '.join(map(str, failed))}")
    return len(ids)


def _tell_of_late(ids: Collection[UUID]) -> None:
    """Tell who ends emergencies there, and the duty groups, once of each ending that is late."""
    by = Actor.system("core.sunset", settings.FANGXIAN_AREA)
    with acting(by):
        # Two workers that meet the same error tell of it once.
        list(Emergency.objects.select_for_update(no_key=True).filter(id__in=ids).order_by("id"))
        ended = Event.objects.filter(
            kind="core.emergency_ended",
            data__emergency__in=[str(one) for one in ids],
            created_at__lte=timezone.now() - LATE,
        )
        late = {UUID(event.data["emergency"]): event.place_code for event in ended}
        told = {one: uuid5(one, "core.ending_late") for one in late}
        known = set(Event.objects.filter(op_id__in=told.values()).values_list("op_id", flat=True))
        for emergency_id, place_code in late.items():
            if told[emergency_id] in known:
                continue
            context = {"emergency": str(emergency_id)}
            emit(
                by=by,
                kind="core.ending_late",
                place_code=place_code,
                op_id=told[emergency_id],
                data=context,
            )
            above = codes.ancestors(place_code, include_self=True)
            who = Grant.objects.in_force().filter(
                Q(region=None) | Q(region__code__in=above, region__valid_to=None),
                role__rights__contains=["core.emergency_end"],
            )
            announce(
                by=by,
                user_ids=list(who.order_by("user_id").values_list("user_id", flat=True)),
                template="core.ending_late",
                context=context,
            )
