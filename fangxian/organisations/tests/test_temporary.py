"""Temporary units: from the proposal to the end of the task, and what is refused on the way."""

from __future__ import annotations

import datetime as dt
from html import unescape

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from fangxian.common.errors import Conflict, Invalid
from fangxian.common.scoping import acting
from fangxian.common.sheets import cell_text, read_workbook
from fangxian.core.models import Task
from fangxian.organisations import invariants, stories, units
from fangxian.organisations.actions import (
    add_member,
    approve_unit,
    create_organisation,
    dissolve_organisation,
    dissolve_unit,
    draft_unit,
    end_membership,
    end_secondment,
    name_officers,
    prolong_unit,
    propose_unit,
    return_unit,
    second,
    undo_dissolution,
    withdraw_unit,
)
from fangxian.organisations.models import (
    Member,
    Organisation,
    OrganisationKind,
    Secondment,
    TemporaryUnit,
)
from fangxian.organisations.settling import settle
from fangxian.organisations.temporary_rules import check, temporary_rules
from fangxian.organisations.tests.conftest import refused
from fangxian.people import actions as people
from fangxian.people.models import Person, PersonLink

TODAY = timezone.localdate()
DAY = dt.timedelta(days=1)


def url(name: str, *args: object) -> str:
    return reverse(f"organisations:{name}", args=args)


def text(response) -> str:
    return unescape(response.content.decode())


@pytest.fixture
def breaches(hq, monkeypatch):
    """What the invariant of secondments finds, read as headquarters."""
    monkeypatch.setattr(invariants, "connections", {"maintenance": connection})

    def found():
        with acting(hq):
            return list(invariants.seconded())

    return found


@pytest.fixture
def home(hq, alice, places):
    """A unit at home, in Alice's community."""
    kind = OrganisationKind.objects.get(code="residents_committee")
    return create_organisation(
        by=alice, name="示例居委会", kind=kind, seat=places[places.community]
    )


@pytest.fixture
def members(alice, person, home):
    return [
        add_member(by=alice, person=person(alice, f"王{n}"), organisation=home, party_member=True)
        for n in ("一", "二", "三")
    ]


@pytest.fixture
def drafted(alice, places, unit, home):
    def make(kind: str = "temporary_branch", **more):
        values = {
            "name": "东门卡口临时党支部",
            "setting": "checkpoint",
            "task": "东门卡口值守",
            "place": places[places.community],
            "superior": unit,
            "from_date": TODAY,
            "until": TODAY + 20 * DAY,
        }
        return draft_unit(by=alice, kind=OrganisationKind.objects.get(code=kind), **(values | more))

    return make


@pytest.fixture
def founded(alice, hq, drafted, members):
    row = drafted()
    for at, member in enumerate(members):
        second(by=alice, unit=row, home=member, duty="值守", office="" if at else "secretary")
    propose_unit(by=alice, unit=row)
    return approve_unit(by=hq, unit=row)


