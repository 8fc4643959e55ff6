"""Aid deployments: a batch under way, one that is back and in quarantine, a standing programme."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence
from typing import Any

from django.db.models import Q
from django.utils import timezone

from fangxian.common.actor import Actor
from fangxian.common.scoping import acting
from fangxian.config.demo.officers import Officers
from fangxian.config.demo.recipe import Chance
from fangxian.mobilise.aid.actions import (
    add_leg,
    add_member,
    add_trainee,
    begin_programme,
    close_batch,
    come_back,
    name_contact,
    name_liaison,
    plan_batch,
    record_result,
    record_thanks,
    report_day,
    send_batch,
)
from fangxian.mobilise.aid.queries import State, missing
from fangxian.mobilise.models import AidBatch, AidCounter, AidMember
from fangxian.organisations.actions import add_new_member
from fangxian.organisations.models import Member, Organisation
from fangxian.regions.models import Region
from fangxian.regions.queries import at, current

DAY = dt.timedelta(days=1)
# A batch that goes on is to be back so many days from now at least.
AHEAD = 7


def send(chance: Chance, officers: Officers) -> None:
    """Plan, send and bring home the batches, by the actions that headquarters uses."""
    by, told = officers.account("zhihuibu"), chance.data["aid"]
    home = at(chance.data["county"])
    with acting(by):
        unit = Organisation.objects.get(name=told["unit"], dissolved_on=None)
    count = sum(row["heads"] for row in (*told["batches"], *told["programme"]["terms"])) + 2
    people = [
        add_new_member(by=by, organisation=unit, name=told["people"].format(n=n))
        for n in range(1, count + 1)
    ]
    liaison, contact, *going = people
    for row in told["batches"]:
        batch = _batch(by, chance, home, unit, row, going[: row["heads"]], row["roles"])
        going = going[row["heads"] :]
        name_liaison(by=by, batch=batch, holder=liaison)
        _batch_goes(by, chance, home, batch, row)
        _families(by, chance, batch, contact)
    _programme(by, chance, home, unit, going)


def _batch(
    by: Actor,
    chance: Chance,
    home: Region,
    unit: Organisation,
    row: dict[str, Any],
    people: Sequence[Member],
    roles: Sequence[str],
    **more: Any,
) -> AidBatch:
    """A batch with its members that left."""
    began = chance.today - row["began"] * DAY
    batch = plan_batch(
        by=by,
        place=home,
        name=row["name"],
        number=row["number"],
        **_where(row),
        purpose=row["purpose"],
        organisation=unit,
        from_date=began,
        until=began + row["days"] * DAY,
        counters=row.get("counters", ()),
        **more,
    )
    for n, (one, role) in enumerate(zip(people, roles, strict=True)):
        add_member(by=by, batch=batch, holder=one, role=role, leader=n == 0)
    send_batch(by=by, batch=batch, on=began)
    with acting(by):
        # It was planned two days before it left.
        batch.refresh_from_db()
        batch.created_at = _at(began - 2 * DAY, 9)
        batch.save(update_fields=["created_at"])
    return batch


def _where(row: dict[str, Any]) -> dict[str, Any]:
    """Where it goes; a text where only a part of the country is loaded."""
    place = current().filter(code=row["to"]).first()
    exactly = row.get("elsewhere", "")
    return {
        "destination": place,
        "elsewhere": exactly if place else f"{row['far']} {exactly}".strip(),
    }


def _at(day: dt.date, hour: int) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(hour), timezone.get_current_timezone())


def _batch_goes(
    by: Actor, chance: Chance, home: Region, batch: AidBatch, row: dict[str, Any]
) -> None:
    """Its way, its days, its thanks, its return."""
    began = chance.today - row["began"] * DAY
    there = batch.destination.name if batch.destination else row["far"]
    draw = random.Random(chance.data["seed"])  # noqa: S311 (made-up data, not secrets)
    _leg(by, batch, "out", home.name, there, began, row["service"])
    if row.get("early"):
        with acting(by):
            one = AidMember.objects.filter(batch=batch, leader=False).order_by("-id").first()
        assert one is not None
        day = chance.today - row["early"] * DAY
        come_back(by=by, batch=batch, members=[one], on=day, days=14, kind="home")
    last = row.get("returned", 1)
    left_out = {*row["missing"], row.get("returned")}
    for ago in range(row["began"], last - 1, -1):
        if ago not in left_out:
            _report(by, chance, batch, row, chance.today - ago * DAY, draw, zero=ago in row["zero"])
    if "corrected" in row:
        day = chance.today - row["corrected"] * DAY
        _report(by, chance, batch, row, day, draw, why=chance.data["aid"]["why"])
    if "returned" in row:
        day = chance.today - row["returned"] * DAY
        _leg(by, batch, "back", there, home.name, day, row["service"])
        _back(by, batch, day, row["place"])
    for kind, ago, giver, what in row["thanks"]:
        day = chance.today - ago * DAY
        record_thanks(by=by, batch=batch, kind=kind, day=day, giver=giver, what=what)


def _leg(
    by: Actor,
    batch: AidBatch,
    kind: str,
    start: str,
    end: str,
    day: dt.date,
    service: str,
) -> None:
    add_leg(
        by=by,
        batch=batch,
        kind=kind,
        mode="rail",
        service=service,
        origin=start,
        target=end,
        departs_at=_at(day, 8),
        arrives_at=_at(day, 15),
    )


def _back(by: Actor, batch: AidBatch, day: dt.date, place: str) -> None:
    with acting(by):
        away = list(AidMember.objects.filter(batch=batch, returned_on=None))
    come_back(by=by, batch=batch, members=away, on=day, days=14, kind="central", place=place)


def _report(
    by: Actor,
    chance: Chance,
    batch: AidBatch,
    row: dict[str, Any],
    day: dt.date,
    draw: random.Random,
    *,
    zero: bool = False,
    why: str = "",
) -> None:
    with acting(by):
        counters = list(AidCounter.objects.filter(batch=batch, ended_on=None))
        away = Q(returned_on=None) | Q(returned_on__gte=day)
        heads = AidMember.objects.filter(away, batch=batch).count()
    report_day(
        by=by,
        batch=batch,
        day=day,
        heads=0 if zero else heads,
        figures={
            one.id: 0 if zero else draw.randint(*row["a_day"].get(one.code, (0, 9)))
            for one in counters
        },
        note="" if zero else chance.data["aid"]["note"],
        reason=why,
    )


def _families(by: Actor, chance: Chance, batch: AidBatch, contact: Member) -> None:
    """Somebody keeps contact with every family but the last."""
    with acting(by):
        members = list(AidMember.objects.filter(batch=batch).order_by("id"))
    for one in members[:-1]:
        name_contact(by=by, member=one, holder=contact, phone=chance.phone())


def _programme(
    by: Actor, chance: Chance, home: Region, unit: Organisation, people: Sequence[Member]
) -> None:
    """A programme with a term that is over and one that goes on."""
    told = chance.data["aid"]["programme"]
    programme = begin_programme(
        by=by,
        place=home,
        name=told["name"],
        kind=told["kind"],
        **_where(told),
        purpose=told["purpose"],
        organisation=unit,
        from_date=chance.today - told["began"] * DAY,
    )
    terms = []
    left = list(people)
    for number, term in enumerate(told["terms"], start=1):
        row = {**told, **term, "number": number}
        going, left = left[: term["heads"]], left[term["heads"] :]
        roles = [told["role"]] * term["heads"]
        batch = _batch(by, chance, home, unit, row, going, roles, programme=programme, daily=False)
        terms.append(batch)
        if "closed" in term:
            with acting(by):
                away = list(AidMember.objects.filter(batch=batch))
            day = chance.today - term["closed"] * DAY
            come_back(by=by, batch=batch, members=away, on=day, days=14, kind="home", place="-")
            close_batch(by=by, batch=batch)
    for kind, ago, what, number in told["results"]:
        day = chance.today - ago * DAY
        record_result(
            by=by,
            programme=programme,
            kind=kind,
            day=day,
            what=what,
            number=number,
            term=terms[0] if ago > told["terms"][1]["began"] else terms[1],
        )
    for name, body, position, topic, ago in told["trainees"]:
        add_trainee(
            by=by,
            programme=programme,
            term=terms[1],
            name=name,
            organisation=body,
            position=position,
            topic=topic,
            from_date=chance.today - ago * DAY,
        )


def catch_up(chance: Chance, officers: Officers) -> None:
    """Batches that are away have entered their days but the last one, and stay a while longer."""
    by, told = officers.account("zhihuibu"), chance.data["aid"]
    rows = {(row["name"], row["number"]): row for row in told["batches"]}
    draw = random.Random(chance.today.toordinal())  # noqa: S311 (made-up data, not secrets)
    with acting(by):
        away = list(AidBatch.objects.filter(state=State.UNDER_WAY).order_by("id"))
        for one in away:
            one.until = max(one.until, chance.today + AHEAD * DAY)
            one.save(update_fields=["until"])
        lacking = missing(away)
    for one in away:
        row = rows.get((one.name, one.number))
        if row is not None:
            for day in lacking.get(one.id, [])[1:-1]:
                _report(by, chance, one, row, day, draw)
