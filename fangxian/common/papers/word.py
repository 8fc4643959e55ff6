"""A document as a Word file: the same words and grid, so that an office can go on working on it."""

from __future__ import annotations

import datetime as dt
import io
import math
import zipfile
from copy import deepcopy
from typing import Any, Final

from django.utils import translation
from docx import Document as Word
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
from docx.enum.text import WD_BREAK, WD_LINE_SPACING, WD_TAB_ALIGNMENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from fangxian.common.papers import fonts
from fangxian.common.papers.documents import (
    Block,
    Chart,
    Document,
    Figure,
    Heading,
    Map,
    Note,
    PageBreak,
    Paragraph,
    Run,
    Table,
    width,
)
from fangxian.common.papers.setting import (
    HEIGHT,
    WIDTH,
    day_of,
    grid_of,
    png_of,
    printed,
    title_lines,
    title_spread,
    words,
)

POINTS: Final = 72 / 25.4
RED: Final = "D7000F"
_ALIGN: Final = {"left": ALIGN.LEFT, "centre": ALIGN.CENTER, "right": ALIGN.RIGHT}
_LEVELS: Final = {1: "heading", 2: "subheading", 3: "body", 4: "body"}
# What may follow an element in the properties of a paragraph, in the order of the schema.
_BEHIND_BORDER: Final = ("w:shd", "w:tabs", "w:suppressAutoHyphens", "w:kinsoku", "w:wordWrap",
                         "w:overflowPunct", "w:topLinePunct", "w:autoSpaceDE", "w:autoSpaceDN",
                         "w:bidi", "w:adjustRightInd")  # fmt: skip
_BEHIND_SPACING: Final = ("w:w", "w:kern", "w:position", "w:sz", "w:szCs", "w:highlight", "w:u")
_BEHIND_GRID: Final = ("w:spacing", "w:ind", "w:contextualSpacing", "w:mirrorIndents",
                       "w:suppressOverlap", "w:jc", "w:textDirection", "w:rPr",
                       "w:sectPr")  # fmt: skip
# What a file says of itself is the same for the same paper.
_WHEN: Final = dt.datetime(2020, 1, 1)  # noqa: DTZ001  a file's own clock has no zone


def docx_of(document: Document) -> bytes:
    """The paper as .docx. Its charts and maps are pictures set as for the PDF.

    Raises FontMissing, NotSet.
    """
    with translation.override(document.language):
        return _Writer(document).written()


