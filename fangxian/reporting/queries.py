"""Named reads: ledgers that an account may open, what was taken away."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from django.db.models import Q, QuerySet

from fangxian.common.actor import Actor
from fangxian.common.errors import OutOfScope
from fangxian.common.facts import Filter, View, tables
from fangxian.common.fields import Destroyed
from fangxian.reporting.models import Ledger, Taking

# Who acts without an account has nothing of their own.
NOBODY = UUID(int=0)


def ledgers_for(by: Actor) -> QuerySet[Ledger]:
    """The ledgers with a name that the actor may open: one's own and those that are shared."""
    readable = [table.name for table in tables if by.may(table.right)]
    mine = Q(user_id=by.user_id or NOBODY) | Q(shared=True)
    return Ledger.objects.filter(mine, table__in=readable).exclude(name="").order_by("name", "id")


def ledger_of(by: Actor, ledger_id: UUID) -> Ledger:
    """A ledger that the actor may open, a draft of its own too. Raises OutOfScope."""
    found = Ledger.objects.filter(pk=ledger_id).first()
    if found is None or not (found.shared or found.user_id == by.user_id):
        raise OutOfScope(f"ledger {ledger_id}")
    if found.table not in tables:
        raise OutOfScope(f"ledger {ledger_id}")
    return found


def view_of(row: Ledger | Taking) -> View:
    """What a ledger shows. Raises Invalid, OutOfScope when its key is gone."""
    import orjson

    if isinstance(row.view, Destroyed):
        raise OutOfScope(f"{row.pk}")
    return View.from_json(orjson.loads(row.view))


def rows_view(
    by: Actor,
    table: str,
    columns: Sequence[str],
    day: dt.date | None,
    ledger: str = "",
    filters: Sequence[Filter] = (),
) -> View:
    """The rows that fill a table of a template under these conditions; with ``ledger`` also under
    its own and in its order.

    Raises OutOfScope when the actor may not open that ledger (any more).
    """
    facts = tables.get(table)
    view = View(
        table, columns=tuple(columns), filters=tuple(filters), day=day if facts.dated else None
    )
    if not ledger:
        return view
    kept = view_of(ledger_of(by, UUID(ledger)))
    if kept.table != table:
        raise OutOfScope(f"ledger {ledger}")
    return replace(view, filters=(*kept.filters, *filters), sorts=kept.sorts, measure=kept.measure)


def takings_for(by: Actor) -> QuerySet[Taking]:
    """What one has taken away; with the right to approve, all of the area."""
    from fangxian.reporting.registered import APPROVE

    found = Taking.objects.select_related("job", "file").order_by("-created_at", "-id")
    return found if by.may(APPROVE) else found.filter(user_id=by.user_id or NOBODY)


def taking_of(by: Actor, taking_id: UUID) -> Taking:
    """Something taken away that the actor may see. Raises OutOfScope."""
    found = takings_for(by).filter(pk=taking_id).first()
    if found is None:
        raise OutOfScope(f"taking {taking_id}")
    return found
