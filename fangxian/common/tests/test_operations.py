"""Databases of before a room's migrations were squashed."""

from __future__ import annotations

import pytest
from django.core.management.base import CommandError
from django.db.migrations.loader import MigrationLoader

from fangxian.common.operations import refuse_half_replaced


def test_a_database_with_a_part_of_what_is_replaced_is_refused() -> None:
    loader = MigrationLoader(None)
    (room, _name), squashed = min(loader.replacements.items())
    for applied in (0, len(squashed.replaces)):
        loader.applied_migrations = dict.fromkeys(squashed.replaces[:applied], squashed)
        refuse_half_replaced(loader)
    loader.applied_migrations = dict.fromkeys(squashed.replaces[:-1], squashed)
    with pytest.raises(CommandError, match=f"version that has {room}.{squashed.replaces[-1][1]} f"):
        refuse_half_replaced(loader)
