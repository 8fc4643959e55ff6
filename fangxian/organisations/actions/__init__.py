from fangxian.organisations.actions.appointing import appoint_many
from fangxian.organisations.actions.contacts import name_contact_leader
from fangxian.organisations.actions.five_ones import record_evidence, withdraw_evidence
from fangxian.organisations.actions.going_on import undo_dissolution, undo_end_membership
from fangxian.organisations.actions.households import link_households, unlink_household
from fangxian.organisations.actions.members import (
    add_member,
    add_new_member,
    change_member,
    end_membership,
)
from fangxian.organisations.actions.organisations import (
    change_organisation,
    create_organisation,
    dissolve_organisation,
)
from fangxian.organisations.actions.responsibilities import (
    appoint,
    change_contact,
    end_responsibility,
    hand_over,
    substitute,
    take_over_unmanaged,
    withdraw_responsibility,
)
from fangxian.organisations.actions.revealing import reveal_contact

__all__ = [
    "add_member",
    "add_new_member",
    "appoint",
    "appoint_many",
    "change_contact",
    "change_member",
    "change_organisation",
    "create_organisation",
    "dissolve_organisation",
    "end_membership",
    "end_responsibility",
    "hand_over",
    "link_households",
    "name_contact_leader",
    "record_evidence",
    "reveal_contact",
    "substitute",
    "take_over_unmanaged",
    "undo_dissolution",
    "undo_end_membership",
    "unlink_household",
    "withdraw_evidence",
    "withdraw_responsibility",
]
