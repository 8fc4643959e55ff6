"""Calls from drawing up to people who serve: rights, pledges, claims, matches. All is synthetic."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from fangxian.accounts.models import Grant
from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, Forbidden, Invalid, OutOfScope
from fangxian.common.scoping import acting
from fangxian.core import runner
from fangxian.core.models import Job, Notification, Task
from fangxian.mobilise import actions
from fangxian.mobilise.actions import NewCall, NewLine, Sending, Wishes
from fangxian.mobilise.actions.calling import digest_of
from fangxian.mobilise.calls import matching
from fangxian.mobilise.calls.registered import ask_for_echelons, counted
from fangxian.mobilise.models import (
    Call,
    CallLine,
    CallUnit,
    Match,
    Placement,
    Pledge,
    Skill,
    Volunteer,
)
from fangxian.mobilise.tests.conftest import as_volunteer, enlisted
from fangxian.organisations.models import Organisation
from tests.kit.cast import START, make_cast, make_places

BASE = "/mobilise/calls"
COUNTY = Actor.system("test", "130902")


def drawn(by: Actor, place: Any, lines: Any, units: Any = (), **more: Any) -> Call:
    """A call of a week from tomorrow on, for which people pledge until then."""
    tomorrow = timezone.localdate() + dt.timedelta(days=1)
    said: dict[str, Any] = {
        "title": "示例征召",
        "kind": "gate",
        "starts_on": tomorrow,
        "ends_on": tomorrow + dt.timedelta(days=6),
        "cut_off": timezone.now() + dt.timedelta(days=1),
        **more,
    }
    return actions.draft_call(by=by, place=place, call=NewCall(**said), lines=lines, units=units)


def sent(by: Actor, place: Any, lines: Any, units: Any = (), **more: Any) -> Call:
    """The same, sent."""
    call = drawn(by, place, lines, units, **more)
    with acting(by):
        seen = digest_of(call)
    return actions.send_call(by=by, call=call, seen=seen)


def line(call: Call, number: int = 1) -> CallLine:
    with acting(COUNTY):
        return CallLine.objects.select_related("call").get(call=call, number=number)


@pytest.fixture(autouse=True)
def _english(settings: Any) -> Any:
    """Errors are read in English; the pages' own language is Chinese."""
    from django.utils import translation

    with translation.override("en"):
        yield


def body(places: Any, name: str, parent: Organisation | None = None, at: str = "") -> Organisation:
    seat = places[at or places.community]
    return Organisation.objects.create(name=name, kind_id="department", seat=seat, parent=parent)


def _counts(call: Call) -> None:
    """What is counted on the call, its units and lines is what there is."""
    with acting(COUNTY):
        pledges = Pledge.objects.filter(call=call).exclude(state="withdrawn")
        has = Placement.objects.filter(line__call=call, state__in=["asked", "confirmed"])
        call.refresh_from_db()
        assert call.pledged == sum(one.heads for one in pledges)
        for asked in call.units.all():
            of = [one.heads for one in pledges if one.organisation_id == asked.organisation_id]
            assert asked.pledged == sum(of)
        for row in call.lines.all():
            assert row.placed == sum(one.heads for one in has if one.line_id == row.id)


def officer(cast: Any, unit: Organisation) -> Actor:
    """The user “unit_officer” answers for the unit."""
    Grant.objects.filter(user=cast.user("unit_officer")).update(organisation_id=unit.id)
    found: Actor = cast.actor("unit_officer")
    return found


def volunteering(cast: Any, places: Any, who: Volunteer) -> Actor:
    """The user “volunteer” is that volunteer, and acts in the community alone."""
    user = cast.user("volunteer")
    Grant.objects.filter(user=user).delete()
    Grant.objects.create(
        user=user, role_id="volunteer", region=places[places.community], valid_from=START
    )
    return as_volunteer(cast, "volunteer", who)


