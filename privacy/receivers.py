"""What privacy does when people sign in."""

from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.db import transaction
from django.dispatch import receiver

from privacy.tasks import extend_retention


@receiver(user_logged_in)
def keep_for_longer(user: Any, **_: Any) -> None:
    """In the background: it may be many rows."""
    transaction.on_commit(lambda: extend_retention.delay(user.pk), robust=True)