def test_a_unit_is_drawn_up_proposed_and_founded(
    alice, hq, client_of, places, unit, members, breaches
):
    """Through the pages, from the first form to the two memberships of one human."""
    client, above = client_of("alice"), client_of("headquarters")
    assert client.get(url("unit_create")).status_code == 200
    given = {
        "name": "东门卡口临时党支部", "kind": "temporary_branch", "setting": "checkpoint",
        "task": "东门卡口值守", "place": places.community, "where": "东门", "superior": "示例局",
        "from_date": TODAY, "until": TODAY + 20 * DAY,
    }  # fmt: skip
    made = client.post(url("unit_create"), given)
    assert made.status_code == 302
    with acting(alice):
        row = TemporaryUnit.objects.get()
    page = url("unit", row.id)
    assert made["Location"] == page
    early = client.post(url("unit_propose", row.id))
    assert early.status_code == 422
    assert "3" in text(early)
    found = client.post(url("second", row.id), {"q": "王一", "find": "1"})
    assert f"member:{members[0].id}" in text(found)
    for at, member in enumerate(members):
        sent = {
            "holder": f"member:{member.id}",
            "duty": "值守",
            "office": "" if at else "secretary",
        }
        assert client.post(url("second", row.id), sent).status_code == 302
    assert "临时党支部" in text(client.get(page))
    assert client.post(url("unit_propose", row.id)).status_code == 302
    with acting(hq):
        task = Task.objects.get(kind="organisations.unit_proposed", state="open")
        assert (task.object_id, task.assignee_role) == (row.id, "headquarters")
    assert url("unit", row.id) in text(above.get(url("units"), {"state": "proposed"}))
    assert url("unit_approve", row.id) in text(above.get(page))
    assert url("unit_approve", row.id) not in text(client.get(page))
    assert client.post(url("unit_approve", row.id)).status_code == 403
    assert above.post(url("unit_approve", row.id)).status_code == 302
    assert above.post(url("unit_approve", row.id)).status_code == 409
    with acting(hq):
        body = Organisation.objects.get(name="东门卡口临时党支部")
        assert (body.parent_id, body.seat.code, body.kind.permanent) == (
            unit.id, places.community, False,
        )  # fmt: skip
        both = Member.objects.filter(person_id=members[0].person_id, to_date=None)
        assert {one.organisation_id for one in both} == {body.id, members[0].organisation_id}
        assert not Task.objects.filter(state="open", kind__startswith="organisations.unit").exists()
        assert not PersonLink.objects.filter(kind="seconded").exists()
    # The row at home shows where he serves now, and the page of the place shows the unit.
    assert "东门卡口临时党支部" in text(client.get(url("member", members[0].id)))
    assert "东门卡口临时党支部" in text(client.get(url("organisation", members[0].organisation_id)))
    assert page in text(client.get(reverse("regions:place", args=[places.community])))
    assert page in text(client.get(url("organisation", body.id)))
    assert breaches() == []


def test_it_is_sent_back_with_a_reason_mended_and_proposed_again(
    alice, hq, client_of, drafted, members
):
    row = drafted()
    for at, member in enumerate(members):
        second(by=alice, unit=row, home=member, office="" if at else "secretary")
    propose_unit(by=alice, unit=row)
    with pytest.raises(Conflict):
        second_out(alice, row)
    above, client = client_of("headquarters"), client_of("alice")
    assert above.post(url("unit_send_back", row.id), {"reason": ""}).status_code == 422
    assert (
        above.post(url("unit_send_back", row.id), {"reason": "请写明值守时段"}).status_code == 302
    )
    assert "请写明值守时段" in text(client.get(url("unit", row.id)))
    with acting(hq):
        task = Task.objects.get(kind="organisations.unit_returned", state="open")
        assert task.assignee_user_id == alice.user_id
    edit = url("unit_edit", row.id)
    form = client.get(edit).context["form"].initial
    changed = {**form, "task": "东门卡口早晚值守"}
    assert client.post(edit, changed).status_code == 302
    assert client.post(url("unit_propose", row.id)).status_code == 302
    with acting(hq):
        assert not Task.objects.filter(kind="organisations.unit_returned", state="open").exists()
        assert TemporaryUnit.objects.get().task == "东门卡口早晚值守"
    assert client.post(url("unit_withdraw", row.id)).status_code == 302
    with acting(hq):
        assert not PersonLink.objects.filter(kind="seconded").exists()
    assert client.post(url("unit_reopen", row.id)).status_code == 302
    with acting(hq):
        assert PersonLink.objects.filter(kind="seconded").count() == 3


def second_out(by, row):
    with acting(by):
        one = Secondment.objects.filter(unit=row).first()
    end_secondment(by=by, secondment=one)


def test_only_the_superior_decides_and_nobody_about_his_own(alice, hq, cast, drafted, members):
    row = drafted()
    for at, member in enumerate(members):
        second(by=alice, unit=row, home=member, office="" if at else "secretary")
    propose_unit(by=alice, unit=row)
    with_right = cast.actor("headquarters").within(row.place_code)
    with refused("not_superior"):
        approve_unit(by=with_right, unit=row)
    # Who works for the superior organisation decides also where he acts.
    from dataclasses import replace

    of_superior = replace(with_right, organisation_id=row.superior_id)
    return_unit(by=of_superior, unit=row, reason="请补充人员")
    propose_unit(by=hq, unit=row)
    with refused("own"):
        approve_unit(by=hq, unit=row)
    # The database holds it too.
    with acting(hq), pytest.raises(IntegrityError), transaction.atomic():
        TemporaryUnit.objects.filter(id=row.id).update(decided_by=hq.name)


