"""Abstract bases: what every row has. ``common`` has no tables."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

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


def update_fields(instance: models.Model, **values: Any) -> list[str]:
    """Set the values that differ and return their names (for ``save(update_fields=…)``)."""
    changed = [name for name, value in values.items() if getattr(instance, name) != value]
    for name in changed:
        setattr(instance, name, values[name])
    return changed
