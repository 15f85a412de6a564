"""Celery's request as workers use it; imported by workers alone."""

import structlog
from celery.worker.request import Request

log = structlog.get_logger(__name__)


class LastingRequest(Request):
    """A message being worked off, whose worker outlives a Redis that restarts.

    Kombu raises AttributeError where a task ends after the connection that brought it, which would end the worker.
    """

    def acknowledge(self) -> None:
        """Tell Redis that the task is over; if that cannot be told, it is delivered again, and is idempotent."""
        try:
            super().acknowledge()
        except Exception as error:  # noqa: BLE001 - whatever kombu raises on a lost connection
            log.warning("message_not_acknowledged", task=self.name, error=type(error).__name__)

    def reject(self, requeue: bool = False) -> None:
        """Give the message back; if that cannot be told, it is delivered again later."""
        try:
            super().reject(requeue=requeue)
        except Exception as error:  # noqa: BLE001 - as above
            log.warning("message_not_rejected", task=self.name, error=type(error).__name__)
