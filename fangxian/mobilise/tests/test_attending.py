"""Checking in and out: who was there is credited what he was there for, and no more."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from fangxian.common.errors import Conflict, Invalid, OutOfScope
from fangxian.common.facts import plans
from fangxian.common.scoping import acting
from fangxian.mobilise import lacking, queries, tasks
from fangxian.mobilise.actions import (
    check_in,
    check_out,
    forget_whereabouts,
    put_on,
    record_arrival,
    record_departure,
    sign_up,
    take_off,
)
from fangxian.mobilise.actions.attending import credit
from fangxian.mobilise.models import Post, Shift, Turn, Whereabouts
from fangxian.mobilise.rules import PostRules
from fangxian.mobilise.tests.conftest import LATE, as_volunteer, enlisted, shift

MINUTE = dt.timedelta(minutes=1)
NOON = dt.datetime(2020, 2, 1, 4, tzinfo=dt.UTC)


def running(by: Any, of: Shift, begun: int = 5, left: int = 60) -> None:
    """The shift began so many minutes ago and lasts so many on."""
    now = timezone.now()
    with acting(by):
        Shift.objects.filter(id=of.id).update(
            starts_at=now - begun * MINUTE, ends_at=now + left * MINUTE, cut_off=now - 30 * DAY
        )


DAY = dt.timedelta(days=1)


def test_from_the_code_at_the_post_to_the_credit(
    post: Post, alice: Any, cast: Any, places: Any
) -> None:
    me = enlisted(alice, places[places.community], "测试甲")
    by = as_volunteer(cast, "alice", me)
    early = shift(alice, post)
    turn = sign_up(by=by, shift=early)
    with pytest.raises(Invalid, match="您在此没有"):
        check_in(by=by, token=post.token)
    running(alice, early)
    came = check_in(by=by, token=post.token.lower())
    assert check_in(by=by, token=post.token).came_at == came.came_at
    done = check_out(by=by, turn=turn, note="消毒液只剩一桶")
    assert (done.minutes, done.note) == (5, "消毒液只剩一桶")
    with pytest.raises(Conflict, match="已签退"):
        check_out(by=by, turn=turn)
    with pytest.raises(OutOfScope):
        check_in(by=by, token="A" * 20)
    with acting(alice):
        assert queries.credited(me.person_id) == 5


def test_staff_record_it_for_who_has_no_phone(post: Post, alice: Any, places: Any) -> None:
    one = enlisted(alice, places[places.community], "测试甲")
    early = shift(alice, post)
    turn = put_on(by=alice, shift=early, volunteer=one)
    with pytest.raises(Conflict, match="时间过早"):
        record_arrival(by=alice, turn=turn)
    running(alice, early)
    with pytest.raises(Conflict, match="请先签到"):
        record_departure(by=alice, turn=turn)
    record_arrival(by=alice, turn=turn)
    with pytest.raises(Invalid, match="不超过500"):
        record_departure(by=alice, turn=turn, note="长" * 501)
    assert record_departure(by=alice, turn=turn).minutes == 5


def test_nobody_checks_somebody_else_out(post: Post, alice: Any, cast: Any, places: Any) -> None:
    home = places[places.community]
    other = enlisted(alice, home, "测试乙")
    by = as_volunteer(cast, "alice", enlisted(alice, home, "测试甲"))
    early = shift(alice, post)
    turn = put_on(by=alice, shift=early, volunteer=other)
    running(alice, early)
    record_arrival(by=alice, turn=turn)
    with pytest.raises(OutOfScope):
        check_out(by=by, turn=turn)


@given(
    shifts=st.lists(
        st.tuples(st.integers(30, 720), st.integers(-60, 700), st.integers(0, 800)),
        min_size=1,
        max_size=6,
    )
)
def test_credits_are_never_more_than_the_shift_and_sum_up(
    shifts: list[tuple[int, int, int]],
) -> None:
    """(length, minutes from the beginning to coming, minutes from coming to going)."""
    rules = PostRules(
        1,
        {},
        {},
        {},
        DAY,
        MINUTE,
        10 * MINUTE,
        MINUTE,
        None,
        None,  # type: ignore[arg-type]  # of no use here
    )
    total = 0
    for length, late, stayed in shifts:
        of = Shift(starts_at=NOON, ends_at=NOON + length * MINUTE)
        came = NOON + late * MINUTE
        turn = Turn(shift=of, came_at=came, went_at=came + stayed * MINUTE)
        minutes = credit(turn, rules)
        there = max(0, min(length, late + stayed) - max(0, late))
        assert there <= minutes <= min(length, there + 20) or late > length or late + stayed < 0
        total += minutes
    assert total <= sum(length for length, _late, _stayed in shifts)


def test_what_was_forgotten_is_recorded_days_later_and_no_longer(
    post: Post, alice: Any, places: Any
) -> None:
    home = places[places.community]
    came, stayed_away = (enlisted(alice, home, name) for name in ("测试甲", "测试乙"))
    early, late = shift(alice, post), shift(alice, post, LATE)
    first = put_on(by=alice, shift=early, volunteer=came)
    second = put_on(by=alice, shift=late, volunteer=stayed_away)
    now = timezone.now()
    for of in (early, late):
        running(alice, of, begun=26 * 60, left=-24 * 60)
    with pytest.raises(Conflict, match="尚未到"):
        record_arrival(by=alice, turn=first, at=now + MINUTE * 5)
    with acting(alice):
        begun = Shift.objects.get(id=early.id).starts_at
    record_arrival(by=alice, turn=first, at=begun)
    assert record_departure(by=alice, turn=first, at=begun + 60 * MINUTE).minutes == 60
    take_off(by=alice, turn=second, absent=True)
    running(alice, early, begun=12 * 24 * 60, left=-11 * 24 * 60)
    third = put_on_in_the_past(alice, early, stayed_away)
    with pytest.raises(Conflict, match="太久"):
        record_arrival(by=alice, turn=third)


def put_on_in_the_past(by: Any, of: Shift, who: Any) -> Turn:
    with acting(by):
        Turn.objects.filter(shift=of).delete()
        return Turn.objects.create(
            place_code=of.place_code, shift=of, volunteer=who, number=9, state="placed",
            source="staff", asked_at=timezone.now(),
        )  # fmt: skip


def test_the_position_goes_along_only_if_it_is_chosen_and_is_kept_for_who_plans_for_some_days(
    post: Post, alice: Any, cast: Any, places: Any, client_of: Any
) -> None:
    home = places[places.community]
    one = enlisted(alice, home, "测试甲")
    as_volunteer(cast, "volunteer", one)
    early = shift(alice, post)
    turn = put_on(by=alice, shift=early, volunteer=one)
    running(alice, early)
    client, url = client_of("volunteer"), f"/mobilise/in/{post.token}/"
    drawn = client.get(url).content.decode()
    assert "附上我的位置" in drawn
    assert "checked" not in drawn
    # What frontend/islands/locate.ts looks for, inside the form that it is mounted on.
    form = drawn[drawn.index('data-island="locate"') :]
    assert form.index("data-path=") < form.index("data-locate ") < form.index("data-located")
    # Odd ones are refused with the way out; what was not ticked is not kept, whatever is sent.
    for odd in ("somewhere", "181,38", "116.8,95", "116.8;38", "9" * 50):
        answer = client.post(url, {"attach": "on", "position": odd})
        assert answer.status_code == 422
        assert "直接签到" in answer.content.decode()
    assert client.post(url, {"position": "116.83871234,38.3046"}).status_code == 302
    with acting(alice):
        assert Turn.objects.get(id=turn.id).came_at is not None
        assert not Whereabouts.objects.exists()
    said = {"attach": "on", "position": "116.83871234,38.3046"}
    assert client.post(url, said).status_code == 302
    assert client.post(url, {**said, "position": "1,1"}).status_code == 302
    with acting(alice):
        assert Whereabouts.objects.get().position == "116.83871,38.30460"
        with connection.cursor() as cursor:
            cursor.execute("SELECT position FROM mobilise_whereabouts")
            (sealed,) = (bytes(row[0]) for row in cursor.fetchall())
        assert b"116.8" not in sealed
    shown = f"/mobilise/shifts/{early.id}/"
    assert "116.83871" in client_of("alice").get(shown).content.decode()
    theirs = client.get(shown)
    assert theirs.status_code == 200
    assert "116.83871" not in theirs.content.decode()
    with acting(cast.actor("bob")):
        assert not Whereabouts.objects.exists()
    assert forget_whereabouts(by=alice) == 0
    # Once the turn can't be recorded any more the position has no use.
    running(alice, early, begun=9 * 24 * 60, left=-8 * 24 * 60)
    tasks.whereabouts(timestamp=0)
    with acting(alice):
        assert not Whereabouts.objects.exists()
        assert Turn.objects.get(id=turn.id).came_at is not None


def test_who_is_missing_is_seen_and_is_not_on_a_post(
    post: Post, alice: Any, cast: Any, places: Any, client_of: Any
) -> None:
    home = places[places.community]
    me = enlisted(alice, home, "测试甲")
    by, early = as_volunteer(cast, "alice", me), shift(alice, post)
    put_on(by=alice, shift=early, volunteer=me)

    def on_duty() -> float:
        return plans.measured("mobilise.on_duty", alice, [home.code])[home.code]

    said = "现应到岗未签到"
    running(alice, early, begun=5)
    with acting(alice):
        # Some minutes are forgiven.
        assert (lacking.not_come(home.code), on_duty()) == (0, 0)
    running(alice, early, begun=15)
    with acting(alice):
        assert lacking.not_come(home.code) == 1
    assert said in client_of("alice").get("/").content.decode()
    check_in(by=by, token=post.token)
    with acting(alice):
        assert (lacking.not_come(home.code), on_duty()) == (0, 1)
    assert said not in client_of("alice").get("/").content.decode()
