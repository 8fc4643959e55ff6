from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric

from fangxian.common.sheets import CellError, Fault
from fangxian.common.sheets.cleaning import (
    Document,
    Phone,
    clean_credit_code,
    clean_date,
    clean_document,
    clean_identity,
    clean_name,
    clean_number,
    clean_phone,
    clean_phones,
    clean_sex,
    clean_text,
    clean_yes_no,
)
from fangxian.common.sheets.cleaning.identity import check_character
from fangxian.common.sheets.errors import CELL_MESSAGES, FILE_MESSAGES, SheetError

VALID = "11010519491231002X"
CLEANERS = (
    clean_credit_code,
    clean_date,
    clean_document,
    clean_identity,
    clean_name,
    clean_number,
    clean_phones,
    clean_sex,
    clean_text,
    clean_yes_no,
)


def outcome(value: Any) -> Any:
    """A value, or the code of a Fault."""
    return value.code if isinstance(value, Fault) else value


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (VALID, VALID),
        (VALID.lower(), VALID),
        (" 110105 19491231 002Ｘ ", VALID),
        ("'11010519491231002X", VALID),
        ("\t11010519491231002X", VALID),
        ("１１０１０５１９４９１２３１００２ｘ", VALID),
        ("110105-19491231-002X", VALID),
        ("11010519491231002×", VALID),
        ("11010519491231002\u0425", VALID),  # the Cyrillic letter
        ("110105491231002", VALID),
        (110105491231002.0, VALID),
        (110105194912310038.0, "identity_rounded"),
        (110105194912310038, "identity_rounded"),
        ("1.10105E+17", "identity_rounded"),
        ("110105194912310000", "identity_rounded"),
        ("110105194912310039", "identity_check"),
        ("11010519491231002", "identity_length"),
        ("1101051949123100222", "identity_length"),
        ("11010519491331002X", "identity_birth"),
        ("11010520991231002X", "identity_birth"),
        ("01010519491231002X", "identity_division"),
        ("1101051949123100ZX", "identity_characters"),
        ("X1010519491231002X", "identity_characters"),
        ("无", None),
        ("/", None),
        ("——", None),
        ("", None),
        (None, None),
        (CellError("#N/A"), "excel_error"),
        (CellError("="), "formula"),
        ("同上", "ditto"),
        (True, "not_text"),
        (dt.date(2020, 3, 5), "not_text"),
        (f"身份证:{VALID}", VALID),
        (f"身份证号码 {VALID}", VALID),
        (f"{VALID}（户主）", VALID),
        (f"\u2019{VALID}", VALID),
        (f"\u2018{VALID}\u2019", VALID),
        (f"{VALID}(12)", "identity_characters"),
    ],
)
def test_identity_numbers(cell: Any, expected: Any) -> None:
    assert outcome(clean_identity(cell)) == expected


@given(
    st.sampled_from(["110105", "130902", "440301"]),
    st.dates(dt.date(1900, 1, 1), dt.date(2020, 12, 31)),
    st.integers(0, 999),
)
def test_the_check_character_agrees_with_stdnum(
    division: str, birth: dt.date, sequence: int
) -> None:
    first = f"{division}{birth:%Y%m%d}{sequence:03d}"
    number = first + check_character(first)
    assert ric.calc_check_digit(number) == number[-1]
    assert clean_identity(number) == number
    document = clean_document(number)
    assert isinstance(document, Document)
    assert document.birth_date == birth
    assert document.sex == ("1" if sequence % 2 else "2")


@given(st.integers(0, 16), st.integers(1, 9))
def test_every_single_mistyped_digit_is_found(place: int, step: int) -> None:
    digit = (int(VALID[place]) + step) % 10
    assert isinstance(clean_identity(f"{VALID[:place]}{digit}{VALID[place + 1 :]}"), Fault)


