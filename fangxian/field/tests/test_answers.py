"""What was answered at a door: read at the visit, taken up by a correction, taken away."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from fangxian.accounts.models import AccessLog
from fangxian.common.errors import Forbidden, Invalid
from fangxian.common.scoping import acting
from fangxian.common.sheets import read_workbook
from fangxian.core import sunset
from fangxian.core.actions import create_emergency, read_file, start_job
from fangxian.core.models import Emergency, File, Job
from fangxian.core.tests.importing import run_job
from fangxian.field.actions import NewVisit, record_visit
from fangxian.field.exporting import JOB
from fangxian.field.models import Campaign, Target
from fangxian.field.queries import doors
from fangxian.field.questionnaire import parse_questionnaire
from fangxian.field.questionnaire.said import said
from fangxian.field.tests.conftest import begin
from fangxian.register.actions import create_household, move_in
from fangxian.register.models import Household

ANSWERS = {
    "fever": "yes",
    "temperature": "38.5",
    "returned": [
        {"from_place": "武汉，电话13800001111", "symptoms": ["cough", "fatigue"]},
        {"from_place": "上海"},
    ],
}


@pytest.fixture
def target(campaign: Campaign, cast: Any, bob: Any, places: Any) -> Target:
    """A door where somebody lives, in Bob's grid."""
    with acting(bob):
        found = next(iter(doors(campaign, places.grid)))
        home = Household.objects.get(id=found.household_id)
        move_in(by=bob, household_id=home.id, on=timezone.localdate(), name="张三")
    return found


@pytest.fixture
def visit(target: Target, bob: Any) -> NewVisit:
    """One with answers, of Bob."""
    made = NewVisit(
        op_id=uuid4(),
        campaign_id=target.campaign_id,
        household_id=target.household_id,
        outcome="exceptions",
        answers=ANSWERS,
        note="已联系社区医生",
    )
    record_visit(by=bob, visit=made)
    return made


def page(client_of: Any, name: str, url: str) -> str:
    client = client_of(name)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "zh-hans"
    answer = client.get(url)
    assert answer.status_code == 200
    return str(answer.content.decode())


def door(visit: NewVisit, **query: Any) -> str:
    url = reverse("field:door", args=[visit.campaign_id, visit.household_id])
    return url + "".join(f"?{key}={value}" for key, value in query.items())


def resident(visit: NewVisit, by: Any) -> UUID:
    with acting(by):
        return UUID(str(Household.objects.get(id=visit.household_id).residencies.get().person_id))


def test_answers_are_read_wherever_the_visit_is(visit: NewVisit, client_of: Any, bob: Any) -> None:
    person = resident(visit, bob)
    for url in (
        door(visit),
        reverse("field:household_visits", args=[visit.household_id]),
        reverse("register:household", args=[visit.household_id]),
    ):
        with acting(bob):
            before = AccessLog.objects.filter(persons__contains=[person]).count()
        shown = page(client_of, "bob", url)
        for text in ("有无发热", "体温", "38.5", "返回人员", "武汉", "咳嗽、乏力", "上海"):
            assert text in shown
        # A number that somebody typed is shown as numbers are: masked.
        assert "13800001111" not in shown
        assert "138****1111" in shown
        with acting(bob):
            assert AccessLog.objects.filter(persons__contains=[person]).count() > before


def test_a_correction_starts_from_what_was_said(visit: NewVisit, client_of: Any) -> None:
    shown = page(client_of, "bob", door(visit, corrects=visit.op_id))
    assert 'value="38.5"' in shown
    assert re.search(r'name="a.fever" value="yes"[^>]*checked', shown)
    assert 'name="a.returned.1.from_place" value="上海"' in shown
    assert "已联系社区医生</textarea>" in shown
    assert 'id="questions" class="fx-panel fx-door__questions" hidden' not in shown


