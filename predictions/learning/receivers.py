"""Learn an account when its posts or time zone change; delete forecast errors when consent to learning is withdrawn."""

from typing import Any

from django.dispatch import receiver

from accounts.linked.services import wait_for_writers
from accounts.signals import time_zone_chosen
from posts.ingest.signals import posts_changed
from predictions.learning.tasks import enqueue_weights_update
from predictions.models import ForecastError
from privacy.consent.services import consent_withdrawn
from privacy.purposes import Purpose


@receiver([posts_changed, time_zone_chosen])
def learn_changed_account(account_id: int, **_: Any) -> None:
    """Enqueue the account. A lost signal does no harm: the sweep finds weights that are stale."""
    enqueue_weights_update(account_id)


@receiver(consent_withdrawn)
def erase_forecast_errors(user_id: int, purpose: Purpose, **_: Any) -> None:
    if purpose == Purpose.LEARNING:
        wait_for_writers(user_id)
        ForecastError.objects.filter(account__user=user_id).delete()
