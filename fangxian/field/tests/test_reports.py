"""Reports: each visit in exactly one, sums of those below, locked, owed while the sweep runs."""

from __future__ import annotations

import copy
import datetime as dt
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fangxian.accounts.models import User
from fangxian.common.codes import Level
from fangxian.common.errors import Conflict
from fangxian.common.ids import uuid7
from fangxian.common.scoping import acting
from fangxian.core.models import Task
from fangxian.core.rules import add_rule_version, rule
from fangxian.field import invariants, jobs, reporting
from fangxian.field.actions import (
    NewVisit,
    close_campaign,
    correct_report,
    extend_campaign,
    prepare_reports,
    record_visits,
    send_report,
)
from fangxian.field.actions.campaigns import DATES
from fangxian.field.actions.reports import OVERDUE
from fangxian.field.models import Campaign, DailyReport, Target, Visit
from fangxian.field.queries import doors
from fangxian.field.tests.conftest import begin
from fangxian.regions.queries import below


def homes(by: Any, campaign: Campaign, code: str) -> list[Target]:
    with acting(by):
        return list(doors(campaign, code))


def found(by: Any, campaign: Campaign, target: Target, outcome: str, **more: Any) -> NewVisit:
    visit = NewVisit(uuid4(), campaign.id, target.household_id, outcome, **more)
    (answer,) = record_visits(by=by, visits=[visit])
    assert answer.result == "applied"
    return visit


def send(by: Any, campaign: Campaign, code: str, day: dt.date) -> dict[str, int]:
    prepare_reports(by=by, campaign=campaign, day=day)
    with acting(by):
        report = DailyReport.objects.get(campaign=campaign, day=day, place_code=code)
    return send_report(by=by, report=report).figures


def open_tasks(by: Any, kind: str) -> list[Task]:
    with acting(by):
        return list(Task.objects.filter(kind=kind, state="open"))


def test_each_visit_is_in_exactly_one_report_and_they_add_up(
    campaign: Campaign, cast: Any, bob: Any, places: Any
) -> None:
    hq = cast.actor("headquarters")
    first, second, third = homes(bob, campaign, places.grid)
    today = timezone.localdate()
    mistaken = found(bob, campaign, first, "all_well")
    # A device that was offline: it was there two days ago, and says so now.
    found(bob, campaign, second, "absent", visited_at=timezone.now() - dt.timedelta(days=1))
    one = send(hq, campaign, places.community, today)
    assert (one["visits"], one["newly_covered"], one["absent"], one["visited"]) == (2, 1, 1, 1)
    # After the cut-off of today's: in tomorrow's, whatever the hour.
    found(bob, campaign, third, "all_well")
    found(bob, campaign, first, "refused", corrects=mistaken.op_id)
    two = send(hq, campaign, places.community, today + dt.timedelta(days=1))
    assert (two["visits"], two["newly_covered"], two["taken_back"]) == (2, 1, 1)
    assert (two["absent"], two["refused"]) == (0, 1)
    found(bob, campaign, first, "all_well")
    three = send(hq, campaign, places.community, today + dt.timedelta(days=2))
    assert (three["visits"], three["newly_covered"], three["visited"]) == (1, 1, 2)
    every = [one, two, three]
    assert sum(r["visits"] - r["taken_back"] for r in every) == 4
    empty = send(hq, campaign, places.community, today + dt.timedelta(days=3))
    assert reporting.is_zero(empty)


