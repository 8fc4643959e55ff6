"""What is asked of a table of facts: columns, filters, groups, order; JSON with a ledger."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from fangxian.common import codes
from fangxian.common.actor import Actor
from fangxian.common.errors import Forbidden, Invalid, Problem
from fangxian.common.facts.declared import (
    LISTED,
    Column,
    FactTable,
    Sensitivity,
    measure_of,
    measures,
    tables,
)
from fangxian.common.ui.formats import accounts_called

_COMMAS: Final = re.compile("[,\uff0c]")
MOST_COLUMNS: Final = 80
MOST_FILTERS: Final = 20
MOST_GROUPS: Final = 4
LONGEST: Final = 200
MOST_VALUES: Final = 200
MOST_DAYS: Final = 36_500

# How a filter compares, and what it is called; which ones a kind of column takes.
OPERATIONS: Final[dict[str, Any]] = {
    "is": pgettext_lazy("comparison", "is"),
    "not": gettext_lazy("is not"),
    "in": gettext_lazy("is one of"),
    "has": gettext_lazy("contains"),
    "from": gettext_lazy("at least"),
    "to": gettext_lazy("at most"),
    "since": gettext_lazy("in the last days"),
    "within": gettext_lazy("in the next days"),
    "under": gettext_lazy("lies in"),
    "empty": gettext_lazy("is empty"),
    "filled": gettext_lazy("is filled"),
}
_TEXT: Final = ("is", "not", "has", "in", "empty", "filled")
_ORDERED: Final = ("is", "not", "from", "to", "empty", "filled")
_TAKES: Final[dict[str, tuple[str, ...]]] = {
    "text": _TEXT,
    "name": _TEXT,
    "identity": _TEXT,
    "phone": _TEXT,
    "account": _TEXT,
    "number": _ORDERED,
    "date": (*_ORDERED, "since", "within"),
    "datetime": ("from", "to", "since", "within", "empty", "filled"),
    "yes_no": ("is",),
    "code": ("is", "not", "in", "empty", "filled"),
    "place": ("is", "under", "empty", "filled"),
}
_WITHOUT_VALUE: Final = ("empty", "filled")


def operations_of(column: Column) -> tuple[str, ...]:
    """How a column may be compared; none for one that the database isn't asked for."""
    return _TAKES[column.kind] if column.asked_of_database else ()


@dataclass(frozen=True)
class Filter:
    """A condition on one column; ``value`` is text as people type it, or a list of it (``in``)."""

    column: str
    operation: str = "is"
    value: Any = ""

    def to_json(self) -> list[Any]:
        """As kept with a ledger."""
        return [self.column, self.operation, self.value]


@dataclass(frozen=True)
class Sort:
    """An order by one column; empty values stand last either way."""

    column: str
    falling: bool = False

    def to_json(self) -> list[Any]:
        """As kept with a ledger."""
        return [self.column, self.falling]


