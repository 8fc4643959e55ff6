"""What of aid a merge of two records of one human must leave where it is."""

from __future__ import annotations

from uuid import UUID

from fangxian.mobilise.models import AidMember


def same_members(lost: UUID, kept: UUID) -> list[UUID]:
    """Members of ``lost`` in batches in which ``kept`` is too: who is in it once stays."""
    there = AidMember.objects.filter(person_id=kept).values("batch")
    found = AidMember.objects.filter(person_id=lost, batch__in=there)
    return list(found.values_list("id", flat=True))
