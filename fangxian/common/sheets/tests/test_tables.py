from __future__ import annotations

import string
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fangxian.common.sheets import (
    Cell,
    Groups,
    RowRole,
    Sheet,
    SheetError,
    Table,
    find_table,
    find_tables,
    signature,
)
from fangxian.common.sheets.reader import Merge, Rows, Workbook, read_workbook
from fangxian.common.sheets.tests import corpus

HEAD = ["序号", "姓名", "身份证号", "联系电话", "家庭住址", "备注"]
ZHANG = [1, "张三", "11010519491231002X", "13800001234", "3-2-501", None]
LI = [2, "李四", "110105194912310038", "13800005678", "3-2-502", "租户"]
TITLE = "幸福社区居民台账"


def sheet(*rows: list[Any], merges: tuple[Merge, ...] = (), name: str = "台账") -> Sheet:
    return Sheet(name, Rows.of(rows), merges)


def table(*rows: list[Any], merges: tuple[Merge, ...] = ()) -> Table:
    return find_table(sheet(*rows, merges=merges))


def roles(found: Table) -> str:
    """One letter for each row: Blank, Title, Header, Data, Section, Foot, of a seCond table."""
    return "".join("BTHDSFC"[role] for role in found.roles)


def test_title_header_data_notes_and_signature() -> None:
    found = table(
        [TITLE],
        ["填报单位：幸福社区居委会", None, None, "填报日期：2020年3月5日"],
        HEAD,
        ZHANG,
        [],
        LI,
        ["合计", None, None, 2],
        ["备注：1、本表每日一报。"],
        ["2、不得空项。"],
        ["填表人：张三", None, "审核人：李四", "联系电话：13800001234"],
        merges=((0, 0, 0, 5),),
    )
    assert roles(found) == "TTHDBDFFFF"
    assert [column.label for column in found.columns] == HEAD
    assert [row.number for row in found.data_rows()] == [4, 6]
    assert found.lines(RowRole.TITLE)[0] == (1, TITLE)


def test_group_and_names_in_a_merged_header() -> None:
    found = table(
        [TITLE],
        ["序号", "户主信息", None, "家庭成员", None, "家庭住址"],
        [None, "姓名", "电话", "姓名", "与户主关系", None],
        [1, "张三", "13800001234", "李四", "妻", "3-2-501"],
        merges=((0, 0, 0, 5), (1, 0, 2, 0), (1, 1, 1, 2), (1, 3, 1, 4), (1, 5, 2, 5)),
    )
    assert roles(found) == "THHD"
    assert [(column.group, column.name) for column in found.columns] == [
        ("", "序号"),
        ("户主信息", "姓名"),
        ("户主信息", "电话"),
        ("家庭成员", "姓名"),
        ("家庭成员", "与户主关系"),
        ("", "家庭住址"),
    ]


def test_two_row_header_in_a_file_that_knows_no_merges() -> None:
    found = table(
        ["序号", "户主信息", None, "家庭成员", None, "家庭住址"],
        [None, "姓名", "电话", "姓名", "与户主关系", None],
        [1, "张三", "13800001234", "李四", "妻", "3-2-501"],
    )
    assert roles(found) == "HHD"
    assert [column.label for column in found.columns] == [
        "序号",
        "户主信息/姓名",
        "户主信息/电话",
        "家庭成员/姓名",
        "家庭成员/与户主关系",
        "家庭住址",
    ]


def test_groups_without_known_names_above_a_known_row() -> None:
    found = table(
        ["甲方资料", None, "乙方资料", None],
        ["姓名", "电话", "姓名", "电话"],
        ["张三", "13800001234", "李四", "13800005678"],
        merges=((0, 0, 0, 1), (0, 2, 0, 3)),
    )
    assert roles(found) == "HHD"
    assert [column.label for column in found.columns][::2] == ["甲方资料/姓名", "乙方资料/姓名"]


