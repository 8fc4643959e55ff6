"""Which tests run once more on another PostgreSQL is found out, not written by hand."""

from __future__ import annotations

from typing import Any

import pytest


def marked(request: pytest.FixtureRequest) -> bool:
    return request.node.get_closest_marker("database") is not None


def test_a_test_without_a_database_is_not_marked(request: pytest.FixtureRequest) -> None:
    assert not marked(request)


@pytest.mark.django_db
def test_a_test_that_asks_for_it_by_its_mark_is(request: pytest.FixtureRequest) -> None:
    assert marked(request)


def test_a_test_that_has_it_through_a_fixture_of_a_fixture_is(
    request: pytest.FixtureRequest, alice: Any
) -> None:
    assert alice
    assert marked(request)
