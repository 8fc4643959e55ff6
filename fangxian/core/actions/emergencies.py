"""Beginning, changing and ending an emergency."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, Invalid, OutOfScope, Problem
from fangxian.common.ids import uuid7
from fangxian.common.keyring import keyring
from fangxian.core import sunset
from fangxian.core.actions.events import emit
from fangxian.core.models import Emergency, Measure
from fangxian.regions.models import Region


@action
def create_emergency(
    *,
    by: Actor,
    name: str,
    disease: str,
    place_code: str,
    level: int,
    started_on: dt.date | None = None,
) -> Emergency:
    """Begin an emergency at a place and make its key. Raises Forbidden, Invalid."""
    by.require("core.emergency", place_code)
    problems = []
    if not name.strip():
        problems.append(Problem(_("Give the emergency a name."), field="name"))
    if not disease.strip():
        problems.append(Problem(_("Name the disease."), field="disease"))
    if level not in Emergency.Level.values:
        problems.append(Problem(_("Choose a response level."), field="level"))
    region = Region.objects.filter(code=place_code, valid_to=None).first()
    if region is None:
        problems.append(Problem(_("There is no such place."), field="place_code"))
    if problems or region is None:
        raise Invalid(*problems)
    emergency = Emergency(
        id=uuid7(),
        name=name.strip(),
        disease=disease.strip(),
        region_id=region.id,
        place_code=place_code,
        level=level,
        started_on=started_on or timezone.localdate(),
    )
    # Before the row: a row without its key would refuse every write of the emergency.
    keyring().create_emergency(emergency.id)
    emergency.save(force_insert=True)
    _emit(by, "core.emergency_begun", emergency, {"level": level})
    return emergency


def _emit(by: Actor, kind: str, emergency: Emergency, data: dict[str, object]) -> None:
    emit(
        by=by,
        kind=kind,
        place_code=emergency.place_code,
        op_id=uuid7(),
        data={"emergency": str(emergency.id), **data},
    )


def _in_force(by: Actor, emergency_id: UUID, right: str, *, to_end: bool = False) -> Emergency:
    """The emergency, locked; ``to_end`` waits for what is being recorded for it, too."""
    found = Emergency.objects.select_for_update(no_key=not to_end).filter(id=emergency_id)
    emergency = found.first()
    if emergency is None:
        raise OutOfScope(str(emergency_id))
    by.require(right, emergency.place_code)
    _refuse_ended(emergency)
    return emergency


def _refuse_ended(emergency: Emergency) -> None:
    if not emergency.in_force:
        raise Conflict(_("The emergency has ended."))


@action
def change_level(*, by: Actor, emergency_id: UUID, level: int) -> Emergency:
    """Set the response level. Raises OutOfScope, Forbidden, Conflict (ended), Invalid."""
    emergency = _in_force(by, emergency_id, "core.emergency")
    if level not in Emergency.Level.values:
        raise Invalid(Problem(_("Choose a response level."), field="level"))
    if emergency.level != level:
        emergency.level = level
        emergency.save(update_fields=["level"])
        _emit(by, "core.emergency_level", emergency, {"level": level})
    return emergency


@action
def add_measure(
    *,
    by: Actor,
    emergency_id: UUID,
    title: str,
    body: str,
    content: str,
    place_code: str,
    from_at: dt.datetime,
    to_at: dt.datetime | None = None,
) -> Measure:
    """Put a measure in force, announced with body, content, area and period (Art 67)."""
    emergency = _in_force(by, emergency_id, "core.emergency")
    by.require("core.emergency", place_code)
    problems = []
    if not place_code.startswith(emergency.place_code):
        problems.append(
            Problem(_("The measure's area lies outside the emergency's."), field="place_code")
        )
    for field, value in (("title", title), ("body", body), ("content", content)):
        if not value.strip():
            problems.append(Problem(_("This must be announced: fill it in."), field=field))
    if to_at is not None and to_at < from_at:
        problems.append(Problem(_("The end lies before the beginning."), field="to_at"))
    if problems:
        raise Invalid(*problems)
    places = Region.objects.filter(code=place_code, valid_to=None)
    region = places.values_list("id", flat=True).first()
    return Measure.objects.create(
        emergency=emergency,
        title=title.strip(),
        body=body.strip(),
        content=content.strip(),
        place_code=place_code,
        region_id=region,
        from_at=from_at,
        to_at=to_at,
    )


@action
def lift_measure(*, by: Actor, measure_id: UUID) -> Measure:
    """Lift a measure now; lifting it again changes nothing.

    Raises OutOfScope, Forbidden, Conflict (its emergency has ended).
    """
    measure = Measure.objects.filter(id=measure_id).first()
    if measure is None:
        raise OutOfScope(str(measure_id))
    by.require("core.emergency", measure.place_code)
    _refuse_ended(Emergency.objects.select_for_update(no_key=True).get(id=measure.emergency_id))
    if measure.lifted_at is None:
        measure.lifted_at = timezone.now()
        measure.save(update_fields=["lifted_at"])
    return measure


@action
def end_emergency(*, by: Actor, emergency_id: UUID, confirmation: str) -> Emergency:
    """End an emergency: once committed, its key is destroyed and its personal data with it.

    ``confirmation`` is the emergency's name, typed. What it sealed can't be read any more, in
    restored backups either; the worker then removes the rest and stores a certificate with
    counts. This can't be undone.
    Raises OutOfScope, Forbidden, Conflict (ended), Invalid (typed wrongly).
    """
    from fangxian.core.tasks import finish_endings

    emergency = _in_force(by, emergency_id, "core.emergency_end", to_end=True)
    if confirmation.strip() != emergency.name:
        raise Invalid(
            Problem(
                _("The name does not match."),
                field="confirmation",
                mend=_("Type the emergency’s name exactly as it stands above."),
                code="confirmation",
            )
        )
    emergency.ended_on = max(timezone.localdate(), emergency.started_on)
    emergency.save(update_fields=["ended_on"])
    Measure.objects.filter(emergency=emergency, lifted_at=None).update(lifted_at=timezone.now())
    _emit(by, "core.emergency_ended", emergency, {})
    transaction.on_commit(lambda: sunset.destroy_key(emergency.id))
    finish_endings.defer()
    return emergency
