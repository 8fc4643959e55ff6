"""Ledgers as staff use them: put together, kept, shared, taken away, approved."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Callable
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest
from django.urls import reverse
from django.utils import timezone

from fangxian.accounts.models import AccessLog
from fangxian.common.facts import Filter, View, plans
from fangxian.common.scoping import acting
from fangxian.core import runner
from fangxian.core.actions import read_file
from fangxian.core.models import Job, Notification, Task
from fangxian.core.tests.importing import run_job
from fangxian.people.actions import change_person
from fangxian.register import actions as register
from fangxian.reporting import actions
from fangxian.reporting.models import Ledger, Shot, Taking

DAY = dt.date(2020, 2, 1)
NUMBER, PHONE = "11010519491231002X", "13800131949"
NAMES = ("=HYPERLINK(1)", "王小二", "李雷", "韩梅梅", "赵四")


@pytest.fixture
def people(places: Any, alice: Any) -> list[Any]:
    """Five residents in two homes; the first has a number and a phone and a hostile name."""
    made = []
    with acting(alice):
        homes = [
            register.create_household(by=alice, place_code=places.unit, room=room)
            for room in ("101", "102")
        ]
        for at, name in enumerate(NAMES):
            made.append(
                register.move_in(
                    by=alice,
                    household_id=homes[at % 2].pk,
                    on=DAY,
                    name=name,
                    relation="head" if at < 2 else "child",
                    kind="tenant" if at == 4 else "registered",
                    documents=[("identity", NUMBER)] if at == 1 else (),
                    phones=[PHONE] if at == 1 else (),
                )
            )
    return made


def one(model: Any, **of: Any) -> Any:
    """The row of which this is true, as the whole installation sees it."""
    with acting(runner.system_actor("test")):
        return model.objects.get(**of)


def answer(client: Any, name: str, /, *args: Any, **data: Any) -> Any:
    return client.get(reverse(f"reporting:{name}", args=args), data)


def sent(client: Any, name: str, /, *args: Any, **data: Any) -> Any:
    return client.post(reverse(f"reporting:{name}", args=args), data)


def text(page: Any) -> str:
    return str(page.content.decode())


def test_put_together_kept_shared_and_removed(
    people: Any, client_of: Callable[[str], Any], places: Any
) -> None:
    alice = client_of("alice")
    page = answer(alice, "table_page", "register.residents")
    assert page.status_code == 200
    assert "王小二" in text(page)
    assert PHONE not in text(page)
    wanted = {
        "show_name": "on", "at_name": "1", "show_phone": "on", "show_kind": "on",
        "f0_column": "name", "f0_operation": "has", "f0_value": "韩", "s0": "name",
    }  # fmt: skip
    bad = sent(alice, "table_change", "register.residents", **wanted | {"f1_column": "age",
               "f1_operation": "from", "f1_value": "old"})  # fmt: skip
    assert bad.status_code == 422
    assert "old" in text(bad)
    shown = sent(alice, "table_change", "register.residents", **wanted)
    assert shown.status_code == 302
    # What was searched for stands in no address.
    assert "%E9" not in shown["Location"]
    page = alice.get(shown["Location"])
    assert "韩梅梅" in text(page)
    assert "王小二" not in text(page)
    draft = one(Ledger, name="")
    kept = sent(alice, "ledger_keep", draft.pk, name="Han", shared="on", form="xlsx")
    ledger = one(Ledger, name="Han")
    assert kept["Location"].endswith(f"{ledger.pk}/")
    again = sent(alice, "table_keep", "register.residents", name="Han", form="xlsx")
    assert again.status_code == 409
    # A colleague below uses it, in the colleague's own area; elsewhere nobody finds it.
    below = client_of("bob")
    assert "韩梅梅" in text(answer(below, "ledger_page", ledger.pk))
    assert "Han" in text(answer(below, "start"))
    assert answer(client_of("charlie"), "ledger_page", ledger.pk).status_code == 404
    assert answer(below, "ledger_page", draft.pk).status_code == 404
    assert sent(below, "ledger_remove", ledger.pk).status_code == 403
    assert sent(alice, "ledger_remove", ledger.pk).status_code == 302
    with pytest.raises(Ledger.DoesNotExist):
        one(Ledger, name="Han")


def test_a_ledger_that_is_not_taken_back_says_where_it_is_corrected(
    people: Any, client_of: Callable[[str], Any]
) -> None:
    alice = client_of("alice")
    on_pages, elsewhere = "在它的页面上做", "不从表格导入"
    assert on_pages in text(answer(alice, "table_page", "register.households"))
    assert on_pages not in text(answer(alice, "table_page", "field.visits"))
    assert elsewhere in text(answer(alice, "table_page", "field.visits"))
    assert elsewhere not in text(answer(alice, "table_page", "register.residents"))


def test_the_door_of_who_is_in_a_key_group(people: Any, alice: Any) -> None:
    with acting(alice):
        register.join_group(by=alice, person_id=people[0].person_id, group="elderly_alone")
        view = View("register.key_groups", columns=("name", "address"))
        (line,) = plans.stream(view, alice, alice.area)
    assert line.cells[0] == NAMES[0]
    assert line.cells[1].endswith("101")
    assert len(line.cells[1]) > 3, "with its building"


def test_groups_count_and_add_up(people: Any, client_of: Callable[[str], Any]) -> None:
    alice = client_of("alice")
    made = sent(alice, "table_change", "register.households", g0="unit", g1="state",
                sum_residents="on")  # fmt: skip
    page = text(alice.get(made["Location"]))
    cells = [part.split("<")[0] for part in page.split('class="fx-num">')[1:]]
    assert cells[-2:] == ["2", "5"], "two homes with five residents together"


def files(name: str, by: Any, **wanted: Any) -> tuple[Taking, bytes]:
    """What taking a ledger gives."""
    taking = actions.ask(by=by, place_code=by.area, title=name, **wanted)
    assert taking.job is not None
    run_job(by, taking.job)
    with acting(by):
        taking = Taking.objects.get(pk=taking.pk)
        assert taking.file_id is not None
        return taking, read_file(by=by, file_id=taking.file_id)


COLUMNS = ("name", "identity", "phone", "age", "from_date", "kind", "room")


def test_taken_away_in_each_form(people: Any, alice: Any) -> None:
    """Typed cells, numbers as text, nothing a formula, who took it on each page."""
    view = View("register.residents", columns=COLUMNS)
    taking, data = files("台账", alice, view=view, form="xlsx", clear=True, reason="核对人员信息")
    book = openpyxl.load_workbook(io.BytesIO(data))
    sheet = book.worksheets[0]
    head = [cell.value for cell in sheet[2]]
    rows = {row[0].value: row for row in sheet.iter_rows(min_row=3)}
    assert set(rows) == set(NAMES)
    assert head.pop() == "系统行号（请勿改动）"
    assert len(head) == len(COLUMNS)
    two = rows["王小二"]
    assert (two[1].value, two[1].data_type, two[1].number_format) == (NUMBER, "s", "@")
    assert two[2].value == PHONE
    assert two[4].value.date() == DAY
    assert all(cell.data_type != "f" for row in rows.values() for cell in row)
    assert taking.number in sheet["A1"].value
    assert taking.number in sheet.oddFooter.left.text
    assert sheet.print_title_rows == "$1:$2"
    assert sheet.page_setup.fitToHeight == 0
    masked = files("台账", alice, view=view, form="csv")[1]
    assert masked.startswith(b"\xef\xbb\xbf")
    table = list(csv.reader(io.StringIO(masked.decode("utf-8-sig"))))
    assert not {NUMBER, PHONE} & {cell.strip() for row in table for cell in row}
    assert any(row[0] == "'=HYPERLINK(1)" for row in table)
    assert "王小二" in files("台账", alice, view=view, form="gbk")[1].decode("gb18030")
    columns = pq.read_table(io.BytesIO(files("台账", alice, view=view, form="parquet")[1]))
    assert columns.num_rows == 5
    assert "date32" in str(columns.schema)
    # The reveal is logged with the person whose numbers were shown.
    (log,) = AccessLog.objects.exclude(revealed="")
    assert log.revealed == "identity,phone"
    with acting(alice):
        assert set(log.persons) == {one.person_id for one in people}


def test_a_large_one_waits_for_a_second_person(
    people: Any, client_of: Callable[[str], Any], cast: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fangxian.reporting.actions import taking as rules_of
    from fangxian.reporting.rules import ExportRules

    monkeypatch.setattr(rules_of, "export_rules", lambda: ExportRules(1, 3, 2, 3, 30, 1_000))
    alice, chief = client_of("alice"), client_of("headquarters")
    asked = sent(alice, "table_take", "register.residents", form="xlsx")
    taking = one(Taking)
    assert asked["Location"].endswith(f"{taking.pk}/")
    assert (taking.state, taking.rows, taking.job_id) == ("asked", 5, None)
    assert one(Task, kind="reporting.approve").state == "open"
    assert sent(alice, "taking_make", taking.pk).status_code == 409
    assert sent(alice, "taking_approve", taking.pk).status_code == 403
    assert "approve" in text(answer(chief, "taking", taking.pk))
    assert sent(chief, "taking_approve", taking.pk).status_code == 302
    assert one(Task, kind="reporting.approve").state == "done"
    assert sent(chief, "taking_approve", taking.pk).status_code == 409
    # Who has approved it doesn't read it: the file is for who asked alone.
    assert sent(chief, "taking_make", taking.pk).status_code == 403
    assert sent(alice, "taking_make", taking.pk).status_code == 302
    run_job(cast.actor("alice"), one(Job, kind="reporting.take"))
    taking = one(Taking, pk=taking.pk)
    assert alice.get(reverse("core:file", args=[taking.file_id])).status_code == 200
    assert chief.get(reverse("core:file", args=[taking.file_id])).status_code == 403
    # One's own is not approved by oneself, whatever one may.
    sent(chief, "table_take", "register.residents", form="csv")
    own = one(Taking, form="csv", table="register.residents")
    assert sent(chief, "taking_approve", own.pk).status_code == 403
    # Places name nobody: no one is asked.
    sent(alice, "table_take", "regions.places", form="csv")
    assert one(Taking, table="regions.places").state == "made"


def test_many_small_ones_are_a_large_one(
    people: Any, client_of: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from fangxian.reporting.actions import taking as rules_of
    from fangxian.reporting.rules import ExportRules

    monkeypatch.setattr(rules_of, "export_rules", lambda: ExportRules(1, 6, 3, 3, 30, 1_000, 3))
    alice, chief = client_of("alice"), client_of("headquarters")
    for form in ("xlsx", "csv", "gbk"):
        sent(alice, "table_take", "register.residents", form=form)
    assert one(Taking, form="csv").state == "made"
    # Fifteen rows were taken: three more are 18, as many as three large ones.
    last = one(Taking, form="gbk")
    assert last.state == "made"
    sent(alice, "table_take", "register.residents", form="parquet")
    assert one(Taking, form="parquet", made_by="alice").state == "asked"
    # Another person has taken nothing yet, and places name nobody.
    sent(chief, "table_take", "register.residents", form="parquet")
    assert one(Taking, form="parquet", made_by="headquarters").state == "made"
    sent(alice, "table_take", "regions.places", form="csv")
    assert one(Taking, table="regions.places").state == "made"


def test_a_scheduled_one_is_approved_for_the_days_to_come(
    people: Any, client_of: Callable[[str], Any], cast: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fangxian.reporting.actions import taking as rules_of
    from fangxian.reporting.rules import ExportRules

    monkeypatch.setattr(rules_of, "export_rules", lambda: ExportRules(1, 3, 2, 3, 30, 1_000))
    alice, chief, by = client_of("alice"), client_of("headquarters"), cast.actor("alice")
    kept = {"name": "Daily", "form": "xlsx", "daily_at": "17:00"}
    sent(alice, "table_keep", "register.residents", **kept)
    ledger = one(Ledger, name="Daily")
    days = iter(range(10))

    def written() -> Taking:
        """What the next day's run enters."""
        at = dt.datetime.combine(
            timezone.localdate() + dt.timedelta(days=next(days)), dt.time(17, 1)
        )
        actions.begin_daily(by=runner.system_actor("test"), now=timezone.make_aware(at))
        with acting(runner.system_actor("test")):
            job = Job.objects.get(kind="reporting.daily", state="queued")
        run_job(by, job)
        with acting(runner.system_actor("test")):
            return Taking.objects.latest("created_at", "id")

    first = written()
    assert (first.state, first.file_id) == ("asked", None)
    assert sent(chief, "taking_approve", first.pk, standing="on").status_code == 302
    until = timezone.localdate() + dt.timedelta(days=30)
    assert one(Taking, pk=first.pk).standing_until == until
    second = written()
    assert (second.state, second.under_id) == ("made", first.pk)
    assert second.file_id is not None
    with acting(cast.actor("headquarters")):
        assert Notification.objects.filter(template="ledger_standing").exists(), (
            "who approved is told of each"
        )
    assert "taking_end" not in text(answer(alice, "taking", second.pk))
    # It doesn't cover a list that grows far beyond what was approved.
    with acting(by):
        home = people[0].household_id
        for at in range(3):
            register.move_in(by=by, household_id=home, on=DAY, name=f"新来{at}")
    assert written().state == "asked"
    with acting(by):
        for row in type(people[0]).objects.filter(household_id=home).order_by("-created_at")[:3]:
            register.move_out(by=by, residency_id=row.pk, on=DAY)
    assert written().state == "made"
    # Nor another set of columns.
    view = View("register.residents", columns=("name", "identity"))
    actions.keep(by=by, view=view, place_code=ledger.place_code, name="Daily",
                 daily_at=dt.time(17), ledger_id=ledger.pk)  # fmt: skip
    assert written().state == "asked"
    view = View("register.residents")
    actions.keep(by=by, view=view, place_code=ledger.place_code, name="Daily",
                 daily_at=dt.time(17), ledger_id=ledger.pk)  # fmt: skip
    assert written().state == "made"
    assert sent(client_of("bob"), "taking_end", first.pk).status_code == 403
    assert sent(chief, "taking_end", first.pk).status_code == 302
    assert sent(chief, "taking_end", first.pk).status_code == 409
    assert written().state == "asked"


