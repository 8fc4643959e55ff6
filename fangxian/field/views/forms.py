"""Forms: the list, one version as it is asked, the builder, taking in an XLSForm."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fangxian.accounts.policy import SignedRequest, page
from fangxian.accounts.queries import display_names
from fangxian.common.errors import Invalid, OutOfScope, Problem
from fangxian.common.sheets import SheetError, read_workbook
from fangxian.core.models import File
from fangxian.field import actions
from fangxian.field.forms import FormFile, latest_forms
from fangxian.field.models import FormDefinition
from fangxian.field.questionnaire import Questionnaire, draft, parse_questionnaire
from fangxian.field.questionnaire.fields import compiled, fields_of_form
from fangxian.field.questionnaire.xlsform import read_xlsform

MOST_BYTES = 5 * 1024 * 1024
KIND_LABELS = {
    "choice": gettext_lazy("one of several"),
    "choices": gettext_lazy("any of several"),
    "text": gettext_lazy("text"),
    "integer": gettext_lazy("whole number"),
    "decimal": gettext_lazy("number"),
    "date": gettext_lazy("date"),
    "note": gettext_lazy("note to read out"),
}


@page("field.forms")
def every(request: SignedRequest) -> HttpResponse:
    """All forms in their latest version."""
    found = list(latest_forms())
    rows = [{"form": form, "questions": len(form.schema.get("questions", []))} for form in found]
    people = display_names(form.made_by for form in found)
    return render(request, "field/forms.html", {"rows": rows, "people": people})


def _form(form_id: UUID) -> FormDefinition:
    found = FormDefinition.objects.filter(id=form_id).first()
    if found is None:
        raise OutOfScope(str(form_id))
    return found


def _preview(questionnaire: Questionnaire) -> dict[str, Any]:
    return {
        "questions": fields_of_form(
            questionnaire, None, {}, today=timezone.localdate(), now=timezone.localtime()
        ),
        "compiled": compiled(questionnaire),
    }


@page("field.forms")
def detail(request: SignedRequest, form_id: UUID) -> HttpResponse:
    """One version, to be tried out: nothing is saved."""
    form = _form(form_id)
    versions = list(FormDefinition.objects.filter(code=form.code).order_by("-version"))
    context: dict[str, Any] = {
        "form": form,
        "versions": versions,
        "people": display_names(one.made_by for one in versions),
        # Seen by who acts where it was taken in.
        "workbook": File.objects.filter(id=form.file_id).first() if form.file_id else None,
        "may_build": draft.draft_of(form.schema) is not None,
    }
    try:
        context |= _preview(form.questionnaire())
    except Invalid as error:
        context["problems"] = [str(problem) for problem in error.problems]
    return render(request, "field/form.html", context)


@page("field.forms", methods=("GET", "POST"))
def build(request: SignedRequest) -> HttpResponse:
    """Make a form, or the next version of one (``?of=<id>``)."""
    if request.method == "GET":
        return _builder(request, *_begin(request))
    name, code = request.POST.get("name", "").strip()[:80], _code(request.POST)
    rows = draft.step(draft.read(request.POST), request.POST.get("do", ""))
    if request.POST.get("do") != "publish":
        return _builder(request, rows, name, code)
    problems = []
    if not name:
        problems.append(Problem(_("The form has no name."), field="name", mend=_("Give it one.")))
    if not code:
        problems.append(
            Problem(
                _("The form has no code."),
                field="code",
                mend=_("Use small letters, digits and “-”, such as “returnees”."),
            )
        )
    try:
        if problems:
            raise Invalid(*problems)
        form = actions.publish_form(
            by=request.actor, code=code, name=name, schema=draft.schema_of(rows)
        )
    except Invalid as error:
        return _builder(request, rows, name, code, error)
    messages.success(request, _("Published as version %(n)s.") % {"n": form.version})
    return redirect("field:form", form.id)


def _code(sent: Any) -> str:
    return str(slugify(sent.get("code", "")))[:40]


def _begin(request: SignedRequest) -> tuple[draft.Draft, str, str]:
    try:
        form = _form(UUID(request.GET.get("of", "")))
    except ValueError:
        return [draft.blank(1)], "", ""
    rows = draft.draft_of(form.schema)
    if rows is None:
        messages.warning(
            request,
            _("This form has questions that the builder can’t show; take in a workbook instead."),
        )
        return [draft.blank(1)], form.name, ""
    return rows, form.name, form.code


def _builder(
    request: SignedRequest,
    rows: draft.Draft,
    name: str,
    code: str,
    error: Invalid | None = None,
) -> HttpResponse:
    context: dict[str, Any] = {
        "rows": rows,
        "name": name,
        "code": code,
        "kinds": [(kind, KIND_LABELS[kind]) for kind in draft.OFFERED],
        "problems": [_said(problem) for problem in error.problems] if error else [],
    }
    try:
        context |= _preview(parse_questionnaire(draft.schema_of(rows)))
    except Invalid as unfinished:
        context["unfinished"] = [_said(problem) for problem in unfinished.problems]
    return render(request, "field/form_build.html", context, status=422 if error else 200)


def _said(problem: Problem) -> str:
    if problem.row is None:
        return f"{problem.message} {problem.mend}"
    where = _("Question %(n)s (%(name)s)") % {"n": problem.row, "name": problem.field or "–"}
    return f"{where}: {problem.message} {problem.mend}"


@page("field.forms", methods=("GET", "POST"))
def take_in(request: SignedRequest) -> HttpResponse:
    """Take in an XLSForm; what can't be taken is named by row."""
    sent = request.method == "POST"
    form = FormFile(request.POST if sent else None, request.FILES if sent else None)
    problems: list[str] = []
    if sent and form.is_valid():
        upload = form.cleaned_data["file"]
        try:
            if upload.size > MOST_BYTES:
                most = MOST_BYTES // 1024 // 1024
                raise Invalid(
                    Problem(
                        _("The file is larger than %(mb)s MB.") % {"mb": most},
                        field="file",
                        mend=_("A form has a few sheets of text; remove what else is in it."),
                    )
                )
            data = upload.read()
            title, schema = read_xlsform(read_workbook(data, upload.name))
            name = form.cleaned_data["name"].strip() or title or form.cleaned_data["code"]
            made = actions.publish_form(
                by=request.actor,
                code=form.cleaned_data["code"],
                name=name[:80],
                schema=schema,
                source=FormDefinition.Source.XLSFORM,
                workbook=(upload.name, data),
            )
        except SheetError as error:
            problems = [f"{error.message} {error.mend}"]
        except Invalid as error:
            problems = [_said(problem) for problem in error.problems]
        else:
            messages.success(request, _("Published as version %(n)s.") % {"n": made.version})
            return redirect("field:form", made.id)
    context = {"form": form, "problems": problems}
    return render(request, "field/form_import.html", context, status=422 if sent else 200)
