"""Lists of divisions: reading, comparing, taking in; the whole national list as a slow test."""

from __future__ import annotations

import datetime as dt
import json
from functools import cache

import pytest
from django.conf import settings
from django.core.management import call_command
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from fangxian.common.actor import Actor
from fangxian.common.errors import Invalid
from fangxian.regions import lists, queries
from fangxian.regions.actions.national import preview, take_in
from fangxian.regions.changes import Change, Known, compare
from fangxian.regions.lists import DivisionList, Row
from fangxian.regions.models import Region, RegionChange, RegionCode, RegionList
from fangxian.regions.pinyin import initials

OLD = {
    "13": "甲省",
    "1301": "甲市",
    "130101": "东区",
    "130102": "西县",
    "130101001": "一街道",
    "130101002": "二街道",
    "130102100": "三镇",
    "130101001001": "红社区",
    "130101001002": "黄社区",
    "130101002001": "蓝社区",
    "130101002002": "绿社区",
    "130102100200": "王村",
    "130102100201": "李村",
}
SYSTEM = Actor.system("test", "")


def known(names: dict[str, str]) -> dict[str, Known]:
    return {code: Known(name) for code, name in names.items()}


def rows(names: dict[str, str], **old_codes: str) -> dict[str, Row]:
    given = {key.removeprefix("c"): tuple(value.split()) for key, value in old_codes.items()}
    return {code: Row(code, name, "", given.get(code, ())) for code, name in names.items()}


def a_list(names: dict[str, str], year: int, **old_codes: str) -> DivisionList:
    return DivisionList(
        year,
        dt.date(year, 12, 31),
        "test",
        f"{year}{hash(tuple(names))}"[:64],
        rows(names, **old_codes),
    )


def without(*codes: str) -> dict[str, str]:
    return {code: name for code, name in OLD.items() if not code.startswith(codes)}


def test_the_same_list_changes_nothing():
    assert compare(known(OLD), rows(OLD)).is_empty


def test_a_rename_keeps_the_place():
    result = compare(known(OLD), rows(OLD | {"130102": "西区"}))
    assert result.changes == [Change("rename", "130102", "130102")]
    assert result.same["130102100200"] == "130102100200"


def test_a_new_code_is_found_by_the_name_in_the_same_parent_and_takes_all_below_along():
    new = without("130102") | {
        "130103": "西县",
        "130103100": "三镇",
        "130103100200": "王村",
        "130103100201": "李村",
    }
    result = compare(known(OLD), rows(new))
    assert result.changes == [Change("recode", "130102", "130103")]
    assert result.recoded["130102100201"] == "130103100201"


def test_a_new_code_and_name_are_found_by_the_places_within():
    new = without("130102") | {
        "130103": "新西区",
        "130103001": "三镇",
        "130103001001": "王村",
        "130103001002": "李村",
    }
    result = compare(known(OLD), rows(new, c130103="130102"))
    assert result.same["130102"] == "130103"
    assert result.same["130102100201"] == "130103001002"
    kinds = {(c.kind, c.old) for c in result.changes}
    assert ("rename", "130102") in kinds
    assert ("recode", "130102") in kinds
    assert not result.new
    assert not result.ended


def test_a_merge_is_seen_by_where_the_places_within_went():
    new = without("130101002") | {"130101001003": "蓝社区", "130101001004": "绿社区"}
    result = compare(known(OLD), rows(new))
    assert Change("merge", "130101002", "130101001") in result.changes
    assert result.same["130101002001"] == "130101001003"
    assert result.ended == ["130101002"]


def test_a_split_is_seen_by_where_the_places_within_came_from():
    new = without("130101002002") | {"130101003": "新街道", "130101003001": "绿社区"}
    result = compare(known(OLD), rows(new))
    assert Change("split", "130101002", "130101003") in result.changes
    assert Change("recode", "130101002002", "130101003001") in result.changes


def test_merge_and_split_as_the_list_says():
    new = without("130102100201") | {"130101001003": "橙社区"}
    result = compare(
        known(OLD),
        rows(new, c130102100200="130102100200 130102100201", c130101001003="130101001001"),
    )
    assert set(result.changes) == {
        Change("merge", "130102100201", "130102100200"),
        Change("split", "130101001001", "130101001003"),
    }