def test_a_report_leaves_out_what_is_just_being_recorded(fresh_database: str) -> None:
    """The next one counts it, though it began before this one was cut off."""
    import threading

    from django.db import connections

    from fangxian.common.actor import Actor
    from fangxian.field.tests.conftest import begin
    from fangxian.register.actions import create_household
    from tests.kit.cast import make_places

    hq = Actor.system("test", "130902")
    places = make_places()
    create_household(by=hq, place_code=places.unit, room="101")
    campaign = begin(hq, places)
    (target,) = homes(hq, campaign, places.grid)
    written, sent = threading.Event(), threading.Event()

    def record() -> None:
        with acting(hq):
            found(hq, campaign, target, "all_well")
            written.set()
            sent.wait(20)
        connections.close_all()

    thread = threading.Thread(target=record)
    thread.start()
    assert written.wait(20)
    today = timezone.localdate()
    one = send(hq, campaign, places.community, today)
    sent.set()
    thread.join(20)
    two = send(hq, campaign, places.community, today + dt.timedelta(days=1))
    assert (one["visits"], two["visits"], two["newly_covered"]) == (0, 1, 1)


def settled(by: Any, campaign: Campaign) -> list[DailyReport]:
    """The closing reports of a sweep after it was closed."""
    close_campaign(by=by, campaign=campaign)
    jobs.report_closed()
    with acting(by):
        return list(DailyReport.objects.filter(campaign=campaign, closing=True))


def test_what_came_in_after_the_last_report_is_in_the_closing_one(
    client_of: Any, campaign: Campaign, cast: Any, bob: Any, places: Any
) -> None:
    hq = cast.actor("headquarters")
    first, second, _third = homes(bob, campaign, places.grid)
    today = timezone.localdate()
    early = found(bob, campaign, first, "all_well")
    send(hq, campaign, places.community, today)
    found(bob, campaign, first, "refused", corrects=early.op_id)
    found(bob, campaign, second, "all_well")
    last = {report.place_code: report for report in settled(hq, campaign)}
    # The town and the county never reported: theirs counts all.
    assert set(last) == {places.community, places.town, places.county}
    assert {code: r.figures["visits"] for code, r in last.items()} == {
        places.community: 2,
        places.town: 2,
        places.county: 2,
    }
    assert last[places.community].figures["taken_back"] == 1
    assert jobs.report_closed() == 0, "once"
    client = client_of("headquarters")
    page = client.get(reverse("field:report", args=[last[places.community].id]))
    assert page.context["may_send"] is False
    assert [row["below"] for row in page.context["figures"]] == [0] * len(page.context["figures"])
    above = client.get(reverse("field:report", args=[last[places.town].id]))
    assert above.context["figures"][0]["below"] == 2
    listed = client.get(reverse("field:reports", args=[campaign.id]))
    assert sum(row["report"].closing for row in listed.context["rows"]) == 3


def test_an_owed_report_of_a_closed_sweep_is_not_sent(
    client_of: Any, campaign: Campaign, cast: Any, places: Any
) -> None:
    hq = cast.actor("headquarters")
    prepare_reports(by=hq, campaign=campaign, day=timezone.localdate())
    close_campaign(by=hq, campaign=campaign)
    with acting(hq):
        report = DailyReport.objects.get(campaign=campaign, place_code=places.town)
    client = client_of("headquarters")
    assert client.post(reverse("field:report_send", args=[report.id])).status_code == 409
    page = client.get(reverse("field:report", args=[report.id]))
    assert page.context["may_send"] is False
    # Nobody came: there is nothing to report.
    assert jobs.report_closed() == 0


def test_a_sweep_is_settled_when_what_was_being_recorded_is_there(fresh_database: str) -> None:
    """A visit whose transaction outlives the closing is counted, not lost."""
    import threading

    from django.db import connections

    from fangxian.common.actor import Actor
    from fangxian.field.tests.conftest import begin
    from fangxian.register.actions import create_household
    from tests.kit.cast import make_places

    hq = Actor.system("test", "130902")
    places = make_places()
    create_household(by=hq, place_code=places.unit, room="101")
    campaign = begin(hq, places)
    (target,) = homes(hq, campaign, places.grid)
    written, closed = threading.Event(), threading.Event()

    def record() -> None:
        with acting(hq):
            found(hq, campaign, target, "all_well")
            written.set()
            closed.wait(20)
        connections.close_all()

    thread = threading.Thread(target=record)
    thread.start()
    assert written.wait(20)
    close_campaign(by=hq, campaign=campaign)
    with acting(hq):
        assert reporting.end_of_recording(patience=0) is None
    threading.Timer(0.3, closed.set).start()
    assert jobs.report_closed() == 3
    thread.join(20)
    with acting(hq):
        assert {r.figures["visits"] for r in DailyReport.objects.all()} == {1}
    assert list(invariants.reports()) == []
    with acting(hq):
        again = DailyReport.objects.get(place_code=places.town)
        again.id, again.closing = uuid7(), False
        again.save(force_insert=True)
    with connections["maintenance"].cursor() as cursor:
        cursor.execute("UPDATE field_visit SET code_then = '13090200100200100101'")
    planted = list(invariants.reports())
    assert len(planted) == 2
    assert str(again.id) in planted[0]
    assert "130902001002" in planted[1]


