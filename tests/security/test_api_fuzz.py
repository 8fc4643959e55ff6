"""The API fed from its own OpenAPI document, with what fits it and what does not.

Schemathesis makes the requests; they go through the whole stack in this process. Whatever is sent,
the answer is never a failure of ours and never shows what lies in another area.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import orjson
import pytest
import requests
import schemathesis
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode

from fangxian.common.scoping import acting
from fangxian.config.api_urls import api
from fangxian.field.actions import NewVisit, plan_campaign, publish_form, record_visits
from fangxian.field.actions import start_campaign as start
from fangxian.field.models import Target, Visit
from fangxian.register.actions import create_household
from tests.security.world import World, undone

# Without shrinking: a failure is told in seconds too.
PHASES = (Phase.explicit, Phase.generate)
SECRET = "9Z9Z"
FORM = {
    "questions": [
        {"name": "people", "kind": "integer", "label": "人数", "constraint": ". mod 2 = 0"},
        {"name": "day", "kind": "date", "label": "日期"},
    ]
}
ODD: list[Any] = ["\x00", "a\x00b", "9" * 400, "1e999", 1e300, -1, True, None, [], {}, [[{}]], "界"]
OPERATIONS = list(schemathesis.openapi.from_dict(api.get_openapi_schema()).get_all_operations())


@dataclass
class Sweeps:
    """A sweep on each side, a door of each and a visit of the foreign one."""

    client: Client
    campaigns: dict[str, Any]
    doors: dict[str, str]
    codes: dict[str, str]
    taken: str


@pytest.fixture(scope="module")
def sweeps(world: World) -> Sweeps:
    """A sweep in each county, as the world's own grid officer may and may not see it."""
    campaigns, doors = {}, {}
    today = timezone.localdate()
    taken = uuid4()
    codes = {"own": world.places.unit, "foreign": world.places.outside_unit}
    for side, unit in codes.items():
        by = _system(unit[:6])
        room = SECRET if side == "foreign" else "101"
        household = create_household(by=by, place_code=unit, room=room)
        form = publish_form(by=by, code=f"fuzz-{side}", name="Fuzz", schema=FORM)
        planned = plan_campaign(
            by=by,
            name=f"Fuzz {side}",
            area=world.places[unit[:6]],
            form=form,
            starts_on=today,
            ends_on=today + dt.timedelta(days=3),
        )
        campaigns[side] = start(by=by, campaign=planned)
        doors[side] = str(household.id)
        if side == "foreign":
            visit = NewVisit(taken, planned.id, household.id, "all_well")
            assert record_visits(by=by, visits=[visit])[0].result == "applied"
    return Sweeps(world.clients["bob"], campaigns, doors, codes, str(taken))


def _system(area: str) -> Any:
    from fangxian.common.actor import Actor

    return Actor.system("test", area)


Known = dict[str, list[Any]]


def _known(sweeps: Sweeps, side: str) -> Known:
    """Names in the document whose values lead somewhere: without them all would be refused."""
    return {
        "campaign_id": [str(sweeps.campaigns[side].id)],
        "household_id": [sweeps.doors[side]],
        "op_id": [sweeps.taken, str(uuid4()), str(uuid4())],
        "corrects": [None, None, None, sweeps.taken],
        "form_id": [None, str(sweeps.campaigns[side].form_id)],
        "place_code": [sweeps.codes[side][:n] for n in (6, 12, 15, 18, 20)],
        "outcome": ["exceptions", "exceptions", "all_well", "absent"],
        "visited_at": [None],
        "revisit_on": [None, timezone.localdate().isoformat()],
    }


def _planted(draw: Any, value: Any, known: Known) -> Any:
    """The same structure with some values that exist, and some that nobody should send."""
    if isinstance(value, dict):
        found = {}
        for name, inner in value.items():
            if name in known and draw(st.integers(0, 9)) < 9:
                found[name] = draw(st.sampled_from(known[name]))
            elif name == "answers" and draw(st.integers(0, 9)) < 8:
                found[name] = {q: draw(st.sampled_from(ODD)) for q in ("people", "day")}
            elif draw(st.integers(0, 19)) == 0:
                found[name] = draw(st.sampled_from(ODD))
            else:
                found[name] = _planted(draw, inner, known)
        return found
    if isinstance(value, list):
        return [_planted(draw, inner, known) for inner in value]
    return value


def _send(sweeps: Sweeps, case: Any) -> Any:
    sent = requests.Request(**_plain(case.as_transport_kwargs(base_url="http://testserver")))
    prepared = sent.prepare()
    body = prepared.body or b""
    headers = {
        name: value
        for name, value in prepared.headers.items()
        if name.lower() not in ("cookie", "host", "content-length")
    }
    return sweeps.client.generic(
        str(prepared.method),
        str(prepared.path_url),
        body if isinstance(body, bytes) else str(body).encode(),
        content_type=headers.pop("Content-Type", "application/json"),
        headers=headers,
    )


def _plain(kwargs: dict[str, Any]) -> dict[str, Any]:
    fits = ("method", "url", "headers", "params", "data", "json")
    return {name: value for name, value in kwargs.items() if name in fits}


@pytest.mark.parametrize("mode", list(GenerationMode), ids=str)
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.ok().label)
def test_no_request_fails_or_shows_another_area(
    sweeps: Sweeps, operation: Any, mode: GenerationMode
) -> None:
    strategy = operation.ok().as_strategy(generation_mode=mode)

    @settings(
        max_examples=25,
        phases=PHASES,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=strategy, data=st.data())
    def fuzz(case: Any, data: Any) -> None:
        known = _known(sweeps, data.draw(st.sampled_from(["own", "own", "foreign"])))
        if isinstance(case.path_parameters, dict):
            case.path_parameters = _planted(data.draw, case.path_parameters, known)
            case.path_parameters = {
                name: value if isinstance(value, str) else str(value)
                for name, value in case.path_parameters.items()
            }
        if isinstance(case.body, dict | list):
            case.body = _planted(data.draw, case.body, known)
        with undone():
            answer = _send(sweeps, case)
        assert answer.status_code < 500, (answer.status_code, case.body, answer.content)
        assert SECRET.encode() not in answer.content
        for shown in (sweeps.doors["foreign"], sweeps.codes["foreign"][:9]):
            if shown not in str(case.path_parameters):
                assert shown.encode() not in answer.content

    fuzz()


def test_what_the_document_promises_is_reached(sweeps: Sweeps) -> None:
    """The fuzz above meets real doors: a right request is answered, a foreign one refused."""
    own = {
        "op_id": str(uuid4()),
        "campaign_id": str(sweeps.campaigns["own"].id),
        "household_id": sweeps.doors["own"],
        "outcome": "absent",
    }
    foreign = own | {"op_id": str(uuid4()), "household_id": sweeps.doors["foreign"]}
    with undone():
        answer = sweeps.client.post(
            "/api/field/visits",
            orjson.dumps({"visits": [own, foreign]}),
            content_type="application/json",
        )
        results = [one["result"] for one in answer.json()["answers"]]
        with acting(_system("1309")):
            assert Visit.objects.filter(household_id=sweeps.doors["own"]).count() == 1
            assert Target.objects.get(household_id=sweeps.doors["foreign"]).visits == 1
    assert results == ["applied", "rejected"]
    url = f"/api/field/{sweeps.campaigns['foreign'].id}/doors/{sweeps.codes['foreign'][:15]}"
    assert sweeps.client.get(url).status_code == 404
