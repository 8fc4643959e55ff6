"""A photo that was taken at a door."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse

from fangxian.accounts.policy import SignedRequest, page
from fangxian.common.errors import OutOfScope
from fangxian.core.actions import read_file
from fangxian.field.models import Photo
from fangxian.field.queries import note_residents


@page("field.view")
def photo(request: SignedRequest, photo_id: UUID) -> HttpResponse:
    """The photo itself; that it was read is noted of all who live or lived there."""
    found = Photo.objects.select_related("file", "visit").filter(pk=photo_id).first()
    if found is None:
        raise OutOfScope(f"photo {photo_id}")
    note_residents({found.visit.household_id})
    data = read_file(by=request.actor, file_id=found.file_id)
    response = HttpResponse(data, content_type=found.file.media_type)
    response["Content-Disposition"] = "inline"
    return response
