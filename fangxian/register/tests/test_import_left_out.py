"""Each row of a sheet below its header is imported, refused or told as left out."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from fangxian.common.actor import Actor
from fangxian.common.scoping import acting
from fangxian.core.actions import create_emergency
from fangxian.core.models import ImportRun
from fangxian.register.models import Residency
from fangxian.register.tests.importing import imported, previewed
from fangxian.register.tests.ledgers import person
from tests.kit.cast import make_cast, make_places

BY = Actor.system("test", "1309")
HEAD = ["序号", "姓名", "身份证号", "联系电话", "现住址"]


def row(number: int, name: str = "", **cells: str) -> list[str]:
    known = person(number)
    found = [str(number), name or known["姓名"], known["身份证号"], "", f"1-1-{101 + number}"]
    return [cells.get(label, text) for label, text in zip(HEAD, found, strict=True)]


def text(*rows: list[str]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


LEDGER = text(
    ["示例社区居民台账"],
    HEAD,
    row(0),
    ["小计", "", "", "1"],
    [],
    ["", "王小五", "", "", "1-1-201"],
    ["注：以下人员电话 13800001234 已停机"],
    ["", "赵小六", "", "", "1-1-202"],
    ["填表人：张三"],
)


def test_people_below_a_subtotal_come_in_and_the_other_rows_are_told(
    alice: Any, places: Any, client_of: Any
) -> None:
    run = imported(alice, LEDGER, places.grid, name="台账.csv")
    assert (run.rows_in, run.accepted) == (3, 3)
    with acting(alice):
        names = set(Residency.objects.values_list("person__name", flat=True))
    assert {"王小五", "赵小六"} <= names
    left_out = run.options["preview"]["left_out"]
    assert left_out == {
        "lines": [
            [4, "foot", "小计 1"],
            [7, "foot", "注：以下人员电话 138****1234 已停机"],
            [9, "foot", "填表人：张三"],
        ],
        "more": 0,
        "blank": [[5, 5]],
        "second": None,
    }
    for shown in (previewed(alice, LEDGER, places.grid, name="台账.csv"), run):
        page = client_of("alice").get(reverse("register:import_run", args=[shown.pk]))
        html = page.content.decode()
        assert 'id="rows-left-out"' in html
        assert "小计 1" in html
        assert "13800001234" not in html


def test_a_second_table_is_told_and_not_read(alice: Any, places: Any, client_of: Any) -> None:
    other = [["现住址", "姓名", "联系电话"], ["1-1-301", "钱小七", ""]]
    run = previewed(alice, text(HEAD, row(0), *other), places.grid, name="台账.csv")
    assert run.rows_in == 1
    assert run.options["preview"]["left_out"]["second"] == 3
    page = client_of("alice").get(reverse("register:import_run", args=[run.pk]))
    assert 'id="second-table"' in page.content.decode()


def test_a_plain_table_leaves_nothing_out(alice: Any, places: Any, client_of: Any) -> None:
    run = previewed(alice, text(HEAD, row(0)), places.grid, name="台账.csv")
    page = client_of("alice").get(reverse("register:import_run", args=[run.pk]))
    assert "rows-left-out" not in page.content.decode()


def test_the_command_names_the_rows_left_out(
    fresh_database: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    places = make_places()
    make_cast(places)
    file = tmp_path / "台账.csv"
    file.write_bytes(LEDGER)
    call_command("import_register", str(file), "--place", places.grid, "--as", "alice")
    said = capsys.readouterr().out.splitlines()[1:]
    assert said == [f"row left out: {number} (foot)" for number in (4, 7, 9)]
    emergency = create_emergency(
        by=BY, name="示例疫情", disease="示例疾病",
        place_code=places.county, level=2,
    )  # fmt: skip
    given = (str(file), "--place", places.grid, "--as", "alice", "--emergency")
    with pytest.raises(CommandError, match=emergency.name):
        call_command("import_register", *given, "另一起")
    call_command("import_register", *given, emergency.name)
    with acting(BY):
        assert ImportRun.objects.filter(emergency_id=emergency.id).count() == 1
