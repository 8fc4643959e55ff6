"""Secret links: a calendar of one's own shifts, a badge that says no more than it must."""

from __future__ import annotations

from typing import Any

from django.test import Client
from icalendar import Calendar

from fangxian.common.scoping import acting
from fangxian.mobilise import links
from fangxian.mobilise.actions import discharge, put_on, renew_links, take_off
from fangxian.mobilise.models import Post, Volunteer
from fangxian.mobilise.tests.conftest import LATE, as_volunteer, enlisted, shift

BASE = "/mobilise"


def address(volunteer: Volunteer, what: str) -> str:
    end = ".ics" if what == links.CALENDAR else "/"
    return f"{BASE}/{what}/{links.secret(volunteer, what)}{end}"


def test_a_calendar_has_ones_own_shifts_and_nobody_else(
    post: Post, alice: Any, places: Any
) -> None:
    me, other = (enlisted(alice, places[places.community], name) for name in ("测试甲", "测试乙"))
    early, late = shift(alice, post), shift(alice, post, LATE)
    turn = put_on(by=alice, shift=early, volunteer=me)
    put_on(by=alice, shift=late, volunteer=other)
    answer = Client().get(address(me, links.CALENDAR))
    assert answer["Content-Type"].startswith("text/calendar")
    events = Calendar.from_ical(answer.content).walk("VEVENT")
    assert [(str(one["uid"]), one.decoded("dtstart"), one.decoded("dtend")) for one in events] == [
        (f"{turn.id}@fangxian", early.starts_at, early.ends_at)
    ]
    assert "测试乙" not in answer.content.decode()
    assert "东门 早班" in answer.content.decode().replace("\r\n ", "")
    take_off(by=alice, turn=turn)
    again = Calendar.from_ical(Client().get(address(me, links.CALENDAR)).content)
    assert again.walk("VEVENT") == []


def test_a_badge_says_name_unit_post_and_validity(post: Post, alice: Any, places: Any) -> None:
    home = places[places.community]
    me = enlisted(alice, home, "测试甲", "nurse", phones=["13800000000"])
    turn = put_on(by=alice, shift=shift(alice, post), volunteer=me)
    page = Client().get(address(me, links.BADGE)).content.decode()
    assert "测试甲" in page
    assert "此证件有效" in page
    assert "当前不在岗" in page
    for kept in ("13800000000", "护士", str(me.id), str(me.person_id), "东门"):
        assert kept not in page
    take_off(by=alice, turn=turn)
    discharge(by=alice, volunteer=me)
    assert "失效" in Client().get(address(me, links.BADGE)).content.decode()
    assert Client().get(address(me, links.CALENDAR)).status_code == 404


def test_only_the_present_links_open_something(
    cast: Any, alice: Any, places: Any, client_of: Any
) -> None:
    me = enlisted(alice, places[places.community], "测试甲")
    by = as_volunteer(cast, "alice", me)
    old = address(me, links.BADGE)
    client = client_of("alice")
    shown = client.get(f"{BASE}/mine/links/").content.decode()
    assert links.secret(me, links.CALENDAR) in shown
    # A link of the one kind does not open the other.
    swapped = f"{BASE}/badge/{links.secret(me, links.CALENDAR)}/"
    for odd in (swapped, f"{BASE}/badge/x/", old[:-2] + "/", f"{BASE}/calendar/x.ics"):
        assert Client().get(odd).status_code == 404, odd
    renew_links(by=by)
    assert Client().get(old).status_code == 404
    with acting(alice):
        me.refresh_from_db()
    assert Client().get(address(me, links.BADGE)).status_code == 200
    assert client.post(f"{BASE}/mine/links/new/").status_code == 302
    assert Client().get(address(me, links.BADGE)).status_code == 404
