"""May somebody be named? The rules of the chain, applied to what is held already.

A :class:`Board` reads once what some places have and what some holders hold, and then answers for
one appointment after another, so that one form and a ledger of thousands pass the same checks.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fangxian.common.errors import Problem
from fangxian.common.ui import formats
from fangxian.organisations.loads import Span, are_judged_last, held_by, most_at_once
from fangxian.organisations.models import Member, Organisation, Responsibility
from fangxian.organisations.rules import ChainRole, ChainRules, Post
from fangxian.people.models import Person
from fangxian.regions.models import Building, Region

Holder = Person | Member | Organisation


@dataclass(frozen=True, slots=True)
class Appointment:
    """Somebody to be named for a place. ``to_date`` None: until further notice."""

    place: Region
    role: str
    holder: Holder
    from_date: dt.date
    to_date: dt.date | None = None
    contact: str = ""
    reason: str = ""

    @property
    def span(self) -> Span:
        return Span(self.from_date, self.to_date)

    @property
    def holder_id(self) -> UUID:
        """The id of the person or organisation."""
        return holder_id(self.holder)


def holder_id(holder: Holder) -> UUID:
    """The id of the human or the organisation behind a holder."""
    return holder.person_id if isinstance(holder, Member) else holder.id


def holder_name(holder: Holder) -> str:
    """The name that is copied into the responsibility."""
    return str(holder.person.name if isinstance(holder, Member) else holder.name)


@dataclass(slots=True)
class _Held:
    span: Span
    holder_id: UUID
    name: str
    row: Responsibility | None = None


class Board:
    """What is held at ``places`` and by ``holders``. Three queries, however many.

    Loads count places everywhere, also outside the reader's area (a database function tells how
    many, not which).
    """

    def __init__(
        self,
        rules: ChainRules,
        places: Sequence[Region],
        roles: Iterable[str],
        holders: Iterable[Holder],
        *,
        without: UUID | None = None,
    ) -> None:
        self.rules = rules
        wanted = sorted(set(roles))
        self._at: dict[tuple[UUID, str], list[_Held]] = defaultdict(list)
        rows = Responsibility.objects.filter(
            place_id__in=[place.id for place in places], role__in=wanted, substitute_for=None
        )
        for row in rows:
            if row.id != without:
                held = _Held(
                    Span(row.from_date, row.to_date),
                    row.person_id or row.organisation_id,  # type: ignore[arg-type]
                    row.holder_name,
                    row,
                )
                self._at[row.place_id, row.role].append(held)
        self._load: dict[tuple[UUID, str], list[Span]] = defaultdict(list)
        for holder, role, span, responsibility in held_by(map(holder_id, holders), wanted):
            if responsibility != without:
                self._load[holder, role].append(span)
        unmanaged = [place.id for place in places if any(self._bound(r, place) for r in wanted)]
        self._unmanaged: set[UUID] = set(
            Building.objects.filter(region_id__in=unmanaged, managed=False).values_list(
                "region_id", flat=True
            )
            if unmanaged
            else ()
        )

    def _bound(self, code: str, place: Region) -> bool:
        role = self.rules.roles.get(code)
        return role is not None and bool(role.only) and int(role.level) == place.level

    def known(self, wanted: Appointment) -> Responsibility | None:
        """The responsibility that says the same already: this holder here, on a day in common."""
        found = [
            held.row
            for held in self._at[wanted.place.id, wanted.role]
            if held.holder_id == wanted.holder_id and held.span.meets(wanted.span)
        ]
        alike = (row for row in found if row is not None and row.to_date == wanted.to_date)
        return next(alike, found[0] if found else None)

    def problem(self, wanted: Appointment) -> Problem | None:
        """Why this appointment is refused, or None."""
        role = self.rules.role(wanted.role)
        return (
            wrong_level(role, wanted.place)
            or self._wrong_building(role, wanted.place)
            or wrong_holder(role, wanted.holder, wanted.from_date)
            or self._overlap(role, wanted)
            or self.too_much(role, wanted.holder, wanted.span)
        )

    def take(self, wanted: Appointment, row: Responsibility) -> None:
        """Count an appointment that was made."""
        held = _Held(wanted.span, wanted.holder_id, row.holder_name, row)
        self._at[wanted.place.id, wanted.role].append(held)
        self._load[wanted.holder_id, wanted.role].append(wanted.span)

    def release(self, wanted: Appointment, row: Responsibility) -> None:
        """Forget an appointment that was counted by :meth:`take` and is not made after all."""
        at = self._at[wanted.place.id, wanted.role]
        at[:] = [held for held in at if held.row is not row]
        self._load[wanted.holder_id, wanted.role].remove(wanted.span)

    def _wrong_building(self, role: ChainRole, place: Region) -> Problem | None:
        if not role.only or place.id in self._unmanaged:
            return None
        return Problem(
            _("“%(place)s” has property management.") % {"place": place.name},
            field="place",
            mend=_("Only a building without property management has a %(role)s.")
            % {"role": role.name},
            code="managed",
        )

    def _overlap(self, role: ChainRole, wanted: Appointment) -> Problem | None:
        present = self._at[wanted.place.id, role.code]
        if most_at_once((held.span for held in present), wanted.span) < role.maximum:
            return None
        names = dict.fromkeys(held.name for held in present if held.span.meets(wanted.span))
        return Problem(
            ngettext(
                "“%(place)s” has its %(role)s already: %(names)s.",
                "“%(place)s” has all %(count)d of its %(role)s already: %(names)s.",
                role.maximum,
            )
            % {
                "place": wanted.place.name,
                "role": role.name,
                "names": _(", ").join(names),
                "count": role.maximum,
            },
            field="place",
            mend=_("Hand it over from one of them instead."),
            code="overlap",
        )

    def too_much(self, role: ChainRole, holder: Holder, span: Span) -> Problem | None:
        """Why the holder can take no further place in this role, or None."""
        if are_judged_last():
            return None
        held = most_at_once(self._load[holder_id(holder), role.code], span)
        if held < role.max_per_holder:
            return None
        return Problem(
            _("%(name)s already answers for %(held)d places as %(role)s; %(most)d is the most.")
            % {
                "name": holder_name(holder),
                "held": held,
                "role": role.name,
                "most": role.max_per_holder,
            },
            field="holder",
            mend=_("Choose somebody else, or end one of those first."),
            code="load",
        )


def ends_otherwise(row: Responsibility, last: dt.date | None) -> Problem | None:
    """Refuse to name who answers already with another last day; None (not said) is no other."""
    if last is None or last == row.to_date:
        return None
    mend = _("End it on its page.")
    if row.to_date is None:
        told = _("%(name)s answers there until further notice.") % {"name": row.holder_name}
    else:
        names = {"name": row.holder_name, "day": formats.date(row.to_date)}
        told = _("%(name)s answers there until %(day)s.") % names
        if last > row.to_date:
            mend = _("Let another row begin the day after.")
    return Problem(told, field="to_date", mend=mend, code="ends")


def wrong_level(role: ChainRole, place: Region) -> Problem | None:
    """Refuse a place of another level, or one that no longer exists."""
    if place.valid_to is not None:
        return Problem(
            _("“%(place)s” no longer exists.") % {"place": place.name},
            field="place",
            mend=_("Choose the place that followed it."),
            code="ended",
        )
    if int(role.level) == place.level:
        return None
    return Problem(
        _("“%(role)s” belongs to a place of the level “%(level)s”, not to “%(place)s”.")
        % {"role": role.name, "level": role.level.label, "place": place.name},
        field="place",
        mend=_("Choose a place of that level, or another role."),
        code="level",
    )


def wrong_holder(role: Post, holder: Holder, day: dt.date) -> Problem | None:
    """Refuse a holder of the other kind, or one who is not there any more."""
    if role.by_person == isinstance(holder, Organisation):
        what = _("a person") if role.by_person else _("an organisation")
        return Problem(
            _("“%(role)s” is held by %(what)s.") % {"role": role.name, "what": what},
            field="holder",
            mend=_("Choose %(what)s.") % {"what": what},
            code="holder",
        )
    return gone(holder, day)


def gone(holder: Holder, day: dt.date) -> Problem | None:
    """Refuse who died, left, was recorded twice, or was dissolved."""
    if isinstance(holder, Organisation):
        if holder.dissolved_on is None or holder.dissolved_on > day:
            return None
        text, mend = _("“%(name)s” is dissolved."), _("Choose an organisation that exists.")
    else:
        person = holder.person if isinstance(holder, Member) else holder
        left = isinstance(holder, Member) and holder.to_date is not None and holder.to_date < day
        if person.deceased_on is not None:
            text, mend = _("%(name)s has died."), _("Choose somebody else.")
        elif person.merged_into_id is not None:
            text = _("%(name)s was recorded twice; this record was merged.")
            mend = _("Choose the record that was kept.")
        elif left:
            text, mend = _("%(name)s is no longer a member."), _("Choose a present member.")
        else:
            return None
    return Problem(text % {"name": holder_name(holder)}, field="holder", mend=mend, code="gone")
