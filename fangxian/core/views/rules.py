"""Rule sets and their versions."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.accounts.policy import SignedRequest, page
from fangxian.accounts.queries import display_names
from fangxian.common.errors import Invalid, OutOfScope
from fangxian.common.ui.problems import show_problems
from fangxian.core import actions, rules
from fangxian.core.forms import RuleForm
from fangxian.core.models import RuleSet


@page()
def every(request: SignedRequest) -> HttpResponse:
    """All rule sets with the version in force."""
    names = RuleSet.objects.order_by("name").values_list("name", flat=True).distinct()
    titles = rules.titles()
    rows = []
    for name in names:
        row: dict[str, Any] = {"name": name, "title": titles.get(name, name), "rule": None}
        with suppress(rules.NoRule):
            row["rule"] = rules.rule(name)
        rows.append(row)
    return render(request, "core/rules.html", {"rows": rows})


@page(methods=("GET", "POST"))
def detail(request: SignedRequest, name: str) -> HttpResponse:
    """One rule set: its versions, and adding one."""
    versions = list(RuleSet.objects.filter(name=name).order_by("-version"))
    if not versions:
        raise OutOfScope(name)
    by = request.actor
    shown = next((v for v in versions if str(v.version) == request.GET.get("version")), None)
    shown = shown or _in_force(versions)
    text = json.dumps(shown.data, ensure_ascii=False, indent=2)
    form = RuleForm(
        request.POST or None, initial={"rule": text, "valid_from": timezone.localdate()}
    )
    if request.method == "POST":
        by.require("core.rules", settings.FANGXIAN_AREA)
        if form.is_valid():
            try:
                given = form.cleaned_data
                actions.add_rule_version(
                    by=by,
                    name=name,
                    data=given["rule"],
                    source=given["source"],
                    valid_from=given["valid_from"],
                )
            except Invalid as error:
                show_problems(form, error)
            else:
                messages.success(request, _("The version is added."))
                return redirect("core:rule", name)
    context = {
        "title": rules.titles().get(name, name),
        "versions": versions,
        "people": display_names(version.made_by for version in versions),
        "shown": shown,
        "in_force": _in_force(versions),
        "text": text,
        "form": form,
        "may_add": by.may("core.rules", settings.FANGXIAN_AREA),
        "may_elsewhere": by.may("core.rules"),
        "installation": settings.FANGXIAN_AREA,
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "core/rule.html", context, status=status)


def _in_force(versions: list[RuleSet]) -> RuleSet:
    today = timezone.localdate()
    holding = [v for v in versions if v.valid_from <= today] or versions
    return max(holding, key=lambda v: (v.valid_from, v.version))
