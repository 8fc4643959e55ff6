"""Ledgers of organisations with their members, and of who answers where."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fangxian.common.actor import Actor
from fangxian.common.codes import Level, is_code
from fangxian.common.errors import Conflict, Forbidden, Invalid, Problem
from fangxian.common.sheets import FieldSpec
from fangxian.core.imports import Outcome, StagedRow
from fangxian.core.ledgers import Ledger
from fangxian.core.models import ImportRun
from fangxian.organisations.actions import (
    add_member,
    add_new_member,
    appoint_many,
    change_organisation,
    create_organisation,
    hand_over,
)
from fangxian.organisations.checking import Appointment, Holder
from fangxian.organisations.models import Member, Organisation, OrganisationKind
from fangxian.organisations.queries import in_force
from fangxian.organisations.rules import ChainRole, chain_rules
from fangxian.people.models import Person
from fangxian.people.queries import find_by_document, find_by_phone, search_names
from fangxian.people.vocabularies import IDENTITY
from fangxian.regions.models import Region
from fangxian.regions.queries import current, inside

RIGHT: Final = "organisations.import"
ORGANISATIONS: Final = "organisations"
RESPONSIBILITIES: Final = "responsibilities"

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
    FieldSpec("start_date", gettext_lazy("From"), "date"),
)
RESPONSIBILITY_FIELDS: Final = (
    FieldSpec("place", gettext_lazy("Place (name or code)")),
    FieldSpec("place_code", gettext_lazy("Code of the place")),
    FieldSpec("role", gettext_lazy("Role"), required=True),
    FieldSpec("responsible", gettext_lazy("Who answers"), "name"),
    FieldSpec("identity", gettext_lazy("Identity number"), "document"),
    FieldSpec("organisation", gettext_lazy("Organisation")),
    FieldSpec("responsible_phone", gettext_lazy("Work phone"), "phone"),
    FieldSpec("start_date", gettext_lazy("From"), "date"),
    FieldSpec("end_date", gettext_lazy("Until"), "date"),
)


def _refused(row: StagedRow, error: Invalid | Problem) -> Outcome:
    problems = error.problems if isinstance(error, Invalid) else (error,)
    fields = {"holder": "responsible", "seat": "place", "parent": "organisation_parent"}
    return Outcome(
        row.number,
        tuple(
            Problem(
                p.message,
                field=fields.get(p.field, p.field),
                row=row.number,
                mend=p.mend,
                code=p.code,
            )
            for p in problems
        ),
        changed=False,
    )


class Places:
    """Places of the run's area by code and by name; ended ones are not found."""

    def __init__(self, area: str, level: int | None = None) -> None:
        self.area = area
        self._by_name: dict[tuple[int, str], list[Region]] = defaultdict(list)
        found = inside(area) if area else current().none()
        # Below the village, names repeat in each community and are written with the way to them.
        self._all = list(found.filter(level__gte=Level.COUNTY))
        self._by_code = {place.code: place for place in self._all}
        for place in self._all:
            self._by_name[place.level, place.name].append(place)
            full = "".join(
                self._by_code[place.code[:size]].name
                for size in (9, 12, 15, 18, 20)
                if size <= len(place.code) and place.code[:size] in self._by_code
            )
            if full != place.name:
                self._by_name[place.level, full].append(place)
            # 社区 + building, the grid left out: as people write it.
            if place.level >= Level.BUILDING and place.code[:12] in self._by_code:
                short = "".join(
                    self._by_code[place.code[:size]].name
                    for size in (12, 18, 20)
                    if size <= len(place.code) and place.code[:size] in self._by_code
                )
                self._by_name[place.level, short].append(place)

    def find(self, text: str, level: int | None) -> Region:
        """The only place with this code or name (of a level). Raises Invalid naming the mend."""
        text = text.strip().replace(" ", "")
        if is_code(text) and text:
            found = [self._by_code[text]] if text in self._by_code else []
        elif level is None:
            found = [
                p for (_level, name), rows in self._by_name.items() if name == text for p in rows
            ]
        else:
            found = self._by_name.get((level, text), [])
        if len({place.id for place in found}) == 1:
            return found[0]
        if found:
            shown = _(", ").join(f"{p.name} {p.code}" for p in found[:6])
            raise Invalid(
                Problem(
                    _("Several places are called so: %(places)s.") % {"places": shown},
                    field="place",
                    mend=_("Write the code, or the community before the name."),
                    code="several_places",
                )
            )
        raise Invalid(
            Problem(
                _("There is no place “%(text)s” of this level here.") % {"text": text},
                field="place",
                mend=_("Write its name as in the list of places, or its code."),
                code="no_place",
            )
        )


