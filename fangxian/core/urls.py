from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from fangxian.core.views import (
    emergencies,
    files,
    health,
    imports,
    jobs,
    notifications,
    outbox,
    rules,
    tasks,
)

app_name = "core"
urlpatterns: list[URLPattern | URLResolver] = [
    path("health", health.health, name="health"),
    path("tasks/", tasks.work_list, name="tasks"),
    path("tasks/done/", tasks.bulk, name="tasks_done"),
    path("tasks/hand-over/", tasks.hand_over, name="tasks_hand_over"),
    path("tasks/hand-over/undo/", tasks.undo_hand_over, name="tasks_hand_over_undo"),
    path("tasks/<uuid:task_id>/", tasks.detail, name="task"),
    path("tasks/<uuid:task_id>/done/", tasks.finish, name="task_done"),
    path("tasks/<uuid:task_id>/reopen/", tasks.reopen, name="task_reopen"),
    path("tasks/<uuid:task_id>/reassign/", tasks.reassign, name="task_reassign"),
    path("tasks/<uuid:task_id>/cancel/", tasks.cancel, name="task_cancel"),
    path("notifications/", notifications.mine, name="notifications"),
    path("notifications/read/", notifications.read_all, name="notifications_read"),
    path("notifications/<uuid:notification_id>/", notifications.read, name="notification"),
    path("jobs/", jobs.mine, name="jobs"),
    path("jobs/<uuid:job_id>/", jobs.detail, name="job"),
    path("jobs/<uuid:job_id>/progress/", jobs.progress, name="job_progress"),
    path("jobs/<uuid:job_id>/cancel/", jobs.cancel, name="job_cancel"),
    path("files/<uuid:file_id>/", files.download, name="file"),
    path("imports/", imports.runs, name="imports"),
    path("imports/<uuid:run_id>/", imports.detail, name="import"),
    path("emergencies/", emergencies.every, name="emergencies"),
    path("emergencies/begin/", emergencies.begin, name="emergency_begin"),
    path("emergencies/<uuid:emergency_id>/", emergencies.detail, name="emergency"),
    path("emergencies/<uuid:emergency_id>/level/", emergencies.level, name="emergency_level"),
    path("emergencies/<uuid:emergency_id>/measure/", emergencies.measure, name="measure_add"),
    path("emergencies/<uuid:emergency_id>/end/", emergencies.end, name="emergency_end"),
    path("measures/<uuid:measure_id>/lift/", emergencies.lift, name="measure_lift"),
    path("rules/", rules.every, name="rules"),
    path("rules/<str:name>/", rules.detail, name="rule"),
    path("outbox/", outbox.outbox, name="outbox"),
    path("outbox/<uuid:delivery_id>/retry/", outbox.retry, name="delivery_retry"),
    path("endpoints/<uuid:endpoint_id>/", outbox.switch, name="endpoint_switch"),
]
