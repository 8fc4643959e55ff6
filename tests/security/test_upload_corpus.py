"""Every file that offices send and every file that nobody should, uploaded through HTTP.

A file is either refused in the form, with what is wrong and how to mend it, and leaves nothing
behind; or it is imported, and its rows in are those accepted and those rejected.
"""

from __future__ import annotations

import io
import re
import resource
import subprocess
import sys
import zipfile
from typing import Any

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from fangxian.common import capped
from fangxian.common.scoping import acting
from fangxian.common.sheets import read_workbook
from fangxian.common.sheets.errors import FILE_MESSAGES
from fangxian.common.sheets.sheetreader.limits import ADDRESS_SPACE_BYTES, CPU_SECONDS
from fangxian.common.sheets.tests import corpus
from fangxian.core.actions import read_file
from fangxian.core.models import File, ImportRun, Job
from fangxian.core.tests.importing import run_job
from fangxian.field.models import FormDefinition
from fangxian.field.questionnaire.xlsform import MOST_ROWS
from fangxian.people.models import Person
from fangxian.register.models import Household, Residency

pytestmark = pytest.mark.django_db
# Linux tells kilobytes, macOS bytes.
RSS_UNIT = 1 if sys.platform == "darwin" else 1024
# Said by the reading process itself at its end: what its parent could ask the system for counts
# from the parent's own size on. It opens the file before its doors are closed.
_SAYS_ITS_PEAK = (
    "import atexit, os; status = os.open('/proc/self/status', os.O_RDONLY); "
    "atexit.register(lambda: os.write(2, os.pread(status, 65536, 0))); "
)
PEAK = re.compile(rb"^VmHWM:\s+(\d+) kB$", re.MULTILINE)


def written() -> dict[str, int]:
    models: tuple[Any, ...] = (Person, Household, Residency, File, ImportRun, Job)
    return {model.__name__: model.objects.count() for model in models}


def usage() -> tuple[resource.struct_rusage, int]:
    """What ended children used so far, and the peak of this process in bytes."""
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * RSS_UNIT
    return resource.getrusage(resource.RUSAGE_CHILDREN), own


def upload(client: Any, place: str, name: str, data: bytes) -> Any:
    file = SimpleUploadedFile(name, data)
    return client.post(reverse("register:import"), {"place_code": place, "file": file})


def work(by: Any) -> None:
    """Do what the worker would: run the job that waits."""
    with acting(by):
        job = Job.objects.get(state="queued")
    run_job(by, job)
    with acting(by):
        Job.objects.filter(pk=job.pk).update(state="done", finished_at=timezone.now())


def through(client: Any, by: Any, columns_url: str) -> ImportRun:
    """From the columns as proposed over the preview to the end of the import."""
    page = client.get(columns_url)
    assert page.status_code == 200
    chosen = {
        f"column-{row['it'].position}": row["it"].field or "" for row in page.context["proposals"]
    }
    answer = client.post(columns_url, chosen)
    assert answer.status_code == 302
    work(by)
    preview = client.get(answer["Location"])
    assert preview.status_code == 200
    with acting(by):
        run = ImportRun.objects.latest("created_at")
    assert run.state == "ready"
    assert client.post(answer["Location"]).status_code == 302
    work(by)
    assert client.get(answer["Location"]).status_code == 200
    with acting(by):
        run.refresh_from_db()
    return run


@pytest.fixture
def peaks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The peaks in bytes of the reading processes that ended by themselves (Linux)."""
    found: list[int] = []
    if not sys.platform.startswith("linux"):
        return found

    class Telling(subprocess.Popen[bytes]):
        def __init__(self, command: list[str], **options: Any) -> None:
            super().__init__(command, **options | {"stderr": subprocess.PIPE})

        def wait(self, timeout: float | None = None) -> int:
            assert self.stderr is not None
            said = b"" if self.stderr.closed else self.stderr.read()
            self.stderr.close()
            found.extend(int(kilobytes) * 1024 for kilobytes in PEAK.findall(said))
            return super().wait(timeout)

    monkeypatch.setattr(capped, "_START", _SAYS_ITS_PEAK + capped._START)
    monkeypatch.setattr(capped.subprocess, "Popen", Telling)
    return found


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_a_reading_process_says_its_peak(peaks: list[int]) -> None:
    read_workbook("姓名,住址\n张三,1-1-101\n".encode())
    assert len(peaks) == 1
    assert 4 << 20 < peaks[0] < ADDRESS_SPACE_BYTES


@pytest.mark.parametrize("name", corpus.names())
def test_uploaded(name: str, client_of: Any, alice: Any, places: Any, peaks: list[int]) -> None:
    sample = corpus.build(name)
    client = client_of("alice")
    with acting(alice):
        before = written()
    spent, own = usage()
    answer = upload(client, places.grid, sample.filename, sample.data)
    after, grown = usage()
    # The process that reads foreign bytes is a child, capped in time and memory.
    cpu = after.ru_utime + after.ru_stime - spent.ru_utime - spent.ru_stime
    assert cpu < CPU_SECONDS + 1
    assert all(peak < ADDRESS_SPACE_BYTES for peak in peaks)
    assert grown - own < ADDRESS_SPACE_BYTES
    if answer.status_code == 422:
        assert_told(answer, sample)
        with acting(alice):
            assert written() == before
        return
    assert answer.status_code == 302
    assert sample.code is None, f"{name} should have been refused as {sample.code}"
    with acting(alice):
        assert Person.objects.count() == 0, "nothing is written before the preview was seen"
    run = through(client, alice, answer["Location"])
    assert run.state == "finished"
    assert run.rows_in == run.accepted + run.rejected
    with acting(alice):
        assert run.rows.count() == run.rows_in
        assert run.rows.filter(state="waiting").count() == 0
        assert Person.objects.count() <= run.accepted
        assert (run.result_file is not None) == (run.rejected > 0)
        if run.result_file is not None:
            returned = read_file(by=alice, file_id=run.result_file_id)
            assert read_workbook(returned).sheets
            assert_no_new_formula(sample.data, returned)


def assert_told(answer: Any, sample: corpus.Sample) -> None:
    """The form says what is wrong and how to mend it, at the field of the file."""
    errors = answer.context["form"].errors["file"].as_data()
    assert len(errors) == 1
    message = str(errors[0].messages[0])
    assert escape(message) in answer.content.decode()
    if sample.code is not None:
        # A table that nobody can find is told as such; a file that can't be read by its own code.
        assert any(pattern.search(message) for pattern in map(_told, sample.accepted_codes)), (
            message
        )


def _told(code: str) -> re.Pattern[str]:
    """What the error of a code says, whatever it names in it."""
    said, mend = FILE_MESSAGES[code]
    return re.compile(
        ".*".join(re.sub(r"%\\\(\w+\\\)[ds]", ".+", re.escape(str(t))) for t in (said, mend))
    )


def formulas(data: bytes) -> int:
    if data[:2] != b"PK":
        return 0
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        sheets = [n for n in archive.namelist() if n.startswith("xl/worksheets/sheet")]
        return sum(archive.read(n).count(b"<f>") + archive.read(n).count(b"<f ") for n in sheets)


def assert_no_new_formula(sent: bytes, returned: bytes) -> None:
    """What comes back computes nothing that the sender's own workbook did not compute."""
    assert formulas(returned) <= formulas(sent)


