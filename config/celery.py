"""The Celery application: workers and beat read everything else from Django's settings (`CELERY_*`)."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.development")

app = Celery("postcast")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
