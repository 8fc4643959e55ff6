"""One query plan a table: pages, streams, groups and figures, never one query a cell.

All reads run in the open transaction and its scope. Persons whose values are read are noted.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import Any, Final, Literal

from django.db import OperationalError, connection, transaction
from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.expressions import OrderBy
from django.db.models.functions import Left, Length
from django.db.models.lookups import GreaterThanOrEqual
from django.utils import timezone
from django.utils.translation import gettext as _
from psycopg import errors as postgres

from fangxian.common import access, codes
from fangxian.common.actor import Actor
from fangxian.common.errors import Invalid, Problem
from fangxian.common.facts.asked import (
    View,
    columns_for,
    condition,
    happened_then,
    look_up,
    masked_for,
)
from fangxian.common.facts.declared import (
    Column,
    FactTable,
    Measure,
    Sensitivity,
    measure_of,
    place_names,
    tables,
)
from fangxian.common.facts.places import within
from fangxian.common.fields import Destroyed
from fangxian.common.masks import mask_name, mask_number, mask_phone
from fangxian.common.ui.formats import people, who

CHUNK: Final = 2_000
PAGE: Final = 50
# Counting goes no further for a page; sorting by what no index knows neither.
COUNTED: Final = 10_000
SORTED: Final = 300_000
MOST_GROUPS: Final = 5_000
# A page waits no longer; what takes longer is a file made by a job.
SECONDS: Final = 8


@dataclass(frozen=True)
class Line:
    """A row as people read it. ``key`` is its primary key, ``cells`` stand in the view's order.

    ``person``: the id of the person of whom it tells, if it tells of one.
    """

    key: Any
    cells: tuple[Any, ...]
    place: str = ""
    person: Any = None


@dataclass(frozen=True)
class Page:
    """Some rows of a view and where those before and after begin (keys; None: there are none)."""

    lines: list[Line]
    after: Any = None
    before: Any = None


class TooSlow(Invalid):
    """The question takes longer than a page may wait."""

    def __init__(self) -> None:
        super().__init__(
            Problem(
                _("This question takes too long for a page."),
                mend=_("Choose a smaller place or fewer conditions, or take it as a file."),
                code="slow",
            )
        )


@contextmanager
def _in_time() -> Iterator[None]:
    """Statements of this block end after :data:`SECONDS`. Raises TooSlow."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('statement_timeout')")
            before = cursor.fetchone()[0]
            cursor.execute(f"SET LOCAL statement_timeout = '{SECONDS}s'")
            yield
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [before])
    except OperationalError as error:
        if isinstance(error.__cause__, postgres.QueryCanceled):
            raise TooSlow from error
        raise


def rows(view: View, by: Actor, place: str, *, bare: bool = False) -> QuerySet[Any]:
    """The rows of a view at a place, annotated and filtered, in no order.

    ``bare``: what is shown isn't reckoned, only what tells which rows there are. Raises Invalid,
    Forbidden.
    """
    facts = view.facts()
    narrowed = view.at(by, place)
    if narrowed is None:
        return facts.model._default_manager.none()
    found = facts.rows(place, narrowed.day).order_by()
    asked = [one.column for one in narrowed.filters] if bare else _asked(narrowed)
    added = {
        facts.column(name).alias: facts.column(name).expression
        for name in asked
        if facts.column(name).expression is not None
    }
    if added:
        found = found.annotate(**added)
    for one in narrowed.filters:
        found = found.filter(condition(facts, one))
    return found


def _asked(view: View) -> list[str]:
    """The columns that the rows must carry."""
    names = [
        *(view.groups or view.shown()),
        *view.sums,
        *(one.column for one in view.filters),
        *(one.column for one in view.sorts),
    ]
    return list(dict.fromkeys(names))


def count(view: View, by: Actor, place: str, most: int | None = COUNTED) -> int:
    """How many rows a view has, ``most`` + 1 when there are more. Raises TooSlow."""
    found = rows(view, by, place, bare=True)
    if most is None:
        return int(found.count())
    with _in_time():
        return int(found[: most + 1].count())


def may_sort(view: View, by: Actor, place: str) -> bool:
    """Whether a page of a view can be sorted by a column of one's choice; its own order always is.

    Groups can, whatever they count.
    """
    if view.groups:
        return True
    try:
        return count(view, by, place, SORTED) <= SORTED
    except TooSlow:
        return False


