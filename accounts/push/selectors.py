"""Read subscriptions of browsers."""

from django.db.models import QuerySet

from accounts.models import PushSubscription, User


def subscriptions_of(user: User) -> QuerySet[PushSubscription]:
    """Return the person's subscriptions, newest first."""
    return PushSubscription.objects.filter(user=user.pk)