def test_rules_name_what_is_wrong_and_what_fits(alice, drafted, members):
    row = drafted(until=TODAY + 900 * DAY)
    rules = temporary_rules()

    def people(number, **first):
        some = [Secondment(standing="full", home=members[0]) for _n in range(number)]
        for name, value in first.items():
            setattr(some[0], name, value)
        return some

    def codes(one, some):
        with acting(alice):
            return sorted(problem.code for problem in units.problems(one, some, rules))

    assert codes(row, people(2, office="secretary")) == ["size", "term"]
    row.until = TODAY
    assert codes(row, people(3)) == ["office_missing"]
    assert codes(row, people(3, office="secretary")) == []
    assert codes(row, people(4, office="secretary", standing="")) == ["office_party"]
    seven = people(7, office="secretary")
    assert codes(row, seven) == ["committee"]
    for one in seven[1:3]:
        one.office = "committee_member"
    assert codes(row, seven) == []
    assert codes(row, seven[:6]) == ["no_committee"]
    many = people(60, office="secretary")
    for one in many[1:3]:
        one.office = "committee_member"
    assert codes(row, many) == ["size"]
    with acting(alice):
        (size,) = units.problems(row, many, rules)
        assert str(OrganisationKind.objects.get(code="temporary_general_branch")) in str(size.mend)
    row.kind = OrganisationKind.objects.get(code="assault_team")
    assert codes(row, people(3, office="secretary")) == ["office", "office_missing"]
    # Each number of full members has a form, from the least that a branch takes.
    least = rules.forms["temporary_branch"].size.least
    assert all(rules.fitting(n) for n in range(least, 200))
    assert not any(rules.fitting(n) for n in range(least))


def test_officers_change_people_come_and_go_and_all_of_it_ends(
    alice, hq, client_of, founded, members, person, home, places, breaches
):
    above, client = client_of("headquarters"), client_of("alice")
    with acting(hq):
        rows = {row.home_id: row for row in Secondment.objects.filter(unit=founded)}
    first, other = rows[members[0].id], rows[members[1].id]
    with refused("not_superior"):
        name_officers(by=hq.within(places.community), unit=founded, offices={first.id: ""})
    alone = above.post(url("unit_officers", founded.id), {str(first.id): ""})
    assert alone.status_code == 422
    swapped = {str(first.id): "", str(other.id): "secretary"}
    assert above.post(url("unit_officers", founded.id), swapped).status_code == 302
    with acting(hq):
        assert Secondment.objects.get(office="secretary").id == other.id
    # A fourth comes, the first goes home.
    late = add_member(by=alice, person=person(alice, "王四"), organisation=home)
    sent = {"holder": f"member:{late.id}", "duty": "登记"}
    assert client.post(url("second", founded.id), sent).status_code == 302
    again = client.post(url("second", founded.id), sent)
    assert again.status_code == 409
    assert client.post(url("secondment", first.id), {"duty": "测温"}).status_code == 302
    assert client.post(url("secondment_end", first.id)).status_code == 302
    with acting(hq):
        left = Member.objects.get(id=first.member_id)
        assert (left.to_date, left.duty) == (TODAY, "测温")
        assert Member.objects.get(id=members[0].id).to_date is None
        assert Member.objects.filter(organisation=founded.organisation, to_date=None).count() == 3
    # Who ends at home serves no more.
    end_membership(by=alice, member=members[2])
    with acting(hq):
        assert Member.objects.filter(organisation=founded.organisation, to_date=None).count() == 2
    # Who comes back is one row with two memberships.
    assert second(by=alice, unit=founded, home=members[0]).id == first.id
    end = {"on": TODAY, "reason": "任务完成"}
    assert client.post(url("unit_dissolve", founded.id), {"on": TODAY}).status_code == 422
    assert client.post(url("unit_dissolve", founded.id), end).status_code == 302
    assert "任务完成" in text(client.get(url("organisation", founded.organisation_id)))
    with acting(hq):
        assert not Member.objects.filter(organisation=founded.organisation, to_date=None).exists()
        assert Member.objects.filter(organisation=home, to_date=None).count() == 3
    undo_dissolution(by=hq, organisation=founded.organisation, reason="任务继续")
    with acting(hq):
        assert Member.objects.filter(organisation=founded.organisation, to_date=None).count() == 3
        assert list(units.running(places.community)) == [founded]
    assert breaches() == []


