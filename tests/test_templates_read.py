"""Reading a template that an office has sent: at once where it is small, else by a job."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest
from django.urls import reverse
from django.utils import timezone

from fangxian.common.errors import Invalid
from fangxian.common.scoping import acting
from fangxian.common.sheets import SheetError, read_workbook
from fangxian.common.sheets.filling import can_convert, outline
from fangxian.common.sheets.tests.filling_corpus import old_xls
from fangxian.core.actions.files import content_of
from fangxian.core.models import Job
from fangxian.core.tests.importing import run_job
from fangxian.reporting.actions.templates import QUICK_BYTES, outline_of
from fangxian.reporting.models import OfficeTemplate
from tests.test_ledgers import answer, one, people, sent, text
from tests.test_templates import roster, saved, upload

__all__ = ["people"]


def reading() -> Job:
    """The job that reads the template."""
    return one(Job, pk=one(OfficeTemplate).job_id)  # type: ignore[no-any-return]


def late(client: Any, data: bytes, name: str = "表.xlsx") -> tuple[Any, Job]:
    """Send in what is read by a job: its page, and the job that waits."""
    shown = upload(client, data, name)
    assert shown.status_code == 302
    return shown["Location"], reading()


def grown(data: bytes) -> bytes:
    """The same workbook, larger than what is read within the request."""
    out = io.BytesIO(data)
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("docProps/seal.bin", b"\x00" * QUICK_BYTES)
    return out.getvalue()


def test_a_large_template_is_read_by_a_job_and_its_columns_come_by_themselves(
    people: Any, client_of: Callable[[str], Any], cast: Any
) -> None:
    alice, by = client_of("alice"), cast.actor("alice")
    data = grown(roster())
    page, job = late(alice, data)
    template = one(OfficeTemplate)
    assert (template.state, template.choices) == ("unread", {})
    waiting = text(alice.get(page))
    assert reverse("core:job_progress", args=[job.pk]) + "?then=reload" in waiting
    assert "register.residents" not in waiting
    assert template.get_state_display() in text(answer(alice, "templates"))
    # Sent again, filled or confirmed meanwhile: nothing begins twice, nothing breaks.
    upload(alice, data)
    assert reading() == job
    assert sent(alice, "template_fill", template.pk, way="one").status_code in (409, 422)
    assert sent(alice, "template", template.pk, t0_mode="skip").status_code == 200
    run_job(by, job)
    polled = alice.get(reverse("core:job_progress", args=[job.pk]) + "?then=reload")
    assert polled["HX-Refresh"] == "true"
    template = one(OfficeTemplate)
    assert template.state == "read"
    assert "register.residents" in text(alice.get(page))
    ((sheet, table),) = outline_of(template).tables()
    assert outline_of(template) == outline(template.name, data)
    assert (sheet.name, table.header_rows) == ("人员", (3, 4))
    # Its worker was lost after that: begun anew it leaves what was decided meanwhile.
    kept = {**template.choices, "blanks": {}}
    with acting(by):
        OfficeTemplate.objects.filter(pk=template.pk).update(choices=kept)
        Job.objects.filter(pk=job.pk).update(state="queued", finished_at=None)
    run_job(by, job)
    assert one(OfficeTemplate).choices == kept


def test_why_a_template_cant_be_read_is_shown_with_the_mend(
    people: Any, client_of: Callable[[str], Any], cast: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    alice, by = client_of("alice"), cast.actor("alice")
    page, job = late(alice, old_xls(), "日报.xls")
    with pytest.raises(Invalid) as caught:
        run_job(by, job)
    assert caught.value.problems[0].code == "no_converter"
    shown = text(alice.get(page))
    error = SheetError("no_converter")
    assert error.message in shown
    assert error.mend in shown
    # With the package installed it is read again, by the same button or the same file.
    with acting(by):
        Job.objects.filter(pk=job.pk).update(state="failed", finished_at=timezone.now())
    sent(alice, "template_read", one(OfficeTemplate).pk)
    template = one(OfficeTemplate)
    assert (template.state, template.fault) == ("unread", {})
    assert reading() != job
    monkeypatch.undo()
    if can_convert():
        run_job(by, reading())
        assert one(OfficeTemplate).state == "read"
        with acting(by):
            assert read_workbook(content_of(OfficeTemplate.objects.get().file)).format == "xlsx"


def test_a_stopped_reading_is_begun_anew(
    people: Any, client_of: Callable[[str], Any], cast: Any
) -> None:
    alice, by = client_of("alice"), cast.actor("alice")
    data = grown(roster())
    page, job = late(alice, data)
    alice.post(reverse("core:job_cancel", args=[job.pk]))
    with acting(by):
        job.refresh_from_db()
    assert job.state == "stopped"
    assert reverse("reporting:template_read", args=[one(OfficeTemplate).pk]) in text(
        alice.get(page)
    )
    upload(alice, data)
    again = reading()
    assert again != job
    run_job(by, again)
    assert one(OfficeTemplate).state == "read"


def test_more_places_than_anybody_looks_at_are_refused(
    people: Any, client_of: Callable[[str], Any], cast: Any
) -> None:
    book = openpyxl.Workbook()
    for number in range(3_000):
        book.active.append([f"问题{number}：□是 □否"])
    page = upload(client_of("alice"), saved(book))
    assert page.status_code == 422
    assert SheetError("too_many_places", limit=2_000).mend in text(page)
