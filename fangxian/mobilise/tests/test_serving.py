"""One human who serves at several places."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from fangxian.accounts.models import Grant
from fangxian.accounts.queries import actor_of, grants_of
from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, Invalid
from fangxian.common.scoping import acting
from fangxian.mobilise import actions, links, rostering
from fangxian.mobilise.actions import NewLine, NewPattern, Sending
from fangxian.mobilise.models import Pledge, Skill, Swap, Volunteer
from fangxian.mobilise.queries import volunteers_of
from fangxian.mobilise.solve import solved
from fangxian.mobilise.tests.conftest import EARLY, LATE, as_volunteer, enlisted, gate, shift
from fangxian.mobilise.tests.test_calls import (
    _counts,
    _nobody,
    body,
    line,
    officer,
    sent,
    volunteering,
)
from fangxian.mobilise.tests.test_drafts import ready
from fangxian.mobilise.tests.test_following import told
from fangxian.people.actions import record_death as died
from fangxian.people.models import Person
from tests.kit.cast import START

COUNTY = Actor.system("test", "1309")


@pytest.fixture
def twice(alice: Any, cast: Any, places: Any) -> Any:
    """Somebody whose account acts in one community and who serves in another one as well."""
    home, far = places[places.community], places[places.other_community]
    here = enlisted(alice, home, "测试甲")
    there = actions.enlist(
        by=COUNTY,
        place=far,
        person=_person(here),
        organisation=None,
        skills=[],
        echelon=1,
        vehicle=False,
        fit=None,
    )
    user = cast.user("volunteer")
    Grant.objects.filter(user=user).delete()
    Grant.objects.create(user=user, role_id="volunteer", region=home, valid_from=START)
    return as_volunteer(cast, "volunteer", here), here, there


def _person(one: Volunteer) -> Person:
    with acting(COUNTY):
        return Person.objects.get(id=one.person_id)


def test_all_of_one_human_counts_wherever_it_was_recorded(
    twice: Any, alice: Any, places: Any, client_of: Any
) -> None:
    """One feed and one badge for both places; the same hours are not taken twice."""
    me, here, there = twice
    near = gate(alice, places[places.community], first=2, days=2)
    far = gate(COUNTY, places[places.other_community], first=2, days=1)
    early = shift(COUNTY, far, EARLY)
    actions.put_on(by=COUNTY, shift=early, volunteer=there)
    actions.sign_up(by=me, shift=shift(alice, near, LATE, at=1))
    with pytest.raises(Conflict):
        actions.sign_up(by=me, shift=shift(alice, near, EARLY))
    feeds = [_feed(one) for one in (here, there)]
    assert [one.content.count(b"BEGIN:VEVENT") for one in feeds] == [2, 2]
    with acting(COUNTY):
        now = timezone.now()
        type(early).objects.filter(id=early.id).update(
            starts_at=now - dt.timedelta(minutes=5),
            ends_at=now + dt.timedelta(hours=1),
            cut_off=now - dt.timedelta(hours=1),
        )
    badge = Client().get(f"/mobilise/badge/{links.secret(here, links.BADGE)}/").content.decode()
    assert far.name in badge
    actions.renew_links(by=me)
    assert [_feed(one).status_code for one in (here, there)] == [404, 404]
    with acting(COUNTY):
        here.refresh_from_db()
    assert _feed(here).status_code == 200


def _feed(one: Volunteer) -> Any:
    return Client().get(f"/mobilise/calendar/{links.secret(one, links.CALENDAR)}.ics")


def test_swaps_are_asked_of_who_serves_there(cast: Any, places: Any, client_of: Any) -> None:
    """By whichever record; who serves elsewhere is neither offered nor taken."""
    county, community = places["130902"], places[places.other_community]
    mine = enlisted(COUNTY, county, "测试甲")
    user = cast.user("volunteer")
    Grant.objects.filter(user=user).update(region=county)
    by = as_volunteer(cast, "volunteer", mine)
    actions.enlist(
        by=COUNTY, place=community, person=_person(mine), organisation=None, skills=[], echelon=1,
        vehicle=False, fit=None,
    )  # fmt: skip
    post = gate(COUNTY, community, days=2)
    other = enlisted(COUNTY, community, "测试乙")
    stranger = enlisted(COUNTY, places[places.community], "测试丙")
    early, late = shift(COUNTY, post), shift(COUNTY, post, LATE, at=1)
    turn = actions.put_on(by=COUNTY, shift=early, volunteer=mine)
    back = actions.put_on(by=COUNTY, shift=late, volunteer=other)
    client = client_of("volunteer")
    shown = client.get(f"/mobilise/turns/{turn.id}/swap/").content.decode()
    assert "测试乙" in shown
    assert "测试丙" not in shown
    client.post(f"/mobilise/turns/{turn.id}/swap/", {"to": str(back.id)})
    with acting(COUNTY):
        swap = Swap.objects.get()
        assert (swap.to_id, swap.back_id) == (other.id, back.id)
    assert "测试乙" in client.get("/mobilise/mine/").content.decode()
    actions.withdraw_swap(by=by, swap=swap)
    with pytest.raises(Invalid) as refused:
        actions.put_on(by=COUNTY, shift=late, volunteer=stranger)
    assert refused.value.problems[0].code == "elsewhere"


def test_who_is_discharged_at_home_loses_what_was_lent(alice: Any, cast: Any, places: Any) -> None:
    """Staff of the home, who see nothing of the other place, end it all the same."""
    far = places[places.other_community]
    who = enlisted(alice, places[places.community], "测试甲")
    me = volunteering(cast, places, who)
    call = sent(COUNTY, places[places.county], [NewLine(far, 1, "组长", key=True)])
    made = actions.decide_claim(
        by=COUNTY, placement=actions.claim(by=me, line=line(call)), confirm=True
    )
    with acting(COUNTY):
        Volunteer.objects.filter(id=made.enlisted_id).update(to_date=timezone.localdate())
    actions.discharge(by=alice, volunteer=who)
    assert not Grant.objects.in_force().filter(id=made.lent).exists()
    assert line(call).placed == 0


def test_a_day_off_said_at_one_place_holds_at_the_other(
    alice: Any, places: Any, twice: Any
) -> None:
    """Neither a draft nor its publication puts him on then; nobody learns where he said it."""
    _me, here, _there = twice
    far = places[places.other_community]
    gate(COUNTY, far, NewPattern(EARLY, dt.time(8), 480, 1), first=1, days=2)
    first = timezone.localdate() + dt.timedelta(days=1)
    actions.make_wish(by=alice, volunteer=here, kind="off", first=first, until=first)
    at = Actor.system("test", far.code)
    with acting(at):
        task = rostering.task_for(far.code, first, first + dt.timedelta(days=1))
    plan = solved(task, 1)
    days = {one.shift: one.stretch.starts_at.date() for one in task.slots}
    assert [days[shift_id] for shift_id, _who in plan.on] == [first + dt.timedelta(days=1)]
    draft = ready(
        at, actions.draft_roster(by=at, place=far, first=first, last=first + dt.timedelta(days=1))
    )
    later = first + dt.timedelta(days=1)
    actions.make_wish(by=alice, volunteer=here, kind="off", first=later, until=later)
    with pytest.raises(Conflict):
        actions.publish_draft(by=at, draft=draft, digest=draft.digest)


def test_who_is_placed_elsewhere_has_his_role_there_until_it_ends(
    alice: Any, cast: Any, places: Any
) -> None:
    """With all he is recorded with, also a skill that the rules have no more."""
    here, far = places[places.community], places[places.other_community]
    who = enlisted(alice, here, "测试甲", "nurse")
    with acting(COUNTY):
        Skill.objects.create(volunteer=who, place_code=here.code, skill="bygone")
    me = volunteering(cast, places, who)
    call = sent(COUNTY, places[places.county], [NewLine(far, 1, "组长", key=True)])
    claim = actions.claim(by=me, line=line(call))
    done = actions.decide_claim(by=COUNTY, placement=claim, confirm=True)
    lent = Grant.objects.get(user=cast.user("volunteer"), region=far)
    assert (done.lent, lent.role_id, lent.valid_to) == (lent.id, "volunteer", call.ends_on)
    granted = {one.id: one for one in grants_of(cast.user("volunteer"))}
    there = actor_of(granted[lent.id], source="test", purpose="test")
    assert there.may("mobilise.take", far.code)
    with acting(there):
        known = volunteers_of(there).get()
        assert known.id == done.enlisted_id
        skills = Skill.objects.filter(volunteer=known).values_list("skill", flat=True)
        assert set(skills) == {"nurse", "bygone"}
    actions.release(by=COUNTY, placement=done)
    lent.refresh_from_db()
    assert lent.revoked_at is not None
    assert Grant.objects.in_force().filter(user=cast.user("volunteer")).count() == 1


def test_who_serves_no_more_leaves_his_calls(alice: Any, cast: Any, places: Any) -> None:
    """The dead and the discharged: what they had is open again, and who called is told."""
    here, county = places[places.community], places[places.county]
    dead, gone, unfit = (enlisted(alice, here, f"测试{n}") for n in "甲乙丙")
    call = sent(COUNTY, county, [NewLine(here, 3, "组长", key=True), NewLine(here, 1)])
    claims = []
    for who in (dead, gone, unfit):
        claims.append(actions.claim(by=volunteering(cast, places, who), line=line(call)))
        _nobody(cast)
    actions.decide_claim(by=COUNTY, placement=claims[0], confirm=True)
    died(by=alice, person_id=dead.person_id, on=timezone.localdate() - dt.timedelta(days=1))
    assert line(call).placed == 2
    assert "headquarters" in told("mobilise.left_call")
    actions.discharge(by=alice, volunteer=gone)
    assert line(call).placed == 1
    with acting(COUNTY):
        states = Pledge.objects.order_by("id").values_list("state", flat=True)
        assert list(states) == ["withdrawn", "withdrawn", "placed"]
        Volunteer.objects.filter(id=unfit.id).update(fit=False)
    with pytest.raises(Conflict, match="不适宜"):
        actions.decide_claim(by=COUNTY, placement=claims[2], confirm=True)
    _counts(call)


def test_whom_an_officer_of_the_county_pledges_sees_it(alice: Any, cast: Any, places: Any) -> None:
    """A pledge lies where the volunteer sees it, whoever made it."""
    here, county = places[places.community], places[places.county]
    unit = body(places, "示例单位")
    who = enlisted(alice, here, "测试甲", organisation=unit)
    call = sent(COUNTY, county, [NewLine(here, 1)], [Sending(unit)])
    officer(cast, unit)
    Grant.objects.filter(user=cast.user("unit_officer")).update(region=county)
    by = cast.actor("unit_officer")
    assert by.area == county.code
    made = actions.pledge_members(by=by, call=call, volunteers=[who])
    me = volunteering(cast, places, who)
    with acting(me):
        assert Pledge.objects.filter(id=made[0].id).exists()
    actions.withdraw_pledge(by=me, pledge=made[0])
    _counts(call)
