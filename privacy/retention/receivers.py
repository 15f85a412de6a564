"""Retention on a sign-in, and in the metrics."""

from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.db import transaction
from django.dispatch import receiver
from prometheus_client import Gauge

from privacy.retention.purging import late_rules
from privacy.retention.tasks import extend_retention
from telemetry.outbox import send_on_commit
from telemetry.signals import metrics_scraped

LATE_RULES = Gauge(
    "postcast_retention_late_rules",
    "Rules of retention that have not run well for three hours; anything above 0 is an alarm.",
    multiprocess_mode="mostrecent",
)


@receiver(metrics_scraped)
def show_late_rules(**_: Any) -> None:
    """Set the gauge from the database, so that it is the same in every process, and right even while beat is dead."""
    LATE_RULES.set(len(late_rules()))


@receiver(user_logged_in)
def keep_for_longer(user: Any, **_: Any) -> None:
    """Extend retention in the background: it may be many rows."""
    with transaction.atomic():
        send_on_commit(extend_retention.name, user.pk)
