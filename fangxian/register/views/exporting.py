"""Taking the list of buildings away: at once when it is short, else by a job."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.http import content_disposition_header

from fangxian.common.codes import Level
from fangxian.common.errors import OutOfScope
from fangxian.common.policy import SignedRequest, page
from fangxian.core.actions import start_job
from fangxian.core.ledgers import XLSX
from fangxian.regions import queries as regions
from fangxian.register.exporting import AT_ONCE, JOB, count, file_name, written
from fangxian.register.importing.buildings import RIGHT


@page(RIGHT, methods=("POST",))
def buildings(request: SignedRequest, code: str) -> HttpResponse:
    """The buildings of a county or of a place in it, in the form in which a list is read."""
    by = request.actor
    regions.at(code, by=by)
    by.require(RIGHT, code)
    if not Level.COUNTY <= len(code) <= Level.GRID:
        raise OutOfScope(code)
    if count(code) > AT_ONCE:
        return redirect(
            "core:job", start_job(by=by, kind=JOB, args={"code": code}, place_code=code).id
        )
    response = HttpResponse(written(code), content_type=XLSX)
    name = file_name(code)
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response["Cache-Control"] = "no-store"
    return response
