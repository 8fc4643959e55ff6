"""Reporting in: units and members at a community, its lists, the quarterly feedback."""

from __future__ import annotations

import datetime as dt
from html import unescape

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from fangxian.common.errors import Conflict
from fangxian.common.scoping import acting
from fangxian.core.models import Task
from fangxian.organisations import lacking, reporting
from fangxian.organisations.actions import (
    add_member,
    claim_item,
    complete_claim,
    dissolve_organisation,
    end_report,
    give_feedback,
    give_up_claim,
    list_item,
    receive,
    reopen_claim,
    report_in,
    restore_item,
    resume_report,
    withdraw_item,
)
from fangxian.organisations.models import Claim, CommunityItem, Feedback, ReportIn
from fangxian.organisations.registered_coming import today as todays
from fangxian.organisations.settling import settle
from fangxian.organisations.tests.conftest import refused
from fangxian.register.actions import create_household, move_in, move_out

TODAY = timezone.localdate()
DAY = dt.timedelta(days=1)
LAST = reporting.quarter_before(TODAY)


def url(name: str, *args: object) -> str:
    return reverse(f"organisations:{name}", args=args)


def text(response) -> str:
    return unescape(response.content.decode())


@pytest.fixture
def here(places):
    return places[places.community]


@pytest.fixture
def resident(alice, places):
    """Somebody who lives in Alice's community, by name."""

    def make(name: str, room: str = ""):
        home = create_household(by=alice, place_code=places.unit, room=room or name)
        return move_in(by=alice, household_id=home.id, on=TODAY - 400 * DAY, name=name)

    return make


@pytest.fixture
def received(alice, here, unit):
    """The unit, received two quarters ago."""
    day = reporting.quarter_before(LAST)
    return report_in(by=alice, community=here, who=unit, on=day, received=True)


def test_a_unit_reports_in_is_received_and_claims_what_is_needed(hq, alice, client_of, here, unit):
    """Through the pages, from the unit's side to the community's."""
    above, client = client_of("headquarters"), client_of("alice")
    board = url("reporting", here.code)
    assert client.get(board).status_code == 200
    found = above.post(url("report_unit", here.code), {"q": "示例局", "find": "1"})
    assert f"organisation:{unit.id}" in text(found)
    sent = {"holder": f"organisation:{unit.id}", "offers": "可派3人、1辆车", "on": TODAY}
    assert above.post(url("report_unit", here.code), sent).status_code == 302
    assert above.post(url("report_unit", here.code), sent).status_code == 409
    with acting(alice):
        row = ReportIn.objects.get()
        assert row.received_on is None
        task = Task.objects.get(kind=lacking.RECEIVE, state="open")
        assert (task.title_data, task.assignee_role) == ({"count": 1}, "community_staff")
        assert [item.count for item in todays(alice)] == [1]
    assert "可派3人" in text(client.get(board))
    assert client.post(url("report_receive", row.id)).status_code == 302
    assert client.post(url("report_receive", row.id)).status_code == 409
    with acting(alice):
        assert not Task.objects.filter(kind=lacking.RECEIVE, state="open").exists()
    new = {"kind": "need", "title": "东门夜班值守2人", "detail": "20:00至次日6:00", "due": TODAY}
    assert client.post(url("item_create", here.code), {**new, "kind": "moon"}).status_code == 422
    assert client.post(url("item_create", here.code), new).status_code == 302
    with acting(alice):
        item = CommunityItem.objects.get()
    assert "东门夜班值守" in text(client.get(board, {"view": "need"}))
    assert client.post(url("item_claim", item.id), {"report": ""}).status_code == 422
    assert client.post(url("item_claim", item.id), {"report": str(row.id)}).status_code == 302
    page = text(client.get(url("community_item", item.id)))
    assert "示例局" in page
    with acting(alice):
        claim = Claim.objects.get()
    assert client.post(url("item_withdraw", item.id)).status_code == 409
    assert client.post(url("claim_done", claim.id), {"result": ""}).status_code == 422
    done = {"result": "派2人值守7晚"}
    assert client.post(url("claim_done", claim.id), done).status_code == 302
    assert "派2人值守7晚" in text(client.get(url("report_in", row.id)))
    assert client.post(url("claim_reopen", claim.id)).status_code == 302
    assert client.post(url("claim_give_up", claim.id)).status_code == 302
    changed = {"title": "东门夜班值守3人", "detail": "", "due": ""}
    assert client.post(url("item_edit", item.id), changed).status_code == 302
    assert client.post(url("item_withdraw", item.id)).status_code == 302
    assert client.post(url("item_restore", item.id)).status_code == 302
    assert "东门夜班值守3人" in text(client.get(board, {"view": "need", "state": "open"}))
    assert "1" in text(above.get(url("reporting", here.code[:6])))
    assert client_of("charlie").get(board).status_code == 404
    assert client_of("charlie").get(url("community_item", item.id)).status_code == 404
    assert client_of("bob").post(url("item_claim", item.id)).status_code == 403