@given(st.data())
def test_every_old_and_new_place_is_accounted_for_once(data):
    codes = list(OLD)
    dropped = data.draw(st.sets(st.sampled_from(codes[4:]), max_size=4))
    kept = {c: n for c, n in OLD.items() if not c.startswith(tuple(dropped) or ("x",))}
    extra = data.draw(
        st.dictionaries(
            st.sampled_from(["130101003", "130102101", "130101001009", "130101004"]),
            st.sampled_from(["一街道", "蓝社区", "新地方"]),
        )
    )
    new = {c: n for c, n in (kept | extra).items() if len(c) < 12 or c[:9] in kept | extra}
    result = compare(known(OLD), rows(new))
    assert sorted([*result.same, *result.ended]) == sorted(OLD)
    assert sorted([*result.same.values(), *result.new]) == sorted(new)
    again = compare(known(new), rows(new))
    assert again.is_empty


@pytest.fixture
def first_list(db):
    take_in(by=SYSTEM, listed=a_list(OLD, 2023), using="default")


@pytest.fixture
def grid(first_list):
    """A grid with a building in it, in 李村."""
    village = "130102100201"
    made = [
        Region(
            code=village + tail,
            name=name,
            level=len(village + tail),
            valid_from=dt.date(2023, 12, 31),
            initials=initials(name),
        )
        for tail, name in (("001", "一网格"), ("001001", "1号"))
    ]
    Region.objects.bulk_create(made)
    return made


def test_a_list_is_taken_in_once(first_list):
    before = dict(Region.objects.values_list("code", "id"))
    seen = take_in(by=SYSTEM, listed=a_list(OLD, 2023), using="default")
    assert seen.comparison.is_empty
    assert dict(Region.objects.values_list("code", "id")) == before
    assert RegionList.objects.count() == 1
    assert not RegionChange.objects.exists()
    assert queries.at("130102").initials == "xx"


def test_a_later_list_keeps_ids_and_moves_what_lies_below(first_list, grid):
    before = dict(Region.objects.values_list("code", "id"))
    new = without("130102") | {
        "130103": "西区",
        "130103100": "三镇",
        "130103100200": "王村",
        "130103100201": "李村",
    }
    listed = a_list(new, 2024, c130103="130102")
    take_in(by=SYSTEM, listed=listed, using="default")
    county = queries.at("130103")
    assert (county.id, county.name, county.initials) == (before["130102"], "西区", "xq")
    assert queries.at("130103100201001001").id == grid[1].id
    assert RegionCode.objects.filter(code="130102100201001001", region=grid[1]).exists()
    kinds = set(RegionChange.objects.values_list("kind", "from_name", "to_name"))
    assert kinds == {("rename", "西县", "西区"), ("recode", "西县", "西区")}


def test_taking_in_a_mapped_list_twice_changes_nothing(first_list):
    new = without("130102") | {"130103": "西区", "130103100": "三镇"}
    new |= {"130103100200": "王村", "130103100201": "李村"}
    listed = a_list(new, 2024, c130103="130102")
    take_in(by=SYSTEM, listed=listed, using="default")
    again = take_in(by=SYSTEM, listed=listed, using="default")
    assert again.comparison.is_empty
    assert RegionChange.objects.count() == 2


def test_a_community_with_grids_is_not_ended_silently(first_list, grid):
    with pytest.raises(Invalid, match="has 1 grids"):
        take_in(by=SYSTEM, listed=a_list(without("130102100201"), 2024), using="default")
    assert queries.at("130102100201")


def test_the_grids_of_a_merged_community_go_along(first_list, grid):
    listed = a_list(without("130102100201"), 2024, c130102100200="130102100200 130102100201")
    take_in(by=SYSTEM, listed=listed, using="default")
    moved = Region.objects.get(id=grid[1].id)
    assert moved.code == "130102100200001001"
    ended = Region.objects.get(code="130102100201")
    assert ended.valid_to == dt.date(2024, 12, 31)


def test_an_older_list_is_refused(first_list):
    with pytest.raises(Invalid, match="already in force"):
        preview(by=SYSTEM, listed=a_list(OLD, 2022), using="default")


def test_a_preview_writes_nothing(first_list):
    before = list(Region.objects.values_list("code", "name", "valid_to"))
    seen = preview(by=SYSTEM, listed=a_list(OLD | {"130102": "西区"}, 2024), using="default")
    assert seen.comparison.counts() == {"rename": 1}
    assert list(Region.objects.values_list("code", "name", "valid_to")) == before


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_csv_with_chinese_headings_and_padded_codes(tmp_path, encoding):
    path = tmp_path / "list.csv"
    path.write_bytes(
        "区划代码,名称,城乡分类代码,原代码\n130000000000,甲省,,\n130100000000,甲市,111,1302\n".encode(
            encoding
        )
    )
    found = lists.read(path, year=2024)
    assert found.rows == {"13": Row("13", "甲省"), "1301": Row("1301", "甲市", "111", ("1302",))}


