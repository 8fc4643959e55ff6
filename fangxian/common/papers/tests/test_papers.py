"""Official papers as they come out: the grid measured on the page, the parts where they belong."""

from __future__ import annotations

import ctypes
import datetime as dt
import io
import itertools
import shutil
import subprocess
import zipfile
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pypdfium2
import pypdfium2.raw as raw
import pytest
from django.test import override_settings
from django.utils import translation
from docx import Document as Word
from lxml import etree

from fangxian.common.errors import Invalid
from fangxian.common.papers import FontMissing, fonts
from fangxian.common.papers.documents import (
    Area,
    Chart,
    Document,
    Figure,
    Heading,
    Map,
    Note,
    PageBreak,
    Paragraph,
    Series,
    Table,
    TableColumn,
)
from fangxian.common.papers.setting import pdf_of, png_of, title_lines, title_spread
from fangxian.common.papers.word import docx_of

MM = 72 / 25.4
SOFFICE = shutil.which("soffice")
WRITER = bool(SOFFICE) and (Path(SOFFICE or "").resolve().parent / "libswlo.so").exists()
HAN = "为切实保障人民群众生命安全和身体健康现就进一步做好入户摸排和社区网格化管理工作通知如下"
HOSTILE = '#panic("x") $x$ *b* _i_ <a> @b \\ [c] `d` // {{ 7*7 }} </w:t> \u0007'
SQUARE = ((115.0, 38.0), (115.1, 38.0), (115.1, 38.1), (115.0, 38.1), (115.0, 38.0))
WHOLE = Document(
    "关于做好入户摸排工作的日报",
    (
        Heading(1, "一、总体情况"),
        Paragraph(("登记住户", Figure("20000", '[["register.households"],"130924"]'), "户。")),
        Table(
            (TableColumn("乡镇"), TableColumn("户数", "right")),
            tuple((f"第{n}镇", str(n)) for n in range(1, 60)),
            "各乡镇情况", "户", (("合计", Figure("1770")),),
        ),
        Chart("bar", ("甲", "乙"), (Series("户", (12.0, None)),), "图一", "户"),
        Chart("line", ("1", "2", "3"), (Series("新增", (1.0, 4.0, 2.0)),), "图二"),
        Chart("stacked", ("甲",), (Series("a", (1.0,)), Series("b", (2.0,))), "图三"),
        Map((Area("甲镇", (SQUARE,), 12.0),), "图四", "户", (12.0,)),
        PageBreak(),
        Note("截至2020年2月10日"),
    ),
    head="示例县疫情防控工作指挥部文件", number="示疫指〔2020〕12号", recipients="市指挥部",
    signed_by="示例县疫情防控工作指挥部", signed_on=dt.date(2020, 2, 10), seal=True,
    attachments=("名单", "方案"), copies="县委办公室", printed_by="指挥部办公室",
    printed_on=dt.date(2020, 2, 10),
)  # fmt: skip


@dataclass(frozen=True)
class Char:
    """A character of a page: where it stands, in millimetres from the upper left."""

    said: str
    x: float
    base: float
    right: float


def chars_of(page: Any) -> list[Char]:
    text, tall = page.get_textpage(), page.get_height()
    found = []
    for at in range(text.count_chars()):
        x, y = ctypes.c_double(), ctypes.c_double()
        raw.FPDFText_GetCharOrigin(text, at, x, y)
        said = text.get_text_range(at, 1)
        if said.strip():
            right = text.get_charbox(at, loose=True)[2]
            found.append(Char(said, x.value / MM, (tall - y.value) / MM, right / MM))
    return found


def lines_of(page: Any) -> dict[float, list[Char]]:
    """The characters of a page by the base line of their line."""
    found: dict[float, list[Char]] = defaultdict(list)
    for char in chars_of(page):
        found[round(char.base, 2)].append(char)
    return {base: sorted(found[base], key=lambda char: char.x) for base in sorted(found)}


def said(line: list[Char]) -> str:
    return "".join(char.said for char in line)


def line_of(page: Any, words: str) -> list[Char]:
    """The line that holds these words."""
    return next(line for line in lines_of(page).values() if words in said(line))


def pages(data: bytes) -> Any:
    return pypdfium2.PdfDocument(data)


def text_of(data: bytes) -> str:
    document = pages(data)
    return "".join(document[n].get_textpage().get_text_bounded() for n in range(len(document)))