class _Writer:
    def __init__(self, document: Document) -> None:
        self.document = document
        self.words = words(document.language)
        self.families = fonts.families()
        self.bold = fonts.bold()
        self.grid = grid_of(document)
        self.size = self.grid.size
        self.pitch = HEIGHT / self.grid.lines * POINTS
        self.advance = WIDTH / self.grid.characters * POINTS
        self.word = Word()
        self._page(self.word.sections[0])
        self._footers()
        self._styles()

    def written(self) -> bytes:
        paper = self.document
        self._head()
        self._title()
        if paper.recipients:
            self._line(paper.recipients + self.words["colon"])
        for block in paper.blocks:
            self._block(block)
        self._attachments()
        self._signed()
        if paper.note:
            self._line(self.words["open"] + paper.note + self.words["close"], indent=2)
        self._foot()
        core = self.word.core_properties
        core.title, core.author, core.comments = _clean(" ".join(paper.title.split()))[:250], "", ""
        core.created = core.modified = _WHEN
        core.last_modified_by = ""
        out = io.BytesIO()
        self.word.save(out)
        return _neutral(out.getvalue())

    def _page(self, section: Any, *, across: bool = False) -> None:
        """The page; across, its head is where the sheets are bound."""
        tall, wide = Mm(297), Mm(210)
        top, right, bottom, left = Mm(37), Mm(26), Mm(35), Mm(28)
        if across:
            section.orientation = WD_ORIENT.LANDSCAPE
            tall, wide = wide, tall
            top, right, bottom, left = left, top, right, bottom
        else:
            section.orientation = WD_ORIENT.PORTRAIT
        section.page_width, section.page_height = wide, tall
        section.top_margin, section.bottom_margin = top, bottom
        section.left_margin, section.right_margin = left, right
        section.header_distance = Mm(15)
        section.footer_distance = Mm(15 if across else 25)
        grid = section._sectPr.find(qn("w:docGrid"))
        if grid is None:
            grid = OxmlElement("w:docGrid")
            section._sectPr.append(grid)
        # Rounded down: a hair too much, and a page holds a line less. A grid of characters would
        # say what the spacing of the text says; but there programs differ: LibreOffice gives a
        # character two cells as soon as it is wider than one.
        grid.set(qn("w:type"), "lines")
        grid.set(qn("w:linePitch"), str(int(self.pitch * 20)))
        grid.attrib.pop(qn("w:charSpace"), None)
        if self.document.form == "certificate":
            self._framed(section)

    @staticmethod
    def _framed(section: Any) -> None:
        borders = OxmlElement("w:pgBorders")
        borders.set(qn("w:offsetFrom"), "page")
        for side in ("top", "left", "bottom", "right"):
            borders.append(_edge(side, 12, "9A1B1F", line="double", space=31))
        section._sectPr.insert_element_before(
            borders, "w:lnNumType", "w:pgNumType", "w:cols", "w:titlePg", "w:docGrid"
        )

    def _footers(self) -> None:
        if self.document.form == "certificate":
            return
        section = self.word.sections[0]
        self.word.settings.odd_and_even_pages_header_footer = True
        for footer, align in (
            (section.footer, ALIGN.RIGHT),
            (section.even_page_footer, ALIGN.LEFT),
        ):
            footer.is_linked_to_previous = False
            line = footer.paragraphs[0]
            line.alignment = align
            _free(line)
            line.paragraph_format.left_indent = line.paragraph_format.right_indent = Pt(14)
            self._run(line, "— ", role="number", size=14)
            self._field(line)
            self._run(line, " —", role="number", size=14)

    def _styles(self) -> None:
        # Where a line may end is a matter of the language.
        spoken = self.word.styles.element.find(f".//{qn('w:lang')}")
        if spoken is not None and self.document.language.startswith("zh"):
            traditional = self.document.language == "zh-hant"
            spoken.set(qn("w:eastAsia"), "zh-TW" if traditional else "zh-CN")
        normal = self.word.styles["Normal"]
        normal.font.size = Pt(self.size)
        self._family(normal.element.get_or_add_rPr(), self.families["body"])
        # Characters move together, so that as many fit into a line as the grid has; also those that
        # an office adds.
        if self.document.language.startswith("zh"):
            closer = OxmlElement("w:spacing")
            closer.set(qn("w:val"), str(math.floor((self.advance - self.size) * 20)))
            normal.element.get_or_add_rPr().insert_element_before(closer, *_BEHIND_SPACING)
        form = normal.paragraph_format
        form.space_before = form.space_after = Pt(0)
        form.line_spacing = 1.0
        form.widow_control = False
        properties = normal.element.get_or_add_pPr()
        # No gaps between Chinese characters and figures: they would break the grid.
        for name in ("w:autoSpaceDE", "w:autoSpaceDN"):
            off = OxmlElement(name)
            off.set(qn("w:val"), "0")
            properties.insert_element_before(
                off, "w:bidi", "w:adjustRightInd", "w:snapToGrid", *_BEHIND_GRID
            )

    @staticmethod
    def _family(properties: Any, family: str) -> None:
        named = properties.find(qn("w:rFonts"))
        if named is None:
            named = OxmlElement("w:rFonts")
            properties.insert(0, named)
        for script in ("ascii", "hAnsi", "eastAsia", "cs"):
            named.set(qn(f"w:{script}"), family)
        for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            named.attrib.pop(qn(f"w:{theme}"), None)

    def _run(
        self, line: Any, text: str, *, role: str = "body", size: float = 0, bold: bool = False,
        colour: str = "", narrow: float = 1, spaced: float = 0,
    ) -> None:  # fmt: skip
        """``narrow``: the width of characters; ``spaced``: points between them."""
        run = line.add_run(_clean(text))
        run.font.size, run.font.bold = Pt(size or self.size), bold or role in self.bold
        if colour:
            run.font.color.rgb = RGBColor.from_string(colour)
        properties = run._r.get_or_add_rPr()
        self._family(properties, self.families[role])
        if size and size != self.size:
            between = OxmlElement("w:spacing")
            between.set(qn("w:val"), str(round(spaced * 20)))
            properties.insert_element_before(between, *_BEHIND_SPACING)
        if narrow < 1:
            scale = OxmlElement("w:w")
            scale.set(qn("w:val"), str(round(narrow * 100)))
            properties.insert_element_before(scale, *_BEHIND_SPACING[1:])

    def _field(self, line: Any) -> None:
        """The number of the page."""
        for kind, text in (("begin", ""), ("", "PAGE"), ("end", "")):
            run = line.add_run()
            run.font.size = Pt(14)
            self._family(run._r.get_or_add_rPr(), self.families["number"])
            if kind:
                mark = OxmlElement("w:fldChar")
                mark.set(qn("w:fldCharType"), kind)
            else:
                mark = OxmlElement("w:instrText")
                mark.text = text
            run._r.append(mark)

    def _line(
        self, text: str, *, role: str = "body", size: float = 0, bold: bool = False,
        align: Any = None, indent: float = 0, colour: str = "", after: float = 0,
        before: float = 0,
    ) -> Any:  # fmt: skip
        line = self.word.add_paragraph()
        if align is not None:
            line.alignment = align
        if indent:
            self._indent(line, indent)
        line.paragraph_format.space_after = Pt(after)
        line.paragraph_format.space_before = Pt(before)
        if text:
            self._run(line, text, role=role, size=size, bold=bold, colour=colour)
        return line

    def _indent(self, line: Any, characters: float) -> None:
        """An indent of the first line by characters, as offices' programs count it."""
        line.paragraph_format.first_line_indent = Pt(self.advance * characters)
        found = line._p.get_or_add_pPr().find(qn("w:ind"))
        found.set(qn("w:firstLineChars"), str(round(characters * 100)))

    def _head(self) -> None:
        """The red head: its upper edge 35 mm below that of the type area."""
        paper = self.document
        if not paper.head:
            return
        marks = [mark for mark in (paper.secrecy, paper.urgency) if mark] or [""]
        room = 35 * POINTS
        for at, mark in enumerate(marks):
            line = self._line(mark, role="heading")
            _free(line, self.pitch)
            if at == len(marks) - 1:
                line.paragraph_format.space_after = Pt(room - self.pitch * len(marks))
        fit = WIDTH * POINTS / max(width(paper.head) / 2, 1)
        size = max(min(44, fit), min(34, fit / 0.6))
        line = self._line("", align=ALIGN.CENTER)
        self._run(line, paper.head, role="head", size=round(size * 2) / 2, colour=RED,
                  narrow=min(1, fit / size * 0.98))  # fmt: skip
        _free(line, size)
        line.paragraph_format.space_after = Pt(self.pitch * 2)
        number = self._line("", align=None if paper.signer else ALIGN.CENTER)
        if paper.signer:
            number.paragraph_format.left_indent = Pt(self.advance)
            number.paragraph_format.tab_stops.add_tab_stop(
                Pt(self.advance * 27), WD_TAB_ALIGNMENT.RIGHT
            )
            self._run(number, f"{paper.number}\t{self.words['signer']}{paper.signer}")
            number.paragraph_format.left_indent = None
        else:
            self._run(number, paper.number)
        _free(number, self.size * 1.2)
        _border(number, _edge("bottom", 12, RED, space=11))
        number.paragraph_format.space_after = Pt(self.pitch * 2)

    def _title(self) -> None:
        paper, grid = self.document, self.grid
        lines = title_lines(paper)
        for at, text in enumerate(lines):
            line = self._line("", align=ALIGN.CENTER)
            spaced = grid.title * title_spread(paper)
            # Behind the last character the room would push the title to the left.
            for part, room in ((text[:-1], spaced), (text[-1:], 0)):
                self._run(line, part, role="title", size=grid.title, spaced=room)
            _free(line, grid.title * 1.5)
            if at == len(lines) - 1:
                line.paragraph_format.space_after = Pt(self.pitch / 2 if paper.number else 1)
        if paper.number and not paper.head:
            self._line(paper.number, size=14, align=ALIGN.CENTER)
        else:
            self._line("")

    def _attachments(self) -> None:
        names = self.document.attachments
        if not names:
            return
        self._line("")
        mark = self.words["attachments"]
        for at, name in enumerate(names, 1):
            number = f"{at}. " if len(names) > 1 else ""
            line = self._line("")
            # The names stand below each other, and so does what is left of a long one.
            begin = (2 + width(mark) / 2) * self.advance
            hang = width(number) / 2 * self.advance
            line.paragraph_format.left_indent = Pt(begin + hang)
            first = (begin + hang - 2 * self.advance) if at == 1 else hang
            line.paragraph_format.first_line_indent = Pt(-first)
            self._run(line, (mark if at == 1 else "") + number + name)

    def _block(self, block: Block) -> None:
        match block:
            case Heading():
                line = self._line(block.text, role=_LEVELS[block.level], indent=2)
                line.paragraph_format.keep_with_next = True
            case Paragraph():
                line = self._line("", align=ALIGN.JUSTIFY, indent=2 if block.indent else 0)
                self._run(line, "".join(_said(run) for run in block.runs))
            case Table():
                self._table(block)
            case Chart() | Map():
                picture = io.BytesIO(png_of(block, language=self.document.language))
                shown = self.word.add_picture(picture, width=Mm(WIDTH))
                if shown.height > Mm(HEIGHT - 10):
                    shown.width = round(shown.width * Mm(HEIGHT - 10) / shown.height)
                    shown.height = Mm(HEIGHT - 10)
                self.word.paragraphs[-1].alignment = ALIGN.CENTER
                _free(self.word.paragraphs[-1])
            case Note():
                _free(self._line(block.text, size=10.5))
            case PageBreak():
                self.word.add_paragraph().add_run().add_break(WD_BREAK.PAGE)

    def _table(self, block: Table) -> None:
        if block.wide:
            section = self.word.add_section(WD_SECTION.NEW_PAGE)
            self._page(section, across=True)
        if block.caption:
            line = self._line(block.caption, role="heading", size=14, align=ALIGN.CENTER)
            _free(line, after=3)
            line.paragraph_format.keep_with_next = True
        if block.unit:
            line = self._line(self.words["unit"] + block.unit, size=10.5, align=ALIGN.RIGHT)
            _free(line, after=3)
            line.paragraph_format.keep_with_next = True
        many = len(block.columns)
        size = next(
            s for most, s in ((6, 12), (8, 10.5), (16, 9), (24, 8), (999, 7)) if many <= most
        )
        table = self.word.add_table(rows=0, cols=many, style="Table Grid")
        table.autofit = False
        room = HEIGHT if block.wide else WIDTH
        widths = [Mm(share * room) for share in block.shares]
        for column, own in zip(table.columns, widths, strict=True):
            column.width = own
        _close(table)
        head = self._row(table, widths)
        mark = OxmlElement("w:tblHeader")
        mark.set(qn("w:val"), "true")
        head._tr.get_or_add_trPr().append(mark)
        for cell, column in zip(head.cells, block.columns, strict=True):
            self._cell(cell, column.label, ALIGN.CENTER, size, role="heading")
        model = None
        for row in block.rows:
            texts = [_clean(_said(run)) for run in row]
            if model is None:
                model = deepcopy(self._texts(table, block, texts, widths, size)._tr)
                continue
            # A row like the first: to build each anew takes ten times as long.
            copied = deepcopy(model)
            for cell, text in zip(copied.tc_lst, texts, strict=True):
                cell.p_lst[0].r_lst[0].text = text
            table._tbl.append(copied)
        for row in block.totals:
            self._texts(table, block, [_said(run) for run in row], widths, size, bold=True)
        if block.note:
            _free(self._line(block.note, size=10.5), before=3)
        if block.wide:
            self._page(self.word.add_section(WD_SECTION.NEW_PAGE))

    def _texts(
        self, table: Any, block: Table, texts: list[str], widths: list[Any], size: float, *,
        bold: bool = False,
    ) -> Any:  # fmt: skip
        row = self._row(table, widths)
        for cell, column, text in zip(row.cells, block.columns, texts, strict=True):
            self._cell(cell, text, _ALIGN[column.align], size, bold=bold)
        return row

    @staticmethod
    def _row(table: Any, widths: list[Any]) -> Any:
        row = table.add_row()
        whole = OxmlElement("w:cantSplit")
        row._tr.get_or_add_trPr().append(whole)
        for cell, own in zip(row._tr.tc_lst, widths, strict=True):
            cell.width = own
        return row

    def _cell(
        self, cell: Any, text: str, align: Any, size: float, *, role: str = "body",
        bold: bool = False,
    ) -> None:  # fmt: skip
        line = cell.paragraphs[0]
        line.alignment = align
        _free(line, before=2, after=2)
        self._run(line, text, role=role, size=size, bold=bold)

    def _signed(self) -> None:
        """As in the PDF: with a seal the name stands centred above the day, else it leads it."""
        paper = self.document
        day = day_of(paper.signed_on, paper.language)
        if not paper.signed_by and not day:
            return
        for _n in range(2 if paper.seal else 1):
            self._line("")
        wide, dated = width(paper.signed_by) / 2, width(day) / 2
        if paper.seal:
            middle = max(4 + dated / 2, 2 + wide / 2)
            rights = (middle - wide / 2, middle - dated / 2)
        elif dated + 2 > wide:
            rights = (4 + dated - wide, 2.0)
        else:
            rights = (2.0, wide - dated)
        for text, right in zip((paper.signed_by, day), rights, strict=True):
            if text:
                line = self._line(text, align=ALIGN.RIGHT)
                line.paragraph_format.right_indent = Pt(right * self.advance)

    def _foot(self) -> None:
        """The foot: a table without sides at the lower edge of the last page's type area."""
        paper = self.document
        if not (paper.copies or paper.printed_by):
            return
        rows = int(bool(paper.copies)) + int(bool(paper.printed_by))
        table = self.word.add_table(rows=rows, cols=1)
        table.autofit = False
        table.columns[0].width = Mm(WIDTH)
        _close(table)
        _below(table)
        cells = [row.cells[0] for row in table.rows]
        for cell in cells:
            cell.width = Mm(WIDTH)
        lines = [cell.paragraphs[0] for cell in cells]
        if paper.copies:
            said = self.words["copies"] + paper.copies + self.words["stop"]
            self._run(lines[0], said, size=14)
            lines[0].paragraph_format.left_indent = Pt(14 * 4)
            lines[0].paragraph_format.first_line_indent = Pt(-14 * 3)
        if paper.printed_by:
            lines[-1].paragraph_format.left_indent = Pt(14)
            lines[-1].paragraph_format.tab_stops.add_tab_stop(
                Pt(WIDTH * POINTS - 14 - 6), WD_TAB_ALIGNMENT.RIGHT
            )
            self._run(lines[-1], f"{paper.printed_by}\t{printed(paper)}", size=14)
        for line in lines:
            _free(line, before=4, after=4)
            line.paragraph_format.right_indent = Pt(8)
        # A table that floats hangs on the paragraph behind it.
        _free(self._line("", size=1), 1)


