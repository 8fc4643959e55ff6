"""One human once, whatever the roles; with documents of all kinds or none, and phones."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fangxian.common import access
from fangxian.common.fields import BlindIndexField, PlaceCodeField, SealedTextField
from fangxian.common.history import tracked
from fangxian.common.models import Row
from fangxian.common.scoping import Linked, Scoped
from fangxian.people.documents import normal_number, normal_phone
from fangxian.people.names import LONGEST
from fangxian.people.vocabularies import DOCUMENT_KINDS, ETHNICITIES, SEXES


@tracked()
class Person(Row):
    """A human. Seen by whoever sees one of the person's links; each load is noted as a read."""

    scope = Linked("people.PersonLink")

    name = models.CharField(pgettext_lazy("person", "name"), max_length=60)
    initials = models.CharField(max_length=LONGEST, blank=True, editable=False)
    sex = models.CharField(_("sex"), max_length=1, choices=SEXES, default="0")
    birth_date = models.DateField(_("date of birth"), null=True, blank=True)
    ethnicity = models.CharField(_("ethnicity"), max_length=2, blank=True)
    nationality = models.CharField(_("nationality"), max_length=3, default="CHN")
    registered_address = models.CharField(_("registered address"), max_length=200, blank=True)
    employer = models.CharField(_("workplace or school"), max_length=120, blank=True)
    deceased_on = models.DateField(_("died on"), null=True, blank=True)
    merged_into = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        db_index=False,
    )

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("persons")
        constraints = [
            models.CheckConstraint(condition=Q(sex__in=["0", "1", "2", "9"]), name="person_sex"),
            models.CheckConstraint(condition=~Q(name=""), name="person_name"),
            models.CheckConstraint(
                condition=Q(deceased_on=None)
                | Q(birth_date=None)
                | Q(deceased_on__gte=F("birth_date")),
                name="person_dates",
            ),
            models.CheckConstraint(
                condition=Q(merged_into=None) | ~Q(merged_into=F("id")), name="person_not_itself"
            ),
        ]
        indexes = [
            models.Index(
                fields=["merged_into"], condition=~Q(merged_into=None), name="person_merged"
            ),
        ]

    @classmethod
    def from_db(
        cls, db: str | None, field_names: Collection[str], values: Collection[Any], **more: Any
    ) -> Person:
        person = super().from_db(db, field_names, values, **more)
        access.note(person.pk)
        return person

    def __str__(self) -> str:
        return self.name

    @property
    def ethnicity_label(self) -> str:
        """The ethnicity in the current language."""
        return ETHNICITIES.label(self.ethnicity) if self.ethnicity else ""


@tracked()
class PersonDocument(Row):
    """A document that names the person. Found by its blind index; shown masked."""

    scope = Linked("people.PersonLink", column="person_id")

    # The unique rule's index begins with the person.
    person = models.ForeignKey(Person, models.CASCADE, related_name="documents", db_index=False)
    kind = models.CharField(_("kind of document"), max_length=20)
    emergency_id = models.UUIDField(null=True, editable=False)
    number = SealedTextField(
        verbose_name=_("number"), column="people.document.number", emergency="emergency_id"
    )
    number_index = BlindIndexField(
        source="number", column="people.document.number", normalise=normal_number
    )

    class Meta:
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        constraints = [
            models.UniqueConstraint(
                fields=["person", "kind", "number_index"], name="document_once_a_person"
            ),
        ]
        # Not unique across persons: that would reveal people of other places.
        indexes = [models.Index(fields=["number_index"], name="document_number")]

    @property
    def kind_label(self) -> str:
        """The kind in the current language."""
        return DOCUMENT_KINDS.label(self.kind)


@tracked()
class PersonPhone(Row):
    """A phone of the person: own, or that of whoever answers for a child."""

    scope = Linked("people.PersonLink", column="person_id")

    # The unique rule's index begins with the person.
    person = models.ForeignKey(Person, models.CASCADE, related_name="phones", db_index=False)
    emergency_id = models.UUIDField(null=True, editable=False)
    number = SealedTextField(
        verbose_name=_("phone"), column="people.phone.number", emergency="emergency_id"
    )
    number_index = BlindIndexField(
        source="number", column="people.phone.number", normalise=normal_phone
    )
    label = models.CharField(_("whose or what for"), max_length=20, blank=True)

    class Meta:
        verbose_name = _("phone")
        verbose_name_plural = _("phones")
        constraints = [
            models.UniqueConstraint(fields=["person", "number_index"], name="phone_once_a_person"),
        ]
        indexes = [models.Index(fields=["number_index"], name="phone_number")]


class PersonLink(models.Model):
    """Why a person is seen at a place: lives there, belongs to a unit there, was met there.

    ``source_id`` is the row that says so (a residency, a membership). A redraw rewrites the code.
    """

    scope = Scoped()

    pk = models.CompositePrimaryKey("person", "place_code", "kind", "source_id")
    person = models.ForeignKey(Person, models.CASCADE, related_name="links", db_index=False)
    place_code = PlaceCodeField(_("place"))
    kind = models.CharField(max_length=12)
    source_id = models.UUIDField()

    class Meta:
        indexes = [models.Index(fields=["place_code"], name="link_place")]


class NameToken(models.Model):
    """A piece of a name at a place where the person is linked; derived, made by the database.

    Equality and ranges under C collation can use this index beneath row-level security, LIKE and
    trigrams can not.
    """

    scope = Scoped()

    pk = models.CompositePrimaryKey("token", "place_code", "person_id")
    token = models.CharField(max_length=LONGEST, db_collation="C")
    place_code = PlaceCodeField(_("place"))
    person_id = models.UUIDField()

    class Meta:
        indexes = [models.Index(fields=["place_code"], name="token_place")]