def test_a_full_page_has_22_lines_of_28_characters() -> None:
    """GB/T 9704-2012, 5.2.2: measured where the characters stand."""
    body = (HAN * 40)[: 28 * 60]
    document = pages(pdf_of(Document("题", (Paragraph((body,), indent=False),), form="plain")))
    lines = {base: line for base, line in lines_of(document[1]).items() if len(line) > 10}
    assert len(lines) == 22
    assert {len(line) for line in lines.values()} == {28}
    assert all(abs(b - a - 225 / 22) < 0.02 for a, b in itertools.pairwise(lines))
    for line in lines.values():
        assert abs(line[0].x - 28) < 0.1, "the left margin"
        assert abs(line[-1].right - 184) < 0.2, "28 characters fill 156 mm"
        assert all(abs(b.x - a.x - 156 / 28) < 0.02 for a, b in itertools.pairwise(line))
    # A character stands 85 : 15 on its base line.
    assert abs(min(lines) - 0.85 * 16 / MM - 37) < 0.1, "the upper margin"
    assert max(lines) + 0.15 * 16 / MM < 37 + 225


def test_marks_fill_the_line_and_never_begin_it() -> None:
    text = "各社区要压实责任，做到“应访尽访、应管尽管”；对独居老人（含孕产妇）落实包联，确保《工作方案》《应急预案》执行到位。"  # noqa: E501
    page = pages(pdf_of(Document("题", (Paragraph((text * 9,)),), form="plain")))[0]
    lines = [line for line in lines_of(page).values() if len(line) > 20]
    assert len(lines) > 10
    for line in lines[1:-1]:
        assert 27 <= len(line) <= 30
        assert line[0].said not in "，、。；：”）》"
        assert line[-1].said not in "“（《"
        # A mark's own half stands beyond the edge, its ink doesn't.
        assert 184 - 0.3 < line[-1].right < 184 + 2.9


def test_what_follows_a_table_or_a_chart_is_on_the_grid() -> None:
    table = Table((TableColumn("乡镇"), TableColumn("户")), (("甲", "1"), ("乙", "2")), "表", "户")
    chart = Chart("bar", ("甲",), (Series("户", (12.0,)),), "图")
    blocks = (
        table,
        Paragraph(("表下",)),
        chart,
        Paragraph(("图下",)),
        Note("注"),
        Paragraph(("注下",)),
    )
    page = pages(pdf_of(Document("题", blocks, form="plain")))[0]
    for words in ("表下", "图下", "注下"):
        from_top = line_of(page, words)[0].base - 0.85 * 16 / MM - 37
        assert abs(from_top / (225 / 22) - round(from_top / (225 / 22))) < 0.01


def test_indents_and_numbers_of_pages() -> None:
    document = pages(pdf_of(Document("题", (Paragraph((HAN * 20,)), Paragraph((HAN * 12,))))))
    first, second = (lines_of(document[n]) for n in (0, 1))
    indented = next(line for line in first.values() if line[0].said == "为" and len(line) == 26)
    assert abs(indented[0].x - (28 + 2 * 156 / 28)) < 0.1, "two characters"
    numbers = []
    for lines in (first, second):
        foot = next(line for line in lines.values() if "—" in said(line))
        assert said(foot) in ("—1—", "—2—")
        numbers.append(foot)
    assert abs(numbers[0][-1].right - (184 - 14 / MM)) < 1, "odd pages: right, a character in"
    assert abs(numbers[1][0].x - (28 + 14 / MM)) < 0.5, "even pages: left"
    assert 262 < numbers[0][0].base < 275, "below the type area"


def test_where_a_paper_is_signed() -> None:
    """GB/T 9704-2012, 7.3.5: by a sealed and by an unsealed paper."""
    step = 156 / 28
    for name, seal in (
        ("示例县指挥部办公室", True),
        ("示例县指挥部办公室", False),
        ("县局", False),
    ):
        paper = Document(
            "题", (Paragraph(("正文",)),), signed_by=name, signed_on=dt.date(2020, 2, 10), seal=seal
        )
        page = pages(pdf_of(paper))[0]
        text, signed, day = (line_of(page, words) for words in ("正文", name, "2020年2月10日"))
        blank = (signed[0].base - text[0].base) / (225 / 22)
        if seal:
            assert abs(day[-1].x + step - (184 - 4 * step)) < 0.5, "four characters from the edge"
            middles = [(line[0].x + line[-1].x + step) / 2 for line in (signed, day)]
            assert abs(middles[0] - middles[1]) < 0.5, "the name centred above the day"
            assert abs(blank - 3) < 0.05, "room for a seal of 42 mm, a line below the text"
        else:
            assert abs(blank - 2) < 0.05
            last = max(signed[-1].x, day[-1].x) + step
            assert abs(last - (184 - 2 * step)) < 0.5, "two characters from the edge"
            if len(name) > 5:
                assert abs(day[0].x - signed[0].x - 2 * step) < 0.5


