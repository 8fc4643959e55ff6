"""What two changed at once: nothing is lost, the later arrival shows, a human has the last word."""

from __future__ import annotations

import datetime as dt
from typing import Any

import orjson
import pytest
from django.db import connection
from django.utils import timezone

from fangxian.accounts.actions import make_device_code
from fangxian.common.errors import Conflict, Forbidden, Invalid
from fangxian.common.history import history_of
from fangxian.common.scoping import acting
from fangxian.field.models import Campaign, FieldConflict, HeldOperation, Operation, Visit
from fangxian.field.sync import entities, pulling, pushed
from fangxian.field.sync.disputes import choose, open_disputes
from fangxian.field.sync.entities import Operation as Sent
from fangxian.field.sync.entities import Outcome, Result
from fangxian.field.sync.held import take_over, turn_down
from fangxian.field.sync.merging import Change, merged
from fangxian.field.sync.pushed import VisitPatch
from fangxian.field.sync.versions import row_of
from fangxian.field.tests.test_push import phone_of, results
from fangxian.register.actions import change_household, move_in, move_out
from fangxian.register.models import Household, Residency
from tests.kit.phone import Phone


@pytest.fixture
def phones(campaign: Campaign, bob: Any, alice: Any) -> tuple[Phone, Phone]:
    """Two phones of Bob's, both with everything fetched."""
    found = phone_of(bob), phone_of(bob)
    for phone in found:
        phone.pull()
    return found


def home_of(phone: Phone) -> dict[str, Any]:
    return phone.all("household")[0]


def household(by: Any, home: dict[str, Any]) -> Household:
    with acting(by):
        return Household.objects.get(pk=home["id"])


def test_the_same_field_keeps_both_values_and_the_later_arrival_shows(
    phones: tuple[Phone, Phone], bob: Any, alice: Any
) -> None:
    one, other = phones
    home = home_of(one)
    # Its clock says that it was the later one.
    one.clock = dt.timedelta(days=365)
    one.record("household", home["id"], {"note": "one"}, base=home["version"])
    other.record("household", home["id"], {"note": "other"}, base=home["version"])
    assert results(one.push()) == ["applied"]
    told = other.push()
    assert results(told) == ["conflict"]
    # To whom has the PIN a pull tells the other's value; not to whoever sends it, once or again.
    again = other.send(other.sent).json()["answers"]
    assert b"theirs" not in orjson.dumps([told, again])
    (page,) = other.pull()
    (answer,) = page["answers"]
    assert (answer["op_id"], answer["result"]) == (told[0]["op_id"], "conflict")
    assert answer["merged"] == {"note": {"mine": "other", "theirs": "one", "kept": "mine"}}
    assert one.pull()[-1]["answers"] == []
    assert household(bob, home).note == "other"
    with acting(alice):
        (row,) = FieldConflict.objects.all()
        values = orjson.loads(row.values or "")
        assert [(one["value"], one["who"]) for one in values] == [
            ("", ""),
            ("one", "bob"),
            ("other", "bob"),
        ]
        assert row.shown == 2
    choose(by=alice, conflict_id=row.id, number=1)
    assert household(bob, home).note == "one"
    with pytest.raises(Conflict):
        choose(by=alice, conflict_id=row.id, number=2)
    with acting(alice):
        assert not open_disputes().exists()


def test_two_changes_in_a_row_on_one_phone_never_meet_each_other(
    phones: tuple[Phone, Phone], bob: Any
) -> None:
    one, _other = phones
    home = home_of(one)
    for note in ("a", "b", ""):
        one.record("household", home["id"], {"note": note}, base=home["version"])
    assert results(one.push()) == ["applied"] * 3
    assert household(bob, home).note == ""
    with acting(bob):
        assert not FieldConflict.objects.exists()


def test_a_value_that_was_taken_back_at_the_desk_is_not_a_dispute(
    phones: tuple[Phone, Phone], bob: Any, alice: Any
) -> None:
    one, _other = phones
    home = home_of(one)
    change_household(by=alice, household_id=home["id"], state="empty")
    one.record("household", home["id"], {"state": "empty", "note": "x"}, base=home["version"])
    assert results(one.push()) == ["merged"]
    # The phone's own value is what was there at first: it has changed nothing.
    one.record("household", home["id"], {"state": "lived_in"}, base=home["version"])
    assert results(one.push()) == ["merged"]
    assert household(bob, home).state == "empty"