def test_refused_for_a_reason(people: Any, client_of: Callable[[str], Any], alice: Any) -> None:
    with acting(alice):
        taking = Taking.objects.create(
            number="x", title="x", table="register.residents", form="xlsx", rows=5, personal=True,
            place_code=alice.area, user_id=alice.user_id, made_by=alice.name,
            view='{"table": "register.residents"}',
        )  # fmt: skip
    chief = client_of("headquarters")
    assert sent(chief, "taking_refuse", taking.pk, reason="").status_code == 422
    assert sent(chief, "taking_refuse", taking.pk, reason="too much").status_code == 302
    taking = one(Taking, pk=taking.pk)
    assert (taking.state, taking.refused_for) == ("refused", "too much")
    assert sent(client_of("alice"), "taking_make", taking.pk).status_code == 409


def test_full_numbers_need_the_right_and_a_reason(
    people: Any, client_of: Callable[[str], Any]
) -> None:
    alice = client_of("alice")
    bare = sent(alice, "table_take", "register.residents", form="xlsx", clear="on", reason=" ")
    assert bare.status_code == 422
    assert not Taking.objects.exists()
    # Who may not take ledgers away has no such page.
    assert answer(client_of("bob"), "table_take", "register.residents").status_code == 403


def test_a_figure_opens_to_its_rows_in_two_clicks(
    people: Any, client_of: Callable[[str], Any], places: Any
) -> None:
    alice = client_of("alice")
    page = text(answer(alice, "figures"))
    first = reverse("reporting:figure", args=["register.tenants"])
    assert first in page
    figure = text(answer(alice, "figure", "register.tenants", place=places.community))
    rows = (
        f"{reverse('reporting:table_page', args=['register.residents'])}?measure=register.tenants"
    )
    assert rows in figure.replace("&amp;", "&")
    shown = text(answer(alice, "table_page", "register.residents", measure="register.tenants"))
    assert "赵四" in shown
    assert "王小二" not in shown
    # Outside the reader's area nothing is counted.
    assert answer(alice, "figure", "register.none").status_code == 404
    outside = answer(alice, "figure", "register.tenants", place=places.outside)
    assert outside.status_code == 200
    assert "乙县" not in text(outside)


