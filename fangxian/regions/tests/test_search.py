"""Search by name, initials and code; former codes lead to present places."""

from __future__ import annotations

import datetime as dt

import pytest

from fangxian.regions.models import Region, RegionChange, RegionCode
from fangxian.regions.pinyin import initials
from fangxian.regions.search import search

DAY = dt.date(2023, 6, 30)
TREE = {
    "13": "河北省",
    "1309": "沧州市",
    "130982": "任丘市",
    "130982001": "新华路街道",
    "130982100": "出岸镇",
    "130982001001": "新华社区",
    "130982001002": "新建社区",
    "130982100200": "张庄村村民委员会",
    "130982100201": "小张庄村",
    "1301": "石家庄市",
    "130102": "长安区",
    "4419": "东莞市",
    "441900": "东莞市",
    "4420": "中山市",
}


@pytest.fixture
def tree(db):
    made = [
        Region(code=c, name=n, level=len(c), valid_from=DAY, initials=initials(n))
        for c, n in TREE.items()
    ]
    Region.objects.bulk_create(made)
    return {place.code: place for place in made}


def codes(text, area="", limit=20):
    return [hit.place.code for hit in search(text, area, limit)]


@pytest.mark.parametrize(
    ("text", "area", "wanted"),
    [
        ("新华", "", ["130982001", "130982001001"]),
        ("华社", "", ["130982001001"]),
        ("张庄", "", ["130982100200", "130982100201"]),
        ("小张庄村", "", ["130982100201"]),
        ("新华", "1301", []),
        ("rqs", "", ["130982"]),
        ("XH", "", ["130982001", "130982001001"]),
        ("xj", "130982001", ["130982001002"]),
        ("caq", "", ["130102"]),
        ("1301", "", ["1301", "130102"]),
        ("130982100", "", ["130982100", "130982100200", "130982100201"]),
        ("130982", "1301", []),
        ("130100", "", ["1301", "130102"]),
        ("130100000000", "", ["1301", "130102"]),
        ("130100", "1309", []),
        ("441900", "", ["441900"]),
        ("442000", "", ["4420"]),
        ("%", "", []),
        ("_", "", []),
        ("  ", "", []),
        ("999999999999999999999999", "", []),
        ("\\", "", []),
    ],
)
def test_finds(tree, text, area, wanted):
    assert codes(text, area) == wanted


def test_a_province_is_found_by_its_six_digits(tree):
    assert codes("130000") == codes("13")
    assert codes("130000", limit=1) == ["13"]


def test_the_limit_holds(tree):
    assert len(search("13", "", 3)) == 3
    assert len(search("社区", "", 1)) == 1


def test_a_former_code_gives_the_present_place(tree):
    place = tree["130982001001"]
    RegionCode.objects.create(
        region=place, code="130982009001", valid_from=DAY, valid_to=dt.date(2024, 12, 31)
    )
    (hit,) = search("130982009001")
    assert (hit.place, hit.old_code, hit.year) == (place, "130982009001", 2024)
    assert search("130982009001", "1301") == []


@pytest.mark.parametrize(
    ("padded", "code"),
    [("130982000000", "130982"), ("130982001000", "130982001"), ("130900000000", "1309")],
)
def test_a_code_filled_up_to_twelve_digits_is_found(tree, padded, code):
    assert codes(padded)[0] == code


@pytest.mark.parametrize("former", ["19", "1999", "199900000000", "199982"])
def test_former_codes_of_any_level_are_found(tree, former):
    short = former[:4] if len(former) == 12 else former
    level = {2: "13", 4: "1309", 6: "130982"}[len(short)]
    RegionCode.objects.create(
        region=tree[level], code=short, valid_from=DAY, valid_to=dt.date(2024, 12, 31)
    )
    (hit,) = search(former)
    assert (hit.place, hit.old_code) == (tree[level], short)


def test_the_code_of_a_merged_place_gives_what_took_it_over(tree):
    ended = Region.objects.create(
        code="130982003", name="老街道", level=9, valid_from=DAY, valid_to=dt.date(2024, 12, 31)
    )
    RegionChange.objects.create(
        year=2024,
        on=dt.date(2024, 12, 31),
        kind="merge",
        from_code="130982003",
        to_code="130982001",
        from_place=ended,
        to_place=tree["130982001"],
    )
    (hit,) = search("130982003")
    assert (hit.place, hit.year) == (tree["130982001"], 2024)


def test_ended_places_are_not_found_by_name(tree):
    Region.objects.filter(code="130982100201").update(valid_to=dt.date(2024, 1, 1))
    assert codes("张庄") == ["130982100200"]
