"""What is planned of duties (gates, rounds, messages): who may change it, under its lock."""

from __future__ import annotations

from typing import Final, TypeVar

from fangxian.common.actor import Actor
from fangxian.common.errors import OutOfScope
from fangxian.common.models import Placed

PLAN: Final = "field.duties"
P = TypeVar("P", bound=Placed)


def held(by: Actor, planned: P) -> P:
    """The row as it is now, locked to the end of the transaction. Raises OutOfScope, Forbidden."""
    by.require(PLAN)
    rows = type(planned)._default_manager.select_for_update(of=("self",))
    found = rows.filter(pk=planned.pk).first()
    if found is None:
        raise OutOfScope(str(planned.pk))
    by.require(PLAN, found.place_code)
    return found
