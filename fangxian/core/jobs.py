"""Job kinds and the progress they report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fangxian.common.registries import Registry

Run = Callable[..., Any]


@dataclass(frozen=True)
class JobKind:
    """A kind of long work: ``run(progress, **ids)``, asked of who has ``right``."""

    name: str
    label: Any
    right: str
    run: Run
    max_attempts: int = 3


kinds: Registry[JobKind] = Registry("job kind")


def job_kind(name: str, *, label: Any, right: str, max_attempts: int = 3) -> Callable[[Run], Run]:
    """Register ``def run(progress: Progress, **ids: str)`` as the job kind ``name``.

    The module must be imported in the room's ``ready()``.
    """

    def decorate(run: Run) -> Run:
        kinds.register(name, JobKind(name, label, right, run, max_attempts))
        return run

    return decorate
