from fangxian.field.actions.campaigns import (
    close_campaign,
    extend_campaign,
    plan_campaign,
    remind_of_dates,
    start_campaign,
)
from fangxian.field.actions.disinfections import NewDisinfection, record_disinfection
from fangxian.field.actions.exemptions import end_exemption, exempt, lapse_exemptions
from fangxian.field.actions.forms import publish_form
from fangxian.field.actions.gates import (
    NewGateEntry,
    change_gate,
    close_gate,
    open_gate,
    record_gate_entry,
)
from fangxian.field.actions.outreach import (
    NewOutreach,
    end_message,
    record_outreach,
    write_message,
)
from fangxian.field.actions.photos import keep_photo
from fangxian.field.actions.recording import NewVisit
from fangxian.field.actions.reports import (
    close_reports,
    correct_report,
    prepare_reports,
    send_report,
)
from fangxian.field.actions.rounds import (
    NewPoint,
    NewRoundCheck,
    change_round,
    end_round,
    plan_round,
    record_round_check,
)
from fangxian.field.actions.visits import RIGHT as VISIT
from fangxian.field.actions.visits import Answer, record_visit, record_visits

__all__ = [
    "VISIT",
    "Answer",
    "NewDisinfection",
    "NewGateEntry",
    "NewOutreach",
    "NewPoint",
    "NewRoundCheck",
    "NewVisit",
    "change_gate",
    "change_round",
    "close_campaign",
    "close_gate",
    "close_reports",
    "correct_report",
    "end_exemption",
    "end_message",
    "end_round",
    "exempt",
    "extend_campaign",
    "keep_photo",
    "lapse_exemptions",
    "open_gate",
    "plan_campaign",
    "plan_round",
    "prepare_reports",
    "publish_form",
    "record_disinfection",
    "record_gate_entry",
    "record_outreach",
    "record_round_check",
    "record_visit",
    "record_visits",
    "remind_of_dates",
    "send_report",
    "start_campaign",
    "write_message",
]
