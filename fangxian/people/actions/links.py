"""Why a person is seen at a place."""

from __future__ import annotations

from uuid import UUID

from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.people import tokens
from fangxian.people.models import PersonLink


@action
def link_person(
    *, by: Actor, person_id: UUID, place_code: str, kind: str, source_id: UUID
) -> PersonLink:
    """Make the person seen at the place because of row ``source_id``; again changes nothing."""
    by.require("people.edit", place_code)
    link, made = PersonLink.objects.get_or_create(
        person_id=person_id, place_code=place_code, kind=kind, source_id=source_id
    )
    if made:
        tokens.write([person_id])
    return link


@action
def unlink_person(*, by: Actor, person_id: UUID, kind: str, source_id: UUID) -> None:
    """Take the link of row ``source_id`` away; the person stays seen through its other links."""
    by.require("people.edit")
    links = PersonLink.objects.filter(person_id=person_id, kind=kind, source_id=source_id)
    # Without a link the person, and so its name, would be out of sight of the statement.
    tokens.erase([person_id])
    links.delete()
    tokens.write([person_id])
