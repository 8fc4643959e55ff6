"""Temporary units, alliances and pairs to take away: a row for each who serves, ally or pair.

The columns of temporary units are named as in the ledger of who serves in them, which takes the
rows in again. No number of anybody is in them.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

from django.db.models import Count, Max, Q, QuerySet
from django.utils.translation import gettext_lazy, pgettext

from fangxian.common import access, codes
from fangxian.common.sheets.writing import ExportColumn
from fangxian.organisations import ledger_seconded, together, units
from fangxian.organisations.models import Ally, Secondment, TemporaryUnit
from fangxian.organisations.temporary_rules import temporary_rules
from fangxian.organisations.together_rules import name_in, together_rules

CHUNK: Final = 1_000
_NAMED = {field.name: field.label for field in ledger_seconded.FIELDS}

UNIT_COLUMNS: Final = (
    ExportColumn(_NAMED["temporary_unit"], width=28),
    ExportColumn(gettext_lazy("Kind")),
    ExportColumn(gettext_lazy("Where it serves")),
    ExportColumn(gettext_lazy("Place")),
    ExportColumn(gettext_lazy("Superior"), width=28),
    ExportColumn(gettext_lazy("State")),
    ExportColumn(gettext_lazy("From"), "date"),
    ExportColumn(gettext_lazy("Until"), "date"),
    ExportColumn(gettext_lazy("Name of the member")),
    ExportColumn(_NAMED["organisation"], width=28),
    ExportColumn(_NAMED["position"]),
    ExportColumn(_NAMED["unit_office"]),
    ExportColumn(_NAMED["political_status"]),
)
ALLIANCE_COLUMNS: Final = (
    ExportColumn(gettext_lazy("Alliance"), width=28),
    ExportColumn(gettext_lazy("Kind")),
    ExportColumn(gettext_lazy("Place")),
    ExportColumn(gettext_lazy("Code of the place"), "identity"),
    ExportColumn(gettext_lazy("Who leads it"), width=28),
    ExportColumn(gettext_lazy("Organisation"), width=28),
    ExportColumn(gettext_lazy("Role")),
    ExportColumn(gettext_lazy("Since"), "date"),
)
PAIRING_COLUMNS: Final = (
    ExportColumn(gettext_lazy("Organisation"), width=28),
    ExportColumn(gettext_lazy("Paired with"), width=28),
    ExportColumn(gettext_lazy("Linked unit")),
    ExportColumn(gettext_lazy("Purpose"), width=36),
    ExportColumn(gettext_lazy("Since"), "date"),
    ExportColumn(gettext_lazy("Given or done"), "number"),
    ExportColumn(gettext_lazy("Last given or done"), "date"),
)


def _units(code: str) -> QuerySet[TemporaryUnit]:
    lo, hi = codes.bounds(code)
    rows = TemporaryUnit.objects.filter(place_code__gte=lo, place_code__lt=hi)
    # Those that are drawn up, wait or stand; what was dissolved or withdrawn is over.
    return rows.filter(units.STANDING | ~Q(state__in=["founded", "withdrawn"]))


def _serving(code: str) -> QuerySet[Secondment]:
    rows = Secondment.objects.filter(unit__in=_units(code))
    return rows.filter(Q(member=None) | Q(member__to_date=None))


def count_units(code: str) -> int:
    """How many rows there are at most."""
    return _units(code).count() + _serving(code).count()


def unit_rows(code: str, clear: bool) -> Iterator[list[object]]:
    """One row for each who serves, one for a unit without anybody."""
    rules = temporary_rules()
    bodies = iter(
        _units(code)
        .select_related("kind", "place", "superior")
        .order_by("place_code", "name", "id")
        .iterator(chunk_size=CHUNK)
    )
    while chunk := list(islice(bodies, CHUNK)):
        people: dict[object, list[Secondment]] = {}
        rows = _serving(code).filter(unit__in=chunk).select_related("home_body", "person")
        for row in rows.order_by("created_at", "id"):
            people.setdefault(row.unit_id, []).append(row)
        for body in chunk:
            head = [
                body.name,
                str(body.kind),
                rules.setting_name(body.setting),
                body.place.name,
                body.superior.name,
                body.get_state_display(),
                body.from_date,
                body.until,
            ]
            for row in people.get(body.id, []):
                access.note(row.person_id)
                office = rules.offices.get(row.office)
                yield [
                    *head,
                    row.person.name,
                    row.home_body.name,
                    row.duty,
                    office.name if office else row.office,
                    row.get_standing_display(),
                ]
            if body.id not in people:
                yield [*head, "", "", "", "", ""]


def _allies(code: str) -> QuerySet[Ally]:
    return Ally.objects.filter(alliance__in=together.alliances_in(code).values("id"), to_date=None)


def count_alliances(code: str) -> int:
    """How many rows there are at most."""
    return together.alliances_in(code).count() + _allies(code).count()


def alliance_rows(code: str, clear: bool) -> Iterator[list[object]]:
    """One row for each ally, one for an alliance without any."""
    rules = together_rules()
    found = iter(together.alliances_in(code).iterator(chunk_size=CHUNK))
    while chunk := list(islice(found, CHUNK)):
        allies: dict[object, list[Any]] = {}
        rows = Ally.objects.filter(alliance__in=[one.id for one in chunk], to_date=None)
        for row in rows.select_related("organisation").order_by("from_date", "id"):
            allies.setdefault(row.alliance_id, []).append(row)
        for one in chunk:
            kind = name_in(rules.alliances, one.kind)
            head = [one.name, kind, one.place.name, one.place.code, one.lead.name]
            for row in allies.get(one.id, []):
                yield [*head, row.organisation.name, name_in(rules.roles, row.role), row.from_date]
            if one.id not in allies:
                yield [*head, "", "", one.from_date]


def count_pairings(code: str) -> int:
    """How many pairs there are."""
    return together.pairings_in(code).count()


def pairing_rows(code: str, clear: bool) -> Iterator[list[object]]:
    """One row for each pair."""
    rows = together.pairings_in(code).annotate(
        last=Max("entries__on"), n=Count("entries", distinct=True)
    )
    for row in rows.iterator(chunk_size=CHUNK):
        yield [
            row.organisation.name,
            row.other_name,
            pgettext("answer", "yes") if row.linked else pgettext("answer", "no"),
            row.purpose,
            row.from_date,
            row.n,
            row.last,
        ]