def test_json_list(tmp_path):
    path = tmp_path / "list.json"
    path.write_text(json.dumps([{"code": "13", "name": "甲省"}]), "utf-8")
    assert lists.read(path, year=2024).rows == {"13": Row("13", "甲省")}


def test_bad_rows_are_named(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("code,name,class\n13,甲省,\n1301x,乙市,\n1302,,\n1303,丙市,999\n140101,远县,\n")
    with pytest.raises(Invalid) as caught:
        lists.read(path, year=2024)
    found = [(p.row, p.field) for p in caught.value.problems]
    assert found == [(3, "code"), (4, "name"), (5, "urban_class"), (None, "code")]


# A prefecture without counties, and a county whose only town and community have its digits.
LIKE_ABOVE = {
    "35": "福建省",
    "3505": "泉州市",
    "350527": "金门县",
    "350527000": "金门县",
    "350527000000": "金门县",
    "44": "广东省",
    "4401": "广州市",
    "440103": "荔湾区",
    "440103001": "沙面街道",
    "440103001001": "翠洲社区",
    "4419": "东莞市",
    "441900": "东莞市",
    "441900003": "东城街道",
    "441900003001": "岗贝社区",
}


def written(tmp_path, lines):
    path = tmp_path / "list.csv"
    path.write_text("\n".join(["code,name,old_code", *lines]), "utf-8")
    return lists.read(path, year=2024).rows


@pytest.mark.parametrize("digits", [0, 12])
def test_places_with_the_digits_of_the_place_above_are_told_apart(tmp_path, digits):
    found = written(tmp_path, [f"{c.ljust(digits, '0')},{n}" for c, n in LIKE_ABOVE.items()])
    assert found == rows(LIKE_ABOVE)


def test_a_padded_list_may_name_its_own_codes_as_the_old_ones(tmp_path):
    padded = [(code.ljust(12, "0"), name) for code, name in LIKE_ABOVE.items()]
    found = written(tmp_path, [f"{code},{name},{code}" for code, name in padded])
    assert {code: row.old_codes for code, row in found.items()} == {c: (c,) for c in LIKE_ABOVE}
    assert compare(known(LIKE_ABOVE), found).is_empty


def test_towns_right_below_a_prefecture_get_the_county_of_its_name(tmp_path):
    found = written(
        tmp_path, ["440000000000,广东省", "441900000000,东莞市", "441900003000,东城街道"]
    )
    assert found["441900"] == Row("441900", "东莞市")
    with pytest.raises(Invalid, match="not the place above it, 130900"):
        written(tmp_path, ["13,河北省", "1309,沧州市", "130902,新华区", "130900001,甲街道"])


def test_a_padded_row_that_stands_twice_is_one_place(tmp_path):
    lines = ["130900000000,沧州市", "130902000000,新华区", "130902001000,甲街道"]
    assert list(written(tmp_path, [*lines, *lines])) == ["1309", "130902", "130902001"]
    assert list(written(tmp_path, ["1309,沧州市", *lines])) == ["1309", "130902", "130902001"]
    with pytest.raises(Invalid, match="1309 stands twice"):
        written(tmp_path, [*lines, "130900000000,沧洲市"])


def test_a_list_of_six_digits_has_provinces_and_prefectures(tmp_path):
    lines = ["130000,河北省", "130900,沧州市", "130902,新华区,130903", "130400,邯郸市,130500"]
    found = written(tmp_path, [*lines, "130402,邯山区"])
    assert found == rows(
        {
            "13": "河北省",
            "1309": "沧州市",
            "130902": "新华区",
            "1304": "邯郸市",
            "130402": "邯山区",
        },
        c130902="130903",
        c1304="1305",
    )
    twice = written(tmp_path, ["440000,广东省", "441900,东莞市", "441900,东莞市"])
    assert list(twice) == ["44", "4419", "441900"]
    # A prefecture known to have no counties may stand once; of any other, its row is missing.
    once = written(tmp_path, ["440000,广东省", "441900,东莞市"])
    assert once == rows({"44": "广东省", "4419": "东莞市", "441900": "东莞市"})
    other = written(tmp_path, ["620000,甘肃省", "620200,嘉峪关市"])
    assert other == rows({"62": "甘肃省", "6202": "嘉峪关市", "620201": "嘉峪关市"})
    with pytest.raises(Invalid, match="440300 but not the place above it, 4403"):
        written(tmp_path, ["440000,广东省", "440300,深圳市"])


def test_a_list_of_six_digits_may_lack_what_stands_between(tmp_path):
    municipalities = ["110000,北京市", "110101,东城区", "500000,重庆市", "500229,城口县"]
    found = written(tmp_path, [*municipalities, "420000,湖北省", "429004,仙桃市"])
    between = {code: row.name for code, row in found.items() if len(code) == 4}
    assert between == {"1101": "市辖区", "5002": "县", "4290": "省直辖县级行政区划"}
    with pytest.raises(Invalid, match="1309"):
        written(tmp_path, ["130000,河北省", "130902,新华区"])


def test_a_padded_list_without_equal_rows_loses_no_place(tmp_path):
    padded = {code.ljust(12, "0"): name for code, name in LIKE_ABOVE.items()}
    assert len(padded) < len(LIKE_ABOVE)
    assert written(tmp_path, [f"{c},{n}" for c, n in padded.items()]) == rows(LIKE_ABOVE)
    # A list that ends at the counties says nothing of what lies below.
    counties = written(tmp_path, ["350000000000,甲省", "350500000000,乙市", "350527000000,丙县"])
    assert list(counties) == ["35", "3505", "350527"]


def test_the_day_of_a_list_is_never_to_come(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("code,name\n13,甲省\n", "utf-8")
    today = timezone.localdate()
    assert lists.read(path, year=today.year).as_of == today
    assert lists.read(path, year=2024).as_of == dt.date(2024, 12, 31)
    for year, as_of in ((today.year + 1, None), (today.year, today + dt.timedelta(days=1))):
        with pytest.raises(Invalid) as caught:
            lists.read(path, year=year, as_of=as_of)
        assert caught.value.problems[0].field == "as_of"


def test_communities_of_many_towns_alone_are_refused(tmp_path):
    villages = [f"{code},{name}" for code, name in OLD.items() if len(code) == 12]
    with pytest.raises(Invalid, match="3 places right above") as caught:
        written(tmp_path, villages)
    assert len(caught.value.problems) == 1
    many = [f"35052{n:04}001,甲社区" for n in range(8000, 8051)]
    with pytest.raises(Invalid, match="51 places right above") as caught:
        written(tmp_path, ["350527000000,金门县", *many])
    assert len(caught.value.problems) == 1
    assert list(written(tmp_path, villages[:2])) == ["130101001001", "130101001002"]


def test_a_name_may_have_a_character_that_unicode_lacks(tmp_path):
    assert written(tmp_path, ["13,\ue08b省"])["13"].name == "\ue08b省"
    with pytest.raises(Invalid, match="unprintable"):
        written(tmp_path, ["13,\u200b省"])


def test_short_codes():
    cases = {"130900000000": "1309", "130000000000": "13", "130902001000": "130902001"}
    assert {code: lists.short(code) for code in cases} == cases
    assert lists.short("130902001001") == "130902001001"


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("重庆市", "cqs"),
        ("厦门", "xm"),
        ("长安区", "caq"),
        ("王府井社区", "wfjsq"),
        ("第3网格A座", "d3wgaz"),
        ("１８号楼", "18hl"),
    ],
)
def test_initials(name, letters):
    assert initials(name) == letters


