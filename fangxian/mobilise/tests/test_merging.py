"""A human recorded twice serves once; after the undo both entries are as they were."""

from __future__ import annotations

import datetime as dt
from typing import Any

from fangxian.common.scoping import acting
from fangxian.mobilise.actions import (
    Brings,
    NewLine,
    NewPattern,
    NewSkill,
    ask_swap,
    change_volunteer,
    claim,
    decide_claim,
    put_on,
    release,
)
from fangxian.mobilise.models import (
    CallLine,
    Placement,
    Pledge,
    Shift,
    Skill,
    Swap,
    Turn,
    Volunteer,
)
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
from fangxian.mobilise.tests.test_calls import line, sent
from fangxian.people import actions as people
from fangxian.people.models import NameToken, PersonLink

TURN = ("id", "volunteer_id", "state", "ended_at")


def state(by: Any) -> list[Any]:
    with acting(by):
        return [
            list(Volunteer.objects.order_by("pk").values()),
            sorted(Turn.objects.values_list(*TURN), key=str),
            sorted(
                (s.pk, s.volunteer_id, s.certificate, s.expires_on) for s in Skill.objects.all()
            ),
            sorted(Swap.objects.values_list("id", "to_id", "state"), key=str),
            sorted(PersonLink.objects.values_list("person_id", "place_code", "kind", "source_id")),
        ]


def counted(by: Any) -> None:
    with acting(by):
        for one in Shift.objects.all():
            assert one.placed == Turn.objects.filter(shift=one, state="placed").count()


def merged(by: Any, kept: Volunteer, lost: Volunteer) -> Any:
    entry = people.propose_merge(by=by, first_id=kept.person_id, second_id=lost.person_id)
    return people.merge(by=by, candidate_id=entry, keep_id=kept.person_id)


def test_of_two_entries_at_one_place_one_stays_with_all_that_hangs_on_both(
    alice: Any, cast: Any, places: Any
) -> None:
    home = places[places.community]
    soon = NewPattern(EARLY, dt.time(8), 240, 1)
    post = gate(alice, home, soon, NewPattern(LATE, dt.time(14), 240, 1), days=2)
    kept = enlisted(alice, home, "测试甲")
    lost = enlisted(alice, home, "测试乙", "driver", echelon=2, vehicle=True)
    third = enlisted(alice, home, "测试丙")
    for who, last in ((kept, DAY), (lost, 2 * DAY)):
        nurse = NewSkill("nurse", who.name, shift(alice, post).day + last)
        change_volunteer(
            by=alice, volunteer=who, organisation=None, echelon=who.echelon, vehicle=who.vehicle,
            fit=None, skills=[nurse] + [NewSkill("driver")] * (who is lost),
        )  # fmt: skip
    first, late, next_day = shift(alice, post), shift(alice, post, LATE), shift(alice, post, at=1)
    # Both are on the first shift, with somebody who waits behind them.
    early = put_on(by=alice, shift=first, volunteer=lost)
    waits = put_on(by=alice, shift=first, volunteer=kept)
    behind = put_on(by=alice, shift=first, volunteer=third)
    put_on(by=alice, shift=next_day, volunteer=kept)
    theirs = put_on(by=alice, shift=shift(alice, post, LATE, at=1), volunteer=third)
    swap = ask_swap(by=as_volunteer(cast, "alice", third), turn=theirs, to=lost)
    before = state(alice)

    done = merged(alice, kept, lost)
    with acting(alice):
        (one,) = Volunteer.objects.filter(
            to_date=None, person_id__in=[kept.person_id, lost.person_id]
        )
        assert (one.id, one.person_id) == (kept.id, kept.person_id)
        assert (one.echelon, one.vehicle) == (1, True)
        turns = {turn.id: turn for turn in Turn.objects.filter(volunteer=kept)}
        assert turns[early.id].state == "placed"
        assert turns[waits.id].state == "taken_off"
        assert Turn.objects.get(id=behind.id).state == "waiting"
        nurse = Skill.objects.get(volunteer=kept, skill="nurse")
        assert (nurse.certificate, nurse.expires_on) == ("测试乙", first.day + 2 * DAY)
        assert Skill.objects.filter(volunteer=kept, skill="driver").exists()
        assert Swap.objects.get(id=swap.id).to_id == kept.id
        assert not PersonLink.objects.filter(source_id=lost.id).exclude(kind="merged").exists()
    counted(alice)

    people.undo_merge(by=alice, merge_id=done.id)
    assert state(alice) == before
    assert late.placed == 0