def write_responsibilities(
    by: Actor, run: ImportRun, rows: Sequence[StagedRow]
) -> Sequence[Outcome]:
    """Name holders row by row; who answers there already stays, others are refused.

    With the run's option ``replace`` somebody else is handed over to instead.
    """
    places = Places(run.place_code)
    rules = chain_rules()
    outcomes: list[Outcome] = []
    wanted: list[tuple[StagedRow, Appointment]] = []
    for row in rows:
        try:
            role = _role(row.values["role"])
            text = row.values.get("place_code") or row.values.get("place", "")
            place = places.find(text, int(role.level))
            by.require("organisations.appoint", place.code)
            wanted.append((row, _appointment(row.values, place, role)))
        except Invalid as error:
            outcomes.append(_refused(row, error))
        except Forbidden:
            outcomes.append(_refused(row, _no_right()))
    replaced = _hand_over_first(by, wanted, rules.roles) if run.options.get("replace") else set()
    made = appoint_many(by=by, wanted=[one for _row, one in wanted])
    for (row, _one), result in zip(wanted, made, strict=True):
        if result.problem is not None:
            outcomes.append(_refused(row, result.problem))
        else:
            key = result.row.id if result.row else None
            changed = result.changed or row.number in replaced
            outcomes.append(Outcome(row.number, object_id=key, changed=changed))
    return outcomes


def _no_right() -> Problem:
    return Problem(
        _("You may not change this place."),
        field="place",
        mend=_("Ask who is responsible for it to import the row."),
        code="forbidden",
    )


def _role(text: str) -> ChainRole:
    rules = chain_rules()
    return rules.role(rules.code_of(text) or text)


def _appointment(values: dict[str, Any], place: Region, role: ChainRole) -> Appointment:
    holder = _holder(values, role)
    first, last = values.get("start_date"), values.get("end_date")
    return Appointment(
        place,
        role.code,
        holder,
        dt.date.fromisoformat(first) if first else timezone.localdate(),
        dt.date.fromisoformat(last) if last else None,
        values.get("responsible_phone", ""),
    )


def _holder(values: dict[str, Any], role: ChainRole) -> Holder:
    if not role.by_person:
        return _organisation(values.get("organisation") or values.get("responsible", ""))
    name = values.get("responsible", "")
    if not name:
        raise Invalid(
            Problem(
                _("The row names nobody."),
                field="responsible",
                mend=_("Write who answers."),
                code="required",
            )
        )
    person = _person(name, values.get("identity"), values.get("responsible_phone", ""))
    offices = Member.objects.filter(person=person, to_date=None).select_related("person")
    if body := values.get("organisation"):
        office = offices.filter(organisation__name=body).first()
        if office is None:
            raise Invalid(
                Problem(
                    _("%(name)s is not a member of “%(body)s”.") % {"name": name, "body": body},
                    field="organisation",
                    mend=_("Add the member first, or leave the organisation empty."),
                    code="no_member",
                )
            )
        return office
    return person


def _person(name: str, document: list[str] | None, phone: str) -> Person:
    """The only person of the area that name, document and phone fit. Raises Invalid."""
    if document:
        found = list(find_by_document("", document[1])[:2])
        field = "identity"
    else:
        found = [one for one in search_names(name, 50) if one.name == name]
        field = "responsible"
        if len(found) > 1 and phone:
            owners = set(find_by_phone(phone).values_list("pk", flat=True))
            found = [one for one in found if one.pk in owners] or found
    same = [one for one in found if one.name == name]
    if found and not same:
        raise Invalid(
            Problem(
                _("This number belongs to somebody of another name."),
                field="identity",
                mend=_("Compare name and number with the document."),
                code="name_differs",
            )
        )
    if len(same) == 1:
        return same[0]
    if same:
        raise Invalid(
            Problem(
                _("Several people here are called %(name)s.") % {"name": name},
                field=field,
                mend=_("Add the identity number, or a phone that is registered."),
                code="several_persons",
            )
        )
    raise Invalid(
        Problem(
            _("%(name)s is not registered here.") % {"name": name},
            field=field,
            mend=_("Register the person, or add him as a member of an organisation, first."),
            code="no_person",
        )
    )


