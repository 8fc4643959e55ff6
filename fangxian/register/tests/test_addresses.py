"""Doors as the cells of a row write them: one writing for each door, none for what is unclear."""

from __future__ import annotations

import pytest

from fangxian.register.importing.addresses import COLUMNS, unit_label, written
from fangxian.register.importing.estates import agreeing, estate_of
from fangxian.register.importing.fields import Record
from fangxian.register.tests.test_import_fields import codes, read


def door(address: str = "", *, line: str = "", **cells: str) -> tuple[str, ...]:
    """Estate, building, unit, room, group and road, or why there is no one door."""
    found = written(address, tuple(cells.get(name, "") for name in COLUMNS), line)
    if found.fault[1]:
        return found.fault
    parts = (found.estate, found.building, found.unit, found.room, found.group, found.road)
    return tuple(part for part in parts if part)


@pytest.mark.parametrize(
    ("address", "wanted"),
    [
        # The floor tells doors apart.
        ("12号楼三单元四楼东户", ("12", "3", "4-东户")),
        ("12号楼三单元五楼东户", ("12", "3", "5-东户")),
        ("12号楼3单元5楼东", ("12", "3", "5-东户")),
        ("12号楼3单元5层东边", ("12", "3", "5-东户")),
        ("12号楼3单元5楼东1户", ("12", "3", "5-东1户")),
        ("12号楼3单元5楼中间户", ("12", "3", "5-中户")),
        ("12-3-5-东户", ("12", "3", "5-东户")),
        ("12号楼3单元4楼1号", ("12", "3", "401")),
        ("12号楼3单元4-1", ("12", "3", "401")),
        ("12号楼3单元4-01", ("12", "3", "401")),
        ("12-3-4-1", ("12", "3", "401")),
        ("12号楼3单元401", ("12", "3", "401")),
        ("12号楼3单元12楼1203", ("12", "3", "1203")),
        # Below the ground.
        ("12号楼3单元负一101", ("12", "3", "-101")),
        ("12号楼3单元负1层101", ("12", "3", "-101")),
        ("12号楼3单元负101", ("12", "3", "-101")),
        ("12号楼-1层101", ("12", "-101")),
        # Chinese numbers do not run into digits.
        ("12号楼三501", ("12", "3", "501")),
        ("八一3号楼201", ("八一", "3", "201")),
        # Several rooms are no one door.
        ("12-3-401/402", ("", "several_rooms")),
        ("3-2-501、502", ("", "several_rooms")),
        ("3-2-501-502", ("", "several_rooms")),
        ("12号楼3单元501/502", ("", "several_rooms")),
        ("12号楼3单元501，502，503", ("", "several_rooms")),
        ("12号楼3单元501室及502室", ("", "several_rooms")),
        ("12号楼3单元501和502", ("", "several_rooms")),
        ("12号楼3单元501、02", ("", "several_rooms")),
        ("12号楼 501 502", ("", "several_rooms")),
        # What stands right before the number tells buildings apart.
        ("东3排2号", ("东3排", "2")),
        ("西3排2号", ("西3排", "2")),
        ("南1楼1单元201", ("南1", "1", "201")),
        ("前3号楼2-301", ("前3", "2", "301")),
        ("老12号楼201", ("老12", "201")),
        ("老3楼2-501", ("老3", "2", "501")),
        ("1区3号楼201", ("1区", "3", "201")),
        ("1号院3号楼201", ("1号院", "3", "201")),
        ("3-1号楼201", ("3", "1", "201")),
        ("别墅区3号楼201", ("别墅区", "3", "201")),
        ("3号楼东501", ("3", "东", "501")),
        ("东三组12号", ("12", "东3")),
        # What stands behind is no part of the door, or makes it another one.
        ("12-3-401（出租）", ("12", "3", "401")),
        ("12-3-401(张三,2人)", ("12", "3", "401")),
        ("12-3-401出租", ("12", "3", "401")),
        ("新华小区3-1-东户", ("新华小区", "3", "1", "东户")),
        ("12-3-401东", ("12", "3", "401-东户")),
        ("12号楼401室A", ("12", "401A")),
        ("12号楼401地下室", ("12", "401-地下室")),
        ("12号楼地下室3", ("12", "地下室3")),
        ("12号楼3单元501室402", ("", "unclear_door")),
        ("3号楼东1单元201", ("", "unclear_door")),
        ("1-3-2-501", ("", "unclear_door")),
        ("3-甲-501", ("3", "甲", "501")),
        ("Ⅱ号楼Ⅰ单元501", ("2", "1", "501")),
        # Villages and lanes.
        ("二组18号附1号", ("18-1", "2")),
        ("二组18之1", ("18-1", "2")),
        ("二组18号东院", ("18-东院", "2")),
        ("柳树巷3号东屋", ("东屋", "柳树巷3")),
        ("柳树巷3号院2户", ("2", "柳树巷3")),
        ("三条胡同5号", ("三条胡同5",)),
        ("人民路12号幸福小区501", ("", "unclear_door")),
        ("金鱼胡同甲12号", ("金鱼胡同甲12",)),
        ("金鱼胡同12号甲", ("金鱼胡同12甲",)),
        ("北街三巷12号", ("北街三巷12",)),
        ("新华路西二巷3号", ("新华路西二巷3",)),
        ("建设路幸福小区12号", ("幸福小区", "12")),
        ("南关街东头5号", ("5",)),
        ("曹杨二村35号301室", ("曹杨二村", "35", "301")),
        ("三组甲12号", ("甲12", "3")),
        # Estates in parts, and what else ledgers write.
        ("名都城二组团5栋2单元301", ("名都城2组团", "5", "2", "301")),
        ("阳光花园三期-5-1-1803", ("阳光花园三期", "5", "1", "1803")),
        ("翠苑一区12幢3单元402室", ("翠苑一区", "12", "3", "402")),
        ("天通苑北一区12号楼3单元501", ("天通苑北一区", "12", "3", "501")),
        ("百万庄子区12-3-5", ("百万庄子区", "12", "3", "5")),
        ("B区2-1-501", ("B区", "2", "1", "501")),
        ("B2-1-501", ("B2", "1", "501")),
        ("中山路22号3楼东户", ("3-东户", "中山路22")),
        ("沧县清州镇中山路22号3楼301", ("301", "中山路22")),
        ("5号楼2单元3-东", ("5", "2", "3-东户")),
        ("5号楼2单元3东", ("5", "2", "3-东户")),
        ("5号楼2层1-3号", ("5", "201-3")),
        ("碧桂园一街5座301", ("碧桂园一街", "5", "301")),
        ("5甲号楼301", ("5甲", "301")),
        ("5号楼（2单元）301", ("", "unclear_door")),
        ("5号楼1-2单元301", ("", "unclear_door")),
        ("5号院301", ("301",)),
        ("铁路宿舍3排东2户", ("铁路宿舍", "3排", "东2户")),
        ("第三排第二户", ("3排", "2")),
        ("李庄一组第3排第12户", ("李庄", "3排", "12", "1")),
        ("第一排西户", ("1排", "西户")),
        ("3号楼第2户", ("3", "2")),
        ("3号楼B1-101", ("3", "-101")),
        ("3号楼2单元B1-101", ("3", "2", "-101")),
        ("B1-101", ("B1", "101")),
        ("红旗村3社7户", ("7", "3")),
        ("红旗村3组5-7", ("5-7", "3")),
        ("红旗村第3村民小组张家湾7号", ("", "unclear_door")),
        ("3。2。501", ("3", "2", "501")),
        ("12＃ A 501", ("12", "A", "501")),
        ("12号楼3单元伍零壹", ("12", "3", "501")),
        ("12号楼3单元15层02室", ("12", "3", "1502")),
        ("12号楼3单元501（原502）", ("12", "3", "501")),
        ("12号楼501甲", ("12", "501甲")),
        ("12号楼501室乙", ("12", "501乙")),
        ("三十二栋三十二楼三号", ("32", "3203")),
        ("3#2#501", ("", "unclear_door")),
        ("长寿路112弄8支弄3号201", ("", "unclear_door")),
        # Collective households.
        ("集体户", ("集体户",)),
        ("示例公司集体户", ("示例公司集体户",)),
        ("5号楼集体宿舍", ("5",)),
        ("5号楼集体宿舍302", ("5", "302")),
    ],
)  # fmt: skip
def test_an_address_is_one_door_or_none(address: str, wanted: tuple[str, ...]) -> None:
    assert door(address) == wanted


