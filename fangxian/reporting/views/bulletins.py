"""Papers: drafting, review, issue, the PDF and the Word file, templates that clerks write."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import orjson
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from fangxian.accounts.policy import SignedRequest, page
from fangxian.accounts.queries import display_names
from fangxian.common.errors import Invalid, OutOfScope
from fangxian.common.facts import measures, tables
from fangxian.common.papers import documents
from fangxian.common.papers.documents import Document, Figure
from fangxian.common.ui.pages import form_page, posted, saving
from fangxian.common.ui.problems import tried
from fangxian.regions.queries import called
from fangxian.reporting import actions
from fangxian.reporting.actions.bulletins import content_of, open_paper, spoken_text
from fangxian.reporting.bulletins import subjects, words
from fangxian.reporting.bulletins.issuers import issuer_of
from fangxian.reporting.bulletins.templates import KINDS, SPEECH, Offered, offered, template_of
from fangxian.reporting.forms import DraftForm, IssuerForm, RefuseForm, Sought, SourceForm
from fangxian.reporting.models import Bulletin
from fangxian.reporting.registered import DRAFT, ISSUE, TEMPLATES
from fangxian.reporting.views.common import frame
from fangxian.reporting.views.figures import figure_url

SHOWN = 100
LOOK = {"draft": "todo", "review": "doing", "issued": "ok", "withdrawn": "bad"}
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@page(DRAFT)
def every(request: SignedRequest) -> HttpResponse:
    """Papers of the area, the newest first, and the templates they are made from."""
    context = frame(request, "bulletins")
    found = list(Bulletin.objects.order_by("-day", "-created_at")[:SHOWN])
    context |= {
        "rows": [_row(one) for one in found],
        "places": called({one.place_code for one in found}),
        "people": display_names(one.made_by for one in found),
        "templates": offered(context["place"]),
        "kinds": KINDS,
        "may_write": request.actor.may(TEMPLATES),
    }
    return render(request, "reporting/bulletins.html", context)


def _row(one: Bulletin) -> dict[str, Any]:
    return {"bulletin": one, "look": LOOK[one.state], "kind": KINDS.label(one.kind)}


@page(DRAFT, methods=("GET", "POST"))
def draft(request: SignedRequest, code: str) -> HttpResponse:
    """Draft a paper from a template: the day, and what the template asks."""
    context = frame(request, "bulletins")
    place = context["place"]
    chosen = template_of(place, code)
    form = DraftForm(posted(request), chosen.template.asked, about=_sought(request, chosen, place))
    if saving(request) and form.is_valid():
        made = tried(
            form,
            lambda: actions.draft_paper(
                by=request.actor, place_code=place, template=code, day=form.cleaned_data["day"],
                answers=form.answers(), about=form.about(),
            ),
        )  # fmt: skip
        if made is not None:
            return redirect("reporting:bulletin", made.pk)
    return form_page(
        request, form, title=chosen.name, back=reverse("reporting:bulletins"),
        sub=context["place_name"], send=_("Fill in the figures"), template="reporting/draft.html",
    )  # fmt: skip


def _sought(request: SignedRequest, template: Offered, place: str) -> list[Sought]:
    """What the template is about, with those who were found by what was sent."""
    sought = []
    for name in template.template.subjects:
        key, text = (request.POST.get(f"{one}_{name}", "")[:60] for one in ("about", "find"))
        by = request.actor
        found = {one.key: one for one in subjects.chosen(name, key, by, place)}
        if "find" in request.POST or not found:
            found |= {one.key: one for one in subjects.found(name, text, by, place)}
        sought.append(Sought(name, subjects.asked_for(name), tuple(found.values())))
    return sought


def _of(request: SignedRequest, bulletin_id: UUID) -> Bulletin:
    found = Bulletin.objects.filter(pk=bulletin_id).first()
    if found is None:
        raise OutOfScope(f"bulletin {bulletin_id}")
    return found


@page(DRAFT)
def bulletin(request: SignedRequest, bulletin_id: UUID) -> HttpResponse:
    """A paper as it reads; each figure opens to what it was counted from."""
    found = _of(request, bulletin_id)
    by = request.actor
    paper = open_paper(found, by)
    mine = found.user_id == by.user_id
    may_issue = by.may(ISSUE, found.place_code)
    context = frame(request, "bulletins")
    context |= _row(found) | {
        "paper": paper,
        "blocks": [_shown(block, bulletin_id) for block in paper.blocks],
        "places": called({found.place_code}),
        "people": display_names([found.made_by, found.issued_by, found.withdrawn_by]),
        "may_edit": found.state == "draft" and by.may(DRAFT, found.place_code),
        "may_issue": found.state == "review" and may_issue and not mine,
        "may_return": found.state == "review" and may_issue,
        "may_withdraw": found.state == "issued" and may_issue,
        "speech": spoken_text(paper) if found.kind == SPEECH else "",
    }
    return render(request, "reporting/bulletin.html", context)


def _runs(runs: Any, paper: UUID) -> list[dict[str, str]]:
    return [
        {"text": run.text, "url": _opened(run.ref, paper)}
        if isinstance(run, Figure)
        else {"text": run}
        for run in runs
    ]


def _opened(ref: str, paper: UUID) -> str:
    """The page of the first figure that a number was counted from, as the paper gives it."""
    if not ref:
        return ""
    names, place = orjson.loads(ref)
    return figure_url(names[0], place, paper) if names and names[0] in measures else ""


def _shown(block: documents.Block, paper: UUID) -> dict[str, Any]:
    """A part of a paper as the page's template takes it."""
    match block:
        case documents.Heading():
            return {"kind": "heading", "level": min(block.level + 1, 5), "text": block.text}
        case documents.Paragraph():
            return {"kind": "text", "runs": _runs(block.runs, paper)}
        case documents.Table():
            return {
                "kind": "table", "table": block,
                "rows": [[_runs([cell], paper)[0] for cell in row] for row in block.rows],
                "totals": [[_runs([cell], paper)[0] for cell in row] for row in block.totals],
            }  # fmt: skip
        case documents.Chart():
            data = {
                "kind": "line" if block.chart == "line" else "bar",
                "labels": list(block.categories),
                "series": [{"name": s.label, "values": list(s.values)} for s in block.series],
                "unit": block.unit,
                "stack": block.chart == "stacked",
            }
            lines = [
                (label, [series.values[at] for series in block.series])
                for at, label in enumerate(block.categories)
            ]
            return {"kind": "chart", "chart": block, "data": data, "lines": lines}
        case documents.Map():
            areas = sorted(block.areas, key=lambda area: -(area.value or 0))
            return {"kind": "map", "map": block, "areas": areas}
        case documents.Note():
            return {"kind": "note", "text": block.text}
    return {"kind": "page"}


