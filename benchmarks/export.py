"""What leaves the house: a ledger of 100,000 residents as a workbook, a bulletin as a PDF.

The ledger is asked for, approved by a second account and made by its job: read in one scope with
masked numbers, written, sealed, kept. The reference, in the same run, has the rows before it and
writes them alone: XlsxWriter in constant memory. The bulletin of one page in the style of GB/T 9704
is made as the pages make it: a process of its own for each paper, which looks for the fonts anew;
the reference, from the same template and words: typst in this process.
"""

from __future__ import annotations

import argparse
import datetime as dt
import io
import json
import time
from collections.abc import Callable, Sequence
from typing import Any

from _database import database
from _job import perform
from _report import percentile, report

REFERENCE = (
    "XlsxWriter in constant memory, of rows that lie ready; "
    "typst in this process, its fonts looked for anew"
)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--runs", type=int, default=15)
    options.add_argument("--rows", type=int, default=100_000, help="rows of the ledger")
    given = options.parse_args()
    with database():
        job, written, plain = xlsx_s(given.rows)
        ours, alone = pdf_s(given.runs)
    size = f"xlsx_{given.rows // 1000}k_s"
    report(
        "export",
        {size: round(job, 2), f"{size[:-2]}_written_s": round(written, 2), "pdf_s": round(ours, 3)},
        reference={"name": REFERENCE, size: round(plain, 2), "pdf_s": round(alone, 3)},
        ratio={size: round(plain / written, 2), "pdf_s": round(ours / alone, 2)},
        runs=given.runs,
    )


def xlsx_s(rows: int) -> tuple[float, float, float]:
    """Seconds of a ledger of so many residents: its job, our writer alone, and XlsxWriter alone."""
    import _county

    from fangxian.common.facts import View
    from fangxian.common.facts.plans import stream
    from fangxian.common.scoping import acting
    from fangxian.reporting import actions, writing
    from fangxian.reporting.models import Taking

    _county.fill(rows)
    clerk, second = _staff("clerk"), _staff("second")
    view = View("register.residents")
    taking = actions.ask(
        by=clerk, view=view, place_code=_county.COUNTY, title="居民台账", form="xlsx"
    )
    if taking.state == Taking.State.ASKED:
        actions.decide(by=second, taking_id=taking.pk)
        taking = actions.make(by=clerk, taking_id=taking.pk)
    job = _seconds(lambda: perform(clerk, taking.job))
    with acting(clerk):
        taking.refresh_from_db()
        if taking.file is None or taking.rows != rows:
            raise SystemExit(f"{taking.rows} rows of {rows} were written")
        columns = writing.export_columns(view, clerk, clear=False)
        lines = [list(line.cells) for line in stream(view, clerk, _county.COUNTY)]
    out = io.BytesIO()
    written = _seconds(
        lambda: writing.write(out, "xlsx", columns, lines, title="居民台账", taken="clerk")
    )
    return job, written, _seconds(lambda: _xlsxwriter(columns, lines))


def _xlsxwriter(columns: Sequence[Any], lines: Sequence[Sequence[Any]]) -> None:
    import xlsxwriter

    book = xlsxwriter.Workbook(
        io.BytesIO(), {"constant_memory": True, "strings_to_formulas": False}
    )
    sheet = book.add_worksheet("居民台账")
    sheet.write_row(0, 0, [str(column.label) for column in columns])
    for at, line in enumerate(lines, 1):
        sheet.write_row(at, 0, line)
    book.close()


def _staff(name: str) -> Any:
    """An account that takes ledgers and approves those of others."""
    from _county import COUNTY

    from fangxian.accounts.actions import create_user
    from fangxian.common.actor import Actor

    user = create_user(
        by=Actor.system("bench", ""), username=name, display_name=name, region_code=COUNTY
    ).user
    rights = {"reporting.view", "reporting.export", "reporting.approve", "register.view",
              "people.view", "core.files"}  # fmt: skip
    return Actor(name, frozenset(rights), COUNTY, name, user_id=user.id, purpose="benchmark")


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
