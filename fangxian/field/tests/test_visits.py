from __future__ import annotations

import datetime as dt
from copy import deepcopy
from uuid import uuid4

import pytest
from django.utils import timezone

from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, Forbidden, Invalid, OutOfScope
from fangxian.common.scoping import acting
from fangxian.core.rules import add_rule_version, rule
from fangxian.field.actions import (
    NewVisit,
    close_campaign,
    end_exemption,
    exempt,
    extend_campaign,
    lapse_exemptions,
    record_visit,
    record_visits,
)
from fangxian.field.models import Campaign, Exemption, Target, Visit
from fangxian.field.queries import coverage
from fangxian.field.tests.conftest import begin
from fangxian.register.actions import change_household, close_household, create_household
from fangxian.register.models import Household

AWAY = "13090200100100200101"


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


def test_after_an_extension_a_corrected_door_is_due_at_the_later_end(cast, places, bob, settings):
    """Though the process that corrects read the sweep before it was extended."""
    settings.FANGXIAN_AREA = places.county
    hq = cast.actor("headquarters")
    since = timezone.localdate() - dt.timedelta(days=30)
    create_household(by=hq, place_code=places.unit, room="101")
    with acting(hq):
        data = deepcopy(rule("field").data)
        for outcome in data["outcomes"]:
            outcome.pop("revisit_days", None)
        add_rule_version(by=hq, name="field", data=data, source="指挥部第1号令", valid_from=since)
    campaign = begin(hq, places)
    door = households(bob)[0]
    mistaken = visit(campaign, door)
    record_visit(by=bob, visit=mistaken)
    later = campaign.ends_on + dt.timedelta(days=4)
    extend_campaign(by=hq, campaign=campaign, ends_on=later)
    record_visit(by=bob, visit=visit(campaign, door, "absent", corrects=mistaken.op_id))
    assert target_of(bob, door).due_on == later


def test_a_corrected_visit_at_a_closed_household_leaves_no_gap(campaign, places, bob):
    first = households(bob)[0]
    mistaken = visit(campaign, first)
    record_visit(by=bob, visit=mistaken)
    close_household(by=bob, household_id=first.id)
    assert cover(bob, campaign, places.grid) == (3, 1, 0, 2)
    record_visit(by=bob, visit=visit(campaign, first, "absent", corrects=mistaken.op_id))
    assert cover(bob, campaign, places.grid) == (2, 0, 0, 2)


def target_of(by: Actor, household: Household) -> Target:
    with acting(by):
        return Target.objects.select_related("campaign").get(household=household)


def test_a_repeat_is_a_duplicate_whatever_has_changed_since(campaign, cast, places, bob):
    hq = cast.actor("headquarters")
    first, second, third = households(bob)
    moved = visit(campaign, first)
    gone = visit(campaign, second, "absent")
    dated = visit(campaign, third, "absent", revisit_on=timezone.localdate())
    mistaken = visit(campaign, third, "refused")
    correction = visit(campaign, third, "absent", corrects=mistaken.op_id)
    sent = [moved, gone, dated, mistaken, correction]
    assert {a.result for a in record_visits(by=bob, visits=sent)} == {"applied"}
    change_household(by=hq, household_id=first.id, place_code=AWAY, room="901")
    close_household(by=hq, household_id=second.id)
    assert {a.result for a in record_visits(by=bob, visits=sent)} == {"duplicate"}
    close_campaign(by=hq, campaign=campaign)
    assert {a.result for a in record_visits(by=bob, visits=sent)} == {"duplicate"}
    assert record_visit(by=bob, visit=moved).result == "duplicate"
    other = NewVisit(moved.op_id, campaign.id, first.id, "absent")
    assert record_visits(by=bob, visits=[moved, other])[1].result == "rejected"
    with acting(hq):
        assert Visit.objects.count() == 5


