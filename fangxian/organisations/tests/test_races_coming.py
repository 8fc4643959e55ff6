"""Two who do the same at once about what comes and goes: one of them is told so."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict
from fangxian.common.scoping import acting
from fangxian.organisations.actions import (
    add_member,
    approve_unit,
    claim_item,
    create_organisation,
    draft_unit,
    end_membership,
    list_item,
    pair,
    propose_unit,
    report_in,
    second,
)
from fangxian.organisations.models import Claim, Organisation, OrganisationKind, Pairing, Secondment
from fangxian.organisations.tests.conftest import refused
from fangxian.people.actions import create_person
from tests.kit.cast import make_places
from tests.kit.races import beside

BY = Actor.system("test", "1309")
SUPERIOR = Actor.system("superior", "1309")
TODAY = timezone.localdate()

pytestmark = pytest.mark.usefixtures("fresh_database")


def _body(places: Any, name: str) -> Organisation:
    kind = OrganisationKind.objects.get(code="department")
    return create_organisation(by=BY, name=name, kind=kind, seat=places[places.county])


def test_an_item_that_two_claim_at_once_has_one_taker() -> None:
    places = make_places()
    here = places[places.community]
    first, other = (
        report_in(by=BY, community=here, who=_body(places, name), received=True)
        for name in ("示例局", "示例企业")
    )
    item = list_item(by=BY, community=here, kind="need", title="值守")
    answer = beside(
        BY,
        lambda: claim_item(by=BY, item=item, report=first),
        lambda: claim_item(by=BY, item=item, report=other),
    )
    assert isinstance(answer, Conflict)
    with acting(BY):
        assert Claim.objects.get().report_id == first.id


def test_a_unit_that_two_approve_at_once_is_founded_once() -> None:
    places = make_places()
    body = _body(places, "示例局")
    row = draft_unit(
        by=BY,
        name="示例专班",
        kind=OrganisationKind.objects.get(code="working_group"),
        setting="across",
        task="示例任务",
        place=places[places.community],
        superior=body,
        from_date=TODAY,
        until=TODAY,
    )
    for name, office in (("王一", "leader"), ("王二", "")):
        person = create_person(
            by=BY, name=name, place_code=places.community, link_kind="met", source_id=uuid4()
        )
        home = add_member(by=BY, person=person, organisation=body)
        second(by=BY, unit=row, home=home, office=office)
    propose_unit(by=BY, unit=row)
    answer = beside(
        SUPERIOR,
        lambda: approve_unit(by=SUPERIOR, unit=row),
        lambda: approve_unit(by=SUPERIOR, unit=row),
    )
    assert isinstance(answer, Conflict)
    with acting(BY):
        assert Organisation.objects.filter(name="示例专班").count() == 1


def test_two_that_are_paired_from_both_sides_at_once_are_one_pair() -> None:
    places = make_places()
    first, other = (_body(places, name) for name in ("示例局", "示例企业"))
    answer = beside(
        BY,
        lambda: pair(by=BY, organisation=first, other=other, purpose="指导"),
        lambda: pair(by=BY, organisation=other, other=first, purpose="指导"),
    )
    assert isinstance(answer, Conflict)
    with acting(BY):
        assert Pairing.objects.get().organisation_id == first.id


def test_who_leaves_at_home_meanwhile_is_not_seconded() -> None:
    """A draft has nobody of his yet, so that no lock of the unit keeps the two apart."""
    places = make_places()
    body = _body(places, "示例局")
    row = draft_unit(
        by=BY, name="示例专班", kind=OrganisationKind.objects.get(code="working_group"),
        setting="across", task="示例任务", place=places[places.community], superior=body,
        from_date=TODAY, until=TODAY,
    )  # fmt: skip
    person = create_person(
        by=BY, name="王一", place_code=places.community, link_kind="met", source_id=uuid4()
    )
    home = add_member(by=BY, person=person, organisation=body)
    with refused("home"):
        beside(
            BY,
            lambda: end_membership(by=BY, member=home),
            lambda: second(by=BY, unit=row, home=home),
        )
    with acting(BY):
        assert not Secondment.objects.exists()