def _orders(view: View) -> list[tuple[str, bool]]:
    """Look-ups and whether they fall; the table's own order settles what the view leaves open."""
    facts = view.facts()
    wanted = [(look_up(facts.column(one.column)), one.falling) for one in view.sorts]
    named = {name for name, _falling in wanted}
    return [*wanted, *((name, False) for name in facts.order if name not in named)]


def _sorted(found: QuerySet[Any], orders: Sequence[tuple[str, bool]], back: bool) -> QuerySet[Any]:
    by: list[OrderBy] = []
    for name, falling in orders:
        # Empty values stand last, whichever way is read. An index over a column without any empty
        # values is read only in its own order, so such a column names none.
        nulls = not _is_filled(found, name)
        if falling != back:
            by.append(
                F(name).desc(nulls_first=True)
                if back and nulls
                else F(name).desc(nulls_last=True)
                if nulls
                else F(name).desc()
            )
        else:
            by.append(
                F(name).asc(nulls_first=True)
                if back and nulls
                else F(name).asc(nulls_last=True)
                if nulls
                else F(name).asc()
            )
    return found.order_by(*by)


def _is_filled(found: QuerySet[Any], name: str) -> bool:
    """Whether a look-up never gives an empty value: a field of the model itself that can't be."""
    if name == "pk":
        return True
    try:
        field = found.model._meta.get_field(name)
    except Exception:
        return False
    return not getattr(field, "null", True)


def _beyond(
    found: QuerySet[Any], orders: Sequence[tuple[str, bool]], values: Sequence[Any], back: bool
) -> Q:
    """The rows that come after one with these values in this order (before it: ``back``)."""
    if not orders:
        return Q(pk__in=[])
    (name, falling), value = orders[0], values[0]
    up = falling == back
    # Empty ones stand last: after them come only more of them, before them all others. Where there
    # are none nothing is asked of them: an index would be read from its beginning.
    empty = Q(pk__in=[]) if _is_filled(found, name) else Q(**{f"{name}__isnull": True})
    rest = _beyond(found, orders[1:], values[1:], back)
    if value is None:
        tied = empty & rest
        return (Q(**{f"{name}__isnull": False}) | tied) if back else tied
    past = Q(**{f"{name}__{'gt' if up else 'lt'}": value})
    # The first bound alone lets an index begin where the page begins.
    bound = Q(**{f"{name}__{'gte' if up else 'lte'}": value})
    if not back:
        past, bound = past | empty, bound | empty
    return bound & (past | (Q(**{name: value}) & rest))


def page(
    view: View,
    by: Actor,
    place: str,
    *,
    after: Any = None,
    before: Any = None,
    size: int = PAGE,
    clear: bool = False,
) -> Page:
    """Some rows of a view: those after or before the row with a key, else the first.

    Three to five queries and one for each column with a loader. Raises Invalid, TooSlow.
    """
    facts = view.facts()
    found = rows(view, by, place)
    if view.sorts and not may_sort(view, by, place):
        raise TooSlow
    orders = _orders(view)
    back = before is not None
    key = before if back else after
    with _in_time():
        if key is not None:
            at = found.filter(pk=key).values_list(*(name for name, _ in orders)).first()
            if at is None:
                # The row has left the view: begin anew.
                key, back = None, False
            else:
                found = found.filter(_beyond(found, orders, at, back))
        taken = list(
            _sorted(found, orders, back).values_list(*_paths(view, facts), named=False)[: size + 1]
        )
    more = len(taken) > size
    taken = taken[:size]
    if back:
        taken.reverse()
    lines = _lines(view, facts, by, taken, clear)
    if not lines:
        return Page([], None, None)
    return Page(
        lines,
        after=lines[-1].key if (back or more) else None,
        before=lines[0].key if (more if back else key is not None) else None,
    )


def stream(
    view: View, by: Actor, place: str, *, clear: bool = False, size: int = CHUNK
) -> Iterator[Line]:
    """All rows of a view, in its order, from a cursor of the database; never held together."""
    facts = view.facts()
    found = _sorted(rows(view, by, place), _orders(view), False)
    source = found.values_list(*_paths(view, facts)).iterator(chunk_size=size)
    while chunk := list(islice(source, size)):
        yield from _lines(view, facts, by, chunk, clear)


def lines_of(view: View, by: Actor, place: str, keys: Sequence[Any]) -> list[Line]:
    """The rows with these keys at a place, whatever the view's filters leave out of its table."""
    facts = view.facts()
    found = facts.model._default_manager.filter(within(place, facts.place), pk__in=list(keys))
    added = {
        column.alias: column.expression
        for column in columns_for(facts, view.shown())
        if column.expression is not None
    }
    found = found.annotate(**added) if added else found
    return _lines(view, facts, by, list(found.values_list(*_paths(view, facts))), False)


