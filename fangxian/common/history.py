"""History: each change of a tracked model leaves a row with who, why and from where.

Statement-level triggers (django-pghistory) write it, so bulk changes and plain SQL are caught too.
The history table has the policy of its model; the application can only add to it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar
from uuid import UUID

import pghistory
import pghistory.trigger
import pgtrigger
from django.apps import apps
from django.db import models

from fangxian.common.scoping import Linked, Scope

M = TypeVar("M", bound=type[models.Model])
Row = TypeVar("Row", bound=models.Model)

_CONTEXT = "COALESCE(NULLIF(CURRENT_SETTING('pghistory.context_metadata', TRUE), ''), NULL)::JSONB"


class _Event(pghistory.trigger.Event):
    """The library's trigger, which reads the context's JSON once a statement, not once a row.

    That was a quarter of the database's time in a bulk load.
    """

    def get_func(self, model: Any) -> Any:
        func: Any = super().get_func(model)  # type: ignore[no-untyped-call]  # has no types
        if func.func.count(_CONTEXT) != 1:
            raise ValueError(f"the history of {model.__name__} reads its context in another way")
        func.func = func.func.replace(_CONTEXT, f"(SELECT {_CONTEXT})")
        return func


class _ContextOnce(pghistory.RowEvent):
    def add_event_trigger(self, event_model: Any) -> None:
        trigger: Any = _Event
        pgtrigger.register(
            trigger(
                event_model=event_model,
                label=self.label,
                name=self.trigger_name,
                row=self.row,
                operation=self.operation,
                condition=self.condition,
                level=self.level,
            )
        )(event_model.pgh_tracked_model)


class _Inserted(_ContextOnce, pghistory.InsertEvent):
    pass


class _Updated(_ContextOnce, pghistory.UpdateEvent):
    pass


class _Deleted(_ContextOnce, pghistory.DeleteEvent):
    pass


def _history_scope(scope: Scope) -> Scope:
    if isinstance(scope, Linked) and scope.column == "id":
        scope = replace(scope, column="pgh_obj_id")
    # A redraw rewrites the codes of history rows by a function that runs as the owner.
    return replace(scope, append_only=True)


def tracked(*, exclude: list[str] | None = None) -> Callable[[M], M]:
    """Decorate a model that declares its ``scope``: inserts, updates and deletes are kept.

    The history model is ``<Model>History`` in the same room.
    """

    def decorate(model: M) -> M:
        scope: Scope = model.scope  # type: ignore[attr-defined]
        # Its stubs know no table without a column for the context's id, its documentation does.
        no_context_id: Any = None
        track: Any = pghistory.track(
            _Inserted(),
            _Updated(),
            _Deleted(),
            exclude=exclude,
            level=pghistory.Statement,
            context_field=pghistory.ContextJSONField(),
            context_id_field=no_context_id,
            model_name=f"{model.__name__}History",
            attrs={"scope": _history_scope(scope)},
        )
        decorated: M = track(model)
        return decorated

    return decorate


def history_of(model: type[models.Model]) -> Any:
    """The history model of a tracked one, which is made while the models are loaded."""
    return apps.get_model(model._meta.app_label, f"{model.__name__}History")


def came_into(model: type[models.Model], key: UUID, **state: Any) -> dt.datetime | None:
    """When the object last came into a state (values of its columns), None: it never was in it.

    All that its transaction changed has this time; later changes that leave the state alone don't
    count. As far as the history is in scope.
    """
    at: dt.datetime | None = None
    held = False
    told = history_of(model).objects.filter(pgh_obj_id=key).order_by("pgh_id")
    for moment, *values in told.values_list("pgh_created_at", *state):
        holds = values == list(state.values())
        if holds and not held:
            at = moment
        held = holds
    return at


def restored(model: type[Row], key: UUID, **changed: Any) -> Row | None:
    """Insert a deleted row again as its history last knew it, but for what is ``changed``.

    None: it is there, or its history is out of scope.
    """
    if model._base_manager.filter(pk=key).exists():
        return None
    told = history_of(model).objects.filter(pgh_obj_id=key).order_by("-pgh_id").first()
    if told is None:
        return None
    columns = [field.attname for field in model._meta.concrete_fields]
    row = model(**{name: getattr(told, name) for name in columns} | changed)
    # As it was: nothing is stamped anew.
    row.save_base(raw=True, force_insert=True)
    return row