@pytest.mark.slow(60)
def test_the_whole_country(fresh_database, django_db_blocker, capsys, tmp_path, monkeypatch):
    wanted = {2: 31, 4: 342, 6: 2978, 9: 41352, 12: 620573}
    read = cache(lists.national)
    monkeypatch.setattr(lists, "national", read)
    with django_db_blocker.unblock():
        call_command("import_regions")
        counts = {level: Region.objects.filter(level=level).count() for level in wanted}
        assert counts == wanted
        sample = dict(Region.objects.filter(code__startswith="1309").values_list("code", "id"))
        # Again, and in the form of another office.
        capsys.readouterr()
        padded = tmp_path / "padded.csv"
        places = list(Region.objects.order_by("code").values_list("code", "name"))
        shipped = read(settings.FANGXIAN_DIVISIONS).rows
        assert dict(places) == {code: row.name for code, row in shipped.items()}
        lines = [f"{code.ljust(12, '0')},{name}" for code, name in places]
        padded.write_text("\n".join(["code,name", *lines]), "utf-8")
        call_command("import_regions", "--file", str(padded), "--year", "2024")
        assert "nothing changes" in capsys.readouterr().out
        again = dict(Region.objects.filter(code__startswith="1309").values_list("code", "id"))
        assert again == sample
        assert Region.objects.count() == sum(wanted.values()) == len(lines)
        assert not RegionChange.objects.exists()
