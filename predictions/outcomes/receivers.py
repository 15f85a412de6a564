"""Delete outcomes when consent to them is withdrawn."""

from typing import Any

from django.dispatch import receiver

from accounts.linked.services import wait_for_writers
from predictions.models import Outcome
from privacy.consent.services import consent_withdrawn
from privacy.purposes import Purpose


@receiver(consent_withdrawn)
def erase_outcomes(user_id: int, purpose: Purpose, **_: Any) -> None:
    if purpose == Purpose.OUTCOMES:
        wait_for_writers(user_id)
        Outcome.objects.filter(prediction__account__user=user_id).delete()
