from __future__ import annotations

import contextlib
import re
from typing import Any

import orjson
import pytest
from django.utils.translation import override

from fangxian.common.sheets import SheetError
from fangxian.common.sheets.filling import (
    Outline,
    Plan,
    SheetPlan,
    can_convert,
    convert,
    fill,
    is_old,
    outline,
)
from fangxian.common.sheets.tests import corpus
from fangxian.common.sheets.tests.filling_corpus import BUILDERS, PLACES, old_xls, opened
from fangxian.common.sheets.tests.filling_kit import made, parts


def cell_at(place: str, text: str = "x") -> bytes:
    row = re.sub(r"\D", "", place)
    return corpus.with_sheet(
        corpus.sheet_xml(
            f'<row r="{row}"><c r="{place}" t="inlineStr"><is><t>{text}</t></is></c></row>'
        )
    )


def merged(*areas: str) -> bytes:
    inner = "".join(f'<mergeCell ref="{area}"/>' for area in areas)
    return corpus.with_sheet(
        corpus.sheet_xml(corpus.PLAIN_ROWS, after=f"<mergeCells>{inner}</mergeCells>")
    )


HOSTILE: dict[str, Any] = {
    "far cell": (lambda: cell_at("XFD1048576"), {"too_many_columns"}),
    "far row": (lambda: cell_at("A1048576"), {"too_many_rows"}),
    "impossible row": (lambda: cell_at("A9999999"), {"damaged"}),
    "absurd merge": (lambda: merged("A1:XFD9999999"), {"damaged"}),
    "merge of all": (lambda: merged("A1:XFD1048576"), {"too_much_memory"}),
    "nothing": (lambda: b"", {"empty_file"}),
    "text": (lambda: b"a,b\n1,2\n", {"not_xlsx"}),
    "old": (old_xls, {"not_xlsx"}),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_templates(name: str) -> None:
    build, expected = HOSTILE[name]
    data = build()
    with pytest.raises(SheetError) as caught:
        outline("a.xlsx", data)
    assert caught.value.code in expected
    assert caught.value.mend
    # Whoever skips the outline harms nobody but himself.
    with contextlib.suppress(SheetError):
        fill(data, Plan([SheetPlan("台账", cells={(2, 0): "x"})]))


def test_a_million_merged_cells() -> None:
    data = merged(*(f"A{row}:B{row}" for row in range(1, 1_000_001)))
    with pytest.raises(SheetError) as caught:
        outline("a.xlsx", data)
    assert caught.value.code == "too_much_memory"


def test_a_ledger_is_no_template() -> None:
    row = "".join(f"<c><v>{number}</v></c>" for number in range(400))
    rows = "".join(f'<row r="{number}">{row}</row>' for number in range(1, 1300))
    with pytest.raises(SheetError) as caught:
        outline("a.xlsx", corpus.with_sheet(corpus.sheet_xml(rows)))
    assert caught.value.code == "too_many_cells"
    # Prepared rows that are all alike count once.
    blank = "".join("<c s='1'/>" for _ in range(400))
    rows = "".join(f'<row r="{number}">{blank}</row>' for number in range(1, 1300))
    assert outline("a.xlsx", corpus.with_sheet(corpus.sheet_xml(rows))).sheets


def test_more_boxes_than_anybody_ticks() -> None:
    rows = "".join(
        f'<row r="{n}"><c t="inlineStr"><is><t>□甲{n} □乙{n}</t></is></c></row>'
        for n in range(1, 2_500)
    )
    with pytest.raises(SheetError) as caught:
        outline("a.xlsx", corpus.with_sheet(corpus.sheet_xml(rows)))
    assert caught.value.code == "too_many_places"


def test_an_outline_is_kept_as_it_was_read() -> None:
    for name in BUILDERS:
        _, found = made(name)
        kept = orjson.loads(orjson.dumps(found.to_json(), option=orjson.OPT_NON_STR_KEYS))
        assert Outline.from_json(found.name, kept) == found


def test_parts_in_a_circle_are_not_copied_for_ever() -> None:
    data, found = made("box_and_picture")
    links = parts(data)["xl/drawings/_rels/drawing1.xml.rels"]
    one = b'<Relationship Id="r%d" Type="x/drawing" Target="/xl/drawings/drawing1.xml"/>'
    circle = links.replace(b"</Relationships>", one % 7 + one % 8 + b"</Relationships>")
    data = corpus.repacked(data, {"xl/drawings/_rels/drawing1.xml.rels": circle})
    name = found.sheets[0].name
    with pytest.raises(SheetError) as caught:
        fill(data, Plan([SheetPlan(name, title=place) for place in PLACES]))
    assert caught.value.code in ("unsafe_archive", "damaged")


@pytest.mark.parametrize(
    "name",
    [
        "ole_password",
        "xlsx_absolute_name",
        "xlsx_billion_laughs",
        "xlsx_bomb_that_lies",
        "xlsx_damaged_inside",
        "xlsx_encrypted_member",
        "xlsx_truncated",
        "xlsx_zip_bomb",
        "xlsx_zip_slip",
    ],
)
def test_broken_and_hostile_files_are_refused(name: str) -> None:
    sample = corpus.build(name)
    with pytest.raises(SheetError) as caught:
        outline(sample.filename, sample.data)
    assert caught.value.code in sample.accepted_codes


@pytest.mark.skipif(not can_convert(), reason="LibreOffice is not installed")
def test_an_old_workbook_is_converted_and_filled() -> None:
    assert is_old(old_xls())
    data = convert(old_xls())
    assert not is_old(data)
    [(sheet, table)] = outline("a.xlsx", data).tables()
    assert [column.label for column in table.columns] == ["社区", "户数", "人数"]
    assert table.total_rows == (6,)
    mine = SheetPlan(sheet.name)
    mine.put_rows(table, table.columns, [["甲", n, n] for n in range(5)])
    filled = fill(data, Plan([mine]))
    assert not filled.left
    after = opened(filled.data).active
    assert (after["A8"].value, after["B8"].value) == ("合计", "=SUM(B3:B7)")


def test_without_the_converter_the_error_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(SheetError) as caught:
        convert(old_xls())
    assert caught.value.code == "no_converter"
    with override("zh-hans"):
        assert "libreoffice-calc" in caught.value.mend


def test_what_the_reader_refuses_is_not_converted() -> None:
    for name, code in (("xls_truncated", "damaged"), ("ole_password", "encrypted")):
        with pytest.raises(SheetError) as caught:
            convert(corpus.build(name).data)
        assert caught.value.code == code
