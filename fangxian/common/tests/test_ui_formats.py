"""Numbers, dates and masks as people read them."""

from __future__ import annotations

import datetime

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from fangxian.common.ui import formats

UTC = datetime.UTC


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        (0, 388, "0%"),
        (388, 388, "100%"),
        (377, 401, "94%"),
        (120, 388, "30.9%"),
        (999_999, 1_000_000, "99.9%"),
        (1, 1_000_000, "0.1%"),
        (0, 0, "–"),
        (None, 5, "–"),
    ],
)
def test_percent(part, whole, text):
    assert formats.percent(part, whole) == text


@given(st.integers(0, 10**7), st.integers(1, 10**7))
def test_percent_never_claims_too_much(part, whole):
    text = formats.percent(min(part, whole), whole)
    assert (text == "100%") == (part >= whole)
    assert (text == "0%") == (part == 0)


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        ("13800000001", "phone", "138****0001"),
        ("130921190001010001", "id", "130921**********01"),
        ("欧阳样本", "name", "欧***"),
        ("样", "name", "*"),
        ("1234", "phone", "1***"),
        ("ab", "", "a*"),
        ("", "phone", ""),
        (None, "id", ""),
    ],
)
def test_mask(value, kind, text):
    assert formats.mask(value, kind) == text


@given(st.text(min_size=1, max_size=30), st.sampled_from(["phone", "id", "name", ""]))
def test_mask_always_hides_something_and_keeps_the_length(value, kind):
    masked = formats.mask(value, kind)
    assert len(masked) == len(value)
    assert "*" in masked


def test_dates_follow_the_language_and_the_local_day():
    late = datetime.datetime(2026, 3, 3, 18, 5, tzinfo=UTC)
    with translation.override("en"):
        assert formats.date_time(late) == "2026-03-04 02:05"
    with translation.override("zh-hans"):
        assert formats.date(datetime.date(2026, 3, 4)) == "2026年3月4日"
    assert formats.date(None) == formats.date_time(None) == ""


def test_numbers_are_grouped():
    assert formats.number(1234567) == "1,234,567"
    assert formats.number(0) == "0"
    assert formats.number(1234.56) == "1,234.6"
    assert formats.number(None) == ""
    assert formats.number("12 or so") == "12 or so"


def test_a_place_is_named_by_itself_or_by_the_room_that_knows(monkeypatch):
    class Place:
        name = "Sample town"

    monkeypatch.setattr(formats, "_place_namer", [])
    assert formats.place_name(Place()) == "Sample town"
    assert formats.place_name("130921") == "130921"
    formats.set_place_namer({"130921": "Sample county"}.__getitem__)
    assert formats.place_name("130921") == "Sample county"
    assert formats.place_name("") == ""


def test_a_job_of_the_system_has_no_name_of_its_own():
    with translation.override("zh-hans"):
        assert formats.who("system:demo") == "系统自动"
    assert formats.who("王一") == "王一"


def test_where_a_call_came_from_is_told_in_words():
    with translation.override("zh-hans"):
        assert formats.origin("web 10.0.0.8") == "浏览器 10.0.0.8"
        assert formats.origin("web") == "浏览器"
        assert formats.origin("console") == "服务器控制台"
        assert formats.origin("command import_register") == "服务器控制台"
        assert formats.origin("job:load") == "后台作业"
        assert formats.origin("job register.import") == "后台作业"
    assert formats.origin("") == ""


@pytest.mark.parametrize(
    ("agent", "shown"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
            "Chrome/120.0.0.0 Safari/537.36 Edg/120.0.2210.91",
            "Edge 120 · Windows",
        ),
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
            "HeadlessChrome/156.0.0.0 Safari/537.36",
            "Chrome 156 · Linux",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, "
            "like Gecko) Version/17.2 Mobile/15E148 Safari/604.1",
            "Safari 17 · iOS",
        ),
        (
            "Mozilla/5.0 (Linux; Android 13; V2) AppleWebKit/537.36 (KHTML, like Gecko) "
            "Version/4.0 Chrome/116.0 Mobile Safari/537.36 MicroMessenger/8.0.44",
            "WeChat 8 · Android",
        ),
        ("curl/8.4.0", "curl/8.4.0"),
        ("", ""),
    ],
)
def test_browsers_are_told_as_people_know_them(agent: str, shown: str) -> None:
    assert formats.browser(agent) == shown