@pytest.mark.parametrize(
    ("cell", "kind", "number"),
    [
        (VALID, "resident_identity", VALID),
        ("e12345678", "passport", "E12345678"),
        ("EA1234567", "passport", "EA1234567"),
        ("G 1234 5678", "passport", "G12345678"),
        ("H12345678", "hong_kong_macao_permit", "H12345678"),
        ("M1234567800", "hong_kong_macao_permit", "M1234567800"),
        ("1234567890(B)", "taiwan_permit", "1234567890(B)"),
        ("护照：E12345678", "passport", "E12345678"),
        ("ABC123456789012", "foreign_residence", "ABC123456789012"),
        (
            "81000019900101001" + check_character("81000019900101001"),
            "hmt_residence",
            "81000019900101001" + check_character("81000019900101001"),
        ),
    ],
)
def test_other_documents(cell: str, kind: str, number: str) -> None:
    assert clean_document(cell) == Document(kind, number)  # type: ignore[arg-type]  # kinds from the table above


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("张三", "document_unknown"),
        ("12", "document_unknown"),
        ("12345678", "document_unknown"),
        ("88888888", "document_unknown"),
        ("2020000123", "document_unknown"),
        (dt.date(2020, 1, 1), "not_text"),
        ("110105194912310021", "identity_check"),
        (1.1e17, "identity_rounded"),
    ],
)
def test_no_documents(cell: Any, code: str) -> None:
    assert outcome(clean_document(cell)) == code


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("13800001234", ["13800001234"]),
        (13800001234.0, ["13800001234"]),
        (13800001234, ["13800001234"]),
        ("138 0000 1234", ["13800001234"]),
        ("138-0000-1234", ["13800001234"]),
        ("１３８００００１２３４", ["13800001234"]),
        ("+86 138 0000 1234", ["13800001234"]),
        ("'+8613800001234", ["13800001234"]),
        ("0086-13800001234", ["13800001234"]),
        ("86-13800001234", ["13800001234"]),
        ("013800001234", ["13800001234"]),
        ("手机：13800001234", ["13800001234"]),
        ("13800001234（儿子）", ["13800001234"]),
        ("13800001234/13900005678", ["13800001234", "13900005678"]),
        ("13800001234、13900005678", ["13800001234", "13900005678"]),
        ("13800001234，13900005678", ["13800001234", "13900005678"]),
        ("13800001234\n13900005678", ["13800001234", "13900005678"]),
        ("13800001234 13900005678", ["13800001234", "13900005678"]),
        ("1380000123413900005678", ["13800001234", "13900005678"]),
        ("0317-2234567 13800001234", ["0317-2234567", "13800001234"]),
        ("13800001234/13800001234", ["13800001234"]),
        ("0317-2234567", ["0317-2234567"]),
        ("03172234567", ["0317-2234567"]),
        ("(0317)2234567", ["0317-2234567"]),
        ("（0317）2234567转801", ["0317-2234567-801"]),
        ("0317 2234567", ["0317-2234567"]),
        ("010-62345678-801", ["010-62345678-801"]),
        ("+86 10 6234 5678", ["010-62345678"]),
        ("021-62345678", ["021-62345678"]),
        ("2234567", ["2234567"]),
        ("400-800-1234", ["4008001234"]),
        ("+852 2345 6789", ["+85223456789"]),
        ("张三13800001234", ["13800001234"]),
        ("张三：13800001234", ["13800001234"]),
        ("父:13800001234 母：13900005678", ["13800001234", "13900005678"]),
        ("父13800001234母13900005678", ["13800001234", "13900005678"]),
        ("0317-2234567 转 801", ["0317-2234567-801"]),
        ("00852-23456789", ["+85223456789"]),
        ("138****1234", None),
        ("138****1234/13900005678", ["13900005678"]),
        ("*******4567", None),
        ("13800001234停机", "phone_form"),
        ("1.3800001234E+10", ["13800001234"]),
        ("1.38E+10", "phone_scientific"),
        ("1380000123", "phone_length"),
        ("138000012345", "phone_length"),
        ("12345", "phone_length"),
        ("张三", "phone_form"),
        ("13800001234/张三", "phone_form"),
        ("无", None),
        ("", None),
        (None, None),
        (CellError("#REF!"), "excel_error"),
    ],
)
def test_phones(cell: Any, expected: Any) -> None:
    result = clean_phones(cell)
    if isinstance(result, tuple):
        assert [phone.number for phone in result] == expected
    else:
        assert outcome(result) == expected


