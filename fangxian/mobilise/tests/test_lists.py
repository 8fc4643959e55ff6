"""Lists of volunteers in and out: twice is once, nothing is lost, each refusal names the column."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils import timezone

from fangxian.common.scoping import acting
from fangxian.core.imports import problems_of
from fangxian.core.tests.importing import imported
from fangxian.mobilise.importing import VOLUNTEERS
from fangxian.mobilise.models import Skill, Volunteer
from fangxian.mobilise.tests.conftest import enlisted

HEAD = "姓名,身份证号,联系电话,服务社区,特长,证书编号,证书有效期,梯队,有无车辆,可否上岗"
NUMBER = "11010519491231002X"


def read(by: Any, place: str, *rows: str) -> Any:
    data = "\n".join((HEAD, *rows)).encode("gb18030")
    return imported(by, data, place, kind=VOLUNTEERS, name="名单.csv")


def test_a_list_enlists_and_changes_twice_is_once(places: Any, alice: Any) -> None:
    home = places.community
    known = enlisted(alice, places[home], "测试甲", "party", echelon=2)
    last = timezone.localdate() + dt.timedelta(days=90)
    rows = (
        f"测试甲,,,,护士,N-1,{last},,有,",
        f"测试乙,{NUMBER},13800000001,{home},党员、驾驶员,,,3,无,是",
        "测试丙,,,,宇航员,,,,,",
        "测试丁,,,第9社区,,,,,,",
        "测试戊,,,,党员、护士,N-2,,,,",
    )
    run = read(alice, home, *rows)
    assert (run.rows_in, run.accepted, run.rejected, run.changed) == (5, 2, 3, 2)
    with acting(alice):
        assert [p.field for _n, _v, found in problems_of(run) for p in found] == [
            "skills",
            "place",
            "certificate",
        ]
        one = Volunteer.objects.get(id=known.id)
        assert (one.vehicle, one.echelon, one.fit) == (True, 2, None)
        nurse = Skill.objects.get(volunteer=one, skill="nurse")
        assert (nurse.certificate, nurse.expires_on) == ("N-1", last)
        assert one.skills.filter(skill="party").exists()
        new = Volunteer.objects.get(name="测试乙")
        assert (new.echelon, new.vehicle, new.fit) == (3, False, True)
    again = read(alice, home, *rows)
    assert (again.accepted, again.changed) == (2, 0)
    with acting(alice):
        assert Volunteer.objects.count() == 2


def test_what_goes_out_comes_in_unchanged(places: Any, alice: Any, client_of: Any) -> None:
    home = places[places.community]
    for name, skills in (("测试甲", ["party", "driver"]), ("测试乙", []), ("测试丙", ["nurse"])):
        enlisted(alice, home, name, *skills, fit=True)
    answer = client_of("alice").post("/mobilise/volunteers/export/")
    assert answer.status_code == 200
    run = imported(alice, answer.content, home.code, kind=VOLUNTEERS, name="名单.xlsx")
    assert (run.accepted, run.rejected, run.changed) == (3, 0, 0)


def test_namesakes_are_told_apart_or_come_back(places: Any, alice: Any) -> None:
    home = places[places.community]
    for phone in ("13800000001", "13800000002"):
        enlisted(alice, home, "测试甲", phones=[phone])
    run = read(alice, home.code, "测试甲,,,,党员,,,,,", "测试甲,,13800000002,,党员,,,,,")
    assert (run.accepted, run.rejected) == (1, 1)
    with acting(alice):
        ((_number, _values, (problem,)),) = problems_of(run)
        assert (problem.field, "身份证" in problem.mend) == ("name", True)
        assert Skill.objects.count() == 1


def test_a_namesake_with_another_phone_is_not_taken_for_who_serves(places: Any, alice: Any) -> None:
    home = places[places.community]
    enlisted(alice, home, "测试甲", phones=["13800000001"])
    other, own = "测试甲,,13800000002,,护士,,,,,", "测试甲,,13800000001,,党员,,,,,"
    named = f"测试甲,{NUMBER},13800000002,,驾驶员,,,,,"
    run = read(alice, home.code, other, own, named)
    assert (run.accepted, run.rejected) == (2, 1)
    with acting(alice):
        ((_number, _values, (problem,)),) = problems_of(run)
        assert (problem.field, problem.code) == ("phone", "several_persons")
        known, new = Volunteer.objects.order_by("id")
        assert [one.skill for one in known.skills.all()] == ["party"]
        assert [one.skill for one in new.skills.all()] == ["driver"]
    # The phone tells them apart from then on.
    again = read(alice, home.code, other, own)
    assert (again.accepted, again.changed) == (2, 1)
