"""Rosters that solve themselves: from the shifts of a gate to what is published."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from django.utils import timezone

from fangxian.common.errors import Conflict
from fangxian.common.scoping import acting
from fangxian.core.models import Notification
from fangxian.mobilise import jobs, rostering, solve
from fangxian.mobilise.actions import (
    NewPattern,
    draft_roster,
    make_wish,
    publish_draft,
    put_on,
    repair_roster,
)
from fangxian.mobilise.drafting import basis_of
from fangxian.mobilise.load import overlaps, passed
from fangxian.mobilise.models import RosterDraft, Shift, Turn, Wish
from fangxian.mobilise.solve import Plan, answered, solved
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


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few rounds are enough to be right; more make it only better."""
    shipped = rostering.roster_rules
    monkeypatch.setattr(rostering, "roster_rules", lambda: replace(shipped(), rounds=1))


def week(by: Any, place: Any, heads: int = 1, days: int = 7, **skills: int) -> Any:
    """A gate with an early, a late and an overnight shift each day from tomorrow on."""
    return gate(
        by,
        place,
        NewPattern(EARLY, dt.time(8), 480, heads, skills),
        NewPattern(LATE, dt.time(16), 360, heads),
        NewPattern(NIGHT, dt.time(22), 600, heads),
        first=1,
        days=days,
    )


def worked_out(by: Any, place: Any, days: int = 7, **more: Any) -> tuple[rostering.Task, Plan]:
    """The roster of the days from tomorrow on, as a job would find it."""
    first = timezone.localdate() + DAY
    with acting(by):
        task = rostering.task_for(place.code, first, first + (days - 1) * DAY, **more)
    return task, solved(task, 7)


def drafted(by: Any, place: Any, **more: Any) -> RosterDraft:
    """A draft that is ready, as the job leaves it."""
    first = timezone.localdate() + DAY
    draft = draft_roster(by=by, place=place, first=first, last=first + 6 * DAY, **more)
    return ready(by, draft)


def ready(by: Any, draft: RosterDraft) -> RosterDraft:
    """The draft with what the job works out."""
    with acting(by):
        basis, task = basis_of(draft), rostering.gather(draft)
        jobs._keep(draft.id, task, solved(task, draft.seed), basis)
        draft.refresh_from_db()
    return draft


def refused(task: rostering.Task, plan: Plan) -> list[str]:
    """What the rules by which people are put on say of a roster, counted anew from it alone."""
    found = []
    slots = {one.shift: one for one in task.slots}
    heads = Counter(shift_id for shift_id, _who in plan.on)
    found += ["too many" for shift_id, n in heads.items() if n > slots[shift_id].heads]
    for who, human in task.humans.items():
        mine = sorted((slots[s] for s, one in plan.on if one == who), key=lambda o: o.stretch)
        for n, one in enumerate(mine):
            has = [*human.elsewhere, *(other.stretch for other in mine[:n])]
            if overlaps(one.stretch, has):
                found.append("overlap")
            found += passed(one.stretch, has, task.limits)
    return found


def test_the_draft_keeps_every_rule_and_fills_what_can_be_filled(alice: Any, places: Any) -> None:
    home = places[places.community]
    post = week(alice, home, heads=2, nurse=1)
    people = [enlisted(alice, home, f"测试{n}", *(["nurse"] if n < 3 else [])) for n in range(12)]
    off, taken = people[4], people[5]
    first = timezone.localdate() + DAY
    make_wish(by=alice, volunteer=off, kind="off", first=first, until=first + 6 * DAY)
    make_wish(by=alice, volunteer=people[6], kind="off", part="night", first=first)
    mine = put_on(by=alice, shift=shift(alice, post, EARLY, 3), volunteer=taken)
    enlisted(alice, home, "测试不适", fit=False)
    task, plan = worked_out(alice, home)
    assert refused(task, plan) == []
    on = {(shift_id, who) for shift_id, who in plan.on}
    assert (mine.shift_id, taken.person_id) in on, "who was put on by hand stays"
    assert not [1 for _shift, who in on if who == off.person_id]
    slots = {one.shift: one for one in task.slots}
    with acting(alice):
        nights = set(Shift.objects.filter(post=post, name=NIGHT).values_list("id", flat=True))
    assert not [1 for one, who in on if who == people[6].person_id and one in nights]
    assert plan.figures["short"] == []
    assert len(on) == sum(one.heads for one in task.slots) == plan.figures["heads"]
    nurses = {one.person_id for one in people[:3]}
    for one in slots.values():
        if one.skills:
            assert nurses & {who for shift_id, who in on if shift_id == one.shift}
    assert plan.figures["bound"] <= plan.figures["points"]


