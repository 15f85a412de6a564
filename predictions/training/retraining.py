"""Requests for a retraining."""

from datetime import timedelta

from celery import current_app

from telemetry.outbox import send_on_commit

RETRAIN = "predictions.training.tasks.retrain_model"


def request_retraining(*, reason: str, expires: timedelta | None = None) -> None:
    """Have a worker train a challenger soon, once the transaction is committed; a message with `expires` goes at once.

    The task is sent by name: its module imports the modules that ask for it. Only requests that are repeated expire.
    """
    if expires is None:
        send_on_commit(RETRAIN, reason)
    else:
        current_app.send_task(RETRAIN, kwargs={"reason": reason}, expires=expires.total_seconds())
