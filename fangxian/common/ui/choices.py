"""Choices that are known only when a form is made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from fangxian.common.vocabulary import Named


def offer(form: forms.BaseForm, **choices: Any) -> None:
    """Give fields of a form, by name, their choices as Django takes them.

    Raises TypeError for a field without choices.
    """
    for name, values in choices.items():
        field = form.fields[name]
        if not isinstance(field, forms.ChoiceField):
            raise TypeError(f"{name} of {type(form).__name__} has no choices")
        field.choices = values


def named(known: Mapping[str, Named]) -> list[tuple[str, str]]:
    """Choices of a list of codes, as :func:`offer` takes them."""
    return [(one.code, one.name) for one in known.values()]
