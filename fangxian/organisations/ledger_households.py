"""The ledger of 1+10: a household a row, with the member who looks after it.

A household with another member moves to him (with the option to hand over), one without is given
to him, a last day in the row ends it; a household that no row names stays with whom it is. Who may
have how many is judged after the last row.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
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
from fangxian.core.imports import Outcome, StagedRow, row_name, rows_of
from fangxian.core.ledgers import ROW_KEY, known_row
from fangxian.core.ledgers.rows import PROBLEMS
from fangxian.core.models import ImportRun, RowState
from fangxian.organisations.actions import change_contact, link_households, unlink_household
from fangxian.organisations.ledger_chain import said_place
from fangxian.organisations.ledger_holders import holder_named, refusal
from fangxian.organisations.ledger_places import no_right, places_of, refused
from fangxian.organisations.ledger_together import Entry, Key, Loads, Shift, write_all
from fangxian.organisations.loads import DAY, Span
from fangxian.organisations.models import Member, Organisation, ResponsibilityHousehold
from fangxian.organisations.rules import chain_rules
from fangxian.organisations.vacancies import gathered
from fangxian.people.models import Person
from fangxian.regions.models import Region
from fangxian.register.models import Household
from fangxian.register.queries import households_in, residents_of

# How an export hides a name; such a cell says nothing.
HIDDEN: Final = "*"
HANDLED: Final = (RowState.ACCEPTED, RowState.REJECTED)

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
    ROW_KEY,
)
# Whose sheets name the rows that are known by it.
ROWS: Final = "organisations.member_households"


def said_before(by: Actor, run: ImportRun) -> dict[UUID, int]:
    """Which row said a household first, of those that an earlier attempt has written."""
    said: dict[UUID, int] = {}
    ledger = _Ledger(by, run, said)
    handled = (row for state in HANDLED for row in rows_of(run, state))
    for row in sorted(handled, key=lambda row: row.number):
        if PROBLEMS not in row.values:
            with suppress(Invalid):
                ledger.home(row)
    return said


def write_households(
    by: Actor, run: ImportRun, rows: Sequence[StagedRow], *, said_in: dict[UUID, int]
) -> Sequence[Outcome]:
    """Give households to members row by row; who has one already keeps it unless it is said.

    ``said_in``: which row of the whole run said a household first; added to.
    """
    ledger = _Ledger(by, run, said_in)
    outcomes: list[Outcome] = []
    said: list[_Said] = []
    for row in rows:
        try:
            said.append(ledger.read(row))
        except Invalid as error:
            outcomes.append(refused(row, error))
        except Forbidden:
            outcomes.append(refused(row, no_right()))
    links = _links_of([one.home.id for one in said])
    entries = []
    for one in said:
        # Most rows of a ledger that comes back say what is so.
        link = one.known(links[one.home.id])
        if link is not None and one.is_so(link):
            outcomes.append(
                Outcome(one.row.number, object_id=link.responsibility_id, changed=False)
            )
        else:
            entries.append(Entry(one.row, partial(ledger.write, one), partial(ledger.shift, one)))
    with gathered(by):
        return [*outcomes, *write_all(entries, Loads(_held, lambda _role: ledger.most))]


@dataclass(frozen=True, slots=True)
class _Said:
    """What a row says: who looks after which household, from when, and until when if it says so."""

    row: StagedRow
    who: Member | Person
    home: Household
    first: dt.date
    last: dt.date | None
    contact: str

    @property
    def span(self) -> Span:
        return Span(self.first, self.last)

    @property
    def person_id(self) -> UUID:
        return self.who.person_id if isinstance(self.who, Member) else self.who.id

    def is_of(self, link: ResponsibilityHousehold) -> bool:
        """Whether a link is that of whom the row names."""
        row = link.responsibility
        return (row.member_id if isinstance(self.who, Member) else row.person_id) == self.who.id

    def is_so(self, link: ResponsibilityHousehold) -> bool:
        """Whether a link of whom the row names says all that the row says."""
        told = link.responsibility.contact or ""
        return self.last in (None, link.to_date) and self.contact in ("", told)

    def known(self, links: Iterable[ResponsibilityHousehold]) -> ResponsibilityHousehold | None:
        """The link that says so already: on the first day, or today when that has passed."""
        days = self.first, max(self.first, timezone.localdate())
        own = [link for link in links if self.is_of(link)]
        found = (
            link
            for day in days[::-1]
            for link in own
            if Span(link.from_date, link.to_date).covers(day)
        )
        return next(found, None)


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

    def __init__(self, by: Actor, run: ImportRun, said: dict[UUID, int]) -> None:
        self.by, self.run = by, run
        self.area = run.place_code
        self.replace = bool(run.options.get("replace"))
        self.places = places_of(run.place_code)
        self.rules = chain_rules()
        self.most = self.rules.max_households
        self._homes: dict[str, list[Household]] = {}
        self._members: dict[tuple[Any, ...], Member | Person] = {}
        self._said = said
        self._taken: dict[int, ResponsibilityHousehold | None] = {}

    def home(self, row: StagedRow) -> Household:
        """The household that a row is about. Raises Invalid, also when another row said it."""
        home = self._named(row) or self._home(row.values)
        before = self._said.setdefault(home.id, row.number)
        if before != row.number:
            raise refusal(
                _("This household stands in row %(row)s already.")
                % {"row": row_name(self.run, before)},
                "room",
                _("Remove one of the two rows."),
                "twice",
            )
        return home

    def read(self, row: StagedRow) -> _Said:
        """What a row says. Raises Invalid, Forbidden."""
        values, home = row.values, self.home(row)
        self.by.require("organisations.appoint", home.place_code)
        who = self._holder(row) or self._who(values)
        first, last = _day(values, "start_date"), _day(values, "end_date")
        if first and last and last < first:
            raise refusal(
                _("The last day lies before the first."),
                "end_date",
                _("Swap the two days."),
                "days",
            )
        first = first or timezone.localdate()
        return _Said(row, who, home, first, last, values.get("responsible_phone", ""))

    def _link(self, row: StagedRow) -> ResponsibilityHousehold | None:
        """The link that a row was taken from. Raises Invalid."""
        if row.number not in self._taken:
            links = ResponsibilityHousehold.objects.select_related(
                "household",
                "responsibility__person",
                "responsibility__member__person",
                "responsibility__member__organisation",
            )
            self._taken[row.number] = known_row(links, ROWS, row.values, self.area)
        return self._taken[row.number]

    def _named(self, row: StagedRow) -> Household | None:
        """The household of the link that a row was taken from. Raises Invalid for another door."""
        link = self._link(row)
        if link is None:
            return None
        try:
            meant = self._home(row.values).id
        except Invalid as error:
            # Which of those behind the door it is the link says.
            if error.problems[0].code != "several_households":
                raise
            meant = link.household_id
        if meant != link.household_id:
            raise refusal(
                _("The row was taken from another household: %(household)s.")
                % {"household": link.household},
                "room",
                _("Correct the door in the register; another household is a row without a name."),
                "other_household",
            )
        return link.household

    def _holder(self, row: StagedRow) -> Member | Person | None:
        """Who looks after it by the link that a row was taken from, unless it names another."""
        link = self._link(row)
        said = row.values.get("responsible", "")
        # The name under which somebody was named stays, also of who is called otherwise since.
        if link is None or said not in ("", link.responsibility.holder_name):
            return None
        member = link.responsibility.member
        body = row.values.get("organisation", "").strip()
        elsewhere = body and (member is None or member.organisation.name != body)
        if elsewhere or row.values.get("identity"):
            return None
        return member or link.responsibility.person

    def write(self, one: _Said) -> Outcome:
        """Write a row; one that is refused changes nothing."""
        row = one.row
        try:
            with transaction.atomic():
                link, new = self._linked(one)
                changed = new or not one.is_so(link)
                if not new and one.contact:
                    change_contact(
                        by=self.by, responsibility=link.responsibility, contact=one.contact
                    )
                if one.last is not None and link.to_date != one.last:
                    self._end(link, one.last)
                return Outcome(row.number, object_id=link.responsibility_id, changed=changed)
        except Invalid as error:
            return refused(row, error)
        except Conflict as error:
            return refused(row, Problem(str(error), field="room", code="conflict"))

    def _linked(self, one: _Said) -> tuple[ResponsibilityHousehold, bool]:
        """The link that the row speaks of, and whether it was made only now. Raises Invalid."""
        links = _links_of([one.home.id])[one.home.id]
        known = one.known(links)
        if known is not None:
            return known, False
        member = self._member(one.who)
        if one.last is not None and one.last < one.first:
            raise _outside(member.person.name)
        for link in links:
            if Span(link.from_date, link.to_date).meets(one.span):
                self._check_moves(link, one)
        made = link_households(
            by=self.by,
            member=member,
            place=self._place(member, one.home, one.first),
            households=[one.home],
            contact=one.contact,
            on=one.first,
            until=one.last,
        )
        return made.households.get(household=one.home, from_date=one.first), True

    def _check_moves(self, link: ResponsibilityHousehold, one: _Said) -> None:
        """Refuse to take a household from a member unasked, or for days that are over."""
        told = {"name": link.responsibility.holder_name, "household": one.home}
        first, today = one.first, timezone.localdate()
        if not self.replace and not one.is_of(link):
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

    def _end(self, link: ResponsibilityHousehold, last: dt.date) -> None:
        name = link.responsibility.holder_name
        if not self.replace:
            raise refusal(
                _("%(name)s looks after it beyond this day, or not so long.") % {"name": name},
                "end_date",
                _("Choose to hand over beside the columns, or end it on the page of the member."),
                "ends",
            )
        if last < link.from_date or (link.to_date is not None and link.to_date < last):
            raise _outside(name)
        unlink_household(by=self.by, link=link, on=last + DAY)

    def shift(self, one: _Said) -> Shift:
        """What a row gives to whom it names, and takes from who looks after the household now."""
        role, first = self.rules.member_role, one.first
        takes = tuple(
            ((link.responsibility.person_id, role), Span(max(link.from_date, first), link.to_date))
            for link in _links_of([one.home.id])[one.home.id]
            if link.responsibility.person_id is not None
            and Span(link.from_date, link.to_date).meets(one.span)
        )
        return Shift((((one.person_id, role), one.span),), takes)

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


def _outside(name: str) -> Invalid:
    return refusal(
        _("On this day %(name)s does not look after it.") % {"name": name},
        "end_date",
        _("Write a day between the first and the last on which it is so."),
        "outside",
    )


def _links_of(homes: Collection[UUID]) -> dict[UUID, list[ResponsibilityHousehold]]:
    """Who looks after, or looked after, each of some households, in order. One query."""
    found: dict[UUID, list[ResponsibilityHousehold]] = {home: [] for home in homes}
    rows = ResponsibilityHousehold.objects.filter(household__in=list(homes))
    for link in rows.select_related("responsibility").order_by("from_date", "id"):
        found[link.household_id].append(link)
    return found


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
