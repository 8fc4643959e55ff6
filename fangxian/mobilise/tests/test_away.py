"""Who is away with a batch of aid, or in quarantine after it, is on no shift. All is synthetic."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from fangxian.common.errors import Conflict
from fangxian.common.scoping import acting
from fangxian.core.models import Notification
from fangxian.mobilise.actions import put_on, sign_up
from fangxian.mobilise.aid import actions as aid
from fangxian.mobilise.aid import queries as aid_queries
from fangxian.mobilise.models import AidBatch, AidMember, Post, Turn
from fangxian.mobilise.queries import days_off
from fangxian.mobilise.tests.conftest import as_volunteer, enlisted, shift
from fangxian.mobilise.tests.test_aid import day, planned


def test_who_is_away_is_on_no_shift(post: Post, alice: Any, cast: Any, places: Any) -> None:
    hq, home = cast.actor("headquarters"), places[places.community]
    one, other = (enlisted(alice, home, name) for name in ("测试甲", "测试乙"))
    early = shift(alice, post)
    turn = put_on(by=alice, shift=early, volunteer=one)
    line = put_on(by=alice, shift=early, volunteer=other)
    assert (turn.state, line.state) == (Turn.State.PLACED, Turn.State.WAITING)
    today = timezone.localdate()
    batch = planned(hq, places)
    with acting(hq):
        person = one.person
    member = aid.add_member(by=hq, batch=batch, holder=person, role="nurse")
    aid.send_batch(by=hq, batch=batch, on=today)
    with acting(alice):
        turn.refresh_from_db()
        line.refresh_from_db()
    assert (turn.state, line.state) == (Turn.State.TAKEN_OFF, Turn.State.PLACED)
    with acting(alice):
        # She plans there, sees no batch of the county, and learns that he is off.
        assert not aid_queries.batches(alice.area).exists()
        off = days_off([one.person_id], early.day, early.day)[one.person_id]
        assert [wish.holds_on(early.day) for wish in off] == [True]
        assert Notification.objects.filter(template="mobilise.went_away").exists()
    with pytest.raises(Conflict, match="支援队"):
        put_on(by=alice, shift=early, volunteer=one)
    aid.come_back(by=hq, batch=batch, members=[member], on=today, days=14, kind="home")
    with pytest.raises(Conflict, match="支援队"):
        sign_up(by=as_volunteer(cast, "alice", one), shift=early)
    aid.end_quarantine(by=hq, member=member, reason="检测阴性")
    assert put_on(by=alice, shift=early, volunteer=one).state == Turn.State.WAITING


def test_nobody_is_with_two_batches_at_once(alice: Any, cast: Any, places: Any) -> None:
    """Neither where the days are moved, nor where the first is late, nor in quarantine after it."""
    hq, today = cast.actor("headquarters"), timezone.localdate()
    late = planned(hq, places, from_date=day(-9), until=day(-1))
    aid.send_batch(by=hq, batch=late, on=day(-9))
    later = planned(hq, places, (), number=2, from_date=today, until=day(9))
    with acting(hq):
        one = AidMember.objects.filter(batch=late).select_related("person").first()
    assert one is not None
    with pytest.raises(Conflict, match="另一批"):
        aid.add_member(by=hq, batch=later, holder=one.person, role="nurse")
    aid.change_batch(by=hq, batch=later, from_date=day(20), until=day(30))
    aid.add_member(by=hq, batch=later, holder=one.person, role="nurse")
    aid.come_back(by=hq, batch=late, members=[one], on=today, days=14, kind="home")
    with pytest.raises(Conflict, match="另一批"):
        aid.change_batch(by=hq, batch=later, from_date=day(13), until=day(30))
    aid.change_batch(by=hq, batch=later, from_date=day(14), until=day(30))
    with acting(hq):
        AidBatch.objects.filter(id=late.id).update(until=day(15))
    with pytest.raises(Conflict, match="另一批"):
        aid.undo_return(by=hq, member=one)
