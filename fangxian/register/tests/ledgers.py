"""Synthetic ledgers for the tests. Numbers are valid in form and from never-issued ranges."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence
from typing import Any

import xlsxwriter

from fangxian.common.sheets.cleaning.identity import check_character

HEADERS = ["姓名", "身份证号", "性别", "手机号", "与户主关系", "现住址"]


def identity(number: int, *, male: bool = True, born: str = "19800101") -> str:
    """A number valid in form: the sequence is odd for men."""
    sequence = (number % 499) * 2 + (1 if male else 0)
    day = dt.date(1950, 1, 1) + dt.timedelta(days=number // 499 % 20_000)
    born = day.strftime("%Y%m%d") if born == "19800101" else born
    text = f"130999{born}{sequence:03d}"
    return text + check_character(text)


def person(number: int, **changes: str) -> dict[str, str]:
    """A row of the usual columns; every three persons share a door."""
    home, place = divmod(number, 3)
    row = {
        "姓名": "赵钱孙李周吴郑王"[number % 8]
        + "明华军芳丽强"[number % 6]
        + "一二三四五六七"[number % 7],
        "身份证号": identity(number, male=number % 2 == 0),
        "性别": "男" if number % 2 == 0 else "女",
        "手机号": f"138{number:08d}",
        "与户主关系": ("户主", "配偶", "儿子")[place],
        "现住址": f"第1栋{home % 2 + 1}单元{100 + home}室",
    }
    return row | changes


def workbook(
    rows: Sequence[dict[str, Any]],
    headers: Sequence[str] = HEADERS,
    *,
    title: str = "",
    notes: Sequence[str] = (),
) -> bytes:
    """An .xlsx file of rows by header."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = book.add_worksheet("台账")
    at = 0
    if title:
        sheet.merge_range(0, 0, 0, len(headers) - 1, title)
        at = 1
    sheet.write_row(at, 0, headers)
    for row in rows:
        at += 1
        for column, header in enumerate(headers):
            sheet.write_string(at, column, str(row.get(header, "")))
    for note in notes:
        at += 1
        sheet.write_string(at, 0, note)
    book.close()
    return out.getvalue()
