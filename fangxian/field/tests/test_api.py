"""The API of sweeps through HTTP."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from fangxian.common.scoping import acting
from fangxian.field import api
from fangxian.field.actions import close_campaign
from fangxian.field.models import Campaign, Target, Visit
from fangxian.field.queries import doors
from fangxian.field.tests.conftest import OTHER_UNIT
from fangxian.register.actions import close_household

VISITS = "/api/field/visits"


@pytest.fixture
def homes(campaign: Campaign, bob: Any, places: Any) -> list[Target]:
    with acting(bob):
        return list(doors(campaign, places.grid))


def body(target: Target, outcome: str = "all_well", **more: Any) -> dict[str, Any]:
    return {
        "op_id": str(uuid4()),
        "campaign_id": str(target.campaign_id),
        "household_id": str(target.household_id),
        "outcome": outcome,
        **more,
    }


def post(client: Client, *visits: Any, **headers: Any) -> Any:
    data = json.dumps({"visits": visits})
    return client.post(VISITS, data, content_type="application/json", headers=headers or None)


def results(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [one["result"] for one in answer.json()["answers"]]


def test_a_batch_has_an_answer_for_each_and_repeats_are_safe(
    client_of: Any, campaign: Campaign, homes: list[Target], bob: Any, cast: Any
) -> None:
    with acting(cast.actor("headquarters")):
        foreign = Target.objects.get(place_code=OTHER_UNIT)
    batch = [
        body(homes[0]),
        body(foreign),
        body(homes[1], "levitating"),
        body(homes[2], "absent", visited_at="1990-01-01T00:00:00", note="x"),
        body(homes[1], revisit_on="1990-01-01"),
    ]
    client = client_of("bob")
    answer = post(client, *batch)
    assert results(answer) == ["applied", "rejected", "rejected", "applied", "rejected"]
    problems = [one["problems"] for one in answer.json()["answers"]]
    assert [p[0]["code"] for p in problems if p] == ["door", "outcome", "revisit_on"]
    assert all(p[0]["mend"] for p in problems if p)
    assert results(post(client, *batch))[:1] == ["duplicate"]
    changed = batch[0] | {"outcome": "absent"}
    assert results(post(client, changed)) == ["rejected"]
    with acting(bob):
        assert Visit.objects.count() == 2


def test_a_visit_and_its_correction_may_come_together(
    client_of: Any, homes: list[Target], bob: Any
) -> None:
    first = body(homes[0])
    second = body(homes[0], "refused", corrects=first["op_id"])
    third = body(homes[0], corrects=second["op_id"])
    again = body(homes[0], "absent", corrects=first["op_id"])
    elsewhere = body(homes[1], corrects=third["op_id"])
    answer = post(client_of("bob"), first, second, third, again, elsewhere)
    assert results(answer) == ["applied", "applied", "applied", "rejected", "rejected"]
    with acting(bob):
        target = Target.objects.get(id=homes[0].id)
        assert (target.state, target.visits) == ("visited", 3)


def test_a_closed_sweep_takes_nothing_though_this_process_knew_it_running(
    client_of: Any, campaign: Campaign, homes: list[Target], cast: Any
) -> None:
    client = client_of("bob")
    assert results(post(client, body(homes[0]))) == ["applied"]
    close_campaign(by=cast.actor("headquarters"), campaign=campaign)
    late = post(client, body(homes[1]))
    assert late.json()["answers"][0]["problems"][0]["code"] == "closed"


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ("", 422),
        ("{", 400),
        ("[]", 422),
        ('{"visits": []}', 422),
        ('{"visits": [{}]}', 422),
        ('{"visits": [{"op_id": NaN}]}', 400),
    ],
)
def test_what_is_no_batch_is_named(
    client_of: Any, homes: list[Target], sent: str, status: int
) -> None:
    answer = client_of("bob").post(VISITS, sent, content_type="application/json")
    assert answer.status_code == status, answer.content


def test_who_may_send(client_of: Any, campaign: Campaign, homes: list[Target]) -> None:
    assert post(Client(), body(homes[0])).status_code == 401
    assert post(client_of("laboratory"), body(homes[0])).status_code == 403
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client_of("bob").cookies
    assert post(strict, body(homes[0])).status_code == 403


def test_the_doors_of_a_grid(
    client_of: Any, campaign: Campaign, homes: list[Target], places: Any
) -> None:
    client = client_of("bob")
    post(client, body(homes[0]))
    found = client.get(f"/api/field/{campaign.id}/doors/{places.grid}")
    assert found.status_code == 200
    got = found.json()
    assert (got["target"], got["visited"], got["gap"]) == (3, 1, 2)
    assert [door["room"] for door in got["doors"]] == ["101", "102", "201"]
    assert got["next"] is None
    for code in (places.other_grid, places.community, "x"):
        assert client.get(f"/api/field/{campaign.id}/doors/{code}").status_code == 404
    assert client.get("/api/openapi.json").status_code == 200


def test_the_doors_of_a_large_grid_come_in_parts_without_a_gap(
    client_of: Any,
    bob: Any,
    campaign: Campaign,
    homes: list[Target],
    places: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(api, "MOST_DOORS", 1)
    client, url = client_of("bob"), f"/api/field/{campaign.id}/doors/{places.grid}"
    first = client.get(url).json()
    assert ([door["room"] for door in first["doors"]], first["gap"]) == (["101"], 3)
    second = client.get(url, {"after": first["next"]}).json()
    assert [door["room"] for door in second["doors"]] == ["102"]
    # The last door that the device has is closed before it asks on.
    close_household(by=bob, household_id=second["next"])
    third = client.get(url, {"after": second["next"]}).json()
    assert ([door["room"] for door in third["doors"]], third["next"]) == (["201"], None)
    assert client.get(url, {"after": str(uuid4())}).status_code == 404
