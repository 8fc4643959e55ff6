"""What ledgers of volunteers and shifts hold, by the day."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from fangxian.common import facts
from fangxian.common.facts import plans
from fangxian.common.scoping import acting
from fangxian.mobilise.actions import discharge
from fangxian.mobilise.models import Volunteer
from fangxian.mobilise.queries import present
from fangxian.mobilise.tests.conftest import enlisted

DAY = dt.timedelta(days=1)


def test_who_is_discharged_serves_no_more_on_that_day(alice, places):
    today = timezone.localdate()
    place = places[places.community]
    stays, goes = enlisted(alice, place, "甲"), enlisted(alice, place, "乙")
    with acting(alice):
        Volunteer.objects.filter(id__in=[stays.id, goes.id]).update(from_date=today - 9 * DAY)
    discharge(by=alice, volunteer=goes)
    with acting(alice):
        rows = facts.tables.get("mobilise.volunteers").rows
        now = set(rows(places.community, None).values_list("pk", flat=True))
        assert now == set(rows(places.community, today).values_list("pk", flat=True)) == {stays.id}
        assert now == set(present(places.community).values_list("pk", flat=True))
        before = rows(places.community, today - DAY).values_list("pk", "to_date")
        assert dict(before) == {stays.id: None, goes.id: today}
        assert not rows(places.community, today - 10 * DAY).exists()
        measured = plans.measured("mobilise.volunteers", alice, [places.community])
        assert measured == {places.community: 1}
