"""What the room registers at start-up for other rooms and pages."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext_lazy as _

from fangxian.common.registries import Right, rights
from fangxian.people.references import Reference, references


def _same_documents(lost: UUID, kept: UUID) -> list[UUID]:
    from fangxian.people.models import PersonDocument

    own = set(PersonDocument.objects.filter(person_id=kept).values_list("kind", "number_index"))
    return [
        pk
        for pk, kind, index in PersonDocument.objects.filter(person_id=lost).values_list(
            "pk", "kind", "number_index"
        )
        if (kind, index) in own
    ]


def _same_phones(lost: UUID, kept: UUID) -> list[UUID]:
    from fangxian.people.models import PersonPhone

    own = PersonPhone.objects.filter(person_id=kept).values("number_index")
    same = PersonPhone.objects.filter(person_id=lost, number_index__in=own)
    return list(same.values_list("pk", flat=True))


def register() -> None:
    """Fill the registries."""
    for name, label in (
        ("people.view", _("See persons, with masked numbers")),
        ("people.edit", _("Record and change persons")),
        ("people.reveal", _("See full numbers, with a reason")),
        ("people.merge", _("Decide on possible duplicates")),
    ):
        rights.register(name, Right(name, label, personal=True))
    references.register(
        "people.documents", Reference("people.PersonDocument", clashes=_same_documents)
    )
    references.register("people.phones", Reference("people.PersonPhone", clashes=_same_phones))