def test_kinds_of_phones() -> None:
    assert clean_phone("13800001234/0317-2234567") == Phone("13800001234", "mobile")
    assert clean_phone("0317-2234567") == Phone("0317-2234567", "landline")
    assert clean_phone("4008001234") == Phone("4008001234", "service")


DAY = dt.date(2020, 3, 5)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (DAY, DAY),
        (dt.datetime.fromisoformat("2020-03-05T09:30"), DAY),
        ("2020-03-05", DAY),
        ("2020-3-5", DAY),
        ("2020/3/5", DAY),
        ("2020.3.5", DAY),
        ("2020.03.05.", DAY),
        ("2020、3、5", DAY),
        ("2020 3 5", DAY),
        ("２０２０．３．５", DAY),
        ("20200305", DAY),
        (20200305.0, DAY),
        ("2020年3月5日", DAY),
        ("2020年03月05号", DAY),
        ("2020 年 3 月 5 日", DAY),
        ("二〇二〇年三月五日", DAY),
        ("2020年3月5日上午", DAY),
        ("2020-03-05 12:00:00", DAY),
        ("2020-03-05T12:00:00Z", DAY),
        ("20/3/5", DAY),
        ("20.3.5", DAY),
        ("25/3/2020", dt.date(2020, 3, 25)),
        ("3/25/2020", dt.date(2020, 3, 25)),
        ("3/5/2020", "date_ambiguous"),
        (43895.0, DAY),
        ("43895", DAY),
        (43895.5, DAY),
        ("49.12.31", dt.date(1949, 12, 31)),
        ("1985年十二月二十一日", dt.date(1985, 12, 21)),
        ("一九八五年十月十日", dt.date(1985, 10, 10)),
        ("2020-02-30", "date_impossible"),
        ("20201301", "date_impossible"),
        ("2020年3月", "date_incomplete"),
        ("2020.3", "date_incomplete"),
        ("1985", "date_incomplete"),
        (1985.0, "date_incomplete"),
        (True, "date_form"),
        ("明天", "date_form"),
        ("13800001234", "date_form"),
        ("1700-01-01", "date_range"),
        ("不详", None),
        (None, None),
        (CellError("#VALUE!"), "excel_error"),
    ],
)
def test_dates(cell: Any, expected: Any) -> None:
    assert outcome(clean_date(cell)) == expected


@given(st.dates(dt.date(1930, 1, 1), dt.date(2024, 12, 31)))
def test_every_writing_of_a_day_is_the_day(day: dt.date) -> None:
    for text in (
        f"{day.year}年{day.month}月{day.day}日",
        f"{day:%Y%m%d}",
        f"{day.year}.{day.month}.{day.day}",
        f"{day.year}/{day.month}/{day.day} 0:00",
        (day - dt.date(1899, 12, 30)).days * 1.0,
    ):
        assert clean_date(text) == day, text


