"""Every route × every role × an own and a foreign object.

Nobody signed in: to sign-in (the API: 401). The right is missing: 403. Another county's object:
404, also where what was sent with it is wrong (look the object up before reading the form).
Otherwise an answer, never 500. A new route is tested without a line being added here; a new kind of
object needs a maker in ``tests/kit/makers.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.http import HttpResponse

from fangxian.accounts import middleware
from fangxian.accounts.shipped import shipped_roles
from tests.kit.objects import SECRETS
from tests.kit.routes import Route, routes
from tests.security.world import EVERYTHING, World

ROLES = [row["code"] for row in shipped_roles()]
VIEWERS = ["alice", *ROLES, EVERYTHING]
ALL = routes()
FINE = {200, 204, 302, 304}
# Objects that everybody may see; changing a foreign one is refused as such.
PUBLIC = {
    "core:emergency": "emergencies and their measures are announced publicly",
    "core:emergency_level": "as above",
    "core:emergency_end": "as above",
    "core:measure_add": "as above",
    "core:measure_lift": "as above",
}
# They read the ledger itself, which is for the account that brought it.
OF_WHO_BROUGHT_IT = ("register:import_columns", "organisations:import_columns")
FINE_CHANGE = FINE | {400, 405, 409, 422, 429}
# Their right opens the page; what an empty body asks of the own object is refused all the same.
REFUSED_CHANGE = {
    "regions:plans": (403, "drawing needs regions.draw"),
    "organisations:five_one": (403, "evidence needs organisations.evidence"),
    "reporting:taking_approve": (403, "nobody approves what they asked for"),
    "reporting:paper_retire": (404, "what is shipped is nobody's to retire"),
    "field:gate": (403, "recording needs field.duty"),
    "field:gate_entry": (403, "as above"),
    "field:round": (403, "as above"),
    "field:outreach": (403, "as above"),
    "field:disinfections": (403, "as above"),
    "mobilise:aid_phone": (403, "only who keeps the batches, leads this one or is its liaison"),
    "core:task_done": (403, "only whoever the task is asked of"),
    "core:rule": (
        403,
        "changed by whoever acts in the whole installation",
    ),
    "core:outbox": (403, "as above"),
    "core:endpoint_switch": (403, "as above"),
    "core:delivery_retry": (403, "as above"),
    "accounts:switch": (404, "no grant is named"),
    "api:api-root": (404, "no page: it is where addresses begin"),
}


@pytest.fixture(autouse=True, scope="module")
def _a_refusal_is_drawn_once() -> Iterator[None]:
    """The page that says no is drawn once for each viewer, method and status: it knows no more.

    Thousands of requests are refused here, and drawing that page costs most of each.
    """
    drawn: set[tuple[Any, ...]] = set()
    draw = middleware.render

    def render(request: Any, template: str, *args: Any, status: int) -> HttpResponse:
        key = (request.user.pk, request.method, template, status)
        if key in drawn:
            return HttpResponse(status=status)
        drawn.add(key)
        return draw(request, template, *args, status=status)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(middleware, "render", render)
        yield


def is_api(route: Route) -> bool:
    return route.path.startswith("/api/")


def holds(world: World, name: str, right: str | None) -> bool:
    by = world.cast.actor(name)
    return right is None or right in by.rights


@pytest.mark.parametrize("route", ALL, ids=str)
def test_who_may_open_what(world: World, logged: list[str], route: Route) -> None:
    policy = route.policy
    assert policy is not None, f"{route}: decorate its view with @page(right)"
    failures: list[str] = []
    own = world.url(route, world.own, world.cast.user(EVERYTHING))
    assert own is not None, f"{route}: the maker gives nothing on the own side"
    for method in route.methods:
        failures += _anonymous(world, route, method, own)
        for name in VIEWERS:
            failures += _viewer(world, route, method, name)
    assert not failures, "\n" + "\n".join(failures)


def _said(route: Route, method: str, name: str, what: str, answer: Any, wanted: str) -> str:
    return f"{route} {method} as {name}, {what}: {answer.status_code}, wanted {wanted}"


def _anonymous(world: World, route: Route, method: str, url: str) -> list[str]:
    answer = world.ask("anonymous", method, url)
    status = answer.status_code
    if route.policy and route.policy.public:
        good, wanted = status < 500, "no error"
    elif is_api(route):
        good, wanted = status == 401, "401"
    else:
        good = status == 302 and answer["Location"].startswith("/sign-in/")
        wanted = "the sign-in page"
    return [] if good else [_said(route, method, "nobody", "", answer, wanted)]


def _viewer(world: World, route: Route, method: str, name: str) -> list[str]:
    policy = route.policy
    assert policy is not None
    user = world.cast.user(name)
    failures = []
    own = world.url(route, world.own, user)
    assert own is not None
    answer = world.ask(name, method, own)
    if policy.public or policy.account:
        good, wanted = answer.status_code < 500, "no error"
    elif not holds(world, name, policy.right):
        good, wanted = answer.status_code == 403, "403"
    elif method == "GET" and not is_api(route):
        # A route without a right of its own asks for that of the object.
        fine = FINE if policy.right else FINE | {403}
        good, wanted = answer.status_code in fine, "an answer"
    else:
        refused = REFUSED_CHANGE.get(str(route), (0, ""))[0]
        good, wanted = answer.status_code in FINE_CHANGE | {refused}, "an answer"
    if not good:
        failures.append(_said(route, method, name, "own object", answer, wanted))
    foreign = world.url(route, world.foreign, user) if route.kwargs else None
    if foreign is None or foreign == own or policy.public:
        return failures
    answer = world.ask(name, method, foreign)
    if policy.account:
        # Asking for the password once more tells nothing of the object.
        good = answer.status_code == 404 or (
            answer.status_code == 302 and "again" in answer["Location"]
        )
        wanted = "404"
    elif not holds(world, name, policy.right):
        good, wanted = answer.status_code == 403, "403"
    elif route.name in PUBLIC:
        fine = FINE if method == "GET" else {403, 404}
        good, wanted = answer.status_code in fine, "an answer or 403"
    else:
        good, wanted = answer.status_code in {404, 405}, "404"
    if not good:
        failures.append(_said(route, method, name, "foreign object", answer, wanted))
    return failures


@pytest.mark.parametrize("name", OF_WHO_BROUGHT_IT)
def test_a_ledger_is_read_again_by_who_brought_it_alone(world: World, name: str) -> None:
    (route,) = (one for one in ALL if one.name == name)
    right = route.policy and route.policy.right
    able = [viewer for viewer in VIEWERS if viewer != "charlie" and holds(world, viewer, right)]
    assert {"alice", EVERYTHING} < set(able)
    brought = {viewer: world.url(route, world.own, world.cast.user(viewer)) for viewer in able}
    assert len(set(brought.values())) == len(able)
    for who, url in brought.items():
        assert url is not None
        for viewer in able:
            status = world.ask(viewer, "GET", url).status_code
            assert status == (200 if viewer == who else 403), f"{viewer} reads what {who} brought"


def test_nothing_personal_was_logged(world: World, logged: list[str]) -> None:
    """Last: what all those requests have logged names nobody."""
    secrets = [text for side in SECRETS.values() for text in side.values()]
    assert [line for line in logged if any(secret in line for secret in secrets)] == []
    assert any("Forbidden" in line or "Not Found" in line for line in logged)