# What can happen to a sweep, in any order: a visit at a door, a correction of the last visit there,
# a report sent for a day (of the community, the town or the county).
STEPS = st.one_of(
    st.tuples(st.just("visit"), st.integers(0, 2), st.sampled_from(["all_well", "absent"])),
    st.tuples(st.just("correct"), st.integers(0, 2), st.sampled_from(["refused", "vacant"])),
    st.tuples(st.just("send"), st.integers(0, 2), st.integers(0, 3)),
)


@given(steps=st.lists(STEPS, max_size=12))
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_each_visit_is_in_exactly_one_report_of_each_place(
    campaign: Campaign, cast: Any, bob: Any, places: Any, steps: list[tuple[str, int, Any]]
) -> None:
    hq = cast.actor("headquarters")
    today = timezone.localdate()
    reporting_places = [places.community, places.town, places.county]
    with transaction.atomic():
        doors_ = homes(bob, campaign, places.grid)
        last: dict[int, Any] = {}
        for what, n, more in steps:
            if what == "visit":
                last[n] = found(bob, campaign, doors_[n], more).op_id
            elif what == "correct" and n in last:
                last[n] = found(bob, campaign, doors_[n], more, corrects=last[n]).op_id
            elif what == "send":
                day, code = today + dt.timedelta(days=more), reporting_places[n]
                with acting(hq):
                    sent = DailyReport.objects.filter(sent_at__isnull=False)
                    again = sent.filter(day=day, place_code=code).exists()
                    before = DailyReport.objects.filter(
                        sent_at=None, day__lt=day, place_code=code, campaign=campaign
                    ).exists()
                if before:
                    with pytest.raises(Conflict):
                        send(hq, campaign, code, day)
                elif not again:
                    send(hq, campaign, code, day)
        settled(hq, campaign)
        with acting(hq):
            visits = list(Visit.objects.filter(campaign=campaign).select_related("corrected_by"))
            reports = list(DailyReport.objects.filter(campaign=campaign, sent_at__isnull=False))
        for code in reporting_places:
            own = [report for report in reports if report.place_code == code]
            for visit in visits:
                inside = [
                    r
                    for r in own
                    if (r.counted_from is None or r.counted_from <= visit.created_at)
                    and visit.created_at < r.counted_to
                ]
                assert len(inside) == 1
            holding = sum(not hasattr(visit, "corrected_by") for visit in visits)
            told = sum(r.figures["visits"] - r.figures["taken_back"] for r in own)
            assert told == holding
        transaction.set_rollback(True)


def test_the_database_itself_locks_what_was_sent(
    campaign: Campaign, cast: Any, places: Any
) -> None:
    hq = cast.actor("headquarters")
    send(hq, campaign, places.community, timezone.localdate())
    with acting(hq):
        sent = DailyReport.objects.filter(sent_at__isnull=False)
        for change in (
            lambda: sent.update(zero=False),
            lambda: sent.update(figures={}),
            lambda: sent.update(sent_at=None, sent_by=""),
            lambda: sent.delete(),
        ):
            with pytest.raises(IntegrityError), transaction.atomic():
                change()
        # A redraw moves the code of its place.
        assert sent.update(place_code="130902001002") == 1