@dataclass(frozen=True)
class View:
    """What a ledger shows of a table.

    With ``groups`` it shows, for each combination of their values, how many rows there are and the
    sums of the number columns in ``sums``; else the ``columns`` of each row. ``day``: as it was on
    a day (None: now). ``measure``: the figure whose rows these are; its filters are found anew for
    each place. ``today``: the day from which "today" and "in the last days" are reckoned, where it
    isn't ``day`` or that of the reading; it isn't kept with a ledger.
    """

    table: str
    columns: tuple[str, ...] = ()
    filters: tuple[Filter, ...] = ()
    groups: tuple[str, ...] = ()
    sums: tuple[str, ...] = ()
    sorts: tuple[Sort, ...] = ()
    day: dt.date | None = None
    measure: str = ""
    today: dt.date | None = None

    def facts(self) -> FactTable:
        """The table. Raises Invalid when there is none of that name."""
        if self.table not in tables:
            raise Invalid(
                Problem(_("There are no facts of this name."), "table", mend=_("Choose others."))
            )
        return tables.get(self.table)

    def shown(self) -> tuple[str, ...]:
        """The names of the columns it shows."""
        return self.columns or self.facts().shown_first

    def to_json(self) -> dict[str, Any]:
        """As kept with a ledger."""
        return {
            "table": self.table,
            "columns": list(self.columns),
            "filters": [one.to_json() for one in self.filters],
            "groups": list(self.groups),
            "sums": list(self.sums),
            "sorts": [one.to_json() for one in self.sorts],
            "day": self.day.isoformat() if self.day else None,
            "measure": self.measure,
        }

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> View:
        """What :meth:`to_json` gave. Raises Invalid when it is something else."""
        try:
            return cls(
                table=str(given["table"]),
                columns=tuple(map(str, given.get("columns", ()))),
                filters=tuple(Filter(*one) for one in given.get("filters", ())),
                groups=tuple(map(str, given.get("groups", ()))),
                sums=tuple(map(str, given.get("sums", ()))),
                sorts=tuple(Sort(str(one[0]), bool(one[1])) for one in given.get("sorts", ())),
                day=dt.date.fromisoformat(given["day"]) if given.get("day") else None,
                measure=str(given.get("measure") or ""),
            )
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise Invalid(
                Problem(_("This is no description of a ledger."), mend=_("Make it anew."))
            ) from error

    def checked(self, by: Actor, place: str = "") -> View:
        """The same view, when the actor may read it and all it names is there.

        Raises Forbidden, Invalid with a problem for each column or filter that can't be.
        """
        facts = self.facts()
        by.require(facts.right, place or None)
        problems = [*self._unknown(facts), *self._unfit(facts)]
        if self.measure and self.measure.partition(":")[0] not in measures:
            problems.append(Problem(_("There is no figure of this name."), "measure"))
        for one in self.filters:
            column = facts.by_name.get(one.column)
            if column is None or not operations_of(column):
                continue
            try:
                condition(facts, one)
            except Invalid as error:
                problems += error.problems
            if column.right and not by.may(column.right):
                # Who may not see a value may not find it out by asking either.
                raise Forbidden(column.right)
        for name in (*self.groups, *(sort.column for sort in self.sorts)):
            column = facts.by_name.get(name)
            if column is not None and column.right and not by.may(column.right):
                raise Forbidden(column.right)
        if problems:
            raise Invalid(*problems)
        return self

    def _unknown(self, facts: FactTable) -> list[Problem]:
        named = {
            "columns": self.columns,
            "filters": [one.column for one in self.filters],
            "groups": self.groups,
            "sums": self.sums,
            "sorts": [one.column for one in self.sorts],
        }
        return [
            Problem(
                _("There is no column “%(name)s” in these facts.") % {"name": name[:40]},
                at,
                mend=_("Choose one of the list."),
            )
            for at, names in named.items()
            for name in names
            if name not in facts.by_name
        ]

    def _unfit(self, facts: FactTable) -> list[Problem]:
        problems = []
        for at, names in (
            ("filters", [one.column for one in self.filters]),
            ("groups", self.groups),
            ("sorts", [one.column for one in self.sorts]),
        ):
            for name in names:
                column = facts.by_name.get(name)
                if column is None or column.asked_of_database:
                    continue
                problems.append(
                    Problem(
                        _("“%(name)s” can be shown, but not searched, sorted or grouped by.")
                        % {"name": column.label},
                        at,
                        mend=_("Take another column."),
                    )
                )
        for name in self.sums:
            column = facts.by_name.get(name)
            if column is not None and (column.kind != "number" or column.load):
                problems.append(
                    Problem(
                        _("“%(name)s” holds no numbers to add up.") % {"name": column.label}, "sums"
                    )
                )
        if self.day is not None and not facts.dated:
            problems.append(
                Problem(
                    _("These facts are known as they are now only."),
                    "day",
                    mend=_("Leave the day empty."),
                )
            )
        for at, many, most in (
            ("columns", self.columns, MOST_COLUMNS),
            ("filters", self.filters, MOST_FILTERS),
            ("groups", self.groups, MOST_GROUPS),
            ("sorts", self.sorts, MOST_GROUPS),
        ):
            if len(many) > most:
                problems.append(
                    Problem(_("At most %(most)d can be chosen here.") % {"most": most}, at)
                )
        return problems

    def at(self, by: Actor, place: str) -> View | None:
        """The view with the filters of its measure at a place; None where it counts nothing."""
        filters = self.filters
        if self.measure:
            measure, which = measure_of(self.measure)
            narrowed = measure.narrowed(by, place, which)
            if narrowed is None:
                return None
            filters = (*narrowed, *filters)
        if day := self.today or self.day:
            facts = self.facts()
            filters = tuple(fixed for one in filters for fixed in _on(facts, one, day))
        return replace(self, filters=filters, measure="", today=None)


