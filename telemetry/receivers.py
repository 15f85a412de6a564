"""Queues, failed tasks and unsent messages in the metrics."""

from typing import Any

from django.dispatch import receiver
from django.utils import timezone
from prometheus_client import Gauge
from redis.exceptions import RedisError

from telemetry.connections import redis_client
from telemetry.models import FailedTask, OutboxMessage
from telemetry.queues import queues
from telemetry.signals import metrics_scraped


def _gauge(name: str, text: str, labels: tuple[str, ...] = ()) -> Gauge:
    return Gauge(f"postcast_{name}", text, labels, multiprocess_mode="mostrecent")


LENGTH = _gauge("queue_length", "Messages that wait for a worker.", ("queue",))
AGE = _gauge("queue_oldest_seconds", "Age of the oldest message that waits for a worker.", ("queue",))
FAILED = _gauge("failed_tasks", "Tasks that failed three times and that nobody has looked after; above 0 is an alarm.")
UNSENT = _gauge("outbox_messages", "Messages to workers that are not sent yet.")
OLDEST_UNSENT = _gauge("outbox_oldest_seconds", "Age of the oldest message that is not sent; above 60 is an alarm.")


@receiver(metrics_scraped)
def show_background_work(**_: Any) -> None:
    """Set the gauges from Redis and the database; those of queues are not a number while Redis is away."""
    try:
        with redis_client() as client:
            for queue in queues(client):
                LENGTH.labels(queue.name).set(queue.length)
                AGE.labels(queue.name).set(queue.age_s)
    except RedisError:
        LENGTH.clear()
        AGE.clear()
    FAILED.set(FailedTask.objects.filter(state=FailedTask.State.OPEN).count())
    unsent = OutboxMessage.objects.order_by("created_at")
    UNSENT.set(unsent.count())
    oldest = unsent.values_list("created_at", flat=True).first()
    OLDEST_UNSENT.set((timezone.now() - oldest).total_seconds() if oldest else 0)