@pytest.mark.parametrize(
    ("cells", "wanted"),
    [
        ({"building": "3", "unit": "2", "floor": "3", "room": "2"}, ("3", "2", "302")),
        ({"building": "3", "unit": "2", "floor": "4", "room": "2"}, ("3", "2", "402")),
        ({"building": "3", "unit": "2", "floor": "4", "room": "402"}, ("3", "2", "402")),
        ({"building": "3", "unit": "2", "floor": "五楼", "room": "东边"}, ("3", "2", "5-东户")),
        ({"building": "3", "unit": "2", "floor": "5/18", "room": "1"}, ("3", "2", "501")),
        ({"building": "3", "unit": "2", "floor": "负一", "room": "3"}, ("3", "2", "-103")),
        ({"building": "3", "unit": "2", "floor": "高层", "room": "501"}, ("3", "2", "501")),
        ({"building": "3", "unit": "2", "room": "4-01"}, ("3", "2", "401")),
        ({"building": "3", "unit": "2", "room": "2-501"}, ("3", "2", "501")),
        ({"building": "3", "unit": "2", "room": "1-501"}, ("room", "door_differs")),
        ({"building": "3", "room": "2-501"}, ("3", "2", "501")),
        ({"building": "3", "room": "3-2-501"}, ("3", "2", "501")),
        ({"building": "5", "room": "3-2-501"}, ("room", "door_differs")),
        ({"building": "3", "room": "501、502"}, ("room", "several_rooms")),
        ({"building": "3", "room": "501/502"}, ("room", "several_rooms")),
        ({"building": "3", "room": "301-302"}, ("room", "several_rooms")),
        ({"building": "3", "room": "-101"}, ("3", "-101")),
        ({"building": "3", "room": "负一101"}, ("3", "-101")),
        ({"building": "3", "room": "A1203"}, ("3", "A1203")),
        ({"building": "3", "room": "五〇一"}, ("3", "501")),
        ({"building": "3", "unit": "二", "room": "501"}, ("3", "2", "501")),
        ({"building": "3", "unit": "东", "room": "501"}, ("3", "东", "501")),
        ({"building": "3", "unit": "无", "room": "501"}, ("3", "501")),
        ({"building": "三", "unit": "甲", "room": "501"}, ("3", "甲", "501")),
        ({"building": "1区3号楼", "room": "501"}, ("1区", "3", "501")),
        ({"building": "1-3", "unit": "2", "room": "501"}, ("1", "3", "2", "501")),
        ({"building": "3号楼东", "room": "501"}, ("3-东", "501")),
        ({"building": "3号楼（西）", "room": "501"}, ("3-西", "501")),
        ({"building": "老1号楼", "room": "501"}, ("老1", "501")),
        ({"estate": "幸福里", "building": "2区3号楼", "room": "1"}, ("幸福里2区", "3", "1")),
        ({"village_group": "二", "room": "18号"}, ("18", "2")),
        ({"village_group": "二组", "room": "018"}, ("18", "2")),
        ({"village_group": "二组", "room": "18号附1号"}, ("18-1", "2")),
        ({"village_group": "二组", "room": "18", "floor": "1"}, ("18", "2")),
        ({"village_group": "二组", "room": "18", "floor": "2"}, ("18-2层", "2")),
        ({"room": "二组18号"}, ("18", "2")),
    ],
)  # fmt: skip
def test_columns_are_one_door_or_none(cells: dict[str, str], wanted: tuple[str, ...]) -> None:
    assert door(**cells) == wanted


