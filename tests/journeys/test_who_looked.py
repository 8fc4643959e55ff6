"""From a task to a household to the log; and the person concerned reads it in words."""

from __future__ import annotations

import datetime as dt
import re
from io import StringIO
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.apps import apps
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

import tests.kit.makers  # noqa: F401  (the makers register themselves)
from fangxian.accounts import queries
from fangxian.accounts.actions import link_person
from fangxian.accounts.looks import task_of
from fangxian.accounts.models import AccessLog, Grant, SecurityAlert, User
from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, Forbidden, Invalid
from fangxian.common.history import history_of
from fangxian.common.ids import first_id, uuid7
from fangxian.common.scoping import acting
from fangxian.core import actions
from fangxian.core.kinds import TaskKind, task_kinds, url_of
from fangxian.people.models import PersonDocument
from tests.kit.objects import SECRETS, Side, codes_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def side(places: Any, cast: Any) -> Side:
    return Side("own", places, cast, codes_of(places.unit))


@pytest.fixture
def task(side: Side, monkeypatch: pytest.MonkeyPatch) -> Any:
    household = side.get("register:household_id")
    person = side.get("people:person_id")

    def url(_task: Any) -> str:
        return reverse("people:person", args=[person])

    monkeypatch.setitem(task_kinds._entries, "test.look", (100, TaskKind("look", url)))
    return side.act(
        lambda by: actions.open_task(
            by=by,
            kind="test.look",
            place_code=side.codes.unit,
            title="Ask how they are",
            due_at=timezone.now(),
            object_id=household,
            assignee_role="grid_officer",
            dedupe_key="look",
        )
    )


def _log() -> AccessLog:
    found = AccessLog.objects.order_by("-id").first()
    assert found is not None
    return found


def test_what_a_page_sends_elsewhere_is_done_for_its_task(
    client_of: Any, side: Side, task: Any
) -> None:
    person, bob = side.get("people:person_id"), client_of("alice")
    goal = bob.get(reverse("core:task", args=[task.id])).context["goal"]
    page = bob.get(goal).content.decode()
    assert f'name="task" value="{task.id}"' in page
    # A script of the page says on which page it is.
    with acting(side.cast.actor("alice")):
        row = PersonDocument.objects.filter(person_id=person).values_list("pk", flat=True)[0]
    shown = bob.post(
        reverse("people:reveal", args=[person, "document", row]),
        {"purpose": "other", "reason": "x" * 200},
        headers={"HX-Request": "true", "HX-Current-URL": f"http://testserver{goal}"},
    )
    assert shown.status_code == 200
    reveal = AccessLog.objects.exclude(revealed="").get()
    assert (task_of(reveal.purpose), reveal.purpose[-200:]) == (task.id, "x" * 200)
    # A form hands it on.
    removed = reverse("people:remove", args=[person, "document", row])
    assert bob.post(removed, {"task": str(task.id)}).status_code == 302
    with acting(side.cast.actor("alice")):
        history = apps.get_model("people", "PersonDocumentHistory").objects.filter(pgh_obj_id=row)
        assert task_of(history.latest("pgh_id").pgh_context["why"]) == task.id
    # A task of elsewhere is none that anything could be done for.
    charlie = client_of("charlie")
    charlie.post(reverse("core:notifications"), {"task": str(task.id)})
    page = charlie.get(reverse("core:tasks")).content.decode()
    assert str(task.id) not in page


def test_from_a_task_to_the_log(client_of: Any, side: Side, task: Any) -> None:
    person = side.get("people:person_id")
    bob = client_of("bob")
    goal = bob.get(reverse("core:task", args=[task.id])).context["goal"]
    assert bob.get(goal).status_code == 200
    assert person in _log().persons
    assert str(task.id) in _log().purpose
    shown = client_of("audit_administrator").get(
        reverse("accounts:access"), {"person": str(person)}
    )
    text = shown.content.decode()
    assert "Ask how they are" in text
    assert "page people" not in text
    assert "Bob" in text
    # The household's page too.
    household = reverse("register:household", args=[side.get("register:household_id")])
    assert bob.get(household, {"task": str(task.id)}).status_code == 200
    assert str(task.id) in _log().purpose


