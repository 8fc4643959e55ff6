"""Proposals who goes where, as the method's door makes them."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from fangxian.mobilise.calls.solve import Ready, Wanted, matched, shared


def test_a_ban_takes_no_room_and_every_head_is_accounted_for() -> None:
    wanted = [Wanted("a", 2), Wanted("b", 1, {"nurse": 1}), Wanted("c", 1)]
    ready = [
        Ready("banned", bans=frozenset({"a", "c"})),
        Ready("nurse", skills=frozenset({"nurse"}), bans=frozenset({"a"})),
        Ready("unit", 2),
        Ready("later", 2, echelon=2),
    ]
    found = matched(wanted, ready, {})
    assert sum(row[2] for row in found.placed) == 4
    assert {(row[0], row[1]) for row in found.placed} & {("banned", "a"), ("nurse", "a")} == set()
    left = {row[0]: row[1:3] for row in found.left}
    assert sum(n for n, _why in left.values()) == 2
    assert found.short == []
    alone = matched([Wanted("a", 1)], ready[:1], {})
    assert [row[1:3] for row in alone.left] == [(1, "banned")]
    assert [row[:3] for row in alone.short] == [("a", 1, "nobody_free")]


def test_too_few_are_shared_by_what_is_lacking() -> None:
    """A large place near to all of them has its part, as the far and small ones have theirs."""
    wanted = [
        Wanted("large", 6, {"nurse": 2}, (117.0, 38.0)),
        Wanted("small", 2, position=(117.3, 38.0)),
        Wanted("far", 4, {"nurse": 2}, (117.5, 38.0)),
    ]
    ready = [
        Ready(
            f"p{n}", skills=frozenset({"nurse"}) if n < 2 else frozenset(), position=(117.0, 38.0)
        )
        for n in range(6)
    ]
    found = matched(wanted, ready, {})
    has = Counter(row[1] for row in found.placed)
    assert has == {"large": 3, "small": 1, "far": 2}
    nurses = {row[1] for row in found.placed if row[0] in ("p0", "p1")}
    assert nurses == {"large", "far"}
    assert {row[0]: row[1:3] for row in found.short} == {
        "large": (3, "nobody_free"),
        "small": (1, "nobody_free"),
        "far": (2, "nobody_free"),
    }
    # Wishes and distance decide among those who are enough.
    enough = matched(wanted[1:2], ready, {})
    assert sum(row[2] for row in enough.placed) == 2


@given(st.lists(st.integers(0, 9), min_size=1, max_size=6), st.integers(0, 60))
def test_shares_add_up(lacking: list[int], heads: int) -> None:
    """Each is within one of its part, none above what it lacks."""
    heads = min(heads, sum(lacking))
    given_ = shared(heads, lacking)
    assert sum(given_) == heads
    for share, one in zip(given_, lacking, strict=True):
        assert 0 <= share <= one
        assert abs(share - heads * one / max(1, sum(lacking))) < 1