def test_a_correction_does_not_show_what_is_masked(
    target: Target, client_of: Any, bob: Any
) -> None:
    first = NewVisit(
        uuid4(),
        target.campaign_id,
        target.household_id,
        "exceptions",
        ANSWERS,
        note="电话13900002222",
    )
    record_visit(by=bob, visit=first)
    shown = page(client_of, "bob", door(first, corrects=first.op_id))
    assert "13800001111" not in shown
    assert "13900002222" not in shown
    assert 'name="a.returned.0.from_place" value=""' in shown
    assert "武汉，电话138****1111" in shown.split('name="a.returned.0.from_place"')[0]
    note = shown.split('name="note"')[0].rsplit('id="id_note_helptext"')[1]
    assert "139****2222" in note
    assert re.search(r"<textarea[^>]*>\s*</textarea>", shown)
    # It is still said where the form comes back, until it was written again.
    sent = {
        "op_id": str(uuid4()),
        "corrects": str(first.op_id),
        "outcome": "exceptions",
        "a.fever": "yes",
        "a.temperature": "99",
        "a.returned.0.symptoms": "cough",
        "a.returned.1.from_place": "上海",
    }
    client = client_of("bob")
    again = client.post(door(first), sent)
    assert again.status_code == 422
    assert again.content.decode().count("武汉，电话138****1111") == 2
    better = {"a.temperature": "38", "a.returned.0.from_place": "武汉，电话13800001111"}
    assert client.post(door(first), sent | better).status_code == 302


def test_numbers_are_masked_wherever_they_are_said(
    cast: Any, places: Any, client_of: Any, bob: Any
) -> None:
    """In notes, in what was scanned, in texts that name an answer; on pages and in the file."""
    hq = cast.actor("headquarters")
    home = create_household(by=hq, place_code=places.unit, room="101")
    number = "110101195003078880"
    questions = [
        {"name": "idno", "kind": "text", "label": "证件号"},
        {"name": "card", "kind": "barcode", "label": "条码"},
        {"name": "spot", "kind": "position", "label": "位置"},
        {"name": "works", "kind": "text", "label": "${idno}在${spot}做什么"},
        {
            "name": "child",
            "kind": "repeat",
            "label": "子女",
            "questions": [{"name": "who", "kind": "text", "label": "${idno}的子女"}],
        },
    ]
    sweep = begin(hq, places, schema={"questions": questions})
    given = {
        "idno": number,
        "card": "13800001111",
        "spot": "116.838712,38.304612",
        "works": "务农",
        "child": [{"who": "甲"}],
    }
    made = NewVisit(uuid4(), sweep.id, home.id, "exceptions", given, note="电话13900002222")
    record_visit(by=bob, visit=made)
    shown = page(client_of, "bob", door(made))
    for hidden in (number, "13800001111", "13900002222"):
        assert hidden not in shown
    assert "139****2222" in shown
    assert "1*************8880在116.838712,38.304612做什么" in shown
    assert "1*************8880的子女" in shown
    _file, (visits, _children) = taken(hq, sweep, places.county)
    row = by_label(visits, 2)
    assert (row["备注"], row["条码"]) == ("电话139****2222", "138****1111")


def test_answers_in_words_follow_the_filter_of_their_choices() -> None:
    option = {"code": "1", "label": "东村", "values": {"town": "a"}}
    form = parse_questionnaire(
        {
            "questions": [
                {"name": "town", "kind": "text", "label": "乡镇"},
                {
                    "name": "village",
                    "kind": "choice",
                    "label": "村",
                    "choice_filter": "town = ${town}",
                    "options": [option, {"code": "2", "label": "西村", "values": {"town": "b"}}],
                },
                {"name": "since", "kind": "date", "label": "日期"},
            ]
        }
    )
    lines = said(form, '{"town": "b", "village": "2", "since": "2020-03-05"}')
    assert [(line.label, line.value) for line in lines][1] == ("村", "西村")
    assert "2020" in lines[2].value


