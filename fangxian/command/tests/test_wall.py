"""The walls, and the session that is left on a screen."""

from __future__ import annotations

import time
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from fangxian.accounts.sessions import BEGAN, SEEN, UNATTENDED
from fangxian.command.sources import today_of_sweeps
from fangxian.common.scoping import acting
from fangxian.field.actions import NewVisit, prepare_reports, record_visits
from fangxian.field.models import DailyReport, Visit
from fangxian.field.reporting import Span, figures_of

WALL, GAPS = reverse("command:wall"), reverse("command:wall_gaps")


def test_the_overview_shows_the_figures_of_the_board_with_their_source(client_of, sweep, places):
    answer = client_of("headquarters").get(WALL)
    assert answer.context["own"].coverage.gap == 4
    html = answer.content.decode()
    assert f'href="{reverse("command:board_area", args=[sweep.id])}"' in html
    assert answer.context["days"][0][0] == sweep.starts_on
    assert sum(count for _day, count in answer.context["days"]) == 1


def test_the_gaps_name_the_worst_grids_and_who_closes_them(client_of, sweep, places, officer):
    context = client_of("headquarters").get(GAPS).context
    assert [line.row.code for line in context["worst"]] == [
        places.grid,
        "130902001002001",
    ]
    assert context["worst"][0].row.closer.name == "王一"
    assert context["unfilled"]


def test_a_corrected_visit_counts_once_as_in_the_daily_report(client_of, sweep, hq):
    with acting(hq):
        first = Visit.objects.get()
    again = NewVisit(uuid4(), sweep.id, first.household_id, "all_well", corrects=first.op_id)
    record_visits(by=hq, visits=[again])
    prepare_reports(by=hq, campaign=sweep, day=timezone.localdate())
    with acting(hq):
        report = DailyReport.objects.get(campaign=sweep, place_code=hq.area)
        reported = figures_of(report, Span(None, timezone.now()))["visits"]
    client = client_of("headquarters")
    assert reported == 1
    assert sum(n for _day, n in client.get(WALL).context["days"]) == reported
    with acting(hq):
        assert [item.count for item in today_of_sweeps(hq)] == [reported]


def test_overdue_reports_lead_to_their_list_unless_nobody_may_click(client_of, sweep):
    client = client_of("headquarters")
    listed = f'href="{GAPS}#wall-reports"'
    page = client.get(WALL).content.decode()
    assert listed in page
    assert "入户记录、户籍台账、责任配备和任务" in page
    assert 'id="wall-reports"' in client.get(GAPS).content.decode()
    client.post(reverse("command:wall_stay"))
    assert listed not in client.get(WALL).content.decode()


def test_without_a_sweep_the_wall_shows_the_chain(client_of, places, hq):
    from fangxian.organisations.vacancies import refresh

    refresh(by=hq, area=places.county)
    client = client_of("headquarters")
    assert client.get(WALL).context["own"].vacancies > 0
    assert client.get(GAPS).context["worst"]


def test_what_is_late_is_counted_once_for_all_walls_in_ten_seconds(client_of, sweep):
    client = client_of("headquarters")
    tag = client.get(WALL)["ETag"]
    for held, status in ((tag, 304), ('"other"', 200)):
        with CaptureQueriesContext(connection) as asked:
            answer = client.get(WALL, headers={"HX-Request": "true", "If-None-Match": held})
        assert answer.status_code == status
        counted = [one for one in asked if "core_task" in one["sql"] or "dailyreport" in one["sql"]]
        assert not counted
        # While it stands nobody asks who answers.
        closers = any("organisations_responsibility" in one["sql"] for one in asked)
        assert closers == (status == 200)


@pytest.mark.parametrize("address", [WALL, GAPS])
def test_a_wall_polls(client_of, sweep, address):
    client = client_of("headquarters")
    tag = client.get(address)["ETag"]
    answer = client.get(address, headers={"HX-Request": "true", "If-None-Match": tag})
    assert answer.status_code == 304


def test_the_slow_part_alone(client_of, sweep):
    answer = client_of("headquarters").get(WALL + "?part=slow", headers={"HX-Request": "true"})
    html = answer.content.decode()
    assert "wall-places" in html
    assert "<html" not in html


def test_others_have_no_wall(client_of, sweep):
    for who in ("alice", "laboratory", "resident"):
        assert client_of(who).get(WALL).status_code == 403


def test_a_screen_left_running_opens_the_wall_alone_and_outlives_the_day(client_of, sweep):
    client = client_of("headquarters")
    assert client.post(reverse("command:wall_stay")).url == WALL
    assert client.session[UNATTENDED]
    session = client.session
    session[BEGAN] = session[SEEN] = time.time() - 3 * 24 * 3600
    session.save()
    assert client.get(WALL).status_code == 200
    assert client.get(GAPS).status_code == 200
    html = client.get(WALL).content.decode()
    assert reverse("command:board_area", args=[sweep.id]) not in html
    for closed in (
        reverse("command:today"),
        reverse("account_change_password"),
        reverse("core:tasks"),
        "/api/openapi.json",
    ):
        assert client.get(closed).status_code == 403, closed
    assert client.post(reverse("command:wall_stay")).status_code == 403
    assert client.post(reverse("account_logout")).status_code == 302
    assert client.get(WALL).status_code == 302


def test_an_ordinary_session_still_ends(client_of, sweep):
    client = client_of("headquarters")
    session = client.session
    session[BEGAN] = time.time() - 3 * 24 * 3600
    session.save()
    assert client.get(WALL).status_code == 302
