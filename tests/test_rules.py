"""Rule sets: what is added is checked by the room that reads it, before it holds."""

from __future__ import annotations

import copy
import datetime as dt
from typing import Any

import pytest

from fangxian.common.actor import Actor
from fangxian.common.errors import Invalid
from fangxian.core import rules
from fangxian.core.actions import add_rule_version
from fangxian.core.models import RuleSet

SHIPPED = {(row["name"], row["version"]): row["data"] for row in rules.shipped()}
NAMES = sorted({name for name, _version in SHIPPED})


@pytest.fixture
def head(cast: Any, settings: Any, places: Any) -> Actor:
    settings.FANGXIAN_AREA = places.county
    return cast.actor("headquarters")


def _add(head: Actor, name: str, data: Any) -> RuleSet:
    return add_rule_version(
        by=head, name=name, data=data, source="通知第1号", valid_from=dt.date(2021, 1, 1)
    )


@pytest.mark.parametrize(("name", "version"), sorted(SHIPPED))
def test_each_shipped_version_passes_the_check_of_its_room(
    name: str, version: int, head: Actor
) -> None:
    assert _add(head, name, SHIPPED[name, version]).data == SHIPPED[name, version]


def _parts(data: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The ways to every part of the data."""
    steps = data.items() if isinstance(data, dict) else enumerate(data)
    found = []
    for key, value in steps:
        found.append((*way, key))
        if isinstance(value, (dict, list)):
            found += _parts(value, (*way, key))
    return found


@pytest.mark.parametrize("name", NAMES)
def test_no_part_may_be_of_another_kind(name: str) -> None:
    check = rules.validator_of(name)
    assert check is not None
    good = copy.deepcopy(max((v, data) for (n, v), data in SHIPPED.items() if n == name)[1])
    for whole in ({}, [], None, "x", 3):
        with pytest.raises(Invalid):
            check(whole)
    for *way, last in _parts(good):
        part = good
        for key in way:
            part = part[key]
        right = part[last]
        for wrong in (None, {"?": 1}, [[]], float("nan"), "\x00"):
            part[last] = wrong
            with pytest.raises(Invalid) as refused:
                check(good)
            assert str(way[0] if way else last) in str(refused.value)
        part[last] = right
    check(good)


@pytest.mark.parametrize(
    ("name", "way", "value", "where"),
    [
        ("field", ("report", "roles", "9"), "nobody", "report.roles.9"),
        ("field", ("report", "levels"), [12, 15], "report.roles.15"),
        ("field", ("outcomes", 0, "code"), "much_too_long", "outcomes[0].code"),
        ("field", ("report", "due"), "25:00", "report.due"),
        ("field", ("report", "minutes_after", "6"), 30, "report.minutes_after.6"),
        ("field", ("report", "minutes_after", "12"), 5, "report.minutes_after.12"),
        ("field", ("report", "minutes_after"), {"9": 30, "6": 60}, "report.minutes_after.4"),
        ("responsibility", ("closes", 0), "nobody", "closes[0]"),
        ("responsibility", ("roles", 1, "min"), 9, "roles[1].max"),
        ("responsibility", ("roles", 1, "code"), "county_leader", "roles[1].code"),
        ("responsibility", ("takes_over", "building_keeper"), "x", "takes_over.building_keeper"),
        ("five_ones", ("items", 0, "evidence"), "word", "items[0].evidence"),
        ("duties", ("accounts", "nobody"), "grid_officer", "accounts.nobody"),
        ("duties", ("residence", "linked_unit"), 12, "residence.linked_unit"),
        ("task.escalation", ("hours", "default"), 0, "hours.default"),
        ("task.escalation", ("ladder", 0, "level"), True, "ladder[0].level"),
    ],
)
def test_a_mistake_is_named_with_its_place(
    name: str, way: tuple[Any, ...], value: Any, where: str, head: Actor
) -> None:
    data = copy.deepcopy(rules.rule(name).data)
    part = data
    for key in way[:-1]:
        part = part[key]
    part[way[-1]] = value
    with pytest.raises(Invalid) as refused:
        _add(head, name, data)
    assert {problem.field for problem in refused.value.problems} == {"rule"}
    assert f"{where}: " in str(refused.value)
