"""Everyone's landing page through HTTP."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from fangxian.accounts.models import Role
from fangxian.command.tests.conftest import begin
from fangxian.common.actor import Actor
from fangxian.common.scoping import acting
from fangxian.core.actions import close_task, open_task
from fangxian.organisations.actions import appoint
from fangxian.organisations.models import OrganisationKind

TODAY = reverse("command:today")


def open_one(alice, places, key="1"):
    return open_task(
        by=alice,
        kind="test",
        place_code=places.unit,
        title="Look after it",
        due_at=timezone.now(),
        assignee_role="community_staff",
        dedupe_key=key,
    )


def test_every_role_lands_on_a_page_that_says_something(client_of, sweep):
    for role in Role.objects.all():
        answer = client_of(role.code).get(TODAY)
        assert answer.status_code == 200, role.code
        panels = answer.content.decode().count('class="fx-panel')
        assert panels >= 2, role.code


def test_what_is_due_from_me_stands_first(client_of, alice, places):
    task = open_one(alice, places)
    answer = client_of("alice").get(TODAY)
    assert [row.id for row in answer.context["tasks"]] == [task.id]
    assert answer.context["overdue_count"] == 1
    assert not client_of("charlie").get(TODAY).context["tasks"]


def test_a_task_at_a_unit_names_the_building_too(client_of, alice, places):
    open_one(alice, places)
    (task,) = client_of("alice").get(TODAY).context["tasks"]
    assert task.place_name == f"{places[places.building].name} {places[places.unit].name}"


def test_the_sweep_of_my_area_with_its_worst_places(client_of, sweep, places):
    (shown,) = client_of("alice").get(TODAY).context["sweeps"]
    campaign, own, worst = shown
    assert campaign.id == sweep.id
    assert (own.coverage.target, own.coverage.gap) == (5, 3)
    assert [row.code for row in worst] == [places.grid]
    changed = client_of("alice").get(TODAY).context["groups"]["changed"]
    assert [item.count for item in changed if item.detail == campaign.name] == [1]


def test_it_keeps_itself_current(client_of, alice, places):
    client = client_of("alice")
    first = client.get(TODAY)
    poll = {"HX-Request": "true", "If-None-Match": first["ETag"]}
    assert client.get(TODAY, headers=poll).status_code == 304
    task = open_one(alice, places)
    changed = client.get(TODAY, headers=poll)
    assert changed.status_code == 200
    assert b"<html" not in changed.content
    close_task(by=alice, task_id=task.id, done_fact="test")
    assert client.get(TODAY, headers=poll).status_code == 304


@pytest.mark.parametrize(
    ("role", "links"),
    [
        ("system_administrator", ["core:outbox", "core:jobs", "command:proof", "accounts:users"]),
        ("security_administrator", ["accounts:alerts", "accounts:users"]),
        ("audit_administrator", ["accounts:access"]),
    ],
)
def test_administrators_see_their_own_work(client_of, role, links):
    html = client_of(role).get(TODAY).content.decode()
    for link in links:
        assert f'href="{reverse(link)}' in html, link
    assert reverse("core:tasks") not in html


def test_the_auditor_sees_the_reads_since_yesterday(client_of, alice, places, cast):
    from fangxian.accounts.models import AccessLog
    from fangxian.common.ids import uuid7

    for revealed in ("", "", "phone"):
        AccessLog.objects.create(
            actor="alice",
            user_id=cast.user("alice").pk,
            area=places.community,
            purpose="test",
            source="test",
            persons=[uuid7()],
            revealed=revealed,
        )
    auditor = client_of("audit_administrator")
    items = auditor.get(TODAY).context["groups"]["changed"]
    counts = {item.url.partition("?")[2].count("revealed"): item.count for item in items[:2]}
    assert counts == {0: 3, 1: 1}
    # The page asks every half minute; the log of two days is counted once a minute for all.
    with CaptureQueriesContext(connection) as asked:
        auditor.get(TODAY)
    assert not [one for one in asked if 'COUNT(DISTINCT "accounts_accesslog"' in one["sql"]]


def test_a_resident_sees_who_answers_at_home_and_nothing_else(client_of, hq, places, sweep):
    kind = OrganisationKind.objects.get(code="department")
    from fangxian.organisations.actions import create_organisation

    with acting(hq):
        unit = create_organisation(by=hq, name="示例局", kind=kind, seat=places[places.county])
        appoint(by=hq, place=places[places.community], role="linked_unit", holder=unit)
    context = client_of("resident").get(TODAY).context
    assert context["resident"]
    assert not context["sweeps"]
    from fangxian.accounts.models import Grant
    from fangxian.regions.queries import at

    Grant.objects.filter(user__username="resident").update(region=at(places.community))
    context = client_of("resident").get(TODAY).context
    shown = [(row.name, place) for row, place in context["answering"]]
    assert shown == [("示例局", places[places.community].name)]


def test_few_queries(client_of, sweep, alice, places, django_assert_max_num_queries):
    client = client_of("alice")
    for key in "123":
        open_one(alice, places, key)
    client.get(TODAY)
    with django_assert_max_num_queries(QUERIES):
        client.get(TODAY)


def test_queries_don_t_grow_with_the_sweeps(
    client_of, sweep, hq, places, django_assert_max_num_queries
):
    """Sweeps of the county, of a town of it and of what lies above: one query for all of each."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = client_of("headquarters")
    addresses = [
        TODAY,
        reverse("command:sweeps"),
        reverse("command:wall_gaps"),
        reverse("field:campaigns"),
        reverse("regions:place", args=[places.community]),
    ]

    def queries() -> list[int]:
        found = []
        for address in addresses:
            client.get(address)
            with CaptureQueriesContext(
                connection,
            ) as captured:
                assert client.get(address).status_code == 200
            found.append(len(captured))
        return found

    before = queries()
    for n, code in enumerate([places.county, places.town, places.county[:4], places.community]):
        begin(Actor.system("test", "1309"), places[code], f"第{n + 2}轮摸排")
    assert queries() == before
    assert len(client.get(TODAY).context["sweeps"]) == 5


# Four for the session and what processes share, four for scope, the rest is what fifteen sources
# of nine rooms ask.
QUERIES = 45
