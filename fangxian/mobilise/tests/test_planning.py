"""Two planners at once, many shifts, retired skills; who takes the place of who is missing."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from fangxian.common.errors import Conflict
from fangxian.common.scoping import acting
from fangxian.mobilise.actions import (
    NewPattern,
    NewSkill,
    enlist_new,
    make_wish,
    put_on,
    replace,
    take_off,
)
from fangxian.mobilise.models import Pattern, Post, Shift, Skill, Turn, Wish
from fangxian.mobilise.tests.conftest import EARLY, LATE, NIGHT, as_volunteer, enlisted, gate, shift
from fangxian.mobilise.views import taking

BASE = "/mobilise"


def sent(page: str) -> dict[str, str]:
    """What the form of a page would send, untouched."""
    found: dict[str, str] = {}
    form = page[page.index('<form class="fx-form"') :]
    for tag in re.findall(r"<input [^>]*>", form):
        given = dict(re.findall(r'(name|value)="([^"]*)"', tag))
        if "name" in given:
            found[given["name"]] = given.get("value", "").replace("&quot;", '"')
    for name, options in re.findall(r'<select name="([^"]*)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options)
        found[name] = chosen.group(1) if chosen else ""
    return found


def heads(by: Any, post: Post) -> dict[str, int]:
    with acting(by):
        rows = Pattern.objects.filter(post=post, ended_on=None)
        return dict(rows.values_list("name", "heads"))


def test_two_planners_do_not_undo_what_the_other_changed(
    client_of: Any, alice: Any, places: Any
) -> None:
    odd = NewPattern(LATE, dt.time(16), 480, 1, weekdays=0b0101010)
    post = gate(alice, places[places.community], NewPattern(EARLY, dt.time(8), 480, 1), odd)
    client, url = client_of("alice"), f"{BASE}/posts/{post.id}/edit/"
    one, other = (sent(client.get(url).content.decode()) for _ in range(2))
    early = next(key for key, value in one.items() if value == EARLY).removesuffix("-name")
    late = next(key for key, value in one.items() if value == LATE).removesuffix("-name")
    assert client.post(url, {**one, f"{early}-heads": "4"}).status_code == 302
    # The other one changes another shift and adds one: both stand.
    added = {"name": NIGHT, "starts": "00:00", "ends": "08:00", "heads": "2"}
    new = {f"shift-3-{field}": value for field, value in added.items()}
    assert client.post(url, {**other, f"{late}-heads": "3", **new}).status_code == 302
    assert heads(alice, post) == {EARLY: 4, LATE: 3, NIGHT: 2}
    with acting(alice):
        assert Pattern.objects.get(name=LATE).weekdays == 0b0101010
    # The first, still at the old page, changes what was changed: told, and saved knowingly.
    stale = client.post(url, {**one, f"{late}-heads": "7"})
    page = stale.content.decode()
    assert stale.status_code == 409
    assert f"现为：{LATE} 16:00–00:00, 3" in page
    assert heads(alice, post) == {EARLY: 4, LATE: 3, NIGHT: 2}
    assert client.post(url, sent(page)).status_code == 302
    assert heads(alice, post) == {EARLY: 4, LATE: 7, NIGHT: 2}


def test_more_than_eight_shifts_and_a_skill_that_the_rules_have_no_more(
    client_of: Any, alice: Any, places: Any
) -> None:
    home = places[places.community]
    patterns = [NewPattern(f"班{n:02}", dt.time(n), 60, 1) for n in range(12)]
    post = gate(alice, home, *patterns, days=1)
    nurse = enlisted(alice, home, "测试甲", "nurse")
    with acting(alice):
        Pattern.objects.filter(name="班00").update(skills={"herbalist": 1})
        Skill.objects.filter(volunteer=nurse).update(skill="herbalist")
    client, url = client_of("alice"), f"{BASE}/posts/{post.id}/edit/"
    data = sent(client.get(url).content.decode())
    assert (
        client.post(url, {**data, "shift-11-heads": "5", "shift-0-heads": "2"}).status_code == 302
    )
    assert (heads(alice, post)["班00"], heads(alice, post)["班11"], len(heads(alice, post))) == (
        2,
        5,
        12,
    )
    url = f"{BASE}/volunteers/{nurse.id}/"
    page = client.get(url).content.decode()
    assert "herbalist" in page
    data = {"skills": ["herbalist", "driver"], "echelon": "2", "fit": "unknown"}
    assert client.post(url, data).status_code == 302
    with acting(alice):
        assert set(Skill.objects.values_list("skill", flat=True)) == {"herbalist", "driver"}


def test_shifts_to_take_come_by_pages_and_the_line_in_one_query(
    client_of: Any, alice: Any, cast: Any, places: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = places[places.community]
    post = gate(alice, home)
    me = enlisted(alice, home, "测试甲")
    other = enlisted(alice, home, "测试乙")
    as_volunteer(cast, "alice", me)
    client = client_of("alice")
    counts = []
    for at in range(3):
        on = shift(alice, post, at=at)
        for who in (other, me):
            put_on(by=alice, shift=on, volunteer=who)
        with CaptureQueriesContext(connection) as met:
            page = client.get(f"{BASE}/open/").content.decode()
        counts.append(len(met))
        assert page.count("候补第1位") == at + 1
    # The first page of a session asks more.
    assert counts[1] == counts[2]
    monkeypatch.setattr(taking, "SHOWN", 5)
    pages = [client.get(f"{BASE}/open/?page={n}").content.decode() for n in (1, 2, 3)]
    assert [page.count("/shifts/") for page in pages][2] < 4
    assert "page=2" in pages[0]
    assert "page=3" not in pages[1]


def test_the_reserve_is_offered_in_its_order(client_of: Any, alice: Any, places: Any) -> None:
    home = places[places.community]
    two = NewPattern(EARLY, dt.time(8), 480, 1, {"nurse": 1})
    post = gate(alice, home, two, days=1)
    early = shift(alice, post)
    cant = enlisted(alice, home, "测试庚", "nurse")
    make_wish(by=alice, volunteer=cant, kind="off", first=early.day, until=early.day)
    with acting(alice):
        # The shift is moved to this hour below.
        Wish.objects.update(first=timezone.localdate() - dt.timedelta(days=1))
    asked = client_of("alice").get(f"{BASE}/shifts/{early.id}/").content.decode()
    assert asked.count("说过该时段不行") == 1
    gone = enlisted(alice, home, "测试甲", "nurse")
    enlisted(alice, home, "测试乙")
    later = enlisted(alice, home, "测试丙", "nurse", echelon=2)
    first = enlisted(alice, home, "测试丁", "nurse")
    waits = enlisted(alice, home, "测试戊", "nurse", echelon=3)
    busy = enlisted(alice, home, "测试己", "nurse")
    elsewhere = gate(alice, places[places.grid], NewPattern(EARLY, dt.time(9), 60, 1), days=1)
    put_on(by=alice, shift=shift(alice, elsewhere), volunteer=busy)
    turn, _line = (put_on(by=alice, shift=early, volunteer=who) for who in (gone, waits))
    client, url = client_of("alice"), f"{BASE}/turns/{turn.id}/replace/"
    assert client.get(url).status_code == 302
    now = timezone.now()
    with acting(alice):
        Shift.objects.update(
            starts_at=now - dt.timedelta(hours=1),
            ends_at=now + dt.timedelta(hours=1),
            cut_off=now - dt.timedelta(hours=2),
        )
    assert take_off(by=alice, turn=turn, absent=True) is None
    assert f"/turns/{turn.id}/replace/" in client.get(f"{BASE}/shifts/{early.id}/").content.decode()
    page = client.get(url).content.decode()
    names = re.findall(r"测试.", page[page.index('<form class="fx-form"') :])
    # Neither who lacks the skill nor who is on duty elsewhere.
    assert names == [waits.name, first.name, later.name, cant.name]
    assert page.count("说过该时段不行") == 1
    assert client.post(url, {"volunteer": str(waits.id)}).status_code == 302
    with acting(alice):
        taken = Turn.objects.get(shift=early, state="placed")
        assert (taken.volunteer_id, taken.for_turn_id) == (waits.id, turn.id)
        assert not Turn.objects.filter(shift=early, state="waiting").exists()
    with pytest.raises(Conflict, match="已有人顶上"):
        replace(by=alice, turn=turn, volunteer=first)


def test_the_people_a_shift_needs_are_changed_on_their_page(
    client_of: Any, alice: Any, places: Any
) -> None:
    home = places[places.community]
    post = gate(alice, home, days=1)
    early = shift(alice, post)
    for name in ("测试甲", "测试乙"):
        put_on(
            by=alice,
            shift=early,
            volunteer=enlist_new(by=alice, place=home, name=name, skills=[NewSkill("nurse")]),
        )
    client, url = client_of("alice"), f"{BASE}/shifts/{early.id}/heads/"
    data = sent(client.get(url).content.decode())
    assert data["heads"] == "1"
    assert client.post(url, {**data, "skills": "飞行员1"}).status_code == 422
    assert client.post(url, {**data, "heads": "2", "skills": "护士2"}).status_code == 302
    with acting(alice):
        early.refresh_from_db()
        assert (early.heads, early.placed, early.skills) == (2, 2, {"nurse": 2})
    # Somebody at the old page wants three.
    stale = client.post(url, {**data, "heads": "3"})
    assert stale.status_code == 409