def test_three_header_rows() -> None:
    found = table(
        ["序号", "家庭信息", None, None],
        [None, "户主", None, "住址"],
        [None, "姓名", "电话", None],
        [1, "张三", "13800001234", "3-2-501"],
        merges=((0, 0, 2, 0), (0, 1, 0, 3), (1, 1, 1, 2), (1, 3, 2, 3)),
    )
    assert roles(found) == "HHHD"
    assert [column.label for column in found.columns] == [
        "序号",
        "家庭信息/户主/姓名",
        "家庭信息/户主/电话",
        "家庭信息/住址",
    ]


def test_a_plain_data_row_below_the_header_is_not_its_second_row() -> None:
    found = table(
        ["姓名", "性别", "备注", "民族"], ["张三", "男", None, "汉族"], ["李四", "女", None, "回族"]
    )
    assert roles(found) == "HDD"


def test_header_and_title_repeat_on_every_page() -> None:
    found = table(
        [TITLE], HEAD, ZHANG, [TITLE], HEAD, LI, [], HEAD, merges=((0, 0, 0, 5), (3, 0, 3, 5))
    )
    assert roles(found) == "THDTHDBH"


def test_doubled_names_stay_apart() -> None:
    found = table(["姓名", "电话", "电话"], ["张三", "1", "2"])
    assert [column.label for column in found.columns] == ["姓名", "电话", "电话 (2)"]
    assert [column.doubled for column in found.columns] == [False, True, True]
    assert found.blocks == 1


def test_the_same_table_several_times_side_by_side() -> None:
    found = table(
        ["姓名", "电话", None, "姓名", "电话"],
        ["张三", "1", None, "李四", "2"],
        ["王五", "3", None, None, None],
        [None, None, None, "赵六", "4"],
    )
    assert [column.label for column in found.columns] == ["姓名", "电话"]
    assert (found.blocks, found.block_offset) == (2, 3)
    assert [(row.number, row.block, *row.cells) for row in found.data_rows()] == [
        (2, 0, "张三", "1"),
        (2, 1, "李四", "2"),
        (3, 0, "王五", "3"),
        (4, 1, "赵六", "4"),
    ]


def test_empty_columns_and_rows_before_the_table() -> None:
    found = table(
        [], [None, None, *HEAD[:2], None, *HEAD[2:]], [None, None, *ZHANG[:2], None, *ZHANG[2:]]
    )
    assert roles(found) == "BHD"
    assert [column.letter for column in found.columns] == ["C", "D", "F", "G", "H", "I"]
    assert next(found.data_rows()).cells == ZHANG


def test_data_below_an_unnamed_column_is_kept() -> None:
    found = table(
        ["姓名", None, "电话"],
        ["张三", "11010519491231002X", "13800001234"],
        ["李四", None, "13800005678"],
    )
    assert [(column.label, column.letter) for column in found.columns] == [
        ("姓名", "A"),
        ("[B]", "B"),
        ("电话", "C"),
    ]
    assert next(found.data_rows()).cells[1] == "11010519491231002X"


def test_a_name_merged_over_several_columns() -> None:
    over_three: tuple[Merge, ...] = ((0, 1, 0, 3),)
    found = table(["姓名", "住址", None, None], ["张三", "3", "2", "501"], merges=over_three)
    assert [column.label for column in found.columns] == ["姓名", "住址", "住址 (2)", "住址 (3)"]
    found = table(["姓名", "住址", None, None], ["张三", "3-2-501"], merges=over_three)
    assert [column.label for column in found.columns] == ["姓名", "住址"]


def test_sections_hold_for_the_rows_below_them() -> None:
    found = table(HEAD, ["1号楼"], ZHANG, ["2号楼"], LI, merges=((1, 0, 1, 5), (3, 0, 3, 5)))
    assert roles(found) == "HSDSD"
    assert [row.section for row in found.data_rows()] == ["1号楼", "2号楼"]


def test_a_plain_line_that_names_a_building_is_a_section_and_units_lie_in_it() -> None:
    found = table(
        HEAD, ["幸福小区3号楼"], ["1单元"], ZHANG, [None, "2单元"], LI, ["3号楼2单元"], ["3单元"],
        ZHANG, ["第5组"], LI,
    )  # fmt: skip
    assert roles(found) == "HSSDSDSSDSD"
    assert [row.section for row in found.data_rows()] == [
        "幸福小区3号楼1单元", "幸福小区3号楼2单元", "3号楼3单元", "第5组",
    ]  # fmt: skip


