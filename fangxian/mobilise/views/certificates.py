"""Certificates of service: issued by staff, fetched by staff and by who served, revoked."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from fangxian.accounts.policy import SignedRequest, page
from fangxian.common.errors import OutOfScope
from fangxian.common.ui.pages import form_page, posted
from fangxian.common.ui.problems import tried
from fangxian.mobilise import actions, links, papers
from fangxian.mobilise.actions.certificates import issuers
from fangxian.mobilise.actions.signing import TAKE
from fangxian.mobilise.actions.volunteers import KEEP
from fangxian.mobilise.forms import CertificateForm, RevokeForm
from fangxian.mobilise.models import Certificate, Turn, Volunteer
from fangxian.mobilise.views.volunteers import volunteer_of
from fangxian.organisations.models import Organisation


def certificate_of(certificate_id: UUID) -> Certificate:
    """A certificate of the actor's area. Raises OutOfScope."""
    rows = Certificate.objects.select_related("volunteer")
    found = rows.filter(id=certificate_id).first()
    if found is None:
        raise OutOfScope(str(certificate_id))
    return found


@page(KEEP, methods=("GET", "POST"))
def new(request: SignedRequest, volunteer_id: UUID) -> HttpResponse:
    """Issue a certificate about somebody's hours."""
    found = volunteer_of(volunteer_id)
    turns = Turn.objects.filter(volunteer=found, minutes__gt=0).order_by("shift__day")
    first = turns.values_list("shift__day", flat=True).first()
    issuer = _usual_issuer(request, found)
    initial = {
        "first": first or found.from_date,
        "last": timezone.localdate(),
        "issuer": issuer.name if issuer else "",
    }
    form = CertificateForm(posted(request), initial=initial)
    if form.is_bound and form.is_valid():
        made = tried(
            form,
            lambda: actions.issue_certificate(
                by=request.actor, volunteer=found, **form.cleaned_data
            ),
        )
        if made is not None:
            messages.success(request, _("Issued: number %(n)s.") % {"n": made.number})
            return redirect(_back(found.id))
    return form_page(
        request, form, title=_("Issue a certificate"), back=_back(found.id), sub=found.name
    )


def _usual_issuer(request: SignedRequest, volunteer: Volunteer) -> Organisation | None:
    """The body of the account, else the first that has its seat where somebody serves."""
    present = issuers(request.actor, volunteer.place_code).filter(dissolved_on=None)
    body = request.actor.organisation_id
    mine = present.filter(id=body).first() if body else None
    here = present.filter(seat__code=volunteer.place_code, seat__valid_to=None)
    return mine or here.order_by("kind", "name").first()


def _back(volunteer_id: UUID) -> str:
    return reverse("mobilise:volunteer", args=[volunteer_id]) + "#certificates"


@page(KEEP)
def paper(request: SignedRequest, certificate_id: UUID) -> HttpResponse:
    """A certificate as a PDF."""
    return _paper(request, certificate_of(certificate_id))


@page(TAKE)
def my_paper(request: SignedRequest, certificate_id: UUID) -> HttpResponse:
    """One's own certificate as a PDF."""
    found = certificate_of(certificate_id)
    if request.actor.person_id is None or found.volunteer.person_id != request.actor.person_id:
        messages.error(request, _("This certificate is not one of yours."))
        return redirect("mobilise:mine")
    if found.revoked_at is not None:
        messages.error(request, _("This certificate was revoked: ask who issued it."))
        return redirect("mobilise:mine")
    return _paper(request, found)


def _paper(request: SignedRequest, found: Certificate) -> HttpResponse:
    address = request.build_absolute_uri(reverse("mobilise:proof", args=[links.seal_of(found)]))
    answer = HttpResponse(papers.certificate_pdf(found, address), content_type="application/pdf")
    name = content_disposition_header(True, f"{found.number}.pdf")
    answer["Content-Disposition"] = name or "attachment"
    answer["Cache-Control"] = "private, no-store"
    return answer


@page(KEEP, methods=("GET", "POST"))
def revoke(request: SignedRequest, certificate_id: UUID) -> HttpResponse:
    """Revoke a certificate, with the reason."""
    found = certificate_of(certificate_id)
    form = RevokeForm(posted(request))
    if form.is_bound and form.is_valid():
        done = tried(
            form,
            lambda: actions.revoke_certificate(
                by=request.actor, certificate=found, reason=form.cleaned_data["reason"]
            ),
        )
        if done is not None:
            messages.success(request, _("Revoked: who verifies it sees so."))
            return redirect(_back(found.volunteer_id))
    return form_page(
        request,
        form,
        title=_("Revoke a certificate"),
        back=_back(found.volunteer_id),
        sub=found.number,
    )
