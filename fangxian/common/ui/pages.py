"""The frame of pages with one form: what was sent, the page, what follows when it is saved."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from fangxian.common.policy import SignedRequest
from fangxian.common.ui.changes import refused
from fangxian.common.ui.problems import tried

TEMPLATE = "common/form_page.html"


def posted(request: SignedRequest) -> Any:
    """What was sent, None for a page that is only opened. An empty form was sent too."""
    return request.POST if request.method == "POST" else None


def saving(request: SignedRequest) -> bool:
    """Tell whether a form was sent to be saved, not to search in it."""
    return request.method == "POST" and "find" not in request.POST


def form_page(
    request: SignedRequest,
    form: forms.Form,
    *,
    title: str,
    back: str,
    template: str = TEMPLATE,
    **more: Any,
) -> HttpResponse:
    """A form; 422 when what was sent is not right (a search is), 409 where somebody came before.

    ``back`` is where "Cancel" leads. ``more`` may have ``tab`` (the title of the tab, where the
    page's names somebody), ``sub``, ``breadcrumbs``, ``note``, ``warn``, ``hint``, and for the
    button ``send`` or, where something ends, ``danger``.
    """
    met = saving(request) or (request.method == "POST" and bool(form.errors))
    context = {"form": form, "title": title, "back": back, **more}
    return render(request, template, context, status=refused(form) if met else 200)


def change_page(
    request: SignedRequest,
    form: forms.Form,
    *,
    save: Callable[[dict[str, Any]], Any],
    done: str | Callable[[Any], str],
    back: str,
    to: str | Callable[[Any], str] = "",
    **page: Any,
) -> HttpResponse:
    """A form that is saved when it was sent: say so and go ``to`` there, else ``back``.

    ``done`` and ``to`` may be made of what ``save`` returns. The rest is :func:`form_page`'s.
    """
    if saving(request) and form.is_valid():
        # Saving may return nothing.
        saved = tried(form, lambda: (save(form.cleaned_data),))
        if saved is not None:
            messages.success(request, done if isinstance(done, str) else done(saved[0]))
            return redirect((to if isinstance(to, str) else to(saved[0])) or back)
    return form_page(request, form, back=back, **page)
