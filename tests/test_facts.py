"""Facts over a whole county: every table can be read, every sum agrees with every other."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from fangxian.common import codes, facts
from fangxian.common.actor import Actor
from fangxian.common.errors import Forbidden, Invalid
from fangxian.common.facts import FactTable, Filter, Sensitivity, Sort, View, plans
from fangxian.common.scoping import acting
from fangxian.field.duties import figures
from fangxian.mobilise.aid import queries as aid
from fangxian.mobilise.queries import present
from fangxian.organisations import reporting, together, units
from fangxian.regions.models import Region
from fangxian.register.models import Residency
from tests.browser.county import copied, make_template
from tests.test_demonstration import COUNTY, past_midnight

pytestmark = [pytest.mark.slow(40), pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def county(
    django_db_setup: None, template_database: str, django_db_blocker: Any, worker_id: str
) -> Iterator[Actor]:
    """One copy of the county for all: nothing here changes it."""
    with django_db_blocker.unblock():
        past_midnight()
        name = make_template(template_database)
        with copied(name, f"fx_{os.getpid()}_{worker_id}_facts"):
            yield Actor.system("test", COUNTY)


@pytest.fixture
def inside(county: Actor) -> Iterator[Actor]:
    with acting(county) as by:
        yield by


def tables() -> list[FactTable]:
    return list(facts.tables)


def places() -> list[str]:
    """The county, its towns, and of each lower level some of those where people live."""
    lo, hi = codes.bounds(COUNTY)
    found = Region.objects.filter(valid_to=None, code__gte=lo, code__lt=hi, level__lte=9)
    lived = sorted(Residency.objects.values_list("place_code", flat=True)[:2_000])[::400]
    below = {code[:length] for code in lived for length in (12, 15, 18, 20)}
    return [*found.order_by("code").values_list("code", flat=True), *sorted(below)]


def all_columns(table: FactTable) -> View:
    return View(table.name, columns=tuple(column.name for column in table.columns))


def test_every_table_is_read_by_one_plan_whatever_the_rows(inside: Actor) -> None:
    """One query a table and one for each loader, for one row as for many."""
    filled = 0
    for table in tables():
        view = all_columns(table)
        loaders = sum(
            column.load is not None or column.kind == "account" for column in table.columns
        )
        asked = []
        for size in (1, 60):
            with CaptureQueriesContext(
                connection,
            ) as queries:
                page = plans.page(view, inside, COUNTY, size=size)
            asked.append(len(queries))
            if size == 60:
                filled += bool(page.lines)
                assert all(len(line.cells) == len(table.columns) for line in page.lines)
        # Names of places are looked up once a level, the clock of the page set and put back.
        assert asked[1] <= asked[0] + loaders, table.name
        assert asked[1] <= 8 + 2 * loaders, table.name
    assert filled >= len(tables()) * 0.7, "most tables of the demonstration show something"


def test_pages_forward_and_back_are_the_stream(inside: Actor) -> None:
    for table in tables():
        first = table.columns[0].name
        falling = next(
            (
                c.name
                for c in table.columns
                if c.kind in ("date", "datetime", "number") and c.asked_of_database
            ),
            "",
        )
        for sorts in ((), (Sort(falling, falling=True),)) if falling else ((),):
            view = View(table.name, columns=(first,), sorts=sorts)
            whole = [line.key for line in plans.stream(view, inside, COUNTY)][:37]
            forth: list[Any] = []
            page = plans.page(view, inside, COUNTY, size=12)
            while page.lines and len(forth) < 36:
                forth += [line.key for line in page.lines]
                if page.after is None:
                    break
                last = page
                page = plans.page(view, inside, COUNTY, after=page.after, size=12)
            assert forth[:36] == whole[:36], (table.name, sorts)
            if len(forth) >= 24 and page.before is not None:
                back = plans.page(view, inside, COUNTY, before=page.before, size=12)
                assert [line.key for line in back.lines] == [line.key for line in last.lines]


def test_a_page_far_on_begins_where_the_index_begins(inside: Actor) -> None:
    """A column that is never empty is asked for no empty ones: that would read from the top."""
    view = View("register.residents")
    after = plans.page(view, inside, COUNTY, size=5).after
    with CaptureQueriesContext(connection) as queries:
        plans.page(view, inside, COUNTY, after=after, size=5)
    [paged] = [q["sql"] for q in queries if "LIMIT 6" in q["sql"]]
    assert '"place_code" >= ' in paged
    assert '"place_code" IS NULL' not in paged


def test_groups_add_up_to_the_rows(inside: Actor) -> None:
    for table in tables():
        whole = plans.count(View(table.name), inside, COUNTY, None)
        for column in table.columns:
            if column.kind not in ("code", "yes_no", "place") or not column.asked_of_database:
                continue
            groups = plans.grouped(View(table.name, groups=(column.name,)), inside, COUNTY)
            assert sum(group.count for group in groups) == whole, (table.name, column.name)


def test_figures_of_counters_are_those_of_the_rows(inside: Actor) -> None:
    """What boards show from counters and what ledgers count from rows is the same everywhere."""
    at = places()
    for measure in facts.measures:
        rows = plans.from_rows(measure, inside, at)
        if measure.counted is not None:
            assert measure.counted(inside, at) == rows, measure.name
        shown = plans.measured(measure.name, inside, [COUNTY])[COUNTY]
        towns = [code for code in at if len(code) == 9]
        below = sum(plans.measured(measure.name, inside, towns).values())
        assert below <= shown, f"{measure.name}: the towns have more than the county"
        view = View(measure.table, measure=measure.name, sums=(measure.sums,) * bool(measure.sums))
        if not measure.sums:
            assert plans.count(view, inside, COUNTY, None) == shown, measure.name


def test_who_lacks_the_right_reads_masks_and_may_not_ask(inside: Actor) -> None:
    """A column above the reader's right is masked, and can't be found out by asking for it."""
    for table in tables():
        rights = frozenset({table.right})
        poor = Actor("poor", rights, COUNTY, "test")
        for column in table.columns:
            if not column.right or column.right == table.right:
                continue
            full = plans.page(View(table.name, columns=(column.name,)), inside, COUNTY, size=20)
            less = plans.page(View(table.name, columns=(column.name,)), poor, COUNTY, size=20)
            for mine, theirs in zip(full.lines, less.lines, strict=True):
                if mine.cells[0] not in (None, "") and column.sensitivity != Sensitivity.SEALED:
                    assert mine.cells != theirs.cells, (table.name, column.name)
            if column.asked_of_database:
                with pytest.raises(Forbidden):
                    View(table.name, filters=(Filter(column.name, "filled"),)).checked(poor)
                with pytest.raises(Forbidden):
                    View(table.name, sorts=(Sort(column.name),)).checked(poor)
        with pytest.raises(Forbidden):
            View(table.name).checked(Actor("none", frozenset(), COUNTY, "test"))


def test_a_view_says_what_is_wrong_with_it(inside: Actor) -> None:
    wrong = View(
        "register.residents",
        columns=("nothing",),
        filters=(
            Filter("age", "is", "old"),
            Filter("phone", "is", "1"),
            Filter("kind", "has", "x"),
        ),
        sums=("name",),
    )
    with pytest.raises(Invalid) as caught:
        wrong.checked(inside)
    fields = {problem.field for problem in caught.value.problems}
    assert fields == {"columns", "filters", "sums"}
    assert len(caught.value.problems) == 5
    assert View.from_json(wrong.to_json()) == wrong
    for junk in ({}, {"table": "x", "filters": [1]}, {"table": "x", "day": "never"}):
        with pytest.raises(Invalid):
            View.from_json(junk).checked(inside)


def test_now_is_today(inside: Actor) -> None:
    """A dated table shows the same rows as they are and as they are today."""
    today = timezone.localdate()
    for table in tables():
        if table.dated:
            now = set(table.rows(COUNTY, None).values_list("pk", flat=True))
            assert now == set(table.rows(COUNTY, today).values_list("pk", flat=True)), table.name


def test_figures_are_those_of_the_pages(inside: Actor) -> None:
    """What the pages count by queries of their own and what measures count is the same."""
    today = timezone.localdate()
    for place in [COUNTY, *(code for code in places() if len(code) in (9, 12))]:
        duty = figures.figures(place, today)
        aid_states = Counter(aid.batches(place).values_list("state", flat=True))
        said = {
            "field.gates_open": duty.gates_open,
            "field.gate_entries": duty.gates.entries,
            "field.gate_stopped": duty.gates.stopped,
            "field.fevers": duty.gates.fevers,
            "field.points_checked": duty.checks,
            "field.point_exceptions": duty.exceptions,
            "field.disinfections": duty.disinfections,
            "field.people_told": duty.people_told,
            "mobilise.aid_away": aid.out(place),
            "mobilise.aid_quarantine": aid.in_quarantine(place).count(),
            "mobilise.aid_person_times": aid.person_times(place),
            "mobilise.aid_batches_planned": aid_states["planned"],
            "mobilise.aid_batches_under_way": aid_states["under_way"],
            "mobilise.aid_batches_returned": aid_states["returned"],
            "mobilise.aid_batches_closed": aid_states["closed"],
            "mobilise.volunteers": present(place).count(),
            "organisations.temporary_units": units.running(place).count(),
            "organisations.alliances": together.alliances_in(place).count(),
            "organisations.pairings": together.pairings_in(place).count(),
            "organisations.open_items": reporting.items_in(place, state="open").count(),
            "organisations.claimed_items": reporting.items_in(place, state="claimed").count(),
            "organisations.done_items": reporting.items_in(place, state="done").count(),
        }
        shown = {name: plans.measured(name, inside, [place])[place] for name in said}
        assert shown == said, place
        if place == COUNTY:
            assert all(said[name] for name in ("field.gates_open", "field.gate_entries"))
            assert said["mobilise.aid_away"]
            assert said["mobilise.volunteers"]
