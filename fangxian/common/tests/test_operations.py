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
        refuse_half_replaced(loader, squashed.replaces[:applied])
    last = squashed.replaces[-1][1]
    with pytest.raises(CommandError, match=f"has {room}.{last} first.* set FANGXIAN_DATA to"):
        refuse_half_replaced(loader, squashed.replaces[:-1])
