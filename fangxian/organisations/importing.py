"""Ledgers of organisations with their members; and which ledgers this room reads."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from typing import Any, Final
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fangxian.common.actor import Actor
from fangxian.common.codes import Level, is_code
from fangxian.common.errors import Conflict, Forbidden, Invalid, Problem
from fangxian.common.sheets import FieldSpec
from fangxian.core.imports import Handler, Outcome, StagedRow
from fangxian.core.ledgers import ROW_KEY, Ledger, Option, RowByRow, Write, known_row
from fangxian.core.models import ImportRun, ImportState
from fangxian.organisations.actions import (
    add_member,
    add_new_member,
    change_organisation,
    create_organisation,
)
from fangxian.organisations.actions.members import too_wide
from fangxian.organisations.ledger_chain import FIELDS as CHAIN_FIELDS
from fangxian.organisations.ledger_chain import (
    phones_after,
    write_responsibilities,
)
from fangxian.organisations.ledger_holders import (
    CHAIN,
    corrected,
    organisation_named,
    refusal,
    seated_in,
)
from fangxian.organisations.ledger_households import FIELDS as HOUSEHOLD_FIELDS
from fangxian.organisations.ledger_households import ROWS as LINKS
from fangxian.organisations.ledger_households import said_before, write_households
from fangxian.organisations.ledger_places import Places, no_right, places_of, refused
from fangxian.organisations.ledger_seconded import FIELDS as SECONDED_FIELDS
from fangxian.organisations.ledger_seconded import ROWS, write_seconded
from fangxian.organisations.models import Member, Organisation, OrganisationKind
from fangxian.organisations.vacancies import left_alone
from fangxian.people.models import Person
from fangxian.people.queries import find_by_document, find_by_phone
from fangxian.people.vocabularies import document_kind
from fangxian.regions.models import Region
from fangxian.regions.queries import current

RIGHT: Final = "organisations.import"
BODIES: Final = "organisations.organisations"
MEMBERS: Final = "organisations.members"
ORGANISATIONS: Final = "organisations"
RESPONSIBILITIES: Final = "responsibilities"
HOUSEHOLDS: Final = "member_households"
SECONDED: Final = "seconded"

ORGANISATION_FIELDS: Final = (
    FieldSpec("organisation", gettext_lazy("Organisation"), required=True),
    FieldSpec("organisation_kind", gettext_lazy("Kind of organisation")),
    FieldSpec("organisation_parent", gettext_lazy("Parent organisation")),
    FieldSpec("credit_code", gettext_lazy("Unified social credit code"), "credit_code"),
    FieldSpec("place", gettext_lazy("Seat (name or code)"), synonyms="place_code"),
    FieldSpec("name", gettext_lazy("Name of the member"), "name"),
    FieldSpec("identity", gettext_lazy("Identity number"), "document"),
    FieldSpec("phone", gettext_lazy("Phone"), "phone"),
    FieldSpec("position", gettext_lazy("Duty")),
    FieldSpec("rank", gettext_lazy("Rank")),
    FieldSpec("political_status", gettext_lazy("Party member")),
    FieldSpec("wish", gettext_lazy("Wishes to serve at"), synonyms="wish_place"),
    FieldSpec("start_date", gettext_lazy("From"), "date"),
    ROW_KEY,
)


def write_organisations(by: Actor, run: ImportRun, rows: Sequence[StagedRow]) -> Sequence[Outcome]:
    """Found or change organisations and add members row by row; parents may come before."""
    places = places_of(run.place_code)
    kinds = {}
    for kind in OrganisationKind.objects.all():
        for word in (kind.code, kind.zh, kind.en):
            kinds[word.strip().casefold()] = kind
    outcomes = []
    for row in rows:
        try:
            key, changed = _organisation_row(by, run, row.values, places, kinds)
            outcomes.append(Outcome(row.number, object_id=key, changed=changed))
        except Invalid as error:
            outcomes.append(refused(row, error))
        except Conflict as error:
            outcomes.append(refused(row, Problem(str(error), field="identity", code="conflict")))
        except Forbidden:
            outcomes.append(refused(row, no_right()))
    return outcomes


def _organisation_row(
    by: Actor,
    run: ImportRun,
    values: dict[str, Any],
    places: Places,
    kinds: dict[str, OrganisationKind],
) -> tuple[UUID, bool]:
    member = _member(run, values)
    if member is not None:
        values = {"name": member.person.name, **values}
    wish = _wish(values, places)
    home = member.organisation if member is not None else None
    body, changed = _body(by, run, values, places, kinds, home)
    if not values.get("name"):
        return body.id, changed
    office: dict[str, Any] = {
        "duty": values.get("position", ""),
        "rank": values.get("rank", ""),
        **_standing(values.get("political_status", "")),
        "wish": wish,
    }
    since = values.get("start_date")
    day = dt.date.fromisoformat(since) if since else None
    person = member.person if member is not None else _known_person(body, values)
    if member is not None and corrected(by, member.person, values, "name"):
        changed = True
    if person is None:
        document = values.get("identity")
        add_new_member(
            by=by,
            organisation=body,
            name=values["name"],
            documents=[(document_kind(document[0]), document[1])] if document else [],
            phones=[values["phone"]] if values.get("phone") else [],
            from_date=day,
            emergency_id=run.emergency_id,
            **office,
        )
        return body.id, True
    offices = Member.objects.filter(person=person, organisation=body)
    known = offices.filter(to_date=None).first()
    today = timezone.localdate()
    if known is None and day and offices.filter(from_date=day, to_date__gte=today).exists():
        # His last day is today or later: a ledger of that day still has him, and begins nothing.
        return body.id, changed
    if known is not None:
        # Columns that the ledger lacks say nothing.
        kept = {
            "duty": office["duty"] or known.duty,
            "rank": office["rank"] or known.rank,
            **{
                name: office[name] if "political_status" in values else getattr(known, name)
                for name in ("party_member", "probationary")
            },
            "wish": wish or known.wish,
        }
        if all(getattr(known, name) == value for name, value in kept.items()):
            return body.id, changed
        office = kept
    add_member(by=by, person=person, organisation=body, from_date=day, **office)
    return body.id, True


def _member(run: ImportRun, values: dict[str, Any]) -> Member | None:
    """The membership that a row was taken from. Raises Invalid where it says another body."""
    rows = Member.objects.select_related("person", "organisation")
    member = known_row(rows, MEMBERS, values, run.place_code)
    if member is not None and values["organisation"].strip() != member.organisation.name:
        raise refusal(
            _("The row was taken from the membership in “%(name)s”.")
            % {"name": member.organisation.name},
            "organisation",
            _("End that membership on the page of the member; a new one is a row without a name."),
            "other_organisation",
        )
    return member


def _wish(values: dict[str, Any], places: Places) -> Region | None:
    """Where a row says that the member wishes to serve. Raises Invalid naming the column."""
    text = values.get("wish", "").strip()
    if not text or not values.get("name"):
        return None
    # Exports write the name before the code; what is wished may lie outside the ledger's area.
    last = text.split()[-1]
    try:
        if is_code(last):
            elsewhere = None if places.at(last) else current().filter(code=last).first()
            place = elsewhere or places.find(last, None)
        else:
            place = places.find(text, None)
    except Invalid as error:
        raise Invalid(*(replace(p, field="wish") for p in error.problems)) from None
    problem = too_wide(place)
    if problem is not None:
        raise Invalid(problem)
    return place


def _standing(text: Any) -> dict[str, bool]:
    from fangxian.organisations.shipped import party_words, probationary_words

    word = str(text).strip()
    probationary = word in probationary_words()
    return {"party_member": probationary or word in party_words(), "probationary": probationary}


def _known_person(body: Organisation, values: dict[str, Any]) -> Person | None:
    """Who the row speaks of: by document, else a member of this name, else by phone."""
    name, document = values["name"], values.get("identity")
    if document:
        found = list(find_by_document("", document[1])[:2])
        if found and found[0].name != name:
            raise Invalid(
                Problem(
                    _("This number belongs to somebody of another name."),
                    field="identity",
                    mend=_("Compare name and number with the document."),
                    code="name_differs",
                )
            )
        return found[0] if found else None
    members = Member.objects.filter(organisation=body, to_date=None, person__name=name)
    same = list(members.select_related("person")[:2])
    if len(same) == 1:
        return same[0].person
    if values.get("phone"):
        owners = [one for one in find_by_phone(values["phone"])[:5] if one.name == name]
        if len(owners) == 1:
            return owners[0]
    if len(same) > 1:
        raise Invalid(
            Problem(
                _("Several members are called %(name)s.") % {"name": name},
                field="name",
                mend=_("Add the identity number."),
                code="several_persons",
            )
        )
    return None


def _body(
    by: Actor,
    run: ImportRun,
    values: dict[str, Any],
    places: Places,
    kinds: dict[str, OrganisationKind],
    home: Organisation | None,
) -> tuple[Organisation, bool]:
    """The organisation of a row: ``home``, found by credit code or name, changed or founded."""
    name, code = values["organisation"].strip(), values.get("credit_code", "")
    seat = places.find(values["place"], None) if values.get("place") else None
    kind = None
    if text := values.get("organisation_kind"):
        kind = kinds.get(text.strip().casefold())
        if kind is None:
            raise Invalid(
                Problem(
                    _("“%(kind)s” is not a kind of organisation.") % {"kind": text},
                    field="organisation_kind",
                    mend=_("Take one of the kinds of the list of organisations."),
                    code="kind",
                )
            )
    parent = None
    if text := values.get("organisation_parent"):
        parent = organisation_named(text, "organisation_parent", run.place_code)
    found = Organisation.objects.filter(dissolved_on=None).select_related("seat", "parent")
    body = home or known_row(found, BODIES, values, run.place_code)
    if body is None and code:
        body = found.filter(credit_code=code).first()
    if body is None:
        body = _called(found.filter(name=name), parent, seat, run.place_code)
    if body is None:
        return _founded(by, run, name, code, kind, parent, seat), True
    changes: dict[str, Any] = {"name": name, "kind": kind, "parent": parent, "seat": seat}
    changes = {
        key: value
        for key, value in (changes | {"credit_code": code}).items()
        if value and getattr(body, key) != value
    }
    if not changes:
        return body, False
    return change_organisation(by=by, organisation=body, **changes), True


def _called(
    named: QuerySet[Organisation],
    parent: Organisation | None,
    seat: Region | None,
    area: str,
) -> Organisation | None:
    """The one of these of a name that a row means, None: it is not there yet. Raises Invalid.

    Below another parent it is another body, also where they are called alike.
    """
    named = named.filter(seat=seat) if seat else seated_in(named, area)
    choices = [named]
    if parent is not None:
        # One without a parent is given it.
        choices = [named.filter(parent=parent), named.filter(parent=None)]
    for some in choices:
        rows = list(some.order_by("id")[:2])
        if len(rows) > 1:
            raise refusal(
                _("Several organisations are called “%(name)s”.") % {"name": rows[0].name},
                "organisation",
                _("Write the parent organisation, the seat or the credit code too."),
                "several_organisations",
            )
        if rows:
            return rows[0]
    return None


def _founded(
    by: Actor,
    run: ImportRun,
    name: str,
    code: str,
    kind: OrganisationKind | None,
    parent: Organisation | None,
    seat: Region | None,
) -> Organisation:
    if kind is None:
        raise Invalid(
            Problem(
                _("A new organisation needs its kind."),
                field="organisation_kind",
                mend=_("Write it, as in the list of organisations."),
                code="required",
            )
        )
    home = seat or current().filter(code=run.place_code).first()
    if home is None:
        raise Invalid(Problem(_("The seat is missing."), field="place", mend=_("Write the place.")))
    return create_organisation(
        by=by, name=name, kind=kind, seat=home, parent=parent, credit_code=code
    )


def _in_trial(write: Write) -> Write:
    """A preview leaves the list of vacancies alone: it is taken back, and nobody waits for it."""

    def written(by: Actor, run: ImportRun, rows: Sequence[StagedRow]) -> Sequence[Outcome]:
        with left_alone() if run.state == ImportState.STAGING else nullcontext():
            return write(by, run, rows)

    return written


class MemberHouseholds(RowByRow):
    """The way of ledgers of 1+10: each row is written alone, none says a household twice."""

    def __init__(self) -> None:
        super().__init__(lambda _by, _run, _rows: ())

    def opened(self, by: Actor, run: ImportRun) -> tuple[Handler, Handler | None]:
        """Write clean rows; what an earlier attempt has written counts as said."""
        write = partial(write_households, said_in=said_before(by, run))
        return self.handler(_in_trial(write), run), None


REPLACE: Final = Option(
    "replace", gettext_lazy("Where somebody else is named, hand over from the day in the row")
)

LEDGERS: Final = {
    ledger.kind: ledger
    for ledger in (
        Ledger(
            ORGANISATIONS,
            gettext_lazy("Organisations and members"),
            room="organisations",
            right=RIGHT,
            fields=ORGANISATION_FIELDS,
            way=RowByRow(_in_trial(write_organisations)),
            statuses=RowByRow.STATUSES,
            place_url="organisations:chain",
            least_level=Level.COUNTY,
            emergency=True,
            knows=(BODIES, MEMBERS),
        ),
        Ledger(
            RESPONSIBILITIES,
            gettext_lazy("Who answers where"),
            room="organisations",
            right=RIGHT,
            fields=CHAIN_FIELDS,
            way=RowByRow(_in_trial(write_responsibilities)),
            statuses=RowByRow.STATUSES,
            knows=(CHAIN,),
            place_url="organisations:chain",
            least_level=Level.COUNTY,
            refine=phones_after,
            options=(REPLACE,),
        ),
        Ledger(
            HOUSEHOLDS,
            gettext_lazy("Households of members (1+10)"),
            room="organisations",
            right=RIGHT,
            fields=HOUSEHOLD_FIELDS,
            way=MemberHouseholds(),
            statuses=RowByRow.STATUSES,
            knows=(LINKS,),
            place_url="organisations:chain",
            least_level=Level.COUNTY,
            options=(REPLACE,),
        ),
        Ledger(
            SECONDED,
            gettext_lazy("Who serves in temporary units"),
            room="organisations",
            right=RIGHT,
            fields=SECONDED_FIELDS,
            way=RowByRow(_in_trial(write_seconded)),
            statuses=RowByRow.STATUSES,
            knows=(ROWS,),
            place_url="organisations:chain",
            least_level=Level.COUNTY,
        ),
    )
}
