"""Papers that leave the house: a bulletin of one page in the style of GB/T 9704 as a PDF.

As the pages make it: a process of its own for each paper, which looks for the fonts anew. The
reference, in the same run and from the same template and words: typst in this process.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import time
from collections.abc import Callable
from typing import Any

from _database import database
from _report import percentile, report

REFERENCE = "typst in this process, its fonts looked for anew"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--runs", type=int, default=15)
    given = options.parse_args()
    with database():
        ours, alone = pdf_s(given.runs)
    report(
        "export",
        {"pdf_s": round(ours, 3)},
        reference={"name": REFERENCE, "pdf_s": round(alone, 3)},
        ratio={"pdf_s": round(ours / alone, 2)},
        runs=given.runs,
    )


def pdf_s(runs: int) -> tuple[float, float]:
    """Seconds of a bulletin that nineteen of twenty don't exceed: ours, and typst's alone."""
    from fangxian.common.papers.setting import pdf_of

    paper = bulletin()
    assert pdf_of(paper).startswith(b"%PDF")
    ours, alone = [], []
    for _run in range(runs):
        ours.append(_seconds(lambda: pdf_of(paper)))
        alone.append(_seconds(lambda: _plain(paper)))
    return percentile(ours, 0.95), percentile(alone, 0.95)


def bulletin() -> Any:
    """A daily bulletin of a page: a head, texts, a table of towns."""
    from fangxian.common.papers.documents import (
        Document,
        Figure,
        Heading,
        Note,
        Paragraph,
        Table,
        TableColumn,
    )

    said = ("全县登记住户", Figure("20000"), "户，已访", Figure("19000"), "户，完成率95.0%。")
    towns = tuple((f"第{n}镇", str(1000 + n), str(950 + n), "95.0%") for n in range(1, 7))
    numbers = (TableColumn(label, "right") for label in ("户数", "已访", "完成率"))
    columns = (TableColumn("乡镇"), *numbers)
    day = dt.date(2020, 2, 10)
    return Document(
        "疫情防控日报",
        (
            Heading(1, "一、总体情况"), Paragraph(said), Table(columns, towns, "进展", "户"),
            Note("截至2020年2月10日24时；来源：入户摸排台账"),
        ),
        head="示例县疫情防控工作指挥部", number="第12期", signed_by="示例县疫情防控工作指挥部",
        signed_on=day, printed_by="指挥部办公室", printed_on=day,
    )  # fmt: skip


def _plain(paper: Any) -> None:
    import typst

    from fangxian.common.papers.setting import data_of, template

    made = typst.compile(
        template().encode(),
        font_paths=typst.Fonts(),
        sys_inputs={"data": json.dumps(data_of(paper), ensure_ascii=False)},
    )
    assert made.startswith(b"%PDF")


def _seconds(done: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    done()
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