def _said(run: Run) -> str:
    return run.text if isinstance(run, Figure) else run


def _clean(text: str) -> str:
    """The text without the characters that XML can't hold."""
    return "".join(
        one
        for one in text
        if one in "\t\n"
        or (one >= " " and one not in "\x7f\ufffe\uffff" and not "\ud800" <= one <= "\udfff")
    )


def _free(line: Any, exact: float = 0, *, before: float = 0, after: float = 0) -> None:
    """Off the grid, as what is no line of the text; ``exact``: the line's height in points."""
    properties = line._p.get_or_add_pPr()
    off = OxmlElement("w:snapToGrid")
    off.set(qn("w:val"), "0")
    properties.insert_element_before(off, *_BEHIND_GRID)
    if exact:
        line.paragraph_format.line_spacing_rule = WD_LINE_SPACING.EXACTLY
        line.paragraph_format.line_spacing = Pt(round(exact, 1))
    if before:
        line.paragraph_format.space_before = Pt(before)
    if after:
        line.paragraph_format.space_after = Pt(after)


def _edge(side: str, eighths: int, colour: str, *, line: str = "single", space: int = 4) -> Any:
    edge = OxmlElement(f"w:{side}")
    for name, value in (
        ("val", line), ("sz", str(eighths)), ("space", str(space)), ("color", colour),
    ):  # fmt: skip
        edge.set(qn(f"w:{name}"), value)
    return edge


