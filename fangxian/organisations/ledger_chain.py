"""Ledgers of who answers where: an appointment a row, or a place a row with a column for each role.

A row with a role names one holder. A row without (community, leader, linked unit, secretary, grid
officer, a phone after each) is unfolded: each filled column of a role is an appointment at the
place of its level. All that a row says is written, or nothing of it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fangxian.common.actor import Actor
from fangxian.common.codes import Level
from fangxian.common.errors import Conflict, Forbidden, Invalid, Problem
from fangxian.common.sheets import FieldSpec, Table
from fangxian.common.sheets.mapping import Mapping as Columns
from fangxian.common.sheets.words import known_field
from fangxian.core.imports import Outcome, StagedRow
from fangxian.core.models import ImportRun
from fangxian.organisations.actions import appoint_many, hand_over
from fangxian.organisations.actions.appointing import Made
from fangxian.organisations.checking import Appointment, Holder
from fangxian.organisations.ledger_places import Places, no_right, places_of, refused
from fangxian.organisations.models import Member, Organisation
from fangxian.organisations.queries import in_force
from fangxian.organisations.rules import ChainRole, ChainRules, chain_rules
from fangxian.organisations.vacancies import gathered
from fangxian.people.models import Person
from fangxian.people.queries import find_by_document, find_by_phone, search_names
from fangxian.regions.models import Region

# Columns of roles, and which role each means; a leader's is that of the row's level.
ROLE_COLUMNS: Final[dict[str, str]] = {
    "leader": "community_leader",
    "secretary": "community_secretary",
    "linked_unit": "linked_unit",
    "grid_officer": "grid_officer",
    "building_head": "building_head",
    "unit_head": "unit_head",
}
_LEADERS: Final = {int(Level.COUNTY): "county_leader", int(Level.TOWN): "town_leader"}
# Columns that say the place part by part, and how deep each leads.
_PARTS: Final = {
    "community": Level.VILLAGE,
    "grid": Level.GRID,
    "building": Level.BUILDING,
    "unit": Level.UNIT,
}
_PHONES: Final = {"phone", "phone_2", "responsible_phone"}

FIELDS: Final = (
    FieldSpec("place", gettext_lazy("Place (name or code)")),
    FieldSpec("place_code", gettext_lazy("Code of the place")),
    FieldSpec("community", gettext_lazy("Community or village"), carry_down=True),
    FieldSpec("grid", gettext_lazy("Grid")),
    FieldSpec("building", gettext_lazy("Building")),
    FieldSpec("unit", gettext_lazy("Entrance")),
    FieldSpec("role", gettext_lazy("Role")),
    FieldSpec("responsible", gettext_lazy("Who answers"), "name"),
    FieldSpec("identity", gettext_lazy("Identity number"), "document"),
    FieldSpec("organisation", gettext_lazy("Organisation")),
    FieldSpec("responsible_phone", gettext_lazy("Work phone"), "phone"),
    FieldSpec("start_date", gettext_lazy("From"), "date"),
    FieldSpec("end_date", gettext_lazy("Until"), "date"),
    FieldSpec("leader", gettext_lazy("Leader in charge"), "name"),
    FieldSpec("leader_phone", gettext_lazy("Phone of the leader in charge"), "phone"),
    FieldSpec("linked_unit", gettext_lazy("Linked unit")),
    FieldSpec("linked_unit_phone", gettext_lazy("Phone of the linked unit"), "phone"),
    FieldSpec("secretary", gettext_lazy("Secretary"), "name"),
    FieldSpec("secretary_phone", gettext_lazy("Phone of the secretary"), "phone"),
    FieldSpec("grid_officer", gettext_lazy("Grid officer"), "name"),
    FieldSpec("grid_officer_phone", gettext_lazy("Phone of the grid officer"), "phone"),
    FieldSpec("building_head", gettext_lazy("Building head"), "name"),
    FieldSpec("building_head_phone", gettext_lazy("Phone of the building head"), "phone"),
    FieldSpec("unit_head", gettext_lazy("Unit head"), "name"),
    FieldSpec("unit_head_phone", gettext_lazy("Phone of the unit head"), "phone"),
)


def phones_after(table: Table, columns: Columns) -> Columns:
    """A column that is only called phone belongs to the holder in the column before it."""
    holders = {*ROLE_COLUMNS, "responsible"}
    taken = set(columns.fields)
    changes: dict[int, str | None] = {}
    for before, here in zip(columns.proposals, columns.proposals[1:], strict=False):
        phone = f"{before.field}_phone"
        general = known_field(table.columns[here.position].name) in _PHONES
        if (
            before.field in holders
            and here.reason != "remembered"
            and general
            and phone not in taken - {here.field}
        ):
            changes[here.position] = phone
    return columns.corrected(changes, FIELDS) if changes else columns


def write_responsibilities(
    by: Actor, run: ImportRun, rows: Sequence[StagedRow]
) -> Sequence[Outcome]:
    """Name holders row by row; who answers there already stays, others are refused.

    With the run's option ``replace`` somebody else is handed over to instead.
    """
    places = places_of(run.place_code)
    rules = chain_rules()
    outcomes: list[Outcome] = []
    wanted: list[tuple[StagedRow, list[Appointment]]] = []
    for row in rows:
        try:
            found = list(_appointments(row.values, places, rules))
            for one in found:
                by.require("organisations.appoint", one.place.code)
            wanted.append((row, found))
        except Invalid as error:
            outcomes.append(refused(row, error))
        except Forbidden:
            outcomes.append(refused(row, no_right()))
    if run.options.get("replace"):
        with gathered(by):
            return [*outcomes, *(_replaced(by, row, ones, rules) for row, ones in wanted)]
    pairs = [(row, one) for row, ones in wanted for one in ones]
    made = appoint_many(
        by=by, wanted=[one for _row, one in pairs], together=[row.number for row, _one in pairs]
    )
    results: dict[int, list[Made]] = {row.number: [] for row, _ones in wanted}
    for (row, _one), result in zip(pairs, made, strict=True):
        results[row.number].append(result)
    return [*outcomes, *(_outcome(row, results[row.number]) for row, _ones in wanted)]


def _outcome(row: StagedRow, made: Sequence[Made], *, replaced: bool = False) -> Outcome:
    problems = [one.problem for one in made if one.problem is not None]
    if problems:
        return refused(row, Invalid(*problems))
    first = made[0].row
    changed = replaced or any(one.changed for one in made)
    return Outcome(row.number, object_id=first.id if first else None, changed=changed)


def _replaced(
    by: Actor, row: StagedRow, wanted: Sequence[Appointment], rules: ChainRules
) -> Outcome:
    """Write one row, handing over from whom it replaces; a row that is refused changes nothing."""
    with transaction.atomic():
        replaced = _hand_over_first(by, wanted, rules.roles)
        outcome = _outcome(row, appoint_many(by=by, wanted=wanted), replaced=replaced)
        if outcome.problems:
            transaction.set_rollback(True)
    return outcome


def _role(rules: ChainRules, text: str) -> ChainRole:
    return rules.role(rules.code_of(text) or text)


def _appointments(
    values: dict[str, Any], places: Places, rules: ChainRules
) -> Iterator[Appointment]:
    """What a row says: one appointment, or one for each filled column of a role."""
    if values.get("role"):
        role = _role(rules, values["role"])
        place = _place(values, places, role)
        yield _appointment(values, place, role, values.get("responsible_phone", ""))
        return
    filled = [name for name in ROLE_COLUMNS if values.get(name)]
    if not filled:
        raise Invalid(
            Problem(
                _("The row names no role."),
                field="role",
                mend=_("Write the role, or fill a column of one."),
                code="required",
            )
        )
    depth = _said(values, places).level
    for name in filled:
        code = _LEADERS.get(depth, ROLE_COLUMNS[name]) if name == "leader" else ROLE_COLUMNS[name]
        role = rules.role(code)
        said: dict[str, Any] = {"responsible": values[name]}
        if not role.by_person:
            said["organisation"] = values[name]
        said |= {key: values[key] for key in ("start_date", "end_date") if key in values}
        said["responsible_phone"] = phone = values.get(f"{name}_phone", "")
        yield _appointment(said, _place(values, places, role), role, phone)


def _said(values: Mapping[str, Any], places: Places) -> Region:
    """The place that a row is about: by its code or name, or part by part when that is deeper."""
    text = values.get("place_code") or values.get("place", "")
    parts = {name: str(values[name]) for name in _PARTS if values.get(name)}
    if not parts:
        return places.find(text, None)
    base = places.find(text, None) if text else None
    depth = max(int(_PARTS[name]) for name in parts)
    if base is not None and base.level >= depth:
        return base
    start = base.name if base is not None and "community" not in parts else ""
    return places.find(start + "".join(parts.values()), depth)


def _place(values: Mapping[str, Any], places: Places, role: ChainRole) -> Region:
    """The place of a role's level that a row means: what it says, above it, or all below it."""
    level = int(role.level)
    text = values.get("place_code") or values.get("place", "")
    if values.get("role") and (text or not any(values.get(name) for name in _PARTS)):
        return places.find(text, level)
    said = _said(values, places)
    above = places.at(said.code[:level])
    if above is not None and above.level == level:
        return above
    inside = places.below(said.code, level)
    if len(inside) == 1:
        return inside[0]
    raise Invalid(
        Problem(
            _("“%(place)s” has %(count)d places of the level “%(level)s”; the row says not which.")
            % {"place": said.name, "count": len(inside), "level": role.level.label},
            field="place",
            mend=_("Add a column that names it."),
            code="which_place",
        )
    )


