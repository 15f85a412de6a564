"""Send messages to webhooks: one attempt at a time, repeated with growing pauses, each attempt in the log.

Two workers never send the same message at once: one claims it, in the database, for longer than an attempt takes.
"""

import time
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from prometheus_client import Counter

from accounts.models import Delivery, Notice, Webhook
from accounts.telling.services import tell
from accounts.webhooks.signing import signed_headers
from config.outside.client import call
from config.outside.errors import OutsideError
from privacy.consent.selectors import consents_to
from privacy.purposes import Purpose
from privacy.sealing import SealBroken

log = structlog.get_logger(__name__)

DEADLINE_S = 10.0
"""For all of an attempt: a program answers first and works afterwards."""
MOST_BYTES = 64 * 1024
"""Of an answer, which is not looked at."""
RETRIES = 5
FIRST_PAUSE, GROWTH = timedelta(seconds=30), 5
"""Pauses of 30 s, 2.5 min, 12.5 min, an hour and five hours."""
CLAIM = timedelta(minutes=1)
"""Time for which one worker has a message: longer than an attempt takes."""
KEPT_ATTEMPTS = 20
"""Of one message, the latest."""
OFF_AFTER = 10
"""Messages in a row that were given up; then the webhook is switched off."""
SENT = Counter("postcast_webhook_attempts_total", "Attempts to send a message to a person's webhook.", ["outcome"])


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt, as the log keeps it."""

    at: str
    status: int | None
    """Of the answer; None where none came."""
    ms: int
    error: str
    """Why no answer came, as one word; empty where one did."""

    @property
    def succeeded(self) -> bool:
        """Whether the program took the message."""
        return self.status is not None and 200 <= self.status < 300


def deliver(*, delivery_id: int, now: datetime | None = None) -> bool:
    """Try to send a message that is due, and store how that went; return whether it arrived."""
    now = now or timezone.now()
    claimed = _claim(delivery_id, now)
    if claimed is None:
        return False
    attempt = _attempt(claimed, now)
    _store(claimed.pk, attempt, now)
    SENT.labels("arrived" if attempt.succeeded else "failed").inc()
    return attempt.succeeded


def due(now: datetime) -> list[int]:
    """Return the primary keys of messages to send now, the longest due one of each webhook."""
    deliveries = _sendable().filter(next_attempt_at__lte=now).order_by("webhook_id", "next_attempt_at", "pk")
    return list(deliveries.distinct("webhook_id").values_list("pk", flat=True))


def pause_after(tries: int) -> timedelta:
    """Return how long to wait after so many attempts.

    >>> pause_after(1), pause_after(3)
    (datetime.timedelta(seconds=30), datetime.timedelta(seconds=750))
    """
    return FIRST_PAUSE * int(GROWTH ** (tries - 1))


def _sendable() -> QuerySet[Delivery]:
    return Delivery.objects.filter(
        consents_to(Purpose.SERVICE, "webhook__user"), state=Delivery.State.PENDING, webhook__disabled_at=None
    )


@transaction.atomic
def _claim(delivery_id: int, now: datetime) -> Delivery | None:
    rows = _sendable().select_for_update(of=("self",), skip_locked=True).select_related("webhook")
    delivery = rows.filter(pk=delivery_id, next_attempt_at__lte=now).first()
    if delivery is not None:
        delivery.next_attempt_at = now + CLAIM
        delivery.tries += 1
        delivery.save(update_fields=["next_attempt_at", "tries"])
    return delivery


def _attempt(delivery: Delivery, now: datetime) -> Attempt:
    body, began = delivery.body.encode(), time.monotonic()
    status, error = None, ""
    try:
        headers = signed_headers(delivery.webhook, message=delivery.public_id, seconds=int(now.timestamp()), body=body)
        answer = call(
            "POST",
            delivery.webhook.url,
            service="webhook",
            deadline_s=DEADLINE_S,
            max_bytes=MOST_BYTES,
            body=body,
            headers={"Content-Type": "application/json", **headers},
            untrusted=True,
        )
        status = answer.status
    except OutsideError as outside:
        error = outside.reason
    except SealBroken:
        error = "secret_lost"
        log.error("webhook_secret_lost", delivery=delivery.public_id)
    return Attempt(now.isoformat(), status, round((time.monotonic() - began) * 1000), error)


@transaction.atomic
def _store(delivery_id: int, attempt: Attempt, now: datetime) -> None:
    """Write the attempt into the log; plan the next one, or give up, and switch the webhook off after many of these."""
    delivery = Delivery.objects.select_for_update(of=("self",)).filter(pk=delivery_id).first()
    if delivery is None:
        return
    webhook = Webhook.objects.select_for_update(no_key=True).get(pk=delivery.webhook_id)
    delivery.attempts = [*delivery.attempts, asdict(attempt)][-KEPT_ATTEMPTS:]
    if attempt.succeeded:
        delivery.state, delivery.next_attempt_at, webhook.failures = Delivery.State.DELIVERED, None, 0
    elif delivery.tries <= RETRIES:
        delivery.next_attempt_at = now + pause_after(delivery.tries)
    else:
        delivery.state, delivery.next_attempt_at = Delivery.State.FAILED, None
        webhook.failures += 1
    delivery.save(update_fields=["attempts", "state", "next_attempt_at"])
    if webhook.failures >= OFF_AFTER and webhook.disabled_at is None:
        webhook.disabled_at = now
        tell(
            user_id=webhook.user_id,
            kind=Notice.Kind.WEBHOOK_OFF,
            about=webhook.public_id,
            link=reverse("accounts:webhook", args=[webhook.public_id]),
        )
    webhook.save(update_fields=["failures", "disabled_at"])
