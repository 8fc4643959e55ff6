"""Recording something once, however often the network brings it: for all records of duty."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Collection, Iterator, Mapping
from dataclasses import MISSING
from typing import Any, Final, Protocol, TypeVar
from uuid import UUID

import orjson
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.common import codes, crypto
from fangxian.common.actor import Actor
from fangxian.common.errors import Invalid, Problem
from fangxian.common.fields import Destroyed
from fangxian.common.keyring import KeyDestroyed
from fangxian.common.ui import formats
from fangxian.common.vocabulary import Named
from fangxian.core.models import Emergency
from fangxian.core.queries import emergencies_ever, prevailing
from fangxian.field.actions.visits import CLOCK_AHEAD, Answer, emergency_over
from fangxian.field.models.duties_log import DutyRecord

R = TypeVar("R", bound=DutyRecord)

# Longer ago than a phone may lie in a drawer with something unsent: its clock is wrong.
CLOCK_BEHIND: Final = dt.timedelta(days=90)
# Of a record itself, not of what it says.
_ABOUT_IT: Final = frozenset({"at", "arrived_at", "corrects", "keeps"})


def digest_of(entity: str, body: Mapping[str, Any]) -> bytes:
    """Keyed, since what is logged is short enough to be guessed."""
    plain = orjson.dumps(body, option=orjson.OPT_SORT_KEYS, default=str).decode()
    return crypto.blind_index(plain, f"field.{entity}.digest")


class NewRecord(Protocol):
    """What is recorded of any duty, as a device or a page says it.

    ``at``: when it was done; ``arrived_at``: when that came here, if not just now; ``corrects``:
    the ``op_id`` of a record that was mistaken, whose members in ``keeps`` stay as they are.
    """

    @property
    def at(self) -> dt.datetime | None: ...
    @property
    def arrived_at(self) -> dt.datetime | None: ...
    @property
    def corrects(self) -> UUID | None: ...
    @property
    def keeps(self) -> tuple[str, ...]: ...


def moment(new: NewRecord, before: DutyRecord | None) -> dt.datetime:
    """When it was done: a correction is of the time of what it corrects.

    Of a new record what the device says, unless its clock can't have been right when it came.
    """
    if before is not None:
        return before.at
    came = new.arrived_at or timezone.now()
    said = new.at
    return said if said is not None and came - CLOCK_BEHIND <= said <= came + CLOCK_AHEAD else came


def to_correct(records: type[R], new: NewRecord, **same: Any) -> R | None:
    """What a record corrects, None if nothing. One query.

    Raises Invalid where it is not there with these values in common, or was corrected already.
    """
    if new.corrects is None:
        return None
    found: R | None = records._default_manager.filter(
        op_id=new.corrects, corrected_by=None, **same
    ).first()
    if found is None:
        raise Invalid(_not_correctable())
    return found


def unsaid(kind: type, said: Collection[str]) -> tuple[str, ...]:
    """The members of a record of that kind which may be left out and are not among those said."""
    optional = [one.name for one in dataclasses.fields(kind) if one.default is not MISSING]
    return tuple(sorted(set(optional) - set(said) - _ABOUT_IT))


def kept(new: NewRecord, before: DutyRecord | None) -> dict[str, Any]:
    """The members that a correction leaves as they are, with their values; nothing destroyed."""
    if before is None:
        return {}
    was = {name: getattr(before, name, None) for name in new.keeps}
    return {
        name: value
        for name, value in was.items()
        if value is not None and not isinstance(value, Destroyed)
    }


def emergency_then(place_code: str, at: dt.datetime) -> UUID | None:
    """The emergency under which something was done at a place then, whatever has ended since.

    One query. :func:`keep` refuses what belongs to one that has ended.
    """
    found = prevailing(emergencies_ever(place_code), at)
    return found.id if found else None


def unfit(emergency: Emergency | None, place_code: str) -> Iterator[Problem]:
    """What is said of an emergency that has ended, or that is not one of the place."""
    if emergency is None:
        return
    if not emergency.in_force:
        yield emergency_over()
    elif not codes.contains(emergency.place_code, place_code):
        yield Problem(
            _("The emergency is one of another place."),
            field="emergency",
            mend=_("Choose one that is in force there, or none."),
            code="elsewhere",
        )


def known(op_id: UUID, digest: bytes) -> bool:
    """Whether just this is recorded already, wherever its place lies now."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT field_duty_recorded(%s, %s)", [op_id, digest])
        return bool(cursor.fetchone()[0])