def taken(by: Any, campaign: Campaign, code: str, **more: str) -> tuple[File, list[Any]]:
    args = {"campaign": str(campaign.id), "code": code, "language": "zh-hans", **more}
    file = run_job(by, start_job(by=by, kind=JOB, args=args, place_code=code))
    with acting(by):
        data = read_file(by=by, file_id=file.id)
    return file, read_workbook(data, "answers.xlsx").sheets


def by_label(sheet: Any, row: int) -> dict[str, Any]:
    return {str(k): v for k, v in zip(sheet.rows[1], sheet.rows[row], strict=False) if k}


def test_the_answers_of_a_sweep_are_a_workbook(
    visit: NewVisit, campaign: Campaign, cast: Any, bob: Any, places: Any
) -> None:
    with acting(bob):
        other = list(doors(campaign, places.grid))[1]
    well = NewVisit(uuid4(), campaign.id, other.household_id, "all_well")
    record_visit(by=bob, visit=well)
    hq = cast.actor("headquarters")
    file, (visits, returned) = taken(hq, campaign, places.county)
    assert file.right == "field.export"
    assert file.keep_until is not None
    # Whose copy it is stands on each sheet.
    assert hq.name in str(visits.rows[0][0])
    assert hq.name in str(returned.rows[0][0])
    assert len(visits.rows) == 4
    first = by_label(visits, 2)
    assert (first["有无发热"], first["体温"], first["返回人员"]) == ("有", 38.5, 2)
    assert first["备注"] == "已联系社区医生"
    assert first["入户时间"].date() == timezone.localdate()
    second = by_label(visits, 3)
    assert (second["入户结果"], second.get("有无发热")) == ("全员正常", None)
    rows = [by_label(returned, at) for at in (2, 3)]
    assert [row["入户编号"] for row in rows] == [first["入户编号"]] * 2
    assert [row["来自"] for row in rows] == ["武汉，电话138****1111", "上海"]
    assert rows[0]["症状"] == "咳嗽、乏力"
    with acting(hq):
        logged = AccessLog.objects.filter(persons__contains=[resident(visit, hq)])
        assert logged.exists()


def test_a_corrected_visit_stays_in_the_workbook_and_says_so(
    visit: NewVisit, campaign: Campaign, cast: Any, bob: Any, places: Any
) -> None:
    again = NewVisit(
        uuid4(),
        campaign.id,
        visit.household_id,
        "exceptions",
        answers=ANSWERS | {"temperature": 37.5},
        corrects=visit.op_id,
    )
    record_visit(by=bob, visit=again)
    _file, (visits, _returned) = taken(cast.actor("headquarters"), campaign, places.county)
    found = [by_label(visits, at) for at in (2, 3)]
    assert [(row["体温"], row.get("已更正") or "") for row in found] == [
        (38.5, "已更正"),
        (37.5, ""),
    ]


def test_only_the_asked_place_and_only_with_the_right(
    visit: NewVisit, campaign: Campaign, cast: Any, client_of: Any, places: Any
) -> None:
    _file, sheets = taken(cast.actor("headquarters"), campaign, places.other_community)
    assert [len(sheet.rows) for sheet in sheets] == [2]
    url = reverse("field:answers", args=[campaign.id])
    assert client_of("bob").post(url, {"place": places.grid}).status_code == 403
    client = client_of("alice")
    assert client.post(url, {"place": places.outside}).status_code == 404
    with pytest.raises(Forbidden):
        start_job(
            by=cast.actor("bob"),
            kind=JOB,
            args={"campaign": str(campaign.id), "code": places.grid, "language": "en"},
            place_code=places.grid,
        )


