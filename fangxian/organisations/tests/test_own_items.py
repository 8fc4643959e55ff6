"""A unit's own officer takes on what a community needs; the community confirms it."""

from __future__ import annotations

import datetime as dt
from html import unescape
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from fangxian.accounts.models import Grant
from fangxian.common.errors import Conflict
from fangxian.common.scoping import acting
from fangxian.core.models import OutboxMessage, Task
from fangxian.organisations import lacking, reporting
from fangxian.organisations.actions import (
    complete_claim,
    give_feedback,
    list_item,
    receive,
    report_in,
    report_oneself_in,
    take_back_claim,
)
from fangxian.organisations.models import Claim, ReportIn
from fangxian.organisations.tests.conftest import refused
from fangxian.people.models import Person
from fangxian.register.actions import create_household, move_in
from tests.kit.cast import START

TODAY = timezone.localdate()
DAY = dt.timedelta(days=1)


def url(name: str, *args: object) -> str:
    return reverse(f"organisations:{name}", args=args)


@pytest.fixture
def officer(cast: Any, client_of: Any, places: Any, unit: Any) -> Any:
    """The user “volunteer” is an officer of the unit, with a role at the community."""
    user = cast.user("volunteer")
    Grant.objects.filter(user=user).delete()
    Grant.objects.create(
        user=user, role_id="volunteer", region=places[places.community], valid_from=START,
        organisation_id=unit.id,
    )  # fmt: skip
    return client_of("volunteer")


def told(template: str) -> set[Any]:
    found = OutboxMessage.objects.filter(template=f"organisations.{template}")
    return set(found.values_list("user_id", flat=True))


def test_a_unit_claims_by_itself_and_the_community_confirms(
    alice: Any, cast: Any, client_of: Any, officer: Any, places: Any, unit: Any
) -> None:
    here = places[places.community]
    item = list_item(by=alice, community=here, kind="need", title="东门值守")
    other = list_item(by=alice, community=here, kind="need", title="搬运物资")
    assert "尚未在此报到" in officer.get(url("own_items")).content.decode()
    assert officer.post(url("item_ask", item.id)).status_code == 302
    with acting(alice):
        assert not Claim.objects.exists()
    report = report_in(by=alice, community=here, who=unit, on=TODAY, received=True)
    page = unescape(officer.get(url("own_items")).content.decode())
    assert "东门值守" in page
    for one in (item, other):
        assert officer.post(url("item_ask", one.id)).status_code == 302
    assert officer.post(url("item_ask", item.id)).status_code == 409
    assert cast.user("alice").id in told("claim_asked")
    with acting(alice):
        claim = Claim.objects.get(item=item)
        assert (claim.report_id, claim.waits) == (report.id, True)
    with pytest.raises(Conflict, match="先确认"):
        complete_claim(by=alice, claim=claim, result="已值守")
    staff = client_of("alice")
    assert "待社区确认" in staff.get(url("community_item", item.id)).content.decode()
    # Nobody confirms for himself: that is the right of who keeps the lists.
    assert officer.post(url("claim_confirm", claim.id)).status_code == 403
    assert staff.post(url("claim_confirm", claim.id)).status_code == 302
    assert staff.post(url("claim_confirm", claim.id)).status_code == 409
    assert told("claim_confirmed") == {cast.user("volunteer").id}
    assert staff.post(url("claim_unconfirm", claim.id)).status_code == 302
    assert staff.post(url("claim_confirm", claim.id)).status_code == 302
    # The other one is declined, and that is taken back.
    with acting(alice):
        second = Claim.objects.get(item=other)
    assert staff.post(url("claim_give_up", second.id)).status_code == 302
    assert told("claim_declined") == {cast.user("volunteer").id}
    assert staff.post(url("claim_resume", second.id)).status_code == 302
    assert staff.post(url("claim_resume", second.id)).status_code == 409
    with acting(alice):
        second.refresh_from_db()
        assert (second.given_up_on, second.waits) == (None, False)
    assert officer.post(url("claim_take_back", second.id)).status_code == 302
    complete_claim(by=alice, claim=claim, result="已值守")
    assert officer.post(url("claim_take_back", claim.id)).status_code == 409


