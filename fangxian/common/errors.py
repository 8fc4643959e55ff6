"""What can go wrong, said so that a person can mend it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import DatabaseError
from django.utils.translation import gettext as _
from psycopg import errors as postgres


class Forbidden(PermissionDenied):
    """The actor lacks a right, or has it elsewhere only. Rendered as 403."""

    def __init__(self, right: str, code: str = "") -> None:
        super().__init__(f"right {right} is missing at {code or 'this place'}")
        self.right = right
        self.code = code


class OutOfScope(LookupError):
    """The object is not in the actor's area; rendered as 404, like one that does not exist."""


class Conflict(Exception):
    """Somebody else changed the thing meanwhile; rendered as 409 with what to do."""


# What the database says when two wrote the same at once, or each waited for the other.
_AT_ONCE = (
    postgres.UniqueViolation,
    postgres.ExclusionViolation,
    postgres.DeadlockDetected,
    postgres.LockNotAvailable,
)


def met(error: DatabaseError) -> Conflict | None:
    """The Conflict that an error of the database is, None if it is another.

    What it says of values stays behind: they may be a person's.
    """
    if not isinstance(error.__cause__, _AT_ONCE):
        return None
    return Conflict(_("Somebody else has written the same meanwhile: open the page again."))


class TooMany(Exception):
    """A quota is used up; rendered as 429."""


@dataclass(frozen=True)
class Problem:
    """One mistake: where it is, what it is, how to mend it. Messages are translated lazily."""

    message: Any
    field: str = ""
    row: int | None = None
    mend: Any = ""
    code: str = "invalid"

    def __str__(self) -> str:
        where = f"{self.row}: " if self.row is not None else ""
        field = f"{self.field}: " if self.field else ""
        mend = f" {self.mend}" if self.mend else ""
        return f"{where}{field}{self.message}{mend}"


class Invalid(ValueError):
    """One or more problems of given data; nothing was written. Rendered as 422."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = problems

    def by_field(self) -> Mapping[str, list[Any]]:
        """Group the messages by field ("" for the whole form), as Django's forms take them."""
        grouped: dict[str, list[Any]] = {}
        for problem in self.problems:
            text = f"{problem.message} {problem.mend}".strip()
            grouped.setdefault(problem.field, []).append(text)
        return grouped
