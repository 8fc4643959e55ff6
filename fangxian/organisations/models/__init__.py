from fangxian.organisations.models.five_ones import FiveOneEvidence
from fangxian.organisations.models.member import EndedBy, Member
from fangxian.organisations.models.organisation import Organisation, OrganisationKind
from fangxian.organisations.models.reporting import Claim, CommunityItem, Feedback, ReportIn
from fangxian.organisations.models.responsibility import Responsibility, ResponsibilityHousehold
from fangxian.organisations.models.temporary import (
    Secondment,
    Standing,
    TemporaryUnit,
    UnitState,
)
from fangxian.organisations.models.together import (
    Alliance,
    Ally,
    Pairing,
    PairingEntry,
    SharedTask,
)
from fangxian.organisations.models.vacancy import Vacancy

__all__ = [
    "Alliance",
    "Ally",
    "Claim",
    "CommunityItem",
    "EndedBy",
    "Feedback",
    "FiveOneEvidence",
    "Member",
    "Organisation",
    "OrganisationKind",
    "Pairing",
    "PairingEntry",
    "ReportIn",
    "Responsibility",
    "ResponsibilityHousehold",
    "Secondment",
    "SharedTask",
    "Standing",
    "TemporaryUnit",
    "UnitState",
    "Vacancy",
]
