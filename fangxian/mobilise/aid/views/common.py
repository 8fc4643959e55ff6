"""What the pages of aid share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from django.urls import reverse
from django.utils.translation import gettext as _

from fangxian.common.codes import Level
from fangxian.common.policy import SignedRequest
from fangxian.mobilise.aid import queries
from fangxian.mobilise.aid.actions import KEEP
from fangxian.mobilise.models import AidBatch, AidMember
from fangxian.regions.models import Region
from fangxian.regions.queries import names

State = AidBatch.State
LOOKS: Final = {
    State.PLANNED: "todo",
    State.UNDER_WAY: "doing",
    State.RETURNED: "info",
    State.CLOSED: "ok",
    State.CALLED_OFF: "neutral",
}


def sees_people(request: SignedRequest, batch: AidBatch) -> bool:
    """Whether the reader sees who goes: he keeps the batches, leads this one or is its liaison."""
    by = request.actor
    return by.may(KEEP, batch.place_code) or queries.in_charge(by, batch)


def far(places: Iterable[Region]) -> dict[str, str]:
    """What places anywhere in the country are called: with their province. One query."""
    known = {place.code: place.name for place in places}
    above = names({code[: int(Level.PROVINCE)] for code in known})
    return {
        code: name
        if len(code) == Level.PROVINCE
        else above.get(code[: int(Level.PROVINCE)], "") + name
        for code, name in known.items()
    }


def whither(destination: Region | None, elsewhere: str) -> str:
    """Where something goes. A query where it is a place of the tree."""
    place = far([destination])[destination.code] if destination else ""
    return " · ".join(part for part in (place, elsewhere) if part)


def crumbs(*last: tuple[str, str]) -> list[dict[str, str]]:
    """The way to a page of aid."""
    first = {"label": _("Aid deployments"), "url": reverse("mobilise:aid")}
    return [first, *({"label": label, "url": url} for label, url in last)]


def to_batch(batch: AidBatch) -> tuple[str, str]:
    """The step to a batch, for :func:`crumbs`."""
    return batch.title, reverse("mobilise:aid_batch", args=[batch.id])


def to_people(batch: AidBatch) -> str:
    """Where the members of a batch are shown."""
    return to_batch(batch)[1] + "#members"


def on_batch(batch: AidBatch, title: str) -> dict[str, Any]:
    """The head of a form about a batch, for ``change_page``."""
    step = to_batch(batch)
    return {
        "title": title,
        "sub": batch.title,
        "back": step[1],
        "breadcrumbs": crumbs(step, (title, "")),
    }


def on_member(row: AidMember, title: str) -> dict[str, Any]:
    """The head of a form about a member, for ``change_page``."""
    return on_batch(row.batch, title) | {
        "sub": row.name,
        "back": reverse("mobilise:aid_member", args=[row.id]),
    }
