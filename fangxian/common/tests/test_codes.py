"""Place codes: ranges, ancestors, and who lies in what."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fangxian.common import codes
from fangxian.common.codes import Level

CODES = st.sampled_from(list(Level)).flatmap(
    lambda level: st.text("0123456789", min_size=int(level), max_size=int(level))
)


@given(CODES, CODES)
def test_the_range_of_an_area_holds_exactly_what_lies_in_it(area: str, code: str) -> None:
    lo, hi = codes.bounds(area)
    for inside in (code, (area + code)[:20]):
        if codes.is_code(inside) and inside:
            assert (lo <= inside < hi) is codes.contains(area, inside)


@given(CODES)
def test_ancestors_lead_from_the_province_to_the_parent(code: str) -> None:
    above = codes.ancestors(code)
    assert all(codes.contains(one, code) and codes.is_code(one) for one in above)
    assert [codes.level_of(one) for one in above] == [
        level for level in Level if 0 < level < codes.level_of(code)
    ]
    assert list(codes.walk_up(code)) == [one for one in [code, *reversed(above)] if one]
    assert codes.parent(code) == (above[-1] if above else "")


@pytest.mark.parametrize("text", ["1", "130", "13090a", "13 9", "１３", "-1", "13:", "13" * 11])
def test_what_is_no_code_is_refused(text: str) -> None:
    assert not codes.is_code(text)
    with pytest.raises(ValueError, match="not a place code"):
        codes.bounds(text)
