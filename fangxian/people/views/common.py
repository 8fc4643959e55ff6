"""What pages that change something share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from fangxian.common.policy import SignedRequest
from fangxian.common.ui.changes import refused
from fangxian.common.ui.problems import tried


def form_page(
    request: SignedRequest,
    *,
    title: str,
    sub: str,
    form: Any,
    save: Callable[[dict[str, Any]], object],
    done: str,
    back: str,
    text: str = "",
    submit: str = "",
) -> HttpResponse:
    """Show a form, save it, say so and go back. 422 with the problems at their fields.

    409 when somebody else changed the same meanwhile (``common.ui.changes``).
    """
    sent = request.method == "POST" and form.is_valid()
    # Saving may return nothing.
    if sent and tried(form, lambda: (save(form.cleaned_data),)):
        messages.success(request, done)
        return redirect(back)
    context = {
        "form": form,
        "title": title,
        "sub": sub,
        "back": back,
        "text": text,
        "submit": submit or _("Save"),
    }
    status = refused(form) if request.method == "POST" else 200
    return render(request, "people/form.html", context, status=status)