def test_a_call_is_sent_after_a_second_look(alice: Any, cast: Any, places: Any) -> None:
    top = body(places, "示例单位")
    below = body(places, "示例科室", top)
    here = places[places.community]
    me = volunteering(cast, places, enlisted(alice, here, "测试甲"))
    by = officer(cast, below)
    call = drawn(alice, here, [NewLine(here, 2)], [Sending(top, below=True, quota=3)])
    with pytest.raises(Conflict):
        actions.pledge(by=me, call=call)
    with acting(alice):
        seen = digest_of(call)
        told = NewCall(**{name: getattr(call, name) for name in NewCall.__dataclass_fields__})
    actions.change_call(
        by=alice, call=call, told=told, lines=[NewLine(here, 3)], units=[Sending(top, below=True)]
    )
    with pytest.raises(Conflict, match="meanwhile"):
        actions.send_call(by=alice, call=call, seen=seen)
    with acting(alice):
        seen = digest_of(call)
    done = actions.send_call(by=alice, call=call, seen=seen)
    with acting(alice):
        assert set(CallUnit.objects.values_list("organisation__name", flat=True)) == {
            top.name,
            below.name,
        }
        assert done.answer_by is not None
    for who, template in ((by, "mobilise.called_unit"), (me, "mobilise.called")):
        with acting(who):
            assert Notification.objects.filter(template=template).count() == 1
    with pytest.raises(Conflict):
        actions.send_call(by=alice, call=call, seen=seen)


def test_what_is_not_sent_is_not_read_below(client_of: Any, alice: Any, places: Any) -> None:
    """A draft of the county is nobody's in a community; sent it is seen, not changed."""
    call = drawn(COUNTY, places[places.county], [NewLine(places[places.community], 1)])
    client = client_of("alice")
    pages = ("", "edit/", "send/", "withdraw/", "wall/", "answer/")
    seen = [client.get(f"{BASE}/{call.id}/{page}").status_code for page in pages]
    assert set(seen) <= {403, 404}
    with acting(COUNTY):
        shown = digest_of(call)
    actions.send_call(by=COUNTY, call=call, seen=shown)
    for page in ("edit/", "send/", "withdraw/"):
        assert client.get(f"{BASE}/{call.id}/{page}").status_code in (403, 404)
    headquarters = client_of("headquarters")
    assert headquarters.get(f"{BASE}/{call.id}/withdraw/").status_code == 200


@pytest.mark.parametrize(
    ("line_", "more", "said"),
    [
        ({"heads": 0}, {}, "1: "),
        ({"skills": {"pilot": 1}}, {}, "no skill"),
        ({"skills": {"nurse": 3}}, {}, "than people at all"),
        ({}, {"kind": "moon"}, "no kind of post"),
        ({}, {"open_to_all": False}, "Nobody is called"),
        ({}, {"ends_on": dt.date(2020, 1, 1), "starts_on": dt.date(2020, 1, 1)}, "over already"),
    ],
)
def test_what_makes_no_sense_is_refused(
    alice: Any, places: Any, line_: dict[str, Any], more: dict[str, Any], said: str
) -> None:
    here = places[places.community]
    with pytest.raises(Invalid, match=said):
        drawn(alice, here, [NewLine(**{"place": here, "heads": 2, **line_})], **more)
    with pytest.raises(Invalid, match="outside"):
        drawn(alice, here, [NewLine(places[places.other_community], 2)])


def test_one_tap_pledges_and_takes_back_until_the_cut_off(
    client_of: Any, alice: Any, cast: Any, places: Any
) -> None:
    here, county = places[places.community], places[places.county]
    volunteering(cast, places, enlisted(alice, here, "测试甲"))
    enlisted(alice, here, "测试乙")
    # The county's call is seen in the community, and counts what is pledged there.
    call = sent(COUNTY, county, [NewLine(here, 2), NewLine(places[places.other_community], 1)])
    client = client_of("volunteer")
    assert "征召志愿者" in client.get("/").content.decode()
    page = client.get(f"{BASE}/mine/").content.decode()
    assert f"{BASE}/{call.id}/pledge/" in page
    assert client.post(f"{BASE}/{call.id}/pledge/").status_code == 302
    client.post(f"{BASE}/{call.id}/pledge/")
    with acting(COUNTY):
        (own,) = Pledge.objects.all()
        call.refresh_from_db()
        assert (call.pledged, own.place_code) == (1, places.community)
    _counts(call)
    far = line(call, 2)
    wished = client.post(
        f"{BASE}/{call.id}/answer/", {"wishes": [str(far.id)], "hours": "days", "until": ""}
    )
    assert wished.status_code == 302
    bad = client.post(f"{BASE}/{call.id}/answer/", {"hours": "days", "until": "2020-01-01"})
    assert bad.status_code == 422
    with acting(COUNTY):
        own.refresh_from_db()
        assert (own.wishes, own.hours) == ([str(far.id)], "days")
    # The wall tells numbers, also of what is out of sight, and nobody's name.
    wall = client.get(f"{BASE}/{call.id}/wall/").content.decode()
    assert "测试甲" not in wall
    assert client.post(f"{BASE}/{call.id}/take-back/").status_code == 302
    with acting(COUNTY):
        call.refresh_from_db()
        assert call.pledged == 0
    client.post(f"{BASE}/{call.id}/pledge/")
    with acting(COUNTY):
        Call.objects.filter(id=call.id).update(cut_off=timezone.now())
    assert client.post(f"{BASE}/{call.id}/take-back/").status_code == 409
    assert client.get(f"{BASE}/{call.id}/").status_code == 403


