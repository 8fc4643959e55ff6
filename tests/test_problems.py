"""What an action refuses stands in the form, and nothing of it stays written."""

from __future__ import annotations

from typing import Any

import pytest
from django import forms
from django.contrib.contenttypes.models import ContentType

from fangxian.common.errors import Conflict, Invalid, Problem
from fangxian.common.ui.changes import refused
from fangxian.common.ui.problems import tried

pytestmark = pytest.mark.django_db


class NameForm(forms.Form):
    name = forms.CharField()


@pytest.mark.parametrize(
    ("error", "field", "status"),
    [
        (Invalid(Problem("Too long.", "name", mend="Shorten it.")), "name", 422),
        (Invalid(Problem("Not so.", "elsewhere")), "__all__", 422),
        (Conflict("Somebody was quicker."), "__all__", 409),
    ],
)
def test_what_is_refused_is_told_and_not_written(error: Exception, field: str, status: int) -> None:
    form = NameForm({"name": "x"})
    assert form.is_valid()

    def change() -> Any:
        ContentType.objects.create(app_label="planted", model="planted")
        raise error

    assert tried(form, change) is None
    assert list(form.errors) == [field]
    assert refused(form) == status
    assert not ContentType.objects.filter(app_label="planted").exists()


def test_what_is_accepted_is_returned() -> None:
    form = NameForm({"name": "x"})
    assert form.is_valid()
    assert tried(form, lambda: 7) == 7
    assert not form.errors
