"""The ledgers of aid: who goes with a batch, whom a standing programme trains; a person a row.

A row adds somebody, or brings who is on the list already up to date. What a row leaves empty
stays; who lacks in the ledger stays on the list.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, TypeVar
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from fangxian.common.actor import Actor
from fangxian.common.codes import Level
from fangxian.common.errors import Conflict, Forbidden, Invalid, Problem
from fangxian.common.sheets import FieldSpec
from fangxian.common.sheets.writing import ExportColumn
from fangxian.core.imports import Outcome, StagedRow
from fangxian.core.ledgers import Ledger, RowByRow, Write
from fangxian.core.models import ImportRun
from fangxian.mobilise.aid import queries
from fangxian.mobilise.aid.actions import (
    KEEP,
    add_member,
    add_new_member,
    add_trainee,
    change_member,
    change_trainee,
    name_contact,
)
from fangxian.mobilise.aid.rules import aid_rules
from fangxian.mobilise.models import (
    AidBatch,
    AidMember,
    AidProgramme,
    AidTrainee,
    FamilyContact,
)
from fangxian.mobilise.queries import inside
from fangxian.mobilise.rules import label
from fangxian.organisations.ledger_holders import organisation_named, person_named, refusal
from fangxian.organisations.ledger_places import no_right, refused
from fangxian.organisations.models import Member, Organisation
from fangxian.people.models import Person
from fangxian.people.queries import find_by_document, find_by_phone
from fangxian.people.vocabularies import document_kind

MEMBERS: Final = "aid_members"
TRAINEES: Final = "aid_trainees"

MEMBER_FIELDS: Final = (
    FieldSpec("aid_batch", gettext_lazy("Batch"), carry_down=True),
    FieldSpec("name", pgettext_lazy("a person", "Name"), "name", required=True),
    FieldSpec("identity", gettext_lazy("Identity number"), "document"),
    FieldSpec("phone", gettext_lazy("Phone"), "phone"),
    FieldSpec("organisation", gettext_lazy("Unit at home")),
    FieldSpec("aid_role", pgettext_lazy("in an aid batch", "Role"), synonyms="person_category"),
    FieldSpec("position", gettext_lazy("Position or title")),
    FieldSpec("specialty", pgettext_lazy("of a person", "Skill"), synonyms="skills"),
    FieldSpec("leads", gettext_lazy("Leads the batch"), "yes_no"),
    FieldSpec("family_contact", gettext_lazy("Family contact"), "name"),
    FieldSpec("family_contact_phone", gettext_lazy("Phone of the family contact"), "phone"),
)
TRAINEE_FIELDS: Final = (
    FieldSpec("programme", gettext_lazy("Standing programme"), carry_down=True),
    FieldSpec("term", pgettext_lazy("of a programme", "Term")),
    FieldSpec("name", pgettext_lazy("a person", "Name"), "name", required=True),
    FieldSpec("trainee_unit", gettext_lazy("Place of work"), required=True, synonyms="employer"),
    FieldSpec("position", gettext_lazy("Position or title")),
    FieldSpec("trained_in", gettext_lazy("Trained in"), required=True),
    FieldSpec("start_date", gettext_lazy("From"), "date", required=True),
    FieldSpec("end_date", gettext_lazy("Until"), "date"),
    FieldSpec("passed", gettext_lazy("What was passed")),
    FieldSpec("passed_on", gettext_lazy("Passed on"), "date"),
)
# What goes out in the same columns: no number of a document and no phone.
_PRIVATE: Final = {"identity", "phone", "family_contact_phone"}
MEMBER_COLUMNS: Final = (
    *(ExportColumn(one.label, width=18) for one in MEMBER_FIELDS if one.name not in _PRIVATE),
    ExportColumn(gettext_lazy("Returned on"), "date"),
    ExportColumn(gettext_lazy("Quarantine until"), "date"),
)
TRAINEE_COLUMNS: Final = tuple(
    ExportColumn(one.label, "date" if one.kind == "date" else "text", width=18)
    for one in TRAINEE_FIELDS
)
# What an action calls a field, as the ledger's column.
_COLUMNS: Final = {
    "holder": "name",
    "role": "aid_role",
    "number": "identity",
    "organisation": "trainee_unit",
    "topic": "trained_in",
    "from_date": "start_date",
    "until": "end_date",
}

OneRow = Callable[[Actor, ImportRun, Mapping[str, Any]], tuple[UUID, bool]]
Titled = TypeVar("Titled", AidBatch, AidProgramme)


def _each(fields: Sequence[FieldSpec], one: OneRow) -> Write:
    """Rows written one by one: each wholly or not at all, what is so already changes nothing."""
    columns = {spec.name for spec in fields}

    def at_columns(error: Invalid) -> Invalid:
        return Invalid(
            *(
                Problem(
                    p.message,
                    field=p.field if p.field in columns else _COLUMNS.get(p.field, "name"),
                    mend=p.mend,
                    code=p.code,
                )
                for p in error.problems
            )
        )

    def write(by: Actor, run: ImportRun, rows: Sequence[StagedRow]) -> Sequence[Outcome]:
        outcomes = []
        for row in rows:
            try:
                with transaction.atomic():
                    key, changed = one(by, run, row.values)
                outcomes.append(Outcome(row.number, object_id=key, changed=changed))
            except Invalid as error:
                outcomes.append(refused(row, at_columns(error)))
            except Conflict as error:
                outcomes.append(refused(row, Problem(str(error), field="name", code="conflict")))
            except Forbidden:
                outcomes.append(refused(row, no_right()))
        return outcomes

    return write


# Who goes with a batch


def _member(by: Actor, run: ImportRun, values: Mapping[str, Any]) -> tuple[UUID, bool]:
    rows = inside(AidBatch.objects.filter(state__in=queries.OPEN), run.place_code)
    batch = _called(values, "aid_batch", rows, _("There is no open batch “%(name)s” here."))
    unit = None
    if text := values.get("organisation", "").strip():
        unit = organisation_named(text, "organisation", run.place_code)
    role = _role(values)
    known, person = _who(by, batch, unit, values)
    leads = values.get("leads")
    if leads:
        _one_leader(batch, known)
    told = {key: values[key].strip() for key in ("position", "specialty") if values.get(key)}
    changed = False
    if known is not None:
        member = known
        wanted = {
            "role": role or known.role,
            "leader": known.leader if leads is None else leads,
            "position": told.get("position", known.position),
            "specialty": told.get("specialty", known.specialty),
        }
        moved = unit is not None and unit.id != known.organisation_id
        if moved or any(getattr(known, key) != value for key, value in wanted.items()):
            change_member(by=by, member=known, organisation=unit, **wanted)
            changed = True
    else:
        if not role:
            raise refusal(
                _("As what the person goes is not said."),
                "aid_role",
                _("Take one of: %(values)s.") % {"values": _named()},
                "required",
            )
        more: dict[str, Any] = {"role": role, "leader": bool(leads), "organisation": unit, **told}
        if person is not None:
            member = add_member(by=by, batch=batch, holder=person, **more)
        else:
            document, phone = values.get("identity"), values.get("phone")
            member = add_new_member(
                by=by,
                batch=batch,
                name=values["name"],
                documents=[(document_kind(document[0]), document[1])] if document else [],
                phones=[phone] if phone else [],
                **more,
            )
        changed = True
    return member.id, _contact(by, member, unit, values) or changed


def _called(values: Mapping[str, Any], field: str, rows: Iterable[Titled], missing: str) -> Titled:
    """The batch or programme that a row names; without a name the only one. Raises Invalid."""
    name = "".join(values.get(field, "").split())
    every = list(rows)
    found = [row for row in every if not name or name in _names(row)]
    if len(found) == 1:
        return found[0]
    if not found:
        raise refusal(
            missing % {"name": values.get(field, "").strip()},
            field,
            _("Write it as its page has it.")
            if every
            else _("Set it up first, then import the list."),
            "unknown",
        )
    raise refusal(
        _("Which one is meant is not said: there are %(n)d.") % {"n": len(found)},
        field,
        _("Write it as its page has it."),
        "several",
    )


def _names(one: AidBatch | AidProgramme) -> list[str]:
    texts = [one.name, one.title] if isinstance(one, AidBatch) else [one.name]
    return ["".join(text.split()) for text in texts]


def _role(values: Mapping[str, Any]) -> str:
    """The role that a row says, by code or by either name; "" where it says none. Raises Invalid.

    A skill that is the name of a role says it as well.
    """
    rules = aid_rules()
    words = {
        word.casefold(): code
        for code, role in rules.roles.items()
        for word in (code, role.zh, role.en)
    }
    if text := values.get("aid_role", "").strip():
        code = words.get(text.casefold())
        if code is None:
            raise refusal(
                _("“%(value)s” is not on the list.") % {"value": text},
                "aid_role",
                _("Take one of: %(values)s.") % {"values": _named()},
                "unknown_code",
            )
        return code
    return words.get(values.get("specialty", "").strip().casefold(), "")


def _named() -> str:
    return _(", ").join(one.name for one in aid_rules().roles.values())


def _who(
    by: Actor, batch: AidBatch, unit: Organisation | None, values: Mapping[str, Any]
) -> tuple[AidMember | None, Person | Member | None]:
    """Who is in the batch already, else who is known; (None, None) is somebody new.

    By document, else by the name among those of the batch and of the unit, whose phone it is where
    the row has one, else by phone. Raises Invalid.
    """
    name, document, phone = values["name"], values.get("identity"), values.get("phone", "")
    there = AidMember.objects.filter(batch=batch)
    rows = Member.objects.filter(organisation=unit, to_date=None, person__name=name)
    members = list(rows.select_related("person", "organisation")[:2]) if unit else []
    # A phone says which of those of the name it is: one that is nobody's is another human's.
    owners = {one.id for one in find_by_phone(phone) if one.name == name} if phone else None
    if not document:
        same = list(there.filter(name=name)[:2])
        if owners == set() and (same or members):
            raise refusal(
                _("%(name)s is known there, but not with this phone.") % {"name": name},
                "phone",
                _("Leave the phone empty if it is the same person, else add the identity number."),
                "several_persons",
            )
        if len(same) == 1 and (owners is None or same[0].person_id in owners):
            return same[0], None
        if len(members) == 1 and (owners is None or members[0].person_id in owners):
            return there.filter(person=members[0].person_id).first(), members[0]
    if document and not find_by_document("", document[1]).exists():
        return _new(by, batch, values)
    if not document and owners == set():
        return _new(by, batch, values)
    person = person_named(name, document, phone, "name")
    return there.filter(person=person).first(), person


def _new(by: Actor, batch: AidBatch, values: Mapping[str, Any]) -> tuple[None, None]:
    """Somebody new, if he may be registered. Raises Invalid."""
    if not by.may("people.edit", batch.place_code):
        raise refusal(
            _("%(name)s is not registered here.") % {"name": values["name"]},
            "name",
            _("Register the person, or add him as a member of an organisation, first."),
            "no_person",
        )
    return None, None


def _one_leader(batch: AidBatch, known: AidMember | None) -> None:
    """Refuse a second leader: which of them leads is no matter of the order of rows."""
    other = AidMember.objects.filter(batch=batch, leader=True).first()
    if other is not None and (known is None or other.id != known.id):
        raise refusal(
            _("%(name)s leads the batch already.") % {"name": other.name},
            "leads",
            _("Leave it empty here, or change the leader on the page of the member."),
            "second_leader",
        )


def _contact(
    by: Actor, member: AidMember, unit: Organisation | None, values: Mapping[str, Any]
) -> bool:
    """Name who keeps contact with the family; whether that changed anything. Raises Invalid."""
    name, phone = values.get("family_contact", ""), values.get("family_contact_phone", "")
    if not name:
        if phone:
            raise refusal(
                _("Whose phone this is is not said."),
                "family_contact",
                _("Write the name of who keeps contact with the family."),
                "required",
            )
        return False
    known = FamilyContact.objects.filter(member=member, to_date=None).first()
    if known is not None and known.name == name and phone in ("", known.phone or ""):
        return False
    holder: Person | Member | None = None
    body = unit.id if unit else member.organisation_id
    if body is not None:
        rows = Member.objects.filter(organisation=body, to_date=None, person__name=name)
        found = list(rows.select_related("person")[:2])
        holder = found[0] if len(found) == 1 else None
    if holder is None:
        try:
            holder = person_named(name, None, phone, "family_contact")
        except Invalid as error:
            raise Invalid(
                *(
                    Problem(p.message, field="family_contact", mend=p.mend, code=p.code)
                    for p in error.problems
                )
            ) from None
    name_contact(
        by=by,
        member=member,
        holder=holder,
        phone=phone,
    )
    return True


def member_rows(batch: AidBatch) -> list[list[object]]:
    """The members of a batch in the columns of ``MEMBER_COLUMNS``."""
    rules, rows = aid_rules(), list(queries.members(batch))
    contacts = queries.contact_of(rows)
    told: list[list[object]] = []
    for row in rows:
        quarantined, kept = getattr(row, "quarantine", None), contacts.get(row.id)
        told.append(
            [
                batch.title,
                row.name,
                row.organisation.name if row.organisation else "",
                label(rules.roles, row.role),
                row.position,
                row.specialty,
                pgettext("answer", "yes") if row.leader else "",
                kept.name if kept else "",
                row.returned_on,
                quarantined.last if quarantined else None,
            ]
        )
    return told


# Whom a programme trains


def _trainee(by: Actor, run: ImportRun, values: Mapping[str, Any]) -> tuple[UUID, bool]:
    rows = inside(AidProgramme.objects.filter(ended_on=None), run.place_code)
    missing = _("There is no standing programme “%(name)s” here that goes on.")
    programme = _called(values, "programme", rows, missing)
    term = None
    if values.get("term"):
        terms = AidBatch.objects.filter(programme=programme)
        term = _called(values, "term", terms, _("The programme has no term “%(name)s”."))
    said: dict[str, Any] = {
        "name": values["name"],
        "organisation": values["trainee_unit"].strip(),
        "topic": values["trained_in"].strip(),
        "from_date": dt.date.fromisoformat(values["start_date"]),
    }
    known = AidTrainee.objects.filter(programme=programme, **said).first()
    for column, field in (("position", "position"), ("passed", "passed")):
        if text := values.get(column, "").strip():
            said[field] = text
    for column, field in (("end_date", "until"), ("passed_on", "passed_on")):
        if text := values.get(column):
            said[field] = dt.date.fromisoformat(text)
    if term is not None:
        said["term"] = term
    if known is None:
        return add_trainee(by=by, programme=programme, **said).id, True
    changed = any(getattr(known, field) != value for field, value in said.items())
    if changed:
        change_trainee(by=by, trainee=known, **said)
    return known.id, changed


def trainee_rows(programme: AidProgramme) -> list[list[object]]:
    """The trainees of a programme in the columns of ``TRAINEE_COLUMNS``."""
    return [
        [
            programme.name,
            row.term.title if row.term else "",
            row.name,
            row.organisation,
            row.position,
            row.topic,
            row.from_date,
            row.until,
            row.passed,
            row.passed_on,
        ]
        for row in queries.trainees(programme)
    ]


# Its pages ask the right of aid, not that of volunteers.
PART: Final = "aid"
LEDGERS: Final = tuple(
    Ledger(
        kind,
        name,
        room="mobilise",
        right=KEEP,
        fields=fields,
        way=RowByRow(_each(fields, one)),
        statuses=RowByRow.STATUSES,
        place_url="regions:place",
        least_level=Level.COUNTY,
        part=PART,
    )
    for kind, name, fields, one in (
        (MEMBERS, gettext_lazy("Members of aid batches"), MEMBER_FIELDS, _member),
        (TRAINEES, gettext_lazy("Trainees of standing programmes"), TRAINEE_FIELDS, _trainee),
    )
)
