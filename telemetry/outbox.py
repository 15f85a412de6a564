"""The outbox: a message to a worker that a crash between the commit and its sending does not lose.

`send_on_commit` writes the message into the transaction of what it is about. After the commit it is sent at once and
deleted; where that fails, or the process ends, `relay` sends it within seconds. A message may be sent twice, so tasks
are idempotent. Work that beat finds in the database within a minute anyway (stale weights, due observations) needs no
outbox.
"""

from datetime import timedelta

import structlog
from celery import current_app
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from telemetry.models import OutboxMessage

log = structlog.get_logger(__name__)

OVERDUE = timedelta(seconds=3)
"""A message that is older was not sent by the process that wrote it."""
BATCH = 100
"""Messages that one relay sends."""


def send_on_commit(task: str, *arguments: int | str) -> None:
    """Have a worker run the task with these arguments (primary keys) once the transaction is committed."""
    message = OutboxMessage.objects.create(task=task, arguments=list(arguments))
    transaction.on_commit(lambda: _send_now(message), robust=True)


def relay() -> int:
    """Send the messages that were not sent after their commit; return how many were sent.

    Rows that another relay sends are skipped. Stop at the first one that cannot be sent: the broker is away.
    """
    with transaction.atomic():
        waiting = OutboxMessage.objects.select_for_update(skip_locked=True)
        overdue = list(waiting.filter(created_at__lt=timezone.now() - OVERDUE).order_by("pk")[:BATCH])
        sent = []
        for message in overdue:
            if not _send(message):
                break
            sent.append(message.pk)
        OutboxMessage.objects.filter(pk__in=sent).delete()
    return len(sent)


def _send_now(message: OutboxMessage) -> None:
    if _send(message):
        OutboxMessage.objects.filter(pk=message.pk).delete()


def _send(message: OutboxMessage) -> bool:
    """Return whether the broker took the message."""
    try:
        current_app.send_task(message.task, message.arguments)
    except (OperationalError, OSError) as error:
        log.warning("message_not_sent", task=message.task, error=type(error).__name__)
        return False
    return True
