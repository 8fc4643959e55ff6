"""Swaps: both agree, or nothing has changed; and the line, whatever people do in whatever order."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fangxian.common.errors import Conflict, Invalid, OutOfScope
from fangxian.common.scoping import acting
from fangxian.common.ui.formats import date
from fangxian.core.models import Notification
from fangxian.mobilise.actions import (
    NewPattern,
    agree_to_swap,
    ask_swap,
    change_heads,
    check_in,
    decline_swap,
    put_on,
    take_off,
    withdraw,
    withdraw_swap,
)
from fangxian.mobilise.models import Post, Shift, Swap, Turn
from fangxian.mobilise.tests.conftest import (
    EARLY,
    LATE,
    NIGHT,
    as_volunteer,
    enlisted,
    gate,
    shift,
)

PLACED = Turn.State.PLACED


def on(by: Any, of: Shift) -> set[str]:
    """Who is on a shift."""
    with acting(by):
        turns = Turn.objects.filter(shift=of, state=PLACED).select_related("volunteer")
        return {turn.volunteer.name for turn in turns}


@pytest.fixture
def two(cast: Any, alice: Any, places: Any) -> tuple[Any, Any, Any, Any]:
    """Two who serve, each with an account that acts at the community: (by, who) of both."""
    home = places[places.community]
    first, second = (enlisted(alice, home, name) for name in ("测试甲", "测试乙"))
    by_first = as_volunteer(cast, "alice", first)
    by_second = as_volunteer(cast, "headquarters", second)
    rights = by_first.rights
    return by_first, first, _at(by_second, home.code, rights), second


def _at(by: Any, code: str, rights: frozenset[str]) -> Any:
    return replace(by.within(code), rights=rights)


def test_somebody_takes_a_shift_over(post: Post, two: Any) -> None:
    by, first, other, second = two
    early = shift(by, post)
    turn = put_on(by=by, shift=early, volunteer=first)
    swap = ask_swap(by=by, turn=turn, to=second)
    assert on(by, early) == {"测试甲"}
    with acting(other):
        assert [one.template for one in Notification.objects.all()] == ["mobilise.swap_asked"]
    with pytest.raises(Conflict, match="已向他人"):
        ask_swap(by=by, turn=turn, to=second)
    with pytest.raises(OutOfScope):
        agree_to_swap(by=by, swap=swap)
    agree_to_swap(by=other, swap=swap)
    assert on(by, early) == {"测试乙"}
    with acting(by):
        made = Turn.objects.get(state=PLACED)
        assert (made.source, made.for_turn_id) == ("swap", turn.id)
        assert Turn.objects.get(id=turn.id).state == "swapped"
    with pytest.raises(Conflict, match="已答复"):
        decline_swap(by=other, swap=swap)


def test_two_exchange_shifts_that_would_overlap_while_they_change(two: Any, places: Any) -> None:
    """Each is free for the other's shift only because he gives his own away."""
    by, first, other, second = two
    home = places[places.community]
    post = gate(
        by, home, NewPattern(EARLY, dt.time(8), 480, 1), NewPattern(LATE, dt.time(9), 480, 1)
    )
    early, late = shift(by, post), shift(by, post, LATE)
    mine = put_on(by=by, shift=early, volunteer=first)
    his = put_on(by=by, shift=late, volunteer=second)
    swap = ask_swap(by=by, turn=mine, to=second, back=his)
    agree_to_swap(by=other, swap=swap)
    assert (on(by, early), on(by, late)) == ({"测试乙"}, {"测试甲"})


def test_what_does_not_fit_changes_nothing(two: Any, places: Any) -> None:
    by, first, other, second = two
    home = places[places.community]
    nurse = enlisted(by, home, "测试丙", "nurse")
    post = gate(
        by, home, NewPattern(EARLY, dt.time(8), 480, 1, {"nurse": 1}),
        NewPattern(LATE, dt.time(17), 480, 1), NewPattern(NIGHT, dt.time(2), 240, 1),
    )  # fmt: skip
    early, late, night = (shift(by, post, name) for name in (EARLY, LATE, NIGHT))
    turn = put_on(by=by, shift=early, volunteer=nurse)
    with acting(by):
        swap = Swap.objects.create(place_code=post.place_code, turn=turn, to=second)
    with pytest.raises(Conflict, match="缺少所需技能"):
        agree_to_swap(by=other, swap=swap)
    assert on(by, early) == {"测试丙"}
    mine = put_on(by=by, shift=night, volunteer=first)
    put_on(by=by, shift=late, volunteer=second)
    swap = ask_swap(by=by, turn=mine, to=second)
    agree_to_swap(by=other, swap=swap)
    third = put_on(by=by, shift=shift(by, post, NIGHT, 1), volunteer=first)
    swap = ask_swap(by=by, turn=third, to=second)
    # He is on the late shift until 01:00, an hour before this one.
    with pytest.raises(Invalid, match="休息将不足"):
        agree_to_swap(by=other, swap=swap)
    assert on(by, shift(by, post, NIGHT, 1)) == {"测试甲"}
    decline_swap(by=other, swap=swap)
    again = ask_swap(by=by, turn=third, to=second)
    with pytest.raises(OutOfScope):
        withdraw_swap(by=other, swap=again)
    withdraw_swap(by=by, swap=again)
    swap = ask_swap(by=by, turn=third, to=second)
    take_off(by=by, turn=third)
    with pytest.raises(Conflict, match="尚未开始"):
        agree_to_swap(by=other, swap=swap)


