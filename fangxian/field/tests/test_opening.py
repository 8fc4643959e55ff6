"""Plaintexts of phones: whatever they say, they are an operation or told to be none."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fangxian.common.ids import uuid7
from fangxian.field.sync import versions
from fangxian.field.sync.entities import Operation
from fangxian.field.sync.opening import DEEPEST, MOST_BYTES, Unopened, opened

OP_ID, DEVICE = uuid7(), uuid7()
NOW = dt.datetime(2026, 1, 10, 12, tzinfo=dt.UTC)
EPOCH = "an epoch.1"
HOUR = dt.timedelta(hours=1)
GOOD: dict[str, Any] = {
    "op_id": str(OP_ID),
    "device": str(DEVICE),
    "seq": 7,
    "entity": "household",
    "id": str(uuid7()),
    "base_version": versions.told(41, EPOCH),
    "patch": {"note": "x"},
    "schema": 1,
    "captured_at": "2026-01-10T11:00:00Z",
    "clock_offset": 0,
    "actor": str(uuid7()),
    "salt": "c2FsdHNhbHRzYWx0c2FsdA",
}


def read(body: Any, pulls: Any = (), plain: bytes | None = None) -> Operation:
    return opened(
        orjson.dumps(body) if plain is None else plain,
        op_id=OP_ID,
        device_id=DEVICE,
        digest=b"",
        now=NOW,
        epoch=EPOCH,
        pulls=pulls,
    )


def test_a_good_one_is_read() -> None:
    found = read(GOOD)
    assert (found.seq, found.entity, found.patch) == (7, "household", {"note": "x"})
    assert found.user_id == UUID(GOOD["actor"])
    assert found.base_version == 41
    assert found.captured_at == NOW - HOUR
    literal = read(GOOD | {"patch": {"note": "\\u0000"}})
    assert literal.patch["note"] == "\\u0000"


@pytest.mark.parametrize(
    ("member", "value"),
    [
        *((name, None) for name in ("op_id", "device", "seq", "entity", "id", "patch", "actor")),
        ("op_id", "01a20409-15ad-713d-b084-68ab96b4b14d"),
        ("device", "01a20409-15ad-713d-b084-68acf3060456"),
        ("seq", True),
        ("seq", -1),
        ("seq", 2**53),
        ("seq", 2**63),
        ("base_version", "1"),
        ("patch", []),
        ("patch", {"note": "a\x00b"}),
        ("patch", {"a\x00": 1}),
        ("entity", ""),
        ("entity", "x" * 41),
        ("captured_at", "2026-01-10T11:00:00"),
        ("captured_at", "yesterday"),
        ("captured_at", 1),
        ("clock_offset", 0.5),
        *(("salt", salt) for salt in (None, "", 7, "c2FsdHNhbHRzYWx0c2Fsd", "s" * 21 + "/")),
        ("salt\x00", 1),
    ],
)
def test_what_is_no_operation_is_told(member: str, value: Any) -> None:
    with pytest.raises(Unopened) as refused:
        read(GOOD | {member: value})
    assert refused.value.problem.code == "malformed"
    assert refused.value.problem.mend


def test_what_is_too_deep_or_too_long_is_told() -> None:
    for depth in (DEEPEST + 1, 900):
        nested = b'{"a":' * depth + b"1" + b"}" * depth
        plain = orjson.dumps(GOOD).replace(b'{"note":"x"}', nested)
        with pytest.raises(Unopened):
            read(None, plain=plain)
    for plain in (b"", b"[]", b"{", b"NaN", b"\xff", orjson.dumps(GOOD) + b" " * MOST_BYTES):
        with pytest.raises(Unopened):
            read(None, plain=plain)


@pytest.mark.parametrize(
    ("said", "offset", "pulls", "found"),
    [
        # The offset puts a wrong clock right.
        ("2026-01-07T11:00:00Z", 3 * 86_400_000, (), NOW - HOUR),
        ("2027-01-10T11:00:00Z", -365 * 86_400_000, (), NOW - HOUR),
        # Never later than its arrival, nor before what the phone fetched earlier.
        ("2027-01-10T11:00:00Z", None, (), NOW),
        ("2026-01-07T11:00:00Z", 0, [(6, NOW - HOUR)], NOW - HOUR),
        # A pull that the phone made when this was recorded already says nothing.
        ("2026-01-10T09:00:00Z", 0, [(3, NOW - 5 * HOUR), (7, NOW)], NOW - 3 * HOUR),
        # Clocks that can't be.
        ("0001-01-01T00:00:00Z", -86_400_000, (), NOW),
        ("9999-12-31T23:59:59Z", 86_400_000, (), NOW),
        ("1990-01-01T00:00:00Z", 0, (), NOW),
        ("0001-01-01T00:00:00+14:00", 0, [(1, NOW - HOUR)], NOW),
        ("2026-01-10T11:00:00Z", 2**61, (), NOW - HOUR),
    ],
)
def test_when_it_was_made_is_judged(
    said: str, offset: int | None, pulls: Any, found: dt.datetime
) -> None:
    body = GOOD | {"captured_at": said, "clock_offset": offset}
    assert read(body, pulls).captured_at == found


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(sorted(GOOD)), JSON))
def test_whatever_is_said_fails_in_no_other_way(changes: dict[str, Any]) -> None:
    try:
        found = read(GOOD | changes)
    except Unopened:
        return
    assert found.op_id == OP_ID
    assert found.captured_at <= NOW


def test_a_version_is_known_in_its_epoch_alone() -> None:
    for row in (0, 1, 2**31 - 1):
        version = versions.told(row, EPOCH)
        assert version < 2**53
        assert versions.row_of(version, EPOCH) == row
        assert versions.row_of(version, "another.1") is None
    assert versions.row_of(None, EPOCH) is None
