"""What names a row in a file: signed for its table, with marks of the cells as they went out."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from fangxian.common.facts.rowkeys import marker, opened_key, opened_name, row_key

KEY = UUID(int=7)
LABELS = ["Name", "Age（years）", "From", "Left"]
CELLS = ["张 三", 41, dt.date(2020, 2, 1), None]


def test_it_tells_what_stood_in_each_cell_in_whatever_order() -> None:
    name = opened_name("a.b", row_key("a.b", KEY, marker(LABELS)(CELLS)))
    assert name is not None
    assert name.key == KEY
    assert all(name.had(label, cell) for label, cell in zip(LABELS, CELLS, strict=True))
    # As another program writes it.
    assert name.had("Name", "张 三 ")
    assert name.had("Age（years）", 41.0)
    assert name.had("From", dt.datetime(2020, 2, 1))  # noqa: DTZ001
    assert name.had("Left", "")
    changed = [
        ("Name", "李三"),
        ("Name", None),
        ("Age（years）", 42),
        ("From", "41"),
        ("Left", "x"),
    ]
    assert not name.had("Age（years）", 42)
    assert not any(name.had(label, cell) for label, cell in changed)


def test_a_name_without_marks_says_nothing_of_cells() -> None:
    name = opened_name("a.b", row_key("a.b", KEY))
    assert name is not None
    assert name.had("Name", "whatever")


def test_none_is_made_up_shortened_or_taken_to_another_table() -> None:
    text = row_key("a.b", KEY, marker(LABELS)(CELLS))
    assert opened_key("a.b", text) == KEY
    assert opened_key("a.c", text) is None
    for at in range(len(text) - 1):
        other = text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]
        assert opened_key("a.b", other) is None
    for wrong in ("", "x", text[:40], text + text, "一行"):
        assert opened_key("a.b", wrong) is None