def test_it_is_asked_and_agreed_to_on_pages(
    client_of: Any, cast: Any, alice: Any, places: Any, post: Post
) -> None:
    home = places[places.community]
    as_volunteer(cast, "alice", enlisted(alice, home, "测试甲"))
    other = enlisted(alice, home, "测试乙")
    early, client = shift(alice, post), client_of("alice")
    client.post(f"/mobilise/shifts/{early.id}/take/")
    with acting(alice):
        turn = Turn.objects.get()
    page = client.get(f"/mobilise/turns/{turn.id}/swap/").content.decode()
    assert "测试乙" in page
    assert f"东门 · {date(early.day)} {early.name}" in page
    answer = client.post(f"/mobilise/turns/{turn.id}/swap/", {"to": str(other.id)}, follow=True)
    assert "您请测试乙接" in answer.content.decode()
    with acting(alice):
        swap = Swap.objects.get()
    client.post(f"/mobilise/swaps/{swap.id}/withdraw/")
    assert "您请测试乙接" not in client.get("/mobilise/mine/").content.decode()
    as_volunteer(cast, "alice", other)
    assert client.get(f"/mobilise/turns/{turn.id}/swap/").status_code == 404


@pytest.mark.slow
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["on", "off", "heads"]), st.integers(0, 5)), max_size=14
    )
)
def test_the_line_is_that_of_a_list(places: Any, alice: Any, steps: list[tuple[str, int]]) -> None:
    """Against a plain list: the first so many of those who asked are on, the others wait in order,
    and somebody who was put on is never pushed off by a smaller number of heads.
    """
    with acting(alice), transaction.atomic():
        home = places[places.community]
        post = gate(alice, home, NewPattern(EARLY, dt.time(8), 480, 2), days=1)
        early = shift(alice, post)
        people = [enlisted(alice, home, f"测试{n}") for n in range(6)]
        turns: dict[int, Turn] = {}
        line: list[int] = []
        heads = 2
        for what, n in steps:
            if what == "on":
                turns[n] = put_on(by=alice, shift=early, volunteer=people[n])
                line += [n] if n not in line else []
            elif what == "off" and n in line:
                take_off(by=alice, turn=turns[n])
                line.remove(n)
            elif what == "heads" and n:
                if min(len(line), heads) > n:
                    with pytest.raises(Conflict):
                        change_heads(by=alice, shift=early, heads=n, skills={})
                else:
                    change_heads(by=alice, shift=early, heads=n, skills={})
                    heads = n
            found = Turn.objects.filter(shift=early, ended_at=None).order_by("number")
            states = [(people.index(turn.volunteer), turn.state) for turn in found]
            assert states == [
                (who, "placed" if at < heads else "waiting") for at, who in enumerate(line)
            ]
        early.refresh_from_db()
        assert early.placed == min(len(line), heads)
        transaction.set_rollback(True)


def test_who_has_come_swaps_no_more(post: Post, two: Any) -> None:
    """Check-in opens before the shift begins: what was asked before is answered too late."""
    by, first, other, second = two
    early, now = shift(by, post), timezone.now()
    turn = put_on(by=by, shift=early, volunteer=first)
    swap = ask_swap(by=by, turn=turn, to=second)
    with acting(by):
        begins = now + dt.timedelta(minutes=20)
        Shift.objects.filter(id=early.id).update(starts_at=begins, cut_off=begins)
    check_in(by=by, token=post.token)
    with pytest.raises(Conflict, match="未开始"):
        agree_to_swap(by=other, swap=swap)
    with pytest.raises(Conflict, match="已到岗"):
        withdraw(by=by, turn=turn)
    assert on(by, early) == {"测试甲"}
