"""Requests for a retraining."""

from datetime import timedelta

from celery import current_app

RETRAIN = "predictions.training.tasks.retrain_model"


def request_retraining(*, reason: str, expires: timedelta | None = None) -> None:
    """Have a worker train a challenger soon; the message is dropped after `expires`.

    The task is sent by name: its module imports the modules that ask for it.
    """
    current_app.send_task(RETRAIN, kwargs={"reason": reason}, expires=expires.total_seconds() if expires else None)
