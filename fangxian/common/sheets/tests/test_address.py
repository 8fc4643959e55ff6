from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fangxian.common.sheets.address import AddressParts, parse_address

# Address | building | unit | room | what else is understood
TABLE = """
幸福小区3号楼2单元501室 | 3 | 2 | 501 | estate=幸福小区
幸福小区3号楼2单元501 | 3 | 2 | 501 | estate=幸福小区
幸福小区 3号楼 2单元 501室 | 3 | 2 | 501 | estate=幸福小区
幸福小区３号楼２单元５０１室 | 3 | 2 | 501 | estate=幸福小区
幸福小区三号楼二单元五〇一室 | 3 | 2 | 501 | estate=幸福小区
幸福小区三号楼二单元501 | 3 | 2 | 501 | estate=幸福小区
幸福小区03号楼02单元0501室 | 3 | 2 | 501 | estate=幸福小区
幸福小区3栋2单元501号 | 3 | 2 | 501 | estate=幸福小区
幸福小区3幢2单元501房 | 3 | 2 | 501 | estate=幸福小区
幸福小区3栋501 | 3 | | 501 | estate=幸福小区
幸福小区3-2-501 | 3 | 2 | 501 | estate=幸福小区
幸福小区3-2-501室 | 3 | 2 | 501 | estate=幸福小区
幸福小区3#2-501 | 3 | 2 | 501 | estate=幸福小区
幸福小区3#楼2单元501 | 3 | 2 | 501 | estate=幸福小区
幸福小区3#楼501 | 3 | | 501 | estate=幸福小区
幸福小区501 | | | 501 | estate=幸福小区
3-2-501 | 3 | 2 | 501 |
03-02-0501 | 3 | 2 | 501 |
3—2—501 | 3 | 2 | 501 |
３－２－５０１ | 3 | 2 | 501 |
3 2 501 | 3 | 2 | 501 |
3.2.501 | 3 | 2 | 501 |
3/2/501 | 3 | 2 | 501 |
3、2、501 | 3 | 2 | 501 |
3_2_501 | 3 | 2 | 501 |
3-2-5-501 | 3 | 2 | 501 | floor=5
3-2-501室 | 3 | 2 | 501 |
12-1203 | 12 | | 1203 |
12-2-1203 | 12 | 2 | 1203 |
A-1203 | A | | 1203 |
A-2-1203 | A | 2 | 1203 |
A1-2-301 | A1 | 2 | 301 |
A1203 | A | | 1203 |
3#2-501 | 3 | 2 | 501 |
3#-2-501 | 3 | 2 | 501 |
3#501 | 3 | | 501 |
3#楼-2-501 | 3 | 2 | 501 |
3＃楼２单元５０１ | 3 | 2 | 501 |
3号楼2-501 | 3 | 2 | 501 |
3号楼-2-501 | 3 | 2 | 501 |
3号楼2501 | 3 | | 2501 |
3号楼2501室 | 3 | | 2501 |
3号楼 501 | 3 | | 501 |
3号楼2单元 | 3 | 2 | |
3号楼 | 3 | | |
三号楼 | 3 | | |
十二号楼一单元101 | 12 | 1 | 101 |
二十三栋一单元一百零二室 | 23 | 1 | 102 |
十栋十单元一〇一 | 10 | 10 | 101 |
12栋1203 | 12 | | 1203 |
12栋1203室 | 12 | | 1203 |
12栋3楼301 | 12 | | 301 | floor=3
12栋三楼301 | 12 | | 301 | floor=3
12幢1单元1203室 | 12 | 1 | 1203 |
3楼2单元501 | 3 | 2 | 501 |
3楼2门501 | 3 | 2 | 501 |
3号楼2门501 | 3 | 2 | 501 |
3号楼2门洞501 | 3 | 2 | 501 |
B座1单元0802 | B | 1 | 802 |
b座1单元802 | B | 1 | 802 |
B座802 | B | | 802 |
B栋2单元801 | B | 2 | 801 |
A1栋2单元301 | A1 | 2 | 301 |
3A栋2单元301 | 3A | 2 | 301 |
3号楼A座1203 | 3-A | | 1203 |
5幢乙单元301 | 5 | 乙 | 301 |
5幢甲单元301 | 5 | 甲 | 301 |
3号楼东单元501 | 3 | 东 | 501 |
3号楼西单元501 | 3 | 西 | 501 |
甲栋501 | 甲 | | 501 |
3号楼2单元5层501室 | 3 | 2 | 501 | floor=5
3号楼2单元5楼东户 | 3 | 2 | 东户 | floor=5
3号楼2单元5楼右 | 3 | 2 | 右 | floor=5
3号楼2单元五层西户 | 3 | 2 | 西户 | floor=5
3号楼东户 | 3 | | 东户 |
5号楼负一层 | 5 | | | floor=-1
5号楼地下1层 | 5 | | | floor=-1
5号楼B1层 | 5 | | | floor=-1
3号楼2单元501A | 3 | 2 | 501A |
3号楼2单元501-1 | 3 | 2 | 501-1 |
2单元501 | | 2 | 501 |
2单元501室 | | 2 | 501 |
3-2单元501 | 3 | 2 | 501 |
阳光花园（北区）3号楼501 | 3 | | 501 | estate=阳光花园(北区)
阳光花园二期3号楼1单元101 | 3 | 1 | 101 | estate=阳光花园二期
阳光花园北区3-2-501 | 3 | 2 | 501 | estate=阳光花园北区
阳光花园一区12栋1203 | 12 | | 1203 | estate=阳光花园一区
阳光花园A区3号楼501 | 3 | | 501 | estate=阳光花园A区
铁路家属院3号楼2单元501 | 3 | 2 | 501 | estate=铁路家属院
万和城12号楼1单元1203 | 12 | 1 | 1203 | estate=万和城
天成郡府3号楼2单元1801 | 3 | 2 | 1801 | estate=天成郡府
三里屯小区5号楼2门301 | 5 | 2 | 301 | estate=三里屯小区
八一小区3号楼501 | 3 | | 501 | estate=八一小区
建设路12号院3号楼2单元501 | 3 | 2 | 501 | road=建设路 number=12
建设路12号3号楼2单元501 | 3 | 2 | 501 | road=建设路 number=12
建设北路12号院3-2-501 | 3 | 2 | 501 | road=建设北路 number=12
建设路12号院幸福小区3号楼501 | 3 | | 501 | road=建设路 number=12 estate=幸福小区
建设路12号 | | | | road=建设路 number=12
八一路15号 | | | | road=八一路 number=15
解放西路5号院2号楼1单元101 | 2 | 1 | 101 | road=解放西路 number=5
清池大道18号 | | | | road=清池大道 number=18
永济路12-1号 | | | | road=永济路 number=12-1
长乐路123弄5号301室 | 5 | | 301 | road=长乐路 number=123
人民大街12号楼3单元101 | 12 | 3 | 101 | road=人民大街
东村三组12号 | | | | village_group=3 number=12 rest=东村
东村3组12号 | | | | village_group=3 number=12 rest=东村
东村第三村民小组12号 | | | | village_group=3 number=12 rest=东村
东村十二组 | | | | village_group=12 rest=东村
三组12号 | | | | village_group=3 number=12
第三村民小组 | | | | village_group=3
3组 | | | | village_group=3
五队15号 | | | | village_group=5 number=15
李家庄村12号 | | | | number=12 rest=李家庄村
李家庄12号 | | | | number=12 rest=李家庄
12号 | | | | number=12
3排5号 | 3排 | | 5 |
幸福里平房3排5号 | 3排 | | 5 |
沧州市运河区幸福小区3号楼2单元501室 | 3 | 2 | 501 | estate=幸福小区 rest=沧州市运河区
沧州市运河区水月寺街道幸福小区3-2-501 | 3 | 2 | 501 | estate=幸福小区 rest=沧州市运河区水月寺街道
沧州市运河区幸福社区幸福小区3号楼501 | 3 | | 501 | estate=幸福小区 rest=沧州市运河区幸福社区
沧县杜林镇东村三组12号 | | | | village_group=3 number=12 rest=沧县杜林镇东村
青县清州镇建设路12号院3号楼2单元501 | 3 | 2 | 501 | road=建设路 number=12 rest=青县清州镇
东光县东光镇李家庄村12号 | | | | number=12 rest=东光县东光镇李家庄村
幸福小区3号楼2单元501室（租户） | 3 | 2 | 501 | estate=幸福小区 tail=租户
张三家 | | | | rest=张三家
李家庄村 | | | | rest=李家庄村
""".strip().splitlines()