def test_a_task_elsewhere_is_no_purpose(client_of: Any, side: Side, task: Any) -> None:
    address = reverse("core:tasks")
    assert client_of("charlie").get(address, {"task": str(task.id)}).status_code == 404
    assert client_of("charlie").get(address, {"task": str(uuid4())}).status_code == 404
    assert client_of("charlie").get(address, {"task": "nonsense"}).status_code == 200


def test_an_address_with_a_query_and_a_place_keeps_both(task: Any) -> None:
    def url(_task: Any) -> str:
        return "/x/?a=1#b"

    entry = task_kinds._entries["test.look"]
    task_kinds._entries["test.look"] = (100, TaskKind("look", url))
    assert url_of(task) == f"/x/?a=1&task={task.id}#b"
    task_kinds._entries["test.look"] = entry


def test_the_auditor_finds_a_person_by_a_number(client_of: Any, side: Side) -> None:
    person = side.get("people:person_id")
    auditor = client_of("audit_administrator")
    address = reverse("accounts:access")
    for number in (SECRETS["own"]["number"], SECRETS["own"]["phone"], str(person)):
        found = auditor.post(address, {"number": number})
        assert found["Location"] == f"{address}?person={person}"
    # Another county's, and what is no number.
    for number in (SECRETS["foreign"]["number"], "abc", "", "\x00", "1" * 61):
        assert auditor.post(address, {"number": number})["Location"] == address
    assert client_of("alice").post(address, {"number": "1"}).status_code == 403


def _resident(cast: Any, places: Any, name: str = "resident") -> User:
    user: User = cast.user(name)
    User.objects.filter(pk=user.pk).update(region=places[places.county])
    return user


def test_a_resident_reads_who_looked(client_of: Any, cast: Any, places: Any, side: Side) -> None:
    person = side.get("people:person_id")
    user = _resident(cast, places)
    administrator = client_of("system_administrator")
    given = {"number": SECRETS["own"]["number"], "reason": "came with the card"}
    linked = administrator.post(reverse("accounts:link_person", args=[user.pk]), given)
    assert linked.status_code == 302
    client_of("bob").get(reverse("people:person", args=[person]))
    page = client_of("resident").get("/")
    assert page.context["linked"]
    text = page.content.decode()
    assert "Bob" in text
    assert "people:person" not in text
    assert re.search("第1网格", text)
    # Nothing of it is in the history of the account but that it changed, by whom and why.
    assert given["number"] not in str(list(_history(user)))
    administrator.post(
        reverse("accounts:link_person", args=[user.pk]), {"number": "", "reason": "was a mistake"}
    )
    assert not client_of("resident").get("/").context["linked"]


def _history(user: User) -> list[Any]:
    return list(history_of(User).objects.filter(pgh_obj_id=user.pk).values())


def test_one_human_is_not_two_administrators(cast: Any, places: Any, side: Side) -> None:
    side.get("people:person_id")
    by = cast.actor("system_administrator")
    number = SECRETS["own"]["number"]
    first = _resident(cast, places, "security_administrator")
    second = _resident(cast, places, "audit_administrator")
    link_person(by=by, user_id=first.pk, number=number, reason="came with the card")
    with pytest.raises((Invalid, Conflict)):
        link_person(by=by, user_id=second.pk, number=number, reason="came with the card")
    second.refresh_from_db()
    assert second.person_id is None
    for wrong in (SECRETS["foreign"]["number"], "nobody"):
        with pytest.raises(Invalid):
            link_person(by=by, user_id=second.pk, number=wrong, reason="came with the card")
    _resident(cast, places, "system_administrator")
    with pytest.raises(Forbidden):
        link_person(by=by, user_id=by.user_id, number="", reason="came with the card")
    with pytest.raises(Forbidden):
        link_person(
            by=cast.actor("alice"), user_id=second.pk, number=number, reason="came with the card"
        )


