"""Set the drift gauges when Prometheus scrapes."""

from typing import Any

from django.dispatch import receiver

from predictions.monitoring import home, panels  # noqa: F401 - register themselves
from predictions.monitoring.metrics import show_drift
from telemetry.signals import metrics_scraped


@receiver(metrics_scraped)
def show_drift_when_scraped(**_: Any) -> None:
    show_drift()
