"""Units that come and go, alliances, pairs and reporting in: accessible, narrow and wide."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser

from fangxian.accounts.models import Grant
from fangxian.common.scoping import acting
from fangxian.organisations.actions import (
    add_ally,
    add_entry,
    add_member,
    ask_for_item,
    claim_item,
    create_organisation,
    draft_unit,
    found_alliance,
    list_item,
    pair,
    report_in,
    second,
    share_task,
)
from fangxian.organisations.models import OrganisationKind
from fangxian.people.actions import create_person
from tests.browser.kit import check_everywhere

pytestmark = pytest.mark.browser


@pytest.fixture
def made(places: Any, cast: Any) -> Any:
    """One of each, with something in it."""
    hq, today = cast.actor("headquarters"), timezone.localdate()
    here, kinds = places[places.community], OrganisationKind.objects
    with acting(hq):
        unit, other = (
            create_organisation(
                by=hq, name=name, kind=kinds.get(code="department"), seat=places[places.county]
            )
            for name in ("示例局", "示例派出所")
        )
        row = draft_unit(
            by=hq,
            name="东门卡口临时党支部",
            kind=kinds.get(code="temporary_branch"),
            setting="checkpoint",
            task="东门卡口值守",
            place=here,
            superior=unit,
            from_date=today,
            until=today,
        )
        person = create_person(
            by=hq, name="王一", place_code=here.code, link_kind="met", source_id=uuid4()
        )
        home = add_member(by=hq, person=person, organisation=unit, party_member=True)
        second(by=hq, unit=row, home=home, office="secretary", duty="值守")
        alliance = found_alliance(
            by=hq, name="第1社区大党委", kind="great_committee", place=here, lead=unit
        )
        add_ally(by=hq, alliance=alliance, organisation=other, role="police")
        create_organisation(by=hq, name="示例诊所", kind=kinds.get(code="department"), seat=here)
        share_task(by=hq, alliance=alliance, title="联合巡查", due=today)
        pairing = pair(by=hq, organisation=unit, other=other, purpose="对口支援")
        add_entry(by=hq, pairing=pairing, on=today, kind="goods", text="口罩2000只")
        report = report_in(by=hq, community=here, who=unit, offers="可派3人", received=True)
        item = list_item(by=hq, community=here, kind="need", title="夜班值守")
        claim_item(by=hq, item=item, report=report)
        # Of the same unit: one that waits for the community, one that is open.
        Grant.objects.filter(user=cast.user("headquarters")).update(organisation_id=unit.id)
        asked, _open = (
            list_item(by=hq, community=here, kind="need", title=title)
            for title in ("搬运物资", "电话慰问")
        )
        ask_for_item(by=cast.actor("headquarters"), item=asked)
    return {
        "unit": row,
        "alliance": alliance,
        "pairing": pairing,
        "report": report,
        "item": item,
        "asked": asked,
        "home": home,
        "here": here.code,
    }


def test_the_pages_are_accessible_everywhere(
    browser: Browser, site: str, places: Any, made: Any, client_of: Any
) -> None:
    pages: Any = (
        ("units", [], ""),
        ("unit", [made["unit"].id], ""),
        ("unit_officers", [made["unit"].id], ""),
        ("alliance", [made["alliance"].id], ""),
        ("alliance_units", [made["alliance"].id], ""),
        ("pairing", [made["pairing"].id], ""),
        ("reporting", [made["here"]], ""),
        ("reporting", [made["here"]], "?view=need"),
        ("reporting", [places.county], ""),
        ("community_item", [made["item"].id], ""),
        ("community_item", [made["asked"].id], ""),
        ("own_items", [], ""),
        ("report_feedback", [made["report"].id], ""),
        ("report_in", [made["report"].id], ""),
        ("report_member", [made["here"]], ""),
        ("second", [made["unit"].id], ""),
        ("organisation", [made["alliance"].lead_id], ""),
        ("member", [made["home"].id], ""),
    )
    paths = [(reverse(f"organisations:{name}", args=args) + more, "") for name, args, more in pages]
    paths.append((reverse("regions:place", args=[made["here"]]), ""))
    check_everywhere(browser, site, client_of("headquarters"), paths)
