"""What a merge of two records of one human settles of memberships and of who answers.

What both records have counts once: the kept record's row stays, for all the days of both, and what
hangs on the other (responsibilities of the membership, stand-ins, households, evidence) goes over
to it. The other row ends on the day it began and stays with the record that was merged. Nobody
stands in for himself. The undo takes all of it back, unless the rows were changed since.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from django.db.models import F, Model, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict
from fangxian.common.history import restored
from fangxian.common.models import update_fields
from fangxian.organisations.actions import members, responsibilities, seconding
from fangxian.organisations.models import (
    Claim,
    FiveOneEvidence,
    Member,
    ReportIn,
    Responsibility,
    ResponsibilityHousehold,
    Secondment,
)
from fangxian.organisations.rules import chain_rules
from fangxian.organisations.vacancies import refresh_places
from fangxian.people.models import PersonLink
from fangxian.people.references import plain

Notes = dict[str, Any]
Hanging = tuple[type[Model], str]

_ON_MEMBER: dict[str, Hanging] = {
    "responsibilities": (Responsibility, "member_id"),
    "evidence": (FiveOneEvidence, "member_id"),
    "serves": (Secondment, "home_id"),
}
_ON_REPORT: dict[str, Hanging] = {"claims": (Claim, "report_id")}
_ON_RESPONSIBILITY: dict[str, Hanging] = {
    "substitutes": (Responsibility, "substitute_for_id"),
    "households": (ResponsibilityHousehold, "responsibility_id"),
    "evidence": (FiveOneEvidence, "responsibility_id"),
}


def same_members(lost: UUID, kept: UUID) -> list[UUID]:
    """Open memberships where the kept record is a member too: they stay with the lost one."""
    return [row.pk for row, _stays in _members(lost, kept)]


def same_responsibilities(lost: UUID, kept: UUID) -> list[UUID]:
    """What both records answer for in one role on the same days."""
    return [row.pk for row, _stays, _alone in _responsibilities(lost, kept)]


def same_reports(lost: UUID, kept: UUID) -> list[UUID]:
    """Where the lost record reported in while the kept one is with a community already."""
    if not ReportIn.objects.filter(person_id=kept, ended_on=None).exists():
        return []
    both = ReportIn.objects.filter(person_id=lost, ended_on=None)
    return list(both.values_list("pk", flat=True))


def settle_reports(_by: Actor, lost: UUID, kept: UUID) -> Notes:
    """One home community is enough: that of the kept record. Claims there go over to it."""
    notes: Notes = {"ended": [], "joined": [], "carried": []}
    stays = ReportIn.objects.filter(person_id=kept, ended_on=None).first()
    for row in ReportIn.objects.select_for_update().filter(pk__in=same_reports(lost, kept)):
        first = max(row.reported_on, row.received_on or row.reported_on)
        notes["ended"].append({"id": str(row.pk), "to_date": None, "ended": first.isoformat()})
        row.ended_on = first
        row.save(update_fields=["ended_on"])
        if stays is not None and stays.community_id == row.community_id:
            _carry(notes, _ON_REPORT, row, stays)
    return notes


def reopen_reports(_by: Actor, notes: Notes) -> None:
    """Take back what :func:`settle_reports` did."""
    _carry_back(notes, _ON_REPORT)
    for note in notes["ended"]:
        rows = ReportIn.objects.filter(pk=note["id"], ended_on=note["ended"])
        rows.update(ended_on=None)


def settle_members(_by: Actor, lost: UUID, kept: UUID) -> Notes:
    """Make one membership of two in one organisation. Returns what the undo needs."""
    notes: Notes = {"ended": [], "joined": [], "carried": []}
    for row, stays in _members(lost, kept):
        _end(notes, row)
        joined: dict[str, Any] = {
            "from_date": min(stays.from_date, row.from_date),
            "duty": stays.duty or row.duty,
            "rank": stays.rank or row.rank,
            "party_member": stays.party_member or row.party_member,
            "probationary": _full(stays) is _full(row) is False
            and (stays.probationary or row.probationary),
            "wish_id": stays.wish_id or row.wish_id,
        }
        _join(notes, stays, joined)
        _carry(notes, _ON_MEMBER, row, stays)
    return notes


def reopen_members(_by: Actor, notes: Notes) -> None:
    """Take back what :func:`settle_members` did."""
    told = _("The membership was changed after the merge: set it back first.")
    _part(notes, Member, told)
    _carry_back(notes, _ON_MEMBER)
    for row in _reopened(notes, Member):
        _link(row, members.LINK)


def settle_secondments(_by: Actor, lost: UUID, kept: UUID) -> Notes:
    """Let a human be seconded into a unit once. Returns what the undo needs.

    The kept record's row stays, with the membership in the unit that goes on. Before the
    memberships are joined: those of the other row, which goes, are its own in the history.
    """
    rows = Secondment.objects.select_for_update(of=("self",)).select_related("member", "home")
    both = list(rows.filter(person_id__in=[lost, kept]).order_by("pk"))
    own = {row.unit_id: row for row in both if row.person_id == kept}
    notes: Notes = {"gone": [], "joined": []}
    for row in both:
        if row.person_id == lost and row.unit_id in own:
            _serve_once(notes, row, own[row.unit_id])
    return notes


def _serve_once(notes: Notes, row: Secondment, stays: Secondment) -> None:
    joined: dict[str, Any] = {
        name: getattr(stays, name) or getattr(row, name) for name in ("duty", "office", "standing")
    }
    serves = _goes_on(row.member) and not _goes_on(stays.member)
    if serves or stays.member is None:
        joined["member_id"] = row.member_id
    if not _goes_on(stays.home) and _goes_on(row.home):
        joined |= {"home_id": row.home_id, "home_body_id": row.home_body_id}
    PersonLink.objects.filter(
        person_id=row.person_id, kind=seconding.LINK, source_id=row.pk
    ).delete()
    notes["gone"].append(str(row.pk))
    row.delete()
    _join(notes, stays, joined)


def _full(one: Member) -> bool:
    return one.party_member and not one.probationary


def _goes_on(member: Member | None) -> bool:
    return member is not None and member.to_date is None


def reopen_secondments(_by: Actor, notes: Notes) -> None:
    """Take back what :func:`settle_secondments` did. Raises Conflict: changed since."""
    _part(notes, Secondment, _("The secondment was changed after the merge: set it back first."))
    for key in reversed(notes["gone"]):
        row = restored(Secondment, UUID(key))
        if row is not None and row.unit.organisation_id is None:
            _link(row, seconding.LINK)


def settle_responsibilities(by: Actor, lost: UUID, kept: UUID) -> Notes:
    """Make one of what both records answer for. Returns what the undo needs."""
    notes: Notes = {"ended": [], "joined": [], "carried": []}
    places = []
    for row, stays, alone in _responsibilities(lost, kept):
        last = max(row.to_date, stays.to_date) if row.to_date and stays.to_date else None
        first = min(row.from_date, stays.from_date) if alone else stays.from_date
        _carry(notes, _ON_RESPONSIBILITY, row, stays)
        _end(notes, row)
        _join(notes, stays, {"from_date": first, "to_date": last})
        places.append(row.place)
    for row in _standing_in_for_himself(lost, kept):
        _end(notes, row)
        places.append(row.place)
    refresh_places(by, places)
    return notes


def reopen_responsibilities(by: Actor, notes: Notes) -> None:
    """Take back what :func:`settle_responsibilities` did.

    Raises Conflict where the rows were changed since, or somebody else answers there meanwhile.
    """
    told = _("Who answers was changed after the merge: set it back first.")
    _part(notes, Responsibility, told)
    rows = list(_reopened(notes, Responsibility))
    _carry_back(notes, _ON_RESPONSIBILITY)
    for row in rows:
        if _too_many(row):
            raise Conflict(
                _("Somebody else answers for %(place)s since the merge: end that first.")
                % {"place": row.place.name}
            )
        _link(row, responsibilities.LINK)
    refresh_places(by, [row.place for row in rows])


def _members(lost: UUID, kept: UUID) -> list[tuple[Member, Member]]:
    rows = Member.objects.select_for_update().filter(person_id__in=[lost, kept], to_date=None)
    both = list(rows.order_by("pk"))
    own = {row.organisation_id: row for row in both if row.person_id == kept}
    return [
        (row, own[row.organisation_id])
        for row in both
        if row.person_id == lost and row.organisation_id in own
    ]


def _responsibilities(
    lost: UUID, kept: UUID
) -> Iterator[tuple[Responsibility, Responsibility, bool]]:
    """Rows of the lost record, the kept one's latest beside each, and whether it is the only one.

    What one answers for is a place in a role; a contact leader's an establishment; a stand-in's
    the post of another.
    """
    rows = Responsibility.objects.select_for_update(of=("self",)).select_related("place")
    both = list(rows.filter(person_id__in=[lost, kept]).order_by("from_date", "pk"))
    own = [row for row in both if row.person_id == kept]
    for row in both:
        beside = [other for other in own if _same_post(row, other) and _meet(row, other)]
        if row.person_id == lost and beside:
            yield row, beside[-1], len(beside) == 1


def _same_post(one: Responsibility, other: Responsibility) -> bool:
    return (one.place_id, one.role, one.establishment_id, one.substitute_for_id) == (
        other.place_id,
        other.role,
        other.establishment_id,
        other.substitute_for_id,
    )


def _meet(one: Responsibility, other: Responsibility) -> bool:
    return (one.to_date is None or other.from_date <= one.to_date) and (
        other.to_date is None or one.from_date <= other.to_date
    )


def _standing_in_for_himself(lost: UUID, kept: UUID) -> list[Responsibility]:
    both = [lost, kept]
    rows = Responsibility.objects.select_for_update(of=("self",)).select_related("place").filter(
        person_id__in=both, substitute_for__person_id__in=both, to_date__gte=timezone.localdate()
    )  # fmt: skip
    return list(rows.exclude(substitute_for__person_id=F("person_id")))


def _end(notes: Notes, row: Member | Responsibility) -> None:
    last = row.to_date.isoformat() if row.to_date else None
    notes["ended"].append({"id": str(row.pk), "to_date": last, "ended": row.from_date.isoformat()})
    row.to_date = row.from_date
    row.save(update_fields=["to_date"])


def _join(
    notes: Notes, stays: Member | Responsibility | Secondment, joined: dict[str, Any]
) -> None:
    before = {name: plain(getattr(stays, name)) for name in joined}
    changed = update_fields(stays, **joined)
    if changed:
        stays.save(update_fields=changed)
    after = {name: plain(value) for name, value in joined.items()}
    notes["joined"].append({"id": str(stays.pk), "before": before, "after": after})


def _carry(notes: Notes, hanging: dict[str, Hanging], row: Model, stays: Model) -> None:
    for name, (model, field) in hanging.items():
        found = model._base_manager.filter(**{field: row.pk})
        ids = [str(key) for key in found.values_list("pk", flat=True)]
        model._base_manager.filter(pk__in=ids).update(**{field: stays.pk})
        notes["carried"].append(
            {"what": name, "ids": ids, "from": str(row.pk), "to": str(stays.pk)}
        )


def _carry_back(notes: Notes, hanging: dict[str, Hanging]) -> None:
    for note in notes["carried"]:
        model, field = hanging[note["what"]]
        moved = model._base_manager.filter(pk__in=note["ids"], **{field: note["to"]})
        moved.update(**{field: note["from"]})


def _part(notes: Notes, model: Any, told: str) -> None:
    """Give the kept record's rows their own values again. Raises Conflict(told)."""
    # Several rows of the lost record may have been joined to one: the last comes off first.
    for note in reversed(notes["joined"]):
        row = model.objects.select_for_update().filter(pk=note["id"]).first()
        if (
            row is None
            or {name: plain(getattr(row, name)) for name in note["after"]} != note["after"]
        ):
            raise Conflict(told)
        for name, value in note["before"].items():
            setattr(row, name, model._meta.get_field(name).to_python(value))
        row.save(update_fields=list(note["before"]))


