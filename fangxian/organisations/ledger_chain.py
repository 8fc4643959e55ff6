"""Ledgers of who answers where: an appointment a row, or a place a row with a column for each role.

A row with a role names one holder. A row without (community, leader, linked unit, secretary, grid
officer, a phone after each) is unfolded: each filled column of a role is an appointment at the
place of its level. All that a row says is written, or nothing of it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

from django.db import transaction
from django.db.models import Q, QuerySet
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
from fangxian.core.ledgers import ROW_KEY
from fangxian.core.models import ImportRun
from fangxian.organisations.actions import (
    appoint_many,
    end_responsibility,
    hand_over,
    withdraw_responsibility,
)
from fangxian.organisations.actions.appointing import Made, problems_of
from fangxian.organisations.checking import Appointment
from fangxian.organisations.ledger_holders import holder_named, keeps_post
from fangxian.organisations.ledger_places import Places, no_right, places_of, refused
from fangxian.organisations.ledger_posts import is_beside, shift_beside, write_beside
from fangxian.organisations.ledger_together import Days, Entry, Loads, Shift, write_all
from fangxian.organisations.loads import DAY, Span, spans_of
from fangxian.organisations.models import Responsibility
from fangxian.organisations.queries import in_force
from fangxian.organisations.rules import ChainRole, ChainRules, Post, chain_rules
from fangxian.organisations.vacancies import gathered
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
    FieldSpec("establishment", gettext_lazy("Establishment"), synonyms="establishment_name"),
    FieldSpec("note", gettext_lazy("Note")),
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
    ROW_KEY,
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

    With the run's option ``replace`` somebody else is handed over to instead, and who may hold how
    many is judged after the last row. Who stands in and what lies beside the chain is written last:
    the rows before may name those it hangs on.
    """
    replace = bool(run.options.get("replace"))
    places = places_of(run.place_code)
    rules = chain_rules()
    outcomes: list[Outcome] = []
    wanted: list[tuple[StagedRow, list[Appointment]]] = []
    beside: list[tuple[StagedRow, Region, Post]] = []
    for row in rows:
        try:
            if is_beside(row.values, rules):
                place, post = _place_and_post(row.values, places, rules)
                keeps_post(row.values, place, post.code, run.place_code)
                beside.append((row, place, post))
                continue
            found = list(_appointments(row.values, places, rules, run.place_code))
            for one in found:
                by.require("organisations.appoint", one.place.code)
            wanted.append((row, found))
        except Invalid as error:
            outcomes.append(refused(row, error))
        except Forbidden:
            outcomes.append(refused(row, no_right()))
    with gathered(by):
        if replace:
            outcomes += _all_replaced(by, wanted, rules)
        else:
            outcomes += _named(by, wanted)
        area = run.place_code
        outcomes += write_all(
            [
                Entry(
                    row,
                    partial(write_beside, by, row, place, post, area=area, replace=replace),
                    partial(shift_beside, row, place, post, area=area),
                )
                for row, place, post in beside
            ],
            _loads(rules),
        )
    return outcomes


def _named(by: Actor, wanted: Sequence[tuple[StagedRow, list[Appointment]]]) -> Iterator[Outcome]:
    pairs = [(row, one) for row, ones in wanted for one in ones]
    made = appoint_many(
        by=by, wanted=[one for _row, one in pairs], together=[row.number for row, _one in pairs]
    )
    results: dict[int, list[Made]] = {row.number: [] for row, _ones in wanted}
    for (row, _one), result in zip(pairs, made, strict=True):
        results[row.number].append(result)
    for row, _ones in wanted:
        yield _outcome(row, results[row.number])


def _outcome(row: StagedRow, made: Sequence[Made], *, replaced: bool = False) -> Outcome:
    problems = [one.problem for one in made if one.problem is not None]
    if problems:
        return refused(row, Invalid(*problems))
    first = made[0].row
    changed = replaced or any(one.changed for one in made)
    return Outcome(row.number, object_id=first.id if first else None, changed=changed)


def _all_replaced(
    by: Actor, wanted: Sequence[tuple[StagedRow, list[Appointment]]], rules: ChainRules
) -> list[Outcome]:
    entries = [
        Entry(row, partial(_replaced, by, row, ones, rules), partial(_shift, ones, rules))
        for row, ones in wanted
    ]
    return write_all(entries, _loads(rules))


def _loads(rules: ChainRules) -> Loads:
    return Loads(spans_of, lambda role: rules.names[role].max_per_holder)


