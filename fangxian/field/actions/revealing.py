"""Full names and numbers of who passed a gate: for a reason, logged, under the hourly quota."""

from __future__ import annotations

from typing import Any, Final

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fangxian.accounts.actions import log_reveal
from fangxian.common.actions import action
from fangxian.common.actor import Actor
from fangxian.common.errors import OutOfScope
from fangxian.common.fields import Destroyed
from fangxian.field.actions.gates import LOG
from fangxian.field.models import GateEntry

REVEALED: Final[dict[str, Any]] = {
    "who": pgettext_lazy("of a person", "Name"),
    "identity": _("Identity number"),
    "phone": _("Phone"),
}


@action
def reveal_entry(*, by: Actor, entry: GateEntry, what: str, purpose: str, reason: str) -> str:
    """Return a full value of an entry; logged, and taken from the account's hourly quota.

    Raises Forbidden, OutOfScope where there is none, Invalid without purpose or reason, TooMany.
    """
    by.require("people.reveal", entry.place_code)
    by.require(LOG, entry.place_code)
    value: str | None = getattr(entry, what) if what in REVEALED else None
    if not value or isinstance(value, Destroyed):
        raise OutOfScope(f"{what} of gate entry {entry.id}")
    log_reveal(by=by, person_id=None, what=f"gate {what}", purpose=purpose, reason=reason)
    return value
