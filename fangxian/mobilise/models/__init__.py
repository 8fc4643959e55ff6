from fangxian.mobilise.models.aid import (
    AidBatch,
    AidCounter,
    AidDay,
    AidFigure,
    AidLeg,
    AidMember,
    AidProgramme,
    AidQuarantine,
    AidResult,
    AidThanks,
    AidTrainee,
    FamilyContact,
)
from fangxian.mobilise.models.call import Call, CallLine, CallUnit
from fangxian.mobilise.models.certificate import Certificate
from fangxian.mobilise.models.draft import DraftLine, Obstacle, RosterDraft
from fangxian.mobilise.models.pledge import Match, Placement, Pledge
from fangxian.mobilise.models.post import Pattern, Post
from fangxian.mobilise.models.shift import Shift, Turn, Whereabouts
from fangxian.mobilise.models.swap import Swap
from fangxian.mobilise.models.volunteer import Skill, Volunteer
from fangxian.mobilise.models.wish import Wish

__all__ = [
    "AidBatch",
    "AidCounter",
    "AidDay",
    "AidFigure",
    "AidLeg",
    "AidMember",
    "AidProgramme",
    "AidQuarantine",
    "AidResult",
    "AidThanks",
    "AidTrainee",
    "Call",
    "CallLine",
    "CallUnit",
    "Certificate",
    "DraftLine",
    "FamilyContact",
    "Match",
    "Obstacle",
    "Pattern",
    "Placement",
    "Pledge",
    "Post",
    "RosterDraft",
    "Shift",
    "Skill",
    "Swap",
    "Turn",
    "Volunteer",
    "Whereabouts",
    "Wish",
]