def test_a_correction_under_a_number_used_elsewhere_keeps_back_no_other(
    campaign, cast, places, bob
):
    hq = cast.actor("headquarters")
    with acting(hq):
        elsewhere = Household.objects.get(place_code="13090200100100200101")
    foreign = visit(campaign, elsewhere)
    record_visit(by=hq, visit=foreign)
    first, second, _third = households(bob)
    mistaken = visit(campaign, first)
    correction = NewVisit(foreign.op_id, campaign.id, first.id, "absent", corrects=mistaken.op_id)
    answers = record_visits(by=bob, visits=[mistaken, correction, visit(campaign, second)])
    assert [a.result for a in answers] == ["applied", "rejected", "applied"]
    assert answers[1].problems[0].code == "op_id"


@pytest.mark.parametrize("number", ["inf", "-inf", "nan", "1e999", 1e300, "9" * 400, True, [], {}])
def test_a_number_out_of_bounds_is_one_bad_answer(campaign, bob, number):
    first, second, _third = households(bob)
    answers = {"fever": "yes", "temperature": number}
    batch = [visit(campaign, first, "exceptions", answers=answers), visit(campaign, second)]
    found = record_visits(by=bob, visits=batch)
    assert found[1].result == "applied"
    if number != []:
        assert [(p.field, p.code) for p in found[0].problems] == [("temperature", "answer")]


def test_what_arrives_late_does_not_overrule_what_was_found_later(campaign, bob):
    first = households(bob)[0]
    now = timezone.now()
    today = timezone.localdate()
    late = visit(
        campaign,
        first,
        "refused",
        visited_at=now - dt.timedelta(hours=20),
        revisit_on=today + dt.timedelta(days=1),
    )
    newer = visit(
        campaign, first, "absent", visited_at=now, revisit_on=today + dt.timedelta(days=4)
    )
    record_visit(by=bob, visit=newer)
    record_visit(by=bob, visit=late)
    at = target_of(bob, first)
    assert (at.outcome, at.due_on) == ("absent", today + dt.timedelta(days=4))
    # The later one was a mistake: what holds is the earlier.
    correction = visit(
        campaign,
        first,
        "refused",
        visited_at=now - dt.timedelta(hours=30),
        revisit_on=today + dt.timedelta(days=2),
        corrects=newer.op_id,
    )
    record_visit(by=bob, visit=correction)
    at = target_of(bob, first)
    assert (at.outcome, at.due_on) == ("refused", today + dt.timedelta(days=1))
    assert at.last_visit_at == late.visited_at


def test_an_exemption_that_a_mistaken_visit_ended_goes_on(campaign, places, alice, bob):
    first = households(bob)[0]
    until = timezone.localdate() + dt.timedelta(days=3)
    exempt(by=alice, target=target_of(bob, first), reason="away", until=until)
    mistaken = visit(campaign, first)
    record_visit(by=bob, visit=mistaken)
    assert cover(bob, campaign, places.grid) == (3, 1, 0, 2)
    record_visit(by=bob, visit=visit(campaign, first, "absent", corrects=mistaken.op_id))
    assert cover(bob, campaign, places.grid) == (3, 0, 1, 2)
    with acting(bob):
        assert Exemption.objects.get().ended_on is None


def test_a_closed_sweep_stays_as_it_is_at_midnight(campaign, cast, places, alice, bob):
    first, second, _third = households(bob)
    today = timezone.localdate()
    given = exempt(by=alice, target=target_of(bob, first), reason="away", until=today)
    close_campaign(by=cast.actor("headquarters"), campaign=campaign)
    assert lapse_exemptions(by=cast.actor("headquarters"), today=today + dt.timedelta(days=1)) == 0
    assert cover(bob, campaign, places.grid) == (3, 0, 1, 2)
    with pytest.raises(Conflict):
        exempt(by=alice, target=target_of(bob, second), reason="away", until=today)
    with pytest.raises(Conflict):
        end_exemption(by=alice, exemption=given)
    assert cover(bob, campaign, places.grid) == (3, 0, 1, 2)
