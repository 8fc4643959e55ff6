"""Downloads."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.utils.http import content_disposition_header

from fangxian.accounts.policy import SignedRequest, page
from fangxian.common.errors import OutOfScope
from fangxian.core import actions
from fangxian.core.models import File


@page()
def download(request: SignedRequest, file_id: UUID) -> HttpResponse:
    """A file to be saved, never shown in the page; each download is an event."""
    data = actions.read_file(by=request.actor, file_id=file_id)
    file = File.objects.filter(id=file_id).first()
    if file is None:
        raise OutOfScope(str(file_id))
    response = HttpResponse(data, content_type=file.media_type)
    response["Content-Disposition"] = content_disposition_header(True, file.name) or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "no-store"
    return response
