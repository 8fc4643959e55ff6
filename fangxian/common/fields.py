"""Model fields: sealed text, its blind index, place codes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.core.exceptions import FieldError, ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from fangxian.common import codes, crypto
from fangxian.common.keyring import REGISTER, KeyDestroyed


class Destroyed(str):
    """What is shown in place of a value whose emergency has ended and whose key is destroyed."""

    __slots__ = ()


DESTROYED = Destroyed("⟨destroyed⟩")


class SealedTextField(models.BinaryField):  # type: ignore[type-arg]
    """Text kept encrypted; plain in Python, bytes in the database. Never filterable.

    ``column`` is the name bound into each value ("people.document.number"); it stays the same when
    the model is renamed or copied into its history table. ``emergency`` names the field that holds
    the emergency's id: when that is set, the emergency's key seals the value.
    """

    description = "encrypted text"
    empty_values = [None, ""]

    def __init__(
        self,
        verbose_name: Any = None,
        *,
        column: str = "",
        emergency: str = "",
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("editable", True)
        self.column_name = column
        self.emergency_field = emergency
        super().__init__(verbose_name, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        kwargs["column"] = self.column_name
        if self.emergency_field:
            kwargs["emergency"] = self.emergency_field
        return name, path, args, kwargs

    def check(self, **kwargs: Any) -> list[Any]:
        from django.core import checks

        found = list(super().check(**kwargs))
        if not self.column_name:
            found.append(checks.Error("a sealed field needs column=", obj=self, id="fangxian.E010"))
        return found

    def from_db_value(self, value: Any, _expression: Any, _connection: Any) -> str | None:
        if value is None:
            return None
        try:
            return crypto.unseal(bytes(value), self.column_name).decode()
        except KeyDestroyed:
            return DESTROYED

    def to_python(self, value: Any) -> Any:
        return value

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = getattr(model_instance, self.attname)
        if value is None or isinstance(value, bytes | memoryview):
            return value
        key_id = REGISTER
        if self.emergency_field:
            key_id = getattr(model_instance, self.emergency_field) or REGISTER
        # Not str() of a text: it would make a destroyed one look like any other.
        return self.seal(value if isinstance(value, str) else str(value), key_id)

    def seal(self, plain: str, key_id: UUID = REGISTER) -> bytes:
        """Seal a text for this column (for COPY and other ways around ``save``)."""
        if isinstance(plain, Destroyed):
            raise ValidationError(_("The emergency has ended and its key is destroyed."))
        return crypto.seal(plain.encode(), self.column_name, key_id)

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if isinstance(value, str):
            # update() has no instance, so the key would be unknown; say so instead of guessing.
            raise FieldError(f"{self.name}: seal the value first, or save() the instance")
        return super().get_db_prep_value(value, connection, prepared)

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name == "isnull":
            return super().get_lookup(lookup_name)
        raise FieldError(f"{self.name} is encrypted; look it up by its blind index")

    def value_to_string(self, obj: models.Model) -> str:
        raise FieldError("sealed fields are not serialised")

    def formfield(self, **kwargs: Any) -> Any:
        from django import forms

        return forms.CharField(required=not self.blank, label=self.verbose_name, **kwargs)


class BlindIndexField(models.BinaryField):  # type: ignore[type-arg]
    """The blind index of a sealed field beside it; ``normalise`` makes equal what means the same.

    Look up with :meth:`of`: ``Model.objects.filter(number_index=field.of("138…"))``.
    """

    def __init__(
        self,
        *,
        source: str = "",
        column: str = "",
        normalise: Callable[[str], str] | None = None,
        **kwargs: Any,
    ) -> None:
        self.source = source
        self.column_name = column
        self.normalise = normalise
        kwargs.setdefault("null", True)
        kwargs["editable"] = False
        super().__init__(**kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        # `normalise` only acts in Python; the migration needs no import of it.
        kwargs |= {"source": self.source, "column": self.column_name}
        return name, path, args, kwargs

    def of(self, value: str) -> bytes:
        """Return the index of ``value``."""
        text = self.normalise(value) if self.normalise else value
        return crypto.blind_index(text, self.column_name)

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        plain = getattr(model_instance, self.source)
        if isinstance(plain, str) and not isinstance(plain, Destroyed):
            value = self.of(plain) if plain else None
            setattr(model_instance, self.attname, value)
        return getattr(model_instance, self.attname)


def validate_place_code(value: str) -> None:
    """Refuse a text that is not a place code."""
    if not codes.is_code(value):
        raise ValidationError(
            _("“%(value)s” is not a place code: 2, 4, 6, 9, 12, 15, 18 or 20 digits."),
            params={"value": value},
        )


class PlaceCodeField(models.CharField):  # type: ignore[type-arg]
    """A place code under C collation, so that a prefix is a range of its index."""

    default_validators = [validate_place_code]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", int(codes.Level.UNIT))
        kwargs.setdefault("db_collation", "C")
        super().__init__(*args, **kwargs)
