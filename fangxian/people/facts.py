"""What this room offers of persons to the tables of facts of other rooms, and what it withholds.

A person has no place of its own, so there is no table of persons here: residents, members and
volunteers are persons at a place, and their tables take these columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import F, IntegerField
from django.db.models.expressions import Func
from django.db.models.functions import Cast, ExtractYear
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fangxian.common.facts import Choices, Column, Sensitivity, withhold
from fangxian.common.masks import mask_name, mask_number, mask_phone
from fangxian.people.vocabularies import (
    DOCUMENT_KINDS,
    ETHNICITIES,
    IDENTITY,
    NATIONALITIES,
    SEXES,
)

VIEW = "people.view"
PERSONAL = Sensitivity.PERSONAL
SEALED = Sensitivity.SEALED


def register() -> None:
    """Say what is withheld (from ``ready()``)."""
    withhold(
        {
            "people.Person": {
                "initials": "made from the name for searching",
                "merged_into": "a record that was merged is shown as the one it went into",
            },
            "people.PersonDocument": {
                "emergency_id": "names the key that seals the number",
                "number_index": "a blind index for searching",
            },
            "people.PersonPhone": {
                "emergency_id": "names the key that seals the number",
                "number_index": "a blind index for searching",
                "label": "whose phone it is stands beside it on the person's page",
            },
            "people.PersonLink": "why a person is seen at a place: machinery of the scope",
            "people.NameToken": "pieces of names for searching",
            "people.MergeCandidate": "records that may be one person: in the merge queue",
            "people.Merge": "which records became one: shown in the merge queue",
        }
    )


def _documents(kind: str = "") -> Any:
    def load(persons: Sequence[UUID], clear: bool) -> dict[UUID, str]:
        from fangxian.people.models import PersonDocument

        found = PersonDocument.objects.filter(person_id__in=[one for one in persons if one])
        if kind:
            found = found.filter(kind=kind)
        numbers: dict[UUID, str] = {}
        for person, number in found.order_by("person_id", "id").values_list("person_id", "number"):
            shown = str(number)
            numbers.setdefault(person, shown if clear else mask_number(shown))
        return numbers

    return load


def _document_kinds(persons: Sequence[UUID], _clear: bool) -> dict[UUID, str]:
    from fangxian.people.models import PersonDocument

    found = PersonDocument.objects.filter(person_id__in=[one for one in persons if one])
    kinds: dict[UUID, str] = {}
    for person, kind in found.order_by("person_id", "id").values_list("person_id", "kind"):
        kinds.setdefault(person, kind)
    return kinds


def _phones(at: int) -> Any:
    def load(persons: Sequence[UUID], clear: bool) -> dict[UUID, str]:
        from fangxian.people.models import PersonPhone

        found = PersonPhone.objects.filter(person_id__in=[one for one in persons if one])
        numbers: dict[UUID, list[str]] = {}
        for person, number in found.order_by("person_id", "id").values_list("person_id", "number"):
            shown = str(number)
            numbers.setdefault(person, []).append(shown if clear else mask_phone(shown))
        return {person: mine[at] for person, mine in numbers.items() if len(mine) > at}

    return load


def _age(birth: str) -> Any:
    """Full years today, as the database reckons them."""
    lived = Func(F(birth), function="age")
    return Cast(ExtractYear(lived), IntegerField())


def person_columns(path: str = "person", right: str = VIEW) -> tuple[Column, ...]:
    """What a row tells of its person, to who holds ``right``; ``path``: the look-up of it."""
    key = f"{path}_id"
    return (
        Column(
            "name", pgettext_lazy("person", "Name"), "name", path=f"{path}__name",
            sensitivity=PERSONAL, right=right, mask=mask_name, synonyms="name",
        ),
        Column(
            "sex", _("Sex"), "code", path=f"{path}__sex", codes=Choices(SEXES),
            sensitivity=PERSONAL, right=right, synonyms="sex", width=6,
        ),
        Column(
            "birth_date", _("Date of birth"), "date", path=f"{path}__birth_date",
            sensitivity=PERSONAL, right=right, synonyms="birth_date",
        ),
        Column(
            "age", _("Age"), "number", expression=_age(f"{path}__birth_date"), unit=_("years"),
            sensitivity=PERSONAL, right=right, synonyms="age", as_of=_("today"), width=6,
        ),
        Column(
            "identity", _("Number of identity document"), "identity", path=key,
            load=_documents(IDENTITY), sensitivity=SEALED, right=right, synonyms="identity",
            covers=("people.PersonDocument.number", "people.PersonDocument.person"),
        ),
        Column(
            "document_kind", _("Kind of document"), "code", path=key, load=_document_kinds,
            codes=DOCUMENT_KINDS, sensitivity=PERSONAL, right=right, synonyms="document_type",
            covers=("people.PersonDocument.kind",),
        ),
        Column(
            "document", _("Number of any document"), "identity", path=key, load=_documents(),
            sensitivity=SEALED, right=right,
        ),
        Column(
            "phone", _("Phone"), "phone", path=key, load=_phones(0), sensitivity=SEALED,
            right=right, synonyms="phone",
            covers=("people.PersonPhone.number", "people.PersonPhone.person"),
        ),
        Column(
            "phone_2", _("Second phone"), "phone", path=key, load=_phones(1), sensitivity=SEALED,
            right=right, synonyms="phone_2",
        ),
        Column(
            "ethnicity", _("Ethnicity"), "code", path=f"{path}__ethnicity", codes=ETHNICITIES,
            sensitivity=PERSONAL, right=right, synonyms="ethnicity",
        ),
        Column(
            "nationality", _("Nationality"), "code", path=f"{path}__nationality",
            codes=NATIONALITIES, sensitivity=PERSONAL, right=right, synonyms="nationality",
        ),
        Column(
            "registered_address", _("Registered address"), path=f"{path}__registered_address",
            sensitivity=PERSONAL, right=right, synonyms="registered_address", width=28,
        ),
        Column(
            "employer", _("Workplace or school"), path=f"{path}__employer",
            sensitivity=PERSONAL, right=right, synonyms="employer", width=24,
        ),
        Column(
            "deceased_on", _("Died on"), "date", path=f"{path}__deceased_on",
            sensitivity=PERSONAL, right=right, synonyms="death_date",
        ),
    )  # fmt: skip