@pytest.mark.parametrize(
    ("room", "wanted"),
    [
        # A part of a room is no room on a floor.
        ("301-2", "301-2"), ("1201-2", "1201-2"), ("501-1室", "501-1"), ("501-01", "501-1"),
        ("501/1", "501-1"), ("501室-1", "501-1"), ("501-A室", "501-A"), ("201之1", "201-1"),
        ("201乙室", "201乙"), ("501-0", "501-0"),
        # A floor that stands in the same cell.
        ("5层501", "501"), ("五楼501室", "501"), ("1楼1号", "101"), ("5楼东户", "5-东户"),
        ("负一层101", "-101"), ("4-1室", "401"), ("第五层1号", "501"), ("第5层501", "501"),
        # Rooms that have a name.
        ("商铺101", "商铺101"), ("门市3号", "门市3"), ("底商101", "底商101"), ("A户", "A"),
        ("601阁楼", "601-阁楼"), ("501东", "501-东户"),
        # What says nothing of the door.
        ("501（出租）", "501"), ("1室", "1"),
    ],
)  # fmt: skip
def test_a_room_is_the_same_in_its_column_and_behind_its_unit(room: str, wanted: str) -> None:
    assert door(building="3号楼", unit="2单元", room=room) == ("3", "2", wanted)
    assert door(f"3号楼2单元{room}") == ("3", "2", wanted)
    assert door("3号楼2单元", room=room) == ("3", "2", wanted)


