from __future__ import annotations

from uuid import uuid4

import pytest

from fangxian.common.actor import Actor
from fangxian.common.errors import Forbidden, Invalid, OutOfScope
from fangxian.common.scoping import acting
from fangxian.field.actions import NewVisit, record_visit, record_visits
from fangxian.field.models import Campaign, Target, Visit
from fangxian.field.queries import coverage
from fangxian.register.actions import close_household
from fangxian.register.models import Household


def households(by: Actor) -> list[Household]:
    with acting(by):
        return list(Household.objects.order_by("place_code", "room"))


def cover(by: Actor, campaign: Campaign, code: str) -> tuple[int, int, int, int]:
    with acting(by):
        at = coverage(campaign, [code])[code]
    return at.target, at.visited, at.exempt, at.gap


def visit(campaign: Campaign, household: Household, outcome: str = "all_well", **more) -> NewVisit:
    return NewVisit(uuid4(), campaign.id, household.id, outcome, **more)


def test_starting_makes_every_household_a_gap_at_every_level(cast, campaign, places):
    hq = cast.actor("headquarters")
    for code in (places.county, places.town, places.community):
        assert cover(hq, campaign, code) == (4, 0, 0, 4)
    assert cover(hq, campaign, places.grid) == (3, 0, 0, 3)


def test_a_visit_covers_its_household_at_every_level(cast, campaign, places, bob):
    first = households(bob)[0]
    answer = record_visit(by=bob, visit=visit(campaign, first))
    assert answer.result == "applied"
    assert cover(bob, campaign, places.grid) == (3, 1, 0, 2)
    assert cover(cast.actor("headquarters"), campaign, places.county) == (4, 1, 0, 3)


def test_the_same_operation_counts_once_and_another_body_is_refused(campaign, places, bob):
    first = households(bob)[0]
    sent = visit(campaign, first)
    results = [record_visits(by=bob, visits=[sent])[0].result for _ in range(3)]
    assert results == ["applied", "duplicate", "duplicate"]
    other = NewVisit(sent.op_id, campaign.id, first.id, "absent")
    refused = record_visits(by=bob, visits=[other])[0]
    assert refused.result == "rejected"
    assert refused.problems[0].code == "op_id"
    with acting(bob):
        assert Visit.objects.count() == 1
    assert cover(bob, campaign, places.grid) == (3, 1, 0, 2)


def test_one_bad_visit_does_not_keep_back_the_others(campaign, places, bob):
    doors = households(bob)
    batch = [visit(campaign, door) for door in doors]
    batch[1] = visit(campaign, doors[1], "levitating")
    assert [a.result for a in record_visits(by=bob, visits=batch)] == [
        "applied",
        "rejected",
        "applied",
    ]
    assert cover(bob, campaign, places.grid) == (3, 2, 0, 1)


def test_absent_stays_a_gap_and_comes_back(campaign, places, bob):
    first = households(bob)[0]
    record_visit(by=bob, visit=visit(campaign, first, "absent"))
    assert cover(bob, campaign, places.grid) == (3, 0, 0, 3)
    record_visit(by=bob, visit=visit(campaign, first))
    record_visit(by=bob, visit=visit(campaign, first, "refused"))
    assert cover(bob, campaign, places.grid) == (3, 1, 0, 2)
    with acting(bob):
        target = Target.objects.get(household=first)
        assert (target.visits, target.state, target.outcome) == (3, "visited", "refused")


def test_answers_are_checked_and_kept_sealed(campaign, bob):
    first = households(bob)[0]
    bad = visit(campaign, first, "exceptions", answers={"fever": "yes", "temperature": 99})
    refused = record_visits(by=bob, visits=[bad])[0]
    assert [(p.field, p.code) for p in refused.problems] == [("temperature", "answer")]
    good = visit(campaign, first, "exceptions", answers={"fever": "yes", "temperature": 38.5})
    record_visit(by=bob, visit=good)
    with acting(bob):
        kept = Visit.objects.get()
        assert kept.exceptions == 1
        assert '"temperature":38.5' in kept.answers


def test_a_door_elsewhere_is_not_there(campaign, cast, bob, charlie):
    with acting(cast.actor("headquarters")):
        elsewhere = Household.objects.get(place_code="13090200100100200101")
    for outsider in (bob, charlie):
        with pytest.raises(OutOfScope):
            record_visit(by=outsider, visit=visit(campaign, elsewhere))
    with pytest.raises(Forbidden):
        record_visit(by=cast.actor("laboratory"), visit=visit(campaign, elsewhere))


def test_a_correction_takes_the_cover_back_at_every_level(cast, campaign, places, bob):
    hq = cast.actor("headquarters")
    first = households(bob)[0]
    mistaken = visit(campaign, first)
    record_visit(by=bob, visit=mistaken)
    assert cover(hq, campaign, places.county) == (4, 1, 0, 3)
    record_visit(by=bob, visit=visit(campaign, first, "absent", corrects=mistaken.op_id))
    for code in (places.grid, places.community):
        assert cover(hq, campaign, code)[1] == 0
    with pytest.raises(Invalid):
        record_visit(by=bob, visit=visit(campaign, first, corrects=mistaken.op_id))
    with acting(bob):
        assert Visit.objects.count() == 2


def test_a_corrected_visit_at_a_closed_household_leaves_no_gap(campaign, places, bob):
    first = households(bob)[0]
    mistaken = visit(campaign, first)
    record_visit(by=bob, visit=mistaken)
    close_household(by=bob, household_id=first.id)
    assert cover(bob, campaign, places.grid) == (3, 1, 0, 2)
    record_visit(by=bob, visit=visit(campaign, first, "absent", corrects=mistaken.op_id))
    assert cover(bob, campaign, places.grid) == (2, 0, 0, 2)