def _paths(view: View, facts: FactTable) -> list[str]:
    """What is fetched: key, place, person, then one value a column."""
    columns = columns_for(facts, view.shown())
    fixed = ["pk", facts.place, *([facts.person] if facts.person else [])]
    return [*fixed, *(look_up(column) or "pk" for column in columns)]


def _lines(
    view: View, facts: FactTable, by: Actor, taken: Sequence[Sequence[Any]], clear: bool
) -> list[Line]:
    """The rows as people read them; each loader is asked once."""
    columns = columns_for(facts, view.shown())
    start = 3 if facts.person else 2
    telling = bool(facts.person) and _tells(columns)
    if telling:
        access.note(*{row[2] for row in taken if row[2] is not None})
    cells: list[list[Any]] = []
    loaded: dict[Any, Mapping[Any, Any]] = {}
    for at, column in enumerate(columns, start):
        values = [row[at] for row in taken]
        cells.append(_shown(column, values, by, clear, loaded))
    return [
        Line(row[0], tuple(mine), str(row[1] or ""), row[2] if telling else None)
        for row, mine in zip(
            taken, zip(*cells, strict=True) if cells else ((),) * len(taken), strict=True
        )
    ]


def _tells(columns: Sequence[Column]) -> bool:
    return any(c.sensitivity in (Sensitivity.PERSONAL, Sensitivity.SEALED) for c in columns)


def _shown(
    column: Column,
    values: Sequence[Any],
    by: Actor,
    clear: bool,
    loaded: dict[Any, Mapping[Any, Any]] | None = None,
) -> list[Any]:
    """The values of a column as people read them; ``loaded`` keeps what columns share."""
    hidden = masked_for(by, column, clear)
    if column.load is not None:
        kept = {} if loaded is None else loaded
        full = clear and not hidden
        which = (column.load, look_up(column), full)
        if which not in kept:
            kept[which] = column.load(list(dict.fromkeys(values)), full)
        known = kept[which]
        values = [known.get(value) for value in values]
    if column.shown is not None:
        values = [None if value is None else column.shown(value) for value in values]
    if column.kind == "account":
        called = people(value for value in values if value)
        values = [value and who(value, called) for value in values]
    if column.codes is not None:
        labels = {code: str(label) for code, label in column.codes.choices()}
        values = [_label(labels, value) for value in values]
    if hidden:
        return [_masked(column, value) for value in values]
    return [_plain_value(value) for value in values]


def _label(labels: Mapping[str, str], value: Any) -> Any:
    if value is None or value == "":
        return None
    if isinstance(value, list | tuple):
        return "、".join(labels.get(str(one), str(one)) for one in value) or None
    return labels.get(str(value), str(value))


def _plain_value(value: Any) -> Any:
    if isinstance(value, Destroyed):
        return _("destroyed with the emergency")
    if isinstance(value, dt.datetime) and timezone.is_aware(value):
        return timezone.make_naive(value).replace(microsecond=0)
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, list | tuple):
        return "、".join(str(one) for one in value) or None
    return value


def _masked(column: Column, value: Any) -> Any:
    if value is None or value == "" or isinstance(value, Destroyed):
        return None if not isinstance(value, Destroyed) else _plain_value(value)
    text = str(value)
    if column.mask is not None:
        return column.mask(text)
    if column.kind == "phone":
        return mask_phone(text)
    if column.kind == "identity":
        return mask_number(text)
    if column.kind == "name":
        return mask_name(text)
    return "***"


@dataclass(frozen=True)
class Group:
    """Rows with the same values: those values (as asked and as shown), how many, their sums."""

    keys: tuple[Any, ...]
    labels: tuple[Any, ...]
    count: int
    sums: tuple[Any, ...]


