"""Taking a ledger away: at once when it is small, else by a job."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.http import content_disposition_header

from fangxian.common import codes
from fangxian.common.errors import OutOfScope
from fangxian.common.policy import SignedRequest, page
from fangxian.core.actions import start_job
from fangxian.core.ledgers import XLSX
from fangxian.organisations.exporting import (
    AT_ONCE,
    EXPORTS,
    RIGHT,
    file_name,
    reveal_phones,
    written,
)


@page(RIGHT, methods=("POST",))
def export(request: SignedRequest, ledger: str) -> HttpResponse:
    """The ledger of a place (``code``, by default the actor's area) as a workbook.

    With a ``reason`` the work phones are in full, logged as revealed; without they are masked.
    """
    by = request.actor
    code = request.POST.get("code") or by.area
    if ledger not in EXPORTS or not codes.is_code(code) or not codes.contains(by.area, code):
        raise OutOfScope(code)
    by.require(RIGHT, code)
    wanted = EXPORTS[ledger]
    reveal = ""
    if "reason" in request.POST and ledger == "responsibilities":
        reveal = str(reveal_phones(by=by, code=code, reason=request.POST["reason"]))
    if wanted.count(code) > AT_ONCE:
        args = {"ledger": ledger, "code": code, "reveal": reveal}
        job = start_job(by=by, kind="organisations.export", args=args, place_code=code)
        return redirect("core:job", job.id)
    response = HttpResponse(written(wanted, code, clear=bool(reveal)), content_type=XLSX)
    name = file_name(wanted, code)
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response["Cache-Control"] = "no-store"
    return response
