"""Who goes with a batch; how each comes back, is in quarantine; who keeps contact with families."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fangxian.accounts.actions import checked_reason, log_reveal
from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, Forbidden, Invalid, OutOfScope, Problem
from fangxian.common.ids import uuid7
from fangxian.common.models import update_fields
from fangxian.mobilise.aid import queries, raising
from fangxian.mobilise.aid.actions.batches import (
    KEEP,
    LINK,
    VIEW,
    State,
    held,
    past,
    refuse_elsewhere,
)
from fangxian.mobilise.aid.rules import MOST_DAYS, aid_rules
from fangxian.mobilise.fitting import relieve
from fangxian.mobilise.models import AidBatch, AidMember, AidQuarantine, FamilyContact
from fangxian.organisations.models import Member, Organisation, Secondment
from fangxian.people.actions import create_person, link_person, unlink_person
from fangxian.people.locks import lock_person
from fangxian.people.models import Person


@action
def add_member(
    *,
    by: Actor,
    batch: AidBatch,
    holder: Person | Member,
    role: str,
    leader: bool = False,
    position: str = "",
    specialty: str = "",
    organisation: Organisation | None = None,
) -> AidMember:
    """Somebody goes with a batch; what he is a member of at home goes on.

    Raises Invalid (no such role, somebody who died), Conflict: he is in it, or is away with another
    batch in these days.
    """
    found = held(by, batch.id, *queries.GOING)
    person, home = (
        (holder.person, holder.organisation) if isinstance(holder, Member) else (holder, None)
    )
    return _enter(
        by,
        found,
        person.id,
        organisation or home,
        role,
        leader=leader,
        position=position,
        specialty=specialty,
    )


@action
def add_new_member(
    *,
    by: Actor,
    batch: AidBatch,
    name: str,
    role: str,
    documents: Sequence[tuple[str, str]] = (),
    phones: Sequence[str] = (),
    organisation: Organisation | None = None,
    leader: bool = False,
    position: str = "",
    specialty: str = "",
) -> AidMember:
    """Somebody goes with a batch whom the register does not know yet. Raises Invalid, Conflict."""
    found = held(by, batch.id, *queries.GOING)
    key = uuid7()
    person = create_person(
        by=by,
        place_code=found.place_code,
        link_kind=LINK,
        source_id=key,
        name=name,
        documents=documents,
        phones=phones,
    )
    return _enter(
        by,
        found,
        person.id,
        organisation,
        role,
        leader=leader,
        position=position,
        specialty=specialty,
        linked_as=key,
    )


def _enter(
    by: Actor,
    batch: AidBatch,
    person_id: UUID,
    home: Organisation | None,
    role: str,
    *,
    leader: bool,
    position: str = "",
    specialty: str = "",
    linked_as: UUID | None = None,
) -> AidMember:
    """``linked_as``: the id that the person's link names already."""
    person = lock_person(person_id)
    problems = list(_unknown(role))
    if person.deceased_on is not None:
        problems.append(Problem(_("This person has died."), field="holder"))
    if problems:
        raise Invalid(*problems)
    if AidMember.objects.filter(batch=batch, person=person).exists():
        raise Conflict(_("%(name)s is in this batch already.") % {"name": person.name})
    first = batch.from_date if batch.state == State.PLANNED else timezone.localdate()
    refuse_elsewhere(batch, {person.id: person.name}, first, batch.until)
    if leader:
        _step_down(batch)
    member = AidMember(
        id=linked_as or uuid7(),
        batch=batch,
        place_code=batch.place_code,
        person=person,
        name=person.name,
        role=role,
        organisation=home,
        leader=leader,
        position=position.strip(),
        specialty=specialty.strip(),
    )
    member.save(force_insert=True)
    if batch.left_on is not None:
        relieve(by, [person.id], batch.left_on, None)
    if linked_as is None:
        link_person(
            by=by, person_id=person.id, place_code=batch.place_code, kind=LINK, source_id=member.id
        )
    return member


def _unknown(role: str) -> Iterator[Problem]:
    if role not in aid_rules().roles:
        yield Problem(
            _("“%(code)s” is no role.") % {"code": role},
            field="role",
            mend=_("Choose one of the list."),
            code="unknown_code",
        )


def _step_down(batch: AidBatch) -> None:
    for row in AidMember.objects.filter(batch=batch, leader=True):
        row.leader = False
        row.save(update_fields=["leader"])


