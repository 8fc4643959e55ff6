"""Every field of every model is offered to ledgers as a fact, or withheld with a reason.

And what is offered says of itself what ledgers, bulletins and readers need to know.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db import models
from django.db.models.expressions import Col, Combinable, F
from django.db.models.lookups import IsNull
from django.utils.translation import override

from fangxian.common import facts, registries
from fangxian.common.facts.asked import condition, operations_of
from fangxian.common.facts.declared import EVERYWHERE, Column, FactTable, Sensitivity
from fangxian.common.sheets.words import load
from fangxian.core.ledgers import ledgers
from tests.architecture.test_fields import CLASSES, models_of_ours

FIELDS = {
    f"{model._meta.label}.{field.name}"
    for model in models_of_ours()
    for field in model._meta.local_fields
    if field.name not in EVERYWHERE
}
TABLES = list(facts.tables)
EACH = pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)


def passed(model: type[models.Model], path: str) -> Iterator[str]:
    """The fields that a look-up goes through."""
    at: Any = model
    for part in path.split("__"):
        if at is None:
            return
        name = "id" if part == "pk" else part
        try:
            field = at._meta.get_field(name)
        except Exception:
            field = next((f for f in at._meta.fields if f.attname == name), None)
            if field is None:
                return
        if field.concrete:
            yield f"{field.model._meta.label}.{field.name}"
        at = field.related_model if field.is_relation else None


def read_by(model: type[models.Model], expression: Any) -> Iterator[str]:
    """The fields that an expression names."""
    if isinstance(expression, F):
        yield from passed(model, expression.name)
    elif isinstance(expression, models.Q):
        for child in expression.flatten():
            if isinstance(child, F):
                yield from passed(model, child.name)
        for leaf in _leaves(expression):
            yield from passed(model, leaf)
    elif isinstance(expression, Combinable) and hasattr(expression, "get_source_expressions"):
        for child in expression.get_source_expressions():
            yield from read_by(model, child)


def _leaves(given: models.Q) -> Iterator[str]:
    for child in given.children:
        if isinstance(child, models.Q):
            yield from _leaves(child)
        else:
            yield child[0]


def offered() -> set[str]:
    found: set[str] = set()
    for table in TABLES:
        found.update(passed(table.model, table.place), passed(table.model, table.person))
        for column in table.columns:
            found.update(column.covers, passed(table.model, column.path))
            found.update(read_by(table.model, column.expression))
    return found


def shown() -> set[str]:
    """The fields that columns show themselves, not those that they only go through."""
    found: set[str] = set()
    for table in TABLES:
        for column in table.columns:
            found.update(column.covers, list(passed(table.model, column.path))[-1:])
    return found


OFFERED = offered()
WITHHELD = {
    f"{model}.{field}": reason
    for model, fields in facts.withheld.items()
    for field, reason in fields.items()
}


def test_every_field_is_offered_or_withheld() -> None:
    missing = sorted(
        name
        for name in FIELDS - OFFERED - WITHHELD.keys()
        if f"{name.rpartition('.')[0]}.*" not in WITHHELD
    )
    assert not missing, (
        "offer these fields in the room's facts.py, or withhold them there with the reason:\n"
        + "\n".join(missing)
    )


def test_nothing_is_withheld_that_is_gone_or_offered() -> None:
    every = {name.rpartition(".")[0] for name in FIELDS}
    stale = [
        name
        for name in WITHHELD
        if (name.endswith(".*") and name[:-2] not in every)
        or (not name.endswith(".*") and name not in FIELDS)
    ]
    both = sorted(shown() & WITHHELD.keys())
    assert not stale, stale
    assert not both, f"offered and withheld: {both}"
    unsaid = [name for name, reason in WITHHELD.items() if len(reason) < 8]
    assert not unsaid, f"no reason is given: {unsaid}"


@EACH
def test_a_column_says_what_it_is(table: FactTable) -> None:
    for column in table.columns:
        says(column)


def says(column: Column) -> None:
    for language in ("zh-hans", "en"):
        with override(language):
            assert str(column.label).strip()
    assert bool(column.path) or column.expression is not None
    assert not (column.path and column.expression is not None)
    if column.kind == "code":
        assert column.codes is not None, "a code without its list"
    if column.synonyms:
        assert column.synonyms in load("headers"), column.synonyms
    if column.right:
        assert column.right in registries.rights.names()
    unknown = set(column.covers) - FIELDS
    assert not unknown, unknown


def field_at(model: type[models.Model], path: str) -> Any:
    """The field at the end of a look-up."""
    last = list(passed(model, path))[-1:]
    if not last:
        return None
    label, _dot, name = last[0].rpartition(".")
    return apps.get_model(label)._meta.get_field(name)


@EACH
def test_a_column_of_codes_has_their_list(table: FactTable) -> None:
    """Else a sheet shows the code, in English, to somebody who reads Chinese."""
    for column in table.columns:
        field = field_at(table.model, column.path) if column.load is None else None
        if field is None or isinstance(field, models.ForeignKey):
            continue
        if field.choices or isinstance(field, models.SlugField):
            assert column.codes is not None, f"{column.name} shows codes: give it codes="
            assert column.kind == "code", column.name


def left_out(table: FactTable) -> set[str]:
    """The fields of the model that have to be empty for a row to be in the table."""
    where = table.rows("", dt.date(2020, 2, 1) if table.dated else None).query.where
    return {
        f"{child.lhs.target.model._meta.label}.{child.lhs.target.name}"
        for child in where.children
        if where.connector == "AND"
        and isinstance(child, IsNull)
        and child.rhs is True
        and isinstance(child.lhs, Col)
        # Not of another row of the same table, which is joined.
        and child.lhs.alias == table.model._meta.db_table
    }


@EACH
def test_no_column_is_empty_by_what_the_rows_leave_out(table: FactTable, db: None) -> None:
    gone = left_out(table)
    dead = [c.name for c in table.columns if gone & set(list(passed(table.model, c.path))[-1:])]
    assert not dead, f"no row has any of these: offer such rows, or drop the columns: {dead}"


# Tables whose own right is that to what they tell of persons, and why.
BY_ITS_RIGHT = {
    "register.residents": "relation, groups and absence: of who keeps the register",
    "register.establishments": "the contact whom an establishment has named",
    "register.key_groups": "the group itself: of who keeps the register",
    "organisations.members": "office and standing, known to who sees the organisation",
    "organisations.responsibilities": "who answers is told to everybody who asks",
    "organisations.member_households": "who answers is told to everybody who asks",
    "organisations.seconded": "office and standing, known to who sees the unit",
    "mobilise.volunteers": "whether somebody is fit: of who keeps volunteers",
    "mobilise.certificates": "the name on the paper: of who issues it",
    "field.targets": "the outcome at a door: of who visits",
    "field.visits": "what was found at a door: of who visits",
    "field.exemptions": "why a door is exempt: of who visits",
    "field.entries": "whether somebody had fever, without a name",
    "field.checks": "a note, of no person",
    "field.disinfections": "a note, and who disinfected",
    "field.outreach": "a note, of no person",
    "surveillance.cards": "the case itself: of who sees reports of diseases",
}


@EACH
def test_what_is_personal_has_a_right(table: FactTable) -> None:
    """Its own, or that of the table, which is then said to be meant so."""
    kinds = (Sensitivity.PERSONAL, Sensitivity.SEALED)
    bare = [one.name for one in table.columns if one.sensitivity in kinds and not one.right]
    assert bool(bare) == (table.name in BY_ITS_RIGHT), bare


@EACH
def test_chinese_has_no_english(table: FactTable) -> None:
    """What a table and its columns are called, its source and moment, as people read them."""
    with override("zh-hans"):
        said = [table.label, table.about, table.source, table.as_of]
        for column in table.columns:
            said += [column.label, column.about, column.as_of]
            # A unit may be a symbol: mg/L, ℃.
            said += [column.unit] if len(str(column.unit)) > 5 else []
        english = [str(one) for one in said if re.search("[A-Za-z]{3}", str(one))]
    assert not english


@EACH
def test_a_table_says_what_it_is(table: FactTable) -> None:
    names = [column.name for column in table.columns]
    assert len(names) == len(set(names))
    assert set(table.shown_first) <= set(names)
    assert table.right in registries.rights.names()
    assert str(table.about).strip()
    assert str(table.source).strip()
    assert table.order[-1] == "pk"
    assert table.name.split(".")[0] == table.model._meta.app_label
    if table.taken_back:
        assert table.taken_back in ledgers.names()
    with override("en"):
        labels = [str(column.label) for column in table.columns]
    assert len(set(labels)) == len(labels), "two columns are called alike"


@EACH
def test_what_tells_of_persons_says_so(table: FactTable) -> None:
    for column in table.columns:
        classed(table, column)


def classed(table: FactTable, column: Column) -> None:
    """The class of a column is at least that of the fields it shows (``fields.json``)."""
    if column.kind == "place":
        return
    shown = {*passed(table.model, column.path), *column.covers}
    shown |= set(read_by(table.model, column.expression))
    kinds = {_class(name) for name in shown}
    if "sealed" in kinds:
        assert column.sensitivity in (Sensitivity.SEALED, Sensitivity.PERSONAL)
        assert not column.asked_of_database, "what is sealed can't be asked for"
    if kinds & {"open", "removed"} and column.sensitivity == Sensitivity.OPEN:
        assert column.kind != "name", "a name tells of a person"
    who = {name for name in shown if name.endswith(("_by", ".actor")) and _class(name) == "staff"}
    if who and column.name != "ended_by":
        assert column.sensitivity != Sensitivity.OPEN


def _class(name: str) -> str:
    model, _dot, field = name.rpartition(".")
    return CLASSES.get(model, {}).get(field, "none").partition(":")[0]


@pytest.mark.parametrize("measure", list(facts.measures), ids=lambda measure: measure.name)
def test_a_measure_says_what_it_is(measure: facts.Measure, db: None) -> None:
    table = facts.tables.get(measure.table)
    assert str(measure.label).strip()
    assert str(measure.about).strip()
    assert str(measure.source).strip()
    if measure.sums:
        assert table.column(measure.sums).kind == "number"
    if not callable(measure.filters):
        for one in measure.filters:
            assert one.operation in operations_of(table.column(one.column))
            condition(table, one)


def test_apps_with_models_declare_facts() -> None:
    """A room with tables that declares nothing would be silently complete."""
    rooms = {model._meta.app_label for model in models_of_ours()}
    known = {name.partition(".")[0] for name in (*facts.withheld, *facts.tables.names())}
    assert rooms <= known, rooms - known
    assert apps.is_installed("fangxian.register")


# Tables of so few rows that sorting them all is nothing: what they count, in a city.
SMALL = {
    "core.measures": "measures of an emergency",
    "field.corrections": "corrections of reports",
    "field.rounds": "rounds",
    "field.exemptions": "a few in a hundred households of a sweep",
    "field.gates": "gates",
    "field.points": "points of rounds",
    "field.sweeps": "sweeps",
    "mobilise.aid_programmes": "standing programmes",
    "mobilise.certificates": "certificates",
    "mobilise.posts": "posts",
    "organisations.five_ones": "five in a community",
    "organisations.organisations": "organisations",
    "regions.buildings": "buildings",
    "regions.units": "units of buildings",
}


def leads(model: type[models.Model], name: str) -> bool:
    """Whether an index over all rows of a model begins with a field."""
    field = model._meta.get_field(name.removesuffix("_id"))
    if field.unique or (field.db_index and not field.is_relation):
        return True
    for index in model._meta.indexes:
        first = index.fields[0] if index.fields else getattr(index.expressions[0], "name", "")
        if first == field.name and index.condition is None:
            return True
    return any(
        constraint.fields[:1] == (field.name,) and constraint.condition is None
        for constraint in model._meta.constraints
        if isinstance(constraint, models.UniqueConstraint)
    )


@EACH
def test_a_page_of_a_large_table_is_read_from_an_index(table: FactTable) -> None:
    assert table.order[-1] == "pk"
    if "__" in table.order[0] or not leads(table.model, table.order[0]):
        assert table.name in SMALL, f"no index begins with {table.order[0]}"
    else:
        assert table.name not in SMALL, "it has an index"