def _reopened(notes: Notes, model: Any) -> Iterable[Any]:
    for note in notes["ended"]:
        row = model.objects.select_for_update().filter(pk=note["id"], to_date=note["ended"]).first()
        # Withdrawn since, as one may on its first day.
        if row is not None:
            row.to_date = dt.date.fromisoformat(note["to_date"]) if note["to_date"] else None
            row.save(update_fields=["to_date"])
            yield row


def _too_many(row: Responsibility) -> bool:
    """Whether a place has more holders on a day of the row than its rule allows."""
    role = chain_rules().roles.get(row.role)
    if role is None or row.substitute_for_id or row.establishment_id:
        return False
    meeting = Q(to_date=None) | Q(to_date__gte=row.from_date)
    if row.to_date is not None:
        meeting &= Q(from_date__lte=row.to_date)
    beside = Responsibility.objects.filter(
        meeting, place_id=row.place_id, role=row.role, substitute_for=None, establishment=None
    )
    held = list(beside)
    firsts = {max(row.from_date, other.from_date) for other in held}
    return any(
        sum(o.from_date <= day and (o.to_date is None or o.to_date >= day) for o in held)
        > role.maximum
        for day in firsts
    )


def _link(row: Member | Responsibility | Secondment, kind: str) -> None:
    # Upkeep takes the sight away that an ended row gave; the undo writes the names anew.
    assert row.person_id is not None  # only rows of persons are settled
    PersonLink.objects.get_or_create(
        person_id=row.person_id, place_code=row.place_code, kind=kind, source_id=row.pk
    )
