"""Lists of batches and of trainees in and out: twice is once, each refusal names its column."""

from __future__ import annotations

import io
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import load_workbook

from fangxian.accounts.models import Grant, Role
from fangxian.common.scoping import acting
from fangxian.core.imports import problems_of
from fangxian.core.tests.importing import imported
from fangxian.mobilise.actions.volunteers import KEEP
from fangxian.mobilise.aid import actions, queries
from fangxian.mobilise.aid.importing import MEMBERS, TRAINEES
from fangxian.mobilise.aid.rules import aid_rules
from fangxian.mobilise.models import AidMember, AidProgramme, AidTrainee, FamilyContact
from fangxian.mobilise.tests.test_aid import day, hq, planned  # noqa: F401
from fangxian.people.models import Person

BASE = "/mobilise/aid"
HEAD = "批次,姓名,身份证号,联系电话,派出单位,人员类别,职务,专业,是否领队,家属联络人,家属联络人电话"
NUMBER = "11010519491231002X"
COURSE = "项目,期次,姓名,工作单位,职务,培训内容,开始日期,结束日期,通过项目,通过日期"


def read(by: Any, place: str, kind: str, head: str, *rows: str) -> Any:
    data = "\n".join((head, *rows)).encode("gb18030")
    return imported(by, data, place, kind=kind, name="名单.csv")


def fields(by: Any, run: Any) -> list[str]:
    with acting(by):
        return [problem.field for _n, _v, found in problems_of(run) for problem in found]


def test_a_list_of_members_twice_is_once(places: Any, hq: Any) -> None:  # noqa: F811
    batch = planned(hq, places)
    with acting(hq):
        unit = str(AidMember.objects.get(batch=batch, leader=True).organisation.name)
    rows = (
        f"{batch.title},测试甲,,,{unit},,护士长,重症护理,是,测试乙,13800000003",
        f",测试乙,,,{unit},医师,,,,,",
        ",测试丙,,,,宇航员,,,,,",
        ",测试丁,,13800000001,,护士,,,是,,",
        f",测试戊,,,{unit},护士,,,,,",
        ",测试己,,,示例不存在单位,护士,,,,,",
        "别的队,测试庚,,,,护士,,,,,",
        f"{batch.title},测试乙,,,,,,,,,13800000004",
    )
    run = read(hq, places.county, MEMBERS, HEAD, *rows)
    assert fields(hq, run) == [
        "aid_role",
        "leads",
        "name",
        "organisation",
        "aid_batch",
        "family_contact",
    ]
    assert (run.accepted, run.rejected, run.changed) == (2, 6, 2)
    with acting(hq):
        first = AidMember.objects.get(batch=batch, name="测试甲")
        assert (first.position, first.specialty, first.leader) == ("护士长", "重症护理", True)
        assert AidMember.objects.get(batch=batch, name="测试乙").role == "doctor"
        contact = FamilyContact.objects.get(member=first, to_date=None)
        assert (contact.name, contact.phone) == ("测试乙", "13800000003")
        assert AidMember.objects.filter(batch=batch).count() == 2
        assert not Person.objects.filter(name__in=["测试丁", "测试戊"]).exists()
    again = read(hq, places.county, MEMBERS, HEAD, *rows[:2])
    assert (again.accepted, again.changed) == (2, 0)


def test_members_go_out_without_numbers_and_come_in_unchanged(
    places: Any,
    hq: Any,  # noqa: F811
    client_of: Any,
) -> None:
    batch = planned(hq, places)
    with acting(hq):
        first, second = queries.members(batch)
        second_person = second.person
    actions.name_contact(by=hq, member=first, holder=second_person, phone="13800000003")
    answer = client_of("headquarters").post(f"{BASE}/{batch.id}/members/file/")
    sheet = load_workbook(io.BytesIO(answer.content)).active
    told = [[cell for cell in row if cell is not None] for row in sheet.values]
    assert not {"身份证号", "联系电话"} & set(told[0])
    assert "13800000003" not in str(told)
    run = imported(hq, answer.content, places.county, kind=MEMBERS, name="名单.xlsx")
    assert (run.accepted, run.rejected, run.changed) == (2, 0, 0)


def test_who_is_not_registered_comes_in_with_the_list(
    places: Any,
    hq: Any,  # noqa: F811
    cast: Any,
) -> None:
    batch = planned(hq, places)
    row = f"{batch.title},测试丁,{NUMBER},13800000001,,检验员,,,,,"
    may = hq.may("people.edit", places.county)
    run = read(hq, places.county, MEMBERS, HEAD, row)
    assert (run.accepted, run.rejected) == ((1, 0) if may else (0, 1))
    again = read(hq, places.county, MEMBERS, HEAD, row)
    assert again.changed == 0
    with acting(hq):
        assert AidMember.objects.filter(batch=batch, role="tester").count() == int(may)
        assert Person.objects.filter(name="测试丁").count() == int(may)


def begun(by: Any, places: Any) -> AidProgramme:
    return actions.begin_programme(
        by=by,
        place=places[places.county],
        name="对口支援测试",
        kind="paired",
        elsewhere="示例国",
        purpose="测试",
        from_date=day(-90),
    )


