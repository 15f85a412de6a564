"""Queue messages for the person's programs when they are told something."""

from typing import Any

from django.dispatch import receiver

from accounts import signals
from accounts.models import Notice
from accounts.webhooks.services import queue_notice


@receiver(signals.noticed)
def tell_programs(notice: Notice, **_: Any) -> None:
    """Queue them in the transaction of the notice."""
    queue_notice(notice)
