"""What the routes' arguments point to, for the generated tests of rights and scope.

Each argument of a route (``<uuid:user_id>`` in room ``accounts``) has a maker: a function that
makes such an object on one side of the world and returns the argument's value. The tests then open
the route with the object of the viewer's own side and with that of the other county.

A new route with a new argument needs a maker in ``makers.py``::

    @maker("field:visit_id")
    def visit(side):
        return side.act(lambda by: record_visit(by=by, ...)).pk

- the name is ``room:argument``; ``maker("code")`` serves each room that has none of its own;
- ``side.codes`` are the places of the side, ``side.get("register:household_id")`` is the value of
  another maker on the same side, ``side.act(f)`` calls ``f(by)`` in the side's county;
- return :data:`ANYWHERE` on the other side if the object is nobody's in particular (a rule set);
- ``@maker(..., personal=True)`` gets ``side.viewer``: the user to whom the object belongs.

What is written of people comes from :data:`SECRETS`, which must never reach a log or a dump.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from django.db import transaction

from fangxian.accounts.models import User
from fangxian.accounts.queries import actor_of, grants_of
from fangxian.common.actor import Actor
from fangxian.common.scoping import acting
from tests.kit.cast import Cast, Places

ANYWHERE: Final = object()

# Synthetic: valid in form only (the first is the example of the standard).
SECRETS = {
    "own": {"number": "11010519491231002X", "phone": "13800131949", "name": "查无此人甲"},
    "foreign": {"number": "440524198801010011", "phone": "13900131880", "name": "查无此人乙"},
}


@dataclass(frozen=True)
class Codes:
    """Places of a side from the county down."""

    county: str
    town: str
    community: str
    grid: str
    building: str
    unit: str


def codes_of(unit: str) -> Codes:
    return Codes(unit[:6], unit[:9], unit[:12], unit[:15], unit[:18], unit)


@dataclass
class Side:
    """One half of the world. Values are made once and kept."""

    name: str
    places: Places
    cast: Cast
    codes: Codes
    viewer: User | None = None
    made: dict[tuple[str, Any], Any] = field(default_factory=dict)

    @property
    def secrets(self) -> dict[str, str]:
        return SECRETS[self.name]

    @property
    def is_own(self) -> bool:
        return self.name == "own"

    def region(self, code: str) -> Any:
        return self.places[code]

    def act(self, change: Callable[[Actor], Any]) -> Any:
        """Call ``change(by)`` as a system job of this side's county."""
        with acting(Actor.system("kit", self.codes.county)) as by:
            return change(by)

    def act_as_viewer(self, right: str, change: Callable[[Actor], Any]) -> Any:
        """Call ``change(by)`` as the viewer in its own area; without the right as the county."""
        assert self.viewer is not None
        by = actor_of(grants_of(self.viewer)[0], source="kit", purpose="kit")
        if not by.may(right, self.codes.community):
            return self.act(change)
        with acting(by):
            return change(by)

    def get(self, key: str) -> Any:
        """The value of ``room:argument`` on this side."""
        maker_ = MAKERS[key]
        slot = (key, self.viewer.pk if self.viewer and key in PERSONAL else None)
        if slot not in self.made:
            # A maker that fails must not take the world with it.
            with transaction.atomic():
                self.made[slot] = maker_(self)
        return self.made[slot]


Maker = Callable[[Side], Any]
MAKERS: dict[str, Maker] = {}
PERSONAL: set[str] = set()


def maker(key: str, *, personal: bool = False) -> Callable[[Maker], Maker]:
    """Register a maker under ``room:argument`` or ``argument``."""

    def register(function: Maker) -> Maker:
        MAKERS[key] = function
        if personal:
            PERSONAL.add(key)
        return function

    return register


def key_of(room: str, argument: str) -> str:
    """The key of the maker for a room's argument. Raises KeyError saying what to add."""
    for key in (f"{room}:{argument}", argument):
        if key in MAKERS:
            return key
    raise KeyError(
        f'add @maker("{room}:{argument}") to tests/kit/makers.py: it makes what <{argument}> of a '
        f"route of {room} points to"
    )
