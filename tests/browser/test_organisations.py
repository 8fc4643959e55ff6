"""Who answers, in the browser: accessible, narrow and wide, both languages; the phone by a tap."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, expect

from fangxian.organisations.actions import add_member, appoint, create_organisation
from fangxian.organisations.models import OrganisationKind
from fangxian.organisations.vacancies import refresh
from fangxian.people.actions import create_person
from tests.browser.kit import DESK, check_everywhere, settled, sign_in, visitor

pytestmark = pytest.mark.browser


@pytest.fixture
def chain(places: Any, cast: Any) -> Any:
    hq = cast.actor("headquarters")
    kind = OrganisationKind.objects.get(code="department")
    unit = create_organisation(by=hq, name="示例局", kind=kind, seat=places[places.county])
    secretary = create_person(
        by=hq, name="王书记", place_code=places.community, link_kind="met", source_id=uuid4()
    )
    member = add_member(by=hq, person=secretary, organisation=unit, rank="处级")
    appoint(by=hq, place=places[places.community], role="linked_unit", holder=unit)
    row = appoint(
        by=hq,
        place=places[places.community],
        role="community_secretary",
        holder=member,
        contact="0317-1234567",
    )
    refresh(by=hq, area=places.county)
    return {"unit": unit, "row": row, "member": member}


def test_the_pages_are_accessible_everywhere(
    browser: Browser, site: str, places: Any, chain: Any, client_of: Any
) -> None:
    pages: Any = (
        ("chain", [places.community]),
        ("five_ones", [places.county]),
        ("appoint", [places.grid]),
        ("organisation", [chain["unit"].id]),
    )
    paths = [(reverse(f"organisations:{name}", args=args), "") for name, args in pages]
    check_everywhere(browser, site, client_of("headquarters"), paths)


def test_the_work_phone_appears_by_a_tap(
    browser: Browser, site: str, places: Any, chain: Any, client_of: Any
) -> None:
    client = client_of("bob")
    with visitor(browser, site, size=DESK) as page:
        sign_in(page, site, client)
        page.goto(reverse("organisations:chain", args=[places.grid]))
        expect(page.get_by_text("0317-1234567")).to_have_count(0)
        page.locator("a[hx-post]").first.click()
        settled(page)
        expect(page.locator('a[href="tel:0317-1234567"]')).to_be_visible()
