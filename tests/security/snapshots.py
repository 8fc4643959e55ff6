"""What stands in the database beyond one's own county: a digest of each table."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.db import connection, models

from fangxian.accounts.models import User
from fangxian.common.actor import Actor
from fangxian.common.fields import PlaceCodeField
from fangxian.common.scoping import Global, Linked, Scoped, acting, tables
from fangxian.regions.models import Region

Digest = dict[str, tuple[int, str]]

# Global tables of which no row lies at a place and which any change at home may add to.
SHARED = {
    "django_session": "the session of who asks",
    "usersessions_usersession": "as above",
    "pghistory_context": "unused",
    "accounts_shared_cache": "counts of attempts",
    "core_outboxmessage": "a message about a change at home",
    "core_outboxdelivery": "as above",
    "field_formdefinition": "forms are everybody's",
}


def _at_home(model: type[models.Model]) -> list[str]:
    """The conditions on rows of a Global table that lie in the own county."""
    fields = [field for field in model._meta.concrete_fields if field.name != "pgh_obj"]
    ways = [
        f'"{field.column}" >= %(lo)s AND "{field.column}" < %(hi)s'
        for field in fields
        if isinstance(field, PlaceCodeField)
    ]
    keys = {field.column: field.related_model for field in fields if field.related_model}
    for target in () if ways else (Region, User):
        for column in (column for column, related in keys.items() if related is target):
            inside = " OR ".join(_at_home(target))
            # Names of tables and columns come from the models.
            ways.append(f'"{column}" IN (SELECT id FROM "{target._meta.db_table}" WHERE {inside})')
        if ways:
            break
    if model is User:
        ways.append('"id" = %(asks)s')
    elif model._meta.label == "accounts.UserHistory":
        ways.append('"pgh_obj_id" = %(asks)s')
    return ways


@cache
def _statement() -> str:
    parts = []
    for model, scope in tables():
        table = model._meta.db_table
        if isinstance(scope, Scoped):
            rows = f'"{scope.column}" >= %(from)s AND "{scope.column}" < %(to)s'
        elif isinstance(scope, Linked):
            # What is linked elsewhere can't be seen.
            rows = "true"
        elif isinstance(scope, Global) and table not in SHARED:
            ways = _at_home(model)
            rows = f"({' OR '.join(ways)}) IS NOT TRUE" if ways else "true"
        else:
            continue
        # Names come from the models.
        parts.append(
            f"SELECT '{table}', count(*), md5(coalesce(string_agg(t::text, ',' ORDER BY t::text),"
            f" '')) FROM \"{table}\" t WHERE {rows}"
        )
    return " UNION ALL ".join(parts)


def beyond(home: str, county: str, asks: Any) -> Digest:
    """Number and content, by table, of the rows that a request in ``home`` must leave alone.

    Those of scoped tables are the other ``county``'s; those of global tables all that don't lie in
    ``home``, wherever they lie. ``asks``: the account's id.
    """
    given = {"lo": home, "hi": home + ":", "from": county, "to": county + ":", "asks": asks}
    with acting(Actor.system("kit", county)), connection.cursor() as cursor:
        cursor.execute(_statement(), given)
        return {table: (count, digest) for table, count, digest in cursor.fetchall()}
