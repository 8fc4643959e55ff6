from fangxian.organisations.actions.five_ones import record_evidence, withdraw_evidence
from fangxian.organisations.actions.households import link_households, unlink_household
from fangxian.organisations.actions.members import add_member, end_membership
from fangxian.organisations.actions.organisations import (
    change_organisation,
    create_organisation,
    dissolve_organisation,
)
from fangxian.organisations.actions.responsibilities import (
    appoint,
    end_responsibility,
    hand_over,
    substitute,
    take_over_unmanaged,
)

__all__ = [
    "add_member",
    "appoint",
    "change_organisation",
    "create_organisation",
    "dissolve_organisation",
    "end_membership",
    "end_responsibility",
    "hand_over",
    "link_households",
    "record_evidence",
    "substitute",
    "take_over_unmanaged",
    "unlink_household",
    "withdraw_evidence",
]
