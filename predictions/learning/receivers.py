"""Learn an account when its posts or time zone change, delete forecast errors with the consent to learning, and show
in the metrics how fresh weights are."""

from datetime import datetime
from typing import Any

from django.dispatch import receiver

from accounts.linked.services import wait_for_writers
from accounts.signals import time_zone_chosen
from posts.ingest.signals import posts_changed
from predictions.learning.selectors import freshness_of_weights
from predictions.learning.tasks import enqueue_weights_update
from predictions.models import AccountWeights, ForecastError
from privacy.consent.services import consent_withdrawn
from privacy.purposes import Purpose
from telemetry.service_levels import gauges
from telemetry.signals import work_counted


@receiver([posts_changed, time_zone_chosen])
def learn_changed_account(account_id: int, **_: Any) -> None:
    """Enqueue the account. A lost signal does no harm: the sweep finds weights that are stale."""
    enqueue_weights_update(account_id)


@receiver(consent_withdrawn)
def erase_forecast_errors(user_id: int, purpose: Purpose, **_: Any) -> None:
    if purpose == Purpose.LEARNING:
        wait_for_writers(user_id)
        ForecastError.objects.filter(account__user=user_id).delete()


gauges.counted("weights", freshness_of_weights)


@receiver(work_counted)
def count_learned(since: datetime, **_: Any) -> dict[str, int]:
    """Return how many accounts were learned since then, each once, however often it was."""
    return {"learning": AccountWeights.objects.filter(as_of__gte=since).count()}
