"""Counted levels, free space and beat's heartbeat in the metrics."""

import shutil
from pathlib import Path
from typing import Any

from django.conf import settings
from django.dispatch import receiver
from prometheus_client import Gauge

from telemetry.service_levels import gauges, heartbeat
from telemetry.signals import metrics_scraped

KEPT_FREE = Gauge(
    "postcast_kept_free_ratio",
    "Free share of the volume that holds the ledger of erasures; below 0.1 is an alarm.",
    multiprocess_mode="mostrecent",
)
HEARTBEAT = Gauge(
    "postcast_beat_heartbeat_timestamp_seconds",
    "When what beat starts every few seconds last ran; older than two minutes is an alarm.",
    multiprocess_mode="mostrecent",
)


@receiver(metrics_scraped)
def show_levels(**_: Any) -> None:
    """Set the gauges of the levels that are counted in the database."""
    gauges.show_all()


@receiver(metrics_scraped)
def show_heartbeat(**_: Any) -> None:
    """Set the gauge from the cache, so that it is the same in every process."""
    HEARTBEAT.set(heartbeat.last())


@receiver(metrics_scraped)
def show_free_space(**_: Any) -> None:
    """Set the gauge. Raise OSError where the volume is not there: a scrape that fails is seen."""
    usage = shutil.disk_usage(Path(settings.ERASURE_LEDGER_PATH).parent)
    KEPT_FREE.set(usage.free / usage.total)
