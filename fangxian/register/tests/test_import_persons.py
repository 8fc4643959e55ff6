"""What a ledger says of a person: dead or gone, nobody at all, tenant, head, foreigner."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

import pytest

from fangxian.common.scoping import acting
from fangxian.common.sheets import Cell, Sheet, Workbook, find_tables, propose_mapping
from fangxian.common.sheets.reader import Rows
from fangxian.register.importing.fields import FIELDS, Reader
from fangxian.register.importing.relation_codes import Relations, codes_of
from fangxian.register.importing.status import kind_of_column
from fangxian.register.models import Residency
from fangxian.register.tests.importing import imported
from fangxian.register.tests.ledgers import identity, person, workbook
from fangxian.register.tests.test_import_fields import codes, read

BASE = ("姓名", "身份证号", "现住址")


def mapped(label: str, values: Sequence[Any]) -> str | None:
    """The field that a column feeds beside name, number and address."""
    header: list[Any] = [*BASE, label]
    rows = [
        [f"张{name}", identity(n), f"1号楼1单元10{n}", value]
        for n, (name, value) in enumerate(zip("一二三四五六", [*values] * 6, strict=False))
    ]
    sheet = Sheet("台账", Rows.of([header, *rows]), ())
    table = find_tables(Workbook("a.xlsx", "xlsx", (sheet,)))[0]
    found = {p.label: p.field for p in propose_mapping(table, FIELDS).proposals}
    return found[label]


@pytest.mark.parametrize(
    ("label", "field"),
    [
        ("死亡", "died"), ("是否死亡", "died"), ("是否去世", "died"), ("死亡标识", "died"),
        ("去世", "died"), ("是否在世", "died"), ("迁出", "left"), ("是否迁出", "left"),
        ("死亡/迁出", "left"), ("注销原因", "left"), ("状态", "state"), ("在册状态", "state"),
        ("人员状态", "state"), ("变动", "move_kind"), ("死亡日期", "death_date"),
        ("迁出时间", "move_out_date"),
    ],
)  # fmt: skip
def test_columns_of_the_dead_and_gone_are_known(label: str, field: str) -> None:
    assert mapped(label, ["否", "否", "是"]) == field


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("是否死亡", "是"), ("死亡", "√"), ("死亡标识", 1), ("死亡", "死亡"), ("死亡", "2021.3"),
        ("去世", "2021-03-04"), ("是否在世", "否"), ("是否在世", "已故"), ("是否在册", "不在册"),
    ],
)  # fmt: skip
def test_the_dead_are_no_residents(column: str, cell: Any) -> None:
    assert codes(read(columns={"died": column}, died=cell)) == [("died", "gone")]


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("是否死亡", "否"), ("死亡标识", 0), ("死亡", "无"), ("死亡", "未死亡"), ("死亡", "健在"),
        ("是否在世", "是"), ("是否在世", "健在"), ("是否在册", "在册"), ("去世", None),
    ],
)  # fmt: skip
def test_the_living_are(column: str, cell: Any) -> None:
    assert codes(read(columns={"died": column}, died=cell)) == []


def test_a_word_that_does_not_tell_of_a_death_is_refused() -> None:
    assert codes(read(columns={"died": "死亡"}, died="因病")) == [("died", "unknown_gone")]


@pytest.mark.parametrize(
    ("name", "cell", "wanted"),
    [
        ("left", "是", ["gone"]), ("left", "迁往外地", ["gone"]), ("left", "2021年", ["gone"]),
        ("left", "否", []), ("left", "未迁出", []), ("left", "2099-01-01", []),
        ("state", "死亡", ["gone"]), ("state", "已注销", ["gone"]), ("state", "正常", []),
        ("state", "甲类", []), ("move_kind", "未迁出", []), ("move_kind", "死亡注销", ["gone"]),
        ("death_date", "是", ["gone"]), ("death_date", "否", []), ("move_out_date", "是", ["gone"]),
        ("death_date", "2099-01-01", ["date_future"]), ("death_date", "甲", ["date_form"]),
        ("person_category", "死亡", ["gone"]), ("person_category", "低保、已故", ["gone"]),
        ("person_category", "退房", []), ("person_category", "刑满释放、搬走", []),
        ("person_category", "流出人口", []), ("person_category", "无人", []),
        ("person_category", "独生子女死亡家庭", []), ("residence_status", "流出人员", []),
    ],
)  # fmt: skip
def test_who_has_left_is_no_resident(name: str, cell: str, wanted: list[str]) -> None:
    assert [code for _name, code in codes(read(**{name: cell}))] == wanted


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        ({"state": "租住"}, "tenant"),
        ({"state": "外出"}, "separated"),
        ({"residence_status": "租住", "state": "外出"}, "tenant"),
        ({"person_category": "流动人口、独居"}, "floating"),
        ({"person_category": "返乡人员"}, ""),
        ({"person_category": "流出人口"}, "separated"),
        ({"registration": "外地户籍"}, "floating"),
        ({"registration": "非农业"}, ""),
        ({"residence_status": "自住", "registration": "外地"}, "floating"),
        ({"residence_status": "租住", "registration": "外地"}, "tenant"),
    ],
)
def test_other_columns_may_tell_how_somebody_lives_here(cells: dict[str, str], kind: str) -> None:
    record = read(**cells)
    assert (codes(record), record.kind) == ([], kind)


def test_who_is_away_is_not_at_home_whatever_else_is_said() -> None:
    columns = {"residence_status": "是否常住", "away": "是否外出务工"}
    for status in ("是", "户籍常住"):
        record = read(columns=columns, residence_status=status, away="是")
        assert (codes(record), record.kind) == ([], "separated")
    assert read(columns=columns, residence_status="租住", away="是").kind == "tenant"
    assert read(columns=columns, residence_status="是", away="否").kind == ""


def test_words_that_tell_how_somebody_lives_are_not_unknown_groups() -> None:
    assert read(person_category="流动人口、独居").unknown_groups == 0


@pytest.mark.parametrize("name", ["空户", "空置", "无人", "无人居住", "空房"])
def test_a_note_for_an_empty_door_is_no_person(name: str) -> None:
    record = read(name=name)
    assert (codes(record), record.name, record.vacant) == ([], "", True)
    assert read(name=name, relation="户主", residence_status="空置").vacant
    assert codes(read(name=name, identity=identity(1))) == [("name", "no_name")]


@pytest.mark.parametrize("name", ["同上", "出租", "合计", "商铺", "妻子", "拒访", "张三（已故）"])
def test_other_notes_are_refused(name: str) -> None:
    assert [field for field, _code in codes(read(name=name))] == ["name"]


def test_names_that_resemble_notes_are_names() -> None:
    for name in ("孙", "空空", "吴人", "子涵"):
        assert read(name=name).name == name


@pytest.mark.parametrize(
    ("labels", "kind"),
    [
        (("租户姓名", ""), "tenant"),
        (("租客姓名", ""), "tenant"),
        (("姓名", "租户信息"), "tenant"),
        (("姓名", "台账/租户信息"), "tenant"),
        (("流动人口姓名", ""), "floating"),
        (("姓名", ""), ""),
        (("住户姓名", ""), ""),
        (("姓名", "基本信息"), ""),
        (("家庭成员", "户籍信息"), "registered"),
    ],
)
def test_the_name_of_the_column_tells_who_tenants_are(labels: tuple[str, ...], kind: str) -> None:
    assert kind_of_column(*labels) == kind


def test_what_the_row_says_stands_above_the_name_of_the_column() -> None:
    assert read(kind="tenant").kind == "tenant"
    assert read(kind="tenant", residence_status="空挂户").kind == "separated"


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("户主之妻", "spouse"),
        ("户主的儿子", "son"),
        ("长子（在校）", "son"),
        ("户主（本人）", "head"),
        ("之女", "daughter"),
        ("二儿媳", "child_in_law"),
        ("外孙女", "grandchild"),
        ("岳母", "mother"),
        ("嫂子", "relative"),
        ("远亲", "relative"),
        ("是", "head"),
        ("否", ""),
        ("√", "head"),
        ("/", ""),
        ("无", "other"),
        ("1", "relative"),
        ("02户主", "head"),
        ("12-妻", "spouse"),
        ("20 儿子", "son"),
    ],
)
def test_relations_in_all_their_writings(said: str, code: str) -> None:
    assert read(relation=said).relation == code


def meant(column: str, *relations: str, sexes: str = "") -> list[str | None]:
    """What the cells of a column mean; ``sexes`` of the rows, M or F, else unknown."""
    numbers = [identity(n, male=sex == "M") for n, sex in enumerate(sexes)]
    rows: list[list[Cell]] = [
        [said, number] for said, number in zip_longest(relations, numbers, fillvalue="")
    ]
    relation = Relations(codes_of(rows, {"relation": 0, "identity": 1}, column))
    return [relation(said) for said in relations]


@pytest.mark.parametrize(
    ("said", "relations"),
    [
        ("01 10 20 30 28", "head spouse son daughter child_in_law"),
        # Excel has taken the nought.
        ("2 11 31 51 97", "head spouse daughter father relative"),
        ("02 02", "head head"),
        ("0 1 2 3 5", "head spouse son daughter parent"),
        # A list of its own, as of a census: nothing is guessed.
        ("1 2 3 4", "- - - -"),
        ("0 1 9", "- - -"),
        ("0 1", "- -"),
        ("01 02 03 04", "- - - -"),
        ("01 02", "- -"),
        ("1 2 10 13 4", "- - - - -"),
        ("3", "-"),
    ],
)
def test_codes_of_relations_are_those_of_the_standard(said: str, relations: str) -> None:
    found = meant("与户主关系", *said.split())
    assert " ".join(code or "-" for code in found) == relations


def test_codes_that_contradict_the_sex_are_some_other_lists() -> None:
    assert meant("关系", "0", "2", "3", sexes="MMF") == ["head", "son", "daughter"]
    assert meant("关系", "0", "2", "3", sexes="MFM") == [None] * 3
    assert meant("是否户主", "1", "0", "1") == ["head", "", "head"]
    assert meant("关系", "户主", "妻", "10") == ["head", "spouse", None]


def test_a_ledger_of_codes_has_its_heads(alice: Any, places: Any) -> None:
    said = ("02", "10", "20", "02", "12")
    rows = []
    for n, code in enumerate(said):
        rows.append(person(n, 与户主关系=code, 现住址=f"1栋1单元{101 + (n > 2)}室"))
    run = imported(alice, workbook(rows), places.grid)
    assert (run.accepted, run.rejected) == (5, 0)
    with acting(alice):
        found = sorted(Residency.objects.values_list("relation", flat=True))
        assert found == ["head", "head", "son", "spouse", "spouse"]


def test_a_column_may_ask_whether_the_person_is_the_head() -> None:
    assert mapped("是否户主", ["是", "否"]) == "relation"
    yes, no = read(head_name="是"), read(head_name="否")
    assert [(r.relation, r.head_name) for r in (yes, no)] == [("head", ""), ("", "")]


@pytest.mark.parametrize(
    ("column", "said", "kind"),
    [
        ("是否在家", "否", "separated"),
        ("是否外出务工", "是", "separated"),
        ("外出务工", "否", ""),
        ("人户一致", "是", "registered"),
        ("人户分离", "是", "separated"),
        ("是否租房", "是", "tenant"),
    ],
)
def test_more_questions_about_living_here(column: str, said: str, kind: str) -> None:
    field = mapped(column, ["是", "否"])
    assert field in ("residence_status", "away")
    record = read(columns={field: column}, **{field: said})
    assert (codes(record), record.kind) == ([], kind)


@pytest.mark.parametrize(
    "label",
    ["疫苗接种日期", "更新时间", "填表日期", "核酸检测时间", "隔离日期", "返回日期", "确诊日期"],
)
def test_a_date_of_something_else_is_no_date_of_the_person(label: str) -> None:
    assert mapped(label, ["2022-05-01", "2022-06-01"]) is None


@pytest.mark.parametrize(
    ("label", "value"),
    [
        ("父亲电话", "13800000001"), ("配偶电话", "13800000001"), ("户口所在地派出所", "某所"),
        ("配偶姓名", "赵甲"), ("健康码状态", "绿码"), ("是否党员户", "是"),
    ],
)  # fmt: skip
def test_what_is_said_of_others_is_left_out(label: str, value: str) -> None:
    assert mapped(label, [value]) is None


@pytest.mark.parametrize(
    ("label", "field"),
    [
        ("是否本地户籍", "registration"),
        ("户籍性质", "registration"),
        ("常住/流动", "registration"),
        ("是否流动人口", "registration"),
        ("户口所在地", "registered_address"),
    ],
)
def test_where_somebody_is_registered_has_a_column(label: str, field: str) -> None:
    assert mapped(label, ["是", "否"]) == field


@pytest.mark.parametrize("said", ["本地", "外地", "是"])
def test_a_word_is_no_registered_address(said: str) -> None:
    assert read(registered_address=said).registered_address == ""
    assert read(registered_address="外地").kind == "floating"


@pytest.mark.parametrize(
    ("label", "code"),
    [
        ("残疾", "disabled"),
        ("是否残疾", "disabled"),
        ("残疾等级", "disabled"),
        ("低保", "low_income"),
        ("低保户", "low_income"),
        ("是否五保户", "low_income"),
        ("独居老人", "elderly_alone"),
        ("空巢老人", "elderly_alone"),
        ("孕产妇", "pregnant"),
        ("是否有慢性病", "chronic"),
        ("是否退役军人", "veteran"),
        ("留守儿童", "left_behind_child"),
        ("80岁以上", "elderly_80"),
    ],
)
def test_a_column_may_ask_for_one_key_group(label: str, code: str) -> None:
    field = f"group_{code}"
    assert mapped(label, ["是", "否"]) == field
    for cell in ("是", "√", 1, True):
        assert read(**{field: cell}).groups == [code]
    for cell in ("否", "无", "", 0, "没有", "×", "未", "/", False):
        assert (read(**{field: cell}).groups, codes(read(**{field: cell}))) == ([], [])


def test_the_kind_of_an_illness_says_that_there_is_one() -> None:
    record = read(group_disabled="肢体二级", group_chronic="冠心病", group_mental="无精神病史")
    assert (record.groups, record.unknown_groups) == (["disabled", "chronic"], 0)
    other = read(group_low_income="五保", group_pregnant="张三")
    assert (other.groups, other.unknown_groups) == (["low_income"], 1)
    assert read(group_disabled="健康", person_category="残疾").groups == ["disabled"]


BORN = identity(1, born="19800507")


@pytest.mark.parametrize(
    ("field", "cell"),
    [
        ("sex", "保密"),
        ("birth_date", "1980年五月初七"),
        ("birth_date", "80年5月"),
        ("birth_date", "不记得"),
        ("document_type", "111"),
        ("document_type", "/"),
        ("phone", "停机"),
        ("phone", "不提供"),
        ("move_in_date", "一直居住"),
        ("move_in_date", "建房时"),
        ("ethnicity", "未识别"),
        ("nationality", "不详"),
        ("household_number", "无"),
        ("employer", "/"),
    ],
)
def test_a_cell_that_says_nothing_takes_nobody_out(field: str, cell: str) -> None:
    plain = read(identity=BORN)
    assert read(identity=BORN, **{field: cell}).values() == plain.values()


@pytest.mark.parametrize(
    ("field", "cell", "code"),
    [
        ("sex", "保密", "sex"),
        ("birth_date", "80年5月", "date_form"),
        ("phone", "1380000000", "phone_length"),
        ("move_in_date", "2000年左右", "date_form"),
        ("household_number", "x" * 50, "too_long"),
        ("registered_address", "x" * 300, "too_long"),
    ],
)
def test_what_somebody_can_mend_is_refused_once(field: str, cell: str, code: str) -> None:
    assert codes(read(**{field: cell})) == [(field, code)]


def test_what_a_row_without_number_said_does_not_depend_on_the_row_above() -> None:
    names = ["name", "identity", "address", "birth_date"]
    rows = [["甲示例", BORN, "1-1-101", "80年5月"], ["乙示例", None, "1-1-102", "80年5月"]]
    for order in (rows, rows[::-1]):
        reader = Reader({name: at for at, name in enumerate(names)})
        found = {row[0]: codes(reader.read(n, row)) for n, row in enumerate(order, start=2)}
        assert found == {"甲示例": [], "乙示例": [("birth_date", "date_form")]}


@pytest.mark.parametrize(
    ("cell", "relation", "head"),
    [("本人", "head", ""), ("户主", "head", ""), ("空户", "", ""), ("李四", "", "李四")],
)
def test_the_heads_column_may_hold_another_word(cell: str, relation: str, head: str) -> None:
    record = read(head_name=cell)
    assert (record.relation, record.head_name) == (relation, head)


def test_spaces_and_remarks_inside_words() -> None:
    record = read(relation="户 主", ethnicity="汉 族（01）", nationality="中国（大陆）")
    assert (record.relation, record.ethnicity, record.nationality) == ("head", "01", "CHN")


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("常年居住", "registered"),
        ("自有住房", "registered"),
        ("人在户在", "registered"),
        ("公租房", "tenant"),
        ("借用", "floating"),
        ("在外地", "separated"),
        ("服兵役", "separated"),
    ],
)
def test_more_words_for_living_here(said: str, kind: str) -> None:
    assert read(status="居住情况", residence_status=said).kind == kind
