"""Finding who could answer: people of the register, members, organisations; by search."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from fangxian.common.actor import Actor
from fangxian.common.errors import Invalid, Problem
from fangxian.organisations.account_needs import standings_of
from fangxian.organisations.checking import Holder
from fangxian.organisations.models import Member, Organisation
from fangxian.organisations.queries import search_organisations
from fangxian.people import lookups
from fangxian.people.models import Person
from fangxian.regions.queries import names
from fangxian.register.queries import homes_of

SHOWN = 12


@dataclass(frozen=True)
class Candidate:
    """Somebody who can be chosen: ``key`` is what the form sends back."""

    key: str
    name: str
    detail: str = ""
    person_id: UUID | None = None

    @property
    def text(self) -> str:
        return f"{self.name} · {self.detail}" if self.detail else self.name


def find(by: Actor, text: str, *, person: bool) -> list[Candidate]:
    """Candidates for a search text: name, initials, number of a document or phone, credit code.

    Persons are those of the actor's area; organisations of anywhere. Who is a member is offered as
    such. Raises TooMany above the hourly quota of numbers.
    """
    text = text.strip()
    if not text:
        return []
    if not person:
        found = search_organisations(text, by.area)[:SHOWN]
        return [_organisation(row) for row in found]
    people = lookups.find(by, text, SHOWN)
    offices = _offices([one.id for one in people])
    return [candidate for one in people for candidate in _person(one, offices.get(one.id, []))]


def _offices(people: list[UUID]) -> dict[UUID, list[Member]]:
    rows: QuerySet[Member] = Member.objects.filter(person_id__in=people, to_date=None)
    found: dict[UUID, list[Member]] = {}
    for row in rows.select_related("organisation").order_by("from_date", "id"):
        found.setdefault(row.person_id, []).append(row)
    return found


def _person(person: Person, offices: list[Member]) -> list[Candidate]:
    born = str(person.birth_date.year) if person.birth_date else ""
    home = homes_of(person.id).first()
    lives = ""
    if home is not None:
        code = home.place_code[:18]
        lives = " ".join(
            part for part in (names([code]).get(code, ""), home.household.room) if part
        )
    plain = [part for part in (born, lives) if part]
    if not offices:
        return [Candidate(f"person:{person.id}", person.name, " · ".join(plain), person.id)]
    return [
        Candidate(
            f"member:{row.id}",
            person.name,
            " · ".join(
                part for part in (str(row.organisation), row.duty, row.rank, *plain) if part
            ),
            person.id,
        )
        for row in offices
    ]


def _organisation(row: Organisation) -> Candidate:
    detail = " · ".join(part for part in (str(row.kind), row.seat.name) if part)
    return Candidate(f"organisation:{row.id}", row.name, detail)


def candidate_of(key: str) -> Candidate | None:
    """The candidate behind a key that was sent back, as far as it is in scope."""
    try:
        holder = holder_of(key)
    except Invalid:
        return None
    if isinstance(holder, Organisation):
        return _organisation(holder)
    if isinstance(holder, Member):
        return Candidate(
            key,
            holder.person.name,
            " · ".join(part for part in (str(holder.organisation), holder.duty) if part),
            holder.person_id,
        )
    return Candidate(key, holder.name, person_id=holder.id)


def with_accounts(found: list[Candidate], role: str, place_code: str) -> list[Candidate]:
    """The candidates, each saying whether his account sees the place, where the role asks it."""
    persons = [one.person_id for one in found if one.person_id is not None]
    known = standings_of(persons, role, place_code) if persons else {}
    return [
        replace(one, detail=" · ".join(part for part in (one.detail, known[key].words) if part))
        if (key := one.person_id) is not None and key in known
        else one
        for one in found
    ]


def holder_of(key: str) -> Holder:
    """The holder behind a key. Raises Invalid when there is none in scope."""
    kind, _colon, text = key.partition(":")
    try:
        chosen = UUID(text)
    except ValueError:
        raise Invalid(_nobody()) from None
    found: Holder | None = None
    if kind == "person":
        found = Person.objects.filter(id=chosen).first()
    elif kind == "member":
        found = Member.objects.select_related("person", "organisation").filter(id=chosen).first()
    elif kind == "organisation":
        found = Organisation.objects.select_related("kind", "seat").filter(id=chosen).first()
    if found is None:
        raise Invalid(_nobody())
    return found


def _nobody() -> Problem:
    return Problem(
        _("Nobody is chosen."),
        field="holder",
        mend=_("Search by name, then choose one of those found."),
        code="nobody",
    )