def _organisation(name: str, field: str = "organisation") -> Organisation:
    name = name.strip()
    found = list(Organisation.objects.filter(name=name, dissolved_on=None)[:2]) if name else []
    if name and not found:
        found = list(Organisation.objects.filter(short_name=name, dissolved_on=None)[:2])
    if len(found) == 1:
        return found[0]
    if found:
        raise Invalid(
            Problem(
                _("Several organisations are called “%(name)s”.") % {"name": name},
                field=field,
                mend=_("Give one of them another short name, and write that."),
                code="several_organisations",
            )
        )
    raise Invalid(
        Problem(
            _("There is no organisation “%(name)s”.") % {"name": name},
            field=field,
            mend=_("Write its full name, or found it first."),
            code="no_organisation",
        )
    )


def _hand_over_first(
    by: Actor, wanted: Sequence[tuple[StagedRow, Appointment]], roles: Any
) -> set[int]:
    """Hand over single posts that somebody else holds; what is refused is refused again below.

    Returns the numbers of the rows that did.
    """
    replaced: set[int] = set()
    for source, one in wanted:
        if roles[one.role].maximum != 1:
            continue
        present = in_force(one.from_date).filter(
            place=one.place, role=one.role, substitute_for=None
        )
        row = present.first()
        if row is None or (row.person_id or row.organisation_id) == one.holder_id:
            continue
        try:
            hand_over(
                by=by, responsibility=row, to=one.holder, contact=one.contact, on=one.from_date
            )
        except (Invalid, Conflict):
            continue
        replaced.add(source.number)
    return replaced


def write_organisations(by: Actor, run: ImportRun, rows: Sequence[StagedRow]) -> Sequence[Outcome]:
    """Found or change organisations and add members row by row; parents may come before."""
    places = Places(run.place_code)
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
            outcomes.append(_refused(row, error))
        except Conflict as error:
            outcomes.append(_refused(row, Problem(str(error), field="identity", code="conflict")))
        except Forbidden:
            outcomes.append(_refused(row, _no_right()))
    return outcomes


def _organisation_row(
    by: Actor,
    run: ImportRun,
    values: dict[str, Any],
    places: Places,
    kinds: dict[str, OrganisationKind],
) -> tuple[UUID, bool]:
    body, changed = _body(by, run, values, places, kinds)
    if not values.get("name"):
        return body.id, changed
    office = {
        "duty": values.get("position", ""),
        "rank": values.get("rank", ""),
        "party_member": _is_party(values.get("political_status", "")),
    }
    since = values.get("start_date")
    day = dt.date.fromisoformat(since) if since else None
    person = _known_person(body, values)
    if person is None:
        document = values.get("identity")
        add_new_member(
            by=by,
            organisation=body,
            name=values["name"],
            documents=[(_document_kind(document[0]), document[1])] if document else [],
            phones=[values["phone"]] if values.get("phone") else [],
            from_date=day,
            **office,
        )
        return body.id, True
    known = Member.objects.filter(person=person, organisation=body, to_date=None).first()
    if known is not None:
        # Columns that the ledger lacks say nothing.
        kept = {
            "duty": office["duty"] or known.duty,
            "rank": office["rank"] or known.rank,
            "party_member": office["party_member"]
            if "political_status" in values
            else known.party_member,
        }
        if all(getattr(known, name) == value for name, value in kept.items()):
            return body.id, changed
        office = kept
    add_member(by=by, person=person, organisation=body, from_date=day, **office)
    return body.id, True


def _document_kind(kind: str) -> str:
    return IDENTITY if kind == "resident_identity" else kind


def _is_party(text: Any) -> bool:
    from fangxian.organisations.shipped import party_words

    return str(text).strip() in party_words()


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
) -> tuple[Organisation, bool]:
    """The organisation of a row: found by credit code or name, changed or founded."""
    name, code = values["organisation"].strip(), values.get("credit_code", "")
    seat = places.find(values["place"], None) if values.get("place") else None
    found = Organisation.objects.filter(dissolved_on=None).select_related("seat", "parent")
    body = found.filter(credit_code=code).first() if code else None
    if body is None:
        named = found.filter(name=name)
        body = (named.filter(seat=seat) if seat else named).first()
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
        parent = _organisation(text, "organisation_parent")
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


LEDGERS: Final = {
    ledger.kind: ledger
    for ledger in (
        Ledger(
            ORGANISATIONS,
            gettext_lazy("Organisations and members"),
            RIGHT,
            ORGANISATION_FIELDS,
            write_organisations,
            Level.COUNTY,
        ),
        Ledger(
            RESPONSIBILITIES,
            gettext_lazy("Who answers where"),
            RIGHT,
            RESPONSIBILITY_FIELDS,
            write_responsibilities,
            Level.COUNTY,
        ),
    )
}
