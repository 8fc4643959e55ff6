"""Abstract bases: what every row has. ``common`` has no tables."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, ClassVar, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from fangxian.common import access
from fangxian.common.fields import PlaceCodeField
from fangxian.common.ids import uuid7


class Row(models.Model):
    """A row with a time-ordered id made by the application."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        abstract = True


class Placed(Row):
    """A row at a place: ``place_code`` is where the place lies now (a redraw rewrites it)."""

    place_code = PlaceCodeField(_("place"))

    class Meta:
        abstract = True


class NamesPerson(models.Model):
    """A row with a copy of a person's name: who reads that has read of the person.

    ``names``: the column of the person and the one of the name.
    """

    names: ClassVar[tuple[str, str]] = ("person_id", "name")

    class Meta:
        abstract = True

    @classmethod
    def from_db(
        cls, db: str | None, field_names: Collection[str], values: Collection[Any], **more: Any
    ) -> Self:
        """As Django does; a name that is read is noted."""
        row = super().from_db(db, field_names, values, **more)
        person, name = cls.names
        known = row.__dict__
        if name in known and known.get(person) is not None:
            access.note(known[person])
        return row

    def refresh_from_db(
        self,
        using: str | None = None,
        fields: Iterable[str] | None = None,
        from_queryset: models.QuerySet[Any] | None = None,
    ) -> None:
        """As Django does; a name that is read only now is noted as well."""
        only = None if fields is None else list(fields)
        super().refresh_from_db(using=using, fields=only, from_queryset=from_queryset)
        person, name = self.names
        if only is not None and name in only and getattr(self, person) is not None:
            access.note(getattr(self, person))


def update_fields(instance: models.Model, **values: Any) -> list[str]:
    """Set the values that differ and return their names (for ``save(update_fields=…)``)."""
    changed = [name for name, value in values.items() if getattr(instance, name) != value]
    for name in changed:
        setattr(instance, name, values[name])
    return changed
