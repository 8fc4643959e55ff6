from __future__ import annotations

from typing import Any

import pytest
from django.utils.translation import override

from fangxian.common.sheets import FieldSpec, Mapping, propose_mapping, signature
from fangxian.common.sheets.tests.test_tables import table
from fangxian.common.sheets.words import key, known_field, load

FIELDS = (
    FieldSpec("name", "Name", "name", required=True),
    FieldSpec("identity", "Identity number", "document", required=True),
    FieldSpec("phone", "Phone", "phone"),
    FieldSpec("sex", "Sex", "sex"),
    FieldSpec("birth_date", "Date of birth", "date"),
    FieldSpec("relation", "Relation to the head", "choice"),
    FieldSpec("head_name", "Head of household", "name"),
    FieldSpec("head_phone", "Head's phone", "phone"),
    FieldSpec("registered_address", "Registered address", "address"),
    FieldSpec("address", "Address", "address"),
    FieldSpec("building", "Building"),
    FieldSpec("unit", "Unit"),
    FieldSpec("room", "Room"),
    FieldSpec("note", "Note"),
)
IDENTITIES = ["11010519491231002X", "110105194912310038", "110105194912310046"]
PHONES = ["13800001234", "13800005678", "0317-2234567"]


def mapping(head: list[Any], *rows: list[Any], **options: Any) -> Mapping:
    return propose_mapping(table(head, *rows), FIELDS, **options)


def chosen(head: list[Any], *rows: list[Any]) -> dict[str, str | None]:
    return {p.label: p.field for p in mapping(head, *rows).proposals}


@pytest.mark.parametrize(
    ("label", "field"),
    [
        ("姓名", "name"),
        ("姓　名", "name"),
        ("姓名*", "name"),
        ("居民姓名（必填）", "name"),
        ("户主姓名", "head_name"),
        ("公民身份号码", "identity"),
        ("身份证号码(18位)", "identity"),
        ("证件\n号码", "identity"),
        ("ＩＤ　ｎｕｍｂｅｒ", "identity"),
        ("联系电话：", "phone"),
        ("手机号码【必填】", "phone"),
        ("居民本人手机号码", "phone"),
        ("现联系电话号码", "phone"),
        ("户主联系电话", "head_phone"),
        ("与户主的关系", "relation"),
        ("户籍所在地", "registered_address"),
        ("户籍所在地详细地址", "registered_address"),
        ("现居住详细地址", "address"),
        ("家庭住址（楼号-单元-室）", "address"),
        ("出生年月日", "birth_date"),
        ("楼栋号", "building"),
        ("房间号", "room"),
        ("备 注", "note"),
        # Names of something else that this import has no field for.
        ("监护人电话", None),
        ("监护人联系电话号码", None),
        ("房东电话", None),
        ("网格员姓名", None),
        ("紧急联系人", None),
        ("体温", None),
        ("序号", None),
    ],
)
def test_usual_names_of_columns(label: str, field: str | None) -> None:
    assert (
        chosen(["民族", label, "政治面貌"], ["汉族", None, "群众"])[
            table(["民族", label, "政治面貌"]).columns[1].label
        ]
        == field
    )


@pytest.mark.parametrize(
    ("label", "field"),
    [("楼层", "floor"), ("所在楼层", "floor"), ("居住层数", "floor"), ("层数", None),
     ("总楼层", None), ("总层数", None), ("共几层", None), ("房屋总楼层", None)],
)  # fmt: skip
def test_how_high_a_house_is_tells_no_floor(label: str, field: str | None) -> None:
    fields = (*FIELDS, FieldSpec("floor", "Floor"))
    found = propose_mapping(table(["楼号", label, "室"], ["3", "6", "1"]), fields)
    assert found.proposals[1].field == field


def test_no_name_of_a_column_means_two_fields() -> None:
    seen: dict[str, str] = {}
    for field, labels in load("headers").items():
        for label in labels:
            assert seen.setdefault(key(label), field) == field, label
            assert known_field(label) == field


