"""Messages that are said in the street and at doors; what was said, talked over, answered."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, Invalid, OutOfScope, Problem
from fangxian.core.models import Emergency
from fangxian.field.actions import once, planning
from fangxian.field.actions.gates import RECORD
from fangxian.field.actions.planning import PLAN
from fangxian.field.actions.visits import Answer
from fangxian.field.duties.rules import DutyRules, duty_rules
from fangxian.field.models import Message, Outreach
from fangxian.field.models.duties import MOST_CHARACTERS
from fangxian.regions.models import Region
from fangxian.regions.queries import at as place_at

MOST_PEOPLE: Final = 1_000_000


@action
def write_message(
    *,
    by: Actor,
    place: Region,
    text: str,
    kind: str,
    from_date: dt.date,
    to_date: dt.date,
    emergency: Emergency | None = None,
) -> Message:
    """Write what is to be said in an area from a day until a day. Raises Invalid."""
    by.require(PLAN, place.code)
    said = " ".join(text.split())
    problems = list(once.unknown(kind, duty_rules().messages, "kind"))
    if not said:
        problems.append(Problem(_("Write what is to be said."), field="text"))
    if len(said) > MOST_CHARACTERS:
        problems.append(
            Problem(
                _("The text has %(n)d characters.") % {"n": len(said)},
                field="text",
                mend=_("Write at most %(n)d: more is not heard to its end.")
                % {"n": MOST_CHARACTERS},
                code="long",
            )
        )
    if to_date < max(from_date, timezone.localdate()):
        problems.append(
            Problem(
                _("The last day is before the first, or over."),
                field="to_date",
                mend=_("Choose a later day."),
            )
        )
    problems += once.unfit(emergency, place.code)
    if problems:
        raise Invalid(*problems)
    return Message.objects.create(
        place_code=place.code,
        text=said,
        kind=kind,
        emergency=emergency,
        from_date=from_date,
        to_date=to_date,
        made_by=by.name,
    )


@action
def end_message(*, by: Actor, message: Message) -> Message:
    """Say it no longer: today is its last day, or it never began. Raises Conflict (it is over)."""
    found = planning.held(by, message)
    today = timezone.localdate()
    if found.to_date < today:
        raise Conflict(_("It is over already."))
    found.to_date = max(today, found.from_date)
    if found.from_date > today:
        found.from_date = found.to_date = today
    found.save(update_fields=["from_date", "to_date"])
    return found


@dataclass(frozen=True)
class NewOutreach:
    """People told, talked to, a rumour answered, a gathering dispersed; ``people`` were reached.

    ``message_id``: what was said, if it was one of the messages. The rest as in
    :class:`once.NewRecord`; a correction is of the same kind and of the same message.
    """

    op_id: UUID
    place_code: str
    kind: str
    outcome: str
    at: dt.datetime | None = None
    people: int = 0
    message_id: UUID | None = None
    note: str = ""
    corrects: UUID | None = None
    keeps: tuple[str, ...] = ()
    arrived_at: dt.datetime | None = None


@action
def record_outreach(*, by: Actor, outreach: NewOutreach) -> Answer:
    """Record one, once however often it is sent: ``applied`` or ``duplicate``.

    Sealed with the key of the emergency in force there then, if there was one. Raises Forbidden,
    OutOfScope (no such place or message here), Invalid with each problem.
    """
    by.require(RECORD)
    body = once.body_of(outreach)
    if repeat := once.repeated(outreach.op_id, "outreach", body):
        return repeat
    place = place_at(outreach.place_code, by=by)
    same = {"place_code": place.code, "kind": outreach.kind}
    if "message_id" not in outreach.keeps:
        same["message_id"] = outreach.message_id
    before = once.to_correct(Outreach, outreach, **same)
    outreach = replace(outreach, **once.kept(outreach, before))
    # Seen from below too: that of the county is said in its villages.
    message = outreach.message_id
    if message is not None and not Message.objects.filter(id=message).exists():
        raise OutOfScope(str(message))
    rules = duty_rules()
    if problems := list(_problems(outreach, rules)):
        raise Invalid(*problems)
    at = once.moment(outreach, before)
    row = Outreach(
        place_code=place.code,
        op_id=outreach.op_id,
        corrects_id=outreach.corrects,
        at=at,
        emergency_id=before.emergency_id if before else once.emergency_then(place.code, at),
        kind=outreach.kind,
        message_id=outreach.message_id,
        people=outreach.people,
        outcome=outreach.outcome,
        done=rules.outreach[outreach.kind].outcomes[outreach.outcome].done,
        note=once.trimmed(outreach.note),
    )
    return once.keep(by, row, "outreach", body)


def _problems(new: NewOutreach, rules: DutyRules) -> Iterator[Problem]:
    yield from once.unknown(new.kind, rules.outreach, "kind")
    if new.kind in rules.outreach:
        yield from once.unknown(new.outcome, rules.outreach[new.kind].outcomes, "outcome")
    yield from once.outside(new.people, 0, MOST_PEOPLE, "people")
    yield from once.too_long(new, {"note": 500})
