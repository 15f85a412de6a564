"""A consent that ends takes the kept answers with it: they may hold what it allowed to keep."""

from typing import Any

from django.dispatch import receiver

from privacy.consent.services import consent_withdrawn
from telemetry.idempotency.services import forget_answers


@receiver(consent_withdrawn)
def forget_at_withdrawal(user_id: int, **_: Any) -> None:
    """Delete the person's kept answers, in the transaction of the withdrawal."""
    forget_answers(user_id=user_id)