def _border(line: Any, edge: Any) -> None:
    properties = line._p.get_or_add_pPr()
    borders = properties.find(qn("w:pBdr"))
    if borders is None:
        borders = OxmlElement("w:pBdr")
        properties.insert_element_before(borders, *_BEHIND_BORDER, "w:snapToGrid", *_BEHIND_GRID)
    borders.append(edge)


def _below(table: Any) -> None:
    """The table at the lower edge of the type area, with its lines: 0.35 mm, between 0.25 mm."""
    properties = table._tbl.tblPr
    place = OxmlElement("w:tblpPr")
    for name, value in (
        ("leftFromText", "0"), ("rightFromText", "0"), ("vertAnchor", "margin"),
        ("horzAnchor", "margin"), ("tblpXSpec", "left"), ("tblpYSpec", "bottom"),
    ):  # fmt: skip
        place.set(qn(f"w:{name}"), value)
    properties.insert_element_before(
        place, "w:tblOverlap", "w:bidiVisual", "w:tblStyleRowBandSize", "w:tblStyleColBandSize",
        "w:tblW", "w:jc", "w:tblCellSpacing", "w:tblInd",
    )  # fmt: skip
    borders = OxmlElement("w:tblBorders")
    for side, eighths in (("top", 8), ("bottom", 8), ("insideH", 6)):
        borders.append(_edge(side, eighths, "000000", space=0))
    properties.insert_element_before(
        borders, "w:shd", "w:tblLayout", "w:tblCellMar", "w:tblLook", "w:tblCaption"
    )


def _close(table: Any) -> None:
    """Its edges are those of the type area: cells' inner margins don't push it out."""
    properties = table._tbl.tblPr
    indent = OxmlElement("w:tblInd")
    indent.set(qn("w:w"), "0")
    indent.set(qn("w:type"), "dxa")
    margins = OxmlElement("w:tblCellMar")
    for side in ("left", "right"):
        margin = OxmlElement(f"w:{side}")
        margin.set(qn("w:w"), "60")
        margin.set(qn("w:type"), "dxa")
        margins.append(margin)
    properties.insert_element_before(
        indent, "w:tblBorders", "w:shd", "w:tblLayout", "w:tblCellMar", "w:tblLook"
    )
    properties.insert_element_before(margins, "w:tblLook", "w:tblCaption", "w:tblDescription")


def _neutral(data: bytes) -> bytes:
    """The archive with fixed times, so that the same paper is the same file."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as source,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            target.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), source.read(name),
                            zipfile.ZIP_DEFLATED)  # fmt: skip
    return out.getvalue()