def test_trainees_are_listed_and_counted(
    places: Any,
    hq: Any,  # noqa: F811
    client_of: Any,
) -> None:
    programme, client = begun(hq, places), client_of("headquarters")
    page = f"{BASE}/programmes/{programme.id}/"
    told = {
        "name": "测试甲",
        "organisation": "示例医院",
        "topic": "核酸检测",
        "from_date": str(day(-30)),
        "until": str(day(-40)),
        "passed": "",
        "passed_on": str(day(-1)),
    }
    answer = client.post(f"{page}trainees/add/", told)
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"until", "passed"}
    told |= {"until": str(day(-2)), "passed": "上岗考核"}
    assert client.post(f"{page}trainees/add/", told).status_code == 302
    assert client.post(f"{page}trainees/add/", told).status_code == 409
    actions.record_result(
        by=hq, programme=programme, kind="trained", day=day(-1), what="其他", number=5
    )
    with acting(hq):
        row = AidTrainee.objects.get()
        assert {one.code: n for one, n in queries.results(programme, aid_rules())} == {"trained": 6}
    shown = client.get(page).content.decode()
    assert "上岗考核" in shown
    one = f"{BASE}/trainees/{row.id}/"
    assert client.post(one, told | {"topic": "影像诊断"}).status_code == 302
    with acting(hq):
        row.refresh_from_db()
        assert (row.topic, row.passed) == ("影像诊断", "上岗考核")
    assert client.post(f"{one}out/").status_code == 302
    with acting(hq):
        assert not AidTrainee.objects.exists()


def test_a_list_of_trainees_in_and_out(places: Any, hq: Any, client_of: Any) -> None:  # noqa: F811
    programme = begun(hq, places)
    rows = (
        f",,测试甲,示例医院,检验师,核酸检测,{day(-30)},{day(-2)},上岗考核,{day(-1)}",
        f"{programme.name},,测试乙,示例医院,,核酸检测,{day(-30)},,,",
        f"{programme.name},第九期,测试丙,示例医院,,核酸检测,{day(-30)},,,",
        f"别的项目,,测试丙,示例医院,,核酸检测,{day(-30)},,,",
        f"{programme.name},,测试丁,示例医院,,核酸检测,{day(-2)},{day(-3)},,{day(9)}",
    )
    run = read(hq, places.county, TRAINEES, COURSE, *rows)
    assert fields(hq, run) == ["term", "programme", "end_date", "passed_on", "passed"]
    assert (run.accepted, run.rejected, run.changed) == (2, 3, 2)
    assert read(hq, places.county, TRAINEES, COURSE, *rows[:2]).changed == 0
    answer = client_of("headquarters").post(f"{BASE}/programmes/{programme.id}/trainees/")
    out = imported(hq, answer.content, places.county, kind=TRAINEES, name="名单.xlsx")
    assert (out.accepted, out.rejected, out.changed) == (2, 0, 0)
    actions.end_programme(by=hq, programme=programme)
    assert fields(hq, read(hq, places.county, TRAINEES, COURSE, rows[1])) == ["programme"]


def test_a_namesake_with_another_phone_is_another_human(places: Any, hq: Any) -> None:  # noqa: F811
    batch = planned(hq, places)
    rows = (
        f"{batch.title},测试甲,,13800000001,,医师,,,,,",
        f"{batch.title},测试丁,,13800000001,,医师,,,,,",
        f"{batch.title},测试丁,,13800000002,,护士,,,,,",
        f"{batch.title},测试丁,{NUMBER},13800000002,,护士,,,,,",
    )
    run = read(hq, places.county, MEMBERS, HEAD, *rows)
    assert fields(hq, run) == ["phone", "phone"]
    with acting(hq):
        found = AidMember.objects.filter(name="测试丁").order_by("id")
        assert list(found.values_list("role", flat=True)) == ["doctor", "nurse"]
        assert AidMember.objects.get(name="测试甲").role == "nurse"
    # Each is known by his phone from then on.
    again = read(hq, places.county, MEMBERS, HEAD, rows[1], rows[2])
    assert (again.accepted, again.changed) == (2, 0)


def test_each_list_asks_its_own_right(
    cast: Any,
    places: Any,
    hq: Any,  # noqa: F811
    client_of: Any,
) -> None:
    """Who keeps aid alone brings its lists and no others, and the other way round."""
    batch = planned(hq, places)
    for name, rights in (("aid", [actions.KEEP, actions.VIEW]), ("people", [KEEP])):
        Role.objects.create(code=f"example_{name}", name=name, rights=[*rights, "core.files"])
    role = {"aid": "alice", "people": "bob"}
    for name, user in role.items():
        Grant.objects.filter(user=cast.user(user)).update(
            role_id=f"example_{name}", region=places[places.county]
        )
    keeper, other = client_of("alice"), client_of("bob")
    page = keeper.get(f"{BASE}/{batch.id}/").content.decode()
    address = f"{reverse('mobilise:aid_import')}?kind={MEMBERS}"
    assert address in page
    assert keeper.get(address).status_code == 200
    assert keeper.get(reverse("mobilise:import")).status_code == 403
    assert other.get(address).status_code == 403
    kinds = other.get(reverse("mobilise:import")).content.decode()
    assert MEMBERS not in kinds
    file = SimpleUploadedFile("a.csv", f"{HEAD}\n,测试丁,,,,护士,,,,,\n".encode())
    given = {"kind": MEMBERS, "place_code": places.county, "file": file}
    sent = keeper.post(reverse("mobilise:aid_import"), given)
    assert sent.status_code == 302
    assert keeper.get(sent["Location"]).status_code == 200
    # The pages of the other lists open no run of these.
    run = sent["Location"].split("/")[-3]
    assert other.get(sent["Location"]).status_code == 403
    assert other.get(reverse("mobilise:import_columns", args=[run])).status_code == 404