def test_a_file_above_the_limit_is_refused_in_the_form(
    client_of: Any, alice: Any, places: Any, settings: Any
) -> None:
    settings.FANGXIAN_UPLOAD_MB = 1
    answer = upload(client_of("alice"), places.grid, "台账.csv", b"a,b\n" * (1 << 19))
    assert answer.status_code == 422
    assert "1 MB" in answer.content.decode()
    with acting(alice):
        assert set(written().values()) == {0}


def test_a_form_without_end_is_refused_in_the_form(client_of: Any, places: Any) -> None:
    """What the capped process has read is understood by the one that serves pages."""
    survey = [["type", "name", "label"], *([["text", "a", "x"]] * (MOST_ROWS["survey"] + 1))]
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as workbook:
        sheet = workbook.add_worksheet("survey")
        for at, row in enumerate(survey):
            sheet.write_row(at, 0, row)
    known = FormDefinition.objects.count()
    sent = {"code": "endless", "file": SimpleUploadedFile("表.xlsx", out.getvalue())}
    answer = client_of("headquarters").post(reverse("field:form_import"), sent)
    assert answer.status_code == 422
    assert str(MOST_ROWS["survey"]) in answer.context["problems"][0]
    assert FormDefinition.objects.count() == known


def test_a_name_of_a_path_harms_nothing(client_of: Any, alice: Any, places: Any) -> None:
    for name in ("../../etc/passwd.csv", "a\x00b.csv", "长" * 300 + ".csv", '"><script>.csv'):
        answer = upload(client_of("alice"), places.grid, name, "姓名,住址\n张三,1-1-101\n".encode())
        assert answer.status_code in (302, 422)
        if answer.status_code == 302:
            page = client_of("alice").get(answer["Location"])
            assert page.status_code == 200
            assert b'"><script>.csv' not in page.content


GEOJSON = {
    "properties as a list": b'{"features": [{"properties": [1], "geometry": null}]}',
    "properties as a text": b'{"features": [{"properties": "x", "geometry": null}]}',
    "features as an object": b'{"features": {"type": "Feature"}}',
    "features of texts": b'{"features": ["x", null, 7]}',
    "identifiers as objects": b'{"features": [{"id": {}, "properties": {"code": [], "name": {}}}]}',
    "types as lists": b'{"features": [{"properties": {}, "geometry": {"type": ["Polygon"]}}]}',
    "a bare geometry": b'{"type": "Point", "coordinates": [116.8, 38.3]}',
    "a number that is none": b'{"features": [{"properties": {"code": NaN}}]}',
    "a list": b"[]",
    "nothing": b"",
    "deep": b'{"features": ' + b"[" * 5000 + b"]" * 5000 + b"}",
    "deep collections": b'{"features": [{"properties": {}, "geometry": '
    + b'{"type": "GeometryCollection", "geometries": [' * 200
    + b"]}" * 200
    + b"}]}",
    "another encoding": "{“features”: []}".encode("gb18030"),
}


@pytest.mark.parametrize("name", GEOJSON)
@pytest.mark.parametrize("page", ["boundaries", "plans"])
def test_uploaded_geojson(name: str, page: str, client_of: Any, places: Any) -> None:
    field = {"boundaries": "file", "plans": "roads"}[page]
    file = SimpleUploadedFile("a.geojson", GEOJSON[name])
    answer = client_of("alice").post(
        reverse(f"regions:{page}", args=[places.community]), {field: file}
    )
    assert answer.status_code in (302, 422), answer.content
    if answer.status_code == 422:
        assert answer.context["form"].errors