def test_the_level_above_shows_the_sum_below_with_what_was_corrected(
    client_of: Any, campaign: Campaign, cast: Any, bob: Any, places: Any
) -> None:
    hq = cast.actor("headquarters")
    today = timezone.localdate()
    found(bob, campaign, homes(bob, campaign, places.grid)[0], "all_well")
    send(hq, campaign, places.community, today)
    with acting(hq):
        below = DailyReport.objects.get(place_code=places.community)
        town = DailyReport.objects.get(place_code=places.town)
    correct_report(by=hq, report=below, figures={"visits": 3}, reason="两户漏报")
    page = client_of("headquarters").get(reverse("field:report", args=[town.id]))
    rows = {str(row["label"]): row for row in page.context["figures"]}
    visits = next(iter(rows.values()))
    assert (visits["value"], visits["below"], visits["difference"]) == (1, 3, -2)
    assert "两户漏报" in page.content.decode()
    # Another figure of the same report was not corrected.
    assert list(rows.values())[1]["below"] == 1


def test_a_report_names_its_sender_as_people_do(
    client_of: Any, campaign: Campaign, cast: Any, places: Any
) -> None:
    hq = cast.actor("headquarters")
    User.objects.filter(username=hq.name).update(display_name="示例值班员")
    send(hq, campaign, places.community, timezone.localdate())
    with acting(hq):
        report = DailyReport.objects.get(place_code=places.community)
    client = client_of("headquarters")
    for url in (
        reverse("field:report", args=[report.id]),
        reverse("field:reports", args=[campaign.id]),
    ):
        told = client.get(url).content.decode().partition("<main")[2]
        assert "示例值班员" in told
        assert hq.name not in told