def _shift(wanted: Sequence[Appointment], rules: ChainRules) -> Shift:
    """What a row that hands over gives to whom it names, and takes from whom it replaces."""
    gives: list[Days] = []
    takes: list[Days] = []
    for one in wanted:
        key = one.holder_id, one.role
        last = one.to_date
        other = _in_the_way(one) if rules.roles[one.role].maximum == 1 else None
        if other is not None:
            days = Span(max(other.from_date, one.from_date), other.to_date)
            former = other.person_id or other.organisation_id
            assert former is not None  # a constraint of the table
            takes.append(((former, one.role), days))
            last = other.to_date
        own = [row for row in _held_by(one) if Span(row.from_date, row.to_date).meets(one.span)]
        if not own:
            gives.append((key, Span(one.from_date, last)))
        for row in own:
            if one.to_date is not None and (row.to_date is None or row.to_date > one.to_date):
                takes.append((key, Span(one.to_date + DAY, row.to_date)))
    return Shift(tuple(gives), tuple(takes))


def _replaced(
    by: Actor, row: StagedRow, wanted: Sequence[Appointment], rules: ChainRules
) -> Outcome:
    """Write one row, handing over from whom it replaces; a row that is refused changes nothing."""
    try:
        with transaction.atomic():
            replaced = [_hand_over_first(by, one, rules.roles[one.role]) for one in wanted]
            made = appoint_many(by=by, wanted=wanted)
            if problems := problems_of(made):
                raise Invalid(*problems)
            return _outcome(row, made, replaced=any(replaced))
    except Invalid as error:
        return refused(row, error)
    except Conflict as error:
        return refused(row, Problem(str(error), field="place", code="conflict"))


def _role(rules: ChainRules, text: str) -> ChainRole:
    return rules.role(rules.code_of(text) or text)


def _place_and_post(
    values: dict[str, Any], places: Places, rules: ChainRules
) -> tuple[Region, Post]:
    post = rules.post(rules.code_of(values["role"]) or values["role"])
    if isinstance(post, ChainRole):
        return _place(values, places, post), post
    return said_place(values, places), post


def _appointments(
    values: dict[str, Any], places: Places, rules: ChainRules, area: str
) -> Iterator[Appointment]:
    """What a row says: one appointment, or one for each filled column of a role."""
    if values.get("role"):
        role = _role(rules, values["role"])
        place = _place(values, places, role)
        keeps_post(values, place, role.code, area)
        yield _appointment(values, place, role, area)
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
    depth = said_place(values, places).level
    for name in filled:
        code = _LEADERS.get(depth, ROLE_COLUMNS[name]) if name == "leader" else ROLE_COLUMNS[name]
        role = rules.role(code)
        said: dict[str, Any] = {"responsible": values[name]}
        if not role.by_person:
            said["organisation"] = values[name]
        said |= {key: values[key] for key in ("start_date", "end_date") if key in values}
        said["responsible_phone"] = values.get(f"{name}_phone", "")
        yield _appointment(said, _place(values, places, role), role, area)


def said_place(values: Mapping[str, Any], places: Places) -> Region:
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
    said = said_place(values, places)
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
    values: Mapping[str, Any], place: Region, role: ChainRole, area: str
) -> Appointment:
    holder = holder_named(values, role, area)
    first, last = values.get("start_date"), values.get("end_date")
    return Appointment(
        place,
        role.code,
        holder,
        dt.date.fromisoformat(first) if first else timezone.localdate(),
        dt.date.fromisoformat(last) if last else None,
        values.get("responsible_phone", ""),
    )


def _hand_over_first(by: Actor, one: Appointment, role: ChainRole) -> bool:
    """Hand over a single post that somebody else holds; tells whether anything was changed.

    Who was named by mistake, for the same day that has not passed yet, is withdrawn before. Raises
    Invalid, Conflict.
    """
    replaced = _ended_earlier(by, one)
    while role.maximum == 1 and (row := _in_the_way(one)) is not None:
        replaced = True
        if one.from_date <= row.from_date >= timezone.localdate():
            withdraw_responsibility(by=by, responsibility=row)
            continue
        hand_over(by=by, responsibility=row, to=one.holder, contact=one.contact, on=one.from_date)
    return replaced


def _ended_earlier(by: Actor, one: Appointment) -> bool:
    """Give who answers there the last day that the row says; tells whether it was another."""
    if one.to_date is None:
        return False
    day = one.from_date
    row = _held_by(one).filter(Q(to_date=None) | Q(to_date__gte=day), from_date__lte=day).first()
    if row is None or (row.to_date is not None and row.to_date <= one.to_date):
        return False
    end_responsibility(by=by, responsibility=row, on=one.to_date)
    return True


def _held_by(one: Appointment) -> QuerySet[Responsibility]:
    """What who is to be named has there already, whenever."""
    held = Responsibility.objects.filter(place=one.place, role=one.role, substitute_for=None)
    return held.filter(Q(person=one.holder_id) | Q(organisation=one.holder_id))


def _in_the_way(one: Appointment) -> Responsibility | None:
    """Who else answers there on the first day, or today when that has passed."""
    for day in sorted({one.from_date, max(one.from_date, timezone.localdate())}):
        held = in_force(day).filter(place=one.place, role=one.role, substitute_for=None)
        row = held.first() if one.span.covers(day) else None
        if row is not None:
            return None if (row.person_id or row.organisation_id) == one.holder_id else row
    return None
