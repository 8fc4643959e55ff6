"""The makers of what is set up and recorded on duty."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils import timezone

from fangxian.common.ids import uuid7
from tests.kit.objects import Side, maker

TODAY = timezone.localdate()


@maker("field:gate_id")
def _gate(side: Side) -> Any:
    from fangxian.field.actions import open_gate

    place = side.region(side.codes.grid)
    return side.act(
        lambda by: open_gate(by=by, place=place, name=f"Kit {side.name}", kind="quarter")
    ).pk


@maker("field:entry_id")
def _gate_entry(side: Side) -> Any:
    from fangxian.field.actions import NewGateEntry, record_gate_entry
    from fangxian.field.models import GateEntry

    secrets = side.secrets
    entry = NewGateEntry(
        op_id=uuid7(),
        gate_id=side.get("field:gate_id"),
        direction="in",
        decision="pass",
        who=secrets["name"],
        identity=secrets["number"],
        phone=secrets["phone"],
    )
    side.act(lambda by: record_gate_entry(by=by, entry=entry))
    return side.act(lambda _by: GateEntry.objects.get(op_id=entry.op_id)).pk


@maker("field:what")
def _revealed(_side: Side) -> Any:
    return "phone"


@maker("field:log")
def _log(_side: Side) -> Any:
    return "gates"


@maker("field:round_id")
def _round(side: Side) -> Any:
    from fangxian.field.actions import NewPoint, plan_round

    place = side.region(side.codes.grid)
    return side.act(
        lambda by: plan_round(
            by=by,
            place=place,
            name=f"Kit {side.name}",
            times=2,
            first_at=dt.time(8),
            last_at=dt.time(20),
            points=[NewPoint("Kit")],
        )
    ).pk


@maker("field:message_id")
def _message(side: Side) -> Any:
    from fangxian.field.actions import write_message

    place = side.region(side.codes.community)
    days = {"from_date": TODAY, "to_date": TODAY + dt.timedelta(days=365)}
    return side.act(
        lambda by: write_message(by=by, place=place, text="Kit", kind="door", **days)
    ).pk


@maker("field:check_id")
def _check(side: Side) -> Any:
    from fangxian.field.actions import NewRoundCheck, record_round_check
    from fangxian.field.models import Point, RoundCheck

    walk = side.get("field:round_id")
    point = side.act(lambda _by: Point.objects.filter(round_id=walk)[0])
    check = NewRoundCheck(uuid7(), "fine", point_id=point.pk)
    side.act(lambda by: record_round_check(by=by, check=check))
    return side.act(lambda _by: RoundCheck.objects.get(op_id=check.op_id)).pk


@maker("field:disinfection_id")
def _disinfection(side: Side) -> Any:
    from fangxian.field.actions import NewDisinfection, record_disinfection
    from fangxian.field.models import Disinfection

    done = NewDisinfection(uuid7(), side.codes.building, "lift", "chlorine", 500, 30)
    side.act(lambda by: record_disinfection(by=by, disinfection=done))
    return side.act(lambda _by: Disinfection.objects.get(op_id=done.op_id)).pk


@maker("field:outreach_id")
def _outreach(side: Side) -> Any:
    from fangxian.field.actions import NewOutreach, record_outreach
    from fangxian.field.models import Outreach

    told = NewOutreach(uuid7(), side.codes.grid, "talk", "agreed", people=1)
    side.act(lambda by: record_outreach(by=by, outreach=told))
    return side.act(lambda _by: Outreach.objects.get(op_id=told.op_id)).pk