def _case(line: str) -> tuple[str, dict[str, str]]:
    text, building, unit, room, more = (part.strip() for part in line.split("|"))
    expected = {"building": building, "unit": unit, "room": room}
    expected |= dict(item.split("=") for item in more.split())
    return text, {name: value for name, value in expected.items() if value}


@pytest.mark.parametrize("line", TABLE, ids=[line.split("|")[0].strip() for line in TABLE])
def test_addresses(line: str) -> None:
    text, expected = _case(line)
    parts = parse_address(text)
    found = {
        name: getattr(parts, name)
        for name in AddressParts.__slots__
        if name != "confidence" and getattr(parts, name)
    }
    if "rest" not in expected and not text.startswith(("幸福里平房",)):
        assert parts.rest == ""
    found = {name: value for name, value in found.items() if name in expected or name != "estate"}
    assert found == expected


def test_the_table_is_long_enough() -> None:
    assert len(TABLE) >= 120


def test_nothing_gives_nothing() -> None:
    for cell in (None, "", "  ", "\n"):
        assert parse_address(cell) == AddressParts()


def test_confidence_says_how_sure() -> None:
    def confidence(text: str) -> float:
        return parse_address(text).confidence

    assert confidence("3号楼2单元501室") >= 0.9
    assert confidence("3-2-501") >= 0.85
    assert confidence("3号楼2单元501室及502室") < confidence("3号楼2单元501室")
    assert confidence("12-1203") < confidence("12栋1203")
    assert confidence("3-2") < 0.5
    assert confidence("张三家") == 0


