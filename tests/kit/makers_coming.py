"""Makers of organisations that come and go: temporary units, reporting in, alliances, pairs."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from fangxian.common.ids import uuid7
from tests.kit.objects import Side, maker

TODAY = timezone.localdate()


def organisation_of(side: Side) -> Any:
    """The organisation of a side, to which all of these belong."""
    from fangxian.organisations.actions import create_organisation
    from fangxian.organisations.models import OrganisationKind

    if ("organisations:body", None) not in side.made:
        kind = OrganisationKind.objects.get(code="department")
        seat = side.region(side.codes.community)
        side.made["organisations:body", None] = side.act(
            lambda by: create_organisation(by=by, name=f"示例局{side.name}", kind=kind, seat=seat)
        )
    return side.made["organisations:body", None]


@maker("organisations:unit_id")
def _temporary_unit(side: Side) -> Any:
    from fangxian.organisations.actions import (
        add_new_member,
        draft_unit,
        propose_unit,
        second,
    )
    from fangxian.organisations.models import OrganisationKind

    body, place = organisation_of(side), side.region(side.codes.community)
    kind = OrganisationKind.objects.get(code="working_group")

    def propose(by: Any) -> Any:
        unit = draft_unit(
            by=by,
            name=f"示例专班{side.name}",
            kind=kind,
            setting="checkpoint",
            task="示例任务",
            place=place,
            superior=body,
            from_date=TODAY,
            until=TODAY,
        )
        for office in ("leader", ""):
            home = add_new_member(by=by, organisation=body, name=side.secrets["name"])
            second(by=by, unit=unit, home=home, office=office)
        return propose_unit(by=by, unit=unit)

    return side.act(propose).pk


@maker("organisations:secondment_id")
def _secondment(side: Side) -> Any:
    from fangxian.organisations.models import Secondment

    unit = side.get("organisations:unit_id")
    return side.act(lambda _by: Secondment.objects.filter(unit_id=unit, office="leader").get().pk)


@maker("organisations:report_id")
def _report_in(side: Side) -> Any:
    from fangxian.organisations.actions import report_in

    body, place = organisation_of(side), side.region(side.codes.community)
    return side.act(lambda by: report_in(by=by, community=place, who=body, received=True)).pk


@maker("organisations:item_id")
def _community_item(side: Side) -> Any:
    from fangxian.organisations.actions import list_item

    place = side.region(side.codes.community)
    return side.act(lambda by: list_item(by=by, community=place, kind="need", title="示例需求")).pk


@maker("organisations:claim_id")
def _claim(side: Side) -> Any:
    from fangxian.organisations import reporting
    from fangxian.organisations.actions import claim_item, list_item

    place = side.region(side.codes.community)
    report = side.get("organisations:report_id")

    def claim(by: Any) -> Any:
        item = list_item(by=by, community=place, kind="need", title="示例需求")
        return claim_item(by=by, item=item, report=reporting.report(report)).pk

    return side.act(claim)


@maker("organisations:alliance_id")
def _alliance(side: Side) -> Any:
    from fangxian.organisations.actions import found_alliance

    body, place = organisation_of(side), side.region(side.codes.community)
    return side.act(
        lambda by: found_alliance(by=by, name="示例联盟", kind="league", place=place, lead=body)
    ).pk


def _another_organisation(side: Side) -> Any:
    from fangxian.organisations.actions import create_organisation
    from fangxian.organisations.models import OrganisationKind

    kind = OrganisationKind.objects.get(code="enterprise")
    seat, name = side.region(side.codes.community), f"示例企业{uuid7()}"
    return side.act(lambda by: create_organisation(by=by, name=name, kind=kind, seat=seat))


@maker("organisations:ally_id")
def _ally(side: Side) -> Any:
    from fangxian.organisations import together
    from fangxian.organisations.actions import add_ally

    alliance, body = side.get("organisations:alliance_id"), _another_organisation(side)

    def join(by: Any) -> Any:
        row = together.alliance(alliance)
        return add_ally(by=by, alliance=row, organisation=body, role="member").pk

    return side.act(join)


@maker("organisations:shared_id")
def _shared_task(side: Side) -> Any:
    from fangxian.organisations import together
    from fangxian.organisations.actions import share_task

    alliance = side.get("organisations:alliance_id")
    return side.act(
        lambda by: share_task(by=by, alliance=together.alliance(alliance), title="示例任务").pk
    )


@maker("organisations:pairing_id")
def _pairing(side: Side) -> Any:
    from fangxian.organisations.actions import pair

    body, other = organisation_of(side), _another_organisation(side)
    return side.act(lambda by: pair(by=by, organisation=body, other=other, purpose="示例")).pk


@maker("organisations:entry_id")
def _pairing_entry(side: Side) -> Any:
    from fangxian.organisations import together
    from fangxian.organisations.actions import add_entry

    row = side.get("organisations:pairing_id")

    def add(by: Any) -> Any:
        pairing = together.pairing(row)
        return add_entry(by=by, pairing=pairing, on=TODAY, kind="goods", text="示例").pk

    return side.act(add)
