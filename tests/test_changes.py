"""Two people have the same form open: neither undoes the other unknowingly."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse

from fangxian.common.scoping import acting
from fangxian.field.actions import NewPoint, open_gate, plan_round
from fangxian.organisations import actions as organisations
from fangxian.organisations.models import OrganisationKind
from fangxian.regions.actions import create_building
from fangxian.register import actions as register
from fangxian.register.models import Residency

pytestmark = pytest.mark.django_db


@pytest.fixture
def address(alice: Any, places: Any) -> Callable[[str], str]:
    """The address of a form that changes something."""

    def person() -> Residency:
        home = register.create_household(by=alice, place_code=places.unit, room="101")
        return register.move_in(
            by=alice,
            household_id=home.pk,
            name="张一",
            sex="1",
            relation="head",
            kind="registered",
            on=dt.date(2020, 1, 1),
        )

    def body() -> Any:
        return organisations.create_organisation(
            by=alice,
            name="示例单位",
            short_name="示例",
            kind=OrganisationKind.objects.order_by("code").first(),
            seat=places[places.community],
        )

    def make(name: str) -> str:
        with acting(alice):
            if name == "register:establishment_change":
                made = register.create_establishment(
                    by=alice,
                    place_code=places.grid,
                    name="示例药店",
                    kind="pharmacy",
                    contact_phone="13800009999",
                )
                return reverse(name, args=[made.pk])
            if name == "regions:edit":
                building = create_building(by=alice, grid_code=places.grid, name="9号楼")
                return reverse(name, args=[building.region.code])
            if name == "organisations:edit":
                return reverse(name, args=[body().pk])
            if name == "field:gate_edit":
                body()
                gate = open_gate(by=alice, place=places[places.grid], name="东门", kind="quarter")
                return reverse(name, args=[gate.pk])
            if name == "field:round_edit":
                walk = plan_round(
                    by=alice,
                    place=places[places.grid],
                    name="夜巡",
                    times=2,
                    first_at=dt.time(8),
                    last_at=dt.time(20),
                    points=[NewPoint("东门")],
                )
                return reverse(name, args=[walk.pk])
            row = person()
            if name == "organisations:member":
                member = organisations.add_member(
                    by=alice, person=row.person, organisation=body(), from_date=dt.date(2021, 1, 1)
                )
                return reverse(name, args=[member.pk])
            ids = {
                "people:change": row.person_id,
                "register:household_change": row.household_id,
                "register:residency_change": row.pk,
            }
            return reverse(name, args=[ids[name]])

    return make


def _opened(client: Any, address: str) -> dict[str, str]:
    """What the browser would post of the form as it is shown."""
    form = client.get(address).context["form"]
    posted = {}
    for name in form.fields:
        value = form[name].value()
        value = getattr(value, "pk", value)
        if value not in (None, False):
            posted[name] = "on" if value is True else str(value)
    return posted


FORMS = [
    ("people:change", "name", "张甲", "employer", "示例工厂"),
    ("register:household_change", "room", "102", "note", "门口有犬"),
    ("register:residency_change", "from_date", "2021-02-03", "kind", "tenant"),
    ("register:establishment_change", "name", "示例大药房", "staff_count", "7"),
    ("register:establishment_change", "name", "示例大药房", "contact_phone", "13800001111"),
    ("organisations:edit", "name", "示例大单位", "short_name", "示"),
    ("organisations:member", "duty", "组长", "party_member", "on"),
    ("regions:edit", "name", "甲楼", "households", "12"),
    ("field:gate_edit", "name", "南门", "units", "示例单位"),
    ("field:round_edit", "name", "晨巡", "times", "3"),
]


@pytest.mark.parametrize(("page", "mine", "my_value", "theirs", "their_value"), FORMS)
def test_what_a_form_left_alone_is_not_undone(
    page: str,
    mine: str,
    my_value: str,
    theirs: str,
    their_value: str,
    address: Any,
    client_of: Any,
) -> None:
    at = address(page)
    first, second = client_of("alice"), client_of("alice")
    before = _opened(first, at)
    assert second.post(at, _opened(second, at) | {theirs: their_value}).status_code == 302
    between = _opened(second, at)
    assert first.post(at, before | {mine: my_value}).status_code == 302
    after = _opened(first, at)
    assert after[mine] == my_value
    assert after.get(theirs) == between.get(theirs)
    if theirs != "contact_phone":
        assert after[theirs] == their_value


@pytest.mark.parametrize(("page", "mine", "my_value", "theirs", "their_value"), FORMS)
def test_a_field_that_both_changed_is_asked_again(
    page: str,
    mine: str,
    my_value: str,
    theirs: str,
    their_value: str,
    address: Any,
    client_of: Any,
) -> None:
    at = address(page)
    first, second = client_of("alice"), client_of("alice")
    before = _opened(first, at)
    changed = {mine: my_value, theirs: their_value}
    assert second.post(at, _opened(second, at) | changed).status_code == 302
    my_second = "2022-02-03" if mine == "from_date" else my_value + "二"
    refused = first.post(at, before | {mine: my_second})
    assert refused.status_code == 409
    form = refused.context["form"]
    assert list(form.errors) == [mine]
    assert form[mine].value() == my_second
    assert ("2021年2月3日" if mine == "from_date" else my_value) in str(form.errors[mine])
    again = {name: form[name].value() or "" for name in form.fields}
    assert first.post(at, again).status_code == 302
    after = _opened(first, at)
    assert after[mine] == my_second
    if theirs != "contact_phone":
        assert after[theirs] == their_value


def test_a_concealed_number_changed_by_both_is_asked_again_without_showing_it(
    address: Any, client_of: Any
) -> None:
    at = address("register:establishment_change")
    client = client_of("alice")
    before = _opened(client, at)
    assert client.post(at, before | {"contact_phone": "13800001111"}).status_code == 302
    refused = client.post(at, before | {"contact_phone": "13800002222"})
    assert refused.status_code == 409
    text = refused.content.decode()
    assert "13800001111" not in text
    assert "13800002222" in text


def test_digests_that_are_none_count_as_nothing_shown(address: Any, client_of: Any) -> None:
    at = address("people:change")
    client = client_of("alice")
    for wrong in ("", "x", "[]", '{"name": 3, "sex": "é"}', "[" * 100_000):
        sent = _opened(client, at) | {"as_shown": wrong, "name": "张乙"}
        assert client.post(at, sent).status_code == 302
    assert _opened(client, at)["name"] == "张乙"