def test_the_term_ends_it_and_the_superior_prolongs_it(alice, hq, founded, members, places):
    with acting(hq):
        Organisation.objects.filter(id=founded.organisation_id).update(founded_on=TODAY - 9 * DAY)
        TemporaryUnit.objects.filter(id=founded.id).update(
            from_date=TODAY - 9 * DAY, until=TODAY - DAY
        )
        Member.objects.filter(organisation=founded.organisation).update(from_date=TODAY - 9 * DAY)
    settle(by=hq, area=places.county)
    with acting(hq):
        body = Organisation.objects.get(id=founded.organisation_id)
        assert body.dissolved_on == TODAY - DAY
        assert not Member.objects.filter(organisation=body, to_date=None).exists()
    with refused("term"):
        undo_dissolution(by=hq, organisation=body, reason="任务继续")
    with pytest.raises(Invalid):
        prolong_unit(by=hq, unit=founded, until=TODAY + 999 * DAY, reason="任务继续")
    prolong_unit(by=hq, unit=founded, until=TODAY + 9 * DAY, reason="任务继续")
    undo_dissolution(by=hq, organisation=body, reason="任务继续")
    settle(by=hq, area=places.county)
    with acting(hq):
        assert Member.objects.filter(organisation=body, to_date=None).count() == 3


def test_what_cannot_be_is_refused(alice, hq, drafted, members, founded, unit, places):
    with pytest.raises(Invalid):
        drafted(kind="department", name="x")
    with pytest.raises(Invalid):
        drafted(name="x", setting="moon")
    with pytest.raises(Invalid):
        drafted(name="x", until=TODAY - DAY)
    row = drafted(name="第二支部")
    with acting(hq):
        serving = Member.objects.filter(organisation=founded.organisation).first()
    with refused("home"):
        second(by=hq, unit=row, home=serving)
    with refused("office"):
        second(by=alice, unit=row, home=members[0], office="leader")
    with pytest.raises(Conflict):
        propose_unit(by=alice, unit=founded)
    with pytest.raises(Conflict):
        withdraw_unit(by=alice, unit=founded)
    dissolve_unit(by=alice, unit=founded, reason="任务完成")
    with pytest.raises(Invalid):
        second(by=alice, unit=founded, home=members[0])
    wrong = ({"state": "founded"}, {"state": "else"}, {"until": TODAY - 9 * DAY})
    for values in wrong:
        with acting(hq), pytest.raises(IntegrityError), transaction.atomic():
            TemporaryUnit.objects.filter(id=row.id).update(**values)


def test_nothing_is_founded_below_what_was_dissolved(alice, hq, drafted, members, unit):
    row = drafted(kind="working_group")
    for at, member in enumerate(members):
        second(by=alice, unit=row, home=member, office="" if at else "leader")
    propose_unit(by=alice, unit=row)
    dissolve_organisation(by=hq, organisation=unit)
    with refused("dissolved"):
        approve_unit(by=hq, unit=row)
    return_unit(by=hq, unit=row, reason="上级已撤销")
    with refused("dissolved"):
        propose_unit(by=alice, unit=row)


def test_a_unit_is_seen_in_its_area_alone(client_of, founded, drafted):
    for name in ("unit", "unit_edit", "second"):
        assert client_of("charlie").get(url(name, founded.id)).status_code == 404
    assert client_of("bob").get(url("units")).status_code == 200
    assert client_of("bob").post(url("unit_propose", founded.id)).status_code == 403


def test_rules_that_contradict_themselves_are_refused():
    from fangxian.core.rules import rule
    from fangxian.organisations.temporary_rules import TEMPORARY

    data = rule(TEMPORARY).data
    check(data)
    form = {**data["forms"][0], "members": {"min": 1, "max": 2}}
    for wrong in (
        {"forms": [form]},
        {"forms": [{**data["forms"][0], "full": {"min": 5, "max": 3}}]},
        {"exceptions": [{**data["exceptions"][0], "of": "nothing"}]},
        {"exceptions": [{**data["exceptions"][0], "from": "soon"}]},
    ):
        with pytest.raises(Invalid):
            check({**data, **wrong})


