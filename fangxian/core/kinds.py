"""What a room says of its kinds of tasks: a label and where the object is settled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fangxian.common.registries import Registry
from fangxian.core.models import Task


@dataclass(frozen=True)
class TaskKind:
    """``url(task)`` leads to the page on which the task is done; None: it is closed by hand.

    ``words(title_data)`` gives the title's words in the reader's language where the task keeps
    codes of them.
    """

    label: Any
    url: Callable[[Task], str] | None = None
    by_hand: bool = True
    words: Callable[[dict[str, Any]], dict[str, Any]] | None = None


task_kinds: Registry[TaskKind] = Registry("task kind")


def label_of(kind: str) -> str:
    """The label of a kind, or its name while nobody registered it."""
    return str(task_kinds.get(kind).label) if kind in task_kinds else kind


def words_of(task: Task) -> dict[str, Any]:
    """The words of a task's title."""
    known = task_kinds.get(task.kind) if task.kind in task_kinds else None
    return known.words(task.title_data) if known and known.words else task.title_data


def url_of(task: Task) -> str:
    """Where the task is done, "" if nowhere in particular.

    The address names the task, so that what is read there is noted as read for it.
    """
    known = task_kinds.get(task.kind) if task.kind in task_kinds else None
    if known is None or known.url is None:
        return ""
    address, mark, fragment = known.url(task).partition("#")
    joined = "&" if "?" in address else "?"
    return f"{address}{joined}task={task.id}{mark}{fragment}"


def by_hand(task: Task) -> bool:
    """Whether a person may close it; others are closed by the fact alone."""
    return task.kind not in task_kinds or task_kinds.get(task.kind).by_hand
