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