def grouped(view: View, by: Actor, place: str) -> list[Group]:
    """The groups of a view, in the order of their values. One query, and one for names of places.

    Raises Invalid when there are more than :data:`MOST_GROUPS`, TooSlow.
    """
    facts = view.facts()
    columns = columns_for(facts, view.groups)
    names = [look_up(column) for column in columns]
    totals = {f"sum_{name}": Sum(look_up(facts.column(name))) for name in view.sums}
    found = rows(view, by, place).values_list(*names).annotate(n=Count("pk"), **totals)
    with _in_time():
        taken = list(found.order_by(*names)[: MOST_GROUPS + 1])
    if len(taken) > MOST_GROUPS:
        raise Invalid(
            Problem(
                _("There are more than %(most)d groups.") % {"most": MOST_GROUPS},
                "groups",
                mend=_("Group by something coarser."),
            )
        )
    many = len(columns)
    labels = [
        _shown(column, [row[at] for row in taken], by, False) for at, column in enumerate(columns)
    ]
    return [
        Group(
            tuple(row[:many]),
            tuple(shown),
            int(row[many]),
            tuple(_plain_value(value) if value is not None else 0 for value in row[many + 1 :]),
        )
        for row, shown in zip(taken, zip(*labels, strict=True) if labels else [()], strict=False)
    ]


def measured(
    name: str, by: Actor, places: Sequence[str], *, day: dt.date | None = None
) -> dict[str, int | float]:
    """A figure at each of these places, from its counters where it has them and no day is asked.

    Raises KeyError, Forbidden, Invalid.
    """
    measure, which = measure_of(name)
    by.require(tables.get(measure.table).right)
    if measure.counted is not None and day is None and not which:
        found = measure.counted(by, places)
        return {place: found.get(place, 0) for place in places}
    return from_rows(measure, by, places, day=day, which=which)


def known_of_past(name: str, by: Actor, place: str) -> Literal["", "dated", "happened"]:
    """How a figure can be told of a past day: as it stood then, or by what happened then."""
    measure, which = measure_of(name)
    facts = tables.get(measure.table)
    narrowed = measure.narrowed(by, place, which)
    if narrowed is None:
        return ""
    if facts.dated and (measure.past or not narrowed):
        return "dated"
    return "happened" if happened_then(facts, narrowed) else ""


def from_rows(
    measure: Measure,
    by: Actor,
    places: Sequence[str],
    *,
    day: dt.date | None = None,
    which: str = "",
) -> dict[str, int | float]:
    """A figure at each of these places, counted from its rows.

    Places of one level below a common one are counted together, in one query.
    """
    result: dict[str, int | float] = {}
    for above, level, mine in _together(places):
        if callable(measure.filters):
            # Its conditions may differ from place to place.
            for place in mine:
                result[place] = _total(measure, by, place, day, which)
            continue
        found = _by_place(measure, by, above, level, day)
        result |= {place: found.get(place, 0) for place in mine}
    return {place: result[place] for place in places}


def _together(places: Sequence[str]) -> list[tuple[str, int, list[str]]]:
    sorts: dict[tuple[str, int], list[str]] = {}
    for place in dict.fromkeys(places):
        above = codes.parent(place) if place else ""
        sorts.setdefault((above, len(place)), []).append(place)
    return [
        (mine[0] if len(mine) == 1 else above, level, mine)
        for (above, level), mine in sorts.items()
    ]


def _view(measure: Measure, day: dt.date | None, which: str = "") -> View:
    facts = tables.get(measure.table)
    sums = (measure.sums,) if measure.sums else ()
    name = f"{measure.name}:{which}" if which else measure.name
    return View(
        measure.table, columns=(facts.columns[0].name,), sums=sums, measure=name,
        day=day if facts.dated else None, today=day,
    )  # fmt: skip


def _total(
    measure: Measure, by: Actor, place: str, day: dt.date | None, which: str = ""
) -> int | float:
    view = _view(measure, day, which)
    found = rows(view, by, place)
    if not measure.sums:
        return int(found.count())
    column = look_up(view.facts().column(measure.sums))
    value = _plain_value(found.aggregate(total=Sum(column))["total"])
    return value or 0


def _by_place(
    measure: Measure, by: Actor, above: str, level: int, day: dt.date | None
) -> dict[str, int | float]:
    view = _view(measure, day)
    facts = view.facts()
    at = f"{facts.place}"
    found = rows(view, by, above)
    if level:
        found = found.filter(GreaterThanOrEqual(Length(F(at)), level))
        found = found.annotate(fact_at=Left(at, level))
        keyed = found.values_list("fact_at")
    else:
        return {"": _total(measure, by, "", day)}
    what = Sum(look_up(facts.column(measure.sums))) if measure.sums else Count("pk")
    return {
        str(place): _plain_value(value) or 0 for place, value in keyed.annotate(n=what).order_by()
    }


def names_of(places: Sequence[str]) -> Mapping[str, str]:
    """The names of places by code. One query."""
    return place_names(places)