@pytest.mark.parametrize(
    ("cells", "wanted"),
    [
        ({"unit": "2", "floor": "3", "room": "301-2"}, ("3", "2", "301-2")),
        ({"unit": "2", "floor": "3", "room": "1-2"}, ("3", "2", "301-2")),
        ({"unit": "2", "floor": "3", "room": "3-2"}, ("3", "2", "302")),
        ({"unit": "2.0", "floor": "5.0", "room": "501.0"}, ("3", "2", "501")),
        ({"room": "502.00"}, ("3", "502")),
        ({"room": "5楼501"}, ("3", "501")),
        ({"room": "商铺101"}, ("3", "商铺101")),
        ({"room": "-1-101"}, ("3", "-101")),
        ({"room": "No.501"}, ("3", "501")),
        ({"room": "第501室"}, ("3", "501")),
        # 东101 is not 西101, and neither makes an estate.
        ({"unit": "2", "room": "东101"}, ("3", "2", "东101")),
        ({"room": "东侧101"}, ("3", "东侧101")),
        # What names the building again.
        ({"unit": "2", "room": "3号楼501"}, ("3", "2", "501")),
        ({"unit": "2", "room": "3号楼2单元501"}, ("3", "2", "501")),
        ({"unit": "2", "room": "2单元501"}, ("3", "2", "501")),
        ({"unit": "2", "room": "1单元501"}, ("room", "door_differs")),
        ({"unit": "2", "room": "2-5-1"}, ("3", "2", "501")),
        ({"room": "2-5-501"}, ("3", "2", "501")),
        ({"room": "花园里3号楼2单元501"}, ("花园里", "3", "2", "501")),
        ({"room": "花园里5号楼2单元501"}, ("room", "door_differs")),
    ],
)  # fmt: skip
def test_a_column_of_rooms_beside_that_of_buildings(
    cells: dict[str, str], wanted: tuple[str, ...]
) -> None:
    assert door(building="3", **cells) == wanted


@pytest.mark.parametrize(
    "floor",
    ["电梯", "多层", "高层", "小高层", "有电梯", "共6层", "共六层", "一层半", "总18"],
)
def test_a_column_of_floors_may_tell_of_the_building(floor: str) -> None:
    assert door(building="3", unit="2", floor=floor, room="1") == ("3", "2", "1")


