"""A sweep over the county of the suite."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils import timezone

from fangxian.core.models import Emergency
from fangxian.field.actions import plan_campaign, publish_form, start_campaign
from fangxian.field.models import Campaign
from tests.chaos.ground import FORM
from tests.kit.cast import Places

TODAY = timezone.localdate()


def begin_sweep(by: Any, places: Places, emergency: Emergency | None = None) -> Campaign:
    form = publish_form(by=by, code="sweep", name="入户摸排", schema=FORM)
    planned = plan_campaign(
        by=by, name="第一轮摸排", area=places[places.county], form=form, starts_on=TODAY,
        ends_on=TODAY + dt.timedelta(days=9), emergency=emergency,
    )  # fmt: skip
    return start_campaign(by=by, campaign=planned)
