"""Add and remove subscriptions of browsers, and queue messages to them.

The browser asks the person before it makes a subscription, and tells the service nothing but where to send.
"""

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Notice, PushSubscription, User
from accounts.push.encryption import browser_keys
from accounts.webhooks.addresses import require_address
from privacy.consent.selectors import require
from privacy.people import lock_person
from privacy.purposes import Purpose
from telemetry.outbox import send_on_commit

MOST_SUBSCRIPTIONS = 10
"""Of one person: phones, tablets and computers."""
LONGEST_ADDRESS = 1000


class TooManySubscriptions(ValueError):
    """Raised where a person has as many subscriptions as one may have."""

    def __init__(self) -> None:
        super().__init__(
            _("You have %(number)d devices here, and can have no more. Remove one that you do not use.")
            % {"number": MOST_SUBSCRIPTIONS}
        )


@transaction.atomic
def add_subscription(
    *, user: User, url: str, p256dh: str, auth: str, device: str = "", language: str = settings.LANGUAGE_CODE
) -> PushSubscription:
    """Keep a browser's subscription; a browser that another person subscribed before is theirs no more.

    Raises UnusableAddress, UnusableKeys, TooManySubscriptions and NoConsent.

    Parameters
    ----------
    url : address at the push service, which the browser made
    p256dh, auth : the browser's public key and secret, in base64url
    device : e.g. `Firefox on Linux`
    language : of the messages, e.g. `de`
    """
    require(user.pk, Purpose.SERVICE)
    address = require_address(url, longest=LONGEST_ADDRESS)
    browser_keys(p256dh, auth)
    lock_person(user.pk)
    PushSubscription.objects.filter(url=address).delete()
    if PushSubscription.objects.filter(user=user).count() >= MOST_SUBSCRIPTIONS:
        raise TooManySubscriptions
    return PushSubscription.objects.create(
        user=user, url=address, p256dh=p256dh, auth=auth, device=device, language=language
    )


def remove_subscription(*, subscription: PushSubscription) -> None:
    """Delete the subscription: its browser is told nothing more."""
    subscription.delete()


def queue_notice(notice: Notice) -> None:
    """Queue a message to each of the person's browsers; the caller is in a transaction."""
    for pk in PushSubscription.objects.filter(user=notice.user_id).values_list("pk", flat=True):
        send_on_commit("accounts.push.tasks.push_notice", notice.pk, pk)
