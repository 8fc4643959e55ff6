"""Files: sealed in parts, whole when read, read by who may, removed when their time is over."""

from __future__ import annotations

import datetime as dt
import os
from typing import Any

import pytest
from django.db import connections

from fangxian.common.actor import Actor
from fangxian.common.crypto import Unreadable
from fangxian.common.errors import Forbidden, Invalid, OutOfScope
from fangxian.common.scoping import acting
from fangxian.core import actions
from fangxian.core.models import CHUNK_BYTES, Event, File, FileChunk

SYSTEM = Actor.system("test", "")


def _store(by: Any, place: str, data: bytes = b"plain text of a file", **more: Any) -> File:
    values: dict[str, Any] = {"name": "ledger.csv", "media_type": "text/csv"}
    return actions.store_file(by=by, data=data, place_code=place, **(values | more))


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES + 7])
def test_what_is_stored_is_read_again(alice: Any, places: Any, size: int) -> None:
    data = os.urandom(size)
    file = _store(alice, places.community, data)
    assert actions.read_file(by=alice, file_id=file.id) == data
    with acting(alice):
        assert FileChunk.objects.count() == file.chunks
        assert Event.objects.get().kind == "core.file_read"


def test_the_database_holds_no_plain_text(alice: Any, places: Any) -> None:
    _store(alice, places.community, b"SEEDED-SECRET" * 100, name="SEEDED-NAME.csv")
    with connections["default"].cursor() as cursor, acting(alice):
        cursor.execute("SELECT content FROM core_filechunk")
        assert b"SEEDED" not in bytes(cursor.fetchone()[0])
        cursor.execute("SELECT name FROM core_file")
        assert b"SEEDED" not in bytes(cursor.fetchone()[0])


def test_parts_that_are_exchanged_are_noticed(alice: Any, places: Any) -> None:
    file = _store(alice, places.community, os.urandom(2 * CHUNK_BYTES))
    with acting(alice):
        FileChunk.objects.filter(file=file, number=0).update(number=9)
        FileChunk.objects.filter(file=file, number=1).update(number=0)
        FileChunk.objects.filter(file=file, number=9).update(number=1)
    with pytest.raises(Unreadable):
        actions.read_file(by=alice, file_id=file.id)


def test_a_lost_part_is_noticed(alice: Any, places: Any) -> None:
    file = _store(alice, places.community, os.urandom(2 * CHUNK_BYTES))
    with acting(alice):
        FileChunk.objects.filter(file=file, number=1).delete()
    with pytest.raises(Unreadable):
        actions.read_file(by=alice, file_id=file.id)


def test_scope_right_and_owner(alice: Any, bob: Any, charlie: Any, places: Any) -> None:
    file = _store(alice, places.grid)
    with pytest.raises(OutOfScope):
        actions.read_file(by=charlie, file_id=file.id)
    with pytest.raises(Forbidden):
        actions.read_file(by=bob, file_id=file.id)
    own = _store(bob, places.grid)
    assert actions.read_file(by=bob, file_id=own.id)
    with pytest.raises(OutOfScope):
        _store(bob, places.other_grid)
    with acting(charlie):
        assert FileChunk.objects.count() == 0


def test_the_content_goes_when_its_time_is_over(alice: Any, places: Any) -> None:
    today = dt.date(2030, 1, 2)
    old = _store(alice, places.grid, keep_until=dt.date(2030, 1, 1))
    kept = _store(alice, places.grid, keep_until=today)
    with pytest.raises(Forbidden):
        actions.purge_files(by=alice, today=today)
    assert actions.purge_files(by=SYSTEM, today=today) == 1
    with pytest.raises(Invalid) as refused:
        actions.read_file(by=alice, file_id=old.id)
    assert refused.value.problems[0].code == "purged"
    assert actions.read_file(by=alice, file_id=kept.id)
