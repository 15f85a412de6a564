"""Celery: how workers run tasks, and what beat starts when."""

from celery.schedules import crontab

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
# Longer than the hard time limit, or Redis would hand a running task to a second worker.
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 30 * 60, "global_keyprefix": "celery:"}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    "observe posts": {"task": "posts.ingest.tasks.observe_due_posts", "schedule": crontab(minute="*/5")},
    "resume refreshes": {"task": "posts.ingest.tasks.resume_stalled_refreshes", "schedule": crontab()},
    "resume imports": {"task": "posts.imports.tasks.resume_imports", "schedule": crontab()},
    "release trends": {"task": "posts.trends.tasks.release_trends", "schedule": crontab(minute="12")},
    "update weights": {"task": "predictions.learning.tasks.update_stale_weights", "schedule": crontab()},
    "meet outcomes": {"task": "predictions.outcomes.tasks.meet_outcomes", "schedule": crontab(minute="*/5")},
    "judge experiments": {"task": "predictions.experiments.tasks.judge_experiments", "schedule": crontab(minute="35")},
    "watch suggestions": {
        "task": "predictions.reports.tasks.watch_suggestions",
        "schedule": crontab(hour="3", minute="30"),
    },
    "check drift": {"task": "predictions.monitoring.tasks.check_drift", "schedule": crontab(minute="50")},
    "watch canary": {"task": "predictions.versions.tasks.watch_canary", "schedule": crontab()},
    "retrain model": {
        "task": "predictions.training.tasks.retrain_model",
        "schedule": crontab(day_of_week="monday", hour="4", minute="20"),
    },
    "refresh credentials": {
        "task": "accounts.tasks.refresh_expiring_credentials",
        "schedule": crontab(minute="17"),
    },
    "purge": {"task": "privacy.retention.tasks.purge", "schedule": crontab(minute="25")},
    "watch retention": {"task": "privacy.retention.tasks.watch_retention", "schedule": crontab(minute="55")},
    "tend exports": {"task": "privacy.export.tasks.resume_exports", "schedule": crontab()},
    "resume erasures": {"task": "privacy.erasure.tasks.resume_erasures", "schedule": crontab()},
    "leave forgotten behind": {
        "task": "predictions.training.tasks.leave_forgotten_behind",
        "schedule": crontab(minute="40"),
    },
    "release benchmarks": {
        "task": "predictions.benchmarks.tasks.release_benchmarks",
        "schedule": crontab(hour="3", minute="10"),
    },
    "anchor trail": {"task": "privacy.trail.tasks.anchor_trail", "schedule": crontab(minute="7")},
    "watch trail": {"task": "privacy.trail.tasks.watch_trail", "schedule": crontab(minute="57")},
}
