"""Papers as pictures: what they look like in the fonts that the product comes with.

``FANGXIAN_GOLDEN=1 make test ARGS=fangxian/common/papers`` takes the picture anew after a change;
look at it before it is kept.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from PIL import Image, ImageChops, ImageStat

from fangxian.common.papers import fonts
from fangxian.common.papers.documents import Document, Paragraph
from fangxian.common.papers.setting import pdf_of
from fangxian.common.papers.tests.test_papers import HAN, WHOLE

GOLDEN = Path(__file__).parent / "golden"
# A page as so many dots; what is left is where the black stands.
PAGE = (106, 150)
# Greys out of 255: between two builds of the typesetter the edges of letters differ by less.
MOST_OFF = 3.0
SEALED: dict[str, Any] = {"signed_by": "示例县指挥部", "signed_on": dt.date(2020, 2, 10)}
PAPERS = (
    WHOLE,
    Document("公示", (Paragraph((HAN * 3,)),), form="posting", **SEALED),
    Document("志愿服务证明", (Paragraph((HAN * 2,)),), form="certificate", seal=True, **SEALED),
)


def versions() -> dict[str, str]:
    """The versions of the fonts as fontconfig knows them."""
    asked = shutil.which("fc-match")
    if asked is None:
        return {}
    return {
        family: subprocess.run(
            [asked, "-f", "%{family[0]} %{fontversion}", f"{family}:weight=80"],
            check=True, capture_output=True, text=True, timeout=20,
        ).stdout
        for family in sorted(set(fonts.ROLES.values()))
    }  # fmt: skip


def pictures() -> Image.Image:
    """All pages beside each other, grey and small."""
    pages = []
    for paper in PAPERS:
        document = pypdfium2.PdfDocument(pdf_of(paper))
        pages += [document[n].render(scale=1).to_pil() for n in range(len(document))]
    sheet = Image.new("L", (PAGE[0] * len(pages), PAGE[1]), 255)
    for at, page in enumerate(pages):
        small = page.convert("L").resize(PAGE, Image.Resampling.BOX)
        sheet.paste(small, (at * PAGE[0], 0))
    return sheet


def test_papers_look_as_they_did() -> None:
    found = versions()
    sheet = pictures()
    if os.environ.get("FANGXIAN_GOLDEN") == "1":
        GOLDEN.mkdir(exist_ok=True)
        sheet.save(GOLDEN / "papers.png", optimize=True)
        (GOLDEN / "fonts.json").write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    if found != json.loads((GOLDEN / "fonts.json").read_text("utf-8")):
        pytest.skip(f"the picture was taken with other versions of the fonts: {found}")
    with Image.open(GOLDEN / "papers.png") as kept:
        assert kept.size == sheet.size, "another number of pages"
        off = ImageChops.difference(kept.convert("L"), sheet)
    for at in range(sheet.width // PAGE[0]):
        page = off.crop((at * PAGE[0], 0, (at + 1) * PAGE[0], PAGE[1]))
        # Where a line has moved, its strip differs though the page as a whole hardly does.
        for y in range(0, PAGE[1], 10):
            strip = ImageStat.Stat(page.crop((0, y, PAGE[0], y + 10)))
            assert strip.mean[0] < MOST_OFF, f"page {at + 1}, {y * 2} mm from the top"
