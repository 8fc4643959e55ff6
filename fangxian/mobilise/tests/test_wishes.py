"""Wishes and days off: said on a phone or by staff, held by the roster; the pages of drafts."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from fangxian.common.errors import Invalid, OutOfScope
from fangxian.common.scoping import acting
from fangxian.mobilise import rostering
from fangxian.mobilise.actions import (
    NewPattern,
    ask_why,
    draft_roster,
    make_wish,
    take_back_wish,
)
from fangxian.mobilise.asking import task_of
from fangxian.mobilise.load import Stretch
from fangxian.mobilise.models import Obstacle, RosterDraft, Turn, Wish
from fangxian.mobilise.roster_rules import Part
from fangxian.mobilise.solve import answered
from fangxian.mobilise.tests.conftest import DAY, EARLY, enlisted, gate, shift
from fangxian.mobilise.tests.test_drafts import quick, ready  # noqa: F401 (quick: a fixture)
from fangxian.mobilise.tests.test_pages import volunteer_at

BASE = "/mobilise"
NIGHT_PART = {"night": Part("night", "夜间", "night", dt.time(22), dt.time(6))}


def test_a_volunteer_says_it_with_few_taps_and_takes_it_back(
    client_of: Any, cast: Any, places: Any, alice: Any
) -> None:
    me = volunteer_at(cast, places, places.community, alice)
    client = client_of("volunteer")
    page = client.get(f"{BASE}/mine/wishes/")
    assert page.status_code == 200
    day = timezone.localdate() + 3 * DAY
    client.post(f"{BASE}/mine/wishes/", {"kind": "off", "when": day.isoformat(), "part": ""})
    client.post(f"{BASE}/mine/wishes/", {"kind": "avoids", "when": "5", "part": "night"})
    # Said again it is the same one; the opposite takes its place.
    client.post(f"{BASE}/mine/wishes/", {"kind": "off", "when": day.isoformat(), "part": ""})
    client.post(f"{BASE}/mine/wishes/", {"kind": "likes", "when": "5", "part": "night"})
    with acting(alice):
        found = {(one.kind, one.weekday, one.until) for one in Wish.objects.all()}
        wish = Wish.objects.get(kind="off")
    assert found == {("off", None, day), ("likes", 5, None)}
    wrong = client.post(f"{BASE}/mine/wishes/", {"kind": "off", "when": "9", "part": ""})
    assert wrong.status_code == 422
    other = enlisted(alice, places[places.community], "测试乙")
    foreign = make_wish(by=alice, volunteer=other, kind="off", weekday=1)
    with pytest.raises(OutOfScope):
        take_back_wish(by=me, wish=foreign)
    answer = client.post(f"{BASE}/mine/wishes/{wish.id}/remove/", follow=True)
    assert "已收回" in answer.content.decode()
    staff = client_of("alice")
    page = staff.get(f"{BASE}/volunteers/{other.id}/wishes/").content.decode()
    assert "每星期二" in page
    staff.post(f"{BASE}/volunteers/{other.id}/wishes/{foreign.id}/remove/")
    with acting(alice):
        assert [one.kind for one in Wish.objects.all()] == ["likes"]


def test_bad_days_are_refused_with_what_is_wrong(alice: Any, places: Any) -> None:
    who = enlisted(alice, places[places.community], "测试甲")
    today = timezone.localdate()
    for given, field in (
        ({"kind": "never"}, "kind"),
        ({"part": "teatime"}, "part"),
        ({"first": today - DAY}, "first"),
        ({"first": today, "until": today - DAY}, "until"),
        ({"weekday": 7}, "when"),
    ):
        with pytest.raises(Invalid) as refused:
            make_wish(by=alice, volunteer=who, **{"kind": "off", **given})
        assert [one.field for one in refused.value.problems] == [field]


@pytest.mark.parametrize(
    ("begins", "hours", "part", "touched"),
    [
        (dt.datetime(2026, 3, 3, 8, tzinfo=dt.UTC), 8, "", True),
        (dt.datetime(2026, 3, 3, 8, tzinfo=dt.UTC), 8, "night", False),
        (
            dt.datetime(2026, 3, 4, 0, tzinfo=dt.UTC),
            8,
            "night",
            True,
        ),  # the night of the 3rd, after midnight
        (dt.datetime(2026, 3, 3, 5, tzinfo=dt.UTC), 2, "night", False),  # the night of the 2nd
        (dt.datetime(2026, 3, 4, 0, tzinfo=dt.UTC), 8, "", False),
        (dt.datetime(2026, 3, 3, 22, tzinfo=dt.UTC), 8, "", True),
    ],
)
def test_what_a_day_off_touches(begins: dt.datetime, hours: int, part: str, touched: bool) -> None:
    day = dt.date(2026, 3, 3)
    wish = Wish(kind="off", first=day, until=day, part=part)
    one = Stretch(begins, begins + dt.timedelta(hours=hours))
    assert rostering.touches(wish, one, NIGHT_PART) is touched


def test_the_pages_of_a_draft_from_asking_to_publishing(
    client_of: Any, alice: Any, places: Any
) -> None:
    home = places[places.community]
    post = gate(alice, home, NewPattern(EARLY, dt.time(8), 480, 2, {"nurse": 1}), first=1, days=2)
    for n in range(3):
        enlisted(alice, home, f"测试{n}")
    client = client_of("alice")
    first = timezone.localdate() + DAY
    form = {"place": home.code, "first": first, "last": first + DAY, "seed": 1, "echelon": ""}
    page = client.post(f"{BASE}/drafts/new/", form, follow=True)
    assert page.status_code == 200, page.content.decode()
    assert "就用目前这份" in page.content.decode()
    # Who asked for it stands there by his name, not by that of the account.
    assert "1 · Alice · " in page.content.decode()
    late = client.post(f"{BASE}/drafts/new/", {**form, "first": first + 9 * DAY})
    assert late.status_code == 422
    with acting(alice):
        draft = RosterDraft.objects.get()
    assert "hx-get" in client.get(f"{BASE}/drafts/{draft.id}/progress/").content.decode()
    ready(alice, draft)
    told = client.get(f"{BASE}/drafts/{draft.id}/progress/")
    assert "HX-Redirect" not in told or told["HX-Redirect"].endswith(f"{draft.id}/")
    by_day = client.get(f"{BASE}/drafts/{draft.id}/").content.decode()
    assert "缺1人" in by_day
    assert "护士" in by_day
    by_person = client.get(f"{BASE}/drafts/{draft.id}/?by=person").content.decode()
    assert "测试0" in by_person
    asked = client.post(
        f"{BASE}/shifts/{shift(alice, post).id}/why/", {"draft": str(draft.id)}, follow=True
    )
    assert asked.status_code == 200
    with acting(alice):
        found = Obstacle.objects.get()
        task = task_of(found)
        assert task is not None
        found.answer, found.answered_at = answered(task, found.shift_id), timezone.now()
        found.save()
    page = client.get(f"{BASE}/obstacles/{found.id}/").content.decode()
    assert "没有所需技能" in page
    refused = client.post(f"{BASE}/drafts/{draft.id}/publish/", {"digest": "old"})
    assert refused.status_code == 409
    done = client.post(f"{BASE}/drafts/{draft.id}/publish/", {"digest": draft.digest}, follow=True)
    assert "已公布" in done.content.decode()
    with acting(alice):
        assert Turn.objects.filter(state="placed", source="roster").count() == 2
    week = client.get(f"{BASE}/drafts/")
    assert week.status_code == 200
    mending = {"place": home.code, "first": first, "last": first}
    answer = client.post(f"{BASE}/drafts/repair/", mending, follow=True)
    assert answer.status_code == 200
    assert "缺勤补位" in answer.content.decode()


def test_another_county_sees_nothing_of_it(cast: Any, alice: Any, places: Any) -> None:
    home = places[places.community]
    post = gate(alice, home, first=1, days=1)
    first = timezone.localdate() + DAY
    draft_roster(by=alice, place=home, first=first, last=first)
    ask_why(by=alice, shift=shift(alice, post))
    make_wish(by=alice, volunteer=enlisted(alice, home, "测试甲"), kind="off", weekday=1)
    with acting(cast.actor("charlie")):
        assert not RosterDraft.objects.exists()
        assert not Obstacle.objects.exists()
        assert not Wish.objects.exists()