def test_a_line_that_names_no_place_does_not_end_that_of_the_sheet() -> None:
    lines = [
        "以下为租户", "2层", "3层", "2单元", "1层", "二、出租户（12户）", "续表",
        "102租户", "第二网格", "1单元",
    ]  # fmt: skip
    rows = [each for line in lines for each in ([line], ZHANG)]
    found = table(HEAD, *rows, merges=tuple((n, 0, n, 5) for n in range(1, 2 * len(lines), 2)))
    assert [row.section for row in found.data_rows(outer="1号楼")] == [
        "1号楼", "1号楼2层", "1号楼3层", "1号楼2单元", *["1号楼2单元1层"] * 3,
        "102租户", "第二网格", "1单元",
    ]  # fmt: skip
    assert [row.section for row in found.data_rows()][:2] == ["以下为租户", "2层"]


@pytest.mark.parametrize(
    "line", ["第二网格", "自建房", "散居户", "第二网格1单元", "自建房2层", "车库", "东村"]
)
def test_a_line_that_may_name_another_place_ends_the_building_above(line: str) -> None:
    found = table(HEAD, ["3号楼"], ZHANG, [line], LI, merges=((3, 0, 3, 5),))
    assert [row.section for row in found.data_rows()] == ["3号楼", line]


def test_a_line_with_a_door_or_a_name_alone_is_no_section() -> None:
    found = table(HEAD, ZHANG, ["3号楼1单元501"], ["王五"], ["3号楼的人"], LI)
    assert roles(found) == "HDDDDD"


def test_a_line_right_above_the_header_holds_for_all_rows() -> None:
    found = table(["示例社区居民台账"], ["3号楼1单元"], HEAD, ZHANG, ["2单元"], LI)
    assert roles(found) == "TTHDSD"
    assert [row.section for row in found.data_rows()] == ["3号楼1单元", "3号楼2单元"]
    pages = table(["3号楼"], HEAD, ZHANG, ["4号楼"], HEAD, LI)
    assert [row.section for row in pages.data_rows()] == ["3号楼", "4号楼"]
    titled = table(["幸福小区3号楼居民台账"], HEAD, ZHANG)
    assert [row.section for row in titled.data_rows()] == [""]


def test_subtotals_between_data() -> None:
    found = table(HEAD, ZHANG, ["小计", None, None, 1], LI, [None, "合计", None, 2])
    assert roles(found) == "HDFDF"


def test_people_below_a_subtotal_or_a_note_are_no_part_of_it() -> None:
    for line in (["小计", None, None, 1], ["注：以下人员无身份证"], ["备注：无身份证", "附后"]):
        found = table(
            HEAD, ZHANG, line, [None, "王五", None, None, "3-2-503"], ["4号楼"],
            [3, "赵六", None, "13800005678"], ["备注：每日一报。"], ["2、不得空项。", "谢谢"],
        )  # fmt: skip
        assert roles(found) == "HDFDSDFF"
        assert [row.section for row in found.data_rows()] == ["", "", "4号楼"]


def test_people_are_not_taken_for_the_title() -> None:
    rows = [[TITLE], ["3号楼"], ["房号", "姓名", "电话"], ["3号楼", "李四"], ["4号楼"]]
    found = table(*rows, ["401", "王五", "1"], ["3号楼"], ["301", "赵六", "2"])
    assert roles(found) == "TTHDSDSD"
    assert [row.section for row in found.data_rows()] == ["3号楼", "4号楼", "3号楼"]
    pages = table([TITLE, None, "单位：户"], HEAD, ZHANG, [TITLE, "单位：户"], HEAD, LI)
    assert roles(pages) == "THDTHD"


