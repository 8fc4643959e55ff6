"""The ledger of who serves in temporary units: a person a row, with the unit at home.

The unit is there already, drawn up or founded; a row seconds somebody into it or brings duty,
standing and, while it is drawn up, the office up to date. Nobody is taken out by a row that lacks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from fangxian.common import codes
from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, Forbidden, Invalid, Problem
from fangxian.common.sheets import FieldSpec
from fangxian.core.imports import Outcome, StagedRow
from fangxian.core.ledgers import ROW_KEY, known_row
from fangxian.core.models import ImportRun
from fangxian.organisations import units
from fangxian.organisations.actions import change_secondment, name_officers, second
from fangxian.organisations.ledger_holders import corrected, holder_named, refusal
from fangxian.organisations.ledger_places import no_right, refused
from fangxian.organisations.models import Member, Secondment, Standing, TemporaryUnit
from fangxian.organisations.rules import Post
from fangxian.organisations.shipped import party_words, probationary_words
from fangxian.organisations.temporary_rules import temporary_rules
from fangxian.people.models import Person

FIELDS: Final = (
    FieldSpec("temporary_unit", gettext_lazy("Temporary unit"), required=True, carry_down=True),
    FieldSpec("name", pgettext_lazy("a person", "Name"), "name", required=True),
    FieldSpec("identity", gettext_lazy("Identity number"), "document"),
    FieldSpec("phone", gettext_lazy("Phone"), "phone"),
    FieldSpec("organisation", gettext_lazy("Unit at home")),
    FieldSpec("position", gettext_lazy("Duty")),
    FieldSpec("unit_office", gettext_lazy("Office in the unit")),
    FieldSpec("political_status", gettext_lazy("Standing in the party")),
    ROW_KEY,
)
# Whose sheets name the rows that are known by it.
ROWS: Final = "organisations.seconded"
# Anybody may be seconded: no number is kept to.
_ANYBODY: Final = Post("", "", "", "person", 1)


def write_seconded(by: Actor, run: ImportRun, rows: Sequence[StagedRow]) -> Sequence[Outcome]:
    """Second people row by row; what is so already changes nothing."""
    outcomes = []
    for row in rows:
        try:
            key, changed = _row(by, run, row.values)
            outcomes.append(Outcome(row.number, object_id=key, changed=changed))
        except Invalid as error:
            outcomes.append(refused(row, error))
        except Conflict as error:
            outcomes.append(refused(row, Problem(str(error), field="temporary_unit")))
        except Forbidden:
            outcomes.append(refused(row, no_right()))
    return outcomes


def _row(by: Actor, run: ImportRun, values: Mapping[str, Any]) -> tuple[UUID, bool]:
    unit = _unit(values["temporary_unit"], run.place_code)
    there = Secondment.objects.select_related("person", "home").filter(unit=unit)
    taken = known_row(there, ROWS, values, run.place_code)
    corrections = taken is not None and corrected(by, taken.person, values, "name")
    home = taken.home if taken is not None else _home(values, run.place_code)
    duty, office = values.get("position", "").strip(), _office(unit, values)
    standing = _standing(values)
    known = Secondment.objects.filter(unit=unit, person=home.person_id)
    row = known.select_related("member").first()
    gone = row is not None and row.member is not None and row.member.to_date is not None
    if row is None or gone:
        made = second(by=by, unit=unit, home=home, duty=duty, office=office, standing=standing)
        return made.id, True
    changed = corrections
    wanted = (duty or row.duty, row.standing if standing is None else standing)
    if wanted != (row.duty, row.standing):
        change_secondment(by=by, secondment=row, duty=wanted[0], standing=wanted[1])
        changed = True
    if office and office != row.office:
        name_officers(by=by, unit=unit, offices={row.id: office})
        changed = True
    return row.id, changed


def _unit(name: str, area: str) -> TemporaryUnit:
    """The only unit of this name in the area that is drawn up or stands. Raises Invalid."""
    lo, hi = codes.bounds(area)
    found = TemporaryUnit.objects.filter(name=name.strip(), place_code__gte=lo, place_code__lt=hi)
    rows = list(found.filter(units.STANDING | Q(state__in=units.OPEN)).order_by("id")[:2])
    if len(rows) == 1:
        return rows[0]
    if rows:
        raise refusal(
            _("Several units are called “%(name)s”.") % {"name": name},
            "temporary_unit",
            _("Give one of them another name, and write that."),
            "several_units",
        )
    raise refusal(
        _("There is no temporary unit “%(name)s” here that takes people.") % {"name": name},
        "temporary_unit",
        _("Draw it up first; one that waits for a decision takes nobody."),
        "no_unit",
    )


def _home(values: Mapping[str, Any], area: str) -> Member:
    """The membership at home of whom the row names. Raises Invalid."""
    said = {
        "responsible": values["name"],
        "identity": values.get("identity"),
        "responsible_phone": values.get("phone", ""),
        "organisation": values.get("organisation", ""),
    }
    try:
        who = holder_named(said, _ANYBODY, area)
    except Invalid as error:
        columns = {"responsible": "name"}
        raise Invalid(
            *(
                Problem(p.message, columns.get(p.field, p.field), mend=p.mend, code=p.code)
                for p in error.problems
            )
        ) from None
    if isinstance(who, Member):
        return who
    assert isinstance(who, Person)  # a row names a person
    rows = Member.objects.filter(person=who, to_date=None, organisation__kind__permanent=True)
    homes = list(rows.select_related("organisation__kind").order_by("id")[:2])
    if len(homes) == 1:
        return homes[0]
    if homes:
        text, code = _("%(name)s is a member of several organisations."), "several_homes"
    else:
        text, code = _("%(name)s is a member of no organisation here."), "no_home"
    raise refusal(
        text % {"name": values["name"]}, "organisation", _("Write the unit at home."), code
    )


def _office(unit: TemporaryUnit, values: Mapping[str, Any]) -> str:
    """The code of the office that a row says, by its names. Raises Invalid."""
    word = values.get("unit_office", "").strip().casefold()
    if not word:
        return ""
    rules = temporary_rules()
    offices = [rules.offices[code] for code in rules.form(unit.kind_id).offices]
    for one in offices:
        if word in (one.code, one.zh.casefold(), one.en.casefold()):
            return one.code
    raise refusal(
        _("A unit of this kind has no such office."),
        "unit_office",
        _("Take one of: %(values)s.") % {"values": _(", ").join(one.name for one in offices)},
        "office",
    )


def _standing(values: Mapping[str, Any]) -> str | None:
    """The standing in the party; None where the ledger says nothing: then as at home."""
    word = str(values.get("political_status", "")).strip()
    if not word:
        return None
    for standing in Standing:
        # As the ledger that is taken away says it.
        if word == str(standing.label):
            return standing.value
    if word in probationary_words():
        return Standing.PROBATIONARY
    return Standing.FULL if word in party_words() else ""
