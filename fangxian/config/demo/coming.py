"""Organisations that come and go: two temporary units, an alliance, a pair, who reported in."""

from __future__ import annotations

import datetime as dt
from typing import Any

from fangxian.common.actor import Actor
from fangxian.common.scoping import acting
from fangxian.config.demo.accounts import community_of
from fangxian.config.demo.recipe import Chance
from fangxian.core.queries import emergencies_at
from fangxian.organisations import reporting
from fangxian.organisations.actions import (
    add_ally,
    add_entry,
    approve_unit,
    claim_item,
    complete_claim,
    draft_unit,
    found_alliance,
    give_feedback,
    list_item,
    pair,
    propose_unit,
    report_in,
    second,
    share_task,
)
from fangxian.organisations.models import Member, Organisation, OrganisationKind, ReportIn
from fangxian.organisations.reporting_rules import reporting_rules
from fangxian.regions.models import Region
from fangxian.regions.queries import at

# Days: since when the alliance stands, since when the pair, since when units have reported in.
ALLIED = 20
PAIRED = 12
REPORTED = 130


def begin(community: Actor, headquarters: Actor, chance: Chance) -> None:
    """Add all of it, by the actions that people use: the community proposes, headquarters decides.

    ``community`` acts in the community, ``headquarters`` in the county.
    """
    here = at(community_of(chance.data["county"]))
    words = chance.data["coming"]
    with acting(community):
        branch = _body(chance.data["branch"].format(place=here.name))
        people = list(
            Member.objects.filter(organisation=branch, to_date=None).order_by("from_date", "id")
        )
    for number, told in enumerate(words["units"]):
        made = _unit(community, chance, here, told, people[number:])
        if told["founded"]:
            approve_unit(by=headquarters, unit=made)
    with acting(headquarters):
        _alliance(headquarters, chance, here, branch)
        _pair(headquarters, chance)
        reports = [_reported(headquarters, chance, here, told) for told in words["reports"]]
    with acting(community):
        _items(community, chance, here, reports)
        _feedback(community, chance, reports[0])


def _body(name: str) -> Organisation:
    return Organisation.objects.get(name=name, dissolved_on=None)


def _unit(
    by: Actor, chance: Chance, here: Region, told: dict[str, Any], people: list[Member]
) -> Any:
    """A unit with members of the community's branch, proposed."""
    today = chance.today
    with acting(by):
        emergency = emergencies_at(here.code).first()
    made = draft_unit(
        by=by,
        name=told["name"],
        kind=OrganisationKind.objects.get(code=told["kind"]),
        setting=told["setting"],
        task=told["task"],
        where=told["where"],
        place=here,
        superior=_body(chance.data["committee_of_party"]),
        emergency=emergency,
        from_date=today,
        until=today + dt.timedelta(days=told["days"]),
    )
    # The first is the officer, the others serve.
    for member, office in zip(people, told["offices"], strict=False):
        second(by=by, unit=made, home=member, office=office, duty=told["duty"])
    return propose_unit(by=by, unit=made)


def _alliance(by: Actor, chance: Chance, here: Region, lead: Organisation) -> None:
    words = chance.data["coming"]["alliance"]
    made = found_alliance(
        by=by,
        name=words["name"].format(place=here.name),
        kind="great_committee",
        place=here,
        lead=lead,
        from_date=chance.today - dt.timedelta(days=ALLIED),
    )
    for name, role in words["allies"]:
        since = made.from_date
        add_ally(by=by, alliance=made, organisation=_body(name), role=role, on=since)
    for title in words["tasks"]:
        share_task(by=by, alliance=made, title=title, due=chance.today + dt.timedelta(days=ALLIED))


def _pair(by: Actor, chance: Chance) -> None:
    words = chance.data["coming"]["pair"]
    first, second_one = (_body(name) for name in words["of"])
    since = chance.today - dt.timedelta(days=PAIRED)
    made = pair(
        by=by, organisation=first, other=second_one, purpose=words["purpose"], from_date=since
    )
    for kind, text in words["given"]:
        add_entry(by=by, pairing=made, on=since, kind=kind, text=text)


def _reported(by: Actor, chance: Chance, here: Region, told: dict[str, Any]) -> ReportIn:
    """A unit that reported in; those of ``waiting`` are not received yet."""
    waiting = told.get("waiting", False)
    since = chance.today - dt.timedelta(days=1 if waiting else REPORTED)
    return report_in(
        by=by,
        community=here,
        who=_body(told["name"]),
        offers=told["offers"],
        on=since,
        received=not waiting,
    )


def _items(by: Actor, chance: Chance, here: Region, reports: list[ReportIn]) -> None:
    """The lists of the community: one item is done, one claimed, the others are open."""
    items = [
        list_item(by=by, community=here, due=chance.today + dt.timedelta(days=ALLIED), **told)
        for told in chance.data["coming"]["items"]
    ]
    done = claim_item(by=by, item=items[0], report=reports[0])
    complete_claim(by=by, claim=done, result=chance.data["coming"]["result"])
    claim_item(by=by, item=items[1], report=reports[1])


def _feedback(by: Actor, chance: Chance, report: ReportIn) -> None:
    """One unit has its feedback for the quarters that are over; that of the other is missing."""
    grade = next(iter(reporting_rules().grades))
    for one in reporting.missing_feedback(report.place_code):
        if one.report_id == report.id:
            text = chance.data["coming"]["feedback"]
            give_feedback(by=by, report=report, quarter=one.quarter, grade=grade, text=text)
