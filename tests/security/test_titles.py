"""The title of a page stays in the browser's history of shared machines: it names no resident."""

from __future__ import annotations

import re

import pytest

from tests.kit.routes import routes
from tests.security.world import EVERYTHING, World

TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL)


@pytest.mark.timeout(300)
def test_no_title_names_a_resident(world: World) -> None:
    titles: dict[str, str] = {}
    for route in routes():
        policy = route.policy
        if policy is None or policy.public or "GET" not in route.methods:
            continue
        url = world.url(route, world.own, world.cast.user(EVERYTHING))
        if url is None:
            continue
        answer = world.ask(EVERYTHING, "GET", url)
        if answer.status_code == 200 and not answer.streaming:
            found = TITLE.search(answer.content.decode(errors="replace"))
            if found:
                titles[str(route)] = found[1]
    assert {"people:person", "organisations:member"} <= {name.split()[0] for name in titles}
    secrets = world.own.secrets.values()
    assert [
        name for name, title in titles.items() if any(secret in title for secret in secrets)
    ] == []