def test_the_vocabulary_is_broad() -> None:
    headers = load("headers")
    assert len(headers) >= 35
    assert sum(map(len, headers.values())) >= 300


def test_group_and_name_together() -> None:
    found = mapping(
        ["户主信息", None, "家庭成员", None],
        ["姓名", "电话", "姓名", "电话"],
        ["张三", PHONES[0], "李四", PHONES[1]],
    )
    assert found.fields == {"head_name": 0, "head_phone": 1, "name": 2, "phone": 3}
    assert found.proposals[0].reason == "group"


def test_contents_decide_where_names_do_not() -> None:
    rows = [
        ["x", identity, phone, "男", "2020-03-05"]
        for identity, phone in zip(IDENTITIES, PHONES, strict=True)
    ]
    found = mapping(["姓名", "甲", "乙", "丙", "丁"], *rows)
    assert {p.label: p.field for p in found.proposals} == {
        "姓名": "name",
        "甲": "identity",
        "乙": "phone",
        "丙": "sex",
        # A date does not tell of what it is.
        "丁": None,
    }
    assert {p.reason for p in found.proposals[1:4]} == {"content"}
    assert all(p.confidence <= 0.5 for p in found.proposals[1:])


def test_rounded_identity_numbers_still_show_what_the_column_is() -> None:
    rows = [["x", 110105194912310000.0 + 10000 * n] for n in range(4)]
    assert chosen(["姓名", "甲"], *rows)["甲"] == "identity"


def test_contents_against_the_name_raise_a_doubt() -> None:
    found = mapping(["姓名", "联系电话"], *[["张三", identity] for identity in IDENTITIES])
    assert found.proposals[1].field == "phone"
    assert found.proposals[1].doubt
    assert found.proposals[1].confidence < 0.6


def test_the_column_that_fits_best_wins() -> None:
    found = mapping(["姓名", "本人手机号码2", "联系电话"], *[["张三", p, p] for p in PHONES])
    assert found.fields["phone"] == 2
    assert found.proposals[1].field is None
    assert found.proposals[1].reason == "taken"


def test_columns_that_may_be_carried_down() -> None:
    specs = [FieldSpec("name", "Name"), FieldSpec("address", "Address", carry_down=True)]
    found = propose_mapping(table(["住址", "姓名"], ["3-2-501", "张三"]), specs)
    assert found.carried(specs) == {0}
    assert propose_mapping(table(["姓名", "电话"], ["张三", "1"]), specs).carried(specs) == set()


def test_missing_required_fields_are_named() -> None:
    assert mapping(["姓名", "电话"], ["张三", "1"]).missing == ("identity",)
    assert mapping(["姓名", "证件号"], ["张三", "1"]).missing == ()


def test_corrections_move_a_field() -> None:
    found = mapping(["姓名", "户主", "电话"], ["张三", "李四", PHONES[0]])
    changed = found.corrected({1: "name", 2: None}, FIELDS)
    assert changed.fields == {"name": 1}
    assert changed.proposals[1].reason == "corrected"
    assert found.fields == {"name": 0, "head_name": 1, "phone": 2}
    assert set(changed.missing) == {"identity"}
    with pytest.raises(ValueError, match="unknown"):
        found.corrected({0: "nothing"}, FIELDS)


def test_a_correction_is_remembered() -> None:
    head, row = ["姓名", "号", "电话"], ["张三", "x", PHONES[0]]
    first = mapping(head, row).corrected({1: "identity", 2: None}, FIELDS)
    assert first.signature == signature(table(head, row))
    again = mapping(head, row, remembered=first.remember())
    assert again.fields == {"name": 0, "identity": 1}
    assert {p.reason for p in again.proposals} == {"remembered"}


def test_a_remembered_field_that_is_gone_is_proposed_anew() -> None:
    again = mapping(["姓名", "电话"], ["张三", PHONES[0]], remembered={"姓名": "dropped_field"})
    assert again.fields == {"name": 0, "phone": 1}


def test_reasons_are_words() -> None:
    with override("en"):
        assert mapping(["姓名"], ["张三"]).proposals[0].explanation == "the column's name"
