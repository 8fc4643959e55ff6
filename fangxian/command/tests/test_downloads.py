"""Lists of gaps and vacancies to take along: at once, by a job, harmless in a spreadsheet."""

from __future__ import annotations

import csv
import datetime as dt
import io
import zipfile
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone
from python_calamine import CalamineWorkbook

from fangxian.command import coverage as boards
from fangxian.command import exporting
from fangxian.common.actor import Actor
from fangxian.common.scoping import acting
from fangxian.core.actions import purge_files, read_file
from fangxian.core.jobs import kinds
from fangxian.core.models import File, Job
from fangxian.core.progress import Progress
from fangxian.field.queries import gaps
from fangxian.regions.queries import at

LISTS = ("gaps_xlsx", "gaps_csv", "vacancies_xlsx", "vacancies_csv")


class Quiet(Progress):
    """Progress without its second connection, which would not see the test's transaction."""

    def _write(self):
        pass


def written_by(job, by):
    """The file that a queued job writes."""
    token = uuid4()
    with acting(by):
        Job.objects.filter(pk=job.pk).update(state="running", run_token=token)
        job.refresh_from_db()
    return kinds.get(job.kind).run(Quiet(job, by, token), **job.args)


def address(name, sweep, code):
    args = [sweep.id, code] if name.startswith("gaps") else [code]
    return reverse(f"command:{name}", args=args)


def cells(data):
    return CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()


def lines(data):
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))


def test_the_list_of_gaps_as_excel_and_csv(client_of, sweep, places, officer):
    client = client_of("alice")
    found = lines(client.post(address("gaps_csv", sweep, places.community)).content)
    assert len(found) == 1 + 3
    assert "王一" in found[1]
    book = client.post(address("gaps_xlsx", sweep, places.community))
    rows = cells(book.content)
    assert len(rows) == 2 + 3
    assert "alice" in str(rows[0][0])
    assert "filename*=utf-8''" in book["Content-Disposition"]


def test_the_list_of_vacancies(client_of, alice, sweep, places):
    answer = client_of("alice").post(address("vacancies_xlsx", sweep, places.community))
    with acting(alice):
        missing = boards.board(None, at(places.community)).own.vacancies
        assert exporting.vacancies_count(places.community) == len(cells(answer.content)) - 2
    assert sum(int(row[3]) for row in cells(answer.content)[2:]) == missing > 0


@pytest.mark.parametrize("name", LISTS)
def test_looking_at_an_address_writes_nothing(client_of, alice, sweep, places, name, monkeypatch):
    monkeypatch.setattr(exporting, "AT_ONCE", 0)
    assert client_of("alice").get(address(name, sweep, places.community)).status_code == 405
    with acting(alice):
        assert not Job.objects.filter(kind__startswith="command.").exists()


@pytest.mark.parametrize("name", LISTS)
def test_many_rows_are_written_by_a_job_and_not_kept_for_ever(
    client_of, alice, sweep, places, name, monkeypatch
):
    client, here = client_of("alice"), address(name, sweep, places.community)
    at_once = client.post(here)
    assert at_once.status_code == 200
    monkeypatch.setattr(exporting, "AT_ONCE", 1)
    answer = client.post(here)
    with acting(alice):
        job = Job.objects.get(kind__startswith="command.")
    assert answer.url == reverse("core:job", args=[job.id])
    file = written_by(job, alice)
    data = read_file(by=alice, file_id=file.id)
    # What stands above an Excel table names the minute it was written.
    same = lines if name.endswith("csv") else lambda book: cells(book)[1:]
    assert same(data) == same(at_once.content)
    assert file.keep_until == timezone.localdate() + dt.timedelta(days=exporting.KEPT_DAYS)
    purge_files(by=Actor.system("test", ""), today=file.keep_until + dt.timedelta(days=1))
    with acting(alice):
        assert File.objects.get(pk=file.pk).purged_at is not None


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t="])
@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_a_name_that_begins_like_a_formula_stays_text(alice, sweep, places, sign, form):
    text = f"{sign}HYPERLINK(A1)"
    with acting(alice):
        door = gaps(sweep, places.community)[0].household
        type(door).objects.filter(pk=door.pk).update(room=text)
        type(sweep).objects.filter(pk=sweep.pk).update(name=text)
        sweep.refresh_from_db()
        out = io.BytesIO()
        exporting.write(out, exporting.gaps_ledger(sweep, places.community, "=who"), form)
    if form == "csv":
        assert "'" + text in [cell for row in lines(out.getvalue()) for cell in row]
        assert not any(c[0] in "=+-@" for row in lines(out.getvalue()) for c in row if c)
    else:
        rows = cells(out.getvalue())
        assert text in [cell for row in rows for cell in row]
        with zipfile.ZipFile(io.BytesIO(out.getvalue())) as book:
            sheet = book.read("xl/worksheets/sheet1.xml").decode()
        assert "HYPERLINK" in sheet
        assert "<f" not in sheet.replace("<font", "")
