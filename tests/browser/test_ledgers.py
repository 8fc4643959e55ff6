"""Ledgers, an office's template and a paper in a browser, as community staff walk them."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from playwright.sync_api import Browser, Page, expect

from fangxian.core.tests.working import working
from tests.browser.kit import DESK, PHONE
from tests.browser.test_journey import Walk, _one_factor, county, fresh_database, walking

__all__ = ["_one_factor", "county", "fresh_database"]
pytestmark = [pytest.mark.browser, pytest.mark.slow(25), pytest.mark.timeout(300)]
LOOKS = [
    pytest.param(DESK, "zh-hans", id="desk-zh"),
    pytest.param(PHONE, "en", id="phone-en"),
]


def template(day: str) -> bytes:
    """What an office sends: figures by grid, under names of its own."""
    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet.append([f"网格情况统计表（{day}）"])
    sheet.append(["填报单位：", None, None, "填报日期："])
    sheet.append(["序号", "网格", "住户（户）", "在册人口数", "备注"])
    for _row in range(3):
        sheet.append([None] * 5)
    sheet.append(["合计", None, "=SUM(C4:C6)", "=SUM(D4:D6)", None])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def sent_in(page: Page, folder: Path, day: str) -> None:
    """Send a template in from the page of templates."""
    path = folder / f"网格情况{day}.xlsx"
    path.write_bytes(template(day))
    page.goto("/reporting/templates/")
    page.locator("a[href*='templates/new']").first.click()
    page.locator("input[type=file]").set_input_files(path)
    page.locator("main form .btn-primary").click()
    expect(page).to_have_url(re.compile(r"/reporting/templates/[0-9a-f-]{36}/$"))


def filled(page: Page) -> Any:
    """Wait for the workbook and open it."""
    expect(page).to_have_url(re.compile(r"/reporting/filled/"))
    for _try in range(60):
        if page.locator("a[href^='/core/files/']").count():
            break
        page.wait_for_timeout(500)
        page.reload()
    with page.expect_download() as found:
        page.locator("a[href^='/core/files/']").first.click()
    return openpyxl.load_workbook(io.BytesIO(Path(found.value.path()).read_bytes())).active


@pytest.mark.parametrize(("size", "language"), LOOKS)
def test_a_template_is_corrected_once_and_then_filled_by_one_click(
    browser: Browser, site: str, size: tuple[int, int], language: str, tmp_path: Path
) -> None:
    with working(), walking(browser, site, size, language) as walk:
        page = walk.page
        walk.sign_in("shequ")
        sent_in(page, tmp_path, "12")
        walk.stop("template-columns")
        # The column that nobody could know is chosen once.
        page.locator("select[name=t0_c2]").select_option("register.residents")
        page.locator("main form .btn-primary").last.click()
        expect(
            page.locator("form[action$='/fill/'], form[action*='/fill/?']").first
        ).to_be_visible()
        walk.stop("template-known")
        page.locator("form[action*='/fill/'] .btn-primary").first.click()
        sheet = filled(page)
        walk.stop("template-filled")
        assert isinstance(sheet["D4"].value, int)
        assert sheet["D4"].value > 0
        assert str(sheet["A2"].value).startswith("填报单位：")
        assert len(str(sheet["A2"].value)) > 6
        # The next day the same columns come again: one click.
        sent_in(page, tmp_path, "13")
        page.goto("/reporting/templates/")
        walk.stop("templates")
        page.locator("form[action*='/fill/'] .btn-primary").first.click()
        again = filled(page)
        assert again["D4"].value == sheet["D4"].value
        assert "13" in again["A1"].value


@pytest.mark.parametrize(("size", "language"), LOOKS)
def test_a_ledger_is_put_together_and_a_figure_opens_to_its_rows(
    browser: Browser, site: str, size: tuple[int, int], language: str
) -> None:
    with walking(browser, site, size, language) as walk:
        page = walk.page
        walk.sign_in("shequ")
        page.goto("/reporting/")
        walk.stop("ledgers")
        page.locator("a[href$='/register.residents/']").first.click()
        walk.stop("ledger")
        page.locator("a[href*='/change/']").first.click()
        walk.stop("ledger-columns")
        page.locator("select[name=f0_column]").select_option("sex")
        page.locator("input[name=f0_value]").fill("2")
        page.locator("main form .btn-primary").last.click()
        expect(page).to_have_url(re.compile(r"/reporting/ledgers/"))
        walk.stop()
        page.locator("a[href*='/keep/']").first.click()
        walk.stop("ledger-keep")
        # From any page with a figure: its definition, then its rows.
        page.goto("/reporting/figures/")
        walk.stop("figures")
        page.locator("a[href*='/figures/register.tenants/']").first.click()
        walk.stop("figure")
        page.locator("a[href*='measure=register.tenants']").first.click()
        expect(page.locator("main table, main .fx-empty").first).to_be_visible()
        walk.stop()


@pytest.mark.parametrize(("size", "language"), LOOKS)
def test_a_paper_is_drafted_reviewed_and_issued(
    browser: Browser, site: str, size: tuple[int, int], language: str
) -> None:
    with walking(browser, site, size, language) as walk:
        page = walk.page
        walk.sign_in("shequ")
        page.goto("/reporting/papers/")
        walk.stop("papers")
        page.locator("a[href*='/papers/new/posting/']").first.click()
        walk.stop("paper-new")
        for field in page.locator("main textarea").all():
            field.fill("示例文字")
        page.locator("main form .btn-primary").last.click()
        expect(page).to_have_url(re.compile(r"/papers/[0-9a-f-]{36}/$"))
        walk.stop("paper")
        page.locator("form[action$='/submit/'] button").click()
        paper = page.url
    with walking(browser, site, size, language) as walk:
        page = walk.page
        walk.sign_in("zhihuibu")
        page.goto(paper)
        page.locator("form[action$='/issue/'] button").click()
        expect(page.locator(".fx-paper__number")).to_be_visible()
        walk.stop("paper-issued")
        _templates(walk)


def _templates(walk: Walk) -> None:
    """What a clerk writes is checked: the mistake is named with its line."""
    page = walk.page
    page.goto("/reporting/papers/templates/daily/")
    walk.stop("paper-template")
    text = page.locator("textarea[name=source]")
    text.fill(text.input_value() + "\n{{ 没有这个数 }}")
    page.locator("main form .btn-primary").last.click()
    expect(page.locator(".fx-summary")).to_contain_text("没有这个数")
