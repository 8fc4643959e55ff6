from __future__ import annotations

import pytest

from fangxian.common.masks import mask_name, mask_text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("张三丰 13812345678", "张三丰 138****5678"),
        ("13812345678（母亲）", "138****5678（母亲）"),
        ("138 1234 5678", "*********5678"),
        ("证号11010519491231002x，3-2-501", "证号1*************002x，3-2-501"),
        ("110105 19491231 002X", "1***************002X"),
        ("3号楼2单元501", "3号楼2单元501"),
        ("2020.01.23", "2020.01.23"),
    ],
)
def test_whatever_may_be_a_number_is_masked(text: str, shown: str) -> None:
    assert mask_text(text) == shown


def test_no_name_is_shown_whole() -> None:
    assert [mask_name(name) for name in ("欧阳修", "李", "")] == ["欧**", "李*", ""]
