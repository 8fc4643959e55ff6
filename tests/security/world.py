"""Two counties with the same things in each, and a client for each role."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

import tests.kit.makers  # noqa: F401  (the makers register themselves)
from fangxian.accounts.models import Grant, Role, User
from fangxian.accounts.sessions import BEGAN, SECOND_FACTOR, SEEN
from fangxian.common.registries import rights
from tests.kit.cast import START, Cast, Places, make_cast, make_places
from tests.kit.objects import ANYWHERE, Side, codes_of, key_of
from tests.kit.routes import Route

BACKEND = "fangxian.accounts.remembered.AccountBackend"
EVERYTHING = "everything"


@dataclass
class World:
    places: Places
    cast: Cast
    own: Side
    foreign: Side
    clients: dict[str, Client]

    def arguments(self, route: Route, side: Side, viewer: User | None) -> dict[str, Any]:
        """The route's arguments on a side. Raises KeyError naming the maker that is missing."""
        room = route.name.rpartition(":")[0] or (
            "accounts_sign_in" if route.path.startswith("/sign-in/") else "config"
        )
        side.viewer = viewer if side.is_own else self.cast.user("charlie")
        return {name: side.get(key_of(room, name)) for name in route.kwargs}

    def url(self, route: Route, side: Side, viewer: User | None = None) -> str | None:
        """Where the route's object of a side is found, None if there is none on that side."""
        arguments = self.arguments(route, side, viewer)
        if any(value is ANYWHERE for value in arguments.values()):
            return None
        return reverse(route.name, kwargs=arguments)

    def ask(self, name: str, method: str, url: str, data: dict[str, Any] | None = None) -> Any:
        """One request of ``name``'s client; what it changed is undone."""
        client = self.clients[name]
        jar = client.cookies.copy()
        try:
            with undone():
                response: HttpResponse = getattr(client, method.lower())(url, data or {})
                return response
        finally:
            client.cookies = jar


@contextmanager
def undone() -> Iterator[None]:
    """A savepoint that is taken back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def make_world() -> World:
    """Make it, within the running transaction."""
    places = make_places()
    cast = make_cast(places)
    Role.objects.create(
        code=EVERYTHING,
        name="Everything",
        rights=rights.names(),
        may_grant=["grid_officer", "community_staff"],
    )
    user = User.objects.create(username=EVERYTHING, display_name="Everything")
    Grant.objects.create(user=user, role_id=EVERYTHING, region=places["130902"], valid_from=START)
    cast.users[EVERYTHING] = user
    sides = [
        Side(name, places, cast, codes_of(unit))
        for name, unit in (("own", places.unit), ("foreign", places.outside_unit))
    ]
    clients = {"anonymous": Client(raise_request_exception=False)}
    for name, user in cast.users.items():
        client = Client(raise_request_exception=False)
        client.force_login(user, backend=BACKEND)
        session = client.session
        session[SECOND_FACTOR] = True
        # What a request writes is undone: without these each would slide the session anew.
        session[BEGAN] = time.time()
        session[SEEN] = session[BEGAN] + 3600
        session.save()
        clients[name] = client
    return World(places, cast, sides[0], sides[1], clients)
