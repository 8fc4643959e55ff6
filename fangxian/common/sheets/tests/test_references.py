from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fangxian.common.sheets.sheetreader.references import (
    Changes,
    Insertion,
    Insertions,
    Unsafe,
    carried,
    changed,
)


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("SUM(C5:C10)", "SUM(C5:C12)"),
        ("C11+$C$11+C10", "C13+$C$13+C10"),
        ('LOG10(A11)&"A11"&A11_', 'LOG10(A13)&"A11"&A11_'),
        (
            "SUM(一!C5:C10,'一'!A11,[1]一!A11,表[A11])",
            "SUM('东'!C5:C12,'东'!A13,[1]一!A11,表[A11])",
        ),
        ("SUM(5:10,A:A,一!A:A)", "SUM(5:12,A:A,'东'!A:A)"),
        ("一!名", "'东'!名"),
        ("SUM(C5:E5)", "SUM(C5:E5)"),
        ("二!C11", "二!C11"),
    ],
)
def test_references_follow(formula: str, expected: str) -> None:
    changes = Changes({"一": Insertions((Insertion(10, 2, 5),))}, {"一": "东"})
    assert changed(formula, "一", changes, row=20) == expected


def test_references_of_a_table_s_own_rows() -> None:
    changes = Changes({"一": Insertions((Insertion(10, 2, 5),))})
    assert changed("C10/SUM($C$5:$C$10)", "一", changes, row=10) == "C10/SUM($C$5:$C$12)"
    assert changed("SUM(C$5:C10)", "一", changes, row=10) == "SUM(C$5:C10)"
    assert carried("A1+$A1+A$1+SUM(B2:C3)", 2) == "A3+$A3+A$1+SUM(B4:C5)"
    assert carried("A1048576", 1) == "#REF!"
    with pytest.raises(Unsafe):
        changed("SUM(一:三!A11)", "二", changes)


rows = st.integers(1, 60)


@given(rows, rows, rows, rows, st.integers(1, 9))
def test_a_range_holds_what_it_held_and_the_new_rows(
    one: int, two: int, three: int, four: int, count: int
) -> None:
    top, bottom = sorted((one, two))
    first, after = sorted((three, four))
    changes = Changes({"一": Insertions((Insertion(after, count, first),))})
    new = changed(f"SUM(C{top}:C{bottom})", "一", changes, row=100)
    start, end = map(int, new.removeprefix("SUM(C").removesuffix(")").split(":C"))
    moved = {row + count if row > after else row for row in range(top, bottom + 1)}
    inserted = set(range(after + 1, after + count + 1))
    # The last row alone is no range over the table, unless the table has but this one.
    over = top <= after < bottom or (bottom == after and (top < bottom or first == after))
    assert set(range(start, end + 1)) == (moved | inserted if over else moved)


@given(rows, rows, st.integers(1, 9))
def test_what_is_carried_back_is_as_it_was(row: int, other: int, by: int) -> None:
    formula = f'IF(A{row}="A1",$B{other}*2,C${other})+SUM(D{row}:D{row + 3})'
    assert carried(carried(formula, by), -by) == formula
