"""What happened in a household or to a resident, read from the history tables."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from fangxian.accounts.queries import display_names
from fangxian.common.history import history_of
from fangxian.common.ui import formats
from fangxian.people.queries import by_ids
from fangxian.register.models import Household, Residency
from fangxian.register.vocabularies import RELATIONS, RESIDENCY_KINDS

SHOWN = 50


def of_household(household_id: UUID) -> list[dict[str, Any]]:
    """Events of a household, latest first, as the history component takes them. Four queries."""
    lives, homes = history_of(Residency), history_of(Household)
    rows = list(lives.objects.filter(household_id=household_id).order_by("pgh_id"))
    persons = by_ids({row.person_id for row in rows})
    events = []
    before: dict[UUID, Any] = {}
    for row in rows:
        person = persons.get(row.person_id)
        title = _residency_event(before.get(row.pgh_obj_id), row)
        before[row.pgh_obj_id] = row
        if title:
            events.append(_event(row, title, person.name if person else ""))
    last = None
    for row in homes.objects.filter(pgh_obj_id=household_id).order_by("pgh_id"):
        title = _household_event(last, row)
        last = row
        if title:
            events.append(_event(row, title, ""))
    events.sort(key=lambda event: event["time"], reverse=True)
    del events[SHOWN:]
    people = display_names(event["who"] for event in events)
    return [event | {"who": formats.who(event["who"], people)} for event in events]


def _event(row: Any, title: str, text: str) -> dict[str, Any]:
    return {
        "title": title,
        "text": text,
        "time": row.pgh_created_at,
        "who": (row.pgh_context or {}).get("who", ""),
    }


def _residency_event(old: Any, new: Any) -> str:
    day = {"day": formats.date(new.to_date or new.away_since or new.from_date)}
    if old is None:
        return _("Lives here since %(day)s") % {"day": formats.date(new.from_date)}
    if new.pgh_label == "delete":
        return _("Removed")
    if old.to_date is None and new.to_date is not None:
        ended = dict(Residency.Ended.choices).get(new.ended, "")
        return _("Until %(day)s: %(why)s") % {**day, "why": ended}
    if old.away_since != new.away_since:
        return _("Away since %(day)s") % day if new.away_since else _("Is back")
    if old.relation != new.relation:
        return _("Relation: %(relation)s") % {"relation": RELATIONS.label(new.relation)}
    if old.kind != new.kind:
        return _("Lives here as: %(kind)s") % {"kind": RESIDENCY_KINDS.label(new.kind)}
    if old.person_id != new.person_id:
        return _("Joined with another record of the person")
    return _("Changed") if old.from_date != new.from_date else ""


def _household_event(old: Any, new: Any) -> str:
    if old is None:
        return _("Household recorded")
    if old.state != new.state:
        return str(dict(Household.State.choices).get(new.state, new.state))
    if old.place_code != new.place_code:
        return _("Place changed")
    return _("Household changed")
