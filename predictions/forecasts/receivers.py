"""Delete drafts' texts when consent to keeping them is withdrawn (the forecasts stay); count forecasts."""

from datetime import datetime
from typing import Any

from django.dispatch import receiver

from accounts.linked.services import wait_for_writers
from predictions.models import Prediction
from privacy.consent.services import consent_withdrawn
from privacy.purposes import Purpose
from telemetry.signals import work_counted


@receiver(consent_withdrawn)
def erase_drafts(user_id: int, purpose: Purpose, **_: Any) -> None:
    if purpose == Purpose.DRAFTS:
        wait_for_writers(user_id)
        Prediction.objects.filter(account__user=user_id).exclude(caption="").update(caption="")


@receiver(work_counted)
def count_forecasts(since: datetime, **_: Any) -> dict[str, int]:
    """Return how many forecasts were made since then. PostgreSQL skips through the index of version and time."""
    return {"forecast": Prediction.objects.filter(created_at__gte=since).count()}
