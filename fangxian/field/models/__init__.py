from fangxian.field.models.campaign import Campaign, Target
from fangxian.field.models.form import FormDefinition
from fangxian.field.models.operation import (
    FieldConflict,
    HeldOperation,
    Operation,
    PhoneManifest,
)
from fangxian.field.models.report import DailyReport, ReportCorrection
from fangxian.field.models.sealing import SealKey
from fangxian.field.models.visit import Exemption, Visit

__all__ = [
    "Campaign",
    "DailyReport",
    "Exemption",
    "FieldConflict",
    "FormDefinition",
    "HeldOperation",
    "Operation",
    "PhoneManifest",
    "ReportCorrection",
    "SealKey",
    "Target",
    "Visit",
]
