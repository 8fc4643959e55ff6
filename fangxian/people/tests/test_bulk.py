from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.utils import ProgrammingError
from hypothesis import given
from hypothesis import strategies as st

from fangxian.common import bulk
from fangxian.common.bulk import text_of
from fangxian.common.ids import uuid7
from fangxian.common.scoping import acting
from fangxian.people.models import Person, PersonLink

pytestmark = pytest.mark.django_db


def columns(names: list[str]) -> dict[str, list[Any]]:
    now = dt.datetime(2021, 1, 1, tzinfo=dt.UTC)
    size = len(names)
    return {
        "id": [uuid7() for _name in names], "created_at": [now] * size, "name": names,
        "initials": [""] * size, "sex": ["0"] * size, "birth_date": [None] * size,
        "ethnicity": [""] * size, "nationality": ["CHN"] * size,
        "registered_address": [""] * size, "employer": [""] * size,
    }  # fmt: skip


@pytest.mark.parametrize("name", ["a'b\"c\\d", "{x,y}", "NULL", "\t", "张·三", "%s", "\\x41"])
def test_texts_come_through_unchanged(alice, places, name):
    rows = columns([name, "z"])
    with acting(alice):
        bulk.insert(Person, rows)
        links = {
            "person_id": rows["id"], "place_code": [places.unit] * 2, "kind": ["t"] * 2,
            "source_id": rows["id"],
        }  # fmt: skip
        bulk.insert(PersonLink, links)
        assert Person.objects.get(pk=rows["id"][0]).name == name
        bulk.update(
            Person, rows["id"], {"employer": [name, ""], "birth_date": [None, "2001-02-03"]}
        )
        assert Person.objects.get(pk=rows["id"][0]).employer == name
        assert Person.objects.get(pk=rows["id"][1]).birth_date == dt.date(2001, 2, 3)


def test_what_separates_values_is_refused(alice):
    for name in ("a\x1fb", "a\x1eb", "\x1e"):
        with acting(alice), pytest.raises(ValueError, match="control character"):
            bulk.insert(Person, columns([name]))


def test_many_rows_obey_row_level_security_too(alice, places):
    link = {
        "person_id": [uuid7()], "place_code": [places.outside_unit], "kind": ["t"],
        "source_id": [uuid7()],
    }  # fmt: skip
    with acting(alice), pytest.raises(ProgrammingError), transaction.atomic():
        bulk.insert(PersonLink, link)


def test_constraints_hold_for_many_rows(alice):
    with acting(alice), pytest.raises(IntegrityError), transaction.atomic():
        bulk.insert(Person, columns(["a", ""]))


@given(st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=20))
def test_a_copied_text_has_no_separator_in_it(text):
    line = text_of(text)
    assert "\t" not in line
    assert "\n" not in line
    assert "\r" not in line
