"""``fangxian import organisations``: a ledger without a browser."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command

from fangxian.common.scoping import acting
from fangxian.common.sheets import read_workbook
from fangxian.organisations.models import Member, Organisation
from tests.kit.cast import make_cast, make_places

TEXT = "单位名称,单位类型,姓名,职务\n示例局,机关单位,王一,局长\n无类局,,,\n"


def test_a_ledger_is_checked_then_written(fresh_database, tmp_path, capsys):
    places = make_places()
    cast = make_cast(places)
    by = cast.actor("headquarters")
    file, errors = tmp_path / "单位.csv", tmp_path / "错误.xlsx"
    file.write_text(TEXT, "utf-8")
    command = ["import_organisations", str(file), "--place", places.county]
    call_command(*command, "--as", "headquarters")
    assert capsys.readouterr().out == "changed=1 refused=1\n"
    with acting(by):
        assert not Organisation.objects.exists()
    call_command(*command, "--as", "headquarters", "--commit", "--errors", str(errors))
    assert "rows=2 accepted=1 rejected=1 changed=1" in capsys.readouterr().out
    with acting(by):
        assert Member.objects.get().duty == "局长"
    assert read_workbook(errors.read_bytes(), errors.name).sheets
    with pytest.raises(CommandError, match="bob may not import"):
        call_command(*command, "--as", "bob")
    with pytest.raises(CommandError, match=r"fehlt\.csv"):
        call_command(
            "import_organisations", str(tmp_path / "fehlt.csv"),
            "--place", places.county, "--as", "headquarters",
        )  # fmt: skip
