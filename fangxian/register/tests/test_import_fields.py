"""What the cells of a row are read as."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from fangxian.common.sheets import CellError
from fangxian.register.importing.fields import FIELDS, Reader, Record
from fangxian.register.tests.ledgers import identity

NAMES = [spec.name for spec in FIELDS]


def read(
    section: str = "",
    status: str = "",
    kind: str = "",
    columns: dict[str, str] | None = None,
    **cells: Any,
) -> Record:
    cells = {"name": "示例人", "address": "1-1-101"} | cells
    row = [cells.get(name) for name in NAMES]
    positions = {name: at for at, name in enumerate(NAMES) if name in cells}
    names = {"residence_status": status} | (columns or {})
    return Reader(positions, names=names, kind=kind).read(2, row, section)


def codes(record: Record) -> list[tuple[str, str]]:
    return [(name, code) for name, code, _message, _mend in record.problems]


BORN = identity(1, born="19800507")


@pytest.mark.parametrize(
    "born", ["1980.05", "1980年5月", "198005", 198005, "1980", 1980, "1980-5", 1980.05]
)
def test_a_month_of_birth_agrees_with_the_number_and_is_not_kept(born: Any) -> None:
    assert codes(read(identity=BORN, birth_date=born)) == []
    assert read(identity=BORN, birth_date=born).birth_date == "1980-05-07"
    alone = read(birth_date=born)
    assert codes(alone) == []
    assert alone.birth_date == ""


@pytest.mark.parametrize("born", ["1980.06", "1981年", 198004, "1979", "1980-05-08"])
def test_another_month_of_birth_is_refused(born: Any) -> None:
    assert codes(read(identity=BORN, birth_date=born)) == [("birth_date", "birth_differs")]


def test_october_that_excel_shortened_is_not_taken_for_january() -> None:
    number = identity(1, born="19801007")
    assert codes(read(identity=number, birth_date=1980.1)) == []
    assert codes(read(identity=number, birth_date="1980.1")) == [("birth_date", "birth_differs")]


@pytest.mark.parametrize("born", ["2099-01-01", "2099年", dt.date(2098, 1, 1)])
def test_nobody_is_born_in_the_future(born: Any) -> None:
    assert codes(read(birth_date=born)) == [("birth_date", "date_future")]


@pytest.mark.parametrize(
    ("kind", "number", "wanted"),
    [
        ("居民身份证", BORN, ("identity", BORN)),
        ("军官证", "南字第0012345号", ("military", "南字第0012345号")),
        ("军官证", "12345678", ("military", "12345678")),
        ("护照", "e 1234 5678", ("passport", "E12345678")),
        ("护照", "12345", ("passport", "12345")),
        ("出生医学证明", "K130123456", ("birth_certificate", "K130123456")),
        ("其他", BORN, ("identity", BORN)),
        ("台胞证", "12345678", ("taiwan_permit", "12345678")),
        ("", "1234567890(B)", ("taiwan_permit", "1234567890(B)")),
        ("临时身份证", BORN, ("identity", BORN)),
        ("第二代居民身份证", f"身份证：{BORN}（户主）", ("identity", BORN)),
    ],
)  # fmt: skip
def test_the_kind_of_document_is_believed(kind: str, number: str, wanted: Any) -> None:
    record = read(identity=number, document_type=kind)
    assert codes(record) == []
    assert record.document == wanted


@pytest.mark.parametrize(
    ("kind", "number", "wanted"),
    [
        ("身份证", "12345678", ("identity", "identity_length")),
        ("身份证", "E12345678", ("identity", "identity_characters")),
        ("", "12345678", ("identity", "document_unknown")),
        ("", "2020000123", ("identity", "document_unknown")),
        ("", dt.date(2020, 1, 1), ("identity", "not_text")),
        ("台胞证", "88888888", ("identity", "document_unknown")),
        ("军官证", dt.date(2020, 1, 1), ("identity", "not_text")),
        ("", CellError("="), ("identity", "formula")),
        ("", "〃", ("identity", "ditto")),
        ("军官证", "123", ("identity", "document_length")),
        ("军官证", "南" * 31, ("identity", "document_length")),
        ("军官证", 1.3099919800101e17, ("identity", "identity_rounded")),
        ("护照", BORN, ("document_type", "document_kind")),
        ("船票", "12345678", ("document_type", "document_kind")),
    ],
)  # fmt: skip
def test_a_number_that_is_not_of_its_kind_is_refused(kind: str, number: Any, wanted: Any) -> None:
    assert codes(read(identity=number, document_type=kind)) == [wanted]


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("张三（户主）", ("张三", "head", "")),
        ("张三(妻)", ("张三", "spouse", "")),
        ("张三（女）", ("张三", "", "")),
        ("张三（租户）", ("张三", "other", "tenant")),
        ("张三（租住）", ("张三", "", "tenant")),
        ("’张三", ("张三", "", "")),
        ("'张三", ("张三", "", "")),
    ],
)
def test_a_remark_behind_a_name_is_read(name: str, wanted: Any) -> None:
    record = read(name=name)
    assert codes(record) == []
    assert (record.name, record.relation, record.kind) == wanted


def test_the_columns_win_over_a_remark_behind_a_name() -> None:
    record = read(name="张三（妻）", relation="母亲")
    assert record.relation == read(relation="母亲").relation
    assert read(name="张三（租户）", residence_status="空挂户").kind == "separated"
    assert codes(read(name="张三（已故）")) == [("name", "name_form")]


def test_a_masked_phone_says_nothing() -> None:
    assert read(phone="138****1234").phones == []
    assert read(phone="138****1234、父13900001234").phones == ["13900001234"]


@pytest.mark.parametrize("cell", [dt.date(2003, 2, 5), dt.timedelta(1), dt.time(3, 2), True])
@pytest.mark.parametrize("name", ["address", "building", "room", "grid", "community", "unit"])
def test_a_door_that_excel_made_a_date_is_refused(name: str, cell: Any) -> None:
    assert (name, "not_text") in codes(read(**{name: cell}))


def test_a_door_too_long_to_keep_is_refused() -> None:
    assert codes(read(address="", building="1", room="x" * 21)) == [("room", "too_long")]


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("death_date", "2021-03-04"), ("death_date", "2021年3月"), ("move_out_date", "2021-03-04"),
        ("move_kind", "死亡注销"), ("move_kind", "迁出"),
    ],
)  # fmt: skip
def test_the_dead_and_gone_are_no_residents(name: str, cell: str) -> None:
    assert codes(read(**{name: cell})) == [(name, "gone")]


@pytest.mark.parametrize(
    ("name", "cell"), [("death_date", "无"), ("move_out_date", "2099-01-01"), ("move_kind", "迁入")]
)
def test_who_stays_is_a_resident(name: str, cell: str) -> None:
    assert codes(read(**{name: cell})) == []


def test_unknown_words_for_key_groups_are_counted() -> None:
    record = read(person_category="独居老人、爱好者，无")
    assert (record.groups, record.unknown_groups) == (["elderly_alone"], 1)


def test_sections_of_buildings_and_units_add_up() -> None:
    record = read("幸福小区3号楼2单元", address="", room="501")
    assert record.place[2:6] == ("幸福小区", "3", "2", "501")


def test_road_and_number_stay_together() -> None:
    assert read(address="人民路12号1单元501").place[4:] == ("1", "501", "", "人民路12")
    assert read(address="建设路14号院3号楼").place[3:] == ("3", "", "", "", "建设路14")
    # In a village the house number is the door's.
    assert read(address="东村三组12号").place[5:] == ("12", "3", "")


@pytest.mark.parametrize(
    ("since", "wanted"),
    [
        ("2019.5", "2019-05-01"), ("2019年5月", "2019-05-01"), (201905, "2019-05-01"),
        ("2019年", "2019-01-01"), ("2019", "2019-01-01"), (2019, "2019-01-01"),
        ("2019-05-07", "2019-05-07"),
    ],
)  # fmt: skip
def test_a_month_or_year_of_moving_in_counts_from_its_first_day(since: Any, wanted: str) -> None:
    record = read(move_in_date=since)
    assert codes(record) == []
    assert str(record.since_day) == wanted
    assert str(Record.of(2, record.values()).since_day) == wanted


def test_nobody_has_moved_in_in_the_future() -> None:
    assert codes(read(move_in_date="2099年")) == [("move_in_date", "future")]


@pytest.mark.parametrize(
    ("column", "said", "kind"),
    [
        ("居住状态", "常住", "registered"), ("居住状态", "租住（合租）", "tenant"),
        ("人户状态", "空挂户", "separated"), ("居住状态", "流出", "separated"),
        ("是否在住", "是", ""), ("是否在住", "√", ""), ("是否在住", "否", "separated"),
        ("是否在住", "不在住", "separated"), ("是否常住", "是", ""),
        ("是否租住", "是", "tenant"), ("是否租住", "否", ""), ("是否出租", "是", "tenant"),
        ("是否空置", "否", ""), ("房屋性质", "商品房", ""), ("房屋性质", "出租", "tenant"),
        ("", "无", ""), ("", "", ""),
    ],
)  # fmt: skip
def test_a_word_means_what_its_column_asks(column: str, said: str, kind: str) -> None:
    record = read(status=column, residence_status=said)
    assert codes(record) == []
    assert (record.kind, record.vacant) == (kind, False)


@pytest.mark.parametrize(
    ("column", "said", "code"),
    [
        ("人户状态", "死亡", "gone"), ("人户状态", "已迁出", "gone"), ("居住状态", "搬走", "gone"),
        ("房屋状态", "已搬走", "gone"),
        ("居住状态", "是", "unknown_status"), ("居住状态", "甲类", "unknown_status"),
        ("是否常住", "否", "unknown_status"), ("是否在住", "看情况", "unknown_status"),
        ("居住状态", "空置", "named_in_empty"), ("是否空置", "是", "named_in_empty"),
    ],
)  # fmt: skip
def test_what_makes_nobody_a_resident_is_refused(column: str, said: str, code: str) -> None:
    assert codes(read(status=column, residence_status=said)) == [("residence_status", code)]


@pytest.mark.parametrize(
    ("column", "said"), [("居住状态", "空置"), ("是否空置", "是"), ("是否在住", "否")]
)
def test_a_door_without_a_name_is_empty_by_any_such_word(column: str, said: str) -> None:
    record = read(name="", status=column, residence_status=said)
    assert (codes(record), record.vacant) == ([], True)
