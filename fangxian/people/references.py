"""Where other rooms say which of their rows name a person, so that a merge can move them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from fangxian.common.registries import Registry


@dataclass(frozen=True)
class Reference:
    """A model whose rows name a person.

    ``model``: "app.Model"; ``field``: its attribute that holds the person's id. ``clashes(lost,
    kept)`` gives the ids of rows of ``lost`` that must stay where they are because ``kept`` has the
    same (a unique rule); ``settle`` may close them.
    """

    model: str
    field: str = "person_id"
    clashes: Callable[[UUID, UUID], list[UUID]] | None = None


references: Registry[Reference] = Registry("reference to persons")
