from fangxian.core.models.emergency import Emergency, Measure
from fangxian.core.models.event import CounterDelta, Event, NodeStat, ServerEpoch
from fangxian.core.models.file import CHUNK_BYTES, File, FileChunk
from fangxian.core.models.imports import (
    ImportRow,
    ImportRun,
    ImportState,
    MappingMemory,
    RowState,
)
from fangxian.core.models.job import UNFINISHED, DailyRun, Job, JobState, Worker
from fangxian.core.models.notification import (
    DeliveryState,
    Endpoint,
    Notification,
    OutboxDelivery,
    OutboxMessage,
)
from fangxian.core.models.rules import RuleSet
from fangxian.core.models.task import Task, TaskState

__all__ = [
    "CHUNK_BYTES",
    "UNFINISHED",
    "CounterDelta",
    "DailyRun",
    "DeliveryState",
    "Emergency",
    "Endpoint",
    "Event",
    "File",
    "FileChunk",
    "ImportRow",
    "ImportRun",
    "ImportState",
    "Job",
    "JobState",
    "MappingMemory",
    "Measure",
    "NodeStat",
    "Notification",
    "OutboxDelivery",
    "OutboxMessage",
    "RowState",
    "RuleSet",
    "ServerEpoch",
    "Task",
    "TaskState",
    "Worker",
]