def test_officers_see_and_pledge_their_own_people_alone(
    client_of: Any, alice: Any, cast: Any, places: Any
) -> None:
    here = places[places.community]
    unit, other = body(places, "示例单位"), body(places, "示例企业")
    mine = enlisted(alice, here, "测试甲", organisation=unit)
    theirs = enlisted(alice, here, "测试乙", organisation=other)
    by = officer(cast, unit)
    call = sent(alice, here, [NewLine(here, 5)], [Sending(unit, quota=3), Sending(other)])
    actions.pledge_unit(by=_other_officer(cast, other), call=call, heads=2)
    by = officer(cast, unit)
    client = client_of("unit_officer")
    assert "本单位收到的征召" in client.get("/").content.decode()
    page = client.get(f"{BASE}/{call.id}/unit/").content.decode()
    assert "测试甲" in page
    assert "测试乙" not in page
    url = f"{BASE}/{call.id}/unit/members/"
    assert client.post(url, {"volunteers": [str(theirs.id)]}).status_code == 422
    assert client.post(url, {"volunteers": [str(mine.id)]}).status_code == 302
    with pytest.raises(OutOfScope):
        actions.pledge_members(by=by, call=call, volunteers=[theirs])
    data = {"heads": "2", "hours": "any"}
    assert client.post(f"{BASE}/{call.id}/unit/", data).status_code == 302
    with acting(alice):
        asked = CallUnit.objects.get(call=call, organisation=unit)
        assert asked.pledged == 3
        foreign = Pledge.objects.get(organisation=other)
    assert "已答复" in client.get(f"{BASE}/unit/").content.decode()
    back = client.post(f"{BASE}/{call.id}/unit/take-back/", {"pledge": str(foreign.id)})
    assert back.status_code == 409
    for address in ("/mobilise/volunteers/", "/mobilise/", f"{BASE}/{call.id}/"):
        assert client.get(address).status_code == 403
    lone = sent(alice, here, [NewLine(here, 1)], [Sending(other)])
    assert client.get(f"{BASE}/{lone.id}/unit/").status_code == 404
    _counts(call)


def _other_officer(cast: Any, unit: Organisation) -> Actor:
    return officer(cast, unit)


def test_a_key_post_is_claimed_confirmed_and_released(
    client_of: Any, alice: Any, cast: Any, places: Any
) -> None:
    here, county = places[places.community], places[places.county]
    unit = body(places, "示例单位")
    who = enlisted(alice, here, "测试甲", "nurse")
    me = volunteering(cast, places, who)
    far = places[places.other_community]
    lines = [
        NewLine(far, 2, "组长", key=True),
        NewLine(here, 1),
        NewLine(here, 1, "", {"driver": 1}, key=True),
    ]
    call = sent(COUNTY, county, lines, [Sending(unit)])
    with pytest.raises(Conflict, match="filled from the pledges"):
        actions.claim(by=me, line=line(call, 2))
    with pytest.raises(Invalid, match="skill"):
        actions.claim(by=me, line=line(call, 3))
    claimed = actions.claim(by=me, line=line(call))
    again = actions.claim(by=me, line=line(call))
    assert again.id == claimed.id
    by = officer(cast, unit)
    with pytest.raises(Conflict, match="claimed it already"):
        actions.claim(by=by, line=line(call), heads=2, as_unit=True)
    actions.claim(by=by, line=line(call), as_unit=True)
    with pytest.raises(Forbidden):
        actions.decide_claim(by=alice, placement=claimed, confirm=True)
    client = client_of("headquarters")
    assert "测试甲" in client.get(f"{BASE}/{call.id}/").content.decode()
    client.post(f"{BASE}/placements/{claimed.id}/confirm/")
    with acting(COUNTY):
        claimed.refresh_from_db()
        assert claimed.state == Placement.State.CONFIRMED
        there = Volunteer.objects.get(person_id=who.person_id, place_code=far.code)
        assert set(Skill.objects.filter(volunteer=there).values_list("skill", flat=True)) == {
            "nurse"
        }
        assert claimed.enlisted_id == there.id
        assert Pledge.objects.get(id=claimed.pledge_id).state == Pledge.State.PLACED
    with acting(me):
        assert Notification.objects.filter(template="mobilise.claim_confirmed").exists()
        own = Pledge.objects.get(id=claimed.pledge_id)
    with pytest.raises(Conflict, match="已经确认"):
        actions.withdraw_pledge(by=me, pledge=own)
    assert client.post(f"{BASE}/placements/{claimed.id}/confirm/").status_code == 409
    client.post(f"{BASE}/placements/{claimed.id}/release/")
    assert line(call).placed == 1
    actions.withdraw_pledge(by=me, pledge=own)
    _counts(call)