def test_members_report_in_where_they_live_and_are_proposed(
    alice, hq, client_of, places, here, unit, resident
):
    lives = resident("王一")
    away = resident("王二")
    add_member(by=hq, person=lives.person, organisation=unit, party_member=True)
    client = client_of("alice")
    page = text(client.get(url("report_member", here.code)))
    # Proposed is who is in the party; the organisation is not told.
    assert "王一" in page
    assert "王二" not in page
    assert "示例局" not in page
    sent = {"holder": f"person:{lives.person_id}", "on": TODAY}
    assert client.post(url("report_member", here.code), sent).status_code == 302
    with acting(alice):
        row = ReportIn.objects.get()
        # Who works there has received whom he records.
        assert (row.person_id, row.received_on) == (lives.person_id, TODAY)
        assert reporting.proposed(here.code) == []
    assert "王一" in text(client.get(url("reporting", here.code)))
    other = places[places.other_community]
    with refused("elsewhere"):
        report_in(by=hq, community=other, who=away.person)
    with refused("level"):
        report_in(by=hq, community=places[places.grid], who=unit)
    item = list_item(by=alice, community=here, kind="project", title="楼道清洁")
    claim_item(by=alice, item=item, report=row)
    # Moving away ends it, and what was claimed is open again.
    move_out(by=alice, residency_id=lives.id, on=TODAY)
    settle(by=hq, area=places.county)
    with acting(alice):
        assert ReportIn.objects.get().ended_on == TODAY
        assert reporting.items_in(here.code, state="open").get() == item
    with refused("elsewhere"):
        resume_report(by=alice, report=row)


def test_feedback_is_asked_for_by_quarter(alice, hq, client_of, here, places, received, unit):
    settle(by=hq, area=places.county)
    rules = reporting.reporting_rules()
    first = reporting.quarter_before(LAST)
    with acting(alice):
        task = Task.objects.get(kind=lacking.FEEDBACK, state="open")
        assert task.title_data == {"count": 2, "since": first.isoformat()}
        assert timezone.localtime(task.due_at).date() == reporting.due_on(first, rules)
        (item,) = todays(alice)
        assert (item.count, item.tone) == (2, "warn")
    client = client_of("alice")
    page = url("report_feedback", received.id)
    assert client.get(page).context["form"].initial["quarter"] == first.isoformat()
    said = {"quarter": first.isoformat(), "grade": "good", "text": "到岗及时"}
    assert client.post(page, {**said, "grade": ""}).status_code == 422
    assert client.post(page, said).status_code == 302
    # Whose page did not show it is told; who saw it replaces it knowingly.
    assert client.post(page, said | {"grade": "poor"}).status_code == 409
    again = client.get(page)
    assert "已反馈：良好" in text(again)
    shown = {"shown": again.context["form"]["shown"].value()}
    assert client.post(page, said | shown).status_code == 302
    assert "到岗及时" in text(client.get(url("report_in", received.id)))
    with acting(alice):
        task.refresh_from_db()
        assert task.title_data == {"count": 1, "since": LAST.isoformat()}
        assert timezone.localtime(task.due_at).date() == reporting.due_on(LAST, rules)
    give_feedback(by=alice, report=received, quarter=LAST, grade="fair")
    give_feedback(by=alice, report=received, quarter=LAST, grade="poor", text="次数少")
    with acting(alice):
        assert not Task.objects.filter(kind=lacking.FEEDBACK, state="open").exists()
        assert Feedback.objects.get(quarter=LAST).grade == "poor"
        assert todays(alice) == []
    with refused("not_received"):
        give_feedback(by=alice, report=received, quarter=first - DAY, grade="good")
    for later in (TODAY, reporting.quarter_end(TODAY) + DAY):
        offered = dict(client.get(page).context["form"].fields["quarter"].choices)
        assert reporting.quarter_of(later).isoformat() not in offered
        with refused("future"):
            give_feedback(by=alice, report=received, quarter=later, grade="good")
    with refused("grade"):
        give_feedback(by=alice, report=received, quarter=LAST, grade="moon")
    end_report(by=alice, report=received, on=LAST - DAY)
    with refused("ended"):
        give_feedback(by=alice, report=received, quarter=LAST, grade="good")
    give_feedback(by=alice, report=received, quarter=first, grade="fair")


def test_what_ends_goes_on_when_it_is_taken_back(alice, hq, here, received, unit, places):
    item = list_item(by=alice, community=here, kind="need", title="值守")
    claim_item(by=alice, item=item, report=received)
    end_report(by=alice, report=received)
    with acting(alice):
        assert Claim.objects.get().given_up_on == TODAY
    with pytest.raises(Conflict):
        end_report(by=alice, report=received)
    with pytest.raises(Conflict):
        receive(by=alice, report=received)
    resume_report(by=alice, report=received)
    with pytest.raises(Conflict):
        resume_report(by=alice, report=received)
    dissolve_organisation(by=hq, organisation=unit)
    settle(by=hq, area=places.county)
    with refused("gone"):
        resume_report(by=alice, report=received)
    with acting(alice):
        assert ReportIn.objects.get().ended_on == TODAY