@page(DRAFT, methods=("GET", "POST"))
def answers(request: SignedRequest, bulletin_id: UUID) -> HttpResponse:
    """Change what the template asks; the figures are those of now."""
    found = _of(request, bulletin_id)
    asked = template_of(found.place_code, found.template).template.asked
    known = content_of(found)["answers"]
    form = DraftForm(posted(request), asked, {"day": found.day, **known})
    del form.fields["day"]
    if request.method == "POST" and form.is_valid():
        made = tried(
            form,
            lambda: actions.renew_paper(
                by=request.actor, bulletin_id=bulletin_id, answers=form.answers()
            ),
        )
        if made is not None:
            return redirect("reporting:bulletin", bulletin_id)
    return form_page(
        request, form, title=_("What the paper asks"), sub=found.title,
        back=reverse("reporting:bulletin", args=[bulletin_id]), send=_("Fill in the figures"),
    )  # fmt: skip


@page(DRAFT, methods=("POST",))
def renew(request: SignedRequest, bulletin_id: UUID) -> HttpResponse:
    """Fill a draft with the figures of now."""
    actions.renew_paper(by=request.actor, bulletin_id=bulletin_id)
    messages.success(request, _("The figures are those of now."))
    return redirect("reporting:bulletin", bulletin_id)


@page(DRAFT, methods=("POST",))
def submit(request: SignedRequest, bulletin_id: UUID) -> HttpResponse:
    """Send a draft to review."""
    try:
        actions.submit_paper(by=request.actor, bulletin_id=bulletin_id)
    except Invalid as error:
        for problem in error.problems:
            messages.error(request, f"{problem.message} {problem.mend}")
        return redirect("reporting:bulletin_answers", bulletin_id)
    messages.success(request, _("The paper waits for who issues it."))
    return redirect("reporting:bulletin", bulletin_id)


@page(DRAFT, methods=("POST",))
def remove(request: SignedRequest, bulletin_id: UUID) -> HttpResponse:
    """Remove a draft."""
    actions.remove_paper(by=request.actor, bulletin_id=bulletin_id)
    messages.success(request, _("The draft is removed."))
    return redirect("reporting:bulletins")


@page(ISSUE, methods=("POST",))
def issue(request: SignedRequest, bulletin_id: UUID) -> HttpResponse:
    """Issue a paper: it gets its number and is frozen."""
    made = actions.issue_paper(by=request.actor, bulletin_id=bulletin_id)
    messages.success(request, _("Issued as %(number)s.") % {"number": made.number})
    return redirect("reporting:bulletin", bulletin_id)


@page(ISSUE, methods=("GET", "POST"))
def send_back(request: SignedRequest, bulletin_id: UUID) -> HttpResponse:
    """Send a paper in review back, and say why."""
    return _reasoned(request, bulletin_id, _("Send it back"), actions.return_paper)


