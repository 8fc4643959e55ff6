"""The phones of the county's officers, and what of theirs waits for somebody at a desk.

The grid officer and the community have one each. The officer's former phone was lost: it is
disabled, and what was still on it is held. What two changed before they knew of each other is in
the merge queue.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils import timezone

from fangxian.common.actor import Actor
from fangxian.common.ids import uuid7
from fangxian.common.scoping import acting
from fangxian.config.demo.accounts import areas
from fangxian.config.demo.officers import Officers
from fangxian.config.demo.phone import Phone, enrol
from fangxian.config.demo.recipe import Chance
from fangxian.field.actions import NewVisit
from fangxian.field.models import Campaign, Target
from fangxian.register.actions import go_away
from fangxian.register.models import Household, Residency

# The former phone was enrolled so many days before the sweep.
BEFORE = 12
LAST_VISIT = dt.time(18, 40)


def hand_out(chance: Chance, campaign: Campaign, officers: Officers) -> None:
    """Enrol the phones with which the sweep is made. Without one of its accounts, none."""
    assert campaign.started_at is not None
    for row in chance.data["phones"]["enrolled"]:
        by = officers.account(row["username"])
        if by.user_id is not None:
            enrol(by, row["name"], row["platform"], campaign.started_at)


def meet(by: Actor, chance: Chance, campaign: Campaign, officers: Officers) -> None:
    """Leave two fields that two people changed at once, and the work of a lost phone."""
    officer, office = officers.account("wangge"), officers.account("shequ")
    mine, theirs = officers.phones.of(officer), officers.phones.of(office)
    if mine is None or theirs is None:
        return
    _dispute_of_a_note(by, chance, mine, theirs)
    _dispute_of_an_absence(by, chance, mine, office)
    _lost(by, chance, campaign, officer)


def _own(rows: Any, chance: Chance) -> Any:
    """Those of the officer's grid."""
    return rows.filter(place_code__startswith=areas(chance.data["county"])["grid"])


def _seen(row: Any) -> int | None:
    """The history row that a phone has of an object which it pulled just now."""
    history = type(row).pgh_event_model.objects.filter(pgh_obj_id=row.pk)
    last: int | None = history.order_by("-pgh_id").values_list("pgh_id", flat=True).first()
    return last


def _dispute_of_a_note(by: Actor, chance: Chance, mine: Phone, theirs: Phone) -> None:
    with acting(by):
        homes = _own(Household.objects.filter(state="lived_in"), chance)
        home = homes.order_by("-place_code", "-room").first()
        seen = _seen(home)
    first, second = chance.data["phones"]["notes"]
    theirs.change("household", home.pk, {"note": first}, seen)
    mine.change("household", home.pk, {"note": second}, seen)
    theirs.send()
    mine.send()


def _dispute_of_an_absence(by: Actor, chance: Chance, mine: Phone, office: Actor) -> None:
    """At the desk it is heard by telephone where somebody went, at the door another place."""
    with acting(by):
        rows = _own(Residency.objects.filter(to_date=None, away_since=None), chance)
        residency = rows.filter(relation="spouse").order_by("-place_code", "id").first()
        seen = _seen(residency)
    day = chance.today - dt.timedelta(days=1)
    heard, said = chance.data["phones"]["went_to"]
    mine.change("residency", residency.pk, {"away_since": day, "away_where": said}, seen)
    go_away(by=office, residency_id=residency.pk, since=day, where=heard)
    mine.send()


def _lost(by: Actor, chance: Chance, campaign: Campaign, officer: Actor) -> None:
    """The former phone comes online with a visit and a note on it after it was disabled."""
    data = chance.data["phones"]["lost"]
    now = timezone.now()
    former = enrol(officer, data["name"], data["platform"], now - dt.timedelta(days=BEFORE))
    with acting(by):
        doors = _own(Target.objects.filter(campaign=campaign, state="open"), chance)
        door = doors.order_by("visits", "-place_code", "-household__room").first()
        home = _own(Household.objects.filter(state="lived_in"), chance).first()
        seen = _seen(home)
    made = dt.datetime.combine(chance.today - dt.timedelta(days=1), LAST_VISIT)
    if door is not None:
        visit = NewVisit(
            op_id=uuid7(),
            campaign_id=campaign.pk,
            household_id=door.household_id,
            outcome="exceptions",
            answers=data["answers"],
            note=data["note"],
            visited_at=timezone.make_aware(made),
        )
        former.record("visit", visit)
    former.change("household", home.pk, {"note": data["home"]}, seen)
    former.lose(officer)
    former.send()
