"""Calls and aid deployments on every screen: layout, touch, contrast and what axe finds.

Their plain forms are those of all rooms, which the style guide's test looks at.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser

from fangxian.common.scoping import acting
from fangxian.mobilise import actions
from fangxian.mobilise.actions import NewLine, Sending
from fangxian.mobilise.aid import actions as aid
from fangxian.mobilise.models import AidMember, Call, CallLine, Match
from fangxian.mobilise.tests.conftest import enlisted
from fangxian.mobilise.tests.test_aid import planned, report
from fangxian.mobilise.tests.test_calls import body, drawn, officer, sent, volunteering
from fangxian.regions.models import Region
from tests.browser.kit import check_everywhere

pytestmark = pytest.mark.browser
DAY = dt.timedelta(days=1)


@pytest.fixture
def here(places: Any) -> Region:
    found: Region = places[places.community]
    return found


def _claimed_and_matched(alice: Any, cast: Any, places: Any, here: Region) -> tuple[Call, Match]:
    """A call to a unit and to all: two have pledged, one of them claims; two proposals."""
    unit = body(places, "示例单位")
    lines = [NewLine(here, 2, "测温", {"nurse": 1}), NewLine(here, 1, "带班", key=True)]
    me = volunteering(cast, places, enlisted(alice, here, "示例人甲"))
    call = sent(alice, here, lines, [Sending(unit, quota=3)], text="示例说明")
    enlisted(alice, here, "示例人乙", organisation=unit)
    actions.pledge_unit(by=officer(cast, unit), call=call, heads=1)
    actions.pledge(by=me, call=call)
    first = actions.ask_match(by=alice, call=call)
    second = actions.ask_match(by=alice, call=call, base=first)
    with acting(me):
        key = CallLine.objects.get(call=call, key=True)
    actions.claim(by=me, line=key)
    return call, second


def test_every_page_of_calls_fits_every_screen(
    browser: Browser, site: str, client_of: Any, alice: Any, cast: Any, places: Any, here: Region
) -> None:
    call, match = _claimed_and_matched(alice, cast, places, here)
    draft = drawn(alice, here, [NewLine(here, 2)], title="示例草稿")
    of = {"args": [call.id]}
    pages = {
        "alice": [
            (reverse("mobilise:calls"), ""),
            (reverse("mobilise:call_new"), ""),
            (reverse("mobilise:call", **of), ""),
            (reverse("mobilise:call_send", args=[draft.id]), ""),
            (reverse("mobilise:call_wall", **of), ""),
            (reverse("mobilise:match", args=[match.id]), ""),
        ],
        "volunteer": [
            (reverse("mobilise:my_calls"), ""),
            (reverse("mobilise:call_answer", **of), ""),
        ],
        "unit_officer": [
            (reverse("mobilise:unit_calls"), ""),
            (reverse("mobilise:call_unit", **of), ""),
        ],
    }
    for user, paths in pages.items():
        check_everywhere(browser, site, client_of(user), paths)


def test_every_page_of_aid_fits_every_screen(
    browser: Browser, site: str, client_of: Any, cast: Any, places: Any
) -> None:
    hq, today = cast.actor("headquarters"), timezone.localdate()
    batch = planned(hq, places)
    aid.send_batch(by=hq, batch=batch, on=today - 5 * DAY)
    report(hq, batch, -4, 120, 0)
    with acting(hq):
        member, _other = AidMember.objects.filter(batch=batch).order_by("leader")
    aid.come_back(by=hq, batch=batch, members=[member], on=today - DAY, days=14, kind="central")
    of = {"args": [batch.id]}
    pages = [
        (reverse("mobilise:aid"), ""),
        (reverse("mobilise:aid_batch", **of), ""),
        (reverse("mobilise:aid_report", **of), ""),
        (reverse("mobilise:aid_back", **of), ""),
        (reverse("mobilise:aid_member", args=[member.id]), ""),
    ]
    check_everywhere(browser, site, client_of("headquarters"), pages)
