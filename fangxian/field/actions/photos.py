"""Photos that answer the questions of a visit."""

from __future__ import annotations

from uuid import UUID

from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.pictures import Picture
from fangxian.core.actions import store_file
from fangxian.field.actions.visits import RIGHT
from fangxian.field.models import Photo, Visit

VIEW = "field.view"


@action
def keep_photo(*, by: Actor, visit: Visit, photo_id: UUID, picture: Picture) -> Photo:
    """Keep a photo of a visit, sealed with the key of its emergency; once under one id.

    Who sees the visit's answers sees it. Raises Forbidden, OutOfScope, KeyDestroyed.
    """
    by.require(RIGHT, visit.place_code)
    known = Photo.objects.filter(pk=photo_id).first()
    if known is not None:
        return known
    file = store_file(
        by=by,
        data=picture.data,
        name=f"{photo_id}.{picture.media_type.partition('/')[2]}",
        media_type=picture.media_type,
        place_code=visit.place_code,
        emergency_id=visit.emergency_id,
        right=VIEW,
    )
    return Photo.objects.create(id=photo_id, visit=visit, file=file)
