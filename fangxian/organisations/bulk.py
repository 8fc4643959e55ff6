"""Naming many holders at once: for imports and for a first load."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils import timezone

from fangxian.common.actor import Actor
from fangxian.common.bulk import insert
from fangxian.common.ids import uuid7
from fangxian.common.scoping import acting
from fangxian.organisations.actions.responsibilities import APPOINT, LINK
from fangxian.organisations.models import Responsibility
from fangxian.people import tokens
from fangxian.people.models import PersonLink
from fangxian.regions.models import Region

_CONTACT: Any = Responsibility._meta.get_field("contact")


@dataclass(frozen=True, slots=True)
class Named:
    """Who answers for a place in a role: a person or an organisation, by id."""

    place: Region
    role: str
    holder_name: str
    person_id: UUID | None = None
    member_id: UUID | None = None
    organisation_id: UUID | None = None
    contact: str = ""


def name_many(*, by: Actor, rows: Sequence[Named], since: dt.date, rule_version: int) -> list[UUID]:
    """Insert responsibilities that were checked before, with their links. Three statements.

    Level, kind of holder, overlap and load are the caller's to check; the vacancies are brought up
    to date by ``vacancies.refresh`` afterwards. Returns the ids in the order of the rows.
    """
    with acting(by):
        for code in {row.place.code for row in rows}:
            by.require(APPOINT, code)
        ids = [uuid7() for _row in rows]
        insert(
            Responsibility,
            {
                "id": ids,
                "created_at": [timezone.now()] * len(rows),
                "place_code": [row.place.code for row in rows],
                "place_id": [row.place.id for row in rows],
                "role": [row.role for row in rows],
                "person_id": [row.person_id for row in rows],
                "member_id": [row.member_id for row in rows],
                "organisation_id": [row.organisation_id for row in rows],
                "holder_name": [row.holder_name for row in rows],
                "contact": [_CONTACT.seal(row.contact) if row.contact else None for row in rows],
                "from_date": [since] * len(rows),
                "rule_version": [rule_version] * len(rows),
                "reason": [""] * len(rows),
            },
        )
        links = [(row, at) for row, at in zip(rows, ids, strict=True) if row.person_id]
        insert(
            PersonLink,
            {
                "person_id": [row.person_id for row, _at in links],
                "place_code": [row.place.code for row, _at in links],
                "kind": [LINK] * len(links),
                "source_id": [at for _row, at in links],
            },
            "ON CONFLICT DO NOTHING",
        )
        tokens.write([row.person_id for row, _at in links if row.person_id])
        return ids