@page(ISSUE, methods=("GET", "POST"))
def withdraw(request: SignedRequest, bulletin_id: UUID) -> HttpResponse:
    """Withdraw what was issued, and say why."""
    return _reasoned(request, bulletin_id, _("Withdraw"), actions.withdraw_paper)


def _reasoned(request: SignedRequest, bulletin_id: UUID, title: str, change: Any) -> HttpResponse:
    found = _of(request, bulletin_id)
    form = RefuseForm(posted(request))
    back = reverse("reporting:bulletin", args=[bulletin_id])
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        made = tried(form, lambda: change(by=request.actor, bulletin_id=bulletin_id, reason=reason))
        if made is not None:
            return redirect(back)
    return form_page(request, form, title=title, sub=found.title, back=back, danger=title)


@page(DRAFT)
def pdf(request: SignedRequest, bulletin_id: UUID) -> HttpResponse:
    """The paper as a PDF."""
    from fangxian.common.papers.setting import pdf_of

    return _file(request, _of(request, bulletin_id), pdf_of, "application/pdf", "pdf")


@page(DRAFT)
def docx(request: SignedRequest, bulletin_id: UUID) -> HttpResponse:
    """The paper as a Word file."""
    from fangxian.common.papers.word import docx_of

    return _file(request, _of(request, bulletin_id), docx_of, DOCX, "docx")


def _file(
    request: SignedRequest, found: Bulletin, make: Any, media: str, ending: str
) -> HttpResponse:
    paper: Document = open_paper(found, request.actor)
    answer = HttpResponse(make(paper), content_type=media)
    name = content_disposition_header(ending != "pdf", f"{found.title}.{ending}")
    answer["Content-Disposition"] = name or "attachment"
    answer["Cache-Control"] = "no-store"
    return answer


@page(TEMPLATES, methods=("GET", "POST"))
def source(request: SignedRequest, code: str) -> HttpResponse:
    """Write a template: its text is checked when it is saved, each mistake with its line."""
    context = frame(request, "bulletins")
    place = context["place"]
    known = next((one for one in offered(place) if one.code == code), None)
    initial = (
        {"code": known.code, "kind": known.kind, "name": known.name, "source": known.source}
        if known
        else {}
    )
    form = SourceForm(posted(request), initial=initial)
    if request.method == "POST" and form.is_valid():
        made = tried(
            form,
            lambda: actions.write_template(by=request.actor, place_code=place, **form.cleaned_data),
        )
        if made is not None:
            messages.success(request, _("The template is saved."))
            return redirect("reporting:bulletins")
    return form_page(
        request, form, title=_("Template of a paper"), sub=context["place_name"],
        back=reverse("reporting:bulletins"), template="reporting/source.html",
        figures=[
            (str(one.label), one.name, one.about)
            for one in measures
            if request.actor.may(tables.get(one.table).right)
        ],
        words=_help(), own=bool(known and known.version and known.place_code == place), code=code,
        place=place,
    )  # fmt: skip


def _help() -> dict[str, list[tuple[str, str]]]:
    """The words of the language, as its help lists them."""
    named = {
        "heads": _("Head of the paper"),
        "values": _("Values"),
        "directives": _("Alone on a line"),
        "options": _("Options"),
        "filters": _("Behind a figure"),
        "levels": _("Levels of places"),
        "charts": _("Charts"),
        "forms": _("Forms"),
        "bases": _("Basis of the figures"),
    }
    listed = {str(label): words.written(group) for group, label in named.items()}
    for name, table in words.subjects().items():
        label = _("%(what)s that the paper is about") % {"what": words.first("subjects", name)}
        listed[label] = words.subject_terms(table)
    return listed


@page(TEMPLATES, methods=("POST",))
def retire(request: SignedRequest, code: str) -> HttpResponse:
    """Offer a template of one's own place no more."""
    place = frame(request, "bulletins")["place"]
    actions.retire_template(by=request.actor, place_code=place, code=code)
    messages.success(request, _("The template is retired."))
    return redirect("reporting:bulletins")


@page(TEMPLATES, methods=("GET", "POST"))
def issuer(request: SignedRequest) -> HttpResponse:
    """As whom papers of the place are issued: red head, signature, addressee."""
    context = frame(request, "bulletins")
    place = context["place"]
    row = issuer_of(place)
    initial = {name: getattr(row, name) for name in IssuerForm.base_fields} if row else {}
    form = IssuerForm(posted(request), initial=initial)
    back = f"{reverse('reporting:bulletins')}?place={place}"
    if request.method == "POST" and form.is_valid():
        actions.set_issuer(by=request.actor, place_code=place, **form.cleaned_data)
        messages.success(
            request,
            _("Papers of %(place)s bear it from now on.") % {"place": context["place_name"]},
        )
        return redirect(back)
    return form_page(
        request, form, title=_("Issuer and addressee"), sub=context["place_name"], back=back
    )
