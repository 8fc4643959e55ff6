"""Whatever people do in whatever order: swaps lose nothing, lines keep order, hours add up."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fangxian.common.errors import Conflict, Invalid
from fangxian.common.scoping import acting
from fangxian.mobilise import queries
from fangxian.mobilise.actions import (
    NewPattern,
    agree_to_swap,
    ask_swap,
    change_heads,
    decline_swap,
    put_on,
    record_arrival,
    record_departure,
    sign_up,
    take_off,
    withdraw,
    withdraw_swap,
)
from fangxian.mobilise.line import HELD
from fangxian.mobilise.models import Shift, Swap, Turn, Volunteer
from fangxian.mobilise.tests.conftest import EARLY, as_volunteer, enlisted, gate

pytestmark = pytest.mark.slow
MINUTE = dt.timedelta(minutes=1)
PLACED = Turn.State.PLACED
PEOPLE, SHIFTS = 3, 4
a_few = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

STEPS = ["on", "off", "ask", "ask", "ask", "agree", "agree", "agree", "decline", "withdraw"]
WHO = st.integers(0, PEOPLE - 1)
WHERE = st.integers(0, SHIFTS - 1)


@a_few
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(STEPS), WHO, WHERE, st.booleans()), min_size=12, max_size=20
    )
)
def test_a_swap_exchanges_or_changes_nothing(
    places: Any, cast: Any, alice: Any, steps: list[tuple[str, int, int, bool]]
) -> None:
    """Against a plain list of who is on which shift, each with one head on a day of its own."""
    with acting(alice), transaction.atomic():
        home = places[places.community]
        post = gate(alice, home, NewPattern(EARLY, dt.time(8), 480, 1), days=SHIFTS)
        shifts = list(Shift.objects.filter(post=post).order_by("day"))
        people = [enlisted(alice, home, f"测试{n}") for n in range(PEOPLE)]
        on: list[int | None] = [at % PEOPLE for at in range(SHIFTS)]
        for shift, who in zip(shifts, on, strict=True):
            put_on(by=alice, shift=shift, volunteer=people[who or 0])
        asked: dict[int, tuple[Swap, int, int | None]] = {}  # shift → swap, of whom, for which

        def turn(at: int) -> Turn:
            return Turn.objects.get(shift=shifts[at], state=PLACED)

        for what, who, at, exchange in steps:
            holder = on[at]
            if what == "on" and holder is None:
                put_on(by=alice, shift=shifts[at], volunteer=people[who])
                on[at] = who
            elif what == "off" and holder is not None:
                take_off(by=alice, turn=turn(at))
                on[at] = None
            elif what == "ask" and holder is not None:
                # For a shift of the other's, or for nothing.
                back = on.index(who) if exchange and who in on else None
                given = None if back is None else turn(back)
                me = as_volunteer(cast, "alice", people[holder])
                if who == holder or _is_open(asked, turn(at)):
                    with pytest.raises(Invalid if who == holder else Conflict):
                        ask_swap(by=me, turn=turn(at), to=people[who], back=given)
                else:
                    asked[at] = (
                        ask_swap(by=me, turn=turn(at), to=people[who], back=given), who, back
                    )  # fmt: skip
            elif what in {"agree", "decline", "withdraw"} and asked:
                of = list(asked)[at % len(asked)]
                swap, to, back = asked.pop(of)
                _answer(what, swap, to, of, back, cast, people, on)
            found = {one.shift_id: one.volunteer_id for one in Turn.objects.filter(state=PLACED)}
            assert found == {
                shift.id: people[who].id for shift, who in zip(shifts, on, strict=True)
                if who is not None
            }  # fmt: skip
            for shift, who in zip(shifts, on, strict=True):
                shift.refresh_from_db()
                assert shift.placed == (who is not None)
        transaction.set_rollback(True)


@a_few
@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(["tap", "tap", "tap", "back", "off", "absent", "heads", "closed"]),
            st.integers(0, 4),
        ),
        min_size=12,
        max_size=24,
    )
)
def test_the_line_moves_up_in_its_order(
    places: Any, cast: Any, alice: Any, steps: list[tuple[str, int]]
) -> None:
    """Against two plain lists: who has a place, who waits; after the cut-off nobody moves up."""
    with acting(alice), transaction.atomic():
        home = places[places.community]
        post = gate(alice, home, NewPattern(EARLY, dt.time(8), 480, 2), days=1)
        shift, heads, closed = Shift.objects.get(post=post), 2, False
        people = [enlisted(alice, home, f"测试{n}") for n in range(5)]
        on: list[int] = []
        line: list[int] = []
        for what, n in steps:
            me = as_volunteer(cast, "alice", people[n])
            held = Turn.objects.filter(shift=shift, volunteer=people[n], state__in=HELD).first()
            assert (held is not None) == (n in on + line)
            if what == "tap" and closed:
                with pytest.raises(Conflict), transaction.atomic():
                    sign_up(by=me, shift=shift)
            elif what == "tap":
                sign_up(by=me, shift=shift)
                if n not in on + line:
                    (on if len(on) < heads else line).append(n)
            elif what == "back" and held is not None and closed and n in on:
                with pytest.raises(Conflict), transaction.atomic():
                    withdraw(by=me, turn=held)
            elif what in {"back", "off"} and held is not None:
                (withdraw if what == "back" else take_off)(by=me, turn=held)
                (on if n in on else line).remove(n)
            elif what == "absent" and held is not None:
                # He may be missed once it has begun, when sign-up is over.
                with pytest.raises(Conflict), transaction.atomic():
                    take_off(by=alice, turn=held, absent=True)
            elif what == "heads" and len(on) > n + 1:
                with pytest.raises(Conflict), transaction.atomic():
                    change_heads(by=alice, shift=shift, heads=n + 1, skills={})
            elif what == "heads":
                change_heads(by=alice, shift=shift, heads=n + 1, skills={})
                heads = n + 1
            elif what == "closed" and n == 0:
                closed = True
                Shift.objects.filter(id=shift.id).update(cut_off=timezone.now() - MINUTE)
            while not closed and line and len(on) < heads:
                on.append(line.pop(0))
            turns = Turn.objects.filter(shift=shift).order_by("number")
            assert {one.volunteer_id for one in turns if one.state == PLACED} == {
                people[one].id for one in on
            }
            assert [one.volunteer_id for one in turns if one.state == Turn.State.WAITING] == [
                people[one].id for one in line
            ]
            shift.refresh_from_db()
            assert shift.placed == len(on)
        transaction.set_rollback(True)


def _is_open(asked: dict[int, tuple[Swap, int, int | None]], turn: Turn) -> bool:
    return any(swap.turn_id == turn.id for swap, _to, _back in asked.values())


def _answer(
    what: str,
    swap: Swap,
    to: int,
    at: int,
    back: int | None,
    cast: Any,
    people: list[Volunteer],
    on: list[int | None],
) -> None:
    """Answer what was asked; ``on`` follows where it may be agreed to."""
    swap.refresh_from_db()
    asker = people.index(Turn.objects.select_related("volunteer").get(id=swap.turn_id).volunteer)
    by = as_volunteer(cast, "alice", people[asker if what == "withdraw" else to])
    if what != "agree":
        (withdraw_swap if what == "withdraw" else decline_swap)(by=by, swap=swap)
        return
    stands = Turn.objects.filter(
        id__in=[swap.turn_id, *([swap.back_id] if swap.back_id else [])], state=PLACED
    ).count() == 1 + (swap.back_id is not None)
    if not stands:
        with pytest.raises(Conflict), transaction.atomic():
            agree_to_swap(by=by, swap=swap)
        return
    agree_to_swap(by=by, swap=swap)
    on[at] = to
    if back is not None:
        on[back] = asker


@a_few
@given(
    attended=st.lists(
        st.tuples(WHO, st.integers(30, 600), st.integers(0, 300), st.integers(1, 700)),
        max_size=SHIFTS,
    )
)
def test_the_credits_of_all_are_the_shifts_that_were_worked(
    places: Any, alice: Any, attended: list[tuple[int, int, int, int]]
) -> None:
    """(who, minutes of the shift, minutes late, minutes there), each on a shift of its own."""
    with acting(alice), transaction.atomic():
        home = places[places.community]
        post = gate(alice, home, NewPattern(EARLY, dt.time(8), 480, 1), days=SHIFTS)
        people = [enlisted(alice, home, f"测试{n}") for n in range(PEOPLE)]
        worked = [0] * PEOPLE
        now = timezone.now()
        shifts = Shift.objects.filter(post=post).order_by("day")
        for ago, (shift, (who, length, late, there)) in enumerate(
            zip(shifts, attended, strict=False), start=1
        ):
            turn = put_on(by=alice, shift=shift, volunteer=people[who])
            begins = now - dt.timedelta(days=ago, minutes=length)
            Shift.objects.filter(id=shift.id).update(
                starts_at=begins, ends_at=begins + length * MINUTE, cut_off=begins
            )
            came = begins + min(late, length) * MINUTE
            record_arrival(by=alice, turn=turn, at=came)
            record_departure(by=alice, turn=turn, at=came + there * MINUTE)
            credit = Turn.objects.get(id=turn.id).minutes
            assert credit is not None
            inside = min(length, min(late, length) + there) - min(late, length)
            # A little late and a little early are forgiven, ten minutes each.
            assert inside <= credit <= min(length, inside + 20)
            worked[who] += credit
        assert [queries.credited(one.person_id) for one in people] == worked
        transaction.set_rollback(True)
