"""Rosters drawn: where bars stand, which days are special, what the pages show."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from fangxian.common.scoping import acting
from fangxian.mobilise.actions import put_on
from fangxian.mobilise.drawing import Strip, heads_by_hour, laid, month_of, other_month
from fangxian.mobilise.models import Post, Shift
from fangxian.mobilise.tests.conftest import EARLY, as_volunteer, enlisted, lay_posts, shift
from fangxian.mobilise.views import rosters


def at(day: int, hour: int, hours: int, name: str = "x") -> Shift:
    begins = timezone.make_aware(dt.datetime.combine(dt.date(2026, 3, day), dt.time(hour)))
    return Shift(name=name, starts_at=begins, ends_at=begins + dt.timedelta(hours=hours))


def test_bars_stand_where_their_hours_are_and_never_on_one_another() -> None:
    strip = Strip(dt.date(2026, 3, 2), 1)
    row = laid([at(2, 8, 8), at(2, 6, 12), at(1, 22, 8), at(2, 16, 12)], strip)
    seen = [(bar.x, bar.width, bar.y, bar.early, bar.late) for bar in row.bars]
    assert seen == [
        ("0.000%", "25.000%", "0em", True, False),
        ("25.000%", "50.000%", "0em", False, False),
        ("33.333%", "33.333%", "3.75em", False, False),
        ("66.667%", "33.333%", "3.75em", False, True),
    ]
    assert row.height == "7.5em"
    assert [mark["hour"] for mark in strip.marks()] == [f"{n:02d}" for n in range(0, 24, 3)]


def test_heads_there_and_required_change_where_shifts_do_and_a_gap_is_seen() -> None:
    strip = Strip(dt.date(2026, 3, 2), 1)

    def one(day: int, hour: int, hours: int, placed: int, heads: int) -> tuple[Any, ...]:
        shift = at(day, hour, hours)
        return shift.starts_at, shift.ends_at, placed, heads

    every = [one(1, 22, 8, 1, 1), one(2, 8, 8, 2, 2), one(2, 12, 12, 0, 2), one(2, 16, 4, 2, 2)]
    runs = heads_by_hour([*every, one(3, 1, 3, 0, 9), one(1, 1, 3, 0, 9)], strip)
    seen = [(timezone.localtime(run.begins).hour, run.placed, run.heads, run.lack) for run in runs]
    # From 16 on others stand there, as many as before; from 6 to 8 nobody is required.
    assert seen == [(0, 1, 1, 0), (8, 2, 2, 0), (12, 2, 4, 2), (20, 0, 2, 2)]
    assert [(run.x, run.width) for run in runs] == [
        ("0.000%", "25.000%"),
        ("33.333%", "16.667%"),
        ("50.000%", "33.333%"),
        ("83.333%", "16.667%"),
    ]
    assert (runs[2].there_y, runs[2].gap_y, runs[2].gap_height) == ("50.000%", "0.000%", "50.000%")
    assert heads_by_hour([], strip) == []


def test_months_follow_one_another() -> None:
    assert other_month(dt.date(2026, 12, 31), 1) == dt.date(2027, 1, 1)
    assert other_month(dt.date(2026, 1, 31), -1) == dt.date(2025, 12, 1)
    assert month_of(dt.date(2026, 3, 15))[0][0] == dt.date(2026, 2, 23)


@pytest.fixture
def staffed(alice: Any, places: Any, post: Post) -> Shift:
    early = shift(alice, post)
    put_on(by=alice, shift=early, volunteer=enlisted(alice, places[places.community], "示例甲"))
    return early


def test_the_roster_by_hours_by_days_and_one_s_own(
    alice: Any, cast: Any, client_of: Any, staffed: Shift
) -> None:
    client, day = client_of("alice"), staffed.day.isoformat()
    drawn = client.get(reverse("mobilise:gantt"), {"day": day})
    assert drawn.content.decode().count("fx-gantt__bar--ok") == 2  # the key and the shift
    assert "示例甲" in drawn.content.decode()
    assert drawn.context["lines"][0]["bars"][1]["names"] == ["示例甲"]
    # The shift of the night before is not that day's; of the three that are, one is taken.
    runs = [(run.placed, run.heads, run.lack) for run in drawn.context["runs"]]
    assert runs == [(0, 1, 1), (1, 1, 0), (0, 1, 1)]
    assert "▲0/1" in drawn.content.decode()
    for span in ("month", "week"):
        page = client.get(reverse("mobilise:month"), {"day": day, "span": span})
        cells = [cell for week in page.context["weeks"] for cell in week]
        (cell,) = [cell for cell in cells if cell["day"] == staffed.day]
        assert sum(row["all"] for row in cell["items"]) == 3
        assert sum(row["lack"] for row in cell["items"]) == 2
    with acting(alice):
        volunteer = staffed.turns.get().volunteer
    as_volunteer(cast, "volunteer", volunteer)
    for span in ("month", "week"):
        mine = client_of("volunteer").get(
            reverse("mobilise:my_calendar"), {"day": day, "span": span}
        )
        cells = [cell for week in mine.context["weeks"] for cell in week]
        assert [cell["day"] for cell in cells if cell["items"]] == [staffed.day]
        assert EARLY in mine.content.decode()


def test_whatever_is_asked_for_is_shown_somehow(client_of: Any, staffed: Shift) -> None:
    client = client_of("alice")
    for view in ("week", "gantt", "month", "my_calendar"):
        for query in ({"days": "0"}, {"page": "-1"}, {"page": "99999"}, {"span": "x", "day": "x"}):
            assert client.get(reverse(f"mobilise:{view}"), query).status_code == 200


def test_each_post_stands_on_one_page(
    monkeypatch: pytest.MonkeyPatch, alice: Any, places: Any, client_of: Any
) -> None:
    monkeypatch.setattr(rosters, "POSTS", 2)
    posts, day = lay_posts(alice, places[places.community], 5)
    for view in ("week", "gantt"):
        seen: list[Any] = []
        for number in (1, 2, 3):
            answer = client_of("alice").get(
                reverse(f"mobilise:{view}"), {"page": number, "day": day.isoformat()}
            )
            seen += [line["post"].id for line in answer.context["lines"]]
            if view == "gantt":
                # What lacks is that of all posts, not of the page's.
                assert [(run.placed, run.heads) for run in answer.context["runs"]] == [(0, 5)]
        assert sorted(seen) == sorted(post.id for post in posts)