def test_a_third_value_joins_and_a_phone_replaces_its_own(
    phones: tuple[Phone, Phone], bob: Any, alice: Any
) -> None:
    one, other = phones
    home = home_of(one)
    base = home["version"]
    one.record("household", home["id"], {"note": "one"}, base=base)
    one.push()
    other.record("household", home["id"], {"note": "other"}, base=base)
    other.push()
    other.record("household", home["id"], {"note": "other again"}, base=base)
    assert results(other.push()) == ["merged"]
    one.record("household", home["id"], {"note": "one again"}, base=base)
    assert results(one.push()) == ["conflict"]
    with acting(alice):
        (row,) = FieldConflict.objects.all()
        said = [one["value"] for one in orjson.loads(row.values or "")]
    assert said[0] == ""
    assert set(said[1:]) == {"other again", "one again"}
    assert said[row.shown] == household(bob, home).note == "one again"


def test_a_field_that_keeps_the_servers_value_keeps_mine_in_the_queue(
    phones: tuple[Phone, Phone], bob: Any, alice: Any
) -> None:
    one, _other = phones
    home = home_of(one)
    change_household(by=alice, household_id=home["id"], note="server")
    written: list[Any] = []
    with acting(bob):
        current = Household.objects.get(pk=home["id"])
        sent = one.record("household", home["id"], {"note": "mine"}, base=home["version"])
        operation = Sent(
            op_id=current.pk,
            device_id=current.pk,
            seq=1,
            entity="household",
            object_id=current.pk,
            base_version=row_of(sent.plain["base_version"], one.epoch),
            patch={},
            captured_at=dt.datetime.now(dt.UTC),
            user_id=bob.user_id,
        )
        change = Change(operation, current, {"note": "mine"})
        outcome = merged(bob, change, written.append, server_keeps={"note"})
        row = FieldConflict.objects.get()
        assert orjson.loads(row.values or "")[row.shown]["value"] == "server"
    assert outcome.result is Result.CONFLICT
    assert outcome.merged["note"].kept == "theirs"
    assert written == []


def resident(by: Any, home: dict[str, Any]) -> Residency:
    return move_in(by=by, household_id=home["id"], on=dt.date(2020, 1, 1), name="查无此人")


def test_a_home_is_not_empty_while_somebody_is_registered(
    phones: tuple[Phone, Phone], bob: Any, alice: Any
) -> None:
    one, _other = phones
    home, free = one.all("household")[:2]
    row = resident(alice, home)
    for each in (home, free):
        one.record("household", each["id"], {"state": "empty", "note": "x"}, base=each["version"])
    told = one.push()
    assert results(told) == ["rejected", "applied"]
    assert told[0]["problems"][0]["code"] == "state"
    assert (household(bob, home).state, household(bob, home).note) == ("lived_in", "")
    with pytest.raises(Invalid):
        change_household(by=alice, household_id=home["id"], state="empty")
    move_out(by=alice, residency_id=row.pk, on=dt.date(2026, 2, 1))
    assert household(bob, home).state == "empty"


def test_who_is_away_is_merged(phones: tuple[Phone, Phone], bob: Any, alice: Any) -> None:
    one, other = phones
    row = resident(alice, home_of(one))
    for phone in phones:
        phone.pull()
    (known,) = one.all("resident")
    assert (known["id"], known["name"]) == (str(row.pk), "查无此人")
    base = known["version"]
    one.record("residency", known["id"], {"away_since": "2026-01-05"}, base=base)
    assert results(one.push()) == ["applied"]
    other.record("residency", known["id"], {"away_where": "沧州"}, base=base)
    assert results(other.push()) == ["merged"]
    with acting(bob):
        found = Residency.objects.get(pk=row.pk)
        assert (str(found.away_since), found.away_where) == ("2026-01-05", "沧州")
    other.pull()
    away = other.all("resident")[0]["version"]
    one.record("residency", known["id"], {"away_since": None}, base=base)
    one.push()
    with acting(bob):
        assert Residency.objects.get(pk=row.pk).away_since is None
    # Where he was is nothing that two could differ about any more.
    other.record("residency", known["id"], {"away_where": "沧县"}, base=away)
    assert results(other.push()) == ["merged"]
    with acting(alice):
        assert not FieldConflict.objects.exists()
    move_out(by=alice, residency_id=row.pk, on=dt.date(2026, 2, 1))
    other.record("residency", known["id"], {"away_where": "x"}, base=base)
    other.record("residency", known["id"], {"away_since": "3000-01-01"}, base=base)
    assert results(other.push()) == ["rejected", "rejected"]


