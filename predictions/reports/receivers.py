"""Delete people's own words when consent to keeping texts is withdrawn, and set the gauges when Prometheus scrapes."""

from typing import Any

from django.dispatch import receiver

from accounts.linked.services import wait_for_writers
from predictions.models import SuggestionReport
from predictions.reports.metrics import show_suggestions
from privacy.consent.services import consent_withdrawn
from privacy.purposes import Purpose
from telemetry.signals import metrics_scraped


@receiver(consent_withdrawn)
def erase_words(user_id: int, purpose: Purpose, **_: Any) -> None:
    if purpose == Purpose.DRAFTS:
        wait_for_writers(user_id)
        SuggestionReport.objects.filter(prediction__account__user=user_id).exclude(text="").update(text="")


@receiver(metrics_scraped)
def show_suggestions_when_scraped(**_: Any) -> None:
    show_suggestions()