def test_numbers_tried_on_an_account_count_whether_they_hit_or_not(
    client_of: Any, cast: Any, places: Any, side: Side, settings: Any
) -> None:
    settings.FANGXIAN_LOOKUPS_PER_HOUR = 3
    side.get("people:person_id")
    known, number = _resident(cast, places), SECRETS["own"]["number"]
    other = _resident(cast, places, "bob")
    link_person(
        by=Actor.system("kit", places.county), user_id=known.pk, number=number, reason="by card"
    )
    address = reverse("accounts:link_person", args=[other.pk])
    client = client_of("system_administrator")

    def tried(number: str) -> int:
        given = {"number": number, "reason": "came with the card"}
        return int(client.post(address, given).status_code)

    # Nobody, somebody who has an account, nobody again.
    misses = [SECRETS["foreign"]["number"], number, "11010519491231004X", number]
    assert [tried(one) for one in misses] == [422, 422, 422, 429]
    alert = SecurityAlert.objects.get(kind="lookup_quota")
    assert alert.user_id == cast.user("system_administrator").pk


def test_linked_at_the_console(cast: Any, places: Any, side: Side, settings: Any) -> None:
    settings.FANGXIAN_AREA = places.county
    person = side.get("people:person_id")
    _resident(cast, places)
    out = StringIO()
    call_command("user_person", "resident", "--person", str(person), stdout=out)
    assert "is linked to a person" in out.getvalue()
    assert User.objects.get(username="resident").person_id == person
    call_command("user_person", "resident", "--unlink", stdout=out)
    assert User.objects.get(username="resident").person_id is None


def test_a_ledger_is_read_by_who_brought_it(
    client_of: Any, cast: Any, places: Any, alice: Any
) -> None:
    from fangxian.core import imports

    with acting(alice):
        run = imports.begin(
            by=alice,
            kind="test",
            place_code=alice.area,
            name="台账.csv",
            data=SECRETS["own"]["number"].encode(),
            right="register.import",
        )
        file = run.file
    user = User.objects.create(username="dora", display_name="Dora")
    Grant.objects.create(
        user=user,
        role_id="community_staff",
        region=places[places.community],
        valid_from=dt.date(2020, 1, 1),
    )
    cast.users["dora"] = user
    address = reverse("core:file", args=[file.id])
    assert client_of("alice").get(address).status_code == 200
    for name in ("dora", "headquarters"):
        assert client_of(name).get(address).status_code == 403
        page = client_of(name).get(reverse("core:import", args=[run.id]))
        assert page.status_code == 200
        assert address not in page.content.decode()
    # The job that reads it goes on as its requester; the system's own may too.
    assert actions.read_file(by=Actor.system("test", places.county), file_id=file.id)


def test_days_of_the_log_are_found_by_the_key(alice: Any) -> None:
    now = timezone.now()
    assert first_id(now - dt.timedelta(seconds=1)) < uuid7() < first_id(now + dt.timedelta(hours=1))
    with acting(alice):
        from fangxian.common import access

        access.note(uuid4())
    today = timezone.localdate()
    yesterday = today - dt.timedelta(days=1)
    assert queries.access_log("", since=today).count() == 1
    assert queries.access_log("", until=yesterday).count() == 0
    assert queries.access_log("", since=yesterday, until=today).count() == 1
    plan = queries.access_log("", since=today)
    assert "accounts_accesslog" in str(plan.query)
    bounded = str(plan.query)
    assert re.search(r'"id" >= [0-9a-f-]{36}', bounded)
    assert UUID(re.findall(r'"id" >= ([0-9a-f-]{36})', bounded)[0]).version == 7
