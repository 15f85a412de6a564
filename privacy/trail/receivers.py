"""The trail on the creation of a person, and in the metrics."""

from typing import Any

from django.conf import settings
from django.db.models.signals import post_save
from django.dispatch import receiver
from prometheus_client import Gauge

from privacy.trail.anchors import awaited_since
from privacy.trail.services import make_key
from telemetry.signals import metrics_scraped

ANCHORED = Gauge(
    "postcast_trail_anchored_timestamp_seconds",
    "When the access trail's head was last written down outside of the database, or since when that is awaited after a "
    "start; older than three hours is an alarm.",
    multiprocess_mode="mostrecent",
)


@receiver(post_save, sender=settings.AUTH_USER_MODEL)
def give_key(instance: Any, created: bool, raw: bool, **_: Any) -> None:
    """Give a new person their key."""
    if created and not raw:
        make_key(user_id=instance.pk)


@receiver(metrics_scraped)
def show_last_anchor(**_: Any) -> None:
    """Set the gauge from Redis, so that it is the same in every process."""
    ANCHORED.set(awaited_since().timestamp())
