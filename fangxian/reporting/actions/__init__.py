from fangxian.reporting.actions.bulletins import (
    draft_paper,
    issue_paper,
    remove_paper,
    renew_paper,
    retire_template,
    return_paper,
    set_issuer,
    submit_paper,
    withdraw_paper,
    write_template,
)
from fangxian.reporting.actions.ledgers import draft, keep, remove
from fangxian.reporting.actions.taking import ask, decide, end_standing, make
from fangxian.reporting.actions.templates import (
    choose,
    fill_template,
    read_template,
    retire_office_template,
    take_in,
)
from fangxian.reporting.actions.watching import begin_daily, shoot

__all__ = [
    "ask",
    "begin_daily",
    "choose",
    "decide",
    "draft",
    "draft_paper",
    "end_standing",
    "fill_template",
    "issue_paper",
    "keep",
    "make",
    "read_template",
    "remove",
    "remove_paper",
    "renew_paper",
    "retire_office_template",
    "retire_template",
    "return_paper",
    "set_issuer",
    "shoot",
    "submit_paper",
    "take_in",
    "withdraw_paper",
    "write_template",
]
