"""Two who change who answers at once: neither waits for the other for ever, no day has two."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, Invalid
from fangxian.common.scoping import acting
from fangxian.core.actions import store_file
from fangxian.core.models import Task
from fangxian.organisations import lacking
from fangxian.organisations.actions import (
    add_member,
    appoint,
    create_organisation,
    dissolve_organisation,
    end_membership,
    end_responsibility,
    hand_over,
    record_evidence,
)
from fangxian.organisations.models import Member, OrganisationKind, Responsibility
from fangxian.people import actions as people
from fangxian.people.actions import create_person
from tests.kit.cast import Places, make_places
from tests.kit.races import beside

BY = Actor.system("test", "1309")
TODAY = timezone.localdate()
DAY = dt.timedelta(days=1)

pytestmark = pytest.mark.usefixtures("fresh_database")


def _member(places: Places, unit: Any, name: str) -> Member:
    person = create_person(
        by=BY, name=name, place_code=places.community, link_kind="met", source_id=uuid4()
    )
    return add_member(by=BY, person=person, organisation=unit)


def _unit(places: Places) -> Any:
    kind = OrganisationKind.objects.get(code="department")
    return create_organisation(by=BY, name="示例局", kind=kind, seat=places[places.county])


def _officer(places: Places, grid: str, member: Member) -> Responsibility:
    return appoint(
        by=BY,
        place=places[grid],
        role="grid_officer",
        holder=member,
        from_date=TODAY - 9 * DAY,
    )


@pytest.mark.parametrize("leave", ["member", "unit"])
def test_who_was_handed_over_from_is_not_ended_later_by_one_who_read_before(leave: str) -> None:
    places = make_places()
    unit = _unit(places)
    officer, new = _member(places, unit, "王一"), _member(places, unit, "王二")
    row = _officer(places, places.grid, officer)

    def second() -> None:
        if leave == "member":
            end_membership(by=BY, member=officer)
        else:
            dissolve_organisation(by=BY, organisation=unit)

    beside(
        BY,
        lambda: hand_over(by=BY, responsibility=row, to=new.person),
        second,
        lambda: None,
    )
    with acting(BY):
        row.refresh_from_db()
        assert row.to_date == TODAY - DAY


def test_dissolving_waits_for_no_responsibility_while_it_holds_the_county() -> None:
    places = make_places()
    unit = _unit(places)
    rows = [
        _officer(places, grid, _member(places, unit, name))
        for grid, name in ((places.grid, "王一"), (places.other_grid, "王二"))
    ]
    # As one who ends the second holder's post: its row first, the county (of the vacancies) last.
    beside(
        BY,
        lambda: Responsibility.objects.select_for_update().get(id=rows[1].id),
        lambda: dissolve_organisation(by=BY, organisation=unit),
        lambda: end_responsibility(by=BY, responsibility=rows[1], on=TODAY - DAY),
    )
    with acting(BY):
        ends = Responsibility.objects.order_by("created_at").values_list("to_date", flat=True)
        assert list(ends) == [TODAY, TODAY - DAY]


@pytest.mark.parametrize("office", ["member", "responsibility"])
@pytest.mark.parametrize("goes", ["merged", "died"])
def test_whose_record_goes_meanwhile_gets_no_office(office: str, goes: str) -> None:
    places = make_places()
    unit = _unit(places)
    kept, lost = (
        create_person(
            by=BY, name=name, place_code=places.community, link_kind="met", source_id=uuid4()
        )
        for name in ("王一", "王依")
    )
    entry = people.propose_merge(by=BY, first_id=kept.id, second_id=lost.id)

    def first() -> None:
        if goes == "merged":
            people.merge(by=BY, candidate_id=entry, keep_id=kept.id)
        else:
            people.record_death(by=BY, person_id=lost.id, on=TODAY)

    def second() -> Any:
        try:
            if office == "member":
                return add_member(by=BY, person=lost, organisation=unit)
            return appoint(by=BY, place=places[places.grid], role="grid_officer", holder=lost)
        except Invalid as error:
            return error

    assert isinstance(beside(BY, first, second), Conflict | Invalid)
    with acting(BY):
        assert not Member.objects.exists()
        assert not Responsibility.objects.exists()


def test_a_member_taken_twice_at_once_is_taken_once() -> None:
    places = make_places()
    unit = _unit(places)
    person = create_person(
        by=BY, name="王一", place_code=places.community, link_kind="met", source_id=uuid4()
    )

    def join() -> Member:
        return add_member(by=BY, person=person, organisation=unit)

    made = beside(BY, join, join)
    with acting(BY):
        assert Member.objects.get().id == made.id


def test_two_who_mend_at_once_each_see_what_the_other_has_mended() -> None:
    places = make_places()
    here = places.community
    assert lacking.refresh(by=BY, area=here, kinds=[lacking.FIVE_ONES]) == (1, 0)

    def show(item: str) -> None:
        file = store_file(
            by=BY, data=b"%PDF-1.4 x", name=f"{item}.pdf", media_type="application/pdf",
            place_code=here,
        )  # fmt: skip
        record_evidence(by=BY, community=places[here], item=item, evidence=file)

    beside(BY, lambda: show("plan"), lambda: show("ledger"))
    with acting(BY):
        assert Task.objects.get(kind=lacking.FIVE_ONES).title_data == {"count": 3}