def test_rows_left_out_are_told_by_number_and_text() -> None:
    found = table(HEAD, ZHANG, [], ["3号楼"], HEAD, LI, ["小计", None, 2], ["填表人：张三"])
    assert list(found.left_out()) == [
        (4, RowRole.SECTION, "3号楼"),
        (5, RowRole.HEADER, " ".join(HEAD)),
        (7, RowRole.FOOT, "小计 2"),
        (8, RowRole.FOOT, "填表人：张三"),
    ]


def test_a_second_table_in_another_order_ends_the_first() -> None:
    found = table(
        HEAD, ZHANG, [], ["4号楼"], ["房号", "姓名", "电话"], ["401", "李四", "1"], ["备注：无"]
    )  # fmt: skip
    assert roles(found) == "HDBFCCC"
    assert [row.cells for row in found.data_rows()] == [ZHANG]
    assert [number for number, role, _ in found.left_out() if role == RowRole.FURTHER] == [5, 6, 7]
    assert roles(table(["姓名", "房号"], ["张三", "1"], ["房号", "姓名"], ["2", "李四"])) == "HDCC"


def test_the_header_in_other_words_is_still_the_header() -> None:
    again = ["序号", "名字", "身份证号码", "手机号码", "现住址", "说明"]
    assert roles(table(HEAD, ["no", "name", "id card", "phone"], ZHANG, again, LI)) == "HHDHD"


def test_people_are_not_taken_for_totals_or_notes() -> None:
    found = table(
        ["姓名", "电话", "备注"],
        ["合计财", "13800001234", None],
        ["注册员", "13800005678", "备注：搬走"],
        ["日期", "13800005679", None],
    )
    assert roles(found) == "HDDD"


def test_a_last_row_with_a_single_name_is_data() -> None:
    assert roles(table(HEAD, ZHANG, [3, "王五"])) == "HDD"


def test_merged_body_cells_are_filled_down() -> None:
    found = table(
        ["姓名", "住址"],
        ["张三", "3-2-501"],
        ["李四", None],
        ["王五", None],
        merges=((1, 1, 2, 1),),
    )
    assert [row.cells[1] for row in found.data_rows()] == ["3-2-501", "3-2-501", None]


def test_empty_body_cells_are_carried_down_only_when_asked() -> None:
    found = table(
        ["住址", "姓名"], ["3-2-501", "张三"], [None, "李四"], ["3-2-502", "王五"], [None, "赵六"]
    )
    assert [row.cells[0] for row in found.data_rows()] == ["3-2-501", None, "3-2-502", None]
    carried = [row.cells[0] for row in found.data_rows(carry_down={0})]
    assert carried == ["3-2-501", "3-2-501", "3-2-502", "3-2-502"]


def household(cells: list[Cell]) -> bool:
    return cells[1] == "户主"


def test_empty_cells_of_a_group_don_t_hold_what_the_group_above_says() -> None:
    found = table(
        ["姓名", "关系", "住址", "小区"],
        ["张三", "户主", "3-2-501", "幸福"], ["李四", "妻"],
        ["王五", "户主"], ["赵六", "妻"],
        ["钱七", "母", "3-2-503"], ["孙八", "户主"], ["周九", "妻"],
    )  # fmt: skip
    rows = list(
        found.data_rows(carry_down=[2, 3], groups=Groups(household, frozenset({2}), frozenset()))
    )
    assert [row.cells[2] for row in rows] == [*["3-2-501"] * 2, None, None, *["3-2-503"] * 3]
    assert {row.cells[3] for row in rows} == {"幸福"}


def test_as_above_reaches_up_to_the_group_and_no_further() -> None:
    found = table(
        ["姓名", "关系", "住址", "电话"],
        ["张三", "户主", "3-2-501", "1"], ["李四", "妻", "同上", "〃"], ["王五", "子", None, "″"],
        ["赵六", "户主", "同 上", "2"],
        ["4号楼"], ["钱七", "妻", "同上", "3"],
    )  # fmt: skip
    groups = Groups(household, frozenset({2}), frozenset({2, 3}))
    rows = list(found.data_rows(ditto=[2, 3], groups=groups))
    assert [row.cells[2] for row in rows] == ["3-2-501", "3-2-501", None, "同 上", "同上"]
    assert [row.cells[3] for row in rows] == ["1", "1", "1", "2", "3"]
    both = list(found.data_rows(carry_down=[2], ditto=[2, 3], groups=groups))
    assert [row.cells[2] for row in both][:3] == ["3-2-501"] * 3
    assert [row.cells[2] for row in found.data_rows()][1] == "同上"