def test_titles_are_broken_evenly() -> None:
    """Also where the marks tell; who writes line feeds decides himself."""
    long = "关于进一步做好入户摸排和社区网格化管理工作的通知"
    assert title_lines(Document(long, ())) == [long[:12], long[12:]]
    assert title_lines(Document("日报", ())) == ["日报"]
    assert title_spread(Document("公示", (), form="posting")) == 1
    assert title_spread(Document("公示", ())) == 0
    assert title_lines(Document("甲\n乙丙", ())) == ["甲", "乙丙"]
    assert len(title_lines(Document(long, (), form="posting"))) == 2
    assert title_lines(Document(long, (), language="en")) == [long]


def test_the_foot_is_the_lower_edge_of_the_last_page() -> None:
    document = pages(pdf_of(WHOLE))
    picture = document[len(document) - 1].render(scale=4).to_pil().convert("L")
    middle = [picture.getpixel((picture.width // 2, y)) for y in range(picture.height)]
    dark = [y / 4 / MM for y, grey in enumerate(middle) if grey < 128]
    assert abs(max(y for y in dark if y < 265) - 262) < 0.5


def test_a_wide_table_stands_across_with_its_header_on_each_page() -> None:
    columns = tuple(TableColumn(f"指标{n}", "right") for n in range(12))
    wide = Table(columns, tuple(tuple(str(n) for n in range(12)) for _row in range(60)))
    paper = Document("题", (Paragraph(("前",)), wide, Paragraph(("后",))), form="plain")
    document = pages(pdf_of(paper))
    sizes = [round(document[n].get_width() / MM) for n in range(len(document))]
    assert sizes[0] == sizes[-1] == 210
    assert set(sizes[1:-1]) == {297}
    assert len(sizes) > 3
    for n in range(1, len(sizes) - 1):
        text = document[n].get_textpage().get_text_bounded().replace("\n", "")
        assert "指标11" in text
        assert f"— {n + 1} —" in text
    sections = Word(io.BytesIO(docx_of(paper))).sections
    assert [round(one.page_width.mm) for one in sections] == [210, 297, 210]


def test_odd_figures_are_drawn() -> None:
    odd = (
        Chart("bar", (), ()), Chart("line", ("a", "b"), (Series("x", (None, None)),)),
        Chart("line", ("a", "b", "c"), (Series("x", (-30.5, 2.0, None)), Series("y", (0, 0, 0)))),
        Chart("stacked", ("a", "b"), (Series("x", (-3.0, 1e15)),)),
        Chart("bar", tuple(map(str, range(90))), (Series("x", tuple(map(float, range(90)))),)),
        Map(()), Map((Area("a", ()), Area("b", (SQUARE[:1],), 3.0))),
        Map((Area("a", (SQUARE,)), Area("b", (SQUARE,), 0.0), Area("c", (SQUARE,), 9.0)),
            classes=(1, 5)),
        Table((), ()), Table((TableColumn("a"),), (("很长" * 3000,),)),
    )  # fmt: skip
    text = text_of(pdf_of(Document("题", odd))).replace("\n", "")
    assert "−30.5" in text
    assert "无数据" in text
    assert "> 5" in text
    assert "89" in text, "the last of many bars"


def test_the_red_head_and_all_parts() -> None:
    data = pdf_of(WHOLE)
    document = pages(data)
    picture = document[0].render(scale=2).to_pil().convert("RGB")
    red = [
        (x, y)
        for y in range(0, picture.height, 2)
        for x in range(0, picture.width, 2)
        if picture.getpixel((x, y))[0] > 180 and picture.getpixel((x, y))[1] < 60
    ]
    top = min(y for _x, y in red) / 2 / MM
    assert 70 < top < 76, "35 mm below the type area's upper edge"
    lowest = max(y for _x, y in red)
    line = [x for x, y in red if y == lowest]
    assert abs(min(line) / 2 / MM - 28) < 1
    assert abs(max(line) / 2 / MM - 184) < 1
    assert [one.get_title() for one in document.get_toc()] == ["一、总体情况"]
    text = text_of(data)
    for part in ("示疫指〔2020〕12号", "市指挥部", "附件", "抄送", "2020年2月10日", "合计", "1770",
                 "图一", "12", "甲镇"):  # fmt: skip
        assert part in text.replace("\n", ""), part
    heads = sum(
        "户数" in document[n].get_textpage().get_text_bounded() for n in range(len(document))
    )
    assert heads >= 2, "the table's header stands on each page"
    # Pages that show a table or charts hold their black and white pictures.
    assert len(png_of(WHOLE.blocks[3])) > 2_000  # type: ignore[arg-type]
    assert png_of(WHOLE.blocks[6])[:4] == b"\x89PNG"  # type: ignore[arg-type]


def test_words_are_never_markup() -> None:
    paper = Document(
        HOSTILE,
        (Heading(1, HOSTILE), Paragraph((HOSTILE,)), Note(HOSTILE),
         Table((TableColumn(HOSTILE),), ((HOSTILE,),)),
         Chart("bar", (HOSTILE,), (Series(HOSTILE, (1.0,)),), HOSTILE)),
        head=HOSTILE, recipients=HOSTILE, signed_by=HOSTILE,
    )  # fmt: skip
    text = text_of(pdf_of(paper)).replace("\n", "")
    assert "#panic" in text
    assert "{{ 7*7 }}" in text
    assert "$x$" in text
    word = Word(io.BytesIO(docx_of(paper)))
    assert any("</w:t>" in line.text for line in word.paragraphs)


def test_word_has_the_same_words_and_grid() -> None:
    data = docx_of(WHOLE)
    assert docx_of(WHOLE) == data, "the same paper is the same file"
    word = Word(io.BytesIO(data))
    section = word.sections[0]
    assert (round(section.page_width.mm), round(section.left_margin.mm)) == (210, 28)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        xml = archive.read("word/document.xml").decode()
        assert 'w:linePitch="579"' in xml
        assert 'w:eastAsia="Noto Serif CJK SC"' in xml
        assert xml.count("<w:tblHeader") == 1
        assert sum(name.startswith("word/media/") for name in archive.namelist()) == 4
    text = "\n".join(line.text for line in word.paragraphs)
    assert "登记住户20000户。" in text
    assert "示疫指〔2020〕12号" in text
    assert [cell.text for cell in word.tables[0].rows[-1].cells] == ["合计", "1770"]


def test_each_row_of_a_table_in_word_has_its_own_words() -> None:
    """Also line feeds and empty cells; rows are copies of the first one."""
    rows = (("甲", ""), ("乙\n二", "2"), ("<丙> & ", "3"))
    table = Table((TableColumn("名"), TableColumn("数", "right")), rows, totals=(("合计", "5"),))
    made = Word(io.BytesIO(docx_of(Document("题", (table,))))).tables[0]
    assert [tuple(cell.text for cell in row.cells) for row in made.rows] == [
        ("名", "数"), *rows, ("合计", "5"),
    ]  # fmt: skip
    assert "w:cantSplit" in made.rows[2]._tr.xml


def test_what_is_too_much_for_a_paper_is_refused_by_part() -> None:
    row = ("1",) * 10
    half = Table((TableColumn("a"),) * 10, (row,) * 1_001)
    assert Document("题", (half,))
    for blocks, part in (
        ((Note(""), half, half), "part 3"),
        ((Chart("bar", ("a",) * 401, (Series("x", (1.0,) * 401),)),), "part 1"),
        ((Map((Area("a", (SQUARE * 13_000,)),)),), "part 1"),
        ((Paragraph(("长" * 20_000,)),) * 16, "part 16"),
        ((Note(""),) * 401, "400 parts"),
    ):
        with translation.override("en"), pytest.raises(Invalid, match=part):
            Document("题", blocks)


# The order that ECMA-376 wants of the properties; Word refuses a file of another one.
ORDERS = {
    "pPr": "pStyle keepNext keepLines pageBreakBefore framePr widowControl numPr pBdr shd tabs"
    " autoSpaceDE autoSpaceDN bidi adjustRightInd snapToGrid spacing ind jc rPr sectPr",
    "rPr": "rStyle rFonts b bCs i iCs color spacing w kern position sz szCs lang",
    "tblPr": "tblStyle tblpPr tblW jc tblInd tblBorders tblLayout tblCellMar tblLook",
    "sectPr": "headerReference footerReference type pgSz pgMar pgBorders cols titlePg docGrid",
    "trPr": "cantSplit tblHeader",
}


def test_the_parts_of_a_word_file_stand_in_order() -> None:
    wide = Table((TableColumn("a"),) * 12, (("1",) * 12,), "表", "户", note="注")
    signed = {"signed_by": "某局", "signed_on": dt.date(2020, 2, 10)}
    papers = (
        WHOLE, replace(WHOLE, signer="某", urgency="特急", secrecy="秘密", note="注"),
        Document("证明", (wide,), form="certificate", number="1", **signed),  # type: ignore[arg-type]
    )  # fmt: skip
    for paper in papers:
        with zipfile.ZipFile(io.BytesIO(docx_of(paper))) as archive:
            for name in ("document", "styles", "footer1", "footer2"):
                if f"word/{name}.xml" not in archive.namelist():
                    continue
                root = etree.fromstring(archive.read(f"word/{name}.xml"))
                # Of the styles those of others are not ours.
                ours = root.xpath("//*[@*[local-name()='styleId']='Normal']") or [root]
                for element in ours[0].iter():
                    order = ORDERS.get(etree.QName(element).localname, "").split()
                    if not order:
                        continue
                    found = [order.index(etree.QName(child).localname) for child in element]
                    assert found == sorted(found), etree.tostring(element)[:500]


@pytest.mark.skipif(not WRITER, reason="LibreOffice Writer isn't installed")
def test_word_opens_in_an_office_program(tmp_path: Path) -> None:
    body = (HAN * 40)[: 28 * 50]
    paper = Document("题", (Paragraph((body,), indent=False),), form="plain")
    (tmp_path / "a.docx").write_bytes(docx_of(paper))
    subprocess.run(
        [SOFFICE or "soffice", "--headless", f"-env:UserInstallation=file://{tmp_path}/u",
         "--convert-to", "pdf", "--outdir", str(tmp_path), str(tmp_path / "a.docx")],
        check=True, capture_output=True, timeout=90,
    )  # fmt: skip
    document = pages((tmp_path / "a.pdf").read_bytes())
    full = Counter(round(char.base) for char in chars_of(document[1]) if char.said in HAN)
    assert list(full.values()) == [28] * 22


def test_a_missing_font_is_said_never_replaced() -> None:
    with (
        override_settings(FANGXIAN_FONTS={"body": "No Such Font"}),
        pytest.raises(FontMissing, match="No Such Font"),
    ):
        pdf_of(Document("题", ()))


def test_each_role_has_the_font_that_is_named() -> None:
    """The typesetter brings one font of its own, which stands for one of the house."""
    named = "DejaVu Sans Mono"
    with override_settings(FANGXIAN_FONTS={"number": named, "title": named}):
        assert fonts.families()["head"] == named, "the red head goes with the titles"
        assert fonts.bold() == (), "a font of one's own is heavy by itself"
        document = pages(pdf_of(Document("ABC", (Paragraph((HAN,)),), head="XYZ")))
        data = docx_of(Document("ABC", (Paragraph((HAN,)),), head="XYZ"))
    text = document[0].get_textpage()
    used: dict[str, set[str]] = defaultdict(set)
    for at in range(text.count_chars()):
        name = ctypes.create_string_buffer(100)
        raw.FPDFText_GetFontInfo(text, at, name, 100, ctypes.c_int())
        used[name.value.decode()].add(text.get_text_range(at, 1))
    own = next(said for name, said in used.items() if "DejaVu" in name)
    assert own >= set("ABCXYZ1")
    assert not own & set(HAN)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert f'w:eastAsia="{named}"' in archive.read("word/document.xml").decode()
        assert named in archive.read("word/footer1.xml").decode()


def test_kept_as_json_and_read_strictly() -> None:
    kept = WHOLE.to_json()
    assert Document.from_json(kept) == WHOLE
    for wrong in (
        [], {"title": "x"}, kept | {"form": "poem"}, kept | {"blocks": [{"kind": "script"}]},
        kept | {"blocks": [{"kind": "heading", "level": 9, "text": "x"}]},
        kept | {"blocks": [{"kind": "table", "columns": [{"label": "a"}], "rows": [["1", "2"]]}]},
        kept | {"colour": "red"}, kept | {"blocks": [{"kind": "note", "text": "", "size": 9}]},
        kept | {"blocks": [{"kind": "note", "text": "\ud800"}]},
        kept | {"blocks": [{"kind": "chart", "chart": "bar", "categories": ["a"],
                            "series": [{"label": "x", "values": [float("nan")]}]}]},
        kept | {"blocks": [{"kind": "note", "text": "x"}] * 500}, kept | {"signed_on": "never"},
    ):  # fmt: skip
        with pytest.raises(Invalid):
            Document.from_json(wrong)  # type: ignore[arg-type]
