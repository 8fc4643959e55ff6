"""What the core offers to ledgers: tasks, emergencies, imports; and what it withholds."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import BooleanField, Case, QuerySet, Value, When
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fangxian.accounts.models import Role
from fangxian.common.codes import Level
from fangxian.common.facts import (
    Choices,
    Column,
    FactTable,
    Filter,
    Measure,
    Sensitivity,
    measures,
    place_columns,
    tables,
    withhold,
    within,
)
from fangxian.core.models import Emergency, ImportRun, ImportState, Task
from fangxian.core.models import Measure as EmergencyMeasure
from fangxian.core.models.task import TaskState

STAFF = Sensitivity.STAFF
_MACHINERY = "machinery of the installation, which tells nothing of the county"


def register() -> None:
    """Fill the registries (from ``ready()``)."""
    for at, table in enumerate((_tasks(), _emergencies(), _imports(), _in_force())):
        tables.register(table.name, table, order=800 + at)
    for at, measure in enumerate(_MEASURES):
        measures.register(measure.name, measure, order=800 + at)
    withhold(
        {
            "core.Task": {
                "title": "a task is shown by its kind; its words are on its page",
                "title_data": "the words of the title",
                "object_type": "what a task is about: on its page",
                "object_id": "what a task is about: on its page",
                "dedupe_key": "by which a task is opened once",
                "assignee_user_id": "who is asked: on the page of the task",
                "assignee_level": "who is asked: on the page of the task",
                "asked": "who was asked: on the page of the task",
                "escalated": "how far it was passed up: on the page of the task",
                "escalate_at": "when it is passed up: on the page of the task",
                "rule_version": "by which rules it is passed up",
                "done_fact": "what closed it: on the page of the task",
                "emergency_id": "names the key that seals the note",
                "note": "on the page of the task",
            },
            "core.Emergency": {
                "region_id": "shown as the columns of the place",
                "key_destroyed_at": "on the page of the emergency",
                "certificate": "on the page of the emergency",
            },
            "core.Measure": {"region_id": "shown as the columns of the place"},
            "core.Event": "what happened, for other systems: " + _MACHINERY,
            "core.CounterDelta": _MACHINERY,
            "core.NodeStat": _MACHINERY,
            "core.ServerEpoch": _MACHINERY,
            "core.File": "files: each on the page it belongs to",
            "core.FileChunk": "the content of files",
            "core.ImportRun": {
                "file": "the workbook: on the page of the import",
                "sha256": "by which the same workbook is known",
                "signature": "by which the same columns are known",
                "mapping": "the columns chosen: on the page of the import",
                "options": "settings of the import: on its page",
                "emergency_id": "names the key that seals the rows",
                "result_file": "the workbook with errors: on the page of the import",
                "job_id": _MACHINERY,
                "user_id": "the account stands in its own column",
            },
            "core.ImportRow": "rows of workbooks: on the page of the import",
            "core.MappingMemory": "columns chosen before: offered again at the next import",
            "core.Job": _MACHINERY,
            "core.Worker": _MACHINERY,
            "core.DailyRun": _MACHINERY,
            "core.Notification": "messages to one account: for that account alone",
            "core.OutboxMessage": "messages on their way: " + _MACHINERY,
            "core.OutboxDelivery": "messages on their way: " + _MACHINERY,
            "core.Endpoint": "addresses and secrets of other systems",
            "core.RuleSet": "rules: on the page of rules",
        }
    )


def _task_rows(place: str, _day: dt.date | None) -> QuerySet[Any]:
    return Task.objects.filter(within(place))


def _emergency_rows(place: str, _day: dt.date | None) -> QuerySet[Any]:
    return Emergency.objects.filter(within(place))


def _import_rows(place: str, _day: dt.date | None) -> QuerySet[Any]:
    return ImportRun.objects.filter(within(place))


def _kinds() -> list[tuple[str, Any]]:
    from fangxian.core.kinds import task_kinds

    return [(name, kind.label) for name, kind in task_kinds.items()]


def _roles() -> list[tuple[str, Any]]:
    return [(role.code, str(role)) for role in Role.objects.order_by("code")]


def _ledgers() -> list[tuple[str, Any]]:
    from fangxian.core.ledgers import ledgers

    return [(one.kind, one.label) for one in ledgers]


_LATE = Case(
    When(state=TaskState.OPEN.value, due_at__lt=Now(), then=Value(True)),
    default=Value(False),
    output_field=BooleanField(),
)


def _tasks() -> FactTable:
    columns = (
        *place_columns(),
        Column("kind", _("Kind of task"), "code", path="kind", codes=Choices(_kinds)),
        Column("due_at", _("Due"), "datetime", path="due_at"),
        Column("state", _("State"), "code", path="state", codes=Choices(TaskState.choices)),
        Column("late", _("Overdue"), "yes_no", expression=_LATE),
        Column("role", _("Asked of"), "code", path="assignee_role", codes=Choices(_roles)),
        Column("closed_at", pgettext_lazy("a task", "Closed"), "datetime", path="closed_at"),
        Column("closed_by", _("Closed by"), "account", path="closed_by", sensitivity=STAFF),
    )
    return FactTable(
        "core.tasks", _("Tasks"), _("A task: what is to be done at a place, until when."),
        "core.task", Task, _task_rows, columns, as_of=_("as it is now"), source=_("tasks"),
        link=lambda key: reverse("core:task", args=[key]),
        first=("kind", "town", "community", "grid", "due_at", "state", "role", "closed_at"),
    )  # fmt: skip


def _emergencies() -> FactTable:
    columns = (
        *place_columns(deepest=Level.VILLAGE),
        Column("name", _("Emergency"), path="name", width=24),
        Column("disease", _("Disease"), path="disease"),
        Column("level", _("Level of response"), "code", path="level",
               codes=Choices(Emergency.Level.choices)),
        Column("started_on", _("Started on"), "date", path="started_on"),
        Column("ended_on", _("Ended on"), "date", path="ended_on"),
    )  # fmt: skip
    return FactTable(
        "core.emergencies", _("Emergencies"), _("An emergency at a place."), "core.task",
        Emergency, _emergency_rows, columns, as_of=_("as it is now"), source=_("emergencies"),
        link=lambda key: reverse("core:emergency", args=[key]),
    )  # fmt: skip


def _measure_rows(place: str, _day: dt.date | None) -> QuerySet[Any]:
    return EmergencyMeasure.objects.filter(within(place))


def _in_force() -> FactTable:
    columns = (
        *place_columns(deepest=Level.VILLAGE),
        Column("emergency", _("Emergency"), path="emergency__name", width=24),
        Column("title", _("Measure of an emergency"), path="title", width=28),
        Column("body", _("Issued by"), path="body", width=24),
        Column("content", _("Content"), path="content", width=40),
        Column("from_at", pgettext_lazy("column", "From"), "datetime", path="from_at"),
        Column("to_at", pgettext_lazy("column", "Until"), "datetime", path="to_at"),
        Column("lifted_at", _("Lifted"), "datetime", path="lifted_at"),
    )
    return FactTable(
        "core.measures", _("Measures of emergencies"),
        _("A measure of an emergency: by whom, what, where, until when; lifted ones are marked."),
        "core.task", EmergencyMeasure, _measure_rows, columns, as_of=_("as it is now"),
        source=_("emergencies"),
        first=("emergency", "title", "body", "town", "community", "from_at", "to_at", "lifted_at"),
    )  # fmt: skip


def _imports() -> FactTable:
    columns = (
        *place_columns(deepest=Level.VILLAGE),
        Column("kind", _("Ledger"), "code", path="kind", codes=Choices(_ledgers)),
        Column("state", _("State"), "code", path="state", codes=Choices(ImportState.choices)),
        Column("rows_in", _("Rows"), "number", path="rows_in"),
        Column("accepted", _("Accepted"), "number", path="accepted"),
        Column("rejected", _("Rejected"), "number", path="rejected"),
        Column("changed", _("Changed"), "number", path="changed"),
        Column("made_by", _("Imported by"), "account", path="made_by", sensitivity=STAFF),
        Column("finished_at", _("Finished"), "datetime", path="finished_at"),
    )
    return FactTable(
        "core.imports", _("Imports"), _("A workbook that was taken in."), "core.imports",
        ImportRun, _import_rows, columns, as_of=_("as it is now"), source=_("imports"),
        link=lambda key: reverse("core:import", args=[key]),
    )  # fmt: skip


_MEASURES = (
    Measure("core.tasks_open", _("Open tasks"), _("Tasks that nobody has closed yet."),
            "core.tasks", "", (Filter("state", "is", TaskState.OPEN.value),), source=_("tasks")),
    Measure("core.tasks_late", _("Overdue tasks"), _("Open tasks whose day has passed."),
            "core.tasks", "", (Filter("late", "is", "yes"),), source=_("tasks")),
)  # fmt: skip