def test_the_next_echelon_is_asked_for_and_told(alice: Any, cast: Any, places: Any) -> None:
    here = places[places.community]
    volunteering(cast, places, enlisted(alice, here, "测试甲", echelon=2))
    call = sent(alice, here, [NewLine(here, 2)])
    me = cast.actor("volunteer")
    assert ask_for_echelons(by=COUNTY) == 0
    with acting(alice):
        Call.objects.filter(id=call.id).update(answer_by=timezone.now() - dt.timedelta(minutes=1))
    with acting(me):
        assert not Notification.objects.filter(template="mobilise.called").exists()
    assert ask_for_echelons(by=COUNTY) == 1
    assert ask_for_echelons(by=COUNTY) == 0
    with acting(alice):
        task = Task.objects.get(kind="mobilise.next_echelon")
        assert (task.assignee_role, task.object_id) == ("community_staff", call.id)
    own = actions.pledge(by=me, call=call)
    early = actions.ask_match(by=alice, call=call)
    assert early.result is not None
    assert [row[:3] for row in early.result["left"]] == [(str(own.id), 1, "echelon")]
    actions.call_next(by=alice, call=call)
    with acting(alice):
        assert _next(call) == ["done"]
    with acting(me):
        assert Notification.objects.filter(template="mobilise.called").count() == 1
    with pytest.raises(Conflict, match="no further"):
        actions.call_next(by=alice, call=call)
    with pytest.raises(Conflict, match="have changed"):
        _accept(alice, early)


def _next(call: Call) -> list[str]:
    """The states of the tasks to call the next echelon."""
    rows = Task.objects.filter(kind="mobilise.next_echelon", object_id=call.id).order_by("id")
    return list(rows.values_list("state", flat=True))


def test_the_task_of_an_echelon_ends_with_its_call(alice: Any, places: Any) -> None:
    here = places[places.community]
    enlisted(alice, here, "测试甲", echelon=2)
    closed, enough = (sent(alice, here, [NewLine(here, 2)]) for _ in range(2))
    with acting(alice):
        Call.objects.update(answer_by=timezone.now() - dt.timedelta(minutes=1))
    assert ask_for_echelons(by=COUNTY) == 2
    actions.close_call(by=alice, call=closed)
    with acting(alice):
        assert (_next(closed), _next(enough)) == (["done"], ["open"])
        CallLine.objects.filter(call=enough).update(heads=1)
        Call.objects.filter(id=enough.id).update(pledged=1)
    assert ask_for_echelons(by=COUNTY) == 0
    with acting(alice):
        assert _next(enough) == ["done"]


def test_who_pledged_for_several_calls_is_placed_in_one(alice: Any, cast: Any, places: Any) -> None:
    """On the same days; a call of other days is another matter."""
    here = places[places.community]
    me = volunteering(cast, places, enlisted(alice, here, "测试甲"))
    first, second = (sent(alice, here, [NewLine(here, 1)]) for _ in range(2))
    days = {"starts_on": first.ends_on + dt.timedelta(days=1)}
    later = sent(alice, here, [NewLine(here, 1, key=True)], **days, ends_on=days["starts_on"])
    key = sent(alice, here, [NewLine(here, 1, key=True)])
    for call in (first, second, later):
        actions.pledge(by=me, call=call)
    matches = [actions.ask_match(by=alice, call=call) for call in (first, second)]
    assert [matching.figures(one).placed for one in matches] == [1, 1]  # type: ignore[union-attr]
    assert _accept(alice, matches[0]) == 1
    with pytest.raises(Conflict, match="have changed"):
        _accept(alice, matches[1])
    again = actions.ask_match(by=alice, call=second).result
    assert again is not None
    assert [row[2] for row in again["left"]] == ["elsewhere"]
    with pytest.raises(Conflict, match="another call"):
        actions.claim(by=me, line=line(key))
    assert actions.claim(by=me, line=line(later)).state == "asked"


