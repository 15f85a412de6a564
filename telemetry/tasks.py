"""Background work of telemetry."""

from celery import shared_task

from telemetry import outbox
from telemetry.metrics import figures
from telemetry.requests import partitions, summaries
from telemetry.service_levels import heartbeat


@shared_task
def relay_outbox() -> None:
    """Send messages that were not sent after their commit, and show that beat lives. Beat, every few seconds."""
    heartbeat.note()
    outbox.relay()


@shared_task
def tend_request_records() -> None:
    """Make the next days' partitions and drop those of 90 days ago. Beat, hourly."""
    partitions.tend()


@shared_task
def sum_up_requests() -> None:
    """Sum up the requests of today by route. Beat, every ten minutes."""
    summaries.sum_up()


@shared_task
def compute_figures() -> None:
    """Compute the figures that /metrics shows from the database. Beat, every minute."""
    figures.compute()
