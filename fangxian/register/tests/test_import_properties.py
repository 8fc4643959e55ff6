"""Whatever a ledger looks like: rows add up, twice is once, columns have no order, nothing half."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, given, note, settings

from fangxian.common.actor import Actor
from fangxian.common.scoping import acting
from fangxian.core import imports
from fangxian.core.models import ImportRow, ImportRun
from fangxian.people.models import Person, PersonDocument
from fangxian.regions.actions import create_building
from fangxian.register import actions
from fangxian.register.models import Household, Residency
from fangxian.register.tests.generated import DEAD, Ledger, ledgers, registered_rows, resident
from fangxian.register.tests.importing import imported
from fangxian.register.tests.ledgers import workbook

pytestmark = pytest.mark.django_db

TABLES = [
    "people_person", "people_persondocument", "people_personphone", "people_mergecandidate",
    "register_household", "register_residency", "register_keygroupentry",
]  # fmt: skip
TABLES += [f"{table}history" for table in TABLES] + [
    "people_personlink", "people_nametoken", "core_task",
]  # fmt: skip

drawn = settings(
    max_examples=12,
    # A shrink would import hundreds of ledgers; the blob of a failing one is printed instead.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@contextmanager
def rolled_back() -> Iterator[None]:
    """One example: what it writes is gone afterwards."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def digest() -> dict[str, tuple[int, str]]:
    """Rows and checksum of every table that an import writes, with ids, times and history."""
    found = {}
    with acting(Actor.system("test", "")), connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(
                "SELECT count(*), coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '')"
                f' FROM "{table}" t'
            )
            found[table] = cursor.fetchone()
    return found


def content(by: Any) -> list[list[str]]:
    """Persons and who lives where, without ids and times."""
    persons = Person.objects.values_list(
        "name", "sex", "birth_date", "ethnicity", "employer", "registered_address"
    )
    documents = PersonDocument.objects.values_list("person__name", "kind", "number_index")
    lives = Residency.objects.values_list(
        "person__name", "household__place_code", "household__room", "household__state",
        "relation", "kind", "from_date", "to_date", "ended",
    )  # fmt: skip
    with acting(by):
        return [sorted(map(str, rows)) for rows in (persons, documents, lives)]


def outcomes(by: Any, run: ImportRun) -> dict[int, Any]:
    """Row of the file → its state and the codes of its problems."""
    with acting(by):
        states = dict(ImportRow.objects.filter(run=run).values_list("number", "state"))
        refused = {number: found for number, _values, found in imports.problems_of(run)}
    return {
        number: (state, [problem.code for problem in refused.get(number, [])])
        for number, state in states.items()
    }


def nothing_half(by: Any, run: ImportRun) -> None:
    """Every person is linked where they live, every household has its people."""
    with acting(by):
        persons = Person.objects.all()
        assert not persons.filter(links=None).exists()
        assert not persons.filter(residencies=None).exists()
        assert not Household.objects.filter(residencies=None).exists()
        lived_in = Household.objects.filter(residencies__to_date=None).distinct()
        assert not lived_in.exclude(state="lived_in").exists()
        assert not Household.objects.filter(state="lived_in").exclude(pk__in=lived_in).exists()
        for lives in Residency.objects.select_related("person", "household"):
            assert lives.place_code == lives.household.place_code
            links = lives.person.links.filter(source_id=lives.pk)
            assert [link.place_code for link in links] == [lives.place_code]
        accepted = ImportRow.objects.filter(run=run, state="accepted")
        named = set(accepted.values_list("object_id", flat=True))
        assert persons.filter(pk__in=named).count() == len(named)


@pytest.fixture
def take_in(alice: Any, places: Any) -> Callable[..., ImportRun]:
    """Import a file into Alice's grid, where some people are registered and one has died."""
    headers = {
        "name": "姓名", "identity": "身份证号", "phone": "电话", "relation": "与户主关系",
        "building": "楼号", "unit": "单元", "room": "室",
    }  # fmt: skip
    known = [{word: row[name] for name, word in headers.items()} for row in registered_rows()]
    imported(alice, workbook(known, list(headers.values())), places.grid)
    with acting(alice):
        dead = Person.objects.get(name=resident(DEAD, 0)["name"])
    actions.death(by=alice, person_id=dead.pk, on=dt.date.today())  # noqa: DTZ011 - a day is meant
    create_building(by=alice, grid_code=places.grid, name="7组", kind="village_group")
    return lambda data, **more: imported(alice, data, places.grid, **more)


def each_becomes_what_it_must(by: Any, ledger: Ledger, run: ImportRun) -> None:
    """Rows in = accepted + rejected, and a refused row says which field, why and how to mend it."""
    found = outcomes(by, run)
    assert run.rows_in == len(ledger.rows) == len(found) == run.accepted + run.rejected
    assert {state for state, _codes in found.values()} <= {"accepted", "rejected"}
    assert sum(state == "rejected" for state, _codes in found.values()) == run.rejected
    assert run.options["preview"]["counts"].get("refused", 0) == run.rejected
    assert bool(run.result_file_id) == bool(run.rejected)
    with acting(by):
        refused = {n: problems for n, _values, problems in imports.problems_of(run)}
    for problems in refused.values():
        assert problems
        assert all(p.field and p.message and p.mend and p.code for p in problems)
    for row, number in ledger.numbers().items():
        if row in ledger.expected:
            fields = {problem.field for problem in refused.get(number, [])}
            wanted = ledger.expected[row]
            assert bool(fields) == bool(wanted), (number, ledger.rows[row], fields, wanted)
            assert not wanted or fields & wanted, (number, ledger.rows[row], fields, wanted)


@drawn
@given(ledger=ledgers())
def test_rows_add_up_twice_is_once_and_nothing_is_half_done(
    take_in: Any, alice: Any, ledger: Ledger
) -> None:
    with rolled_back():
        data = ledger.file()
        note(repr(ledger.lines()))
        first = take_in(data)
        note(f"{ledger.headers} → {first.mapping}")
        each_becomes_what_it_must(alice, ledger, first)
        nothing_half(alice, first)
        before = digest()
        second = take_in(data)
        assert outcomes(alice, second) == outcomes(alice, first)
        assert second.changed == 0
        assert digest() == before


@drawn
@given(ledger=ledgers())
def test_chunks_and_the_order_of_columns_are_nothing_to_the_outcome(
    take_in: Any, alice: Any, ledger: Ledger
) -> None:
    data = ledger.file()
    note(repr(ledger.lines()))
    results = []
    for size in (1, 3, 500):
        with rolled_back():
            run = take_in(data, sizes={"size": size})
            found = outcomes(alice, run)
            results.append((found, content(alice), run.options["preview"], run.changed))
            counts = run.options["preview"]["counts"]
            assert counts.get("refused", 0) == run.rejected
            written = sum(counts.get(status, 0) for status in ("new", "changed", "moved"))
            assert written == run.changed
            # The preview says of each row what the commit does.
            told = sorted(problem[:2] for problem in run.options["preview"]["problems"])
            with acting(alice):
                kept = [
                    [imports.row_name(run, number), problem.field]
                    for number, _values, problems in imports.problems_of(run)
                    for problem in problems
                ]
            assert told == sorted(kept)
    assert results[0] == results[1] == results[2]
    with rolled_back():
        run = take_in(ledger.file(ledger.order[::-1]))
        assert (outcomes(alice, run), content(alice)) == results[0][:2]