def test_a_held_record_is_taken_over_or_turned_down(
    phones: tuple[Phone, Phone], bob: Any, alice: Any, charlie: Any, cast: Any
) -> None:
    one, other = phones
    first, second = one.doors()[:2]
    one.visit(first)
    one.visit(second)
    user = cast.user("bob")
    user.is_active = False
    user.save()
    assert results(one.push()) == ["held", "held"]
    user.is_active = True
    user.save()
    with acting(alice):
        held = {str(row.op_id): row for row in HeldOperation.objects.all()}
    kept, lost = (held[sealed.op_id] for sealed in one.sent)
    with pytest.raises(Forbidden):
        take_over(by=bob, held_id=kept.pk)
    with pytest.raises(LookupError):
        take_over(by=charlie, held_id=kept.pk)
    assert take_over(by=alice, held_id=kept.pk) is Result.APPLIED
    with pytest.raises(Conflict):
        take_over(by=alice, held_id=kept.pk)
    with pytest.raises(Invalid):
        turn_down(by=alice, held_id=lost.pk, reason=" ")
    turn_down(by=alice, held_id=lost.pk, reason="门牌不对")
    with acting(bob):
        (visit,) = Visit.objects.all()
        assert (str(visit.household_id), visit.actor) == (first["household_id"], "alice")
    pages = one.pull()
    decided = {one["op_id"]: one for page in pages for one in page["answers"]}
    assert decided[one.sent[0].op_id]["result"] == "applied"
    assert decided[one.sent[1].op_id]["result"] == "rejected"
    assert decided[one.sent[1].op_id]["problems"][0]["message"] == "门牌不对"
    # Told once, and to that phone alone; asked again it is still a duplicate.
    assert [page["answers"] for page in one.pull()] == [[]]
    assert [page["answers"] for page in other.pull()] == [[]]
    again = one.send(one.sent).json()["answers"]
    assert [(told["result"], told["first"]) for told in again] == [
        ("duplicate", "applied"),
        ("duplicate", "rejected"),
    ]


def disabled(cast: Any, phone: Phone) -> list[str]:
    """What is answered to a phone while Bob's account is disabled."""
    user = cast.user("bob")
    user.is_active = False
    user.save()
    told = results(phone.push())
    user.is_active = True
    user.save()
    return told


def held_of(by: Any, phone: Phone) -> list[HeldOperation]:
    """What is held of a phone, in the order in which it was made."""
    with acting(by):
        rows = {str(row.op_id): row for row in HeldOperation.objects.all()}
    return [rows[one.op_id] for one in phone.sent if one.op_id in rows]


@pytest.mark.parametrize("last", ["b", ""])
def test_changes_in_a_row_that_are_taken_over_never_meet_each_other(
    phones: tuple[Phone, Phone], bob: Any, alice: Any, cast: Any, last: str
) -> None:
    one, _other = phones
    home = home_of(one)
    for note in ("a", last):
        one.record("household", home["id"], {"note": note}, base=home["version"])
    assert disabled(cast, one) == ["held", "held"]
    for row in held_of(alice, one):
        assert take_over(by=alice, held_id=row.pk) is Result.APPLIED
    assert household(bob, home).note == last
    with acting(alice):
        assert not FieldConflict.objects.exists()
        written = history_of(Household).objects.filter(pgh_obj_id=home["id"]).latest("pgh_id")
        context = written.pgh_context
    assert (context["who"], context["source"]) == ("alice", f"device {one.device_id}")


@pytest.mark.parametrize("newer", ["newer", ""])
def test_what_is_taken_over_late_overwrites_nothing_newer_of_the_same_phone(
    phones: tuple[Phone, Phone], bob: Any, alice: Any, cast: Any, newer: str
) -> None:
    one, other = phones
    home = home_of(one)
    base = home["version"]
    for state in ("empty", "lived_in"):
        one.record("household", home["id"], {"note": "older", "state": state}, base=base)
    assert disabled(cast, one) == ["held", "held"]
    one.record("household", home["id"], {"note": newer}, base=base)
    assert results(one.push()) == ["applied"]
    first, second = held_of(alice, one)
    assert take_over(by=alice, held_id=second.pk) is Result.MERGED
    # The last change of the state is the second; the first was before it.
    assert take_over(by=alice, held_id=first.pk) is Result.MERGED
    found = household(bob, home)
    assert (found.note, found.state) == (newer, "lived_in")
    other.record("household", home["id"], {"note": "other"}, base=base)
    assert results(other.push()) == ["conflict" if newer else "applied"]


def test_who_had_the_phone_before_keeps_back_nothing_of_its_holder_of_now(
    phones: tuple[Phone, Phone], bob: Any, alice: Any
) -> None:
    """A phone counts its operations itself, so whoever has it may count ahead."""
    one, _other = phones
    home = home_of(one)
    one.seq = 999_000
    one.record("household", home["id"], {"note": "before"}, base=home["version"])
    assert results(one.push()) == ["applied"]
    one.enrol(make_device_code(by=alice, strong=False).code, device_id=one.device_id)
    one.seq = 7
    one.record("household", home["id"], {"note": "now"}, base=home["version"])
    assert results(one.push()) == ["applied"]
    assert household(bob, home).note == "now"