@pytest.mark.parametrize("floor", ["5层(共18层)", "五楼，共18层", "5/18", "第五层"])
def test_a_floor_may_stand_before_the_number_of_all(floor: str) -> None:
    assert door(building="3", unit="2", floor=floor, room="1") == ("3", "2", "501")


@pytest.mark.parametrize("floor", ["顶层", "底楼", "中层", "3-4层", "高层第5层", "二、三楼"])
def test_a_floor_that_tells_doors_apart_is_understood_or_refused(floor: str) -> None:
    assert door(building="3", unit="2", floor=floor, room="1") == ("floor", "unknown_floor")
    assert door(building="3", unit="2", floor=floor, room="501") == ("3", "2", "501")


def test_the_second_unit_is_unit_two() -> None:
    assert door("3号楼第二单元501") == door("3号楼第2单元第5层1号") == ("3", "2", "501")
    assert door("第二单元501", building="3") == ("3", "2", "501")


@pytest.mark.parametrize(
    ("address", "line", "wanted"),
    [
        ("2-501", "3号楼", ("3", "2", "501")),
        ("2-501", "3号楼2单元", ("3", "2", "501")),
        ("5-1", "3号楼2单元", ("3", "2", "501")),
        ("5楼东户", "3号楼2单元", ("3", "2", "5-东户")),
        ("2单元501", "3号楼", ("3", "2", "501")),
        ("501-1", "3号楼2单元", ("3", "2", "501-1")),
        ("3-501", "3号楼", ("3", "501")),
        ("5-2-501", "3号楼", ("5", "2", "501")),
        ("1-501", "3号楼2单元", ("", "door_differs")),
    ],
)
def test_an_address_below_the_line_of_its_building(
    address: str, line: str, wanted: tuple[str, ...]
) -> None:
    assert door(address, line=line) == wanted


def test_an_estate_that_is_said_twice_is_one() -> None:
    assert door(estate="阳光花园", building="阳光花园3号楼") == ("阳光花园", "3")
    assert door(estate="阳光花园", building="阳光花园二期3号楼") == ("阳光花园二期", "3")


def test_a_room_lies_in_the_building_of_the_address() -> None:
    assert door("幸福里3号楼", room="2-501") == ("幸福里", "3", "2", "501")
    assert door("中山路22号", room="3楼301") == ("301", "中山路22")


def test_a_door_is_not_put_together_from_two() -> None:
    assert door("5号楼2单元501", building="3") == ("building", "door_differs")
    assert door("5号楼2单元501、502", building="3", room="501") == ("3", "2", "501")


def test_what_is_unclear_is_refused_with_its_mend() -> None:
    record: Record = read(address="12-3-401/402")
    assert codes(record) == [("address", "several_rooms")]
    assert all(message and mend for _name, _code, message, mend in record.problems)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("1单元", "1"), ("第一单元", "1"), ("1#", "1"), ("二", "2"), ("东", "东"), ("东单元", "东"),
     ("01", "1"), ("甲", "甲"), ("b", "B"), ("2门", "2")],
)  # fmt: skip
def test_a_unit_goes_by_its_number_or_name(text: str, wanted: str) -> None:
    assert unit_label(text) == wanted


def test_units_that_differ_stay_apart() -> None:
    assert unit_label("东1单元") != unit_label("西1单元") != unit_label("1单元")


def test_parts_of_an_estate_are_told_apart() -> None:
    assert estate_of("阳光花园二期") == estate_of("阳光花园2期") == estate_of("阳光花园第二期")
    known = {name: estate_of(name) for name in ("阳光花园一期", "阳光花园二期", "幸福里", "")}
    assert agreeing(known, estate_of("阳光花园2期")) == ["阳光花园二期"]
    assert agreeing(known, estate_of("阳光花园")) == ["阳光花园一期", "阳光花园二期"]
    assert agreeing(known, estate_of("二期")) == ["阳光花园二期"]
    assert agreeing(known, estate_of("三期")) == []
    assert agreeing(known, estate_of("和平里")) == [""]
