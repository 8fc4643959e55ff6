"""Numbers that are masked until somebody asks: the piece of a page, and the page without scripts.

With scripts the islands POST and put the answer in place (``components/revealed.html``). Without
them the same address is followed as a link, shows what is asked for, and answers with a page.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from fangxian.common.errors import Invalid
from fangxian.common.policy import SignedRequest


class RevealForm(forms.Form):
    """What a full number is needed for, and why; nothing is asked when there is no purpose."""

    purpose = forms.ChoiceField(label=_("What you need it for"))
    reason = forms.CharField(label=_("Reason"), min_length=2, max_length=200)

    def __init__(self, *args: Any, purposes: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not purposes:
            self.fields.clear()
            return
        purpose: Any = self.fields["purpose"]
        purpose.choices = [("", "–"), *purposes]


def reveal_page(
    request: SignedRequest,
    *,
    title: str,
    sub: str,
    element: str,
    back: str,
    show: Callable[[str, str], str],
    purposes: Sequence[tuple[str, str]] = (),
    tel: bool = False,
) -> HttpResponse:
    """Ask for a purpose and a reason (GET), answer the number that ``show(purpose, reason)`` gives.

    A script gets the piece of the page with the id ``element``, a browser without scripts a page
    that leads ``back``. ``purposes`` are codes with their names; without any nothing is asked.
    Never stored by a browser. What ``show`` raises is the caller's, but Invalid on a page, which
    is said beside its field.
    """
    shown: dict[str, Any] = {"id": element, "tel": tel}
    if request.method == "POST" and request.htmx:
        given = request.POST.get("purpose", ""), request.POST.get("reason", "")
        piece = shown | {"value": show(*given)}
        return _kept_nowhere(render(request, "common/components/revealed.html", piece))
    sent = request.POST if request.method == "POST" else None
    form = RevealForm(sent, purposes=purposes)
    context = shown | {"title": title, "sub": sub, "back": back, "form": form, "value": ""}
    if sent is not None and form.is_valid():
        data = form.cleaned_data
        try:
            context["value"] = show(data.get("purpose", ""), data.get("reason", ""))
        except Invalid as error:
            for problem in error.problems:
                field = problem.field if problem.field in form.fields else None
                form.add_error(field, f"{problem.message} {problem.mend}".strip())
    status = 422 if sent is not None and not context["value"] else 200
    return _kept_nowhere(render(request, "common/reveal.html", context, status=status))


def _kept_nowhere(answer: HttpResponse) -> HttpResponse:
    answer["Cache-Control"] = "no-store"
    return answer
