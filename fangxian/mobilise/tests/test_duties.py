"""What is to be done at a post is ticked by who is there, and told on where nobody did it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from fangxian.common.errors import Conflict, Invalid
from fangxian.common.history import history_of
from fangxian.common.scoping import acting
from fangxian.mobilise.actions import (
    NewPattern,
    change_post,
    check_in,
    check_out,
    lay_out,
    open_post,
    put_on,
    sign_up,
    tick,
)
from fangxian.mobilise.models import Post, Shift, Turn
from fangxian.mobilise.tests.conftest import EARLY, LATE, as_volunteer, enlisted, shift
from fangxian.mobilise.tests.test_attending import running
from fangxian.mobilise.tests.test_pages import BASE, volunteer_at

OWN = ["看住东门", "每车测温"]


def test_duties_are_ticked_and_what_is_left_is_told_on(
    client_of: Any, post: Post, alice: Any, cast: Any, places: Any
) -> None:
    """A gate has the duties of its kind until it has its own; each tick has its time and name."""
    desk = client_of("alice")
    page = f"{BASE}/posts/{post.id}/"
    assert "看住车" in desk.get(page).content.decode()
    with acting(alice):
        kept = [
            NewPattern(one.name, one.starts, one.minutes, one.heads)
            for one in post.patterns.filter(ended_on=None)
        ]
    change_post(by=alice, post=post, name=post.name, kind=post.kind, patterns=kept, duties=OWN)
    shown = desk.get(page).content.decode()
    assert (OWN[0] in shown, "看住车" in shown) == (True, False)
    me = volunteer_at(cast, places, places.community, alice)
    client, early = client_of("volunteer"), shift(alice, post)
    turn = sign_up(by=me, shift=early)
    with pytest.raises(Conflict, match="请先签到"):
        tick(by=me, turn=turn, duty=OWN[0])
    running(alice, early)
    check_in(by=me, token=post.token)
    assert client.get(f"{BASE}/mine/").content.decode().count("/duty/") == 2
    for _again in range(2):
        client.post(f"{BASE}/turns/{turn.id}/duty/", {"duty": OWN[0]})
    with acting(alice):
        turn.refresh_from_db()
        # Both are in the history: the list as it was, and when it was ticked.
        assert history_of(Post).objects.filter(pgh_obj_id=post.id, duties=OWN).exists()
        assert history_of(Turn).objects.filter(pgh_obj_id=turn.id, done=turn.done).exists()
    assert list(turn.done) == [OWN[0]]
    assert 'aria-pressed="true"' in client.get(f"{BASE}/mine/").content.decode()
    told = desk.get(f"{BASE}/shifts/{early.id}/").content.decode()
    written = f"{timezone.localtime(dt.datetime.fromisoformat(turn.done[OWN[0]])):%H:%M} 测试甲"
    assert (written in told, "未勾选" in told) == (True, True)
    with pytest.raises(Invalid, match="已无此项"):
        tick(by=me, turn=turn, duty="watch_cars")
    client.post(f"{BASE}/turns/{turn.id}/duty/", {"duty": OWN[0], "undo": "1"})
    client.post(f"{BASE}/turns/{turn.id}/duty/", {"duty": OWN[1]})
    check_out(by=me, turn=turn)
    with pytest.raises(Conflict, match="已签退"):
        tick(by=me, turn=turn, duty=OWN[0])
    late = shift(alice, post, LATE)
    next_ = enlisted(alice, places[places.community], "测试乙")
    put_on(by=alice, shift=late, volunteer=next_)
    now = timezone.now()
    with acting(alice):
        Shift.objects.filter(id=early.id).update(ends_at=now)
        Shift.objects.filter(id=late.id).update(starts_at=now, cut_off=now)
    left = f"{EARLY}未勾选：{OWN[0]}"
    assert left in desk.get(f"{BASE}/shifts/{late.id}/").content.decode()
    # Who comes next finds it on his own page as soon as he is there.
    check_in(by=as_volunteer(cast, "alice", next_), token=post.token)
    assert left in desk.get(f"{BASE}/mine/").content.decode()


def test_what_one_did_is_done_for_all_of_the_shift(
    client_of: Any, alice: Any, cast: Any, places: Any
) -> None:
    home = places[places.community]
    row = NewPattern(EARLY, dt.time(8), 480, 2)
    post = open_post(by=alice, place=home, name="西门", kind="gate", patterns=[row], duties=OWN)
    day = timezone.localdate() + dt.timedelta(days=2)
    lay_out(by=alice, post=post, first=day, last=day)
    early = shift(alice, post)
    me = volunteer_at(cast, places, places.community, alice)
    mine = sign_up(by=me, shift=early)
    other = enlisted(alice, home, "测试乙")
    put_on(by=alice, shift=early, volunteer=other)
    running(alice, early)
    theirs = check_in(by=as_volunteer(cast, "alice", other), token=post.token)
    check_in(by=me, token=post.token)
    tick(by=as_volunteer(cast, "alice", other), turn=theirs, duty=OWN[0])
    page = client_of("volunteer").get(f"{BASE}/mine/").content.decode()
    assert (page.count("/duty/"), "测试乙" in page) == (1, True)
    with acting(alice):
        assert Turn.objects.get(id=mine.id).done == {}


@pytest.mark.parametrize(
    ("duties", "said"),
    [(["甲"] * 2, "重复"), (["长" * 61], "60"), ([f"第{n}项" for n in range(21)], "20")],
)
def test_odd_lists_are_refused(alice: Any, places: Any, duties: list[str], said: str) -> None:
    with pytest.raises(Invalid, match=said):
        open_post(by=alice, place=places[places.community], name="西门", kind="gate", duties=duties)
