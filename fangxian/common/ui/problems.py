"""What an action says of a form that was sent: beside the fields that caused it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django import forms
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction

from fangxian.common.errors import Conflict, Invalid, met
from fangxian.common.ui.changes import CONFLICT

T = TypeVar("T")


def show_problems(form: forms.Form, error: Invalid) -> None:
    """Put an action's problems beside their fields, those of no field above the form."""
    for field, texts in error.by_field().items():
        for text in texts:
            form.add_error(field if field in form.fields else None, str(text))


def tried(form: forms.Form, change: Callable[[], T]) -> T | None:
    """What ``change`` returns; None where it was refused, with the reasons in the form.

    Nothing of what was refused stays written. Where somebody else came before, ``changes.refused``
    tells it by its status.
    """
    try:
        with transaction.atomic():
            return change()
    except Invalid as error:
        show_problems(form, error)
    except Conflict as error:
        _show_conflict(form, error)
    except DatabaseError as error:
        # Jobs try again what met another's change; a person is told.
        conflict = met(error)
        if conflict is None:
            raise
        _show_conflict(form, conflict)
    return None


def _show_conflict(form: forms.Form, conflict: Conflict) -> None:
    form.add_error(None, ValidationError(str(conflict), code=CONFLICT))
