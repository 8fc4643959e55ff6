"""Who is on a shift: one tap, the line that moves up, and what nobody is asked to do."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from fangxian.accounts.models import User
from fangxian.common.errors import Conflict, Forbidden, Invalid, OutOfScope
from fangxian.common.scoping import acting
from fangxian.core.actions import create_emergency
from fangxian.core.models import Notification
from fangxian.mobilise import tasks
from fangxian.mobilise.actions import (
    NewPattern,
    NewSkill,
    Override,
    allow,
    cancel_shift,
    change_heads,
    change_volunteer,
    close_post,
    discharge,
    enlist,
    lay_out,
    open_post,
    put_on,
    replace,
    sign_up,
    take_off,
    withdraw,
)
from fangxian.mobilise.ending import end_with_emergency
from fangxian.mobilise.models import Post, Shift, Turn, Whereabouts
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

PLACED, WAITING = Turn.State.PLACED, Turn.State.WAITING


def states(by: Any, of: Shift) -> dict[str, str]:
    """Name → state, of the turns that a shift has or had."""
    with acting(by):
        turns = Turn.objects.filter(shift=of).select_related("volunteer").order_by("number")
        return {turn.volunteer.name: turn.state for turn in turns}


def test_one_tap_a_place_in_the_line_and_moving_up(
    post: Post, alice: Any, cast: Any, places: Any
) -> None:
    home = places[places.community]
    bob = as_volunteer(cast, "bob", enlisted(alice, home, "测试甲"))
    early = shift(alice, post)
    # Bob acts in his grid; the gate stands at the community: it is not his to take.
    with pytest.raises(OutOfScope):
        sign_up(by=bob, shift=early)
    me = as_volunteer(cast, "alice", enlisted(alice, home, "测试乙"))
    first = sign_up(by=me, shift=early)
    assert first.state == PLACED
    assert sign_up(by=me, shift=early).id == first.id
    others = [enlisted(alice, home, name) for name in ("测试丙", "测试丁")]
    for one in others:
        assert put_on(by=alice, shift=early, volunteer=one).state == WAITING
    assert states(alice, early) == {"测试乙": PLACED, "测试丙": WAITING, "测试丁": WAITING}
    withdraw(by=me, turn=first)
    assert states(alice, early) == {"测试乙": "left", "测试丙": PLACED, "测试丁": WAITING}
    again = sign_up(by=me, shift=early)
    assert (again.state, again.number) == (WAITING, 4)
    with pytest.raises(Conflict, match="已取消报名"):
        withdraw(by=me, turn=first)
    change_heads(by=alice, shift=early, heads=2, skills={})
    with acting(alice):
        early.refresh_from_db()
        assert (early.heads, early.placed) == (2, 2)
        assert Turn.objects.get(id=again.id).state == WAITING
    with pytest.raises(Conflict, match="与此不符"):
        change_heads(by=alice, shift=early, heads=1, skills={})


def test_a_place_that_asks_for_a_skill_waits_for_who_has_it(alice: Any, places: Any) -> None:
    home = places[places.community]
    post = gate(alice, home, NewPattern(EARLY, dt.time(8), 480, 2, {"nurse": 1}))
    early = shift(alice, post)
    plain, other = (enlisted(alice, home, name) for name in ("测试甲", "测试乙"))
    nurse = enlisted(alice, home, "测试丙", "nurse")
    assert put_on(by=alice, shift=early, volunteer=plain).state == PLACED
    assert put_on(by=alice, shift=early, volunteer=other).state == WAITING
    assert put_on(by=alice, shift=early, volunteer=nurse).state == PLACED
    change_heads(by=alice, shift=early, heads=3, skills={"nurse": 1})
    assert set(states(alice, early).values()) == {PLACED}


def test_an_expired_certificate_is_none(alice: Any, places: Any) -> None:
    home = places[places.community]
    post = gate(alice, home, NewPattern(EARLY, dt.time(8), 480, 1, {"nurse": 1}))
    early = shift(alice, post)
    nurse = enlisted(alice, home, "测试甲")
    for days, state in ((-1, WAITING), (0, PLACED)):
        skill = NewSkill("nurse", "示例证", early.day + days * DAY)
        change_volunteer(
            by=alice, volunteer=nurse, organisation=None, skills=[skill], echelon=1,
            vehicle=False, fit=None,
        )  # fmt: skip
        turn = put_on(by=alice, shift=early, volunteer=nurse)
        assert turn.state == state
        take_off(by=alice, turn=turn)


def test_nobody_is_in_two_places_nor_without_rest(post: Post, alice: Any, places: Any) -> None:
    home = places[places.community]
    one = enlisted(alice, home, "测试甲")
    put_on(by=alice, shift=shift(alice, post), volunteer=one)
    other = gate_at_the_same_time(alice, places)
    with pytest.raises(Conflict, match="其他班次"):
        put_on(by=alice, shift=shift(alice, other), volunteer=one)
    late = shift(alice, post, LATE)
    with pytest.raises(Invalid) as refused:
        put_on(by=alice, shift=late, volunteer=one)
    assert [problem.code for problem in refused.value.problems] == ["rest_hours"]
    assert states(alice, late) == {}
    turn = put_on(by=alice, shift=late, volunteer=one, override=Override("无人可替"))
    assert (turn.state, turn.asked_by, turn.allowed_for) == (WAITING, "alice", "无人可替")


def test_a_second_person_lets_a_limit_be_passed(
    post: Post, alice: Any, cast: Any, places: Any
) -> None:
    """Neither who asked, nor who is to serve himself; then the place is his."""
    hq = cast.actor("headquarters")
    one = enlisted(alice, places[places.community], "测试甲")
    put_on(by=alice, shift=shift(alice, post), volunteer=one)
    late = shift(alice, post, LATE)
    turn = put_on(by=alice, shift=late, volunteer=one, override=Override("无人可替"))
    with acting(hq):
        asked = Notification.objects.filter(template="mobilise.limit_asked")
        assert asked.exists()
        assert not asked.filter(user_id=alice.user_id).exists()
    mine = as_volunteer(cast, "headquarters", one)
    for by in (alice, mine):
        with pytest.raises(Conflict, match="另一人"):
            allow(by=by, turn=turn)
    other = enlisted(alice, places[places.community], "测试乙")
    put_on(by=alice, shift=shift(alice, gate_at_the_same_time(alice, places)), volunteer=other)
    again = put_on(by=alice, shift=late, volunteer=other, override=Override("无人可替"))
    done = allow(by=hq, turn=turn)
    assert (done.state, done.allowed, done.allowed_by) == (PLACED, ["rest_hours"], hq.name)
    with pytest.raises(Conflict, match="没有人"):
        allow(by=hq, turn=turn)
    # The last place went meanwhile: he waits with that word, and moves up by it.
    assert allow(by=hq, turn=again).state == WAITING
    moved = take_off(by=alice, turn=turn)
    assert moved is not None
    assert (moved.id, moved.state) == (again.id, PLACED)


def gate_at_the_same_time(alice: Any, places: Any) -> Post:
    return gate(alice, places[places.grid], NewPattern(EARLY, dt.time(9), 60, 1))


def test_nobody_lets_himself_pass_a_limit(post: Post, alice: Any, cast: Any, places: Any) -> None:
    me = enlisted(alice, places[places.community], "测试甲")
    by = as_volunteer(cast, "alice", me)
    put_on(by=by, shift=shift(alice, post), volunteer=me)
    late = shift(alice, post, LATE)
    turn = put_on(by=by, shift=late, volunteer=me, override=Override("我可以"))
    with pytest.raises(Conflict, match="另一人"):
        allow(by=by, turn=turn)
    assert states(alice, late) == {"测试甲": WAITING}


def test_who_waits_but_is_on_duty_elsewhere_by_then_does_not_move_up(
    post: Post, alice: Any, places: Any
) -> None:
    home = places[places.community]
    first, second, third = (enlisted(alice, home, f"测试{n}") for n in "甲乙丙")
    early, late = shift(alice, post), shift(alice, post, LATE)
    turn = put_on(by=alice, shift=early, volunteer=first)
    for one in (second, third):
        put_on(by=alice, shift=early, volunteer=one)
    put_on(by=alice, shift=late, volunteer=second)
    moved = take_off(by=alice, turn=turn)
    assert moved is not None
    assert moved.volunteer_id == third.id
    assert states(alice, early)["测试乙"] == WAITING
    # The place becomes free again while he is on duty, and he off duty afterwards.
    with acting(alice):
        on = Turn.objects.get(shift=early, volunteer=third)
        elsewhere = Turn.objects.get(shift=late, volunteer=second)
    assert take_off(by=alice, turn=on) is None
    take_off(by=alice, turn=elsewhere)
    assert states(alice, early)["测试乙"] == WAITING
    tasks.lines(0)
    assert states(alice, early)["测试乙"] == PLACED


def test_until_the_cut_off_only_and_not_after_the_end(
    post: Post, alice: Any, cast: Any, places: Any
) -> None:
    me = enlisted(alice, places[places.community], "测试甲")
    by = as_volunteer(cast, "alice", me)
    early = shift(alice, post)
    turn = sign_up(by=by, shift=early)
    with acting(alice):
        Shift.objects.filter(id=early.id).update(cut_off=timezone.now() - dt.timedelta(minutes=1))
    with pytest.raises(Conflict, match="已过截止"):
        withdraw(by=by, turn=turn)
    take_off(by=alice, turn=turn)
    with pytest.raises(Conflict, match="已截止"):
        sign_up(by=by, shift=early)
    now = timezone.now()
    with acting(alice):
        Shift.objects.filter(id=early.id).update(
            starts_at=now - 2 * DAY, ends_at=now - DAY, cut_off=now - 3 * DAY
        )
    with pytest.raises(Conflict, match="已结束"):
        put_on(by=alice, shift=early, volunteer=me)


def test_who_did_not_come_is_replaced_from_the_reserve(post: Post, alice: Any, places: Any) -> None:
    home = places[places.community]
    first, second = (enlisted(alice, home, f"测试{n}") for n in "甲乙")
    early = shift(alice, post)
    turn = put_on(by=alice, shift=early, volunteer=first)
    with pytest.raises(Conflict, match="尚未开始"):
        take_off(by=alice, turn=turn, absent=True)
    now = timezone.now()
    with acting(alice):
        Shift.objects.filter(id=early.id).update(
            starts_at=now - dt.timedelta(hours=1),
            ends_at=now + dt.timedelta(hours=7),
            cut_off=now - DAY,
        )
    with pytest.raises(Conflict, match="无人缺岗"):
        replace(by=alice, turn=turn, volunteer=second)
    assert take_off(by=alice, turn=turn, absent=True) is None
    stands_in = replace(by=alice, turn=turn, volunteer=second)
    assert (stands_in.state, stands_in.source, stands_in.for_turn_id) == (
        PLACED, "reserve", turn.id,
    )  # fmt: skip
    assert states(alice, early) == {"测试甲": "absent", "测试乙": PLACED}


def test_who_is_not_fit_or_was_discharged_is_not_asked(post: Post, alice: Any, places: Any) -> None:
    home = places[places.community]
    unfit = enlisted(alice, home, "测试甲", fit=False)
    with pytest.raises(Invalid, match="不适宜"):
        put_on(by=alice, shift=shift(alice, post), volunteer=unfit)
    gone = enlisted(alice, home, "测试乙")
    turn = put_on(by=alice, shift=shift(alice, post), volunteer=gone)
    with pytest.raises(Conflict, match="未到的班次"):
        discharge(by=alice, volunteer=gone)
    take_off(by=alice, turn=turn)
    gone = discharge(by=alice, volunteer=gone)
    with pytest.raises(Conflict, match="已退出"):
        put_on(by=alice, shift=shift(alice, post, NIGHT), volunteer=gone)


def test_a_cancelled_shift_lets_everybody_go_and_tells_them(
    post: Post, alice: Any, cast: Any, places: Any
) -> None:
    me = enlisted(alice, places[places.community], "测试甲")
    by = as_volunteer(cast, "alice", me)
    early = shift(alice, post)
    sign_up(by=by, shift=early)
    done = cancel_shift(by=alice, shift=early)
    assert (done.placed, states(alice, early)) == (0, {"测试甲": "taken_off"})
    with acting(by):
        assert [one.template for one in Notification.objects.all()] == ["mobilise.cancelled"]
    with pytest.raises(Conflict, match="已取消"):
        sign_up(by=by, shift=early)


def test_who_lacks_the_right_or_is_elsewhere(
    post: Post, alice: Any, cast: Any, places: Any, charlie: Any
) -> None:
    one = enlisted(alice, places[places.community], "测试甲")
    early = shift(alice, post)
    with pytest.raises(Forbidden):
        put_on(by=cast.actor("epidemiologist"), shift=early, volunteer=one)
    with pytest.raises(OutOfScope):
        put_on(by=charlie, shift=early, volunteer=one)
    with pytest.raises(Invalid, match="志愿者名单"):
        sign_up(by=alice, shift=early)


def test_the_database_takes_no_more_than_there_is_room_for(
    post: Post, alice: Any, places: Any
) -> None:
    home = places[places.community]
    early = shift(alice, post)
    first, second = (enlisted(alice, home, f"测试{n}") for n in "甲乙")
    put_on(by=alice, shift=early, volunteer=first)
    turn = put_on(by=alice, shift=early, volunteer=second)
    with acting(alice):
        with pytest.raises(IntegrityError, match="shift_not_over"), transaction.atomic():
            Turn.objects.filter(id=turn.id).update(state=PLACED)
        Turn.objects.filter(volunteer=first).delete()
        early.refresh_from_db()
        assert early.placed == 0


def test_one_human_is_at_one_place_wherever_he_is_enlisted(
    post: Post, alice: Any, cast: Any, places: Any
) -> None:
    """Enlisted at two communities, and put on where the other can’t look."""
    county = cast.actor("headquarters")
    here = enlisted(county, places[places.community], "测试甲")
    there = enlist(by=county, place=places[places.other_community], person=here.person)
    other = gate(county, places[places.other_community])
    put_on(by=county, shift=shift(county, other), volunteer=there)
    with pytest.raises(Conflict, match="其他班次"):
        put_on(by=alice, shift=shift(alice, post), volunteer=here)
    # A grid sees nobody who serves at its community: nobody is put on blindly.
    grid = gate_at_the_same_time(alice, places)
    narrow = alice.within(places.grid)
    with pytest.raises(OutOfScope):
        put_on(by=narrow, shift=shift(alice, grid), volunteer=here)


def test_a_shift_to_which_somebody_came_is_not_cancelled(
    post: Post, alice: Any, places: Any
) -> None:
    one = enlisted(alice, places[places.community], "测试甲")
    early = shift(alice, post)
    turn = put_on(by=alice, shift=early, volunteer=one)
    with acting(alice):
        Turn.objects.filter(id=turn.id).update(came_at=timezone.now())
    with pytest.raises(Conflict, match="已有人到岗"):
        cancel_shift(by=alice, shift=early)
    with pytest.raises(Conflict, match="已到岗"):
        take_off(by=alice, turn=turn)


def test_closing_a_post_tells_who_waits_and_spares_who_is_on(alice: Any, places: Any) -> None:
    home = places[places.community]
    post = gate(alice, home, NewPattern(EARLY, dt.time(8), 480, 1, {"nurse": 1}))
    early = shift(alice, post)
    one = enlisted(alice, home, "测试甲")
    assert put_on(by=alice, shift=early, volunteer=one).state == WAITING
    nurse = enlisted(alice, home, "测试乙", "nurse")
    turn = put_on(by=alice, shift=early, volunteer=nurse)
    with pytest.raises(Conflict, match="已排人"):
        close_post(by=alice, post=post)
    take_off(by=alice, turn=turn)
    close_post(by=alice, post=post)
    assert states(alice, early) == {"测试甲": "taken_off", "测试乙": "taken_off"}
    discharge(by=alice, volunteer=one)


def test_nobody_moves_up_after_the_cut_off_nor_who_is_not_fit_any_more(
    post: Post, alice: Any, places: Any
) -> None:
    home = places[places.community]
    people = [enlisted(alice, home, f"测试{n}") for n in "甲乙丙"]
    early = shift(alice, post)
    turn, *_rest = [put_on(by=alice, shift=early, volunteer=one) for one in people]
    change_volunteer(
        by=alice, volunteer=people[1], organisation=None, skills=[], echelon=1, vehicle=False,
        fit=False,
    )  # fmt: skip
    moved = take_off(by=alice, turn=turn)
    assert moved is not None
    assert moved.volunteer_id == people[2].id
    with acting(alice):
        Shift.objects.filter(id=early.id).update(cut_off=timezone.now() - dt.timedelta(minutes=1))
    assert take_off(by=alice, turn=moved) is None


def test_what_was_cancelled_is_not_laid_out_again(post: Post, alice: Any) -> None:
    early = shift(alice, post)
    cancel_shift(by=alice, shift=early)
    assert lay_out(by=alice, post=post, first=early.day, last=early.day + 3 * DAY) == 3


def test_the_end_of_an_emergency_closes_its_posts(alice: Any, cast: Any, places: Any) -> None:
    county = cast.actor("headquarters")
    emergency = create_emergency(
        by=county, name="示例", disease="示例", place_code=places.county, level=1
    )
    home = places[places.community]
    post = open_post(
        by=county, place=home, name="北门", kind="gate", emergency=emergency,
        patterns=[NewPattern(EARLY, dt.time(8), 480, 1)],
    )  # fmt: skip
    day = timezone.localdate() + 2 * DAY
    lay_out(by=county, post=post, first=day, last=day)
    early = shift(county, post)
    one = enlisted(county, home, "测试甲")
    turn = put_on(by=county, shift=early, volunteer=one)
    with acting(county):
        Whereabouts.objects.create(turn=turn, emergency=emergency, position="116.83871,38.30460")
        User.objects.filter(id=alice.user_id).update(person_id=one.person_id)
        end_with_emergency(county, emergency.id)
        end_with_emergency(county, emergency.id)
        post.refresh_from_db()
        early.refresh_from_db()
        assert not Whereabouts.objects.exists()
    assert post.closed_on == timezone.localdate()
    assert early.cancelled_at is not None
    assert states(county, early) == {"测试甲": "taken_off"}
    with acting(alice):
        told = Notification.objects.get(template="mobilise.emergency_over")
    assert json.loads(told.context) == {"count": 1}
