"""The ledger of 1+10: a household a row, with the member who looks after it.

A household with another member moves to him (with the option to hand over), one without is given
to him, a last day in the row ends it; a household that no row names stays with whom it is. Who may
have how many is judged after the last row.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fangxian.common.actor import Actor
from fangxian.common.codes import Level
from fangxian.common.errors import Conflict, Forbidden, Invalid, Problem
from fangxian.common.sheets import FieldSpec
from fangxian.common.sheets.words import key
from fangxian.common.ui import formats
from fangxian.core.imports import Outcome, StagedRow, row_name
from fangxian.core.models import ImportRun
from fangxian.organisations.actions import link_households, unlink_household
from fangxian.organisations.ledger_chain import said_place
from fangxian.organisations.ledger_holders import holder_named, refusal
from fangxian.organisations.ledger_places import no_right, places_of, refused
from fangxian.organisations.ledger_together import Entry, Key, Loads, Shift, write_all
from fangxian.organisations.loads import DAY, Span
from fangxian.organisations.models import Member, Organisation, ResponsibilityHousehold
from fangxian.organisations.queries import links_from
from fangxian.organisations.rules import chain_rules
from fangxian.organisations.vacancies import gathered
from fangxian.people.models import Person
from fangxian.regions.models import Region
from fangxian.register.models import Household
from fangxian.register.queries import households_in, residents_of

# How an export hides a name; such a cell says nothing.
HIDDEN: Final = "*"

FIELDS: Final = (
    FieldSpec("place_code", gettext_lazy("Code of the place")),
    FieldSpec("place", gettext_lazy("Place (name or code)")),
    FieldSpec("community", gettext_lazy("Community or village"), carry_down=True),
    FieldSpec("grid", gettext_lazy("Grid")),
    FieldSpec("building", gettext_lazy("Building"), carry_down=True),
    FieldSpec("unit", gettext_lazy("Entrance")),
    FieldSpec("room", gettext_lazy("Room")),
    FieldSpec("household_number", gettext_lazy("Household number")),
    FieldSpec("head_name", gettext_lazy("Head")),
    FieldSpec(
        "responsible",
        gettext_lazy("Who answers"),
        "name",
        required=True,
        instead="member_household",
        carry_down=True,
    ),
    FieldSpec("identity", gettext_lazy("Identity number"), "document"),
    FieldSpec("organisation", gettext_lazy("Organisation")),
    FieldSpec("responsible_phone", gettext_lazy("Work phone"), "phone"),
    FieldSpec("start_date", gettext_lazy("From"), "date"),
    FieldSpec("end_date", gettext_lazy("Until"), "date"),
)


def write_households(by: Actor, run: ImportRun, rows: Sequence[StagedRow]) -> Sequence[Outcome]:
    """Give households to members row by row; who has one already keeps it unless it is said."""
    ledger = _Ledger(by, run)
    outcomes: list[Outcome] = []
    entries: list[Entry] = []
    for row in rows:
        try:
            entries.append(ledger.entry(row))
        except Invalid as error:
            outcomes.append(refused(row, error))
        except Forbidden:
            outcomes.append(refused(row, no_right()))
    with gathered(by):
        return [*outcomes, *write_all(entries, Loads(_held, lambda _role: ledger.most))]


def _held(keys: Collection[Key]) -> Mapping[Key, Sequence[Span]]:
    """The days of the households of members. One query."""
    found: dict[Key, list[Span]] = {one: [] for one in keys}
    rows = ResponsibilityHousehold.objects.filter(
        responsibility__person__in={person for person, _role in keys},
        responsibility__role__in={role for _person, role in keys},
    )
    for person, role, first, last in rows.values_list(
        "responsibility__person", "responsibility__role", "from_date", "to_date"
    ):
        found[person, role].append(Span(first, last))
    return found


class _Ledger:
    """Reads rows of one part of a ledger: doors, members and links, each once."""

    def __init__(self, by: Actor, run: ImportRun) -> None:
        self.by, self.run = by, run
        self.area = run.place_code
        self.replace = bool(run.options.get("replace"))
        self.places = places_of(run.place_code)
        self.rules = chain_rules()
        self.most = self.rules.max_households
        self._homes: dict[str, list[Household]] = {}
        self._members: dict[tuple[Any, ...], Member | Person] = {}
        self._said: dict[UUID, int] = {}

    def entry(self, row: StagedRow) -> Entry:
        """A row, ready to be written. Raises Invalid, Forbidden."""
        values = row.values
        home = self._home(values)
        before = self._said.setdefault(home.id, row.number)
        if before != row.number:
            raise refusal(
                _("This household stands in row %(row)s already.")
                % {"row": row_name(self.run, before)},
                "room",
                _("Remove one of the two rows."),
                "twice",
            )
        self.by.require("organisations.appoint", home.place_code)
        who = self._who(values)
        first, last = _day(values, "start_date"), _day(values, "end_date")
        if first and last and last < first:
            raise refusal(
                _("The last day lies before the first."),
                "end_date",
                _("Swap the two days."),
                "days",
            )
        rest = (who, home, first or timezone.localdate(), last)
        contact = values.get("responsible_phone", "")
        return Entry(
            row, partial(self._write, row, *rest, contact), partial(self._shift, *rest[:3])
        )

    def _write(
        self,
        row: StagedRow,
        who: Member | Person,
        home: Household,
        first: dt.date,
        last: dt.date | None,
        contact: str,
    ) -> Outcome:
        try:
            with transaction.atomic():
                link, changed = self._linked(who, home, first, contact)
                if last is not None and link.to_date != last:
                    self._end(link, last, new=changed)
                    changed = True
                return Outcome(row.number, object_id=link.responsibility_id, changed=changed)
        except Invalid as error:
            return refused(row, error)
        except Conflict as error:
            return refused(row, Problem(str(error), field="room", code="conflict"))

    def _linked(
        self, who: Member | Person, home: Household, first: dt.date, contact: str
    ) -> tuple[ResponsibilityHousehold, bool]:
        """The link that the row speaks of, and whether it was made only now. Raises Invalid."""
        others = []
        for link in _links(home, first):
            if not _is(who, link):
                others.append(link)
            elif Span(link.from_date, link.to_date).covers(max(first, timezone.localdate())):
                return link, False
        for link in others:
            self._check_moves(link, home, first)
        member = self._member(who)
        made = link_households(
            by=self.by,
            member=member,
            place=self._place(member, home, first),
            households=[home],
            contact=contact,
            on=first,
        )
        return made.households.get(household=home, from_date=first), True

    def _check_moves(self, link: ResponsibilityHousehold, home: Household, first: dt.date) -> None:
        """Refuse to take a household from a member unasked, or for days that are over."""
        told = {"name": link.responsibility.holder_name, "household": home}
        today = timezone.localdate()
        if not self.replace:
            raise refusal(
                _("%(name)s looks after “%(household)s” already.") % told,
                "responsible",
                _("Choose to hand over beside the columns, and write from which day."),
                "overlap",
            )
        if first <= link.from_date < today or (link.to_date is not None and link.to_date < today):
            day = formats.date(link.from_date)
            raise refusal(
                _("%(name)s looks after “%(household)s” from %(day)s.") % {**told, "day": day},
                "start_date",
                _("Write the day from which it is somebody else, a later one."),
                "too_early",
            )

    def _end(self, link: ResponsibilityHousehold, last: dt.date, *, new: bool) -> None:
        name = link.responsibility.holder_name
        if not new and not self.replace:
            raise refusal(
                _("%(name)s looks after it beyond this day, or not so long.") % {"name": name},
                "end_date",
                _("Choose to hand over beside the columns, or end it on the page of the member."),
                "ends",
            )
        if last < link.from_date or (link.to_date is not None and link.to_date < last):
            raise refusal(
                _("On this day %(name)s does not look after it.") % {"name": name},
                "end_date",
                _("Write a day between the first and the last on which it is so."),
                "outside",
            )
        unlink_household(by=self.by, link=link, on=last + DAY)

    def _shift(self, who: Member | Person, home: Household, first: dt.date) -> Shift:
        role = self.rules.member_role
        takes = tuple(
            ((link.responsibility.person_id, role), Span(max(link.from_date, first), link.to_date))
            for link in _links(home, first)
            if link.responsibility.person_id is not None
        )
        person = who.person_id if isinstance(who, Member) else who.id
        return Shift((((person, role), Span(first)),), takes)

    def _home(self, values: Mapping[str, Any]) -> Household:
        """The only household behind the door that a row names. Raises Invalid."""
        place = said_place(values, self.places)
        if place.level < Level.BUILDING:
            raise refusal(
                _("The row says not in which building of “%(place)s”.") % {"place": place.name},
                "building",
                _("Write the building and the room."),
                "required",
            )
        building = place.code[: int(Level.BUILDING)]
        if building not in self._homes:
            self._homes[building] = list(households_in(building))
        found = [one for one in self._homes[building] if one.place_code.startswith(place.code)]
        found = _behind(found, values)
        if len(found) == 1:
            return found[0]
        if found:
            raise refusal(
                _("Several households live behind this door."),
                "room",
                _("Write the household number, or the name of the head."),
                "several_households",
            )
        raise refusal(
            _("No such household is registered in “%(place)s”.") % {"place": place.name},
            "room",
            _("Compare room and head with the register, or register the household first."),
            "no_household",
        )

    def _who(self, values: Mapping[str, Any]) -> Member | Person:
        """Whom the row names: a member, or a person who is one. Raises Invalid."""
        names = ("responsible", "organisation", "responsible_phone")
        said = (*(values.get(name) for name in names), *values.get("identity", ()))
        if said not in self._members:
            post = self.rules.names[self.rules.member_role]
            who = holder_named(values, post, self.area)
            assert not isinstance(who, Organisation)  # the rules' shape: held by a person
            self._members[said] = who
        return self._members[said]

    def _member(self, who: Member | Person) -> Member:
        """By which membership somebody looks after households. Raises Invalid."""
        if isinstance(who, Member):
            return who
        offices = list(Member.objects.filter(person=who, to_date=None).select_related("person")[:2])
        if len(offices) == 1:
            return offices[0]
        if offices:
            raise refusal(
                _("%(name)s is a member of several organisations.") % {"name": who.name},
                "organisation",
                _("Write by which of them."),
                "several_members",
            )
        raise refusal(
            _("%(name)s is a member of no organisation.") % {"name": who.name},
            "responsible",
            _("Add the member first."),
            "no_member",
        )

    def _place(self, member: Member, home: Household, first: dt.date) -> Region:
        """Where the member looks after households that lie around this one, else its building."""
        rows = member.responsibilities.filter(
            role=self.rules.member_role, from_date__lte=first, to_date=None, substitute_for=None
        ).select_related("place")
        around = [row.place for row in rows if home.place_code.startswith(row.place.code)]
        return max(around, key=lambda place: len(place.code), default=home.building)


def _links(home: Household, first: dt.date) -> Iterable[ResponsibilityHousehold]:
    """Who looks after a household on a day or later."""
    return links_from(first).filter(household=home).select_related("responsibility")


def _is(who: Member | Person, link: ResponsibilityHousehold) -> bool:
    row = link.responsibility
    return (row.member_id if isinstance(who, Member) else row.person_id) == who.id


def _behind(homes: Sequence[Household], values: Mapping[str, Any]) -> list[Household]:
    """The households that a row may mean: by room, by number, by the head's name."""
    room, number = key(values.get("room", "")), key(values.get("household_number", ""))
    head = "" if HIDDEN in values.get("head_name", "") else key(values.get("head_name", ""))
    found = list(homes)
    if room or not head:
        found = [one for one in found if key(one.room) == room or (number and not room)]
    if number:
        found = [one for one in found if key(one.number) == number]
    if head:
        heads: dict[UUID, str] = {}
        for residency in residents_of(one.id for one in found):
            heads.setdefault(residency.household_id, residency.person.name)
        found = [one for one in found if key(heads.get(one.id, "")) == head]
    elif len(found) > 1:
        found = [one for one in found if not one.number] or found
    return found


def _day(values: Mapping[str, Any], name: str) -> dt.date | None:
    return dt.date.fromisoformat(values[name]) if values.get(name) else None
