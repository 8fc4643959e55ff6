"""Aid batches: their life, quarantine by dates, sums of the days, and who may see what."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone
from openpyxl import load_workbook

from fangxian.accounts.models import AccessLog, Grant
from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, Forbidden, Invalid
from fangxian.common.scoping import acting
from fangxian.core.models import Task
from fangxian.mobilise.aid import actions, queries, raising
from fangxian.mobilise.aid.invariants import told_apart
from fangxian.mobilise.aid.rules import aid_rules
from fangxian.mobilise.models import (
    AidBatch,
    AidCounter,
    AidDay,
    AidFigure,
    AidMember,
    AidQuarantine,
    FamilyContact,
)
from fangxian.organisations.actions import (
    add_new_member,
    approve_unit,
    create_organisation,
    draft_unit,
    propose_unit,
    second,
)
from fangxian.organisations.models import Member, OrganisationKind
from tests.kit.cast import START, make_places

BASE = "/mobilise/aid"
DAY = dt.timedelta(days=1)


def day(n: int) -> dt.date:
    return timezone.localdate() + n * DAY


@pytest.fixture
def hq(cast: Any) -> Actor:
    found: Actor = cast.actor("headquarters")
    return found


def planned(
    hq: Actor, places: Any, names: tuple[str, ...] = ("测试甲", "测试乙"), **more: Any
) -> Any:
    """A batch of the county with its members, all of one unit; the first leads it."""
    place = places[places.county]
    values = {"number": 1, "elsewhere": "示例国", "purpose": "测试", "from_date": day(-5)}
    values["until"] = day(5)
    batch = actions.plan_batch(
        by=hq,
        place=place,
        name="援助测试",
        counters=["samples", "patients"],
        **{**values, **more},
    )
    unit = create_organisation(
        by=hq,
        name=f"示例医院{batch.id}",
        kind=OrganisationKind.objects.get(code="department"),
        seat=place,
    )
    for n, name in enumerate(names):
        home = add_new_member(by=hq, organisation=unit, name=name)
        actions.add_member(by=hq, batch=batch, holder=home, role="nurse", leader=n == 0)
    return batch


def people(hq: Actor, batch: Any) -> list[AidMember]:
    with acting(hq):
        return list(queries.members(batch).select_related("person"))


def counters(hq: Actor, batch: Any) -> list[AidCounter]:
    with acting(hq):
        return list(AidCounter.objects.filter(batch=batch, ended_on=None).order_by("rank"))


def report(
    hq: Actor, batch: Any, at: int, *figures: int, by: Actor | None = None, **more: Any
) -> Any:
    given = dict(zip([row.id for row in counters(hq, batch)], figures, strict=True))
    return actions.report_day(
        by=by or hq, batch=batch, day=day(at), figures=given, **{"heads": 2, **more}
    )


def test_the_life_of_a_batch(client_of: Any, hq: Any, places: Any) -> None:
    """Through the pages: planned, sent, some back before the others, thanked, closed."""
    client = client_of("headquarters")
    data = {
        "name": "援助测试",
        "number": "1",
        "place": places.county,
        "destination": "",
        "elsewhere": "",
        "purpose": "采样",
        "from_date": day(-3),
        "until": day(9),
        "daily": "on",
        "counters": ["samples"],
    }
    refused = client.post(f"{BASE}/new/", data)
    assert refused.status_code == 422
    assert "请写明去往何处" in refused.content.decode()
    # Anywhere in the country: the other county of the kit.
    data["destination"] = places.other_county if hasattr(places, "other_county") else places.county
    assert client.post(f"{BASE}/new/", data).status_code == 302
    with acting(hq):
        batch = AidBatch.objects.get()
    page = f"{BASE}/{batch.id}/"
    empty = client.post(f"{page}send/", {"on": day(-3)})
    assert empty.status_code == 422
    assert "没有成员" in empty.content.decode()
    unit = create_organisation(
        by=hq,
        name="示例医院",
        kind=OrganisationKind.objects.get(code="department"),
        seat=places[places.county],
    )
    homes = [add_new_member(by=hq, organisation=unit, name=name) for name in ("测试甲", "测试乙")]
    for n, home in enumerate(homes):
        sent = {"q": "测试", "holder": f"member:{home.id}", "role": "nurse"}
        sent |= {"leader": "on"} if n == 0 else {}
        assert client.post(f"{page}members/add/", sent).status_code == 302
    again = {"q": "测试", "holder": f"member:{homes[0].id}", "role": "nurse"}
    assert "已在本批" in client.post(f"{page}members/add/", again).content.decode()
    assert client.post(f"{page}send/", {"on": day(-3)}).status_code == 302
    longer = {**data, "until": day(20), "purpose": "采样、流调"}
    assert client.post(f"{page}edit/", longer).status_code == 302
    leg = {
        "kind": "out", "mode": "rail", "service": "G0", "origin": "甲地", "target": "乙地",
        "departs_at": f"{day(-3)}T08:00", "arrives_at": f"{day(-3)}T07:00",
    }  # fmt: skip
    assert client.post(f"{page}travel/", leg).status_code == 422
    assert client.post(f"{page}travel/", {**leg, "arrives_at": ""}).status_code == 302
    first, second = people(hq, batch)
    back = {"on": day(-1), "days": "14", "kind": "central", "place": "示例酒店"}
    assert client.post(f"{page}back/", {**back, "who": [first.id]}).status_code == 302
    with acting(hq):
        batch.refresh_from_db()
        assert (batch.state, batch.until) == ("under_way", day(20))
        assert AidQuarantine.objects.get().until == day(12)
    fewer = {**back, "who": [second.id], "days": "3"}
    assert "规则规定隔离14天" in client.post(f"{page}back/", fewer).content.decode()
    assert client.post(f"{page}back/", {**fewer, "reason": "方案已改"}).status_code == 302
    told = client.get(page).content.decode()
    assert "全部返回" in told
    assert "甲地 → 乙地" in told
    assert client.post(f"{page}close/").status_code == 409
    for one in (first, second):
        ended = client.post(f"{BASE}/members/{one.id}/quarantine/end/", {"reason": "方案已改"})
        assert ended.status_code == 302
    with acting(hq):
        AidQuarantine.objects.update(until=day(-1), ended_on=day(-1))
    assert client.post(f"{page}close/").status_code == 302
    thanks = {"kind": "letter", "day": day(0), "giver": "乙地", "what": "感谢信一封"}
    assert client.post(f"{page}thanks/", thanks).status_code == 302
    assert "感谢信一封" in client.get(page).content.decode()
    assert "援助测试 1" in client.get(f"{BASE}/?show=over").content.decode()


def test_quarantine_ends_by_itself(hq: Any, places: Any, client_of: Any) -> None:
    batch = planned(hq, places)
    actions.send_batch(by=hq, batch=batch, on=day(-5))
    first, second = people(hq, batch)
    back = {"days": 3, "kind": "home", "reason": "测试原因"}
    with pytest.raises(Invalid):
        actions.come_back(by=hq, batch=batch, members=[first], on=day(1), **back)
    actions.come_back(by=hq, batch=batch, members=[first], on=day(-2), **back)
    with acting(hq):
        assert queries.in_quarantine(places.county, day(-3)).count() == 0
        assert queries.in_quarantine(places.county, day(-2)).count() == 1
        assert queries.in_quarantine(places.county).count() == 1
        assert queries.in_quarantine(places.county, day(1)).count() == 0
    raising.settle_area(hq, places.county)
    with acting(hq):
        assert Task.objects.filter(kind=raising.QUARANTINE, state="open").count() == 1
    actions.change_quarantine(by=hq, member=first, kind="home", place="示例路1号", until=day(1))
    with acting(hq):
        assert not Task.objects.filter(kind=raising.QUARANTINE, state="open").exists()
        assert queries.in_quarantine(places.county, day(1)).count() == 1
    actions.undo_return(by=hq, member=first)
    with acting(hq):
        assert not AidQuarantine.objects.exists()
        assert queries.out(places.county) == 2
    actions.come_back(
        by=hq, batch=batch, members=[first, second], on=day(0), days=0, reason="不需隔离"
    )
    # Why there was none stays with each of them.
    page = client_of("headquarters").get(f"{BASE}/members/{second.id}/").content.decode()
    assert "不需隔离" in page
    actions.close_batch(by=hq, batch=batch)


@pytest.mark.slow
@pytest.mark.usefixtures("fresh_database")
def test_what_does_not_fit_its_batch_is_found() -> None:
    by = Actor.system("test", "1309")
    batch = planned(by, make_places())
    actions.send_batch(by=by, batch=batch, on=day(-1))
    report(by, batch, -1, 4, 0)
    assert list(told_apart()) == []
    with connections["maintenance"].cursor() as cursor:
        cursor.execute("UPDATE mobilise_aidday SET day = day - 9")
    assert [said.split()[:2] for said in told_apart()] == [["aid", "day"]]


def test_days_add_up_and_missing_ones_are_asked_for(hq: Any, places: Any) -> None:
    batch = planned(hq, places)
    actions.send_batch(by=hq, batch=batch, on=day(-4))
    evening = dt.datetime.combine(day(0), dt.time(22), timezone.get_current_timezone())
    morning = dt.datetime.combine(day(0), dt.time(6), timezone.get_current_timezone())
    with acting(hq):
        batch.refresh_from_db()
        rules = aid_rules()
        assert queries.missing([batch], rules, morning)[batch.id] == [day(-n) for n in (4, 3, 2, 1)]
        assert queries.missing([batch], rules, evening)[batch.id][-1] == day(0)
        raising.settle(hq, [batch], evening)
        assert Task.objects.get(kind=raising.REPORT).state == "open"
    report(hq, batch, -4, 1200, 3)
    report(hq, batch, -3, 0, 0, heads=0)
    report(hq, batch, -2, 800, 1)
    report(hq, batch, -2, 800, 1)
    with pytest.raises(Invalid):
        report(hq, batch, -2, 900, 1)
    report(hq, batch, -2, 900, 1, reason="核对后更正")
    for at, heads, figures in ((-5, 2, (1, 1)), (1, 2, (1, 1)), (-1, 3, (1, 1)), (-1, 2, (1, -1))):
        with pytest.raises(Invalid):
            report(hq, batch, at, *figures, heads=heads)
    with acting(hq):
        told = queries.progress(batch, aid_rules())
        assert [one.value for one in told.totals] == [2100, 4]
        assert (told.person_times, told.zero) == (4, 1)
        assert day(-1) in told.missing
        assert AidDay.objects.get(day=day(-2)).corrected_for == "核对后更正"
        assert {one.value for one in queries.sums(places.county, aid_rules())} == {2100, 4}
    report(hq, batch, -1, 5, 0)
    report(hq, batch, 0, 5, 0)
    with acting(hq):
        assert Task.objects.get(kind=raising.REPORT).state == "done"
    # A counter with figures stays with them, one without goes.
    actions.set_counters(by=hq, batch=batch, codes=["patients"], own=[("入户", "户")])
    with acting(hq):
        names = AidCounter.objects.filter(batch=batch).values_list("code", "name", "ended_on")
        assert set(names) == {
            ("samples", "采样", day(0)), ("patients", "诊治患者", None), ("", "入户", None),
        }  # fmt: skip
        assert AidFigure.objects.count() == 10


def test_who_is_away_goes_with_no_other_batch(hq: Any, places: Any) -> None:
    batch = planned(hq, places)
    other = actions.plan_batch(
        by=hq,
        place=places[places.county],
        name="援助测试",
        number=2,
        elsewhere="示例国",
        purpose="测试",
        from_date=day(4),
        until=day(9),
    )
    first = people(hq, batch)[0]
    with pytest.raises(Conflict):
        actions.add_member(by=hq, batch=other, holder=first.person, role="nurse")
    actions.change_batch(by=hq, batch=other, from_date=day(6))
    actions.add_member(by=hq, batch=other, holder=first.person, role="nurse")
    with pytest.raises(Invalid):
        actions.change_batch(by=hq, batch=other, number=1)


def test_those_of_a_temporary_unit_are_taken_over(hq: Any, alice: Any, places: Any) -> None:
    kinds = OrganisationKind.objects
    above = create_organisation(
        by=hq, name="示例局", kind=kinds.get(code="department"), seat=places[places.county]
    )
    at_home = create_organisation(
        by=alice,
        name="示例居委会",
        kind=kinds.get(code="residents_committee"),
        seat=places[places.community],
    )
    unit = draft_unit(
        by=alice,
        name="援助测试专班",
        kind=kinds.get(code="working_group"),
        setting="checkpoint",
        task="援助测试",
        place=places[places.community],
        superior=above,
        from_date=day(0),
        until=day(9),
    )
    for office in ("leader", ""):
        home = add_new_member(by=alice, organisation=at_home, name="测试丁")
        second(by=alice, unit=unit, home=home, office=office)
    propose_unit(by=alice, unit=unit)
    batch = planned(hq, places, ("测试甲",))
    with pytest.raises(Invalid):
        actions.take_over_unit(by=hq, batch=batch, role="sampler")
    actions.change_batch(by=hq, batch=batch, unit=approve_unit(by=hq, unit=unit))
    assert actions.take_over_unit(by=hq, batch=batch, role="sampler") == 2
    assert actions.take_over_unit(by=hq, batch=batch, role="sampler") == 0
    with acting(hq):
        rows = AidMember.objects.filter(batch=batch, role="sampler")
        assert {one.organisation_id for one in rows} == {at_home.id}
        assert Member.objects.filter(organisation=at_home, to_date=None).count() == 2


def test_who_sees_names_and_phones(client_of: Any, hq: Any, cast: Any, places: Any) -> None:
    """The keeper and who leads the batch; another leader of the county counts heads alone."""
    batch = planned(hq, places)
    actions.send_batch(by=hq, batch=batch, on=day(-1))
    first, second = people(hq, batch)
    contact = actions.name_contact(by=hq, member=first, holder=second.person, phone="13800000000")
    user = cast.user("volunteer")
    Grant.objects.filter(user=user).delete()
    Grant.objects.create(
        user=user, role_id="aid_team", region=places[places.county], valid_from=START
    )
    client = client_of("volunteer")
    page = f"{BASE}/{batch.id}/"
    told = client.get(page).content.decode()
    assert "测试甲" not in told
    assert "护士 2" in told
    assert client.get(f"{BASE}/members/{first.id}/").status_code == 403
    assert client.post(f"{BASE}/contacts/{contact.id}/phone/").status_code == 403
    with pytest.raises(Forbidden):
        report(hq, batch, -1, 1, 1, by=cast.actor("volunteer"))
    user.person_id = first.person_id
    user.save(update_fields=["person_id"])
    told = client.get(page).content.decode()
    assert "测试乙" in told
    assert "13800000000" not in told
    shown = client.post(f"{BASE}/contacts/{contact.id}/phone/").content.decode()
    assert "13800000000" in shown
    assert AccessLog.objects.filter(user_id=user.id, revealed="work phone").count() == 1
    sent = {f"counter_{row.id.hex}": "7" for row in counters(hq, batch)}
    sent |= {"day": str(day(-1)), "heads": "2", "note": ""}
    assert client.post(f"{page}day/", sent).status_code == 302
    assert client.post(f"{page}close/").status_code == 403
    assert "没有进展的天数" in client.get("/").content.decode()
    with acting(hq):
        assert FamilyContact.objects.get().phone == "13800000000"
    assert client_of("charlie").get(page).status_code in {403, 404}
    file = client_of("headquarters").post(f"{page}members/file/")
    rows = list(load_workbook(io.BytesIO(file.content)).active.values)
    assert {row[1] for row in rows[1:]} >= {"测试甲", "测试乙"}
    assert not any("13800000000" in str(cell) for row in rows for cell in row)


def test_a_programme_with_its_terms(client_of: Any, hq: Any, places: Any) -> None:
    client = client_of("headquarters")
    data = {
        "name": "对口支援示例医院",
        "kind": "paired",
        "place": places.county,
        "destination": places.county,
        "purpose": "带教",
        "from_date": day(-400),
    }
    assert client.post(f"{BASE}/programmes/new/", data).status_code == 302
    with acting(hq):
        programme = queries.AidProgramme.objects.get()
    page = f"{BASE}/programmes/{programme.id}/"
    term = planned(hq, places, ("测试丙",), programme=programme, daily=False)
    result = {"kind": "trained", "what": "核酸检测培训", "number": "36", "day": day(0)}
    assert client.post(f"{page}result/", {**result, "term": term.id}).status_code == 302
    told = client.get(page).content.decode()
    assert "核酸检测培训" in told
    assert "36" in told
    assert client.post(f"{page}end/").status_code == 409
    listed = client.get(f"{BASE}/").content.decode()
    assert "对口支援示例医院" in listed
    assert "<svg" in listed
    following = client.get(f"{BASE}/new/?programme={programme.id}").content.decode()
    assert 'value="2"' in following


def test_of_a_long_batch_the_latest_days_stand_first(client_of: Any, hq: Any, places: Any) -> None:
    """The others are folded in below, none is left out; the sums are those of all."""
    batch = planned(hq, places, from_date=day(-20))
    actions.send_batch(by=hq, batch=batch, on=day(-20))
    report(hq, batch, -20, 7, 1)
    page = client_of("headquarters").get(f"{BASE}/{batch.id}/").content.decode()
    table, folded = page.split('id="progress"')[1].split("<details", 1)
    # In the evening, when its figures are due, today is one of them.
    shown, before = ([f"?day={day(n)}" in text for n in range(-20, 1)] for text in (table, folded))
    assert sum(shown) == queries.LATEST
    assert [one or other for one, other in zip(shown, before, strict=True)][:20] == [True] * 20
    assert (shown[-2], before[0]) == (True, True)
    assert "<tfoot" in table


def test_counters_that_somebody_changed_meanwhile_are_not_replaced_unseen(
    client_of: Any, hq: Any, places: Any
) -> None:
    batch = planned(hq, places)
    client, page = client_of("headquarters"), f"{BASE}/{batch.id}/counters/"
    shown = client.get(page).context["form"]["shown"].value()
    mine = {"codes": ["samples"], "own": "入户 (户)", "shown": shown}
    assert client.post(page, {"codes": ["tests"], "own": "", "shown": shown}).status_code == 302
    behind = client.post(page, mine)
    assert behind.status_code == 409
    assert "入户 (户)" in behind.content.decode()
    assert [row.code for row in counters(hq, batch)] == ["tests"]
    again = {**mine, "shown": behind.context["form"]["shown"].value()}
    assert client.post(page, again).status_code == 302
    assert {row.code or row.name for row in counters(hq, batch)} == {"samples", "入户"}
