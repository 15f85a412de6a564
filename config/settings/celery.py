"""Celery: how workers run tasks, which queue a task waits in, and what beat starts when."""

from fnmatch import fnmatchcase
from typing import Any

from celery.schedules import crontab
from kombu import Exchange, Queue

QUEUES = ("interactive", "outside", "learning", "privacy")
"""Each has workers of its own, so that none waits for the others: somebody waits at a page for `interactive`, `outside`
calls TikTok and may hang, `learning` computes, `privacy` erases, exports and purges."""
ROUTES = (
    # of beat, and short: they only look for work and send it on
    ("*.tasks.resume_*", "interactive"),
    ("posts.ingest.tasks.observe_due_posts", "interactive"),
    ("telemetry.*", "interactive"),
    ("accounts.sign_in.*", "interactive"),
    ("accounts.webhooks.tasks.deliver_due", "interactive"),
    ("predictions.plan.tasks.tell_reminders", "interactive"),
    ("accounts.*", "outside"),
    ("posts.trends.*", "learning"),
    ("posts.*", "outside"),
    ("predictions.*", "learning"),
    ("privacy.*", "privacy"),
)
"""The first pattern that a task's name matches names its queue."""


def queue_of(task: str) -> str:
    """Return the queue that the task waits in; `interactive` for one that no pattern matches."""
    return next((queue for pattern, queue in ROUTES if fnmatchcase(task, pattern)), QUEUES[0])


def route(name: str, *_: object, **__: object) -> dict[str, str]:
    """Return Celery's options for sending the task."""
    return {"queue": queue_of(name)}


CELERY_TASK_ROUTES = (route,)
# a worker that is not told which queues serves all
CELERY_TASK_QUEUES = tuple(Queue(name, Exchange(name), routing_key=name) for name in QUEUES)
CELERY_TASK_DEFAULT_QUEUE = QUEUES[0]

CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
# A task is acknowledged when it is done: one whose worker was killed is delivered again (but for trainings), so every
# task is idempotent.
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 15 * 60
CELERY_TASK_SOFT_TIME_LIMIT = 14 * 60
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# a worker waits for Redis however long it is away
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {
    # Longer than the hard time limit, or Redis would hand a running task to a second worker.
    "visibility_timeout": 30 * 60,
    "global_keyprefix": "celery:",
    # A request that sends a message waits no longer than this, then the outbox or beat sends it.
    "socket_connect_timeout": 1,
    "socket_timeout": 5,
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.2,
    "interval_max": 0.2,
}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
EVERY_FEW_SECONDS = 5.0
_QUICKLY: dict[str, Any] = {"schedule": EVERY_FEW_SECONDS, "options": {"expires": 2 * EVERY_FEW_SECONDS}}
"""A lost worker, and a message that was not sent, are noticed within seconds; the messages must not pile up."""
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "relay outbox": {"task": "telemetry.tasks.relay_outbox", **_QUICKLY},
    "tend request records": {"task": "telemetry.tasks.tend_request_records", "schedule": crontab(minute="3")},
    "sum up requests": {"task": "telemetry.tasks.sum_up_requests", "schedule": crontab(minute="*/10")},
    "compute figures": {"task": "telemetry.tasks.compute_figures", "schedule": crontab()},
    "observe posts": {"task": "posts.ingest.tasks.observe_due_posts", "schedule": crontab(minute="*/5")},
    "resume refreshes": {"task": "posts.ingest.tasks.resume_stalled_refreshes", **_QUICKLY},
    "resume imports": {"task": "posts.imports.tasks.resume_imports", **_QUICKLY},
    "release trends": {"task": "posts.trends.tasks.release_trends", "schedule": crontab(minute="12")},
    "update weights": {"task": "predictions.learning.tasks.update_stale_weights", "schedule": crontab()},
    "update replays": {"task": "predictions.replays.tasks.update_stale_replays", "schedule": crontab(minute="*/5")},
    "meet outcomes": {"task": "predictions.outcomes.tasks.meet_outcomes", "schedule": crontab(minute="*/5")},
    "tell reminders": {"task": "predictions.plan.tasks.tell_reminders", "schedule": crontab()},
    "tell of posts far off": {"task": "predictions.nowcasts.tasks.tell_far_off", "schedule": crontab(minute="*/5")},
    "tell of weeks": {"task": "predictions.weekly.tasks.tell_weeks", "schedule": crontab(minute="*/15")},
    "send to webhooks": {"task": "accounts.webhooks.tasks.deliver_due", "schedule": crontab()},
    "find published drafts": {"task": "predictions.plan.tasks.find_published", "schedule": crontab(minute="*/5")},
    "judge experiments": {"task": "predictions.experiments.tasks.judge_experiments", "schedule": crontab(minute="35")},
    "watch suggestions": {
        "task": "predictions.reports.tasks.watch_suggestions",
        "schedule": crontab(hour="3", minute="30"),
    },
    "count shared phrases": {
        "task": "predictions.captions.tasks.count_shared_phrases",
        "schedule": crontab(hour="2", minute="40"),
    },
    "check drift": {"task": "predictions.monitoring.tasks.check_drift", "schedule": crontab(minute="50")},
    "watch canary": {"task": "predictions.versions.tasks.watch_canary", "schedule": crontab()},
    "retrain model": {
        "task": "predictions.training.tasks.retrain_model",
        "schedule": crontab(day_of_week="monday", hour="4", minute="20"),
    },
    "relearn sub-scores": {
        "task": "predictions.training.tasks.relearn_sub_scores",
        "schedule": crontab(minute="45"),
    },
    "refresh credentials": {
        "task": "accounts.tasks.refresh_expiring_credentials",
        "schedule": crontab(minute="17"),
    },
    "purge": {"task": "privacy.retention.tasks.purge", "schedule": crontab(minute="25")},
    "watch retention": {"task": "privacy.retention.tasks.watch_retention", "schedule": crontab(minute="55")},
    "tend exports": {"task": "privacy.export.tasks.resume_exports", **_QUICKLY},
    "resume erasures": {"task": "privacy.erasure.tasks.resume_erasures", **_QUICKLY},
    "leave forgotten behind": {
        "task": "predictions.training.tasks.leave_forgotten_behind",
        "schedule": crontab(minute="40"),
    },
    "release benchmarks": {
        "task": "predictions.benchmarks.tasks.release_benchmarks",
        "schedule": crontab(hour="3", minute="10"),
    },
    "seal trail": {"task": "privacy.trail.tasks.seal_trail", "schedule": crontab()},
    "anchor trail": {"task": "privacy.trail.tasks.anchor_trail", "schedule": crontab(minute="7")},
    "watch trail": {"task": "privacy.trail.tasks.watch_trail", "schedule": crontab(minute="57")},
}