def test_full_numbers_need_a_reason_and_are_logged(
    visit: NewVisit, campaign: Campaign, cast: Any, client_of: Any, places: Any
) -> None:
    hq = cast.actor("headquarters")
    client = client_of("headquarters")
    url = reverse("field:answers", args=[campaign.id])
    here = {"place": places.community, "reason": "联系返回人员"}
    wide = client.post(url, here | {"place": places.county})
    assert wide.status_code == 422, "one entry names everybody: of a community at most"
    assert client.post(url, here | {"reason": " "}).status_code == 422
    with acting(hq):
        assert not AccessLog.objects.exclude(revealed="").exists()
        assert not Job.objects.filter(kind=JOB).exists()
    listed = reverse("field:visits", args=[campaign.id])
    offered = [
        # Above it stands what the session works on, with its reason.
        'name="reason"'
        in page(client_of, "headquarters", f"{listed}?place={place}").partition("<main")[2]
        for place in (places.county, places.community)
    ]
    assert offered == [False, True]
    assert client.post(url, here).status_code == 302
    with acting(hq):
        entry = AccessLog.objects.exclude(revealed="").get()
        assert resident(visit, hq) in entry.persons
        job = Job.objects.get(kind=JOB)
        assert job.args["reveal"] == str(entry.id)
        assert "reason" not in job.args
    file = run_job(hq, job)
    with acting(hq):
        sheets = read_workbook(read_file(by=hq, file_id=file.id), "answers.xlsx").sheets
    assert by_label(sheets[1], 2)["来自"] == "武汉，电话13800001111"
    # Nobody else takes them without a reason of their own, whatever right they have.
    other = dataclasses.replace(hq, user_id=uuid4())
    with pytest.raises(Forbidden):
        read_file(by=other, file_id=file.id)
    masked, _sheets = taken(hq, campaign, places.county)
    assert read_file(by=other, file_id=masked.id)


def test_answers_to_an_earlier_version_keep_their_columns(
    campaign: Campaign, cast: Any, bob: Any, places: Any
) -> None:
    """A device still asks the first version of the form in a sweep that asks the second."""
    hq = cast.actor("headquarters")
    schema = {"questions": [{"name": "since", "kind": "date", "label": "何时起"}]}
    second = begin(hq, places, schema=schema)
    with acting(bob):
        one, other = list(doors(second, places.grid))[:2]
    new = NewVisit(uuid4(), second.id, one.household_id, "exceptions", {"since": "2020-03-05"})
    record_visit(by=bob, visit=new)
    old = NewVisit(
        uuid4(), second.id, other.household_id, "exceptions", ANSWERS, form_id=campaign.form_id
    )
    record_visit(by=bob, visit=old)
    _file, (visits, *_more) = taken(hq, second, places.county)
    head = [str(cell) for cell in visits.rows[1]]
    assert head.index("何时起") < head.index("有无发热")
    assert by_label(visits, 2)["何时起"] == dt.date(2020, 3, 5)
    assert by_label(visits, 3)["有无发热"] == "有"


def test_the_workbook_ends_with_the_emergency_and_tells_no_more_then(
    cast: Any, bob: Any, places: Any
) -> None:
    hq = cast.actor("headquarters")
    home = create_household(by=hq, place_code=places.unit, room="101")
    emergency = create_emergency(
        by=hq,
        name="演练疫情",
        disease="不明原因",
        place_code=places.county,
        level=3,
        started_on=timezone.localdate(),
    )
    sweep = begin(hq, places, emergency=emergency)
    made = NewVisit(uuid4(), sweep.id, home.id, "exceptions", ANSWERS, note="已联系")
    record_visit(by=bob, visit=made)
    file, sheets = taken(hq, sweep, places.county)
    assert file.emergency_id == emergency.id
    assert by_label(sheets[0], 2)["有无发热"] == "有"
    with acting(hq):
        Emergency.objects.update(ended_on=timezone.localdate())
    sunset.destroy_key(emergency.id)
    later, sheets = taken(hq, sweep, places.county)
    assert later.emergency_id is None
    assert "有无发热" not in by_label(sheets[0], 2) or not by_label(sheets[0], 2)["有无发热"]
    assert by_label(sheets[0], 2)["入户结果"] == "有异常"
    with acting(hq), pytest.raises(Invalid):
        read_file(by=hq, file_id=file.id)
