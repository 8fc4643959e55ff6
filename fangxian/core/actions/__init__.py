from fangxian.core.actions.emergencies import (
    add_measure,
    change_level,
    create_emergency,
    end_emergency,
    lift_measure,
)
from fangxian.core.actions.endpoints import add_endpoint, retry_delivery, switch_endpoint
from fangxian.core.actions.events import emit
from fangxian.core.actions.files import OWNER_ALONE, purge_files, read_file, store_file
from fangxian.core.actions.jobs import cancel_job, start_job
from fangxian.core.actions.notify import (
    announce,
    notify,
    notify_many,
    read_all_notifications,
    read_notification,
)
from fangxian.core.actions.tasks import (
    NewTask,
    cancel_task,
    close_task,
    close_tasks,
    finish_task,
    open_task,
    open_tasks,
    reassign_task,
    reassign_tasks,
    reopen_task,
    restate_tasks,
    undo_reassign,
)
from fangxian.core.rules import add_rule_version

__all__ = [
    "OWNER_ALONE",
    "NewTask",
    "add_endpoint",
    "add_measure",
    "add_rule_version",
    "announce",
    "cancel_job",
    "cancel_task",
    "change_level",
    "close_task",
    "close_tasks",
    "create_emergency",
    "emit",
    "end_emergency",
    "finish_task",
    "lift_measure",
    "notify",
    "notify_many",
    "open_task",
    "open_tasks",
    "purge_files",
    "read_all_notifications",
    "read_file",
    "read_notification",
    "reassign_task",
    "reassign_tasks",
    "reopen_task",
    "restate_tasks",
    "retry_delivery",
    "start_job",
    "store_file",
    "switch_endpoint",
    "undo_reassign",
]
