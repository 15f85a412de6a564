"""Read webhooks and what was sent to them."""

from django.db.models import QuerySet

from accounts.models import Delivery, User, Webhook


def webhooks_of(user: User) -> QuerySet[Webhook]:
    """Return the person's webhooks, newest first."""
    return Webhook.objects.filter(user=user.pk)


def deliveries_of(user: User, webhook_id: str) -> QuerySet[Delivery]:
    """Return the messages to the person's webhook with this public id, newest first."""
    deliveries = Delivery.objects.filter(webhook__user=user.pk, webhook__public_id=webhook_id)
    return deliveries.select_related("webhook", "notice")
