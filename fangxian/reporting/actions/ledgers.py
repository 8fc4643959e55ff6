"""Putting ledgers together, keeping them under a name, sharing, scheduling, removing."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import orjson
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import Conflict, Forbidden, Invalid, OutOfScope, Problem
from fangxian.common.facts import View
from fangxian.core.actions.files import require_scope
from fangxian.reporting.models import Ledger
from fangxian.reporting.models.ledger import Form
from fangxian.reporting.queries import ledger_of
from fangxian.reporting.registered import EXPORT, VIEW


def packed(view: View) -> str:
    """A view as its sealed column keeps it."""
    return orjson.dumps(view.to_json()).decode()


@action
def draft(*, by: Actor, view: View, place_code: str) -> Ledger:
    """Make the actor's draft of a table show this view at a place.

    Raises Forbidden, Invalid (what is wrong with the view), OutOfScope.
    """
    by.require(VIEW)
    require_scope(by, place_code)
    view.checked(by, place_code)
    if by.user_id is None:
        raise Forbidden(VIEW)
    # Somebody who opens two pages at once has still one draft.
    found = (
        Ledger.objects.select_for_update()
        .filter(user_id=by.user_id, table=view.table, name="")
        .first()
    )
    if found is None:
        made = Ledger(
            user_id=by.user_id, grant_id=by.grant_id, made_by=by.name, table=view.table, name="",
            place_code=place_code, view=packed(view),
        )  # fmt: skip
        Ledger.objects.bulk_create([made], ignore_conflicts=True)
        found = Ledger.objects.get(user_id=by.user_id, table=view.table, name="")
    found.place_code, found.view, found.grant_id = place_code, packed(view), by.grant_id
    found.save(update_fields=["place_code", "view", "grant_id"])
    return found


@action
def keep(
    *,
    by: Actor,
    view: View,
    place_code: str,
    name: str,
    shared: bool = False,
    daily_at: dt.time | None = None,
    form: str = Form.XLSX,
    watched: bool = False,
    ledger_id: UUID | None = None,
) -> Ledger:
    """Keep a view under a name, or change a ledger of one's own.

    Raises Forbidden, OutOfScope, Conflict (the name is taken), Invalid.
    """
    by.require(VIEW)
    require_scope(by, place_code)
    view.checked(by, place_code)
    if by.user_id is None:
        raise Forbidden(VIEW)
    name = " ".join(name.split())
    problems = []
    if not name:
        problems.append(Problem(_("A ledger needs a name."), "name", mend=_("Give it one.")))
    if watched and view.groups:
        problems.append(
            Problem(
                _("What changes can be watched row by row only."), "watched",
                mend=_("Leave out the groups, or don't watch it."),
            )
        )  # fmt: skip
    if problems:
        raise Invalid(*problems)
    if daily_at is not None or watched:
        by.require(EXPORT, place_code)
    row = _own(by, ledger_id) if ledger_id else Ledger(user_id=by.user_id, made_by=by.name)
    twin = Ledger.objects.filter(place_code=place_code, user_id=by.user_id, name=name)
    if twin.exclude(pk=row.pk).exists():
        raise Conflict(_("You have a ledger of this name at this place already."))
    row.table, row.view, row.place_code = view.table, packed(view), place_code
    row.name, row.shared, row.daily_at, row.form = name, shared, daily_at, form
    row.watched, row.grant_id = watched, by.grant_id
    # It is due from today on, also when its time passes unseen shortly before midnight.
    row.ran_on = row.ran_on or timezone.localdate() - dt.timedelta(days=1)
    row.save()
    return row


def _own(by: Actor, ledger_id: UUID) -> Ledger:
    # First who owns it: what a place above shares can be read, not locked.
    if ledger_of(by, ledger_id).user_id != by.user_id:
        raise Forbidden(VIEW)
    row = Ledger.objects.select_for_update().filter(pk=ledger_id).first()
    if row is None:
        raise OutOfScope(f"ledger {ledger_id}")
    return row


@action
def remove(*, by: Actor, ledger_id: UUID) -> None:
    """Remove a ledger of one's own; files made from it stay. Raises OutOfScope, Forbidden."""
    row = _own(by, ledger_id)
    row.shots.all().delete()
    row.delete()