def test_what_may_not_be_read_may_not_be_asked(
    people: Any, client_of: Callable[[str], Any]
) -> None:
    lab = client_of("laboratory")
    assert answer(lab, "table_page", "register.residents").status_code == 403
    assert "register.residents" not in text(answer(lab, "start"))
    assert "register.tenants" not in text(answer(lab, "figures"))
    assert answer(lab, "figure", "register.tenants").status_code == 403
    assert Filter("name").to_json() == ["name", "is", ""]


def test_groups_by_names_are_a_list_of_persons(
    people: Any, cast: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fangxian.reporting.actions import taking as rules_of
    from fangxian.reporting.rules import ExportRules

    monkeypatch.setattr(rules_of, "export_rules", lambda: ExportRules(1, 3, 2, 3, 30, 1_000))
    by = cast.actor("alice")
    states = {
        group: actions.ask(
            by=by, view=View("register.residents", groups=(group,)), place_code=by.area,
            title="x", form="csv",
        ).state
        for group in ("name", "kind")
    }  # fmt: skip
    assert states == {"name": "asked", "kind": "made"}


def test_a_file_of_late_in_the_evening_is_made_after_midnight(people: Any, cast: Any) -> None:
    by, system = cast.actor("alice"), runner.system_actor("test")
    today = timezone.localdate()
    actions.keep(by=by, view=View("register.residents"), place_code=by.area, name="Late",
                 daily_at=dt.time(23, 57))  # fmt: skip

    def begun(days: int, hour: int, minute: int) -> int:
        day = dt.datetime.combine(today + dt.timedelta(days=days), dt.time(hour, minute))
        with acting(runner.system_actor("test")):
            Job.objects.filter(kind="reporting.daily").update(
                state="done", finished_at=timezone.now()
            )
        return int(actions.begin_daily(by=system, now=timezone.make_aware(day)))

    assert begun(0, 23, 55) == 0
    assert begun(1, 0, 0) == 1
    assert begun(1, 0, 5) == 0
    assert begun(1, 23, 55) == 0
    assert begun(2, 0, 0) == 1


def test_what_has_changed_since_the_last_time(
    people: Any, client_of: Callable[[str], Any], cast: Any
) -> None:
    """Written every day for its owner; what is new, changed and gone is marked; no value kept."""
    alice, by = client_of("alice"), cast.actor("alice")
    made = sent(alice, "table_keep", "register.residents", name="Daily", form="xlsx",
                daily_at="17:00", watched="on")  # fmt: skip
    ledger = one(Ledger, name="Daily")
    assert made.status_code == 302
    system = runner.system_actor("test")
    early, late = (
        timezone.make_aware(dt.datetime.combine(timezone.localdate(), dt.time(hour, 1)))
        for hour in (16, 17)
    )
    assert actions.begin_daily(by=system, now=early) == 0
    assert actions.begin_daily(by=system, now=late) == 1
    assert actions.begin_daily(by=system, now=late) == 0, "once a day"
    run_job(by, one(Job, kind="reporting.daily"))
    assert one(Taking, title="Daily").file_id is not None
    with acting(by):
        assert Notification.objects.get().template == "ledger_written"
        shot = Shot.objects.get()
        kept = read_file(by=by, file_id=shot.file_id)
        assert "王小二".encode() not in kept
        register.move_out(by=by, residency_id=people[3].pk, on=dt.date(2020, 3, 1))
        person = people[1].person_id
        change_person(by=by, person_id=person, name="王小三")
        register.move_in(by=by, household_id=people[0].household_id, on=DAY, name="新来的")
    page = text(answer(alice, "ledger_changes", ledger.pk))
    assert "新来的" in page
    assert "<mark>王小三</mark>" in page
    assert "韩梅梅" in page, "who left is shown as the register knows them"
    assert "李雷" not in page
    again = actions.shoot(by=by, ledger_id=ledger.pk)
    assert (again.added, again.changed, again.gone) == (1, 1, 1)
    assert answer(client_of("bob"), "ledger_changes", ledger.pk).status_code in (403, 404)