def test_as_above_reaches_across_groups_where_a_column_is_not_the_group_s_own() -> None:
    found = table(
        ["姓名", "关系", "楼栋", "民族", "房号"],
        ["张三", "户主", "3", "汉", "501"], ["李四", "妻", "〃", "〃", "〃"],
        ["王五", "户主", "〃", "〃", "〃"], ["赵六", "妻", None, "〃", "502"],
        ["钱七", "户主", "〃", "〃", "503"],
    )  # fmt: skip
    groups = Groups(household, frozenset({2, 4}), frozenset({4}))
    rows = list(found.data_rows(ditto=[2, 3, 4], groups=groups))
    assert [row.cells[2] for row in rows] == ["3", "3", "3", None, "〃"]
    assert {row.cells[3] for row in rows} == {"汉"}
    assert [row.cells[4] for row in rows] == ["501", "501", "〃", "502", "503"]
    carried = list(found.data_rows(carry_down=[2], ditto=[2, 3, 4], groups=groups))
    assert {row.cells[2] for row in carried} == {"3"}


def test_a_row_begins_a_group_by_what_it_says_itself() -> None:
    found = table(
        ["户主", "姓名", "住址"],
        ["张三", "张三", "3-2-501"], [None, "李四", "同上"], ["王五", "王五", "3-2-502"],
        [None, "赵六", "同上"],
    )  # fmt: skip
    groups = Groups(lambda cells: cells[0] is not None, frozenset({0}), frozenset({0, 2}))
    rows = list(found.data_rows(carry_down=[0], ditto=[2], groups=groups))
    assert [row.cells[2] for row in rows] == ["3-2-501"] * 2 + ["3-2-502"] * 2
    assert [row.cells[0] for row in rows] == ["张三"] * 2 + ["王五"] * 2


def test_the_error_column_is_not_a_column() -> None:
    found = table(["姓名", "电话", "错误"], ["张三", "1", "电话有误"], [None, None, "行"])
    assert [column.label for column in found.columns] == ["姓名", "电话"]
    assert found.error_column == 2
    assert roles(found) == "HDB"


def test_notes_beside_the_table_are_no_data() -> None:
    found = table(["姓名", "电话"], ["张三", "1"], [None, None, None, "请勿修改表头"])
    assert roles(found) == "HDF"


def test_unknown_words_make_a_header_when_numbers_stand_below() -> None:
    found = table(["甲", "乙", "丙"], ["a", 1, 2.5], ["b", 2, 3.5])
    assert roles(found) == "HDD"


def test_no_header_no_table() -> None:
    with pytest.raises(SheetError) as caught:
        table(["13800001234", "11010519491231002X"], ["13800005678", "110105194912310038"])
    assert caught.value.code == "no_table"
    assert "台账" in caught.value.message


def test_visible_sheets_come_first_and_sheets_without_a_table_are_left_out() -> None:
    rows = Rows.of([HEAD, ZHANG])
    book = Workbook(
        "a.xlsx",
        "xlsx",
        (
            Sheet("字典", rows, hidden=True),
            Sheet("说明", Rows.of([["请先阅读"]])),
            Sheet("一号楼", rows),
            Sheet("二号楼", rows),
        ),
    )
    assert [found.sheet for found in find_tables(book)] == ["一号楼", "二号楼", "字典"]


def test_the_signature_depends_on_the_columns_alone() -> None:
    first = signature(table([TITLE], HEAD, ZHANG))
    assert signature(table(["另一个标题"], [], [f" {name}：" for name in HEAD], LI)) == first
    assert signature(table([*HEAD[:-1], "说明"], ZHANG)) != first


