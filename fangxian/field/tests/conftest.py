"""A sweep of four households in two grids, begun today."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from fangxian.field.actions import plan_campaign, publish_form, start_campaign
from fangxian.field.models import Campaign
from fangxian.register.actions import create_household

OTHER_UNIT = "13090200100100200101"
SCHEMA = {
    "questions": [
        {
            "name": "fever",
            "kind": "choice",
            "label": "有无发热",
            "required": True,
            "options": [{"code": "yes", "label": "有"}, {"code": "no", "label": "无"}],
            "exception_when": ". = 'yes'",
        },
        {
            "name": "temperature",
            "kind": "decimal",
            "label": "体温",
            "relevant": "${fever} = 'yes'",
            "constraint": ". >= 35 and . <= 43",
        },
        {
            "name": "returned",
            "kind": "repeat",
            "label": "返回人员",
            "questions": [
                {"name": "from_place", "kind": "text", "label": "来自", "required": True},
                {
                    "name": "symptoms",
                    "kind": "choices",
                    "label": "症状",
                    "options": [
                        {"code": "cough", "label": "咳嗽"},
                        {"code": "fatigue", "label": "乏力"},
                    ],
                },
            ],
        },
    ]
}


def begin(by: Any, places: Any, **more: Any) -> Campaign:
    """Plan and start a sweep of the county, under the form above if none is given."""
    schema = more.pop("schema", SCHEMA)
    form = publish_form(by=by, code="sweep", name="入户摸排", schema=schema)
    today = timezone.localdate()
    values: dict[str, Any] = {
        "name": "第一轮摸排",
        "area": places[places.county],
        "starts_on": today - dt.timedelta(days=2),
        "ends_on": today + dt.timedelta(days=7),
        # So late that the day of the start owes reports, whenever the tests run.
        "report_at": dt.time.max,
    }
    planned = plan_campaign(by=by, form=form, **(values | more))
    return start_campaign(by=by, campaign=planned)


@pytest.fixture
def campaign(cast: Any, places: Any) -> Campaign:
    """101, 102 and 201 in Bob's grid, 101 in another one of its community."""
    hq = cast.actor("headquarters")
    for room in ("101", "102", "201"):
        create_household(by=hq, place_code=places.unit, room=room)
    create_household(by=hq, place_code=OTHER_UNIT, room="101")
    return begin(hq, places)
