"""Telling the rooms below which households have changed."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from fangxian.common import registries
from fangxian.common.actor import Actor


def changed(by: Actor, households: Iterable[UUID]) -> None:
    """Call the followers of the register, in the running transaction."""
    ids = sorted(set(households))
    if ids:
        for follower in registries.after_register_change:
            follower(by, ids)
