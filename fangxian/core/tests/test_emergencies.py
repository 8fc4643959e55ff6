"""Emergencies: public acts, changed at their area only; ending one destroys its key."""

from __future__ import annotations

import datetime as dt
from typing import Any

import orjson
import pytest
from django.utils import timezone

from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, Forbidden, Invalid
from fangxian.common.fields import DESTROYED
from fangxian.common.history import history_of
from fangxian.common.keyring import KeyDestroyed, keyring
from fangxian.common.scoping import acting
from fangxian.core import actions, invariants, sunset, tasks
from fangxian.core.emergencies import hold
from fangxian.core.models import Emergency, Measure, Notification, Task
from fangxian.core.queries import emergencies_at
from tests.kit.cast import make_cast, make_places
from tests.kit.races import beside

SYSTEM = Actor.system("test", "")


def _begin(by: Any, place: str, name: str = "甲县疫情") -> Emergency:
    return actions.create_emergency(
        by=by, name=name, disease="新型传染病", place_code=place, level=2
    )


def test_begun_with_right_at_the_area_only(cast: Any, places: Any) -> None:
    head = cast.actor("headquarters")
    emergency = _begin(head, places.county)
    assert keyring().emergency(emergency.id)
    with pytest.raises(Forbidden):
        _begin(head, "1309")
    with pytest.raises(Forbidden):
        _begin(cast.actor("alice"), places.community)
    with acting(cast.actor("charlie")):
        assert not emergencies_at(places.outside)
    with acting(cast.actor("bob")):
        assert list(emergencies_at(places.unit)) == [emergency]


def test_measures_are_announced_in_full(cast: Any, places: Any) -> None:
    head = cast.actor("headquarters")
    emergency = _begin(head, places.county)
    now = dt.datetime.now(dt.UTC)
    given = {"emergency_id": emergency.id, "place_code": places.town, "from_at": now}
    with pytest.raises(Invalid) as refused:
        actions.add_measure(by=head, title="停课", body="", content="", **given)
    assert {p.field for p in refused.value.problems} == {"body", "content"}
    measure = actions.add_measure(
        by=head, title="停课", body="指挥部", content="全部学校停课", **given
    )
    lifted = actions.lift_measure(by=head, measure_id=measure.id).lifted_at
    assert lifted is not None
    assert actions.lift_measure(by=head, measure_id=measure.id).lifted_at == lifted


@pytest.mark.parametrize(
    ("begins", "ends", "lifted", "state"),
    [
        (-2, None, False, "in_force"),
        (-2, 1, False, "in_force"),
        (-2, -1, False, "over"),
        (1, 2, False, "coming"),
        (-2, -1, True, "lifted"),
    ],
)
def test_a_measure_holds_in_its_period_alone(
    begins: int, ends: int | None, lifted: bool, state: str
) -> None:
    now = timezone.now()
    measure = Measure(
        from_at=now + dt.timedelta(days=begins),
        to_at=None if ends is None else now + dt.timedelta(days=ends),
        lifted_at=now if lifted else None,
    )
    assert measure.state == state


def test_a_measure_of_an_ended_emergency_is_not_lifted_by_hand(cast: Any, places: Any) -> None:
    head = cast.actor("headquarters")
    emergency = _begin(head, places.county)
    measure = actions.add_measure(
        by=head,
        emergency_id=emergency.id,
        title="停课",
        body="指挥部",
        content="全部学校停课",
        place_code=places.town,
        from_at=dt.datetime.now(dt.UTC),
    )
    actions.end_emergency(by=head, emergency_id=emergency.id, confirmation=emergency.name)
    with pytest.raises(Conflict):
        actions.lift_measure(by=head, measure_id=measure.id)


def test_ending_needs_the_typed_name(cast: Any, places: Any) -> None:
    head = cast.actor("headquarters")
    emergency = _begin(head, places.county)
    with pytest.raises(Invalid):
        actions.end_emergency(by=head, emergency_id=emergency.id, confirmation="yes")
    assert keyring().emergency(emergency.id)


def _seeded() -> tuple[Emergency, Task, Any]:
    place = make_places().county
    emergency = _begin(SYSTEM, place)
    task = actions.open_task(
        by=SYSTEM,
        kind="test",
        place_code=place,
        title="Ask again",
        due_at=dt.datetime.now(dt.UTC),
        assignee_role="grid_officer",
        dedupe_key="x",
        emergency_id=emergency.id,
        note="SEEDED 张三",
    )
    file = actions.store_file(
        by=SYSTEM,
        data=b"SEEDED",
        name="SEEDED.txt",
        media_type="text/plain",
        place_code=place,
        emergency_id=emergency.id,
    )
    return emergency, task, file


