"""What ends by itself, what is taken back, and what a change of place or person does."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone, translation

from fangxian.accounts.models import AccessLog
from fangxian.common.errors import Conflict, Invalid
from fangxian.common.scoping import acting
from fangxian.core.actions import store_file
from fangxian.core.kinds import url_of
from fangxian.core.models import Task
from fangxian.organisations import five_ones, invariants
from fangxian.organisations.actions import (
    add_member,
    appoint,
    change_organisation,
    create_organisation,
    dissolve_organisation,
    end_membership,
    hand_over,
    link_households,
    name_contact_leader,
    record_evidence,
    substitute,
    withdraw_responsibility,
)
from fangxian.organisations.models import (
    Member,
    Organisation,
    OrganisationKind,
    Responsibility,
    ResponsibilityHousehold,
    Vacancy,
)
from fangxian.organisations.queries import chain_on, who_closes
from fangxian.organisations.settling import settle
from fangxian.organisations.vacancies import refresh
from fangxian.people.actions import record_death
from fangxian.people.models import PersonLink
from fangxian.regions.actions import end_place
from fangxian.register.actions import create_establishment, create_household, undo_death

TODAY = timezone.localdate()
DAY = dt.timedelta(days=1)


def test_an_appointment_before_a_later_one_must_end_in_time(alice, places, person):
    place = places[places.grid]
    later, earlier = person(alice, "王一"), person(alice, "王二")
    appoint(by=alice, place=place, role="grid_officer", holder=later, from_date=TODAY)
    with pytest.raises(Invalid):
        appoint(
            by=alice, place=place, role="grid_officer", holder=earlier, from_date=TODAY - 9 * DAY
        )
    appoint(
        by=alice,
        place=place,
        role="grid_officer",
        holder=earlier,
        from_date=TODAY - 9 * DAY,
        to_date=TODAY - DAY,
    )


def test_load_counts_places_that_the_actor_does_not_see(cast, alice, hq, places, person):
    leader = person(alice, "王一")
    elsewhere = places["130902001002001"]
    appoint(by=hq, place=elsewhere, role="grid_officer", holder=leader)
    with pytest.raises(Invalid) as refused:
        appoint(by=alice, place=places[places.grid], role="grid_officer", holder=leader)
    assert refused.value.problems[0].code == "load"


def test_who_died_holds_nothing_any_more(alice, places, person):
    officer = person(alice, "王一")
    appoint(
        by=alice,
        place=places[places.grid],
        role="grid_officer",
        holder=officer,
        from_date=TODAY - 9 * DAY,
    )
    record_death(by=alice, person_id=officer.id, on=TODAY - 2 * DAY)
    with pytest.raises(Invalid):
        appoint(by=alice, place=places[places.other_grid], role="grid_officer", holder=officer)
    assert settle(by=alice, area=places.community)[0] == 1
    with acting(alice):
        assert Responsibility.objects.get().to_date == TODAY - 2 * DAY
        assert Vacancy.objects.filter(place=places[places.grid]).exists()
        assert not PersonLink.objects.filter(kind="responsible").exists()
    assert settle(by=alice, area=places.community) == (0, 0, 0)


def test_a_place_that_ceases_takes_its_posts_along(alice, places, person):
    building = places["130902001001001002"]
    head = person(alice, "王一")
    appoint(by=alice, place=building, role="building_head", holder=head, from_date=TODAY - 9 * DAY)
    for unit in ("01", "02"):
        end_place(by=alice, code=building.code + unit, on=TODAY)
    end_place(by=alice, code=building.code, on=TODAY)
    settle(by=alice, area=places.community)
    with acting(alice):
        assert Responsibility.objects.get().to_date == TODAY - DAY
        assert not Vacancy.objects.filter(place=building).exists()


def test_leaving_and_dissolving_end_what_was_held_and_open_the_vacancy(
    alice, hq, places, person, unit
):
    refresh(by=hq, area=places.county)
    member = add_member(by=hq, person=person(hq, "王一"), organisation=unit, rank="正处级")
    community = places[places.community]
    appoint(by=hq, place=community, role="community_leader", holder=member)
    appoint(by=hq, place=community, role="linked_unit", holder=unit)
    end_membership(by=hq, member=member)
    dissolve_organisation(by=hq, organisation=unit)
    with acting(hq):
        assert set(Responsibility.objects.values_list("to_date", flat=True)) == {TODAY}
        ends = Responsibility.objects.order_by("role")
        assert [r.role for r in ends] == ["community_leader", "linked_unit"]
        roles = ["community_leader", "linked_unit"]
        # Today is their last day: tomorrow nobody answers.
        assert not Vacancy.objects.filter(place=community, role__in=roles).exists()
        refresh(by=hq, area=places.county, on=TODAY + DAY)
        assert Vacancy.objects.filter(place=community, role__in=roles).count() == 2
    with pytest.raises(Conflict):
        dissolve_organisation(by=hq, organisation=unit)


def test_a_mistake_of_today_is_withdrawn_and_leaves_the_post_open(alice, places, person):
    place = places[places.grid]
    refresh(by=alice, area=places.community)
    wrong, right = person(alice, "王一"), person(alice, "王二")
    row = appoint(by=alice, place=place, role="grid_officer", holder=wrong)
    with pytest.raises(Invalid):
        hand_over(by=alice, responsibility=row, to=right)
    withdraw_responsibility(by=alice, responsibility=row)
    with acting(alice):
        assert Vacancy.objects.filter(place=place, role="grid_officer").exists()
    old = appoint(
        by=alice, place=place, role="grid_officer", holder=right, from_date=TODAY - 3 * DAY
    )
    with pytest.raises(Conflict):
        withdraw_responsibility(by=alice, responsibility=old)


def test_a_substitute_hands_over_to_a_substitute(alice, places, person):
    place = places[places.grid]
    holder, first, second = (person(alice, name) for name in ("王一", "王二", "王三"))
    row = appoint(
        by=alice, place=place, role="grid_officer", holder=holder, from_date=TODAY - 9 * DAY
    )
    stands_in = substitute(
        by=alice,
        responsibility=row,
        holder=first,
        from_date=TODAY - 2 * DAY,
        to_date=TODAY + 5 * DAY,
    )
    made = hand_over(by=alice, responsibility=stands_in, to=second, on=TODAY)
    assert (made.substitute_for_id, made.to_date) == (row.id, TODAY + 5 * DAY)
    with acting(alice):
        assert [r.name for r in who_closes(places.grid)] == ["王三"]
        assert [r.name for r in who_closes(places.grid, TODAY - DAY)] == ["王二"]
        assert [r.name for r in who_closes(places.grid, TODAY + 6 * DAY)] == ["王一"]
    with pytest.raises(Invalid):
        substitute(by=alice, responsibility=made, holder=holder, from_date=TODAY, to_date=TODAY)


def test_the_chain_of_a_day_is_that_of_the_day(alice, hq, places, person):
    old, new = person(hq, "王旧"), person(hq, "王新")
    community = places[places.community]
    row = appoint(
        by=hq,
        place=community,
        role="community_secretary",
        holder=old,
        from_date=TODAY - 30 * DAY,
    )
    hand_over(by=hq, responsibility=row, to=new, on=TODAY - 10 * DAY)
    with acting(alice):
        then = {
            region.code: [r.holder_name for r in rows]
            for region, rows in chain_on(places[places.unit], TODAY - 20 * DAY)
        }
        now = [r.holder_name for r in chain_on(community, TODAY)[-1][1]]
    assert then[places.community] == ["王旧"]
    assert then[places.unit] == []
    assert now == ["王新"]


def test_one_contact_leader_at_a_time(hq, places, person):
    hospital = create_establishment(
        by=hq, place_code=places.building, name="示例医院", kind="hospital"
    )
    shop = create_establishment(by=hq, place_code=places.building, name="示例店", kind="shop")
    first, second = person(hq, "王一"), person(hq, "王二")
    name_contact_leader(by=hq, establishment=hospital, holder=first, on=TODAY - 5 * DAY)
    name_contact_leader(by=hq, establishment=hospital, holder=second)
    with acting(hq):
        rows = Responsibility.objects.order_by("from_date").values_list("holder_name", "to_date")
        assert list(rows) == [("王一", TODAY - DAY), ("王二", None)]
    with pytest.raises(Invalid):
        name_contact_leader(by=hq, establishment=shop, holder=first)


def test_a_contact_leader_who_was_to_begin_later_is_taken_back(hq, places, person):
    hospital = create_establishment(
        by=hq, place_code=places.building, name="示例医院", kind="hospital"
    )
    later, now = person(hq, "王一"), person(hq, "王二")
    name_contact_leader(by=hq, establishment=hospital, holder=later, on=TODAY + 9 * DAY)
    name_contact_leader(by=hq, establishment=hospital, holder=now)
    with acting(hq):
        rows = Responsibility.objects.values_list("holder_name", "to_date")
        assert list(rows) == [("王二", None)]
    with pytest.raises(Invalid) as early:
        name_contact_leader(by=hq, establishment=hospital, holder=later, on=TODAY - 3 * DAY)
    assert early.value.problems[0].code == "too_early"


def test_nobody_leaves_and_nothing_is_dissolved_on_a_day_to_come(hq, places, person, unit):
    member = add_member(by=hq, person=person(hq, "王一"), organisation=unit)
    for refused in (
        lambda: end_membership(by=hq, member=member, on=TODAY + DAY),
        lambda: dissolve_organisation(by=hq, organisation=unit, on=TODAY + DAY),
    ):
        with pytest.raises(Invalid) as error:
            refused()
        assert error.value.problems[0].code == "future"
    with acting(hq):
        assert Member.objects.get(id=member.id).to_date is None


def test_a_circle_of_organisations_is_refused_and_one_that_is_there_ends_the_walk(hq, places):
    kind = OrganisationKind.objects.get(code="department")
    seat = places[places.county]
    first, second, third = (
        create_organisation(by=hq, name=name, kind=kind, seat=seat) for name in "甲乙丙"
    )
    change_organisation(by=hq, organisation=second, parent=first)
    # The caller's copy is older than the change.
    with pytest.raises(Invalid) as circle:
        change_organisation(by=hq, organisation=first, parent=second)
    assert circle.value.problems[0].code == "circle"
    with acting(hq):
        Organisation.objects.filter(id=first.id).update(parent=second)
    change_organisation(by=hq, organisation=third, parent=first)


def test_evidence_must_be_what_the_item_asks_for(hq, places, person, unit):
    community = places[places.community]
    chief = add_member(by=hq, person=person(hq, "王一"), organisation=unit, rank="副科级")
    clerk = add_member(by=hq, person=person(hq, "王二"), organisation=unit)
    with pytest.raises(Invalid) as refused:
        record_evidence(by=hq, community=community, item="chief", evidence=clerk)
    assert refused.value.problems[0].code == "unfit"
    with pytest.raises(Invalid):
        record_evidence(by=hq, community=community, item="working_group", evidence=unit)
    record_evidence(by=hq, community=community, item="chief", evidence=chief)
    plan = store_file(
        by=hq, data=b"x", name="方案.txt", media_type="text/plain", place_code=community.code
    )
    record_evidence(by=hq, community=community, item="plan", evidence=plan)
    with acting(hq):
        line = five_ones.lines([community])[0]
        assert [cell.complete for cell in line.cells] == [False, False, True, False, True]
    end_membership(by=hq, member=chief, on=TODAY)
    with acting(hq):
        later = five_ones.lines([community], TODAY + DAY)[0]
        assert [cell.stale for cell in later.cells][4]


def test_a_moved_seat_takes_its_members_along(hq, places, person, unit):
    member = add_member(by=hq, person=person(hq, "王一"), organisation=unit)
    change_organisation(by=hq, organisation=unit, seat=places[places.town])
    with acting(hq):
        assert Member.objects.get(id=member.id).place_code == places.town
        assert PersonLink.objects.get(kind="member").place_code == places.town


def test_an_organisation_is_founded_once_with_one_credit_code(hq, places):
    kind = OrganisationKind.objects.get(code="enterprise")
    seat = places[places.county]
    code = "91350100M000100Y43"
    first = create_organisation(by=hq, name="甲", kind=kind, seat=seat, credit_code=code)
    for values in ({"name": "甲"}, {"name": "乙", "credit_code": code}, {"name": " "}):
        with pytest.raises(Invalid):
            create_organisation(by=hq, kind=kind, seat=seat, **values)
    with pytest.raises(Invalid):
        change_organisation(by=hq, organisation=first, parent=first)


def test_a_vacancy_speaks_the_language_of_its_reader(alice, places):
    refresh(by=alice, area=places.grid)
    with acting(alice):
        task = Task.objects.get(kind="organisations.vacancy", place_code=places.grid)
        assert "网格员" in str(task)
        with translation.override("en"):
            assert str(task) == "Name who answers as Grid officer"


def test_the_invariants_hold_and_see_a_breach(alice, places, person, monkeypatch, settings):
    from django.db import connections

    settings.FANGXIAN_AREA = places.community

    monkeypatch.setattr(invariants, "connections", {"maintenance": connections["default"]})
    officer = person(alice, "王一")
    row = appoint(
        by=alice,
        place=places[places.grid],
        role="grid_officer",
        holder=officer,
        from_date=TODAY - 9 * DAY,
    )
    refresh(by=alice, area=places.community)
    with acting(alice):
        checks = (invariants.overlaps, invariants.gone, invariants.misplaced, invariants.vacancies)
        assert [list(check()) for check in checks] == [[], [], [], []]
        Responsibility.objects.filter(id=row.id).update(place_code=places.other_grid)
        assert list(invariants.misplaced())
        Responsibility.objects.create(
            place=row.place, place_code=row.place_code, role=row.role, person_id=row.person_id,
            holder_name="王一", from_date=TODAY, rule_version=1,
        )  # fmt: skip
        assert list(invariants.overlaps())


def test_an_invariant_sees_who_answers_for_too_many(hq, places, unit, person, monkeypatch):
    from django.db import connections

    monkeypatch.setattr(invariants, "connections", {"maintenance": connections["default"]})
    officer = person(hq, "王一")
    row = appoint(
        by=hq, place=places[places.grid], role="grid_officer", holder=officer,
        from_date=TODAY - 9 * DAY, to_date=TODAY + 9 * DAY,
    )  # fmt: skip
    appoint(
        by=hq, place=places[places.other_grid], role="grid_officer", holder=officer,
        from_date=TODAY + 10 * DAY,
    )  # fmt: skip
    with acting(hq):
        assert list(invariants.loads()) == []
        Responsibility.objects.filter(id=row.id).update(to_date=TODAY + 10 * DAY)
        assert list(invariants.loads()) == [
            f"who is grid_officer of {places.other_grid} has more than 1 at once"
        ]
        Responsibility.objects.filter(id=row.id).update(to_date=TODAY + 9 * DAY)
    member = add_member(by=hq, person=officer, organisation=unit)
    homes = [create_household(by=hq, place_code=places.unit, room=f"{n}") for n in range(11)]
    at = places[places.building]
    ten = link_households(by=hq, member=member, place=at, households=homes[:10])
    with acting(hq):
        assert list(invariants.loads()) == []
        ResponsibilityHousehold.objects.create(
            responsibility=ten, household=homes[10], place_code=places.unit, from_date=TODAY
        )
        assert [text.split()[2] for text in invariants.loads()] == ["member_household"]


def test_a_reveal_of_a_work_phone_is_logged(bob, hq, places, person):
    from fangxian.organisations.actions import reveal_contact

    secretary = person(hq, "王书记")
    row = appoint(
        by=hq,
        place=places[places.community],
        role="community_secretary",
        holder=secretary,
        contact="13800000000",
    )
    assert reveal_contact(by=bob, responsibility=row) == "13800000000"
    with acting(bob):
        log = AccessLog.objects.exclude(revealed="").get()
        assert (log.persons, log.revealed) == ([secretary.id], "work phone")


def test_a_death_taken_back_lets_go_on_what_it_ended(alice, hq, places, person, unit):
    officer, other = person(hq, "王一"), person(hq, "王二")
    member = add_member(by=hq, person=officer, organisation=unit)
    row = appoint(
        by=hq, place=places[places.grid], role="grid_officer", holder=member,
        from_date=TODAY - 9 * DAY, to_date=TODAY + 30 * DAY,
    )  # fmt: skip
    stood_in = substitute(
        by=hq, responsibility=row, holder=other, from_date=TODAY - DAY, to_date=TODAY + 3 * DAY
    )
    record_death(by=hq, person_id=officer.id, on=TODAY - 2 * DAY)
    settle(by=hq, area=places.county)
    with acting(hq):
        ends = Responsibility.objects.order_by("created_at").values_list("to_date", flat=True)
        assert list(ends) == [TODAY - 2 * DAY, TODAY - DAY]
        assert Vacancy.objects.filter(place=places[places.grid]).exists()
    undo_death(by=hq, person_id=officer.id)
    with acting(hq):
        row.refresh_from_db()
        stood_in.refresh_from_db()
        assert (row.to_date, stood_in.to_date) == (TODAY + 30 * DAY, TODAY + 3 * DAY)
        assert Member.objects.get(id=member.id).to_date is None
        assert not Vacancy.objects.filter(place=places[places.grid]).exists()
        sources = set(PersonLink.objects.values_list("source_id", flat=True))
        assert {row.id, stood_in.id, member.id} <= sources
    assert settle(by=hq, area=places.county)[0] == 0


def test_upkeep_lets_go_on_what_lay_outside_the_area_of_who_took_the_death_back(
    alice, hq, places, person
):
    officer = person(alice, "王一")
    row = appoint(by=alice, place=places[places.grid], role="grid_officer", holder=officer,
                  from_date=TODAY - 9 * DAY)  # fmt: skip
    with acting(hq):
        Responsibility.objects.filter(id=row.id).update(to_date=TODAY - DAY, ended_by="death")
    settle(by=hq, area=places.county)
    with acting(hq):
        row.refresh_from_db()
        assert (row.to_date, row.ended_by) == (None, "")


def test_where_somebody_else_answers_since_the_death_a_task_asks_to_decide(alice, places, person):
    officer, new = person(alice, "王一"), person(alice, "王二")
    place = places[places.grid]
    row = appoint(
        by=alice, place=place, role="grid_officer", holder=officer, from_date=TODAY - 9 * DAY
    )
    record_death(by=alice, person_id=officer.id, on=TODAY - 2 * DAY)
    settle(by=alice, area=places.community)
    appoint(by=alice, place=place, role="grid_officer", holder=new)
    undo_death(by=alice, person_id=officer.id)
    with acting(alice):
        row.refresh_from_db()
        assert row.to_date == TODAY - 2 * DAY
        task = Task.objects.get(kind="organisations.revived")
        assert (task.object_id, task.assignee_role) == (row.id, "community_staff")
        assert "网格员" in str(task)
        assert str(row.id) in url_of(task)
    settle(by=alice, area=places.community)
    with acting(alice):
        assert Task.objects.filter(kind="organisations.revived").count() == 1


def test_a_leader_of_whom_no_rank_is_shown_does_not_complete_the_item(
    hq, places, person, unit, client_of
):
    community = places[places.community]
    member = add_member(by=hq, person=person(hq, "王二"), organisation=unit, rank="副处级")
    plain = appoint(by=hq, place=community, role="community_leader", holder=person(hq, "王一"))
    record_evidence(by=hq, community=community, item="leader", evidence=plain)

    def leader() -> five_ones.Cell:
        return five_ones.lines([community])[0].cells[0]

    with acting(hq):
        assert (leader().unranked, leader().complete) == (True, False)
        found = five_ones.communities(places.community)
        assert five_ones.tally(found).done.get("leader", 0) == 0
    address = reverse("organisations:five_ones", args=[places.county])
    assert "未显示级别" in client_of("headquarters").get(address).content.decode()
    named = hand_over(by=hq, responsibility=plain, to=member, on=TODAY + DAY)
    record_evidence(by=hq, community=community, item="leader", evidence=named)
    with acting(hq):
        assert (leader().unranked, leader().complete) == (False, True)
        assert five_ones.tally(found).done["leader"] == 1
