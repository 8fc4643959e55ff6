"""The makers of the objects of sweeps and of what phones send."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils import timezone

from fangxian.common.ids import uuid7
from tests.kit.objects import ANYWHERE, Side, maker

TODAY = timezone.localdate()


def _any_form() -> Any:
    from fangxian.field.models import FormDefinition

    return FormDefinition.objects.first() or FormDefinition.objects.create(
        code="kit",
        version=1,
        name="Kit",
        schema={"questions": [{"name": "people", "kind": "integer", "label": "Kit"}]},
        source="shipped",
        made_by="kit",
    )


@maker("app:language")
def _language(side: Side) -> Any:
    return "zh-hans" if side.is_own else ANYWHERE


@maker("field:form_id")
def _form(side: Side) -> Any:
    return _any_form().pk if side.is_own else ANYWHERE


@maker("field:campaign_id")
def _campaign(side: Side) -> Any:
    from fangxian.field.actions import plan_campaign, start_campaign

    form = _any_form()

    def change(by: Any) -> Any:
        campaign = plan_campaign(
            by=by,
            name=f"Kit {side.name}",
            area=side.region(side.codes.town),
            form=form,
            starts_on=TODAY,
            ends_on=TODAY + dt.timedelta(days=365),
        )
        return start_campaign(by=by, campaign=campaign)

    return side.act(change).pk


@maker("field:household_id")
def _door(side: Side) -> Any:
    """A household that the side's sweep, which runs, has to visit."""
    from fangxian.field.actions import start_campaign
    from fangxian.field.models import Campaign

    household = side.get("register:household_id")
    campaign = Campaign.objects.get(pk=side.get("field:campaign_id"))
    if campaign.state == Campaign.State.DRAFT:
        side.act(lambda by: start_campaign(by=by, campaign=campaign))
    return household


@maker("field:photo_id")
def _photo(side: Side) -> Any:
    from fangxian.common.pictures import Picture
    from fangxian.field.actions import NewVisit, keep_photo, record_visit
    from fangxian.field.models import Visit

    visit = NewVisit(
        uuid7(), side.get("field:campaign_id"), side.get("field:household_id"), "all_well"
    )

    def make(by: Any) -> Any:
        record_visit(by=by, visit=visit)
        made = Visit.objects.get(op_id=visit.op_id)
        picture = Picture(b"kit", "image/png", 1, 1)
        return keep_photo(by=by, visit=made, photo_id=uuid7(), picture=picture).pk

    return side.act(make)


@maker("field:exemption_id")
def _exemption(side: Side) -> Any:
    from fangxian.field.actions import exempt
    from fangxian.field.queries import target_at
    from fangxian.register.actions import create_household

    side.get("field:household_id")
    campaign = side.get("field:campaign_id")
    other = side.act(lambda by: create_household(by=by, place_code=side.codes.unit, room="909"))
    return side.act(
        lambda by: exempt(
            by=by, target=target_at(campaign, other.pk), reason="away", until=timezone.localdate()
        )
    ).pk


@maker("field:held_id")
def _held(side: Side) -> Any:
    """An operation of a phone that came too late to be opened."""
    from fangxian.field.models import HeldOperation

    row = {"device_id": uuid7(), "why": "key", "place_code": side.codes.unit}
    return side.act(lambda _by: HeldOperation.objects.create(op_id=uuid7(), **row)).pk


@maker("field:conflict_id")
def _conflict(side: Side) -> Any:
    """A note of the side's household that two changed."""
    import json

    from fangxian.field.models import FieldConflict

    values = [
        {"value": value, "who": who, "at": None, "device": ""}
        for value, who in (("", ""), ("a", "alice"), ("b", "bob"))
    ]
    row = {
        "entity": "household",
        "object_id": side.get("register:household_id"),
        "field": "note",
        "place_code": side.codes.unit,
        "op_id": uuid7(),
        "values": json.dumps(values),
        "shown": 2,
    }
    return side.act(lambda _by: FieldConflict.objects.create(**row)).pk


@maker("field:report_id")
def _report(side: Side) -> Any:
    from fangxian.field.actions import prepare_reports
    from fangxian.field.models import Campaign, DailyReport

    campaign = Campaign.objects.get(pk=side.get("field:campaign_id"))
    side.act(lambda by: prepare_reports(by=by, campaign=campaign, day=timezone.localdate()))
    return side.act(
        lambda _by: DailyReport.objects.get(campaign=campaign, place_code=side.codes.community)
    ).pk


@maker("command:campaign")
def _board(side: Side) -> Any:
    return side.get("field:campaign_id")


@maker("phones:photo_id")
def _sent_photo(side: Side) -> Any:
    return side.get("field:photo_id")


@maker("phones:begin")
def _begin(_side: Side) -> str:
    return "0"