def test_two_shifts_at_a_time_become_one_and_the_line_moves_up(alice: Any, places: Any) -> None:
    home = places[places.community]
    post = gate(alice, home, NewPattern(EARLY, dt.time(8), 240, 1), days=1)
    other = gate(alice, places[places.grid], NewPattern(NIGHT, dt.time(9), 240, 1), days=1)
    kept, lost, third = (enlisted(alice, home, f"测试{n}") for n in "甲乙丙")
    put_on(by=alice, shift=shift(alice, post), volunteer=kept)
    later = put_on(by=alice, shift=shift(alice, other, NIGHT), volunteer=lost)
    waits = put_on(by=alice, shift=shift(alice, other, NIGHT), volunteer=third)
    done = merged(alice, kept, lost)
    with acting(alice):
        assert Turn.objects.get(id=later.id).state == "taken_off"
        assert Turn.objects.get(id=waits.id).state == "placed"
    # The place is somebody else's by now: whoever had it is the first in the line.
    people.undo_merge(by=alice, merge_id=done.id)
    with acting(alice):
        again = Turn.objects.get(id=later.id)
        assert (again.state, again.volunteer_id, again.number) == ("waiting", lost.id, 1)
        assert Turn.objects.get(id=waits.id).state == "placed"
    counted(alice)


def test_merges_are_undone_one_after_the_other(alice: Any, places: Any) -> None:
    home = places[places.community]
    one, two, three = (enlisted(alice, home, f"测试{n}") for n in "甲乙丙")
    start = state(alice)
    first = merged(alice, one, two)
    between = state(alice)
    second = merged(alice, one, three)
    people.undo_merge(by=alice, merge_id=second.id)
    assert state(alice) == between
    people.undo_merge(by=alice, merge_id=first.id)
    assert state(alice) == start


def able(by: Any, one: Volunteer, **more: Any) -> None:
    given: dict[str, Any] = {"vehicle": False, "fit": None, **more}
    change_volunteer(by=by, volunteer=one, organisation=None, skills=(), echelon=1, **given)


def test_one_vehicle_stays_whole_and_a_later_change_outlives_the_undo(
    alice: Any, places: Any
) -> None:
    home = places[places.community]
    kept, lost = (enlisted(alice, home, f"测试{n}") for n in "甲乙")
    able(alice, kept, brings=Brings(languages=("mandarin",)))
    able(alice, lost, vehicle=True, brings=Brings("car", 4, ("cantonese", "mandarin")))
    done = merged(alice, kept, lost)
    with acting(alice):
        one = Volunteer.objects.get(id=kept.id)
        assert (one.vehicle, one.vehicle_kind, one.seats) == (True, "car", 4)
        assert one.languages == ["mandarin", "cantonese"]
    # Another car since: it is whoever said so that brings it.
    able(alice, one, vehicle=True, brings=Brings("car", 2, ("mandarin", "cantonese")))
    people.undo_merge(by=alice, merge_id=done.id)
    with acting(alice):
        one = Volunteer.objects.get(id=kept.id)
        assert (one.vehicle, one.vehicle_kind, one.seats) == (True, "car", 2)
        assert one.languages == ["mandarin"]


def test_a_swap_is_not_asked_for_twice_by_the_undo(alice: Any, cast: Any, places: Any) -> None:
    home = places[places.community]
    post = gate(alice, home, days=1)
    kept, lost, third = (enlisted(alice, home, f"测试{n}") for n in "甲乙丙")
    turn = put_on(by=alice, shift=shift(alice, post), volunteer=kept)
    me = as_volunteer(cast, "alice", kept)
    to_himself = ask_swap(by=me, turn=turn, to=lost)
    done = merged(me, kept, lost)
    again = ask_swap(by=me, turn=turn, to=third)
    people.undo_merge(by=me, merge_id=done.id)
    with acting(me):
        states = dict(Swap.objects.values_list("id", "state"))
    assert states == {to_himself.id: "withdrawn", again.id: "asked"}


