"""What the room registers at start-up for other rooms and pages."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext_lazy as _

from fangxian.common.registries import Right, rights
from fangxian.people.references import Reference, references


def _same_homes(lost: UUID, kept: UUID) -> list[UUID]:
    """Open residencies in a household where the kept record has one too."""
    from fangxian.register.models import Residency

    own = Residency.objects.filter(person_id=kept, to_date=None).values("household_id")
    same = Residency.objects.filter(person_id=lost, to_date=None, household_id__in=own)
    return list(same.values_list("pk", flat=True))


def _same_groups(lost: UUID, kept: UUID) -> list[UUID]:
    from fangxian.register.models import KeyGroupEntry

    own = KeyGroupEntry.objects.filter(person_id=kept, to_date=None).values("group")
    same = KeyGroupEntry.objects.filter(person_id=lost, to_date=None, group__in=own)
    return list(same.values_list("pk", flat=True))


def register() -> None:
    """Fill the registries."""
    from fangxian.core import imports
    from fangxian.register.importing import runs

    imports.kinds.register(
        runs.KIND,
        imports.ImportKind(runs.KIND, _("Households and residents"), runs.RIGHT, "register:import"),
    )
    for name, label in (
        ("register.view", _("See the register of households and residents")),
        ("register.edit", _("Record moves, births, deaths and changes")),
        ("register.import", _("Import ledgers into the register")),
    ):
        rights.register(name, Right(name, label, personal=True))
    references.register(
        "register.residencies", Reference("register.Residency", clashes=_same_homes)
    )
    references.register(
        "register.key_groups", Reference("register.KeyGroupEntry", clashes=_same_groups)
    )
