"""Names that aid has copied keep up with the persons they are."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final
from uuid import UUID

from django.db.models import F, OuterRef, QuerySet, Subquery

from fangxian.mobilise.models import AidBatch, AidMember, FamilyContact
from fangxian.people.models import Person

_COPIES: Final = (
    (AidMember, "person", "name"),
    (FamilyContact, "person", "name"),
    (AidBatch, "liaison", "liaison_name"),
)


def follow_names(persons: Collection[UUID] | None = None) -> int:
    """Write the names of persons anew where they differ, of all in scope without; how many did."""
    done = 0
    for model, whose, copy in _COPIES:
        every: QuerySet[Any] = model._default_manager.filter(**{f"{whose}__isnull": False})
        rows = every if persons is None else every.filter(**{f"{whose}__in": persons})
        keys = list(rows.exclude(**{copy: F(f"{whose}__name")}).values_list("pk", flat=True))
        named = Person.objects.filter(id=OuterRef(f"{whose}_id")).values("name")
        if keys:
            done += model._default_manager.filter(pk__in=keys).update(**{copy: Subquery(named)})
    return done
