"""The ledger of volunteers: a person a row, with what he is able to do.

A row enlists somebody, or brings who serves there already up to date. What a row leaves empty
stays; skills are added, none is taken away; who lacks in the ledger goes on serving.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from fangxian.common.actor import Actor
from fangxian.common.codes import Level
from fangxian.common.errors import Conflict, Forbidden, Invalid, Problem
from fangxian.common.sheets import FieldSpec
from fangxian.common.sheets.writing import ExportColumn
from fangxian.common.vocabulary import Named
from fangxian.core.imports import Outcome, StagedRow
from fangxian.core.ledgers import ROW_KEY, Ledger, RowByRow, known_row
from fangxian.core.models import ImportRun
from fangxian.mobilise.actions import Brings, NewSkill, change_volunteer, enlist, enlist_new
from fangxian.mobilise.actions.volunteers import KEEP
from fangxian.mobilise.calls.rules import call_rules
from fangxian.mobilise.models import Skill, Volunteer
from fangxian.mobilise.rules import post_rules
from fangxian.organisations.ledger_holders import corrected, organisation_named, refusal
from fangxian.organisations.ledger_places import no_right, places_of, refused
from fangxian.organisations.models import Organisation
from fangxian.people.models import Person
from fangxian.people.queries import find_by_document, find_by_phone
from fangxian.people.vocabularies import document_kind
from fangxian.regions.models import Region

VOLUNTEERS: Final = "volunteers"
ROWS: Final = "mobilise.volunteers"
_BETWEEN: Final = re.compile(r"[、，,;；/\s]+")

FIELDS: Final = (
    FieldSpec("name", pgettext_lazy("a person", "Name"), "name", required=True),
    FieldSpec("identity", gettext_lazy("Identity number"), "document"),
    FieldSpec("phone", gettext_lazy("Phone"), "phone"),
    FieldSpec("place", gettext_lazy("Serves at"), synonyms="serves_at"),
    FieldSpec("organisation", gettext_lazy("Unit")),
    FieldSpec("skills", gettext_lazy("Skills")),
    FieldSpec("certificate", gettext_lazy("Number of the certificate")),
    FieldSpec("expires_on", gettext_lazy("Certificate expires on"), "date"),
    FieldSpec("languages", gettext_lazy("Languages")),
    FieldSpec("echelon", gettext_lazy("Echelon"), "number"),
    FieldSpec("vehicle", gettext_lazy("Has a vehicle"), "yes_no"),
    FieldSpec("fit", gettext_lazy("Fit for duty"), "yes_no"),
    ROW_KEY,
)
# What goes out in the same columns: no number of a document, a phone or a certificate.
EXPORTED: Final = tuple(
    ExportColumn(spec.label, "identity" if spec.name == "place" else "text", width=18)
    for spec in FIELDS
    if spec.name not in {"identity", "phone", "certificate", "expires_on", ROW_KEY.name}
)


def write_volunteers(by: Actor, run: ImportRun, rows: Sequence[StagedRow]) -> Sequence[Outcome]:
    """Enlist or change volunteers row by row; what is so already changes nothing."""
    outcomes = []
    for row in rows:
        try:
            key, changed = _row(by, run, row.values)
            outcomes.append(Outcome(row.number, object_id=key, changed=changed))
        except Invalid as error:
            outcomes.append(refused(row, error))
        except Conflict as error:
            outcomes.append(refused(row, Problem(str(error), field="name", code="conflict")))
        except Forbidden:
            outcomes.append(refused(row, no_right()))
    return outcomes


def _row(by: Actor, run: ImportRun, values: Mapping[str, Any]) -> tuple[UUID, bool]:
    place = _place(run, values)
    unit = None
    if name := values.get("organisation", "").strip():
        unit = organisation_named(name, "organisation", run.place_code)
    said = _skills(values)
    languages = _codes(values.get("languages", ""), "languages", call_rules().languages)
    serving = Volunteer.objects.select_related("organisation", "person").filter(to_date=None)
    taken = known_row(serving, ROWS, values, run.place_code)
    if taken is not None:
        other = corrected(by, taken.person, values, "name")
        taken.refresh_from_db(fields=["name"])
        return taken.id, _change(by, taken, values, unit, said, languages) or other
    known, person = _who(values, place)
    if known is not None:
        return known.id, _change(by, known, values, unit, said, languages)
    more: dict[str, Any] = {
        "place": place,
        "organisation": unit,
        "skills": said,
        "echelon": int(values.get("echelon", 1)),
        "vehicle": bool(values.get("vehicle", False)),
        "fit": values.get("fit"),
        "brings": Brings(languages=tuple(languages)),
    }
    if person is not None:
        return enlist(by=by, person=person, **more).id, True
    document = values.get("identity")
    made = enlist_new(
        by=by,
        name=values["name"],
        documents=[(document_kind(document[0]), document[1])] if document else [],
        phones=[values["phone"]] if values.get("phone") else [],
        **more,
    )
    return made.id, True


def _change(
    by: Actor,
    known: Volunteer,
    values: Mapping[str, Any],
    unit: Organisation | None,
    said: Sequence[NewSkill],
    languages: Collection[str],
) -> bool:
    """Bring somebody up to date; whether that changed anything."""
    has = {one.skill: one for one in Skill.objects.filter(volunteer=known)}
    skills = {
        code: NewSkill(code, one.certificate or "", one.expires_on) for code, one in has.items()
    }
    before = dict(skills)
    for one in said:
        kept = skills.get(one.skill, one)
        skills[one.skill] = NewSkill(
            one.skill, one.certificate or kept.certificate, one.expires_on or kept.expires_on
        )
    spoken = tuple(dict.fromkeys([*known.languages, *languages]))
    vehicle = bool(values.get("vehicle", known.vehicle))
    wanted = {
        "organisation_id": unit.id if unit else known.organisation_id,
        "echelon": int(values.get("echelon", known.echelon)),
        "vehicle": vehicle,
        "fit": values.get("fit", known.fit),
    }
    same = all(getattr(known, name) == value for name, value in wanted.items())
    if same and skills == before and len(spoken) == len(known.languages):
        return False
    del wanted["organisation_id"]
    change_volunteer(
        by=by,
        volunteer=known,
        organisation=unit or known.organisation,
        skills=list(skills.values()),
        brings=Brings(
            known.vehicle_kind if vehicle else "", known.seats if vehicle else None, spoken
        ),
        **wanted,
    )
    return True


def _place(run: ImportRun, values: Mapping[str, Any]) -> Region:
    """Where the row says that somebody serves, else the place of the ledger. Raises Invalid."""
    places = places_of(run.place_code)
    text = values.get("place", "").strip()
    found = places.find(text, None) if text else places.at(run.place_code)
    if found is None or found.level > Level.VILLAGE:
        raise refusal(
            _("Volunteers belong to a community or to a place above it."),
            "place",
            _("Name the community."),
            "place",
        )
    return found


def _who(values: Mapping[str, Any], place: Region) -> tuple[Volunteer | None, Person | None]:
    """Who serves there already, else the person who is known; (None, None) is somebody new.

    By document, else by the name among those who serve there, whose phone it is where the row has
    one, else by phone. Raises Invalid.
    """
    name, document, phone = values["name"], values.get("identity"), values.get("phone")
    there = Volunteer.objects.filter(place_code=place.code, to_date=None)
    there = there.select_related("organisation")
    if document:
        found = list(find_by_document("", document[1])[:2])
        if not found:
            return None, None
        if found[0].name != name:
            raise refusal(
                _("This number belongs to somebody of another name."),
                "identity",
                _("Compare name and number with the document."),
                "name_differs",
            )
        return there.filter(person=found[0]).first(), found[0]
    same = list(there.filter(name=name)[:20])
    owners = [one for one in find_by_phone(phone)[:5] if one.name == name] if phone else []
    # A phone says which of those of the name it is: one that is nobody's there is another human's.
    ids = {owner.id for owner in owners}
    told = [one for one in same if one.person_id in ids] if phone else same
    if len(told) == 1:
        return told[0], None
    if not told and len(owners) == 1:
        return None, owners[0]
    if len(told) > 1 or len(owners) > 1:
        raise refusal(
            _("Several volunteers are called %(name)s.") % {"name": name},
            "name",
            _("Add the identity number."),
            "several_persons",
        )
    if same:
        raise refusal(
            _("%(name)s serves there, but not with this phone.") % {"name": name},
            "phone",
            _("Leave the phone empty if it is the same person, else add the identity number."),
            "several_persons",
        )
    return None, None


def _skills(values: Mapping[str, Any]) -> list[NewSkill]:
    """The skills of a row; a certificate belongs to the only one. Raises Invalid."""
    rules = post_rules()
    codes = _codes(values.get("skills", ""), "skills", rules.skills)
    number = values.get("certificate", "").strip()
    last = values.get("expires_on")
    expires = dt.date.fromisoformat(last) if last else None
    if (number or expires) and len(codes) != 1:
        raise refusal(
            _("Which skill the certificate is for is not said."),
            "certificate" if number else "expires_on",
            _("Write one skill in the row, and a row for each certificate."),
            "which_skill",
        )
    return [NewSkill(code, number, expires) for code in codes]


def _codes(text: str, field: str, known: Mapping[str, Named]) -> list[str]:
    """Codes of the words of a cell, by code or by either name. Raises Invalid."""
    words = {
        word.casefold(): code for code, one in known.items() for word in (code, one.zh, one.en)
    }
    found: dict[str, None] = {}
    for word in filter(None, _BETWEEN.split(text.strip())):
        code = words.get(word.casefold())
        if code is None:
            raise refusal(
                _("“%(value)s” is not on the list.") % {"value": word},
                field,
                _("Take one of: %(values)s.")
                % {"values": _(", ").join(one.name for one in known.values())},
                "unknown_code",
            )
        found[code] = None
    return list(found)


def yes_or_no(said: bool | None) -> str:
    """A yes or no as a ledger says it, "" where nothing was said."""
    return "" if said is None else pgettext("answer", "yes") if said else pgettext("answer", "no")


LEDGER: Final = Ledger(
    VOLUNTEERS,
    gettext_lazy("Volunteers"),
    room="mobilise",
    right=KEEP,
    fields=FIELDS,
    way=RowByRow(write_volunteers),
    statuses=RowByRow.STATUSES,
    place_url="regions:place",
    least_level=Level.COUNTY,
    knows=(ROWS,),
)
