"""The one search box: places, people, households, organisations, commands."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from fangxian.accounts.policy import SignedRequest, page
from fangxian.common.registries import search as sources

EACH = 8
LONGEST = 80


@page("command.today")
def search(request: SignedRequest) -> HttpResponse:
    """Hits of every room, grouped; a fragment for the box, a page without scripts."""
    text = request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST]
    hits = [hit for source in sources for hit in source(request.actor, text, EACH)] if text else []
    if request.htmx or request.headers.get("X-Requested-With") == "fetch":
        return render(request, "common/components/hits.html", {"hits": hits})
    return render(request, "command/search.html", {"hits": hits, "search_text": text})
