"""Places get other codes: the codes are rewritten wherever rows carry them, and kept as history.

Rows follow by the exact code of the place they lie at, in every table of
``scoping.moving_tables()``, history tables and append-only ones included. The database function
``fangxian_move_codes`` does it: it rewrites only codes of places that really have moved.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connections, transaction
from django.db.models import F, ForeignKey, Model, QuerySet, Value
from django.db.models.functions import Concat, Substr
from psycopg import sql

from fangxian.common import registries
from fangxian.common.actor import Actor
from fangxian.common.codes import Level, bounds
from fangxian.common.ids import first_id
from fangxian.common.scoping import acting, moving_tables, tables
from fangxian.regions.models import Region, RegionCode

SHADOW = "x"
BATCH = 2_000
LISTED = 100


def with_places_below(moves: Mapping[str, str], *, using: str = "default") -> dict[str, str]:
    """Complete old → new codes by those of all places below, ended ones too.

    A place that is named itself keeps its own move, and so do the places below it.
    """
    pairs: dict[str, str] = {}
    for old in sorted(moves, key=len):
        lo, hi = bounds(old)
        codes = Region.objects.using(using).filter(code__gte=lo, code__lt=hi)
        for code in codes.values_list("code", flat=True).distinct():
            pairs[code] = moves[old] + code[len(old) :]
        pairs[old] = moves[old]
    return {old: new for old, new in pairs.items() if old != new}


def move(
    *,
    by: Actor,
    pairs: Mapping[str, str],
    area: str,
    on: dt.date,
    plan_id: UUID | None = None,
    using: str = "default",
    tell: bool = True,
    forward: Mapping[str, UUID] | None = None,
) -> dict[str, int]:
    """Give places the codes ``pairs`` (old → new) from the day ``on``; return rows by table.

    ``area`` is the code range in which the old and the new codes lie and the rows are rewritten.
    One transaction, in the actor's scope narrowed to it. ``tell``: call the followers of a redraw.
    ``forward``: codes of places that end, and the place to which the rows that lie at them go.
    """
    forward = forward or {}
    if not pairs and not forward:
        return {}
    with acting(by.within(area), using=using) as narrow:
        _move_places(pairs, on, plan_id, using)
        followed = dict(pairs) | _forwarded(forward, on, plan_id, using)
        moved = _follow(narrow, area, followed, using)
        if tell:
            for follower in registries.after_redraw:
                follower(narrow, area)
    return moved


def _move_places(pairs: Mapping[str, str], on: dt.date, plan_id: UUID | None, using: str) -> None:
    places = list(
        Region.objects.using(using)
        .filter(code__in=list(pairs))
        .only("id", "code", "valid_from", "valid_to", "code_from")
    )
    RegionCode.objects.using(using).bulk_create(
        (
            RegionCode(
                region_id=place.id,
                code=place.code,
                valid_from=min(place.code_from or place.valid_from, on),
                valid_to=on,
                plan_id=plan_id,
            )
            for place in places
        ),
        batch_size=BATCH,
    )
    if set(pairs.values()) & {place.code for place in places}:
        # Codes are exchanged: step aside first, or two places would share one for a moment.
        Region.objects.using(using).filter(id__in=[place.id for place in places]).update(
            code=Concat(Value(SHADOW), Substr(F("code"), 2))
        )
    for place in places:
        place.code, place.code_from = pairs[place.code], on
    Region.objects.using(using).bulk_update(places, ["code", "code_from"], batch_size=BATCH)


def _forwarded(
    forward: Mapping[str, UUID], on: dt.date, plan_id: UUID | None, using: str
) -> dict[str, str]:
    # Of no length: the place did not have that code itself, it is only found by it.
    RegionCode.objects.using(using).bulk_create(
        RegionCode(region_id=place, code=code, valid_from=on, valid_to=on, plan_id=plan_id)
        for code, place in forward.items()
    )
    places = Region.objects.using(using).in_bulk(list(set(forward.values())))
    return {code: places[place].code for code, place in forward.items()}


def catch_up(*, by: Actor, area: str) -> dict[str, int]:
    """Move rows that still lie at former codes in ``area``; return rows by table.

    A row written while a redraw went on may carry the code that was right a moment before.
    """
    lo, hi = bounds(area)
    with acting(by.within(area)) as narrow:
        # No redraw of it goes on meanwhile, which would make other codes the former ones.
        list(Region.objects.select_for_update().filter(code=area, valid_to=None).values_list("id"))
        current = set(
            Region.objects.filter(code__gte=lo, code__lt=hi, valid_to=None).values_list(
                "code", flat=True
            )
        )
        former = RegionCode.objects.filter(
            code__gte=lo,
            code__lt=hi,
            region__valid_to=None,
            region__code__gte=lo,
            region__code__lt=hi,
        ).order_by("valid_to", "id")
        latest = dict(former.values_list("code", "region__code"))
        pairs = {old: new for old, new in latest.items() if old not in current and old != new}
        return _follow(narrow, area, pairs, "default") if pairs else {}


def communities_recoded(*, since: dt.datetime) -> list[str]:
    """The communities inside which places were given other codes since a moment, by code."""
    written = RegionCode.objects.filter(id__gte=first_id(since), region__valid_to=None)
    areas = {_common(old, new) for old, new in written.values_list("code", "region__code")}
    return sorted(area for area in areas if len(area) == Level.VILLAGE)


def left_behind(*, using: str = "default") -> Iterator[tuple[str, str, int, str]]:
    """Rows at former codes that no place has now: (table, code, rows, area to catch up).

    At most ``LISTED`` codes a table. The area holds the code and where its place lies now.
    """
    for table, column in moving_tables():
        statement = sql.SQL(
            "SELECT t.{column}, count(DISTINCT t.ctid), max(p.code) FROM {table} t "
            "JOIN regions_regioncode c ON c.code = t.{column} "
            "JOIN regions_region p ON p.id = c.region_id AND p.valid_to IS NULL "
            "WHERE NOT EXISTS (SELECT 1 FROM regions_region n WHERE n.valid_to IS NULL "
            "AND n.code = t.{column}) GROUP BY 1 ORDER BY 1 LIMIT {most}"
        ).format(
            column=sql.Identifier(column), table=sql.Identifier(table), most=sql.Literal(LISTED)
        )
        with connections[using].cursor() as cursor:
            cursor.execute(statement)
            found = cursor.fetchall()
        for code, count, now in found:
            yield table, code, count, _common(code, now)


def _common(old: str, new: str) -> str:
    """The smallest area down to a community that holds both codes."""
    levels = (level for level in sorted(Level, reverse=True) if level <= Level.VILLAGE)
    return next(new[:level] for level in levels if old[:level] == new[:level])


def _follow(by: Actor, area: str, pairs: Mapping[str, str], using: str) -> dict[str, int]:
    """Rewrite the codes in all rows that carry them; rows by table."""
    olds, news = list(pairs), list(pairs.values())
    moved: dict[str, int] = {}
    afterwards = [make_way(by, area, pairs, using) for make_way in registries.before_recode]
    with connections[using].cursor() as cursor:
        for table, column in moving_tables():
            cursor.execute(
                "SELECT fangxian_move_codes(%s, %s, %s, %s)", [table, column, olds, news]
            )
            count = cursor.fetchone()[0]
            if count:
                moved[table] = count
    for go_on in afterwards:
        go_on()
    for follower in registries.after_recode:
        follower(by, area, pairs, using)
    return moved


def name_movable(*, using: str) -> None:
    """Write the columns that ``fangxian_move_codes`` may touch into the database (as owner)."""
    pairs = [sql.SQL("({}, {})").format(*pair) for pair in moving_tables()]
    body = sql.SQL("SELECT (moved, code_column) IN ({})").format(sql.SQL(", ").join(pairs))
    with connections[using].cursor() as cursor:
        cursor.execute(
            sql.SQL(
                "CREATE OR REPLACE FUNCTION fangxian_movable(moved text, code_column text) "
                "RETURNS boolean LANGUAGE sql IMMUTABLE SET search_path = pg_catalog AS {}"
            ).format(body.as_string(cursor.connection))
        )


def reseat(ended: Mapping[UUID, UUID], *, using: str = "default") -> dict[str, int]:
    """Let what refers to places that ended refer to those that took them over; rows by table.

    Grants, users, seats, responsibilities …: every reference of another room. A row that would
    stand there twice (the same role at both places), or that is closed to changes (a report that
    was sent), stays with the place that ended. In the running scope.
    """
    moved: dict[str, int] = {}
    for model, field in _references():
        rows = model._base_manager.using(using)
        for old, new in ended.items():
            count = _reseat(rows.filter(**{field: old}), field, new, using)
            if count:
                moved[model._meta.db_table] = moved.get(model._meta.db_table, 0) + count
    return moved


def _references() -> list[tuple[type[Model], str]]:
    return [
        (model, field.attname)
        for model, _scope in tables()
        if model._meta.app_label != Region._meta.app_label
        and not hasattr(model, "pgh_tracked_model")
        for field in model._meta.local_concrete_fields
        if isinstance(field, ForeignKey) and field.related_model is Region
    ]


def _reseat(rows: QuerySet[Any], field: str, new: UUID, using: str) -> int:
    try:
        with transaction.atomic(using=using):
            return rows.update(**{field: new})
    except IntegrityError:
        pass
    count = 0
    for key in list(rows.values_list("pk", flat=True)):
        with contextlib.suppress(IntegrityError), transaction.atomic(using=using):
            count += rows.filter(pk=key).update(**{field: new})
    return count
