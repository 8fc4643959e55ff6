from fangxian.field.models.campaign import Campaign, Target
from fangxian.field.models.form import FormDefinition
from fangxian.field.models.report import DailyReport, ReportCorrection
from fangxian.field.models.sealing import SealKey
from fangxian.field.models.visit import Exemption, Visit

__all__ = [
    "Campaign",
    "DailyReport",
    "Exemption",
    "FormDefinition",
    "ReportCorrection",
    "SealKey",
    "Target",
    "Visit",
]
