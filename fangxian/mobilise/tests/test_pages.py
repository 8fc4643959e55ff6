"""The pages: from opening a post to the hours that are credited, as staff and as a volunteer."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from fangxian.accounts.models import Grant
from fangxian.common.errors import Invalid
from fangxian.common.scoping import acting
from fangxian.mobilise import actions
from fangxian.mobilise.models import Pattern, Post, Shift, Skill, Turn, Volunteer
from fangxian.mobilise.tests.conftest import (
    EARLY,
    LATE,
    NIGHT,
    as_volunteer,
    enlisted,
    gate,
    shift,
)
from fangxian.organisations.actions import add_new_member, create_organisation
from fangxian.organisations.models import OrganisationKind
from tests.kit.cast import START

BASE = "/mobilise"
ROWS = {
    "shift-TOTAL_FORMS": "3",
    "shift-INITIAL_FORMS": "0",
    "shift-0-name": EARLY,
    "shift-0-starts": "08:00",
    "shift-0-ends": "16:00",
    "shift-0-heads": "3",
    "shift-0-skills": "护士1，驾驶员 1",
    "shift-0-days": "all:127",
    "shift-1-name": NIGHT,
    "shift-1-starts": "22:00",
    "shift-1-ends": "06:00",
    "shift-1-heads": "2",
    "shift-1-days": "all:31",
}


def volunteer_at(cast: Any, places: Any, code: str, alice: Any) -> Any:
    """The user “volunteer” serves at the community, and nowhere else."""
    user = cast.user("volunteer")
    Grant.objects.filter(user=user).delete()
    Grant.objects.create(user=user, role_id="volunteer", region=places[code], valid_from=START)
    me = enlisted(alice, places[code], "测试甲")
    return as_volunteer(cast, "volunteer", me)


def test_a_post_with_its_shifts(client_of: Any, alice: Any, places: Any) -> None:
    client = client_of("alice")
    data = {"name": "东门", "place": places.community, "kind": "gate", **ROWS}
    made = client.post(f"{BASE}/posts/new/", data, follow=True)
    assert made.status_code == 200, made.content.decode()
    with acting(alice):
        post = Post.objects.get()
        patterns = {one.name: one for one in Pattern.objects.all()}
    assert {name: (one.minutes, one.heads, one.weekdays) for name, one in patterns.items()} == {
        EARLY: (480, 3, 127),
        NIGHT: (480, 2, 31),
    }
    assert patterns[EARLY].skills == {"nurse": 1, "driver": 1}
    page = client.get(f"{BASE}/posts/{post.id}/").content.decode()
    assert "看住门" in page
    assert "护士 1" in page
    day = timezone.localdate() + dt.timedelta(days=2)
    data = {"first": day, "last": day + dt.timedelta(days=6)}
    client.post(f"{BASE}/posts/{post.id}/lay-out/", data)
    again = client.post(f"{BASE}/posts/{post.id}/lay-out/", data, follow=True)
    assert "已排出0个班次" in again.content.decode()
    with acting(alice):
        assert Shift.objects.filter(name=EARLY).count() == 7
        assert Shift.objects.filter(name=NIGHT).count() == 5
    week = client.get(f"{BASE}/?day={day}").content.decode()
    assert "无人 0/3" in week
    sheet = client.get(f"{BASE}/posts/{post.id}/code/").content.decode()
    assert post.token[:4] in sheet
    edited = {**data, "name": "东门卡口", "kind": "gate", **ROWS, "shift-1-name": ""}
    edited["shift-1-pattern_id"] = str(patterns[NIGHT].id)
    for field in ("starts", "ends", "heads"):
        edited[f"shift-1-{field}"] = ""
    client.post(f"{BASE}/posts/{post.id}/edit/", edited)
    with acting(alice):
        post.refresh_from_db()
        assert post.name == "东门卡口"
        assert [one.name for one in Pattern.objects.filter(ended_on=None)] == [EARLY]


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("shift-0-heads", "", "每个班次都要填写"),
        ("shift-0-skills", "飞行员1", "不是技能"),
        ("shift-0-skills", "护士4", "超过总人数"),
        ("shift-1-name", EARLY, f"“{EARLY}”重复"),
        ("shift-1-name", "", "请填写班次名称"),
    ],
)
def test_odd_shifts_are_refused(
    client_of: Any, alice: Any, places: Any, field: str, value: str, said: str
) -> None:
    data = {"name": "东门", "place": places.community, "kind": "gate", **ROWS, field: value}
    answer = client_of("alice").post(f"{BASE}/posts/new/", data)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    with acting(alice):
        assert not Post.objects.exists()


def test_a_volunteer_takes_gives_back_and_serves(
    client_of: Any, alice: Any, cast: Any, places: Any
) -> None:
    post = gate(alice, places[places.community])
    me = volunteer_at(cast, places, places.community, alice)
    client, early = client_of("volunteer"), shift(alice, post)
    page = client.get(f"{BASE}/open/").content.decode()
    assert page.count("/take/") == 9
    taken = client.post(f"{BASE}/shifts/{early.id}/take/", follow=True).content.decode()
    assert "已排上" in taken
    assert taken.count("/take/") == 8
    with acting(me):
        turn = Turn.objects.get()
    mine = client.get(f"{BASE}/mine/").content.decode()
    assert post.name in mine
    client.post(f"{BASE}/turns/{turn.id}/withdraw/", {"back": "mine"})
    assert "没有待上的班次" in client.get(f"{BASE}/mine/").content.decode()
    client.post(f"{BASE}/shifts/{early.id}/take/")
    now = timezone.now()
    with acting(alice):
        Shift.objects.filter(id=early.id).update(
            starts_at=now - dt.timedelta(minutes=90),
            ends_at=now + dt.timedelta(minutes=5),
            cut_off=now - dt.timedelta(days=1),
        )
    assert "我已到岗" in client.get(f"{BASE}/in/{post.token}/").content.decode()
    with acting(alice):
        Turn.objects.filter(state="placed").update(came_at=now - dt.timedelta(minutes=85))
        turn = Turn.objects.get(state="placed")
    done = client.post(f"{BASE}/turns/{turn.id}/out/", {"note": "钥匙在门卫"}, follow=True)
    assert "计入95分钟" in done.content.decode()
    assert "95" in client.get(f"{BASE}/mine/").content.decode()
    late = shift(alice, post, LATE)
    with acting(alice):
        Shift.objects.filter(id=late.id).update(
            starts_at=now + dt.timedelta(minutes=5),
            ends_at=now + dt.timedelta(hours=8),
            cut_off=now,
        )
    told = client.get(f"{BASE}/shifts/{late.id}/").content.decode()
    assert "钥匙在门卫" in told
    assert client.get(f"{BASE}/posts/new/").status_code == 403


def test_a_full_shift_has_a_line(client_of: Any, alice: Any, cast: Any, places: Any) -> None:
    post = gate(alice, places[places.community])
    volunteer_at(cast, places, places.community, alice)
    early, other = shift(alice, post), enlisted(alice, places[places.community], "测试乙")
    desk = client_of("alice")
    put = desk.post(f"{BASE}/shifts/{early.id}/put-on/", {"volunteer": other.id, "reason": ""})
    assert put.status_code == 302
    client = client_of("volunteer")
    assert "已满，报名后进入候补" in client.get(f"{BASE}/open/").content.decode()
    page = client.post(f"{BASE}/shifts/{early.id}/take/", follow=True).content.decode()
    assert "候补第1位" in page
    assert "候补名单" in desk.get(f"{BASE}/shifts/{early.id}/").content.decode()
    with acting(alice):
        first = Turn.objects.get(volunteer=other)
    desk.post(f"{BASE}/turns/{first.id}/off/")
    assert "候补第1位" not in client.get(f"{BASE}/open/").content.decode()
    assert "有空位了" in client.get("/core/notifications/").content.decode()


def test_past_a_limit_a_reason_is_asked_for(client_of: Any, alice: Any, places: Any) -> None:
    post = gate(alice, places[places.community])
    one = enlisted(alice, places[places.community], "测试甲")
    client = client_of("alice")
    for name, reason, status in ((EARLY, "", 302), (LATE, "", 422), (LATE, "无人可替", 302)):
        of = shift(alice, post, name)
        answer = client.post(
            f"{BASE}/shifts/{of.id}/put-on/", {"volunteer": one.id, "reason": reason}
        )
        assert answer.status_code == status
        assert ("休息将不足8小时" in answer.content.decode()) is (status == 422)
    with acting(alice):
        turn = Turn.objects.get(shift=of)
    allow = f"{BASE}/turns/{turn.id}/allow/"
    asked = client.get(f"{BASE}/shifts/{of.id}/").content.decode()
    assert "须由另一名排班人员批准" in asked
    assert "无人可替" in asked
    assert "休息将不足8小时" in asked
    assert allow not in asked
    assert client.post(allow).status_code == 409
    second = client_of("headquarters")
    assert allow in second.get(f"{BASE}/shifts/{of.id}/").content.decode()
    second.post(allow)
    assert "超限批准" in client.get(f"{BASE}/shifts/{of.id}/").content.decode()


def test_who_is_put_on_is_searched_where_many_serve(
    client_of: Any, alice: Any, places: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fangxian.mobilise.views.shifts.MOST_OFFERED", 2)
    home = places[places.community]
    names = ("测试甲", "测试乙", "示例丙")
    people = {name: enlisted(alice, home, name) for name in names}
    early = shift(alice, gate(alice, home))
    client, url = client_of("alice"), f"{BASE}/shifts/{early.id}/put-on/"

    def offered(text: str) -> list[str]:
        page = client.post(url, {"who": text, "find": "1"}).content.decode()
        return [name for name, one in people.items() if f'value="{one.id}"' in page]

    assert offered("") == ["测试甲", "测试乙"]
    assert offered("丙") == ["示例丙"]
    assert offered("无") == []
    # Found by a search or not: who serves there is put on.
    sent = client.post(url, {"volunteer": people["示例丙"].id, "reason": "", "who": ""})
    assert sent.status_code == 302


def test_who_is_known_is_enlisted_by_search(client_of: Any, alice: Any, places: Any) -> None:
    """The record that there is is his; who is a member keeps the unit."""
    home = places[places.community]
    kind = OrganisationKind.objects.get(code="department")
    unit = create_organisation(by=alice, name="示例社区", kind=kind, seat=home)
    known = add_new_member(by=alice, organisation=unit, name="测试旧识")
    client, url = client_of("alice"), f"{BASE}/volunteers/known/"
    page = client.post(url, {"q": "测试旧识", "find": "1"}).content.decode()
    assert f"member:{known.id}" in page
    assert "有问题需要更正" not in page
    data = {"q": "", "holder": f"member:{known.id}", "place": home.code, "echelon": "1"}
    assert client.post(url, {**data, "holder": ""}).status_code == 422
    assert client.post(url, data).status_code == 302
    with acting(alice):
        made = Volunteer.objects.get()
        assert (made.person_id, made.organisation_id) == (known.person_id, unit.id)


def test_no_shifts_are_laid_out_in_times_that_nobody_plans(alice: Any, places: Any) -> None:
    home = places[places.community]
    post = gate(alice, home)
    for last in (dt.date.max, timezone.localdate() + dt.timedelta(days=400)):
        days = {"by": alice, "first": last, "last": last}
        with pytest.raises(Invalid, match="一年"):
            actions.lay_out(post=post, **days)
        with pytest.raises(Invalid, match="一年"):
            actions.draft_roster(place=home, **days)


def test_volunteers_are_enlisted_changed_and_discharged(
    client_of: Any, alice: Any, places: Any
) -> None:
    client = client_of("alice")
    data = {
        "name": "测试甲",
        "phone": "13800000000",
        "place": places.community,
        "skills": ["nurse", "driver"],
        "echelon": "2",
        "vehicle": "on",
        "fit": "true",
    }
    assert client.post(f"{BASE}/volunteers/new/", data).status_code == 302
    with acting(alice):
        one = Volunteer.objects.get()
        assert (one.echelon, one.vehicle, one.fit) == (2, True, True)
        assert set(Skill.objects.values_list("skill", flat=True)) == {"nurse", "driver"}
    assert "护士" in client.get(f"{BASE}/volunteers/").content.decode()
    shown = client.get(f"{BASE}/volunteers/{one.id}/").content.decode()
    assert '<option value="true" selected>' in shown
    changed = {"skills": ["nurse"], "echelon": "1", "fit": "unknown", "organisation": ""}
    assert client.post(f"{BASE}/volunteers/{one.id}/", changed).status_code == 302
    with acting(alice):
        one.refresh_from_db()
        assert (one.echelon, one.vehicle, one.fit) == (1, False, None)
    client.post(f"{BASE}/volunteers/{one.id}/discharge/")
    assert "测试甲" not in client.get(f"{BASE}/volunteers/").content.decode()


def test_today_and_the_page_of_a_place_tell_it(
    client_of: Any, alice: Any, cast: Any, places: Any
) -> None:
    gate(alice, places[places.community], first=1, days=1)
    volunteer_at(cast, places, places.community, alice)
    assert "无人认领的班次名额" in client_of("alice").get("/").content.decode()
    assert "我的待上班次" in client_of("volunteer").get("/").content.decode()
    panel = client_of("alice").get(f"/places/{places.community}/").content.decode()
    assert "岗位与班次" in panel
    assert "东门" in client_of("alice").get("/search/?q=东门").content.decode()