def test_days_of_rest_are_left_to_everybody(alice: Any, places: Any) -> None:
    """Two people for a week of single shifts, who may work three days of it each."""
    home = places[places.community]
    post = gate(alice, home, NewPattern(EARLY, dt.time(8), 240, 1), first=1, days=7)
    for n in range(2):
        enlisted(alice, home, f"测试{n}")
    task, free = worked_out(alice, home)
    assert len(free.on) == 7
    tight = replace(task, limits=replace(task.limits, rest_days=4, rest_within=7))
    plan = solved(tight, 7)
    assert (len(plan.on), refused(tight, plan)) == (6, [])
    with acting(alice):
        assert Shift.objects.filter(post=post).count() == 7
    # What breaks it is found: the roster of before, by the same rules.
    assert set(refused(tight, free)) == {"rest_days"}


def test_nights_and_weekends_of_the_weeks_before_are_made_up_for(
    alice: Any, places: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three nights and a holiday were one's before; who is new isn't asked to make up for them."""
    home, first = places[places.community], timezone.localdate() + 6 * DAY
    holidays = {first - 4 * DAY, first + DAY}
    monkeypatch.setattr(rostering, "is_working_day", lambda day: day not in holidays)
    post = gate(alice, home, NewPattern(NIGHT, dt.time(0), 480, 1), first=1, days=9)
    people = [enlisted(alice, home, f"测试{n}") for n in range(3)]
    for at in range(3):
        put_on(by=alice, shift=shift(alice, post, NIGHT, at), volunteer=people[0])
    with acting(alice):
        task = rostering.task_for(home.code, first, first + 3 * DAY)
    served, other, new = (one.person_id for one in people)
    since = {served: first - 90 * DAY, other: first - 90 * DAY, new: first}
    humans = {who: replace(one, since=since[who]) for who, one in task.humans.items()}
    made = solve._Made(replace(task, humans=humans))
    assert made.had == {served: (3, 1), other: (0, 0), new: (2, 0)}
    assert [made.problem.weekend_of(day) for day in range(4)] == [None, 1, None, None]
    assert made.problem.fair() == {str(served): (0, 0), str(other): (3, 1), str(new): (1, 1)}
    plan = solved(replace(task, humans=humans), 7)
    assert Counter(who for _shift, who in plan.on) == {other: 3, new: 1}


def test_the_same_seed_gives_the_same_roster(alice: Any, places: Any) -> None:
    home = places[places.community]
    week(alice, home, days=4)
    for n in range(5):
        enlisted(alice, home, f"测试{n}")
    task, plan = worked_out(alice, home, days=4)
    again = solved(task, 7)
    assert again.on == plan.on
    assert {**again.figures, "seconds": 0} == {**plan.figures, "seconds": 0}


def lines_of(by: Any, draft: RosterDraft) -> Counter[str]:
    """How many of each change."""
    with acting(by):
        return Counter(draft.lines.values_list("change", flat=True))


def test_publishing_puts_it_in_force_as_a_whole_and_tells_people(
    alice: Any, cast: Any, places: Any
) -> None:
    home = places[places.community]
    week(alice, home, days=7)
    people = [enlisted(alice, home, f"测试{n}") for n in range(6)]
    me = as_volunteer(cast, "bob", people[0])
    draft = drafted(alice, home)
    assert draft.state == "ready"
    assert draft.figures["short"] == []
    with pytest.raises(Conflict, match="重新计算"):
        publish_draft(by=alice, draft=draft, digest="another")
    publish_draft(by=alice, draft=draft, digest=draft.digest)
    with acting(alice):
        turns = Turn.objects.filter(state="placed", source="roster")
        assert turns.count() == 21
        assert {one.placed for one in Shift.objects.all()} == {1}
        mine = turns.filter(volunteer=people[0]).count()
    with acting(me):
        note = Notification.objects.get(template="mobilise.rostered")
        assert f'"new":{mine}' in note.context
    with pytest.raises(Conflict):
        publish_draft(by=alice, draft=draft, digest=draft.digest)
    # Worked out again, what is published stays: nobody has a reason to move.
    again = drafted(alice, home)
    assert lines_of(alice, again) == {"kept": 21}


def test_what_changed_meanwhile_is_named_and_nothing_is_published(
    alice: Any, cast: Any, places: Any
) -> None:
    home = places[places.community]
    post = week(alice, home)
    people = [enlisted(alice, home, f"测试{n}") for n in range(6)]
    draft = drafted(alice, home)
    with acting(alice):
        line = draft.lines.select_related("shift").order_by("shift__starts_at")[5]
    other = next(one for one in people if one.id != line.volunteer_id)
    put_on(by=alice, shift=line.shift, volunteer=other)
    with pytest.raises(Conflict, match=other.name):
        publish_draft(by=alice, draft=draft, digest=draft.digest)
    with acting(alice):
        assert Turn.objects.filter(state="placed").count() == 1
    assert shift(alice, post).placed in (0, 1)
    # A day off said meanwhile counts too, though nobody's place has changed.
    draft = drafted(alice, home)
    with acting(alice):
        line = draft.lines.filter(change="new").select_related("volunteer", "shift")[0]
    day = line.shift.day
    make_wish(by=alice, volunteer=line.volunteer, kind="off", first=day, until=day)
    with pytest.raises(Conflict, match=line.volunteer.name):
        publish_draft(by=alice, draft=draft, digest=draft.digest)


def test_a_repair_moves_few_and_only_for_who_fell_out(alice: Any, places: Any) -> None:
    home = places[places.community]
    week(alice, home, days=7)
    for n in range(8):
        enlisted(alice, home, f"测试{n}")
    draft = drafted(alice, home)
    publish_draft(by=alice, draft=draft, digest=draft.digest)
    with acting(alice):
        turn = Turn.objects.filter(state="placed").select_related("volunteer", "shift")[9]
    day, gone = turn.shift.day, turn.volunteer
    mending = ready(alice, repair_roster(by=alice, place=home, first=day, last=day, absent=[gone]))
    assert mending.repairs
    with acting(alice):
        off = list(mending.lines.filter(change="off"))
        new = list(mending.lines.filter(change="new").select_related("shift"))
        assert Wish.objects.get().volunteer_id == gone.id
    assert [one.turn_id for one in off] == [turn.id]
    assert [one.shift_id for one in new] == [turn.shift_id]
    assert new[0].volunteer_id != gone.id
    publish_draft(by=alice, draft=mending, digest=mending.digest)
    with acting(alice):
        turn.refresh_from_db()
        assert turn.state == "taken_off"
        assert Shift.objects.get(id=turn.shift_id).placed == 1


def test_why_a_shift_cant_be_filled_and_what_would_fill_it(alice: Any, places: Any) -> None:
    home = places[places.community]
    post = gate(alice, home, NewPattern(EARLY, dt.time(8), 480, 1, {"nurse": 1}), first=1, days=2)
    early = shift(alice, post)
    tired = enlisted(alice, home, "测试甲", "nurse")
    enlisted(alice, home, "测试乙")
    first = timezone.localdate() + DAY
    make_wish(by=alice, volunteer=tired, kind="off", first=first, until=first)
    with acting(alice):
        task = rostering.task_for(home.code, first, first + DAY)
        found = answered(task, early.id)
    assert found["reasons"] == {"off": 1, "skill": 1}
    assert set(found["rules"]) == {"off", "skill"}
    assert found["proved"]
    assert [way["aside"] for way in found["ways"]] == [
        [{"volunteer": str(tired.id), "code": "off"}]
    ]


def test_who_is_free_is_named_first(alice: Any, places: Any) -> None:
    home = places[places.community]
    post = week(alice, home, days=2)
    free = enlisted(alice, home, "测试甲")
    first = timezone.localdate() + DAY
    with acting(alice):
        task = rostering.task_for(home.code, first, first + DAY)
        found = answered(task, shift(alice, post).id)
    assert found["people"] == [{"volunteer": str(free.id), "codes": []}]
    assert (found["rules"], found["ways"]) == ([], [])


def test_limits_that_the_method_does_not_know_hold_all_the_same(alice: Any, places: Any) -> None:
    """Nights in a row and hours in any seven days, with too few people for all of them."""
    home = places[places.community]
    gate(alice, home, NewPattern(NIGHT, dt.time(20), 720, 1), first=1, days=14)
    for n in range(2):
        enlisted(alice, home, f"测试{n}")
    task, plan = worked_out(alice, home, days=14)
    assert refused(task, plan) == []
    # Three nights, then one off: two people can have them all but for sixty hours in seven days.
    assert len(plan.on) >= 12
    assert len(plan.on) + sum(one["n"] for one in plan.figures["short"]) == 14