def test_two_records_of_one_human_in_one_unit_are_one(
    alice, hq, drafted, members, person, home, breaches
):
    from fangxian.people.actions import merge, propose_merge

    twin = add_member(by=alice, person=person(alice, "王一"), organisation=home, party_member=True)
    row = drafted(kind="working_group", name="示例专班")
    for member, office in ((members[0], "leader"), (twin, ""), (members[1], "")):
        second(by=alice, unit=row, home=member, office=office)
    propose_unit(by=alice, unit=row)
    approve_unit(by=hq, unit=row)
    candidate = propose_merge(by=hq, first_id=members[0].person_id, second_id=twin.person_id)
    merge(by=hq, candidate_id=candidate, keep_id=members[0].person_id)
    with acting(hq):
        running = Member.objects.filter(organisation__name="示例专班", to_date=None)
        assert running.count() == 2
        kept = Person.objects.get(id=members[0].person_id)
        assert Secondment.objects.filter(person=kept, member__to_date=None).count() == 1
    assert breaches() == []


def test_a_ledger_of_who_serves_twice_is_once(alice, hq, drafted, members, person, home, unit):
    from fangxian.core.tests.importing import imported
    from fangxian.organisations.tests.test_ledgers import lines

    row = drafted()
    other = add_member(by=hq, person=person(alice, "王五"), organisation=unit)
    add_member(by=alice, person=other.person, organisation=home)
    ledger = lines(
        "临时党支部名称,姓名,原单位,职务,班子职务,政治面貌",
        "东门卡口临时党支部,王一,示例居委会,值守,书记,中共党员",
        ",王二,,登记,,预备党员",
        ",王三,示例居委会,登记,队长,中共党员",
        ",王四,,登记,,",
        ",王五,,登记,,群众",
        "没有的支部,王二,,登记,,",
    )

    def read(text):
        data = text.encode("gb18030")
        return imported(hq, data, row.place_code, kind="seconded", name="名册.csv", options={})

    first = read(ledger)
    # No such office, not registered, a member of two, no such unit.
    assert (first.rows_in, first.accepted, first.rejected) == (6, 2, 4)
    with acting(alice):
        rows = Secondment.objects.order_by("person__name").values_list("office", "standing", "duty")
        assert sorted(rows) == [("", "probationary", "登记"), ("secretary", "full", "值守")]
    again = read(ledger)
    assert (again.accepted, again.changed) == (2, 0)
    changed = read(ledger.replace("预备党员", "党员").replace(",王五,,", ",王五,示例局,"))
    assert (changed.accepted, changed.changed) == (3, 2)
    with acting(alice):
        assert Secondment.objects.filter(standing="full").count() == 2


def test_officers_of_a_founded_unit_are_the_superiors_choice(alice, founded, person, home):
    late = add_member(by=alice, person=person(alice, "王四"), organisation=home, party_member=True)
    with refused("not_superior"):
        second(by=alice, unit=founded, home=late, office="deputy_secretary")
    with refused("not_superior"):
        name_officers(by=alice, unit=founded, offices={})


def test_the_units_are_taken_away_and_read_in_again_unchanged(
    hq, client_of, places, founded, members
):
    page = text(client_of("headquarters").get(url("units")))
    assert url("export", "seconded") in page
    data = client_of("headquarters").post(url("export", "seconded"), {"code": places.community})
    rows = read_workbook(data.content, "units.xlsx").sheets[0].rows
    table = [[cell_text(cell) for cell in row] for row in rows]
    assert [row[8] for row in table[1:]] == ["王一", "王二", "王三"]
    assert table[1][0] == founded.name
    assert table[1][9:13] == ["示例居委会", "值守", "书记", "正式党员"]
    with acting(hq):
        stored = list(Secondment.objects.order_by("id").values())
    from fangxian.core.tests.importing import imported

    run = imported(hq, data.content, places.county, kind="seconded", name="r.xlsx", options={})
    assert (run.rows_in, run.accepted, run.changed) == (3, 3, 0)
    with acting(hq):
        assert list(Secondment.objects.order_by("id").values()) == stored


