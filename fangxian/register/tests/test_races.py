"""Two who record the same at once: the second waits for the first, then is told.

And what is told from its transaction alone.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections

from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, OutOfScope
from fangxian.common.scoping import acting
from fangxian.core import imports, ledgers, runner
from fangxian.core.models import ImportRun, Job
from fangxian.core.tests.importing import proposed
from fangxian.people import actions as people
from fangxian.people import queue
from fangxian.people.matching import unpaired
from fangxian.people.models import MergeCandidate, Person, PersonDocument
from fangxian.register import actions
from fangxian.register.models import Household, KeyGroupEntry, Residency
from fangxian.register.tests.ledgers import identity, person, workbook
from tests.kit.cast import make_cast, make_places
from tests.kit.races import beside

BY = Actor.system("test", "1309")
DAY = dt.date(2021, 3, 1)


def both(action: Callable[[], Any]) -> Any:
    """Run it in an open transaction and, meanwhile, in another. Returns what the other met."""
    return beside(BY, action, action)


@pytest.mark.usefixtures("fresh_database")
def test_the_second_of_two_at_once_is_told() -> None:
    places = make_places()
    door = {"by": BY, "place_code": places.unit, "room": "101"}
    assert isinstance(both(lambda: actions.create_household(**door)), Conflict)
    with acting(BY):
        homes = [
            actions.create_household(by=BY, place_code=places.unit, room=room)
            for room in ("102", "103")
        ]
    number = [("identity", identity(2))]
    at = iter(homes)
    known = {"by": BY, "on": DAY, "name": "张伟", "documents": number}
    met = both(lambda: actions.move_in(household_id=next(at).pk, **known))
    assert isinstance(met, Conflict)
    head = {"by": BY, "household_id": homes[0].pk, "on": DAY, "relation": "head"}
    assert isinstance(both(lambda: actions.move_in(name="李四", **head)), Conflict)


@pytest.mark.usefixtures("fresh_database")
def test_a_move_taken_back_reopens_what_it_ended_alone() -> None:
    places, day = make_places(), dt.timedelta(days=1)
    unit, outside = places.unit, places.outside_unit
    home = actions.create_household(by=BY, place_code=unit, room="101")
    row = actions.move_in(by=BY, household_id=home.pk, on=DAY, name="张伟")
    ill, cured = (
        actions.join_group(by=BY, person_id=row.person_id, group=group, since=DAY)
        for group in ("dialysis", "disabled")
    )
    actions.leave_group(by=BY, entry_id=cured.pk, on=DAY + 9 * day)
    actions.move_out(by=BY, residency_id=row.pk, on=DAY + day)
    # The rows are touched later again: the door is corrected, codes change.
    actions.change_household(by=BY, household_id=home.pk, place_code=unit[:-1] + "2")
    with acting(BY):
        for model in (Residency, KeyGroupEntry):
            model.objects.update(place_code=unit)
    actions.undo_move_out(by=BY, residency_id=row.pk)

    def entries() -> dict[Any, Any]:
        with acting(BY):
            found = KeyGroupEntry.objects.values_list("pk", "to_date", "place_code")
            return {pk: (last, place) for pk, last, place in found}

    before = {ill.pk: (None, unit), cured.pk: (DAY + 9 * day, unit)}
    assert entries() == before
    # A move to a wrong door takes the groups along; withdrawn, it would have ended them.
    here = Actor.system("test", places.county)
    for there in (unit, unit[:-1] + "2", outside):
        wrong = actions.create_household(by=BY, place_code=there, room="301")
        to = {"to_household_id": wrong.pk, "on": DAY + day}
        actions.move_out(by=BY, residency_id=row.pk, **to)
        with acting(BY):
            lives = Residency.objects.get(household=wrong)
        left = actions.join_group(by=BY, person_id=row.person_id, group="pregnant", since=DAY)
        actions.leave_group(by=BY, entry_id=left.pk, on=DAY + 2 * day)
        found = actions.join_group(by=BY, person_id=row.person_id, group="infant", since=DAY)
        actions.correct(by=BY, residency_id=lives.pk)
        before[left.pk] = (DAY + 2 * day, there)
        ended = {ill.pk: (DAY + day, there), found.pk: (DAY + day, there)}
        assert entries() == before | ended
        # Who does the undo has not known what was first recorded out of sight.
        actions.undo_move_out(by=here, residency_id=row.pk)
        before[found.pk] = ended[found.pk] if there == outside else (None, unit)
        assert entries() == before
        if there != outside:
            actions.leave_group(by=here, entry_id=found.pk, on=DAY + 3 * day)
            before[found.pk] = (DAY + 3 * day, unit)


@pytest.mark.usefixtures("fresh_database")
@pytest.mark.parametrize("dies_first", [True, False])
def test_who_dies_while_moving_in_lives_nowhere(dies_first: bool) -> None:
    places = make_places()
    with acting(BY):
        homes = [
            actions.create_household(by=BY, place_code=places.unit, room=room)
            for room in ("101", "102")
        ]
        person = actions.move_in(by=BY, household_id=homes[0].pk, on=DAY, name="张伟").person_id

    def dies() -> Any:
        return actions.death(by=BY, person_id=person, on=DAY)

    def moves() -> Any:
        return actions.move_in(by=BY, household_id=homes[1].pk, on=DAY, person_id=person)

    turns = iter([dies, moves] if dies_first else [moves, dies])
    met = both(lambda: next(turns)())
    assert isinstance(met, Conflict) is dies_first
    with acting(BY):
        assert not Residency.objects.filter(person_id=person, to_date=None).exists()
        assert Household.objects.get(pk=homes[0].pk).state == "empty"


@pytest.mark.usefixtures("fresh_database")
@pytest.mark.parametrize("what", ["phone", "group"])
def test_what_is_typed_while_the_record_is_merged_is_not_lost(what: str) -> None:
    places = make_places()
    with acting(BY):
        home = actions.create_household(by=BY, place_code=places.unit, room="101")
        kept, lost = (
            actions.move_in(by=BY, household_id=home.pk, on=DAY, name=name).person_id
            for name in ("张伟", "张炜")
        )
        entry = people.propose_merge(by=BY, first_id=kept, second_id=lost)
    typed: dict[str, Callable[[], Any]] = {
        "phone": lambda: people.add_phone(by=BY, person_id=lost, number="13900000000"),
        "group": lambda: actions.join_group(by=BY, person_id=lost, group="elderly_alone"),
    }
    turns = iter([lambda: people.merge(by=BY, candidate_id=entry, keep_id=kept), typed[what]])
    assert isinstance(both(lambda: next(turns)()), Conflict)
    for late in (
        *typed.values(),
        lambda: people.change_person(by=BY, person_id=lost, name="张三"),
        lambda: people.add_document(by=BY, person_id=lost, kind="passport", number="E12345678"),
        lambda: people.record_death(by=BY, person_id=lost, on=DAY),
        lambda: actions.move_in(by=BY, household_id=home.pk, on=DAY, person_id=lost),
    ):
        with pytest.raises(Conflict):
            late()
    with acting(BY):
        assert not KeyGroupEntry.objects.filter(person_id=lost).exists()


@pytest.mark.usefixtures("fresh_database")
def test_who_dies_while_joining_a_group_is_in_none() -> None:
    places = make_places()
    with acting(BY):
        home = actions.create_household(by=BY, place_code=places.unit, room="101")
        person = actions.move_in(by=BY, household_id=home.pk, on=DAY, name="张伟").person_id
    turns = iter(
        [
            lambda: actions.death(by=BY, person_id=person, on=DAY),
            lambda: actions.join_group(by=BY, person_id=person, group="elderly_alone"),
        ]
    )
    with pytest.raises(OutOfScope):
        both(lambda: next(turns)())
    with acting(BY):
        assert not KeyGroupEntry.objects.filter(person_id=person, to_date=None).exists()


@pytest.mark.usefixtures("fresh_database")
def test_a_group_joined_twice_at_once_is_joined_once() -> None:
    places = make_places()
    with acting(BY):
        home = actions.create_household(by=BY, place_code=places.unit, room="101")
        person = actions.move_in(by=BY, household_id=home.pk, on=DAY, name="张伟").person_id
    made = both(lambda: actions.join_group(by=BY, person_id=person, group="elderly_alone"))
    with acting(BY):
        assert KeyGroupEntry.objects.get().pk == made.pk


@pytest.mark.usefixtures("fresh_database")
def test_equal_documents_that_nobody_was_asked_about_are_paired_at_night() -> None:
    places = make_places()
    with acting(BY):
        home = actions.create_household(by=BY, place_code=places.unit, room="101")
        persons = [
            actions.move_in(by=BY, household_id=home.pk, on=DAY, name=name).person_id
            for name in ("张伟", "张炜")
        ]
        for person in persons:
            PersonDocument(person_id=person, kind="passport", number="E12345678").save()
    assert unpaired(10) == [tuple(sorted(persons))]
    assert queue.pair_equal_documents(BY) == 1
    assert unpaired(10) == []
    with acting(BY):
        assert MergeCandidate.objects.get().reason == "document"


@pytest.mark.usefixtures("fresh_database")
def test_two_ledgers_of_the_same_people_at_once_make_each_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    places = make_places()
    by = make_cast(places).actor("alice")
    # Many small transactions, so that the two meet again and again.
    monkeypatch.setattr(imports, "COMMIT_ROWS", 6)
    files = [range(36), reversed(range(12, 48))]
    writing = []
    for at, numbers in enumerate(files):
        data = workbook([person(number) for number in numbers])
        run = ledgers.upload(
            by=by, kind="register", place_code=places.grid, name=f"{at}.xlsx", data=data
        )
        job = ledgers.choose(
            by=by, run_id=run.pk, mapping=proposed(by, run.pk), options={"make_places": True}
        )
        runner.run(job.pk)
        writing.append(ledgers.confirm(by=by, run_id=run.pk).pk)
    together = threading.Barrier(2)

    def write(job: Any) -> None:
        together.wait(30)
        try:
            runner.run(job)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(write, writing))
    with acting(by):
        assert [job.state for job in Job.objects.filter(pk__in=writing)] == ["done", "done"]
        rows = ImportRun.objects.values_list("rows_in", "accepted", "rejected")
        assert [list(row) for row in rows] == [[36, 36, 0], [36, 36, 0]]
        numbers = PersonDocument.objects.values("number_index").distinct().count()
        assert (Person.objects.count(), PersonDocument.objects.count(), numbers) == (48, 48, 48)
        assert Residency.objects.filter(to_date=None).count() == 48