@dataclass(frozen=True)
class _Asked:
    """A filter with its column, for the messages."""

    column: Column
    given: Filter
    today: dt.date = field(default_factory=timezone.localdate)

    def wrong(self, message: str, mend: str) -> Invalid:
        text = f"{self.column.label}: {message}"
        return Invalid(Problem(text, "filters", mend=mend, code="filter"))

    def value(self) -> Any:
        """The value typed, as the database compares it."""
        given, column = self.given, self.column
        if given.operation == "in":
            return self._many()
        text = str(given.value).strip()
        if not text:
            raise self.wrong(_("nothing to compare with is given."), _("Give a value."))
        if len(text) > LONGEST:
            raise self.wrong(_("the value is too long."), _("Shorten it."))
        if given.operation in ("since", "within"):
            return self._days(text)
        return self._one(text) if column.kind != "datetime" else self._moment(text)

    def _many(self) -> list[Any]:
        given = self.given.value
        many = given if isinstance(given, list | tuple) else _COMMAS.split(str(given))
        texts = [str(one).strip() for one in many if str(one).strip()]
        if not texts or len(texts) > MOST_VALUES:
            raise self.wrong(_("nothing to compare with is given."), _("Give a value."))
        return [self._one(text) for text in texts]

    def _days(self, text: str) -> int:
        if not text.isdecimal() or not 0 <= int(text) <= MOST_DAYS:
            raise self.wrong(
                _("“%(text)s” is no number of days.") % {"text": text[:20]}, _("Write 7.")
            )
        return int(text)

    def _moment(self, text: str) -> dt.datetime:
        day = self._day(text)
        late = dt.time.max if self.given.operation == "to" else dt.time.min
        return timezone.make_aware(dt.datetime.combine(day, late))

    def _day(self, text: str) -> dt.date:
        if text == "today":
            return self.today
        try:
            return dt.date.fromisoformat(text[:10])
        except ValueError:
            raise self.wrong(
                _("“%(text)s” is no day.") % {"text": text[:20]}, _("Write 2026-11-23.")
            ) from None

    def _one(self, text: str) -> Any:
        column = self.column
        if column.kind == "date":
            return self._day(text)
        if column.kind == "number":
            try:
                number = Decimal(text)
            except InvalidOperation:
                number = Decimal("NaN")
            if not number.is_finite():
                raise self.wrong(
                    _("“%(text)s” is no number.") % {"text": text[:20]}, _("Write 12.")
                )
            return number
        if column.kind == "yes_no":
            if text.casefold() in ("yes", "true", "1", pgettext("answer", "yes").casefold()):
                return True
            if text.casefold() in ("no", "false", "0", pgettext("answer", "no").casefold()):
                return False
            raise self.wrong(_("it is yes or no."), _("Choose one."))
        if column.kind == "place":
            if not codes.is_code(text):
                raise self.wrong(
                    _("“%(text)s” is no code of a place.") % {"text": text[:20]},
                    _("Choose the place."),
                )
            return text
        if column.kind in LISTED and column.codes is not None:
            code = next((code for code, _label in column.codes.choices() if code == text), None)
            known = code or column.codes.code_of(text)
            if known is None:
                raise self.wrong(
                    _("“%(text)s” is not in the list.") % {"text": text[:20]},
                    _("Choose one of the list."),
                )
            return known
        return text


