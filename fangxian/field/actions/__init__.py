from fangxian.field.actions.campaigns import (
    close_campaign,
    extend_campaign,
    plan_campaign,
    remind_of_dates,
    start_campaign,
)
from fangxian.field.actions.exemptions import end_exemption, exempt, lapse_exemptions
from fangxian.field.actions.forms import publish_form
from fangxian.field.actions.recording import NewVisit
from fangxian.field.actions.reports import (
    close_reports,
    correct_report,
    prepare_reports,
    send_report,
)
from fangxian.field.actions.visits import RIGHT as VISIT
from fangxian.field.actions.visits import Answer, record_visit, record_visits

__all__ = [
    "VISIT",
    "Answer",
    "NewVisit",
    "close_campaign",
    "close_reports",
    "correct_report",
    "end_exemption",
    "exempt",
    "extend_campaign",
    "lapse_exemptions",
    "plan_campaign",
    "prepare_reports",
    "publish_form",
    "record_visit",
    "record_visits",
    "remind_of_dates",
    "send_report",
    "start_campaign",
]