def test_who_no_longer_fits_a_shift_waits_after_the_undo(alice: Any, places: Any) -> None:
    home = places[places.community]
    post = gate(alice, home, NewPattern(EARLY, dt.time(8), 240, 2), days=1)
    kept, lost = (enlisted(alice, home, f"测试{n}") for n in "甲乙")
    put_on(by=alice, shift=shift(alice, post), volunteer=kept)
    theirs = put_on(by=alice, shift=shift(alice, post), volunteer=lost)
    done = merged(alice, kept, lost)
    with acting(alice):
        assert Turn.objects.get(id=theirs.id).state == "taken_off"
        Volunteer.objects.filter(id=lost.id).update(fit=False)
    people.undo_merge(by=alice, merge_id=done.id)
    with acting(alice):
        assert Turn.objects.get(id=theirs.id).state == "waiting"
    counted(alice)


def pledges(by: Any) -> list[Any]:
    with acting(by):
        links = PersonLink.objects.filter(kind="volunteer")
        return [
            list(Pledge.objects.order_by("id").values_list("id", "volunteer", "state")),
            [
                # What is lent to an account is lent anew.
                {**row, "lent": row["lent"] is not None}
                for row in Placement.objects.order_by("id").values()
            ],
            list(CallLine.objects.order_by("id").values_list("id", "placed")),
            list(Volunteer.objects.order_by("id").values()),
            sorted(links.values_list("person_id", "place_code", "source_id")),
        ]


def test_one_human_has_one_pledge_in_a_call_the_better_one(
    cast: Any, alice: Any, places: Any
) -> None:
    hq = cast.actor("headquarters")
    home, far = places[places.community], places[places.other_community]
    kept, lost, third = (enlisted(alice, home, f"测试{n}") for n in "甲乙丙")
    lines = [NewLine(far, 1, "组长", key=True), NewLine(home, 1, key=True)]
    call = sent(hq, places[places.county], lines)
    near = claim(by=as_volunteer(cast, "alice", kept), line=line(call, 2))
    theirs = as_volunteer(cast, "alice", lost)
    placed = claim(by=theirs, line=line(call))
    decide_claim(by=hq, placement=placed, confirm=True)
    before = pledges(hq)
    done = merged(hq, kept, lost)
    with acting(hq):
        (one,) = Pledge.objects.exclude(state="withdrawn")
        assert (one.id, one.volunteer_id, one.state) == (placed.pledge_id, kept.id, "placed")
        assert Placement.objects.get(id=near.id).state == "given_up"
        call.refresh_from_db()
        assert (call.pledged, line(call).placed, line(call, 2).placed) == (1, 1, 0)
    people.undo_merge(by=hq, merge_id=done.id)
    assert pledges(hq) == before
    # Which of the two records is kept makes no difference.
    done = merged(hq, lost, kept)
    people.undo_merge(by=hq, merge_id=done.id)
    assert pledges(hq) == before
    done = merged(hq, kept, lost)
    other = claim(by=as_volunteer(cast, "alice", third), line=line(call, 2))
    people.undo_merge(by=hq, merge_id=done.id)
    with acting(hq):
        states = dict(Placement.objects.values_list("id", "state"))
        assert states == {placed.id: "confirmed", near.id: "given_up", other.id: "asked"}
        assert Pledge.objects.get(id=near.pledge_id).state == "pledged"


def test_who_was_enlisted_by_a_place_leaves_with_it(cast: Any, alice: Any, places: Any) -> None:
    hq = cast.actor("headquarters")
    home, far = places[places.community], places[places.other_community]
    kept, lost = (enlisted(alice, home, f"测试{n}") for n in "甲乙")
    call = sent(hq, places[places.county], [NewLine(far, 2, key=True)])
    has = []
    for one in (kept, lost):
        has.append(claim(by=as_volunteer(cast, "alice", one), line=line(call)))
        decide_claim(by=hq, placement=has[-1], confirm=True)
    before = pledges(hq)
    done = merged(hq, kept, lost)
    with acting(hq):
        there = Volunteer.objects.filter(place_code=far.code, to_date=None)
        (one,) = there
        assert one.person_id == kept.person_id
        assert line(call).placed == 1
    people.undo_merge(by=hq, merge_id=done.id)
    assert pledges(hq) == before
    release(by=hq, placement=has[1])
    with acting(hq):
        assert [one.person_id for one in there.all()] == [kept.person_id]
        links = PersonLink.objects.filter(place_code=far.code, kind="volunteer")
        assert list(links.values_list("person_id", flat=True)) == [kept.person_id]
        tokens = NameToken.objects.filter(place_code=far.code)
        assert set(tokens.values_list("person_id", flat=True)) == {kept.person_id}