def test_floor_from_the_room() -> None:
    assert parse_address("12栋1203").likely_floor == 12
    assert parse_address("3-2-501").likely_floor == 5
    assert parse_address("3号楼5楼东户").likely_floor == 5
    assert parse_address("5号楼负一层").likely_floor == -1
    assert parse_address("东村三组12号").likely_floor is None


BUILDINGS = st.integers(1, 99)
UNITS = st.integers(1, 9)
ROOMS = st.builds(lambda floor, door: f"{floor}{door:02d}", st.integers(1, 33), st.integers(1, 8))
DIGITS = "零一二三四五六七八九"


def chinese(number: int) -> str:
    """1 … 99 in Chinese."""
    ten, one = divmod(number, 10)
    return (("" if ten == 1 else DIGITS[ten]) + "十" if ten else "") + (DIGITS[one] if one else "")


def wide(text: str) -> str:
    """Full width."""
    return "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in text)


@given(
    BUILDINGS,
    UNITS,
    ROOMS,
    st.sampled_from(["", "幸福小区", "阳光花园（北区）", "沧州市运河区幸福小区"]),
)
def test_every_writing_of_a_door_is_the_same_door(
    building: int, unit: int, room: str, before: str
) -> None:
    for text in (
        f"{building}号楼{unit}单元{room}室",
        f"{building}栋{unit}单元{room}",
        f"{building}幢{unit}单元{room}号",
        f"{building}-{unit}-{room}",
        f"{building}#{unit}-{room}",
        f"{building}#楼{unit}单元{room}",
        f"{building:02d}号楼{unit:02d}单元{room:>04}",
        f"{chinese(building)}号楼{chinese(unit)}单元{room}",
        f"{building} 号楼 {unit} 单元 {room} 室",
        wide(f"{building}号楼{unit}单元{room}室"),
        wide(f"{building}-{unit}-{room}"),
    ):
        parts = parse_address(before + text)
        assert (parts.building, parts.unit, parts.room) == (str(building), str(unit), room), (
            before + text
        )
        assert parts.door == f"{building}-{unit}-{room}"
        assert parts.confidence >= 0.85


@given(
    st.one_of(
        st.text(max_size=40),
        st.text(alphabet="0123456789-号楼单元室栋村组路院#A一二三十()（）小区 ", max_size=24),
    )
)
def test_no_address_is_too_strange(text: str) -> None:
    parts = parse_address(text)
    assert 0 <= parts.confidence <= 1
    for name in ("building", "unit", "floor", "room", "village_group", "number"):
        value: Any = getattr(parts, name)
        assert value is None or (isinstance(value, str) and value)
    assert parse_address(text) == parts


@given(st.text(alphabet="abc张李王家赵", max_size=20))
def test_what_is_no_address_is_kept_as_rest(text: str) -> None:
    assert parse_address(text).rest == text.strip().upper()