def test_an_item_has_one_taker(alice, hq, here, received, places):
    item = list_item(by=alice, community=here, kind="need", title="值守")
    waiting = report_in(by=hq, community=here, who=other_unit(hq, places))
    with refused("not_received"):
        claim_item(by=alice, item=item, report=waiting)
    receive(by=alice, report=waiting)
    with acting(alice):
        waiting.refresh_from_db()
    claim = claim_item(by=alice, item=item, report=received)
    with pytest.raises(Conflict):
        claim_item(by=alice, item=item, report=waiting)
    # The database holds it without the action too.
    with acting(alice), pytest.raises(IntegrityError), transaction.atomic():
        Claim.objects.create(item=item, report=waiting, place_code=here.code, claimed_on=TODAY)
    give_up_claim(by=alice, claim=claim)
    again = claim_item(by=alice, item=item, report=waiting)
    complete_claim(by=alice, claim=again, result="完成")
    with pytest.raises(Conflict):
        complete_claim(by=alice, claim=again, result="完成")
    with pytest.raises(Conflict):
        reopen_claim(by=alice, claim=claim)
    with pytest.raises(Conflict):
        withdraw_item(by=alice, item=item)
    with pytest.raises(Conflict):
        restore_item(by=alice, item=item)


def other_unit(hq, places):
    from fangxian.organisations.actions import create_organisation
    from fangxian.organisations.models import OrganisationKind

    kind = OrganisationKind.objects.get(code="enterprise")
    return create_organisation(by=hq, name="示例企业", kind=kind, seat=places[places.county])


@pytest.mark.parametrize(
    "wrong",
    [
        {"organisation": None},
        {"received_on": TODAY - 900 * DAY},
        {"ended_on": TODAY - 900 * DAY},
    ],
)
def test_what_contradicts_itself_is_not_written(alice, received, wrong):
    with acting(alice), pytest.raises(IntegrityError), transaction.atomic():
        ReportIn.objects.filter(id=received.id).update(**wrong)


def test_every_item_is_in_one_state(alice, here, received):
    """Open, claimed, done and taken off are all of them, whatever was done in which order."""
    items = [list_item(by=alice, community=here, kind="need", title=str(n)) for n in range(6)]
    claims = [claim_item(by=alice, item=one, report=received) for one in items[:4]]
    complete_claim(by=alice, claim=claims[0], result="1")
    complete_claim(by=alice, claim=claims[1], result="2")
    reopen_claim(by=alice, claim=claims[1])
    give_up_claim(by=alice, claim=claims[2])
    withdraw_item(by=alice, item=items[5])
    with acting(alice):
        by_state = {s: reporting.items_in(here.code, state=s) for s in reporting.STATES}
        counts = {state: found.count() for state, found in by_state.items()}
        assert counts == {"open": 2, "claimed": 2, "done": 1, "withdrawn": 1}
        assert sum(counts.values()) == reporting.items_in(here.code).count()
        for state, found in by_state.items():
            assert {reporting.state_of(row) for row in found} == {state}
        (line,) = (one for one in reporting.overview(here.code[:9]) if one.place.id == here.id)
        assert (line.units, line.members, line.open) == (1, 0, 2)


@given(st.dates(dt.date(1990, 1, 1), dt.date(2090, 12, 31)))
def test_quarters_follow_each_other_without_a_gap(day):
    first = reporting.quarter_of(day)
    assert first <= day <= reporting.quarter_end(day)
    assert reporting.quarter_of(reporting.quarter_end(day)) == first
    assert reporting.quarter_end(reporting.quarter_before(day)) + DAY == first
    assert 90 <= (reporting.quarter_end(day) - first).days + 1 <= 92


def test_two_records_of_one_human_have_one_home_community(alice, hq, here, resident):
    from fangxian.people.actions import merge, propose_merge, undo_merge

    one, twin = resident("王一"), resident("王一", "201")
    rows = [report_in(by=alice, community=here, who=r.person, received=True) for r in (one, twin)]
    item = list_item(by=alice, community=here, kind="need", title="值守")
    claim = claim_item(by=alice, item=item, report=rows[1])
    candidate = propose_merge(by=hq, first_id=one.person_id, second_id=twin.person_id)
    done = merge(by=hq, candidate_id=candidate, keep_id=one.person_id)
    with acting(alice):
        assert ReportIn.objects.get(ended_on=None).id == rows[0].id
        assert Claim.objects.get(id=claim.id).report_id == rows[0].id
    undo_merge(by=hq, merge_id=done.id)
    with acting(alice):
        assert ReportIn.objects.filter(ended_on=None).count() == 2
        assert Claim.objects.get(id=claim.id).report_id == rows[1].id