def _appointment(
    values: Mapping[str, Any], place: Region, role: ChainRole, phone: str
) -> Appointment:
    holder = _holder(values, role)
    first, last = values.get("start_date"), values.get("end_date")
    return Appointment(
        place,
        role.code,
        holder,
        dt.date.fromisoformat(first) if first else timezone.localdate(),
        dt.date.fromisoformat(last) if last else None,
        phone,
    )


def _holder(values: Mapping[str, Any], role: ChainRole) -> Holder:
    if not role.by_person:
        return organisation_named(values.get("organisation") or values.get("responsible", ""))
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
        raise _refusal(
            _("This number belongs to somebody of another name."),
            "identity",
            _("Compare name and number with the document."),
            "name_differs",
        )
    if len(same) == 1:
        return same[0]
    if same:
        raise _refusal(
            _("Several people here are called %(name)s.") % {"name": name},
            field,
            _("Add the identity number, or a phone that is registered."),
            "several_persons",
        )
    raise _refusal(
        _("%(name)s is not registered here.") % {"name": name},
        field,
        _("Register the person, or add him as a member of an organisation, first."),
        "no_person",
    )


def organisation_named(name: str, field: str = "organisation") -> Organisation:
    """The only present organisation of a name or short name. Raises Invalid."""
    name = name.strip()
    found = list(Organisation.objects.filter(name=name, dissolved_on=None)[:2]) if name else []
    if name and not found:
        found = list(Organisation.objects.filter(short_name=name, dissolved_on=None)[:2])
    if len(found) == 1:
        return found[0]
    if found:
        raise _refusal(
            _("Several organisations are called “%(name)s”.") % {"name": name},
            field,
            _("Give one of them another short name, and write that."),
            "several_organisations",
        )
    raise _refusal(
        _("There is no organisation “%(name)s”.") % {"name": name},
        field,
        _("Write its full name, or found it first."),
        "no_organisation",
    )


def _refusal(message: str, field: str, mend: str, code: str) -> Invalid:
    return Invalid(Problem(message, field=field, mend=mend, code=code))


def _hand_over_first(
    by: Actor, wanted: Sequence[Appointment], roles: Mapping[str, ChainRole]
) -> bool:
    """Hand over single posts that somebody else holds; what is refused is refused again later.

    Tells whether any was.
    """
    replaced = False
    for one in wanted:
        if roles[one.role].maximum != 1:
            continue
        present = in_force(one.from_date).filter(
            place=one.place, role=one.role, substitute_for=None
        )
        row = present.first()
        if row is None or (row.person_id or row.organisation_id) == one.holder_id:
            continue
        try:
            with transaction.atomic():
                hand_over(
                    by=by, responsibility=row, to=one.holder, contact=one.contact, on=one.from_date
                )
        except (Invalid, Conflict):
            continue
        replaced = True
    return replaced