def test_who_is_seconded_twice_by_two_records_serves_once(
    alice, hq, person, drafted, members, home, breaches
):
    row = drafted()
    twin = add_member(by=alice, person=person(alice, "王依"), organisation=home)
    for at, member in enumerate([*members, twin]):
        second(by=alice, unit=row, home=member, office="" if at else "secretary")

    def known():
        with acting(hq):
            return [
                list(model.objects.order_by("pk").values()) for model in (Secondment, Member)
            ] + [sorted(PersonLink.objects.values_list("person_id", "kind", "source_id"))]

    def merge_and_undo(kept, lost):
        before = known()
        entry = people.propose_merge(by=hq, first_id=kept.person_id, second_id=lost.person_id)
        done = people.merge(by=hq, candidate_id=entry, keep_id=kept.person_id)
        with acting(hq):
            one = Secondment.objects.select_related("member").get(person_id=kept.person_id)
            assert not Secondment.objects.filter(person_id=lost.person_id).exists()
            assert Secondment.objects.filter(unit=row).count() == len(members)
            assert one.office == "secretary"
            if one.member is not None:
                assert one.member.to_date is None
        assert list(breaches()) == []
        people.undo_merge(by=hq, merge_id=done.id)
        assert known() == before

    # Drawn up, then founded; then the one whose record is kept has gone home before.
    merge_and_undo(twin, members[0])
    propose_unit(by=alice, unit=row)
    approve_unit(by=hq, unit=row)
    merge_and_undo(members[0], twin)
    with acting(hq):
        one = Secondment.objects.get(person_id=twin.person_id)
    end_secondment(by=alice, secondment=one)
    merge_and_undo(twin, members[0])


def test_who_is_seconded_is_locked_after_the_unit(alice, drafted, members):
    """Whoever decides about it holds the unit: nobody comes or goes meanwhile."""
    row = drafted()
    with CaptureQueriesContext(connection) as seen:
        one = second(by=alice, unit=row, home=members[0])
    assert _unit_held([one["sql"] for one in seen])
    with CaptureQueriesContext(connection) as seen:
        end_secondment(by=alice, secondment=one)
    assert _unit_held([one["sql"] for one in seen])
    with pytest.raises(Conflict):
        end_secondment(by=alice, secondment=one)


def _unit_held(made) -> bool:
    """Whether the first row that is locked is the unit."""
    locks = [one for one in made if "FOR UPDATE" in one or "FOR NO KEY" in one]
    return "organisations_temporaryunit" in locks[0].split("WHERE")[0]


def test_who_names_officers_does_not_write_over_what_was_named_meanwhile(hq, client_of, founded):
    client, page = client_of("headquarters"), url("unit_officers", founded.id)
    with acting(hq):
        people = {row.office: row.id for row in units.people_of(founded)}
        plain = next(row.id for row in units.people_of(founded) if not row.office)
    shown = client.get(page).context["form"]
    stale = {name: shown[name].value() or "" for name in shown.fields}
    name_officers(by=hq, unit=founded, offices={plain: "deputy_secretary"})
    answer = client.post(page, {**stale, str(plain): "committee_member"})
    assert answer.status_code == 409
    # What was not touched stays as it is now.
    changed = {**stale, str(people["secretary"]): "secretary"}
    assert client.post(page, changed).status_code == 302
    with acting(hq):
        assert Secondment.objects.get(id=plain).office == "deputy_secretary"


def test_the_page_tells_what_became_of_a_unit(alice, hq, client_of, founded, members):
    """Proposal, approval, officers, who came and went, the end: by whom and why."""
    with acting(alice):
        rows = {row.home_id: row for row in founded.secondments.all()}
    second_one, last = rows[members[1].id], rows[members[2].id]
    name_officers(by=hq, unit=founded, offices={second_one.id: "deputy_secretary"})
    end_secondment(by=alice, secondment=last)
    dissolve_unit(by=alice, unit=founded, reason="任务完成")
    with acting(alice):
        steps = stories.of_unit(units.unit(founded.id))[::-1]
    of_itself = [one.what for one in steps if one.whom is None]
    assert of_itself[:3] == ["拟建", "报批", "批准成立"]
    assert of_itself[3].startswith("撤销于")
    told = [(one.what, one.name, one.detail) for one in steps if one.whom is not None]
    assert ("抽调", "王一", "值守；书记") in told
    assert ("任命", "王二", "副书记") in told
    # Who went home before; that all do when it is dissolved is no step of its own.
    assert [name for what, name, _detail in told if what == "回原单位"] == ["王三"]
    page = text(client_of("alice").get(url("unit", founded.id)))
    assert "任务完成" in page.split('id="history"')[1]
    # Nobody serves there any more: who did stands with his name.
    assert 'id="people"' not in page
    assert "王三" in page.split('id="former"')[1].split('id="history"')[0]
