"""A unit's own officer takes on what a community needs; the community confirms it."""

from __future__ import annotations

from html import unescape
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from fangxian.accounts.models import Grant
from fangxian.common.errors import Conflict
from fangxian.common.scoping import acting
from fangxian.core.models import OutboxMessage
from fangxian.organisations.actions import (
    complete_claim,
    list_item,
    report_in,
    take_back_claim,
)
from fangxian.organisations.models import Claim
from tests.kit.cast import START

TODAY = timezone.localdate()


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
