"""Send a notice to one browser: its title and link, encrypted, in the language that the browser was subscribed in."""

import json
from enum import Enum

import structlog
from django.utils import translation
from prometheus_client import Counter

from accounts.models import Notice, PushSubscription
from accounts.push import vapid
from accounts.push.encryption import encrypt
from accounts.telling.words import words_of
from config.outside.client import call
from config.outside.errors import OutsideError
from privacy.consent.selectors import consents_to
from privacy.purposes import Purpose

log = structlog.get_logger(__name__)

DEADLINE_S = 10.0
"""For all of a call."""
MOST_BYTES = 64 * 1024
"""Of an answer, which is not looked at."""
KEPT_S = 24 * 3600
"""Time for which the push service keeps a message for a browser that is away."""
GONE = (404, 410)
"""Answers by which a push service says that the subscription ended."""
_BUSY = (408, 425, 429)
SENT = Counter("postcast_push_messages_total", "Calls of push services with a message to a browser.", ["outcome"])


class Outcome(Enum):
    TAKEN = "taken"
    GONE = "gone"
    """The browser ended the subscription, which is deleted."""
    REFUSED = "refused"
    """The same message would be refused again."""
    LATER = "later"
    """The push service does not answer, or is busy."""
    NOT_DUE = "not_due"
    """There is nobody to tell, or nothing: it was read, withdrawn, or consent to the service ended."""


def send(*, notice_id: int, subscription_id: int) -> Outcome:
    """Send the notice to the browser, unless it was read meanwhile. Sent twice, the browser shows it once."""
    told = PushSubscription.objects.filter(consents_to(Purpose.SERVICE, "user"), pk=subscription_id)
    subscription = told.first() if vapid.is_offered() else None
    if subscription is None:
        return Outcome.NOT_DUE
    notice = Notice.objects.filter(pk=notice_id, user=subscription.user_id, read_at=None).first()
    if notice is None:
        return Outcome.NOT_DUE
    outcome = _call(subscription, notice)
    SENT.labels(outcome.value).inc()
    if outcome == Outcome.GONE:
        subscription.delete()
    return outcome


def _call(subscription: PushSubscription, notice: Notice) -> Outcome:
    headers = {
        "Authorization": vapid.authorization(subscription.url),
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(KEPT_S),
        # the push service keeps one message of a topic for a browser that is away
        "Topic": notice.public_id,
    }
    try:
        answer = call(
            "POST",
            subscription.url,
            service="push",
            deadline_s=DEADLINE_S,
            max_bytes=MOST_BYTES,
            body=encrypt(_message(subscription, notice), p256dh=subscription.p256dh, auth=subscription.auth),
            headers=headers,
            untrusted=True,
        )
    except OutsideError as error:
        log.info("push_not_sent", reason=error.reason)
        return Outcome.LATER
    if answer.ok:
        return Outcome.TAKEN
    if answer.status in GONE:
        return Outcome.GONE
    if answer.status >= 500 or answer.status in _BUSY:
        return Outcome.LATER
    log.warning("push_refused", status=answer.status)
    return Outcome.REFUSED


def _message(subscription: PushSubscription, notice: Notice) -> bytes:
    with translation.override(subscription.language):
        message = {"title": words_of(notice).title, "link": notice.link}
    return json.dumps(message, ensure_ascii=False).encode()