@action
def take_over_unit(*, by: Actor, batch: AidBatch, role: str) -> int:
    """Who is seconded into the batch's temporary unit goes with it. Returns how many are new.

    Raises Invalid: it has none; Conflict as :func:`add_member` does.
    """
    found = held(by, batch.id, *queries.GOING)
    if found.unit is None:
        raise Invalid(
            Problem(
                _("The batch has no temporary unit."),
                mend=_("Change the batch and name its unit first."),
            )
        )
    known = AidMember.objects.filter(batch=found).values("person")
    rows = Secondment.objects.filter(unit=found.unit, member__to_date=None).exclude(member=None)
    new = list(rows.exclude(person__in=known).select_related("home_body").order_by("person_id"))
    for row in new:
        _enter(by, found, row.person_id, row.home_body, role, leader=False)
    return len(new)


@action
def change_member(
    *,
    by: Actor,
    member: AidMember,
    role: str,
    leader: bool,
    position: str | None = None,
    specialty: str | None = None,
    organisation: Organisation | None = None,
) -> AidMember:
    """Change what somebody is in a batch; a new leader takes the place of the one before.

    None: as it is.
    """
    batch = held(by, member.batch_id, *queries.OPEN)
    row = _row(member)
    problems = list(_unknown(role)) if role != row.role else []
    if problems:
        raise Invalid(*problems)
    if leader and not row.leader:
        _step_down(batch)
    changed = update_fields(
        row,
        role=role,
        leader=leader,
        position=row.position if position is None else position.strip(),
        specialty=row.specialty if specialty is None else specialty.strip(),
        organisation_id=organisation.id if organisation else row.organisation_id,
    )
    if changed:
        row.save(update_fields=changed)
    return row


def _row(member: AidMember) -> AidMember:
    """The member as he is now; his batch is locked."""
    row = AidMember.objects.select_related("batch").filter(id=member.id).first()
    if row is None:
        raise OutOfScope(str(member.id))
    return row


@action
def take_out(*, by: Actor, member: AidMember) -> AidBatch:
    """Somebody does not go with a batch after all. Raises Conflict once it has left."""
    batch = held(by, member.batch_id, State.PLANNED)
    row = _row(member)
    FamilyContact.objects.filter(member=row).delete()
    unlink_person(by=by, person_id=row.person_id, kind=LINK, source_id=row.id)
    row.delete()
    return batch


@action
def come_back(
    *,
    by: Actor,
    batch: AidBatch,
    members: list[AidMember],
    on: dt.date,
    days: int,
    kind: str = "",
    place: str = "",
    reason: str = "",
) -> int:
    """Members are back, and in quarantine for ``days`` from that day on; returns how many.

    With the last of them the batch has returned. Fewer days than the rules say need a reason, which
    is kept with each of them.

    Raises Invalid: a day to come or before the batch left, an unknown kind of quarantine.
    """
    found = held(by, batch.id, State.UNDER_WAY)
    rules = aid_rules()
    problems = list(past(on, "on"))
    if found.left_on is None or on < found.left_on:
        problems.append(
            Problem(_("This is before the batch left."), field="on", mend=_("Compare the days."))
        )
    if not 0 <= days <= MOST_DAYS:
        problems.append(Problem(_("Write at most %(n)d days.") % {"n": MOST_DAYS}, field="days"))
    if days < rules.quarantine_days and not reason.strip():
        problems.append(
            Problem(
                ngettext(
                    "The rules say %(n)d day of quarantine.",
                    "The rules say %(n)d days of quarantine.",
                    rules.quarantine_days,
                )
                % {"n": rules.quarantine_days},
                field="reason",
                mend=_("Write why these may have fewer."),
                code="fewer",
            )
        )
    if days and kind not in rules.quarantines:
        problems.append(Problem(_("Choose a kind of quarantine."), field="kind"))
    rows = AidMember.objects.filter(batch=found, id__in=[one.id for one in members])
    away = list(rows.filter(returned_on=None).order_by("id"))
    if not away:
        problems.append(
            Problem(_("Nobody is chosen who is still away."), field="who", mend=_("Choose them."))
        )
    if problems:
        raise Invalid(*problems)
    why = checked_reason(reason) if days < rules.quarantine_days else ""
    for row in away:
        row.returned_on, row.fewer_for = on, why
        row.save(update_fields=["returned_on", "fewer_for"])
        if days:
            AidQuarantine.objects.create(
                member=row,
                place_code=found.place_code,
                kind=kind,
                place=place.strip() or None,
                from_date=on,
                until=on + dt.timedelta(days=days - 1),
            )
    if days:
        until = on + dt.timedelta(days=days - 1)
        relieve(by, [row.person_id for row in away], on, until)
    if not AidMember.objects.filter(batch=found, returned_on=None).exists():
        last = AidMember.objects.filter(batch=found).order_by("-returned_on").first()
        found.state, found.returned_on = State.RETURNED, last.returned_on if last else on
        found.save(update_fields=["state", "returned_on"])
    raising.settle(by, [found])
    return len(away)