def test_a_range_of_dates() -> None:
    result = clean_date("2031-01-01", last=DAY)
    assert isinstance(result, Fault)
    assert "2020-03-05" in result.message


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("张三", "张三"),
        ("张　三", "张三"),
        (" 张 三 ", "张三"),
        ("张三\n", "张三"),
        ("欧阳 娜娜", "欧阳娜娜"),
        ("买买提·艾力", "买买提·艾力"),
        ("买买提•艾力", "买买提·艾力"),
        ("买买提．艾力", "买买提·艾力"),
        ("买买提.艾力", "买买提·艾力"),
        ("买买提 · 艾力", "买买提·艾力"),
        ("𬀩三", "𬀩三"),
        ("㛃三", "㛃三"),
        ("〇三", "〇三"),
        ("John Smith", "John Smith"),
        ("O'Neil-Zhang", "O'Neil-Zhang"),
        ("José  García", "José García"),
        ("张三（户主）", "张三"),
        ("张三1", "name_form"),
        ("张三、李四", "name_form"),
        ("=1+1", "name_form"),
        ("13800001234", "name_form"),
        (dt.date(2020, 3, 5), "not_text"),
        ("张" * 61, "too_long"),
        ("无", None),
        ("", None),
        ("a\x07", "control_character"),
    ],
)
def test_names(cell: Any, expected: Any) -> None:
    assert outcome(clean_name(cell)) == expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("男", "1"),
        ("女 ", "2"),
        ("Ｍ", "1"),
        ("female", "2"),
        (1.0, "1"),
        ("2", "2"),
        ("未知", "0"),
        ("x", "sex"),
        (None, None),
        ("/", None),
    ],
)
def test_sex(cell: Any, expected: Any) -> None:
    assert outcome(clean_sex(cell)) == expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("是", True),
        ("√", True),
        ("有", True),
        (True, True),
        (1.0, True),
        ("否", False),
        ("×", False),
        ("无", False),
        (0, False),
        ("也许", "yes_no"),
        (None, None),
        ("", None),
    ],
)
def test_yes_no(cell: Any, expected: Any) -> None:
    assert outcome(clean_yes_no(cell)) == expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (3.0, 3),
        ("3", 3),
        ("１２", 12),
        ("1,234", 1234),
        ("3.5", 3.5),
        ("三", "number"),
        (-1, "number_range"),
        ("无", None),
        (None, None),
        (True, "number"),
    ],
)
def test_numbers(cell: Any, expected: Any) -> None:
    assert outcome(clean_number(cell)) == expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("91350100M000100Y43", "91350100M000100Y43"),
        ("91350100m000100y43", "91350100M000100Y43"),
        ("9135 0100 M000 100Y 43", "91350100M000100Y43"),
        ("91350100M000100Y44", "credit_code"),
        (9.135e17, "identity_rounded"),
        ("无", None),
    ],
)
def test_credit_codes(cell: Any, expected: Any) -> None:
    assert outcome(clean_credit_code(cell)) == expected


def test_text_keeps_lines_and_width_but_not_guards() -> None:
    assert clean_text(" 甲　乙\r\nＡ ") == "甲 乙\nＡ"
    assert clean_text("'=1+1") == "=1+1"
    assert outcome(clean_text("a" * 300)) == "too_long"
    assert outcome(clean_text("a\x00b")) == "control_character"
    assert clean_text(13800001234.0) == "13800001234"


ANY_CELL = st.one_of(
    st.none(),
    st.text(max_size=30),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.dates(),
    st.datetimes(),
    st.times(),
    st.timedeltas(),
    st.just(CellError("#N/A")),
    st.from_regex(r"[0-9Xx .\-/+E]{1,22}", fullmatch=True),
)


@given(ANY_CELL)
def test_no_cell_breaks_a_cleaner(cell: Any) -> None:
    for clean in CLEANERS:
        result = clean(cell)
        if isinstance(result, Fault):
            assert result.message
            assert result.mend


@given(st.integers(10**17, 10**18 - 1).map(str))
def test_no_fault_repeats_the_number(number: str) -> None:
    for clean in (clean_identity, clean_document, clean_phones, clean_credit_code, clean_date):
        result = clean(number)
        if isinstance(result, Fault):
            assert not re.search(
                r"\d{5}", f"{result.message}{result.mend}{result.params}".replace("2020-03-05", "")
            )


def test_every_message_can_be_filled() -> None:
    params = dict.fromkeys(
        (
            "limit",
            "sheet",
            "line",
            "kind",
            "field",
            "error",
            "length",
            "first",
            "last",
            "low",
            "high",
        ),
        "7",
    )
    for code in FILE_MESSAGES:
        error = SheetError(code, **params)
        assert error.message
        assert error.mend
    for code in CELL_MESSAGES:
        fault = Fault(code, params)
        assert "%(" not in f"{fault}"


def test_an_unknown_code_is_refused() -> None:
    with pytest.raises(KeyError):
        SheetError("no such code")
