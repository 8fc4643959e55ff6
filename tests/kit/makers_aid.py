"""The makers of aid batches, their members and standing programmes."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils import timezone

from tests.kit.objects import Side, maker

DAY = dt.timedelta(days=1)


@maker("mobilise:batch_id")
def _batch(side: Side) -> Any:
    """A batch under way, of which one is back and in quarantine."""
    from fangxian.mobilise.aid.actions import add_member, come_back, plan_batch, send_batch
    from fangxian.people.actions import create_person

    today, place = timezone.localdate(), side.region(side.codes.community)

    def made(by: Any) -> Any:
        batch = plan_batch(
            by=by,
            place=place,
            name=f"Kit {side.name}",
            number=1,
            destination=place,
            purpose="Kit",
            from_date=today - 2 * DAY,
            until=today + DAY,
            counters=["samples"],
        )
        people = [
            create_person(
                by=by,
                place_code=place.code,
                link_kind="kit",
                source_id=batch.id,
                name=side.secrets["name"],
            )
            for _n in range(2)
        ]
        first, _second = (
            add_member(by=by, batch=batch, holder=one, role="nurse", leader=not n)
            for n, one in enumerate(people)
        )
        send_batch(by=by, batch=batch, on=today - 2 * DAY)
        come_back(by=by, batch=batch, members=[first], on=today, days=14, kind="central")
        return batch

    return side.act(made).pk


@maker("mobilise:member_id")
def _member(side: Side) -> Any:
    from fangxian.mobilise.models import AidMember

    batch = side.get("mobilise:batch_id")
    return side.act(lambda _by: AidMember.objects.get(batch_id=batch, leader=True).pk)


@maker("mobilise:contact_id")
def _contact(side: Side) -> Any:
    from fangxian.mobilise.aid.actions import name_contact
    from fangxian.mobilise.models import AidMember

    member = side.get("mobilise:member_id")

    def named(by: Any) -> Any:
        row = AidMember.objects.get(id=member)
        other = AidMember.objects.select_related("person").exclude(id=member)
        holder = other.get(batch=row.batch).person
        phone = side.secrets["phone"]
        return name_contact(by=by, member=row, holder=holder, phone=phone).pk

    return side.act(named)


@maker("mobilise:leg_id")
def _leg(side: Side) -> Any:
    from fangxian.mobilise.aid.actions import add_leg
    from fangxian.mobilise.models import AidBatch

    batch = side.act(lambda _by: AidBatch.objects.get(id=side.get("mobilise:batch_id")))
    return side.act(
        lambda by: add_leg(
            by=by,
            batch=batch,
            kind="out",
            mode="rail",
            origin="Kit",
            target="Kit",
            departs_at=timezone.now(),
        )
    ).pk


@maker("mobilise:programme_id")
def _programme(side: Side) -> Any:
    from fangxian.mobilise.aid.actions import begin_programme

    return side.act(
        lambda by: begin_programme(
            by=by,
            place=side.region(side.codes.community),
            name=f"Kit {side.name}",
            kind="paired",
            elsewhere="Kit",
            purpose="Kit",
            from_date=timezone.localdate(),
        )
    ).pk


@maker("mobilise:trainee_id")
def _trainee(side: Side) -> Any:
    from fangxian.mobilise.aid.actions import add_trainee
    from fangxian.mobilise.models import AidProgramme

    key = side.get("mobilise:programme_id")

    def made(by: Any) -> Any:
        programme = AidProgramme.objects.get(id=key)
        told = {"name": side.secrets["name"], "organisation": "Kit", "topic": "Kit"}
        return add_trainee(by=by, programme=programme, from_date=timezone.localdate(), **told)

    return side.act(made).pk
