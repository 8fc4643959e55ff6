"""Which fields of a row change what is registered, so that no other correction is lost unsaid."""

from __future__ import annotations

from typing import Final

from fangxian.register.importing.addresses import COLUMNS
from fangxian.register.importing.groups import GROUP_FIELDS
from fangxian.register.importing.matching import LATER, REFUSED, Decision

Taken = frozenset[str] | None
"""The fields that a row changes; None: it is refused, and says so itself."""

_GROUPS: Final = frozenset({"person_category", *(spec.name for spec in GROUP_FIELDS)})
_DOOR: Final = frozenset({*COLUMNS, "community", "grid", "household_number"})
# What a row says of how somebody lives there.
_LIVES: Final = {
    "relation": ("relation", "head_name"),
    "kind": ("residence_status", "registration"),
    "from_date": ("move_in_date",),
}


def taken_of(decision: Decision) -> Taken:
    """The fields by which a decided row changes something."""
    if decision.status in (REFUSED, LATER):
        return None
    fields = set(decision.fills)
    for name in decision.residency:
        fields |= set(_LIVES.get(name, ()))
    if decision.settles is not None or decision.leaves:
        fields |= _DOOR | {name for names in _LIVES.values() for name in names}
    for told, names in (
        (decision.renamed, {"name"}),
        (decision.add_document, {"identity", "document_type"}),
        (decision.add_phones, {"phone", "phone_2"}),
        (decision.add_groups, _GROUPS),
        (decision.sets_number, {"household_number"}),
    ):
        if told:
            fields |= names
    return frozenset(fields)
