"""Background comparison of forecasts with their posts."""

from celery import shared_task

from predictions.outcomes import services


@shared_task
def meet_outcomes() -> None:
    """Run by beat every few minutes."""
    services.meet_outcomes()
