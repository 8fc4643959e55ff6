"""A person in several rows of one ledger: filled down, or registered here and at home there."""

from __future__ import annotations

from typing import Any

import pytest

from fangxian.common.scoping import acting
from fangxian.core import ledgers
from fangxian.core.progress import WorkerStopping
from fangxian.core.tests.importing import Quiet, run_job, seen
from fangxian.people.models import Person
from fangxian.register import queries
from fangxian.register.models import Household, Residency
from fangxian.register.tests.importing import imported, previewed
from fangxian.register.tests.ledgers import HEADERS, identity, person, workbook
from fangxian.register.tests.test_import_households import refused

pytestmark = pytest.mark.django_db
KINDS = [*HEADERS, "居住状态"]
HOME, OTHER, THIRD = ("第1栋1单元501室", "第1栋2单元202室", "第1栋2单元303室")


def row(where: str, kind: str = "", **more: str) -> dict[str, str]:
    return person(0, 现住址=where) | {"居住状态": kind} | more


def lives(by: Any) -> list[tuple[str, str, str]]:
    """Room, kind and the dwelling's state of every open residency."""
    with acting(by):
        rows = Residency.objects.filter(to_date=None).order_by("household__room")
        return list(rows.values_list("household__room", "kind", "household__state"))


@pytest.mark.parametrize("size", [1, 500])
@pytest.mark.parametrize("where", [HOME, OTHER])
def test_a_number_filled_down_does_not_swallow_the_next_person(alice, places, size, where):
    rows = [person(0, 现住址=HOME), person(1, 身份证号=identity(0), 性别="男", 现住址=where)]
    run = imported(alice, workbook(rows), places.grid, sizes={"size": size})
    assert (run.accepted, run.rejected) == (1, 1)
    assert refused(alice, run) == {3: ["other_name"]}
    assert run.options["preview"]["counts"] == {"new": 1, "refused": 1}


def test_a_row_below_a_refused_one_of_the_same_person_is_not_a_mere_duplicate(alice, places):
    imported(alice, workbook([person(0, 手机号="")]), places.grid)
    rows = [person(0, 手机号="12"), person(0)]
    run = imported(alice, workbook(rows), places.grid)
    assert (run.changed, run.rejected) == (1, 1)
    with acting(alice):
        assert Person.objects.get().phones.count() == 1


@pytest.mark.parametrize("size", [1, 500])
def test_a_registration_elsewhere_does_not_end_the_home(alice, places, size):
    sizes = {"size": size}
    imported(alice, workbook([row(HOME)], KINDS), places.grid)
    run = imported(alice, workbook([row(OTHER, "空挂户")], KINDS), places.grid, sizes=sizes)
    assert run.options["preview"]["counts"] == {"changed": 1}
    both = [("202", "separated", "lived_in"), ("501", "registered", "lived_in")]
    assert lives(alice) == both
    again = imported(alice, workbook([row(OTHER, "空挂户")], KINDS), places.grid, sizes=sizes)
    assert again.changed == 0
    # Who moves on from home stays registered where he or she is.
    imported(alice, workbook([row(THIRD)], KINDS), places.grid, sizes=sizes)
    assert lives(alice) == [("202", "separated", "lived_in"), ("303", "registered", "lived_in")]


@pytest.mark.parametrize("size", [1, 500])
@pytest.mark.parametrize("order", [1, -1])
def test_home_and_registration_may_stand_in_one_ledger(alice, places, order, size):
    rows = [row(HOME, "常住"), row(OTHER, "空挂户")][::order]
    data = workbook(rows, KINDS)
    run = imported(alice, data, places.grid, sizes={"size": size})
    assert refused(alice, run) == {}
    assert lives(alice) == [("202", "separated", "lived_in"), ("501", "registered", "lived_in")]
    assert imported(alice, data, places.grid, sizes={"size": size}).changed == 0
    with acting(alice):
        counted = queries.counts(places.grid)
    assert (counted["residents"], counted["separated"]) == (1, 1)


@pytest.mark.parametrize("size", [1, 500])
@pytest.mark.parametrize(("third", "kind"), [(THIRD, "常住"), (THIRD, "空挂户"), (OTHER, "常住")])
def test_but_one_has_one_home_and_one_registration(alice, places, third, kind, size):
    # Registered there before, so the last row would make a second home of it.
    imported(alice, workbook([row(OTHER, "空挂户")], KINDS), places.grid)
    rows = [row(HOME, "常住"), row(third, kind)]
    if kind != "常住":
        rows.insert(1, row(OTHER, "空挂户"))
    run = imported(alice, workbook(rows, KINDS), places.grid, sizes={"size": size})
    assert refused(alice, run) == {len(rows) + 1: ["twice_in_file"]}
    assert lives(alice) == [("202", "separated", "lived_in"), ("501", "registered", "lived_in")]


@pytest.mark.parametrize("size", [1, 500])
def test_who_moves_to_where_the_registration_is_leaves_the_old_home(alice, places, size):
    imported(alice, workbook([row(HOME, "常住"), row(OTHER, "空挂户")], KINDS), places.grid)
    data = workbook([row(OTHER, "常住")], KINDS)
    run = imported(alice, data, places.grid, sizes={"size": size})
    assert run.options["preview"]["counts"] == {"moved": 1}
    assert lives(alice) == [("202", "registered", "lived_in")]
    with acting(alice):
        assert Household.objects.get(room="501").state == "empty"


@pytest.mark.parametrize("where", [HOME, THIRD])
def test_what_an_attempt_cut_short_said_of_a_person_stands(alice, places, monkeypatch, where):
    rows = [row(HOME, 工作单位="甲厂"), row(where, 工作单位="乙厂")]
    run = previewed(alice, workbook(rows, [*KINDS, "工作单位"]), places.grid)
    job = ledgers.confirm(by=alice, run_id=run.pk)

    def end(*_args: Any, **_more: Any) -> None:
        raise WorkerStopping

    with monkeypatch.context() as cut:
        cut.setattr(Quiet, "step", end)
        with pytest.raises(WorkerStopping):
            run_job(alice, job, size=1)
    assert len(lives(alice)) == 1
    run_job(alice, job, size=1)
    run = seen(alice, run.pk)
    assert refused(alice, run) == ({} if where == HOME else {3: ["twice_in_file"]})
    assert lives(alice) == [("501", "registered", "lived_in")]
    with acting(alice):
        assert [one.employer for one in Person.objects.all()] == ["甲厂"]
