"""Secret links: a calendar of one's own shifts, a badge that says no more than it must."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from django.test import Client
from django.utils import timezone
from icalendar import Calendar

from fangxian.common.scoping import acting
from fangxian.common.ui.qr import qr
from fangxian.mobilise import links
from fangxian.mobilise.actions import (
    check_in,
    check_out,
    discharge,
    enlist,
    put_on,
    renew_links,
    take_off,
)
from fangxian.mobilise.models import Post, Shift, Volunteer
from fangxian.mobilise.tests.conftest import (
    DAY,
    EARLY,
    LATE,
    NIGHT,
    as_volunteer,
    enlisted,
    gate,
    shift,
)
from fangxian.mobilise.tests.test_attending import running
from fangxian.people import actions as people
from fangxian.people.models import Person

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


def test_the_badge_of_a_record_that_was_joined_is_void_until_they_are_parted(
    alice: Any, places: Any
) -> None:
    home = places[places.community]
    kept, lost = (enlisted(alice, home, f"测试{n}") for n in "甲乙")
    own, theirs = (address(one, links.BADGE) for one in (kept, lost))
    feed = address(lost, links.CALENDAR)
    entry = people.propose_merge(by=alice, first_id=kept.person_id, second_id=lost.person_id)
    done = people.merge(by=alice, candidate_id=entry, keep_id=kept.person_id)
    for badge, word in ((own, "此证件有效"), (theirs, "失效")):
        assert word in Client().get(badge).content.decode()
    assert Client().get(feed).status_code == 404
    people.undo_merge(by=alice, merge_id=done.id)
    assert "此证件有效" in Client().get(theirs).content.decode()
    assert Client().get(feed).status_code == 200


def feed(volunteer: Volunteer) -> str:
    answer = Client().get(address(volunteer, links.CALENDAR))
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_a_calendar_has_all_of_a_person_s_shifts_at_their_hours_under_lasting_names(
    post: Post, alice: Any, cast: Any, places: Any
) -> None:
    county = cast.actor("headquarters")
    me = enlisted(alice, places[places.community], "测试甲")
    with acting(county):
        person = Person.objects.get(id=me.person_id)
    other = enlist(by=county, place=places[places.other_community], person=person)
    night = shift(alice, post, NIGHT)
    turns = [
        put_on(by=alice, shift=night, volunteer=me),
        put_on(by=alice, shift=shift(alice, post, LATE), volunteer=me),
        put_on(
            by=county,
            shift=shift(county, gate(county, places[places.other_community]), EARLY, at=2),
            volunteer=other,
        ),
    ]
    waiting = put_on(
        by=alice,
        shift=shift(alice, post, LATE, at=1),
        volunteer=enlisted(alice, places[places.community], "测试乙"),
    )
    put_on(by=alice, shift=waiting.shift, volunteer=me)
    names = [f"{turn.id}@fangxian" for turn in turns]
    for one in (me, other):
        # Whichever community enlisted him: what he has, not what he waits for.
        events = Calendar.from_ical(feed(one)).walk("VEVENT")
        assert [str(event["uid"]) for event in events] == names
    text = feed(me)
    begins = timezone.make_aware(dt.datetime.combine(night.day, dt.time()))
    # At midnight here: the day before, by the clock that the file is written in.
    assert begins == night.starts_at
    for what, moment in (("START", begins), ("END", begins + dt.timedelta(hours=8))):
        assert f"DT{what}:{moment.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}\r\n" in text
    assert len(re.findall(r"DTSTAMP:\d{8}T\d{6}Z\r\n", text)) == len(turns)

    later = begins + dt.timedelta(minutes=30)
    with acting(alice):
        Shift.objects.filter(id=night.id).update(starts_at=later)
    moved = Calendar.from_ical(feed(me)).walk("VEVENT")
    assert [str(event["uid"]) for event in moved] == names
    assert moved[0].decoded("dtstart") == later
    # What was served stays for a month, what is further back goes.
    for days, left in ((30, 3), (33, 2)):
        ended = timezone.now() - days * DAY
        begun = ended - dt.timedelta(hours=8)
        with acting(alice):
            Shift.objects.filter(id=night.id).update(starts_at=begun, ends_at=ended, cut_off=begun)
        assert len(Calendar.from_ical(feed(me)).walk("VEVENT")) == left

    old = address(me, links.CALENDAR)
    renew_links(by=as_volunteer(cast, "alice", me))
    assert Client().get(old).status_code == 404
    with acting(alice):
        me.refresh_from_db()
    again = Calendar.from_ical(feed(me)).walk("VEVENT")
    assert {str(event["uid"]) for event in again} == set(names[1:])


def test_a_badge_tells_no_more_on_duty_after_it_and_once_it_is_void(
    post: Post, alice: Any, cast: Any, places: Any, client_of: Any
) -> None:
    me = enlisted(alice, places[places.community], "测试甲", "nurse", phones=["13800000000"])
    by = as_volunteer(cast, "volunteer", me)
    early = shift(alice, post)
    turn = put_on(by=alice, shift=early, volunteer=me)
    running(alice, early)
    with acting(alice):
        early.refresh_from_db()
    until = f"{timezone.localtime(early.ends_at):%H:%M}"
    # The QR on the page says the address that opens it.
    where = address(me, links.BADGE)
    shown = client_of("volunteer").get(f"{BASE}/mine/links/").content.decode()
    assert str(qr(f"http://testserver{where}", "证件", 240)) in shown

    def told() -> dict[str, str]:
        page = Client().get(where).content.decode()
        main = page[page.index("<main") : page.index("</main>")]
        for kept in ("13800000000", "护士", str(me.id), str(me.person_id), str(turn.id), EARLY):
            assert kept not in main
        said = dict(re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", main))
        valid = "此证件有效" in main
        assert valid != ("失效" in main)
        return {**said, "有效": "是" if valid else "否"}

    who = {"姓名": "测试甲", "单位": "甲县第1镇第1社区"}
    for _step in ("before checking in", "on duty"):
        seen = told()
        assert seen.pop("值守至").endswith(until)
        assert seen == {**who, "岗位": "东门 · 卡口值守", "有效": "是"}
        check_in(by=by, token=post.token)
    check_out(by=by, turn=turn, note="消毒液只剩一桶")
    # The shift still runs, but he has gone.
    assert told() == {**who, "岗位": "当前不在岗", "有效": "是"}
    discharge(by=alice, volunteer=me)
    assert told() == {**who, "有效": "否"}