def test_a_real_workbook_end_to_end() -> None:
    sample = corpus.build("xlsx_two_row_header")
    found = find_table(read_workbook(sample.data, sample.filename).sheets[0])
    assert roles(found) == "TTHHDDF"
    assert [row.cells for row in found.data_rows()] == [
        [1.0, "张三", "13800001234", "张三", "户主", "3-2-501"],
        [2.0, "张三", "13800005678", "李四", "妻", "3-2-501"],
    ]


# ------------------------------------------------------------------ properties

CELLS = st.one_of(
    st.none(),
    st.sampled_from(
        [*HEAD, TITLE, "合计", "备注：", "填表人：张三", "错误", "户主信息", "1号楼", " ", ""]
    ),
    st.text(alphabet=string.printable + "张李王赵:：", max_size=6),
    st.integers(-5, 10**12),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.just(["d", "2020-03-05"]),
    st.just(["e", "#N/A"]),
)
MERGES = st.lists(
    st.tuples(st.integers(0, 12), st.integers(0, 6), st.integers(0, 12), st.integers(0, 6)).map(
        lambda m: (min(m[0], m[2]), min(m[1], m[3]), max(m[0], m[2]), max(m[1], m[3]))
    ),
    max_size=4,
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(CELLS, max_size=6), max_size=12), MERGES)
def test_every_row_is_exactly_one_thing(rows: list[list[Any]], merges: list[Merge]) -> None:
    for shown in (rows, [HEAD, *rows], [[TITLE], HEAD, ZHANG, *rows, LI]):
        source = sheet(*shown, merges=tuple(merges))
        try:
            found = find_table(source)
        except SheetError:
            with pytest.raises(SheetError, match="no_table"):
                find_table(source)
            continue
        assert len(found.roles) == len(shown)
        assert sum(found.counts().values()) == len(shown)
        data = sorted({row.number - 1 for row in found.data_rows()})
        assert data == [n for n, role in enumerate(found.roles) if role == RowRole.DATA]
        listed = [n - 1 for role in RowRole if role != RowRole.DATA for n, _ in found.lines(role)]
        assert sorted(data + listed) == list(range(len(shown)))


PEOPLE = st.lists(
    st.tuples(
        st.text(alphabet="张李王赵陈刘", min_size=2, max_size=3),
        st.integers(0, 10**8 - 1).map(lambda n: f"138{n:08d}"),
        st.sampled_from(["3-2-501", "12栋1203", "东村三组12号", None]),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(
    PEOPLE,
    st.permutations(["姓名", "联系电话", "家庭住址"]),
    st.lists(st.sampled_from([TITLE, "填报单位：幸福社区", "2020年3月"]), max_size=3),
    st.lists(st.sampled_from(["备注：每日报", "填表人：张三  审核人：李四", "合计"]), max_size=3),
    st.booleans(),
)
def test_all_people_and_nobody_else_come_out(
    people: list[tuple[str, str, str | None]],
    order: list[str],
    titles: list[str],
    notes: list[str],
    repeat: bool,
) -> None:
    rows = [dict(zip(("姓名", "联系电话", "家庭住址"), person, strict=True)) for person in people]
    body: list[list[Any]] = [[row[name] for name in order] for row in rows]
    if repeat:
        body.insert(len(body) // 2, list(order))
    found = table(*[[title] for title in titles], list(order), *body, *[[note] for note in notes])
    at = {column.name: position for position, column in enumerate(found.columns)}
    read = [
        tuple(row.cells[at[name]] for name in ("姓名", "联系电话", "家庭住址"))
        for row in found.data_rows()
    ]
    assert read == people


def test_a_title_above_all_columns_is_no_group() -> None:
    merge: tuple[Merge, ...] = ((0, 0, 0, 2),)
    assert (
        roles(
            table(
                ["居民基本情况"], ["姓名", "电话", "住址", "错误"], ["张三", "1", "2"], merges=merge
            )
        )
        == "THD"
    )
    assert roles(table(["居民基本信息"], ["姓名", "电话", "住址"], ["张三", "1", "2"])) == "THD"
