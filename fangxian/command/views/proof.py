"""What is proved of the whole: every household in a building, a grid, a community; every sum."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from fangxian.accounts.policy import SignedRequest, page
from fangxian.command.checking import proof
from fangxian.command.structure import structure


@page()
def shown(request: SignedRequest) -> HttpResponse:
    """The levels of the actor's area with what lies in them, and the last check of everything.

    For who reads the board, and for who keeps the machine and is told of what does not hold.
    """
    if not request.actor.may("core.outbox"):
        request.actor.require("command.board")
    context = {
        "levels": structure(request.actor.area),
        "proof": proof(),
        "now": timezone.now(),
    }
    return render(request, "command/proof.html", context)
