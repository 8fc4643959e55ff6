"""What the room registers at start-up for other rooms and pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import connections
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from fangxian.accounts import looks
from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict
from fangxian.common.registries import (
    Invariant,
    NavItem,
    Registry,
    Right,
    SearchHit,
    TodayItem,
    before_recode,
    invariants,
    navigation,
    rights,
    search,
    today,
)
from fangxian.common.ui import formats
from fangxian.people import facts, tokens
from fangxian.people.matching import unpaired
from fangxian.people.references import Reference, references

# What lower rooms show on a person's page: ``panel(request, by, person id) -> html or ""``.
person_panels: Registry[Callable[[HttpRequest, Actor, UUID], str]] = Registry("person panel")
# What lower rooms know of where persons are, all at once: ``source(person ids) -> texts by id``.
person_places: Registry[Callable[[Sequence[UUID]], Mapping[UUID, Sequence[str]]]] = Registry(
    "source of persons' places"
)


def _same_documents(lost: UUID, kept: UUID) -> list[UUID]:
    from fangxian.people.models import PersonDocument

    own = set(PersonDocument.objects.filter(person_id=kept).values_list("kind", "number_index"))
    return [
        pk
        for pk, kind, index in PersonDocument.objects.filter(person_id=lost).values_list(
            "pk", "kind", "number_index"
        )
        if (kind, index) in own
    ]


def _same_phones(lost: UUID, kept: UUID) -> list[UUID]:
    from fangxian.people.models import PersonPhone

    own = PersonPhone.objects.filter(person_id=kept).values("number_index")
    same = PersonPhone.objects.filter(person_id=lost, number_index__in=own)
    return list(same.values_list("pk", flat=True))


def _one_account(_by: Actor, lost: UUID, kept: UUID) -> dict[str, Any]:
    """An account follows the record that stays; one human never comes to two accounts by it."""
    from fangxian.accounts.models import User

    if User.objects.filter(person_id__in=[lost, kept]).count() > 1:
        raise Conflict(
            _now(
                "Both records have an account: the system administrator unlinks one of the two"
                " accounts first."
            )
        )
    return {}


def register() -> None:
    """Fill the registries."""
    for name, label in (
        ("people.view", _("See persons, with masked numbers")),
        ("people.edit", _("Record and change persons")),
        ("people.reveal", _("See full numbers, with a reason")),
        ("people.merge", _("Decide on possible duplicates")),
    ):
        rights.register(name, Right(name, label, personal=True))
    before_recode.register("people.tokens", tokens.before_recode)
    references.register(
        "people.documents", Reference("people.PersonDocument", clashes=_same_documents)
    )
    references.register("people.phones", Reference("people.PersonPhone", clashes=_same_phones))
    references.register("accounts.users", Reference("accounts.User", settle=_one_account))
    navigation.register(
        "people.merges",
        NavItem(_("Merge queue"), "people:merges", "people.merge", "merge"),
        order=50,
    )
    search.register("people", _find, order=20)
    looks.persons.register("people", _numbered)
    looks.records.register("people", _merged_into)
    today.register("people", _today, order=50)
    facts.register()
    for name, invariant in _INVARIANTS:
        invariants.register(name, invariant)
    _register_tasks()
    _register_sunset()


def _register_tasks() -> None:
    from fangxian.core.kinds import TaskKind, task_kinds
    from fangxian.people import queue

    def url(task: Any) -> str:
        return reverse("people:merge", args=[task.object_id])

    task_kinds.register(queue.TASK, TaskKind(_("Possible duplicate"), url, by_hand=False))


def places_of(persons: Sequence[UUID]) -> dict[UUID, list[str]]:
    """Where the persons are, as far as lower rooms know and the scope shows."""
    found: dict[UUID, list[str]] = {person: [] for person in persons}
    for source in person_places:
        for person, places in source(persons).items():
            found[person] += places
    return found


def _numbered(text: str) -> list[UUID]:
    """The living records in scope that a document, a phone or an id names."""
    from fangxian.people import queries
    from fangxian.people.models import Person

    try:
        named = Person.objects.filter(pk=UUID(text), merged_into=None)
    except ValueError:
        pass
    else:
        return list(named.values_list("pk", flat=True))
    found = queries.find_by_document("", text).values_list("pk", flat=True)
    return list(found) or list(queries.find_by_phone(text).values_list("pk", flat=True))


def _merged_into(person: UUID) -> list[UUID]:
    from fangxian.people import queries

    return queries.merged_into(person)


def _register_sunset() -> None:
    from fangxian.core.sunset import Removal, hooks
    from fangxian.people import emergencies

    removal = Removal(emergencies.count_numbers, emergencies.forget_numbers)
    hooks.register("people.numbers", removal)


def _find(by: Actor, text: str, limit: int) -> list[SearchHit]:
    from fangxian.people import lookups

    if not by.may("people.view"):
        return []
    found = lookups.find(by, text, limit)
    places = places_of([person.id for person in found])
    return [
        SearchHit(
            _("People"),
            person.name,
            reverse("people:person", args=[person.id]),
            " · ".join(filter(None, (formats.date(person.birth_date), *places[person.id][:1]))),
        )
        for person in found
    ]


def _today(by: Actor) -> list[TodayItem]:
    from fangxian.people import queries

    if not by.may("people.merge"):
        return []
    waiting = queries.candidates().count()
    if not waiting:
        return []
    return [
        TodayItem(
            "due",
            _("Possible duplicates to decide on"),
            waiting,
            reverse("people:merges"),
            tone="warn",
            unit="pair",
        )
    ]


def _rows(sql: str) -> Iterator[tuple[Any, ...]]:
    with connections["maintenance"].cursor() as cursor:
        cursor.execute(sql)
        yield from cursor.fetchall()


def _unseen_persons() -> Iterator[str]:
    for (person,) in _rows(
        "SELECT p.id FROM people_person p WHERE NOT EXISTS"
        " (SELECT 1 FROM people_personlink l WHERE l.person_id = p.id) LIMIT 100"
    ):
        yield _now("Person %(id)s has no link, so nobody sees the record.") % {"id": person}


def _lost_tokens() -> Iterator[str]:
    for (person,) in _rows(
        "SELECT DISTINCT p.id FROM people_person p JOIN people_personlink l ON l.person_id = p.id"
        " WHERE NOT EXISTS (SELECT 1 FROM people_nametoken t WHERE t.person_id = p.id"
        "  AND t.place_code = l.place_code"
        "  AND t.token = (SELECT people_tokens(p.name, '') LIMIT 1))"
        " AND l.kind <> 'merged' LIMIT 100"
    ):
        yield _now("Person %(id)s can not be found by name at a place of theirs.") % {"id": person}


def _astray() -> Iterator[str]:
    for (username,) in _rows(
        "SELECT u.username FROM accounts_user u JOIN people_person p ON p.id = u.person_id"
        " WHERE p.merged_into_id IS NOT NULL ORDER BY 1 LIMIT 100"
    ):
        yield _now(
            "Account %(name)s belongs to a record that was merged into another: link it anew."
        ) % {"name": username}


def _unpaired() -> Iterator[str]:
    for first, second in unpaired(100):
        yield _now(
            "Persons %(first)s and %(second)s have the same document and are no pair of the merge"
            " queue. The job of the night pairs them, unless they lie in two provinces."
        ) % {"first": first, "second": second}


_INVARIANTS = (
    ("people.accounts", Invariant(_("Accounts belong to records that stand"), _astray)),
    ("people.pairs", Invariant(_("Equal documents are in the merge queue"), _unpaired)),
    ("people.seen", Invariant(_("Every person is seen somewhere"), _unseen_persons)),
    ("people.found", Invariant(_("Every person is found by name"), _lost_tokens)),
)