def happened_then(facts: FactTable, filters: Sequence[Filter]) -> bool:
    """Whether conditions keep what happened on a day or in the days before it alone.

    What happened stays where it happened, so it can be asked of a past day too.
    """
    return any(
        one.operation == "since" or (one.operation == "is" and one.value == "today")
        for one in filters
        if facts.column(one.column).kind in ("date", "datetime")
    )


def _on(facts: FactTable, given: Filter, day: dt.date) -> tuple[Filter, ...]:
    """A filter that reckons from today, as it was on a day; any other as it is."""
    if facts.column(given.column).kind not in ("date", "datetime"):
        return (given,)
    if given.operation in ("since", "within"):
        days = dt.timedelta(days=max(int(given.value) - 1, 0))
        first, last = (day - days, day) if given.operation == "since" else (day, day + days)
        return (
            Filter(given.column, "from", first.isoformat()),
            Filter(given.column, "to", last.isoformat()),
        )
    return (replace(given, value=day.isoformat()),) if given.value == "today" else (given,)


def condition(facts: FactTable, given: Filter) -> Q:
    """The condition of a filter on the annotated rows. Raises Invalid, KeyError."""
    column = facts.column(given.column)
    asked = _Asked(column, given)
    if given.operation not in operations_of(column):
        raise asked.wrong(_("this column can't be compared so."), _("Choose another comparison."))
    at = look_up(column)
    if given.operation in _WITHOUT_VALUE:
        nothing = Q(**{f"{at}__isnull": True})
        if column.kind in ("text", "name", "identity", "phone", "code", "place", "account"):
            nothing |= Q(**{at: ""})
        return nothing if given.operation == "empty" else ~nothing
    value = asked.value()
    if column.kind == "account":
        return _of_accounts(at, given.operation, value)
    match given.operation:
        case "is":
            return Q(**{at: value})
        case "not":
            return ~Q(**{at: value}) | Q(**{f"{at}__isnull": True})
        case "in":
            return Q(**{f"{at}__in": value})
        case "has":
            return Q(**{f"{at}__icontains": value})
        case "from":
            return Q(**{f"{at}__gte": value})
        case "to":
            return Q(**{f"{at}__lte": value})
        case "under":
            lo, hi = codes.bounds(value)
            return Q(**{f"{facts.place}__gte": lo, f"{facts.place}__lt": hi})
    # Days back or ahead, today among them.
    first, last = asked.today, asked.today
    if given.operation == "since":
        first -= dt.timedelta(days=max(value - 1, 0))
    else:
        last += dt.timedelta(days=max(value - 1, 0))
    if column.kind == "datetime":
        begin = timezone.make_aware(dt.datetime.combine(first, dt.time.min))
        end = timezone.make_aware(dt.datetime.combine(last + dt.timedelta(days=1), dt.time.min))
        return Q(**{f"{at}__gte": begin, f"{at}__lt": end})
    return Q(**{f"{at}__gte": first, f"{at}__lte": last})


def _of_accounts(at: str, operation: str, value: Any) -> Q:
    """Who did it, told by the name of an account or of who has it."""
    whole = operation != "has"
    texts = value if isinstance(value, list) else [value]
    fitting = {*texts, *accounts_called(texts, whole=whole)}
    found = Q(**{f"{at}__in": fitting})
    if not whole:
        found |= Q(**{f"{at}__icontains": value})
    return ~found | Q(**{f"{at}__isnull": True}) if operation == "not" else found


def look_up(column: Column) -> str:
    """How a column is called in conditions and orders."""
    return column.alias if column.expression is not None else column.path


def masked_for(by: Actor, column: Column, clear: bool) -> bool:
    """Whether a column is shown masked: it lies above the reader's right, or isn't revealed."""
    if column.right and not by.may(column.right):
        return True
    return column.sensitivity == Sensitivity.SEALED and not clear


def columns_for(facts: FactTable, names: Sequence[str]) -> list[Column]:
    """The columns of these names, in their order."""
    return [facts.column(name) for name in names]
