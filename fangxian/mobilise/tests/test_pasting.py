"""A pasted chat list on the page: what is understood is put on, what is not is told."""

from __future__ import annotations

from typing import Any

from fangxian.common.scoping import acting
from fangxian.mobilise import pasting
from fangxian.mobilise.actions import put_on
from fangxian.mobilise.models import Post, Turn
from fangxian.mobilise.tests.conftest import LATE, enlisted, shift

CHAT = "/mobilise/chat/"
TEXT = """#接龙
1. 测试甲 {day}早班
2. 测试乙 {day}早班
3. 查无此人 {day}夜班
大家辛苦了
测试丙 随便哪个班次几点几点"""


def sent(client: Any, text: str, day: Any, **more: Any) -> Any:
    return client.post(CHAT, {"text": text, "first": day, "last": day, **more})


def test_what_was_understood_is_put_on(client_of: Any, alice: Any, places: Any, post: Post) -> None:
    home, client = places[places.community], client_of("alice")
    for name in ("测试甲", "测试乙", "测试丙"):
        enlisted(alice, home, name)
    early = shift(alice, post)
    said = f"{early.day.month}月{early.day.day}日"
    text = TEXT.format(day=said)
    page = sent(client, text, early.day)
    assert page.status_code == 200
    read = page.context["read"]
    kinds = [line.kind for line in read.lines]
    assert kinds[:4] == ["noise", "proposals", "proposals", "proposals"]
    keys = [one.key for line in read.lines for one in line.suggestions if one.volunteer]
    with acting(alice):
        assert not Turn.objects.exists()
    again = sent(client, text, early.day, take="1", digest="other", keys=keys)
    assert "请再核对" in again.content.decode()
    done = sent(client, text, early.day, take="1", digest=read.digest, keys=keys[:2])
    states = {one.name: one.state for one in done.context["outcomes"]}
    assert states == {"测试甲": "placed", "测试乙": "waiting"}
    with acting(alice):
        assert set(Turn.objects.values_list("source", flat=True)) == {"chat"}
    sent(client, text, early.day, take="1", digest=read.digest, keys=keys[:2])
    with acting(alice):
        assert Turn.objects.count() == 2
    # Who is on no list does nothing until the line is written anew.
    stranger = next(one for one in read.suggestions.values() if one.volunteer is None)
    keys = [stranger.key]
    sent(client, text, early.day, take="1", digest=read.digest, keys=keys)
    again = sent(client, text, early.day, again="1", **{"line-4": f"3. 测试丙 {said}\n夜班"})
    (line,) = [line for line in again.context["read"].lines if line.number == 4]
    assert (line.open, line.suggestions[0].volunteer.name) == (False, "测试丙")
    with acting(alice):
        assert Turn.objects.count() == 2


def test_of_namesakes_one_is_chosen(client_of: Any, alice: Any, places: Any, post: Post) -> None:
    home, client = places[places.community], client_of("alice")
    first, other = (enlisted(alice, home, "测试甲") for _n in range(2))
    early = shift(alice, post)
    text = f"测试甲 {early.day.month}月{early.day.day}日早班"
    read = sent(client, text, early.day).context["read"]
    (one,) = read.suggestions.values()
    assert {who.id for who in one.namesakes} == {first.id, other.id}
    take = {"take": "1", "digest": read.digest, "keys": [one.key]}
    sent(client, text, early.day, **take)
    sent(client, text, early.day, **take, **{f"who-{one.key}": "nobody"})
    with acting(alice):
        assert not Turn.objects.exists()
    sent(client, text, early.day, **take, **{f"who-{one.key}": str(other.id)})
    with acting(alice):
        assert Turn.objects.get().volunteer_id == other.id


def test_who_is_free_for_any_shift_gets_the_one_that_lacks_people(
    client_of: Any, alice: Any, places: Any, post: Post
) -> None:
    home, client = places[places.community], client_of("alice")
    for name in ("测试甲", "测试乙", "测试丙", "测试丁"):
        enlisted(alice, home, name)
    early = shift(alice, post)
    text = "\n".join(
        f"{who} {early.day.month}月{early.day.day}日{what}"
        for who, what in (
            ("测试甲", "早班"), ("测试乙", "都可以"), ("测试丙", "都可以"), ("测试丁", "都可以"),
        )
    )  # fmt: skip
    read = sent(client, text, early.day).context["read"]
    done = sent(client, text, early.day, take="1", digest=read.digest, keys=list(read.suggestions))
    states = [one.state for one in done.context["outcomes"]]
    # Three shifts of one head each: the fourth waits.
    assert states == ["placed", "placed", "placed", "waiting"]
    with acting(alice):
        assert Turn.objects.filter(state="placed").values("shift").distinct().count() == 3


def test_who_withdraws_in_the_chat_is_taken_off(
    client_of: Any, alice: Any, places: Any, post: Post
) -> None:
    one = enlisted(alice, places[places.community], "测试甲")
    early, client = shift(alice, post), client_of("alice")
    put_on(by=alice, shift=early, volunteer=one)
    text = f"测试甲 {early.day.month}月{early.day.day}日早班不去了"
    read = sent(client, text, early.day).context["read"]
    assert [one.off for one in read.suggestions.values()] == [True]
    done = sent(client, text, early.day, take="1", digest=read.digest, keys=list(read.suggestions))
    assert [one.state for one in done.context["outcomes"]] == ["taken_off"]


def test_the_roster_is_copied_out_and_reads_as_it_was(
    client_of: Any, alice: Any, places: Any, post: Post
) -> None:
    home = places[places.community]
    one, other = (enlisted(alice, home, f"测试{n}") for n in "甲乙")
    early, client = shift(alice, post), client_of("alice")
    put_on(by=alice, shift=early, volunteer=one)
    put_on(by=alice, shift=early, volunteer=other)
    page = client.get(f"{CHAT}copy/?day={early.day}")
    text = page.context["text"]
    assert "测试甲" in text
    assert "候补" in text
    assert text in page.content.decode()
    with acting(alice):
        again = pasting.read(text, pasting.offered(home.code, early.day, early.day), [one, other])
    found = {o.name for o in again.suggestions.values() if early in o.shifts and not o.off}
    assert found >= {"测试甲"}


def test_wishes_are_met_in_their_order(client_of: Any, alice: Any, places: Any, post: Post) -> None:
    """Who asks first for a shift that lacks fewer has it, and the next one where it is full."""
    home, client = places[places.community], client_of("alice")
    for name in ("测试甲", "测试乙"):
        enlisted(alice, home, name)
    late = shift(alice, post, LATE)
    asked = f"谁能上{late.day.month}月{late.day.day}日的班？"
    text = "\n".join([asked, "测试甲：中班优先，其次早班", "测试乙：早班也行，最好中班"])
    read = sent(client, text, late.day).context["read"]
    assert all(one.ordered for one in read.suggestions.values())
    done = sent(client, text, late.day, take="1", digest=read.digest, keys=list(read.suggestions))
    assert [one.state for one in done.context["outcomes"]] == ["placed", "placed"]
    with acting(alice):
        on = Turn.objects.filter(state="placed").values_list("volunteer__name", "shift__name")
        assert set(on) == {("测试甲", "中班"), ("测试乙", "早班")}
