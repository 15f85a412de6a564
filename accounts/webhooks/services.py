"""Add, change and remove webhooks, queue messages to them, and replay those."""

import json
from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import Delivery, Notice, User, Webhook
from accounts.telling.services import withdraw_notice
from accounts.webhooks.addresses import require_address
from accounts.webhooks.signing import new_secret, seal_secret
from privacy.consent.selectors import require
from privacy.people import lock_person
from privacy.purposes import Purpose
from telemetry.outbox import send_on_commit

MOST_WEBHOOKS = 5
"""Of one person."""
TEST = "test"
"""The kind of a message that a person sends to try their program."""


class TooManyWebhooks(ValueError):
    """Raised where a person has as many webhooks as one may have."""

    def __init__(self) -> None:
        super().__init__(
            f"You have {MOST_WEBHOOKS} webhooks, and nobody may have more. Remove one that you do not use."
        )


@transaction.atomic
def add_webhook(*, user: User, url: str, kinds: Collection[str] | None = None) -> tuple[Webhook, str]:
    """Add a webhook for these kinds of notices, by default all; return it and its secret, which is shown just once.

    Raises UnusableAddress, TooManyWebhooks and NoConsent.
    """
    require(user.pk, Purpose.SERVICE)
    address = require_address(url)
    lock_person(user.pk)
    if Webhook.objects.filter(user=user).count() >= MOST_WEBHOOKS:
        raise TooManyWebhooks
    webhook, secret = Webhook(user=user, url=address, kinds=_in_order(kinds)), new_secret()
    seal_secret(webhook, secret)
    webhook.save()
    return webhook, secret


@transaction.atomic
def change_webhook(
    *,
    webhook: Webhook,
    url: str | None = None,
    kinds: Collection[str] | None = None,
    enabled: bool | None = None,
    now: datetime | None = None,
) -> None:
    """Change what is given; switched on again, its failures are forgotten. Raises UnusableAddress, NoConsent."""
    require(webhook.user_id, Purpose.SERVICE)
    if url is not None:
        webhook.url = require_address(url)
    if kinds is not None:
        webhook.kinds = _in_order(kinds)
    if enabled is False:
        webhook.disabled_at = webhook.disabled_at or now or timezone.now()
    elif enabled:
        webhook.disabled_at, webhook.failures = None, 0
        withdraw_notice(user_id=webhook.user_id, kind=Notice.Kind.WEBHOOK_OFF, about=webhook.public_id)
    webhook.save()


def remove_webhook(*, webhook: Webhook) -> None:
    """Delete the webhook with its log."""
    webhook.delete()


def queue_notice(notice: Notice) -> None:
    """Queue a message to each of the person's webhooks that gets this kind; the caller is in a transaction."""
    told = Webhook.objects.filter(user=notice.user_id, disabled_at=None, kinds__contains=[notice.kind])
    for webhook in told:
        _queue(webhook, kind=notice.kind, at=notice.created_at, data=_data_of(notice), notice=notice)


@transaction.atomic
def send_test(*, webhook: Webhook) -> Delivery:
    """Queue a message of the kind `test`. Raises NoConsent."""
    require(webhook.user_id, Purpose.SERVICE)
    return _queue(webhook, kind=TEST, at=timezone.now(), data={}, notice=None)


@transaction.atomic
def replay(*, delivery: Delivery) -> Delivery:
    """Send a message again, with its id and body as they were, whether or not it arrived. Raises NoConsent."""
    require(delivery.webhook.user_id, Purpose.SERVICE)
    delivery.state, delivery.tries, delivery.next_attempt_at = Delivery.State.PENDING, 0, timezone.now()
    delivery.save(update_fields=["state", "tries", "next_attempt_at"])
    send_on_commit("accounts.webhooks.tasks.deliver", delivery.pk)
    return delivery


def _queue(webhook: Webhook, *, kind: str, at: datetime, data: dict[str, Any], notice: Notice | None) -> Delivery:
    body = json.dumps({"type": kind, "timestamp": at.isoformat(), "data": data}, ensure_ascii=False)
    delivery = Delivery.objects.create(
        webhook=webhook, notice=notice, kind=kind, body=body, next_attempt_at=timezone.now()
    )
    send_on_commit("accounts.webhooks.tasks.deliver", delivery.pk)
    return delivery


def _data_of(notice: Notice) -> dict[str, Any]:
    return {
        "id": notice.public_id,
        "account": notice.account.public_id if notice.account else None,
        "about": notice.about,
        "params": notice.params,
        "link": notice.link,
    }


def _in_order(kinds: Collection[str] | None) -> list[str]:
    return [kind.value for kind in Notice.Kind if kinds is None or kind in kinds]
