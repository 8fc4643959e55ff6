"""The pages of sweeps through HTTP: what is shown, what can be done, who may."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from fangxian.common.facts import plans
from fangxian.common.scoping import acting
from fangxian.field import jobs
from fangxian.field.actions import exempt, prepare_reports
from fangxian.field.models import Campaign, DailyReport, Exemption, FormDefinition, Target, Visit
from fangxian.field.queries import coverage, doors
from fangxian.field.tests.conftest import OTHER_UNIT, begin
from fangxian.register.actions import create_household, move_in
from fangxian.register.models import Household


def targets(by: Any, campaign: Campaign, code: str) -> list[Target]:
    with acting(by):
        return list(doors(campaign, code))


def door_url(target: Target, **query: str) -> str:
    url = reverse("field:door", args=[target.campaign_id, target.household_id])
    return url + ("?" + "&".join(f"{k}={v}" for k, v in query.items()) if query else "")


def op_id_of(page: Any) -> str:
    found = re.search(r'name="op_id" value="([0-9a-f-]{36})"', page.content.decode())
    assert found
    return found.group(1)


def gap(by: Any, campaign: Campaign, code: str) -> int:
    with acting(by):
        return coverage(campaign, [code])[code].gap


@pytest.fixture
def client(client_of: Any) -> Any:
    client = client_of("bob")
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    return client


def test_one_press_records_a_visit_and_leads_to_the_next_door(
    client: Any, campaign: Campaign, bob: Any, places: Any
) -> None:
    first, second, third = targets(bob, campaign, places.grid)
    page = client.get(door_url(first))
    assert page.status_code == 200
    sent = {"op_id": op_id_of(page), "outcome": "all_well"}
    answer = client.post(door_url(first), sent)
    assert answer.status_code == 302
    assert urlsplit(answer["Location"]).path == door_url(second)
    following = client.get(answer["Location"])
    assert b"A mistake? Correct it" in following.content
    # The same page sent again (a double tap) is the same visit.
    again = client.post(door_url(first), sent)
    assert urlsplit(again["Location"]).path == door_url(second)
    with acting(bob):
        assert Visit.objects.count() == 1
    assert gap(bob, campaign, places.grid) == 2
    client.post(door_url(second), {"op_id": op_id_of(following), "outcome": "vacant"})
    end = client.post(door_url(third), {"op_id": str(uuid4()), "outcome": "all_well"}, follow=True)
    assert b"No door is left here" in end.content
    assert gap(bob, campaign, places.grid) == 0


def test_a_mistaken_visit_is_taken_back(
    client: Any, campaign: Campaign, bob: Any, places: Any
) -> None:
    first, second, _third = targets(bob, campaign, places.grid)
    op_id = str(uuid4())
    onward = client.post(door_url(first), {"op_id": op_id, "outcome": "all_well"})
    assert parse_qs(urlsplit(onward["Location"]).query)["said"] == [op_id]
    page = client.get(door_url(first, corrects=op_id))
    assert b"This corrects" in page.content
    client.post(door_url(first), {"op_id": op_id_of(page), "corrects": op_id, "outcome": "absent"})
    assert gap(bob, campaign, places.grid) == 3
    with acting(bob):
        assert Visit.objects.count() == 2
    assert b"corrected" in client.get(door_url(first)).content
    assert b"This corrects" not in client.get(door_url(second, corrects=op_id)).content


def test_answers_are_asked_for_kept_and_refused_with_the_reason(
    client: Any, campaign: Campaign, bob: Any, places: Any
) -> None:
    first = targets(bob, campaign, places.grid)[0]
    page = client.get(door_url(first, outcome="exceptions"))
    assert b'id="questions" class="fx-panel fx-door__questions" hidden' not in page.content
    sent = {
        "op_id": op_id_of(page),
        "outcome": "exceptions",
        "a.fever": "yes",
        "a.temperature": "99",
        "a.returned.0.from_place": "武汉",
        "a.returned.0.symptoms": ["cough", "fatigue"],
        "a.returned.3.from_place": "上海",
        "a.returned.7.from_place": "",
        "note": "SEEDED",
    }
    refused = client.post(door_url(first), sent)
    assert refused.status_code == 422
    assert b'value="99"' in refused.content
    assert "武汉".encode() in refused.content
    good = client.post(door_url(first), sent | {"a.temperature": "38.5"})
    assert good.status_code == 302
    with acting(bob):
        kept = Visit.objects.get()
        assert '"symptoms":["cough","fatigue"]' in kept.answers
        assert '"from_place":"上海"' in kept.answers
        assert (kept.note, kept.exceptions) == ("SEEDED", 1)


def test_enter_in_a_field_never_says_all_well(
    client: Any, campaign: Campaign, bob: Any, places: Any
) -> None:
    """The browser presses the first button of the form; a disabled one sends nothing."""
    first = targets(bob, campaign, places.grid)[0]
    for query, disabled in (({}, True), ({"outcome": "exceptions"}, False)):
        page = client.get(door_url(first, **query)).content.decode()
        button = re.search(r'<button [^>]*name="outcome"[^>]*>', page)
        assert button
        assert 'value="exceptions"' in button[0]
        assert (" disabled" in button[0]) is disabled


def test_a_page_sent_twice_with_different_things_gets_a_number_of_its_own(
    client: Any, campaign: Campaign, bob: Any, places: Any
) -> None:
    first = targets(bob, campaign, places.grid)[0]
    op_id = str(uuid4())
    client.post(door_url(first), {"op_id": op_id, "outcome": "absent"})
    refused = client.post(door_url(first), {"op_id": op_id, "outcome": "refused"})
    assert refused.status_code == 422
    assert op_id_of(refused) != op_id
    bad = client.post(door_url(first), {"op_id": "x", "outcome": "y", "revisit_on": "2001-01-01"})
    assert bad.status_code == 422


def test_residents_are_masked_and_the_reading_is_logged(
    client: Any, campaign: Campaign, cast: Any, bob: Any, places: Any
) -> None:
    from fangxian.accounts.models import AccessLog

    first = targets(bob, campaign, places.grid)[0]
    hq = cast.actor("headquarters")
    lives = move_in(
        by=hq, household_id=first.household_id, on=dt.date(2020, 1, 1), name="查无此人", sex="1"
    )
    page = client.get(door_url(first)).content.decode()
    assert "查无此人" not in page
    assert "查*" in page
    assert AccessLog.objects.filter(persons__contains=[lives.person_id], actor="bob").exists()


def test_choices_are_narrowed_after_posting_without_scripts(
    client: Any, cast: Any, bob: Any, places: Any
) -> None:
    hq = cast.actor("headquarters")
    create_household(by=hq, place_code=places.unit, room="101")
    towns = [{"code": "t1", "label": "甲镇"}, {"code": "t2", "label": "乙镇"}]
    villages = [
        {"code": "v1", "label": "一村", "values": {"town": "t1"}},
        {"code": "v2", "label": "二村", "values": {"town": "t2"}},
    ]
    schema = {
        "questions": [
            {"name": "town", "kind": "choice", "label": "乡镇", "options": towns},
            {
                "name": "village",
                "kind": "choice",
                "label": "村",
                "options": villages,
                "choice_filter": "town = ${town}",
            },
        ]
    }
    sweep = begin(hq, places, schema=schema)
    (target,) = targets(bob, sweep, places.grid)
    page = client.get(door_url(target), {"outcome": "exceptions"}).content.decode()
    assert "一村" in page
    assert "二村" in page
    sent = {"op_id": str(uuid4()), "outcome": "exceptions", "a.town": "t1", "a.village": "v2"}
    refused = client.post(door_url(target), sent)
    assert refused.status_code == 422
    drawn = refused.context["questions"][1]
    assert [one["code"] for one in drawn["options"] if not one["hidden"]] == ["v1"]
    assert re.search(r"<label[^>]* hidden><input[^>]*value=.v2.", refused.content.decode())
    assert "一村" in drawn["error"]
    assert client.post(door_url(target), sent | {"a.village": "v1"}).status_code == 302


def test_the_work_list_says_what_is_left_and_what_came_back(
    client: Any, campaign: Campaign, bob: Any, places: Any
) -> None:
    first, second, _third = targets(bob, campaign, places.grid)
    today = timezone.localdate().isoformat()
    url = reverse("field:doors", args=[campaign.id])
    for target, outcome in ((first, "absent"), (second, "all_well")):
        client.post(
            door_url(target),
            {"op_id": str(uuid4()), "outcome": outcome, "revisit_on": today},
        )

    def rooms(show: str) -> list[str]:
        rows = client.get(url, {"show": show, "place": places.grid}).context["rows"]
        return [row["target"].household.room for row in rows]

    assert rooms("left") == ["101", "201"]
    assert rooms("back") == ["101"]
    assert rooms("today") == ["101", "102"]
    assert rooms("all") == ["101", "102", "201"]
    assert rooms("exempt") == []
    other = client.get(url, {"place": places.other_grid, "show": "nonsense", "from": "x"})
    assert other.context["place"] == places.grid


def test_a_sweep_is_planned_started_and_closed(client_of: Any, cast: Any, places: Any) -> None:
    from fangxian.field.actions import publish_form
    from fangxian.field.tests.conftest import SCHEMA
    from fangxian.register.actions import create_household

    hq = cast.actor("headquarters")
    create_household(by=hq, place_code=places.unit, room="101")
    form = publish_form(by=hq, code="sweep", name="入户摸排", schema=SCHEMA)
    client = client_of("headquarters")
    today = timezone.localdate()
    given = {
        "name": "第一轮",
        "area": places.county,
        "group": "all",
        "form": str(form.id),
        "starts_on": today.isoformat(),
        "ends_on": (today - dt.timedelta(days=1)).isoformat(),
    }
    url = reverse("field:campaign_new")
    assert client.get(url).status_code == 200
    assert client.post(url, given).status_code == 422
    assert client.post(url, given | {"area": places.outside}).status_code == 422
    assert client.post(url, given | {"area": "没有这个地方"}).status_code == 422
    planned = client.post(url, given | {"ends_on": today.isoformat()})
    assert planned.status_code == 302
    campaign = Campaign.objects.get()
    assert client.get(planned["Location"]).status_code == 200
    client.post(reverse("field:campaign_start", args=[campaign.id]))
    assert gap(hq, campaign, places.county) == 1
    again = client.post(reverse("field:campaign_start", args=[campaign.id]))
    assert again.status_code == 409
    close = reverse("field:campaign_close", args=[campaign.id])
    client.post(close, {"confirm": "another"})
    campaign.refresh_from_db()
    assert campaign.state == "running"
    client.post(close, {"confirm": "第一轮"})
    campaign.refresh_from_db()
    assert campaign.state == "closed"
    assert client.get(reverse("field:campaigns")).status_code == 200


def test_the_gap_list_names_who_closes_each(
    client_of: Any, campaign: Campaign, places: Any
) -> None:
    client = client_of("headquarters")
    page = client.get(reverse("field:gaps", args=[campaign.id]))
    assert [(row["code"], row["coverage"].gap) for row in page.context["rows"]] == [
        (places.grid, 3),
        (OTHER_UNIT[:15], 1),
    ]
    assert page.context["total"] == 4


def test_exemptions_are_granted_listed_and_ended(
    client_of: Any, campaign: Campaign, alice: Any, bob: Any, places: Any
) -> None:
    first = targets(bob, campaign, places.grid)[0]
    url = reverse("field:exempt", args=[campaign.id, first.household_id])
    assert client_of("bob").post(url, {}).status_code == 403
    client = client_of("alice")
    until = timezone.localdate() + dt.timedelta(days=3)
    given = {"reason": "away", "until": until.isoformat(), "note": ""}
    assert client.post(url, given | {"reason": "bored"}).status_code == 422
    assert client.post(url, given).status_code == 302
    assert gap(bob, campaign, places.grid) == 2
    assert client.post(url, given).status_code == 409
    every = client.get(reverse("field:exemptions", args=[campaign.id]))
    (row,) = every.context["rows"]
    # Above its community, a door is told with the community.
    name = places[places.community].name
    headquarters = client_of("headquarters")
    above = headquarters.get(reverse("field:exemptions", args=[campaign.id])).context["rows"]
    assert above[0]["where"] == f"{name} {row['where']}"
    assert name not in row["where"]
    client.post(reverse("field:exemption_end", args=[row["exemption"].id]))
    assert gap(bob, campaign, places.grid) == 3
    ended = client.get(reverse("field:exemptions", args=[campaign.id]), {"show": "ended"})
    assert len(ended.context["rows"]) == 1


def test_a_report_is_sent_locked_and_corrected(
    client_of: Any, campaign: Campaign, cast: Any, alice: Any, bob: Any, places: Any
) -> None:
    hq = cast.actor("headquarters")
    day = timezone.localdate()
    assert prepare_reports(by=hq, campaign=campaign, day=day) == 4
    assert prepare_reports(by=hq, campaign=campaign, day=day) == 0
    client = client_of("alice")
    listed = client.get(reverse("field:reports", args=[campaign.id]), {"show": "owed"})
    (row,) = listed.context["rows"]
    report = row["report"]
    url = reverse("field:report", args=[report.id])
    assert client.get(url).context["zero"] is True
    first = targets(bob, campaign, places.grid)[0]
    client_of("bob").post(door_url(first), {"op_id": str(uuid4()), "outcome": "all_well"})
    assert client.get(url).context["zero"] is False
    send = reverse("field:report_send", args=[report.id])
    assert client.post(send).status_code == 302
    assert client.post(send).status_code == 409
    with acting(alice):
        sent = DailyReport.objects.get(id=report.id)
        assert (sent.figures["visits"], sent.figures["gap"], sent.zero) == (1, 3, False)
    correct = reverse("field:report_correct", args=[report.id])
    figures = {f"figure_{name}": value for name, value in sent.figures.items()}
    assert client.post(correct, figures | {"reason": "x"}).status_code == 422
    changed = figures | {"figure_visits": 5}
    assert client.post(correct, changed).status_code == 422
    assert client.post(correct, changed | {"reason": "漏报"}).status_code == 302
    page = client.get(url)
    assert next(r for r in page.context["figures"] if r["corrected"])["value"] == 5
    with acting(alice):
        assert DailyReport.objects.get(id=report.id).figures == sent.figures
    top = reverse("field:report", args=[_of(hq, places.county)])
    county = client_of("headquarters").get(top)
    assert [row["report"].place_code for row in county.context["missing"]] == [places.town]


def _of(by: Any, code: str) -> Any:
    with acting(by):
        return DailyReport.objects.get(place_code=code).id


def test_a_form_is_built_and_its_next_version_too(client_of: Any) -> None:
    client = client_of("headquarters")
    url = reverse("field:form_build")
    page = client.get(url)
    assert len(page.context["rows"]) == 1
    given = {
        "name": "返乡人员",
        "code": "returnees",
        "q0.name": "returned",
        "q0.kind": "choice",
        "q0.label": "是否返乡",
        "q0.options": "yes: 是\nno：否",
        "q0.required": "1",
        "q1.name": "place",
        "q1.kind": "text",
        "q1.label": "来自",
        "q1.relevant": "${returned} = 'yes'",
    }
    moved = client.post(url, given | {"do": "up.1"})
    assert [row["name"] for row in moved.context["rows"]] == ["place", "returned"]
    added = client.post(url, given | {"do": "add"})
    assert len(added.context["rows"]) == 3
    removed = client.post(url, given | {"do": "remove.0"})
    assert [row["name"] for row in removed.context["rows"]] == ["place"]
    assert removed.context["unfinished"]
    bad = client.post(url, given | {"do": "publish", "q1.relevant": "${gone} = 1"})
    assert bad.status_code == 422
    assert FormDefinition.objects.filter(code="returnees").count() == 0
    client.post(url, given | {"do": "publish"})
    client.post(url, given | {"do": "publish", "q1.label": "从哪里来"})
    first, second = FormDefinition.objects.filter(code="returnees").order_by("version")
    assert second.schema["questions"][0]["options"][1] == {"code": "no", "label": "否"}
    assert client.get(reverse("field:form", args=[first.id])).status_code == 200
    begun = client.get(url, {"of": str(second.id)})
    assert begun.context["rows"][1]["label"] == "从哪里来"
    assert client.get(reverse("field:forms")).status_code == 200


def test_an_xlsform_is_taken_in_or_refused_by_name(client_of: Any) -> None:
    from io import BytesIO

    import xlsxwriter
    from django.core.files.uploadedfile import SimpleUploadedFile

    def book(kind: str) -> SimpleUploadedFile:
        out = BytesIO()
        with xlsxwriter.Workbook(out) as workbook:
            survey = workbook.add_worksheet("survey")
            for at, row in enumerate(
                [["type", "name", "label"], [kind, "fever", "Fever"], ["text", "where", "Where"]]
            ):
                survey.write_row(at, 0, row)
            choices = workbook.add_worksheet("choices")
            for at, row in enumerate(
                [["list_name", "name", "label"], ["yn", "yes", "Yes"], ["yn", "no", "No"]]
            ):
                choices.write_row(at, 0, row)
        return SimpleUploadedFile("form.xlsx", out.getvalue())

    client = client_of("headquarters")
    url = reverse("field:form_import")
    good = client.post(url, {"code": "fever", "name": "Fever", "file": book("select_one yn")})
    assert good.status_code == 302
    assert FormDefinition.objects.get(code="fever").source == "xlsform"
    bad = client.post(url, {"code": "fever", "file": book("audio")})
    assert bad.status_code == 422
    assert b"audio" in bad.content
    broken = SimpleUploadedFile("form.xlsx", b"no workbook at all \x00\x01")
    assert client.post(url, {"code": "fever", "file": broken}).status_code == 422


def test_what_midnight_changes(campaign: Campaign, alice: Any, bob: Any, places: Any) -> None:
    target = targets(alice, campaign, places.grid)[0]
    today = timezone.localdate()
    exempt(by=alice, target=target, reason="away", until=today)
    assert jobs.begin_day(today) > 0
    assert gap(bob, campaign, places.grid) == 2
    jobs.begin_day(today + dt.timedelta(days=1))
    assert gap(bob, campaign, places.grid) == 3
    with acting(alice):
        assert Exemption.objects.get().ended_on == today + dt.timedelta(days=1)


def test_today_search_and_panels(client_of: Any, campaign: Campaign, bob: Any, places: Any) -> None:
    from fangxian.common import registries

    with acting(bob):
        (item,) = registries.today.get("field")(bob)
        assert (item.kind, item.count) == ("uncovered", 3)
        (hit,) = registries.search.get("field")(bob, "第一轮", 5)
        assert hit.url == reverse("field:campaign", args=[campaign.id])
        assert plans.measured("field.gap", bob, [places.grid]) == {places.grid: 3}
        household = Household.objects.filter(place_code=places.unit)[0]
    client = client_of("bob")
    assert "第一轮摸排" in client.get(reverse("regions:place", args=[places.grid])).content.decode()
    request = client.get(reverse("field:campaigns")).wsgi_request
    with acting(bob):
        panel = registries.household_panels.get("field")
        assert "第一轮摸排" in panel.render(request, bob, household.id)


def test_above_a_community_the_work_list_leads_to_the_grids(
    client_of: Any, campaign: Campaign, cast: Any, places: Any
) -> None:
    from fangxian.common import registries

    hq = cast.actor("headquarters")
    with acting(hq):
        items = registries.today.get("field")(hq)
    gaps = reverse("field:gaps", args=[campaign.id])
    assert items[0].url == gaps
    client = client_of("headquarters")
    doors_ = reverse("field:doors", args=[campaign.id])
    assert client.get(doors_)["Location"] == f"{gaps}?place={places.county}"
    assert client.get(doors_, {"place": places.town})["Location"] == f"{gaps}?place={places.town}"
    assert client.get(gaps, {"place": OTHER_UNIT[:15]}).context["total"] == 1
    assert client.get(doors_, {"place": places.community}).status_code == 200


def test_the_register_shows_a_households_visits_of_all_sweeps(
    client: Any, campaign: Campaign, bob: Any, places: Any
) -> None:
    first = targets(bob, campaign, places.grid)[0]
    client.post(door_url(first), {"op_id": str(uuid4()), "outcome": "refused", "note": "SEEDED"})
    page = client.get(reverse("register:household", args=[first.household_id]))
    assert page.status_code == 200
    for words in ("第一轮摸排", "Refused", "SEEDED"):
        assert words in page.content.decode()


def test_an_exemption_of_a_closed_sweep_has_no_button_to_end_it(
    client_of: Any, campaign: Campaign, cast: Any, alice: Any, places: Any
) -> None:
    from fangxian.field.actions import close_campaign

    target = targets(alice, campaign, places.grid)[0]
    row = exempt(by=alice, target=target, reason="away", until=campaign.ends_on)
    client = client_of("alice")
    url = reverse("field:exemptions", args=[campaign.id])
    end = reverse("field:exemption_end", args=[row.id])
    assert end in client.get(url).content.decode()
    close_campaign(by=cast.actor("headquarters"), campaign=campaign)
    assert end not in client.get(url).content.decode()
    assert client.post(end).status_code == 409


def test_all_visits_of_a_household_and_of_a_place(
    client_of: Any,
    client: Any,
    campaign: Campaign,
    cast: Any,
    bob: Any,
    places: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from fangxian.accounts.models import AccessLog
    from fangxian.field.views import visits

    first, second, _third = targets(bob, campaign, places.grid)
    hq = cast.actor("headquarters")
    day = dt.date(2020, 1, 1)
    lives = move_in(by=hq, household_id=first.household_id, on=day, name="查无此人", sex="1")
    mistaken = str(uuid4())
    client.post(door_url(first), {"op_id": mistaken, "outcome": "all_well"})
    client.post(
        door_url(first), {"op_id": str(uuid4()), "outcome": "refused", "corrects": mistaken}
    )
    client.post(door_url(second), {"op_id": str(uuid4()), "outcome": "absent"})
    looks = AccessLog.objects.filter(persons__contains=[lives.person_id], actor="bob")
    before = looks.count()
    home = reverse("field:household_visits", args=[first.household_id])
    page = client.get(home)
    assert [(row.said, row.corrected) for row in page.context["lines"]] == [
        ("Refused", False),
        ("All well", True),
    ]
    assert page.context["count"] == 2
    assert campaign.name in page.content.decode()
    assert looks.count() == before + 1
    place = reverse("field:visits", args=[campaign.id])
    listed = client.get(place, {"place": places.unit})
    assert [row["line"].said for row in listed.context["rows"]] == [
        "Nobody at home",
        "Refused",
        "All well",
    ]
    monkeypatch.setattr(visits, "PAGE", 2)
    one = client.get(place)
    assert (len(one.context["rows"]), one.context["previous"]) == (2, "")
    two = client.get(place + one.context["next"])
    assert [row["line"].corrected for row in two.context["rows"]] == [True]
    assert two.context["next"] == ""
    charlie = client_of("charlie")
    assert charlie.get(home).status_code == 404
    assert charlie.get(place).status_code == 404
    panel = client_of("alice").get(reverse("register:household", args=[first.household_id]))
    assert home in panel.content.decode()


def test_the_list_of_sweeps_is_paged_and_asks_the_same_however_many(
    client_of: Any, campaign: Campaign, cast: Any, places: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from fangxian.field.actions import close_campaign
    from fangxian.field.tests.conftest import begin
    from fangxian.field.views import campaigns

    hq = cast.actor("headquarters")
    url, client = reverse("field:campaigns"), client_of("headquarters")
    client.get(url)
    with CaptureQueriesContext(
        connection,
    ) as few:
        client.get(url)
    town = begin(hq, places, area=places[places.town], name="全镇摸排")
    begin(hq, places, area=places[places.other_community], name="邻社区摸排")
    close_campaign(by=hq, campaign=campaign)
    with CaptureQueriesContext(connection) as many:
        shown = client.get(url)
    assert len(many) == len(few)
    names = [row["campaign"].name for row in shown.context["rows"]]
    assert sorted(names[:2]) == ["全镇摸排", "邻社区摸排"]
    assert names[2:] == [campaign.name]
    monkeypatch.setattr(campaigns, "PAGE", 2)
    one = client.get(url)
    two = client.get(url + one.context["next_url"])
    assert [row["campaign"].name for row in two.context["rows"]] == [campaign.name]
    assert (one.context["previous_url"], two.context["next_url"]) == ("", "")
    # Bob's grid lies in the county and in the town, not in the other community.
    seen = {row["campaign"].id for row in client_of("bob").get(url).context["rows"]}
    assert seen == {campaign.id, town.id}
