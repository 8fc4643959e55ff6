"""The one search box: commands, places, people, organisations, establishments, sweeps."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from fangxian.accounts.policy import SignedRequest, page
from fangxian.common.registries import search as sources

EACH = 8
LONGEST = 80


@page("command.today", methods=("GET", "POST"))
def search(request: SignedRequest) -> HttpResponse:
    """Hits of every room, grouped; a fragment for the box, a page without scripts.

    The box asks by POST, so that numbers of persons stay out of addresses, histories and the logs
    of proxies; GET is for links.
    """
    asked = request.POST if request.method == "POST" else request.GET
    text = asked.get("q", "").replace("\x00", "").strip()[:LONGEST]
    hits = [hit for source in sources for hit in source(request.actor, text, EACH)] if text else []
    if request.htmx:
        return render(request, "common/components/hits.html", {"hits": hits})
    return render(request, "command/search.html", {"hits": hits, "search_text": text})
