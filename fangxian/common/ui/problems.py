"""What an action says of a form that was sent: beside the fields that caused it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction

from fangxian.common.errors import Conflict, Invalid
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
        form.add_error(None, ValidationError(str(error), code=CONFLICT))
    return None
