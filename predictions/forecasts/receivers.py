"""Delete drafts' texts when consent to keeping them is withdrawn; the forecasts stay."""

from typing import Any

from django.dispatch import receiver

from accounts.linked.services import wait_for_writers
from predictions.models import Prediction
from privacy.consent.services import consent_withdrawn
from privacy.purposes import Purpose


@receiver(consent_withdrawn)
def erase_drafts(user_id: int, purpose: Purpose, **_: Any) -> None:
    if purpose == Purpose.DRAFTS:
        wait_for_writers(user_id)
        Prediction.objects.filter(account__user=user_id).exclude(caption="").update(caption="")
