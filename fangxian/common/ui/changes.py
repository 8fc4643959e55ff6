"""Forms that change a row, when two people have it open at once.

A form posts all its fields, also those that its user left alone. It therefore carries a digest of
each value that it showed: only what was changed in it is written, and what somebody else has
changed meanwhile stays. Where both changed the same field the form comes back with the present
value named and what was typed kept (409); saved again, it replaces that value knowingly.

The digests are keyed, so that none can be made up and none says what the value is.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from fangxian.common.ui import formats

SHOWN = "as_shown"
CONFLICT = "conflict"


def hold(model: type[models.Model], pk: object) -> None:
    """Lock a row to the end of the transaction, before it is read to be changed."""
    rows = model._base_manager.filter(pk=pk).select_for_update(no_key=True)
    list(rows.values_list("pk", flat=True))


def refused(form: forms.BaseForm) -> int:
    """The status of a page with a form that was not saved: 409 when somebody came before, 422."""
    met = form.errors.as_data().values()
    return 409 if any(one.code == CONFLICT for errors in met for one in errors) else 422


def _plain(field: forms.Field, value: Any) -> str:
    """A value as text, the same whether it comes from a row or was posted."""
    if isinstance(field, forms.BooleanField) and not isinstance(field, forms.NullBooleanField):
        return str(bool(value))
    if isinstance(value, models.Model):
        value = value.pk
    if isinstance(value, dt.date):
        return value.isoformat()
    # "No" is an answer, other than none.
    if value is None:
        return ""
    return str(value).strip()


class ChangeForm(forms.Form):
    """A form over a row as it is now (``initial``, read under its lock when it is posted).

    ``cleaned_data`` holds the changed fields only. ``concealed``: values of fields which the page
    shows empty; an empty one of these changes nothing.
    """

    def __init__(
        self, *args: Any, concealed: Mapping[str, str] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.concealed = dict(concealed or {})
        self.now = {
            name: self.concealed.get(name, _plain(field, self.get_initial_for_field(field, name)))
            for name, field in self.fields.items()
        }
        self.fields[SHOWN] = forms.CharField(
            widget=forms.HiddenInput, required=False, initial=self._digests()
        )

    def _digests(self) -> str:
        return json.dumps({name: self._digest(name, now) for name, now in self.now.items()})

    def _digest(self, name: str, value: str) -> str:
        key = f"{type(self).__name__}.{name}"
        return salted_hmac(key, value, algorithm="sha256").hexdigest()[:20]

    def clean(self) -> dict[str, Any]:
        """Keep what was changed here; mark what somebody else changed as well."""
        super().clean()
        given = self.cleaned_data
        shown = _read(given.pop(SHOWN, ""))
        clashes = []
        for name in self.now:
            posted = self._posted(name)
            # Without a digest the form says nothing of what it showed: then it was what is now.
            before = shown.get(name) or self._digest(name, self.now[name])
            if name in self.concealed:
                left_alone = not posted
            else:
                left_alone = constant_time_compare(before, self._digest(name, posted))
            if left_alone or posted == self.now[name]:
                given.pop(name, None)
            elif not constant_time_compare(before, self._digest(name, self.now[name])):
                clashes.append(name)
        for name in clashes:
            self.add_error(name, ValidationError(self._clash(name), code=CONFLICT))
            shown[name] = self._digest(name, self.now[name])
        if clashes:
            sent: Any = self.data
            data = sent.copy()
            data[self.add_prefix(SHOWN)] = json.dumps(shown)
            self.data = data
        return given

    def _posted(self, name: str) -> str:
        field = self.fields[name]
        where = self.add_prefix(name)
        return _plain(field, field.widget.value_from_datadict(self.data, self.files, where))

    def _clash(self, name: str) -> str:
        again = _("Save again to replace that.")
        if name in self.concealed or isinstance(self.fields[name], forms.BooleanField):
            return _("Somebody else has changed this meanwhile.") + " " + again
        value = self._label(name)
        if not value:
            return _("Somebody else has emptied this meanwhile.") + " " + again
        told = _("Somebody else has changed this meanwhile: it is “%(value)s” now.")
        return told % {"value": value} + " " + again

    def _label(self, name: str) -> str:
        """The present value as people read it."""
        field, value = self.fields[name], self.now[name]
        if isinstance(field, forms.DateField) and value:
            return formats.date(dt.date.fromisoformat(value))
        if isinstance(field, forms.ChoiceField):
            choices: Any = field.choices
            named = {_plain(field, getattr(key, "value", key)): str(text) for key, text in choices}
            return named.get(value, value)
        return value


def _read(text: str) -> dict[str, str]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {name: one for name, one in found.items() if isinstance(one, str) and one.isascii()}
