"""Choices that are known only when a form is made."""

from __future__ import annotations

from typing import Any

from django import forms


def offer(form: forms.BaseForm, **choices: Any) -> None:
    """Give fields of a form, by name, their choices as Django takes them.

    Raises TypeError for a field without choices.
    """
    for name, values in choices.items():
        field = form.fields[name]
        if not isinstance(field, forms.ChoiceField):
            raise TypeError(f"{name} of {type(form).__name__} has no choices")
        field.choices = values
