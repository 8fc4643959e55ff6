from fangxian.field.models.campaign import Campaign, Target
from fangxian.field.models.duties import Gate, GateUnit, Message, Point, Round
from fangxian.field.models.duties_log import Disinfection, GateEntry, Outreach, RoundCheck
from fangxian.field.models.form import FormDefinition
from fangxian.field.models.operation import (
    FieldConflict,
    HeldOperation,
    Operation,
    PhoneManifest,
)
from fangxian.field.models.photo import Photo, PhotoPart, PhotoUpload
from fangxian.field.models.report import DailyReport, ReportCorrection
from fangxian.field.models.sealing import SealKey
from fangxian.field.models.visit import Exemption, Visit

__all__ = [
    "Campaign",
    "DailyReport",
    "Disinfection",
    "Exemption",
    "FieldConflict",
    "FormDefinition",
    "Gate",
    "GateEntry",
    "GateUnit",
    "HeldOperation",
    "Message",
    "Operation",
    "Outreach",
    "PhoneManifest",
    "Photo",
    "PhotoPart",
    "PhotoUpload",
    "Point",
    "ReportCorrection",
    "Round",
    "RoundCheck",
    "SealKey",
    "Target",
    "Visit",
]
