"""What of a form counts as changed: "no" is an answer, other than none."""

from __future__ import annotations

from typing import Any

import pytest
from django import forms
from django.http import QueryDict

from fangxian.common.ui.changes import SHOWN, ChangeForm


class _Fitness(ChangeForm):
    fit = forms.NullBooleanField(required=False, widget=forms.NullBooleanSelect)
    vehicle = forms.BooleanField(required=False)


def _sent(shown: dict[str, Any], now: dict[str, Any], typed: str) -> _Fitness:
    """The form as it comes back: opened over ``shown``, sent when ``now`` is what is there."""
    data = QueryDict(typed, mutable=True)
    data[SHOWN] = _Fitness(initial=shown).fields[SHOWN].initial
    return _Fitness(data, initial=now)


@pytest.mark.parametrize("before", [None, True, False])
@pytest.mark.parametrize("after", [None, True, False])
def test_yes_no_and_not_said_are_three_answers(before: bool | None, after: bool | None) -> None:
    """Each change between them is one, and only what was changed is."""
    typed = {None: "unknown", True: "true", False: "false"}[after]
    row = {"fit": before, "vehicle": True}

    form = _sent(row, row, f"fit={typed}&vehicle=on")

    assert form.is_valid(), form.errors
    assert form.cleaned_data == ({} if before is after else {"fit": after})


def test_a_no_set_meanwhile_is_asked_about() -> None:
    """It counts as somebody's answer, also where none had been there."""
    shown = {"fit": None, "vehicle": False}

    form = _sent(shown, {**shown, "fit": False}, "fit=true")

    assert not form.is_valid()
    assert list(form.errors) == ["fit"]


def test_a_box_that_was_never_ticked_is_left_alone() -> None:
    """An empty box of a row without a value is the same as one that is not ticked."""
    form = _sent({"fit": True}, {"fit": True}, "fit=true")

    assert form.is_valid(), form.errors
    assert form.cleaned_data == {}