def test_somebody_else_takes_no_claim_back_and_none_is_resumed_for_who_is_gone(
    alice: Any, client_of: Any, officer: Any, places: Any, unit: Any
) -> None:
    here = places[places.community]
    item = list_item(by=alice, community=here, kind="need", title="东门值守")
    report_in(by=alice, community=here, who=unit, on=TODAY, received=True)
    officer.post(url("item_ask", item.id))
    with acting(alice):
        claim = Claim.objects.get()
    with pytest.raises(Conflict, match="认领者"):
        take_back_claim(by=alice, claim=claim)
    staff = client_of("alice")
    report = claim.report_id
    assert staff.post(url("report_end", report), {"on": TODAY}).status_code == 302
    answer = staff.post(url("claim_resume", claim.id), follow=True).content.decode()
    assert "已不在本社区报到" in answer
    assert "尚未在此报到" in officer.get(url("own_items")).content.decode()


def test_a_unit_and_a_member_report_in_by_themselves(
    alice: Any, cast: Any, client_of: Any, officer: Any, places: Any, unit: Any
) -> None:
    """The community receives them; each counts once, and only where the member lives."""
    here = places[places.community]
    home = create_household(by=alice, place_code=places.unit, room="101")
    someone = move_in(by=alice, household_id=home.id, on=TODAY - 9 * DAY, name="王一")
    user = cast.user("volunteer")
    user.person_id = someone.person_id
    user.save(update_fields=["person_id"])
    page = url("report_self", here.code)
    assert page in officer.get(url("own_items")).content.decode()
    assert officer.get(page).status_code == 200
    assert officer.post(page, {"who": str(alice.user_id)}).status_code == 422
    for who in (someone.person_id, unit.id):
        assert officer.post(page, {"who": str(who), "offers": "会开车"}).status_code == 302
        assert officer.post(page, {"who": str(who)}).status_code == 422
    assert page not in officer.get(url("own_items")).content.decode()
    with acting(alice):
        rows = list(ReportIn.objects.order_by("id"))
        assert {(row.person_id, row.organisation_id) for row in rows} == {
            (someone.person_id, None),
            (None, unit.id),
        }
        assert {row.received_on for row in rows} == {None}
        task = Task.objects.get(kind=lacking.RECEIVE, state="open")
        assert task.title_data == {"count": 2}
    for row in rows:
        receive(by=alice, report=row)
    # Once for each human, whoever records it.
    with acting(alice), pytest.raises(Conflict):
        report_in(by=alice, community=here, who=Person.objects.get(id=someone.person_id))
    officer.get(url("own_items"))


def test_nobody_reports_somebody_else_in(
    alice: Any, cast: Any, officer: Any, places: Any, person: Any
) -> None:
    by, other = cast.actor("volunteer"), person(alice, "王二")
    with refused("not_own"):
        report_oneself_in(by=by, community=places[places.community], who=other)


def test_a_unit_reports_in_anywhere_in_its_area_and_reads_what_was_said_of_it(
    alice: Any, hq: Any, cast: Any, client_of: Any, places: Any, unit: Any
) -> None:
    """Its officer works for the county; the bureau lies in no community."""
    user, here = cast.user("volunteer"), places[places.community]
    Grant.objects.filter(user=user).delete()
    Grant.objects.create(
        user=user, role_id="unit_officer", region=places[places.county], valid_from=START,
        organisation_id=unit.id,
    )  # fmt: skip
    officer = client_of("volunteer")
    own = url("own_items")
    assert officer.get(own, {"community": "没有这个社区"}).status_code == 200
    there = officer.get(own, {"community": here.code})
    assert there["Location"] == url("report_self", here.code)
    sent = {"who": str(unit.id), "offers": "车辆"}
    assert officer.post(there["Location"], sent).status_code == 302
    assert "尚未接收" in officer.get(own).content.decode()
    # Once in each.
    assert officer.post(there["Location"], sent).status_code == 422
    quarter = reporting.quarter_before(TODAY)
    with acting(alice):
        row = ReportIn.objects.get(organisation=unit)
        ReportIn.objects.filter(id=row.id).update(reported_on=quarter, received_on=None)
        row.refresh_from_db()
    receive(by=alice, report=row)
    assert told("report_received") == {user.id}
    with acting(alice):
        ReportIn.objects.filter(id=row.id).update(received_on=quarter)
        row.refresh_from_db()
    give_feedback(by=alice, report=row, quarter=quarter, grade="good", text="巡查及时")
    assert told("feedback_given") == {user.id}
    page = officer.get(own).content.decode()
    assert "巡查及时" in page
    assert "尚未接收" not in page
