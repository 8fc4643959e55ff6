from fangxian.organisations.actions.appointing import appoint_many
from fangxian.organisations.actions.contacts import name_contact_leader
from fangxian.organisations.actions.five_ones import record_evidence, withdraw_evidence
from fangxian.organisations.actions.going_on import undo_dissolution, undo_end_membership
from fangxian.organisations.actions.households import link_households, unlink_household
from fangxian.organisations.actions.items import (
    change_item,
    claim_item,
    complete_claim,
    give_up_claim,
    list_item,
    reopen_claim,
    restore_item,
    withdraw_item,
)
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
from fangxian.organisations.actions.reporting import (
    end_report,
    give_feedback,
    receive,
    report_in,
    resume_report,
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
from fangxian.organisations.actions.seconding import (
    change_secondment,
    end_secondment,
    name_officers,
    second,
)
from fangxian.organisations.actions.temporary import (
    approve_unit,
    change_unit,
    dissolve_unit,
    draft_unit,
    prolong_unit,
    propose_unit,
    reopen_unit,
    return_unit,
    withdraw_unit,
)

__all__ = [
    "add_member",
    "add_new_member",
    "appoint",
    "appoint_many",
    "approve_unit",
    "change_contact",
    "change_item",
    "change_member",
    "change_organisation",
    "change_secondment",
    "change_unit",
    "claim_item",
    "complete_claim",
    "create_organisation",
    "dissolve_organisation",
    "dissolve_unit",
    "draft_unit",
    "end_membership",
    "end_report",
    "end_responsibility",
    "end_secondment",
    "give_feedback",
    "give_up_claim",
    "hand_over",
    "link_households",
    "list_item",
    "name_contact_leader",
    "name_officers",
    "prolong_unit",
    "propose_unit",
    "receive",
    "record_evidence",
    "reopen_claim",
    "reopen_unit",
    "report_in",
    "restore_item",
    "resume_report",
    "return_unit",
    "reveal_contact",
    "second",
    "substitute",
    "take_over_unmanaged",
    "undo_dissolution",
    "undo_end_membership",
    "unlink_household",
    "withdraw_evidence",
    "withdraw_item",
    "withdraw_responsibility",
    "withdraw_unit",
]