def _accept(by: Actor, match: Match) -> int:
    with acting(by):
        row = Match.objects.select_related("call").get(id=match.id)
        seen = matching.digest_of(row)
    return actions.accept_match(by=by, match=row, seen=seen)


def test_everybody_is_placed_or_the_reason_is_given(
    client_of: Any, alice: Any, cast: Any, places: Any
) -> None:
    here, county = places[places.community], places[places.county]
    far = places[places.other_community]
    unit = body(places, "示例单位")
    nurse = enlisted(alice, here, "测试甲", "nurse")
    others = [enlisted(alice, here, f"测试{n}") for n in range(3)]
    sick = enlisted(alice, here, "测试丙")
    lines = [
        NewLine(here, 2, "", {"nurse": 1}),
        NewLine(far, 2),
        NewLine(far, 1, "", {"doctor": 1}),
    ]
    call = sent(COUNTY, county, lines, [Sending(unit)])
    by = officer(cast, unit)
    one, two, three = line(call, 1), line(call, 2), line(call, 3)
    actions.pledge_unit(by=by, call=call, heads=2)
    for who in (nurse, *others, sick):
        wish = Wishes((two.id,)) if who is others[0] else Wishes()
        with acting(COUNTY):
            unit_of = Volunteer.objects.get(id=who.id)
        me = volunteering(cast, places, unit_of)
        actions.pledge(by=me, call=call, wishes=wish)
        _nobody(cast)
    with acting(COUNTY):
        Volunteer.objects.filter(id=sick.id).update(fit=False)
        pledges = {
            one.volunteer_id: str(one.id) for one in Pledge.objects.filter(volunteer__isnull=False)
        }
    match = actions.ask_match(by=COUNTY, call=call)
    result = match.result
    assert result is not None
    placed = sum(row[2] for row in result["placed"])
    left = sum(row[1] for row in result["left"])
    assert (placed, left) == (4, 3)
    at = {(row[0], row[1]) for row in result["placed"]}
    assert (pledges[nurse.id], str(one.id)) in at
    assert (pledges[others[0].id], str(two.id)) in at
    assert {row[2] for row in result["left"]} == {"full", "unfit"}
    assert [row[:3] for row in result["short"]] == [(str(three.id), 1, "no_skill")]
    # What if: the nurse not there, two more wanted elsewhere; nothing is changed by asking.
    client = client_of("headquarters")
    data = {"distance_weight": "1", "wish_weight": "0", "load_weight": "1", "most_km": "0"}
    data |= {f"heads-{row.id}": str(row.heads) for row in (one, two, three)}
    data |= {f"heads-{two.id}": "4", "ban": f"{pledges[nurse.id]}.{one.id}"}
    tried = client.post(f"{BASE}/matches/{match.id}/", data)
    assert tried.status_code == 302
    with acting(COUNTY):
        second = Match.objects.select_related("base", "call").get(number=2)
        assert line(call, 2).heads == 2
    sums = matching.figures(second)
    assert sums is not None
    assert (sums.placed, sums.left, sums.missing) == (5, 2, 2)
    assert sums.moved
    assert (pledges[nurse.id], str(one.id)) not in {(r[0], r[1]) for r in second.result["placed"]}
    assert "何处缺人" in (page := client.get(f"{BASE}/matches/{second.id}/").content.decode())
    assert "测试丙" in page
    # Accepted as it was seen, and only once; the lines get the heads that were tried.
    stale = client.post(f"{BASE}/matches/{second.id}/accept/", {"seen": "0" * 64})
    assert stale.status_code == 409
    assert _accept(COUNTY, second) == 5
    with pytest.raises(Conflict):
        _accept(COUNTY, second)
    with pytest.raises(Conflict, match="请战或需求有变动"):
        _accept(COUNTY, match)
    assert line(call, 2).heads == 4
    with acting(COUNTY):
        assert Volunteer.objects.filter(place_code=far.code).exists()
        assert Placement.objects.filter(state="confirmed").count() == len(second.result["placed"])
    _counts(call)


def _nobody(cast: Any) -> None:
    """The account of the volunteer is nobody's for the next one."""
    user = cast.user("volunteer")
    user.person_id = None
    user.save(update_fields=["person_id"])


