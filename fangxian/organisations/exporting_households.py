"""The ledger of 1+10 to take away: a household a row, door by door, with who looks after it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

from django.utils.translation import gettext_lazy

from fangxian.common import codes
from fangxian.common.masks import mask_name
from fangxian.common.sheets.writing import ExportColumn
from fangxian.organisations import exported_places
from fangxian.organisations.queries import links_on
from fangxian.register.queries import door_order, residents_of

CHUNK: Final = 1_000

COLUMNS: Final = (
    *exported_places.COLUMNS,
    ExportColumn(gettext_lazy("Room"), "identity", 12),
    ExportColumn(gettext_lazy("Household number"), "identity", 12),
    ExportColumn(gettext_lazy("Head")),
    ExportColumn(gettext_lazy("Who answers")),
    ExportColumn(gettext_lazy("Organisation"), width=24),
    ExportColumn(gettext_lazy("From"), "date"),
    ExportColumn(gettext_lazy("Until"), "date"),
)


def _links(code: str) -> Any:
    lo, hi = codes.bounds(code)
    return links_on().filter(place_code__gte=lo, place_code__lt=hi)


def count(code: str) -> int:
    """How many households below a place somebody looks after today."""
    return int(_links(code).count())


def rows(code: str, clear: bool) -> Iterator[list[object]]:
    """A row for each of them, in the order of the doors. No number of anybody is in it."""
    found = (
        _links(code)
        .select_related("household", "responsibility__member__organisation")
        .order_by("place_code", *door_order("household"), "id")
        .iterator(chunk_size=CHUNK)
    )
    while chunk := list(islice(found, CHUNK)):
        places = exported_places.cells({link.place_code for link in chunk})
        heads: dict[object, str] = {}
        for residency in residents_of([link.household_id for link in chunk]):
            heads.setdefault(residency.household_id, residency.person.name)
        for link in chunk:
            row = link.responsibility
            yield [
                *places[link.place_code],
                link.household.room,
                link.household.number,
                mask_name(heads.get(link.household_id, "")),
                row.holder_name,
                row.member.organisation.name if row.member else "",
                link.from_date,
                link.to_date,
            ]