def test_the_list_counts_all_though_it_shows_some(
    client_of: Any, campaign: Campaign, cast: Any, places: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fangxian.field.views import reports

    monkeypatch.setattr(reports, "MOST", 1)
    hq = cast.actor("headquarters")
    prepare_reports(by=hq, campaign=campaign, day=timezone.localdate())
    send(hq, campaign, places.county, timezone.localdate())
    url = reverse("field:reports", args=[campaign.id])
    page = client_of("headquarters").get(url, {"show": "owed"})
    assert [tile["all"] for tile in page.context["tiles"]] == [1, 1, 2]
    assert [tile["sent"] for tile in page.context["tiles"]] == [1, 0, 0]
    (row,) = page.context["rows"]
    assert (row["report"].sent_at, page.context["full"]) == (None, True)


def test_the_day_of_an_owed_report_is_written_as_its_reader_writes_days(
    campaign: Campaign, cast: Any
) -> None:
    hq, today = cast.actor("headquarters"), timezone.localdate()
    prepare_reports(by=hq, campaign=campaign, day=today)
    with acting(hq), override("zh-hans"):
        titles = {str(task) for task in Task.objects.filter(kind=OVERDUE)}
    assert len(titles) == 1
    assert f"{today.year}年{today.month}月{today.day}日" in titles.pop()


def test_reports_are_owed_from_start_to_end_and_for_days_that_were_missed(
    campaign: Campaign, cast: Any
) -> None:
    hq = cast.actor("headquarters")
    today = timezone.localdate()
    assert jobs.begin_day(today) == 4
    # The worker was down for two days.
    assert jobs.begin_day(today + dt.timedelta(days=3)) == 12
    assert jobs.begin_day(campaign.ends_on + dt.timedelta(days=5)) == 4 * 4
    with acting(hq):
        days = DailyReport.objects.filter(campaign=campaign).values_list("day", flat=True)
        assert (min(days), max(days)) == (today, campaign.ends_on)


def test_grids_report_where_the_rules_say_so(
    campaign: Campaign, cast: Any, bob: Any, places: Any, settings: Any
) -> None:
    settings.FANGXIAN_AREA = places.county
    hq = cast.actor("headquarters")
    close_campaign(by=hq, campaign=campaign)
    data = copy.deepcopy(dict(rule("field").data))
    report = data["report"]
    report["levels"].insert(0, int(Level.GRID))
    report["roles"]["15"] = "grid_officer"
    report["minutes_after"] = {"12": 15, "9": 30, "6": 60, "4": 90}
    since = timezone.localdate()
    add_rule_version(by=hq, name="field", data=data, source="指挥部第2号令", valid_from=since)
    for area, owed in ((places.grid, {places.grid}), (places.community, None)):
        sweep = begin(hq, places, area=places[area], starts_on=since)
        prepare_reports(by=hq, campaign=sweep, day=since)
        with acting(hq):
            reports = {r.place_code: r for r in DailyReport.objects.filter(campaign=sweep)}
            tasks = Task.objects.filter(kind=OVERDUE, object_id=reports[places.grid].id)
            assert tasks.get().assignee_role == "grid_officer"
        grids = set(below(places.community, Level.GRID).values_list("code", flat=True))
        assert set(reports) == (owed or grids | {places.community})
        assert send_report(by=bob, report=reports[places.grid]).zero
    # The community adds up its grids, and is due after them.
    with acting(hq):
        assert {r.place_code for r in reporting.below(reports[places.community])} == grids
    assert reports[places.community].due_at > reports[places.grid].due_at


def test_the_last_day_asks_to_close_or_extend(
    client_of: Any, campaign: Campaign, cast: Any, bob: Any, places: Any
) -> None:
    hq = cast.actor("headquarters")
    jobs.begin_day(campaign.ends_on - dt.timedelta(days=1))
    assert open_tasks(hq, DATES) == []
    jobs.begin_day(campaign.ends_on)
    (task,) = open_tasks(hq, DATES)
    assert campaign.name in str(task)
    client = client_of("headquarters")
    url = reverse("field:campaign_extend", args=[campaign.id])
    assert client.post(url, {"ends_on": campaign.ends_on.isoformat()}).status_code == 422
    later = campaign.ends_on + dt.timedelta(days=3)
    assert client.post(url, {"ends_on": later.isoformat()}).status_code == 302
    assert open_tasks(hq, DATES) == []
    assert {home.due_on for home in homes(bob, campaign, places.grid)} == {later}
    assert jobs.begin_day(later) > 0
    campaign.refresh_from_db()
    assert campaign.ends_on == later
    assert len(open_tasks(hq, OVERDUE)) > 0
    close_campaign(by=hq, campaign=campaign)
    assert open_tasks(hq, OVERDUE) == []
    assert open_tasks(hq, DATES) == []
    assert jobs.begin_day(later) == 0


def test_a_draft_asks_to_be_started(client_of: Any, campaign: Campaign, cast: Any) -> None:
    from fangxian.field.actions import plan_campaign, start_campaign

    hq = cast.actor("headquarters")
    today = timezone.localdate()
    draft = plan_campaign(
        by=hq,
        name="第二轮",
        area=campaign.area,
        form=campaign.form,
        starts_on=today + dt.timedelta(days=1),
        ends_on=today + dt.timedelta(days=2),
    )
    jobs.begin_day(today)
    assert open_tasks(hq, DATES) == []
    jobs.begin_day(today + dt.timedelta(days=1))
    (task,) = open_tasks(hq, DATES)
    assert "第二轮" in str(task)
    page = client_of("headquarters").get(reverse("field:campaign", args=[draft.id]))
    assert page.status_code == 200
    start_campaign(by=hq, campaign=draft)
    assert open_tasks(hq, DATES) == []


def test_a_sweep_is_only_extended_while_it_runs(campaign: Campaign, cast: Any) -> None:
    hq = cast.actor("headquarters")
    close_campaign(by=hq, campaign=campaign)
    with pytest.raises(Conflict):
        extend_campaign(by=hq, campaign=campaign, ends_on=campaign.ends_on + dt.timedelta(days=1))
