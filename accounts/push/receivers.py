"""Queue messages to the person's browsers when they are told something."""

from typing import Any

from django.dispatch import receiver

from accounts import signals
from accounts.models import Notice
from accounts.push import vapid
from accounts.push.services import queue_notice


@receiver(signals.noticed)
def tell_browsers(notice: Notice, **_: Any) -> None:
    """Queue them in the transaction of the notice."""
    if vapid.is_offered():
        queue_notice(notice)