def test_a_count_that_jumps_is_refused(phones: tuple[Phone, Phone], bob: Any) -> None:
    one, _other = phones
    home = home_of(one)
    values = {"base": home["version"], "note": "x"}
    for seq, result in ((1_000_001, "rejected"), (999_999, "applied"), (1_999_999, "merged")):
        one.seq = seq - 1
        one.record("household", home["id"], {"note": values["note"]}, base=values["base"])
        (told,) = one.push()
        assert told["result"].replace("merged", "applied") == result.replace("merged", "applied")
        if result == "rejected":
            assert (told["problems"][0]["code"], told["problems"][0]["field"]) == ("seq", "seq")
    # What the phone itself says when it asks for records is no leap either.
    one.seq = 2**52
    one.pull()
    one.record("household", home["id"], {"note": "y"}, base=home["version"])
    assert results(one.push()) == ["rejected"]
    assert not Operation.objects.filter(seq__gt=2_000_000).exists()


def test_what_can_not_be_taken_over_just_now_still_waits(
    phones: tuple[Phone, Phone], alice: Any, cast: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _other = phones
    home = home_of(one)
    one.record("household", home["id"], {"note": "a"}, base=home["version"])
    assert disabled(cast, one) == ["held"]
    (row,) = held_of(alice, one)

    def broken(**_values: Any) -> None:
        raise RuntimeError("as a mistake of ours would")

    monkeypatch.setattr(pushed, "change_at_doors", broken)
    with pytest.raises(Conflict, match="再试"):
        take_over(by=alice, held_id=row.pk)
    monkeypatch.undo()
    assert take_over(by=alice, held_id=row.pk) is Result.APPLIED


def test_a_decision_is_told_until_the_phone_has_it(
    phones: tuple[Phone, Phone], bob: Any, alice: Any, cast: Any
) -> None:
    one, _other = phones
    one.visit(one.doors()[0])
    assert disabled(cast, one) == ["held"]
    (row,) = held_of(alice, one)
    turn_down(by=alice, held_id=row.pk, reason="门牌不对")
    long_ago = timezone.now() - 2 * pulling.ANSWERS_KEPT
    Operation.objects.filter(op_id=row.op_id).update(decided_at=long_ago)
    # The first answer is lost.
    assert one.ask().json()["answers"][0]["op_id"] == str(row.op_id)
    (page,) = one.pull()
    assert page["answers"][0]["op_id"] == str(row.op_id)
    assert Operation.objects.get(op_id=row.op_id).heard_at is None
    assert [page["answers"] for _time in range(2) for page in one.pull()] == [[], []]
    assert Operation.objects.get(op_id=row.op_id).heard_at is not None


def test_the_next_holder_is_not_told_why_anothers_record_was_turned_down(
    phones: tuple[Phone, Phone], alice: Any, cast: Any
) -> None:
    one, _other = phones
    one.visit(one.doors()[0])
    assert disabled(cast, one) == ["held"]
    (row,) = held_of(alice, one)
    one.enrol(make_device_code(by=alice, strong=False).code, device_id=one.device_id)
    turn_down(by=alice, held_id=row.pk, reason="查无此人说没人来过")
    (told,) = [answer for page in one.pull() for answer in page["answers"]]
    assert (told["op_id"], told["result"], told["problems"]) == (str(row.op_id), "rejected", [])


def test_what_is_kept_of_an_operation_is_sealed(phones: tuple[Phone, Phone], bob: Any) -> None:
    one, other = phones
    home = home_of(one)
    one.record("household", home["id"], {"note": "机密甲"}, base=home["version"])
    other.record("household", home["id"], {"note": "机密乙"}, base=home["version"])
    one.push()
    other.push()
    with acting(bob), connection.cursor() as cursor:
        cursor.execute("SELECT told, values FROM field_operation, field_fieldconflict")
        rows = cursor.fetchall()
    assert rows
    for row in rows:
        for value in row:
            assert "机密".encode() not in bytes(value or b"")
    assert Operation.objects.filter(told__isnull=False).count() == 1


def test_an_entity_is_registered_once() -> None:
    def apply(_by: Any, _operation: Any) -> Outcome:
        return Outcome(Result.APPLIED)

    with pytest.raises(ValueError, match="twice"):
        entities.register(entities.Entity("visit", "field.visit", "Visit", apply, VisitPatch))