def test_after_the_end_nothing_of_it_can_be_read(fresh_database: str) -> None:
    emergency, task, file = _seeded()
    letter = actions.notify(
        by=SYSTEM,
        template="Come",
        channels=["sms"],
        targets={"sms": ["13800000000", "13800000001"]},
        emergency_id=emergency.id,
    )
    indexed = {bytes(row.target_hash) for row in letter.deliveries.defer("target")}
    actions.end_emergency(by=SYSTEM, emergency_id=emergency.id, confirmation=emergency.name)
    with pytest.raises(KeyDestroyed):
        keyring().emergency(emergency.id)
    assert sunset.finish_all() == 1
    with acting(SYSTEM):
        now = {bytes(row.target_hash) for row in letter.deliveries.defer("target")}
        assert len(now) == 2
        assert not now & indexed
        task.refresh_from_db()
        assert task.note == DESTROYED
        # The history of the row is as unreadable.
        assert {str(h.note) for h in history_of(Task).objects.all()} == {str(DESTROYED)}
        emergency.refresh_from_db()
        certificate = emergency.certificate
    report = orjson.loads(actions.read_file(by=SYSTEM, file_id=certificate.id))
    assert report["unreadable"]["rows"]["core.Task"]["rows"] == 1
    assert report["unreadable"]["files"] == 1
    with pytest.raises(Invalid):
        actions.read_file(by=SYSTEM, file_id=file.id)
    with pytest.raises(Conflict):
        actions.end_emergency(by=SYSTEM, emergency_id=emergency.id, confirmation=emergency.name)
    assert not list(invariants.keys_match_emergencies())
    # A row of it can't be written any more either.
    task.note = "again"
    with pytest.raises(KeyDestroyed), acting(SYSTEM):
        task.save()


def test_changing_an_emergency_does_not_wait_for_what_is_recorded_for_it(
    fresh_database: str,
) -> None:
    place = make_places().county
    emergency = _begin(SYSTEM, place)

    def change() -> None:
        actions.change_level(by=SYSTEM, emergency_id=emergency.id, level=3)
        measure = actions.add_measure(
            by=SYSTEM, emergency_id=emergency.id, title="停课", body="指挥部", content="全部学校",
            place_code=place, from_at=timezone.now(),
        )  # fmt: skip
        actions.lift_measure(by=SYSTEM, measure_id=measure.id)

    def done() -> None:
        emergency.refresh_from_db()
        assert (emergency.level, Measure.objects.get().state) == (3, "lifted")

    beside(SYSTEM, lambda: hold(emergency.id), change, done)


def test_an_ending_cut_short_is_finished(
    fresh_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    emergency, _task, _file = _seeded()
    monkeypatch.setattr(sunset, "_report", _crash)
    actions.end_emergency(by=SYSTEM, emergency_id=emergency.id, confirmation=emergency.name)
    with pytest.raises(RuntimeError):
        tasks.finish_endings()
    monkeypatch.undo()
    today = timezone.localdate()
    assert not list(invariants.keys_match_emergencies())
    with monkeypatch.context() as later:
        later.setattr(timezone, "localdate", lambda: today + dt.timedelta(days=2))
        (told,) = invariants.keys_match_emergencies()
        assert f"{emergency.id} has ended but what it left" in told
    with pytest.raises(KeyDestroyed):
        keyring().emergency(emergency.id)
    tasks.sweep(0)
    assert sunset.finish_all() == 0
    with acting(SYSTEM):
        emergency.refresh_from_db()
        assert emergency.certificate is not None


def test_an_ending_that_fails_keeps_no_other_waiting_and_is_told_of_once(
    fresh_database: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    places = make_places()
    cast = make_cast(places)
    broken, other = (_begin(SYSTEM, places.county, name) for name in "甲乙")

    def report(emergency: Emergency, real: Any = sunset._report) -> Any:
        return _crash() if emergency.id == broken.id else real(emergency)

    monkeypatch.setattr(sunset, "_report", report)
    for one in (broken, other):
        actions.end_emergency(by=SYSTEM, emergency_id=one.id, confirmation=one.name)

    def told() -> list[str]:
        with pytest.raises(RuntimeError, match=str(broken.id)):
            tasks.sweep(0)
        with acting(cast.actor("headquarters")):
            return list(Notification.objects.values_list("template", flat=True))

    assert told() == []
    assert (str(broken.id) in caplog.text, "power cut" in caplog.text) == (True, False)
    with acting(SYSTEM):
        assert Emergency.objects.get(certificate=None) == broken
    monkeypatch.setattr(sunset, "LATE", dt.timedelta())
    assert told() == told() == ["core.ending_late"]
    monkeypatch.undo()
    assert sunset.finish_all() == 1


def _crash(*_args: Any) -> Any:
    raise RuntimeError("power cut")
