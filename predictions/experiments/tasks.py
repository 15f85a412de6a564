"""Background judging of experiments."""

from celery import shared_task

from predictions.experiments import services


@shared_task
def judge_experiments() -> None:
    """Run by beat each hour."""
    services.judge_experiments()