@action
def undo_return(*, by: Actor, member: AidMember) -> AidMember:
    """A return was recorded by mistake: he is away still, and the batch under way.

    Raises Conflict: not back yet; with another batch since.
    """
    batch = held(by, member.batch_id, State.UNDER_WAY, State.RETURNED)
    row = _row(member)
    if row.returned_on is None:
        raise Conflict(_("%(name)s is not back yet.") % {"name": row.name})
    refuse_elsewhere(
        batch,
        {row.person_id: row.name},
        row.returned_on,
        max(batch.until, timezone.localdate()),
    )
    AidQuarantine.objects.filter(member=row).delete()
    row.returned_on, row.fewer_for = None, ""
    row.save(update_fields=["returned_on", "fewer_for"])
    if batch.state == State.RETURNED:
        batch.state, batch.returned_on = State.UNDER_WAY, None
        batch.save(update_fields=["state", "returned_on"])
    raising.settle(by, [batch])
    return row


@action
def change_quarantine(
    *, by: Actor, member: AidMember, kind: str, place: str, until: dt.date
) -> AidQuarantine:
    """Say where somebody is in quarantine, or until when. Raises Conflict when it has ended."""
    batch = held(by, member.batch_id, State.UNDER_WAY, State.RETURNED)
    row = _quarantine(member)
    problems = []
    if kind not in aid_rules().quarantines and kind != row.kind:
        problems.append(Problem(_("Choose a kind of quarantine."), field="kind"))
    if not row.until <= until <= row.from_date + dt.timedelta(days=MOST_DAYS):
        problems.append(
            Problem(
                _("It can be prolonged, to %(n)d days at most.") % {"n": MOST_DAYS},
                field="until",
                mend=_("To end it before its day, use “End it now”."),
            )
        )
    if problems:
        raise Invalid(*problems)
    changed = update_fields(row, kind=kind, place=place.strip() or None, until=until)
    if changed:
        row.save(update_fields=changed)
    raising.settle(by, [batch])
    return row


@action
def end_quarantine(*, by: Actor, member: AidMember, reason: str) -> AidQuarantine:
    """End a quarantine today, before its day, with the reason."""
    batch = held(by, member.batch_id, State.UNDER_WAY, State.RETURNED)
    row = _quarantine(member)
    row.ended_for, row.ended_on = checked_reason(reason), timezone.localdate()
    row.save(update_fields=["ended_for", "ended_on"])
    raising.settle(by, [batch])
    return row


def _quarantine(member: AidMember) -> AidQuarantine:
    row = AidQuarantine.objects.filter(member=member).first()
    if row is None or row.last < timezone.localdate() or row.ended_on is not None:
        raise Conflict(_("There is no quarantine that runs."))
    return row


@action
def name_contact(
    *, by: Actor, member: AidMember, holder: Person | Member, phone: str = ""
) -> FamilyContact:
    """Say who at home keeps contact with a member's family, and by which phone he is reached.

    Who did so before did it until today. Raises Invalid: the member himself, somebody who died.
    """
    held(by, member.batch_id, *queries.OPEN)
    row = _row(member)
    person = lock_person(holder.person_id if isinstance(holder, Member) else holder.id)
    if person.id == row.person_id or person.deceased_on is not None:
        raise Invalid(
            Problem(
                _("It must be somebody at home."), field="holder", mend=_("Choose somebody else.")
            )
        )
    number, today = phone.strip() or None, timezone.localdate()
    known = FamilyContact.objects.filter(member=row, to_date=None).first()
    if known is not None and known.person_id == person.id:
        known.phone = number
        known.save(update_fields=["phone"])
        return known
    if known is not None:
        known.to_date = max(today, known.from_date)
        known.save(update_fields=["to_date"])
    return FamilyContact.objects.create(
        member=row,
        place_code=row.place_code,
        person=person,
        name=person.name,
        phone=number,
        from_date=today,
    )


@action
def reveal_contact(*, by: Actor, contact: FamilyContact) -> str:
    """The phone of who keeps contact with a family; the tap is logged like every reveal.

    For who keeps the batches, who leads this one and who is its liaison. Raises Forbidden,
    Conflict (none is recorded), RevealQuota.
    """
    by.require(VIEW, contact.place_code)
    batch = queries.member(contact.member_id).batch
    if not (by.may(KEEP, batch.place_code) or queries.in_charge(by, batch)):
        raise Forbidden(KEEP, batch.place_code)
    if not contact.phone:
        raise Conflict(_("No phone is recorded."))
    log_reveal(
        by=by,
        person_id=contact.person_id,
        what="work phone",
        reason=_("Call who keeps contact with a family"),
        purpose="other",
    )
    return str(contact.phone)