def test_units_take_places_over_evenly(cast: Any, places: Any) -> None:
    county = places[places.county]
    units = [body(places, f"示例单位{n}") for n in range(2)]
    here, far = places[places.community], places[places.other_community]
    call = sent(
        COUNTY,
        county,
        [NewLine(here, 1), NewLine(far, 1)],
        [Sending(one) for one in units],
        counts=Call.Counts.UNITS,
    )
    for one in units:
        actions.pledge_unit(by=officer(cast, one), call=call, heads=2)
    result = actions.ask_match(by=COUNTY, call=call).result
    assert result is not None
    assert len({row[0] for row in result["placed"]}) == 2
    assert len({row[1] for row in result["placed"]}) == 2
    assert [row[2] for row in result["left"]] == ["full", "full"]


def test_a_skill_that_is_there_is_not_asked_for_again(alice: Any, cast: Any, places: Any) -> None:
    """Who takes the head that asks for a skill leaves the other to anybody."""
    here, county = places[places.community], places[places.county]
    nurse, second = (
        enlisted(alice, here, "测试甲", "nurse"),
        enlisted(alice, here, "测试乙", "nurse"),
    )
    plain, more = enlisted(alice, here, "测试丙"), enlisted(alice, here, "测试丁")
    lines = [NewLine(here, 2, "", {"nurse": 1}, key=True), NewLine(here, 2, "", {"nurse": 1})]
    call = sent(COUNTY, county, [lines[0], lines[1]], [])
    first = actions.claim(by=volunteering(cast, places, nurse), line=line(call))
    _nobody(cast)
    for who in (plain, more):
        actions.pledge(by=volunteering(cast, places, who), call=call)
        _nobody(cast)
    result = actions.ask_match(by=COUNTY, call=call).result
    assert result is not None
    # One head of the first line, one of the second: the nurse is there already, or lacks there.
    assert [row[:2] for row in result["short"]] == [(str(line(call, 2).id), 1)]
    assert sorted(row[1] for row in result["placed"]) == sorted(
        str(line(call, n).id) for n in (1, 2)
    )
    me = volunteering(cast, places, plain)
    actions.claim(by=me, line=line(call))
    with acting(COUNTY):
        assert matching.ground(call).digest != Match.objects.get().ground
    _nobody(cast)
    # Without the nurse the head that is free asks for one.
    actions.decide_claim(by=COUNTY, placement=first, confirm=False)
    _nobody(cast)
    other = volunteering(cast, places, more)
    with pytest.raises(Invalid, match="skill"):
        actions.claim(by=other, line=line(call))
    _nobody(cast)
    actions.claim(by=volunteering(cast, places, second), line=line(call))
    _counts(call)


@pytest.mark.slow
@pytest.mark.usefixtures("fresh_database")
def test_ten_claim_the_last_head_and_one_has_it_then_a_large_match_is_a_job(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    places = make_places()
    alice = make_cast(places).actor("alice")
    here = places[places.community]
    call = sent(COUNTY, here, [NewLine(here, 1, key=True)])
    last = line(call)
    people = [enlisted(COUNTY, here, f"测试{n}") for n in range(10)]

    def claim(who: Volunteer) -> str:
        by = Actor(
            name="test",
            rights=COUNTY.rights,
            area=here.code,
            source="test",
            person_id=who.person_id,
        )
        try:
            return str(actions.claim(by=by, line=last).state)
        except Conflict:
            return "taken"
        finally:
            connections.close_all()

    with ThreadPoolExecutor(5) as pool:
        states = sorted(pool.map(claim, people))
    assert states == ["asked", *["taken"] * 9]
    assert line(call).placed == 1
    assert list(counted()) == []
    monkeypatch.setattr(matching, "AT_ONCE", -1)
    more = sent(COUNTY, here, [NewLine(here, 2)])
    match = actions.ask_match(by=alice, call=more)
    assert match.state == Match.State.WORKING
    with acting(alice):
        job = Job.objects.get(kind=matching.JOB)
    runner.run(job.id)
    with acting(alice):
        match.refresh_from_db()
        assert match.state == Match.State.PROPOSED
        assert match.result is not None
        assert [row[1:3] for row in match.result["short"]] == [[2, "nobody"]]
    with connections["maintenance"].cursor() as cursor:
        cursor.execute("UPDATE mobilise_call SET pledged = 7 WHERE id = %s", [call.id])
    assert len(list(counted())) == 1