def repeated(op_id: UUID, entity: str, body: Mapping[str, Any]) -> Answer | None:
    """The answer to a repeat: it was recorded, whatever has changed since. One query."""
    return Answer(op_id, "duplicate") if known(op_id, digest_of(entity, body)) else None


def keep(by: Actor, row: DutyRecord, entity: str, body: Mapping[str, Any]) -> Answer:
    """Append a record of which no repeat is known. Two statements, one more if it is refused.

    Raises Invalid: its number was used for another, what it corrects was corrected just now, its
    emergency has ended.
    """
    row.digest = digest_of(entity, body)
    row.user_id, row.actor, row.source = by.user_id, by.name, by.source
    records, corrects = type(row)._default_manager, row.corrects_id
    if row.emergency_id is not None and _has_ended(row.emergency_id):
        raise Invalid(emergency_over())
    try:
        # Two that bring the same at once: the second waits for the first and is told of it.
        records.bulk_create([row], ignore_conflicts=True)
    except KeyDestroyed:
        raise Invalid(emergency_over()) from None
    if records.filter(id=row.id).exists():
        return Answer(row.op_id, "applied")
    if known(row.op_id, row.digest):
        return Answer(row.op_id, "duplicate")
    if corrects is not None and records.filter(corrects_id=corrects).exists():
        raise Invalid(_not_correctable())
    raise Invalid(
        Problem(
            _("This number was used for another record."),
            field="op_id",
            mend=_("Record it again under a number of its own."),
            code="op_id",
        )
    )


def _has_ended(emergency_id: UUID) -> bool:
    return Emergency.objects.filter(id=emergency_id, ended_on__isnull=False).exists()


def _not_correctable() -> Problem:
    return Problem(
        _("There is no such record here, or it was corrected already."),
        field="corrects",
        mend=_("Open the list again and correct the latest one."),
        code="corrects",
    )


def body_of(new: Any) -> dict[str, Any]:
    """Everything that is recorded, but its number: what :func:`digest_of` is made of.

    When it came is no part of it: the same comes again later.
    """
    names = [one.name for one in dataclasses.fields(new)]
    return {name: getattr(new, name) for name in names if name not in ("op_id", "arrived_at")}


def unknown(code: str, known_codes: Mapping[str, Named], where: str) -> Iterator[Problem]:
    """What is said of a code that the rules do not have, naming those they have."""
    if code not in known_codes:
        names = "、".join(f"{named.name} ({named.code})" for named in known_codes.values())
        yield Problem(
            _("“%(code)s” is not known here.") % {"code": code},
            field=where,
            mend=_("Take one of: %(names)s.") % {"names": names},
            code="unknown_code",
        )


def too_long(new: Any, most: Mapping[str, int]) -> Iterator[Problem]:
    """What is said of texts that are longer than anybody needs."""
    for name, length in most.items():
        if len(getattr(new, name)) > length:
            yield Problem(
                _("The text is too long."),
                field=name,
                mend=_("Write at most %(n)d characters.") % {"n": length},
                code="long",
            )


def outside(value: float | None, least: float, most: float, where: str) -> Iterator[Problem]:
    """What is said of a number that can't be."""
    if value is not None and not least <= value <= most:
        yield Problem(
            _("“%(value)s” can’t be right here.") % {"value": value},
            field=where,
            mend=_("Write a number from %(least)s to %(most)s.")
            % {"least": f"{least:g}", "most": f"{most:g}"},
            code="outside",
        )


def over(ended_on: dt.date | None, at: dt.datetime, where: str, name: str) -> Iterator[Problem]:
    """What is said of something done at a gate or on a round that had ended by then."""
    if ended_on is not None and timezone.localdate(at) > ended_on:
        yield Problem(
            _("“%(name)s” was ended on %(day)s.") % {"name": name, "day": formats.date(ended_on)},
            field=where,
            mend=_("Choose another one."),
            code="closed",
        )


def trimmed(text: str) -> str | None:
    """A text to be sealed; nothing for an empty one."""
    return text.strip() or None
