"""What of this room a merge of two records of one human must leave where it is."""

from __future__ import annotations

from uuid import UUID

from fangxian.mobilise.models import Volunteer


def same_volunteers(lost: UUID, kept: UUID) -> list[UUID]:
    """Volunteers of ``lost`` at places where ``kept`` is one too: who serves there once stays."""
    there = Volunteer.objects.filter(person_id=kept, to_date=None).values("place_code")
    found = Volunteer.objects.filter(person_id=lost, to_date=None, place_code__in=there)
    return list(found.values_list("id", flat=True))
