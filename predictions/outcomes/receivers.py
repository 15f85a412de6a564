"""Delete outcomes when consent to them is withdrawn, and show in the metrics how often intervals hold."""

from typing import Any

from django.dispatch import receiver

from accounts.linked.services import wait_for_writers
from accounts.models import Notice
from accounts.telling.services import withdraw_kinds
from predictions.models import Outcome
from predictions.outcomes.selectors import coverage
from privacy.consent.services import consent_withdrawn
from privacy.purposes import Purpose
from telemetry.service_levels import gauges

OF_OUTCOMES = (Notice.Kind.RESULT, Notice.Kind.FAR_OFF, Notice.Kind.WEEKLY_REPORT)
"""Notices that hold comparisons."""


@receiver(consent_withdrawn)
def erase_outcomes(user_id: int, purpose: Purpose, **_: Any) -> None:
    if purpose == Purpose.OUTCOMES:
        wait_for_writers(user_id)
        Outcome.objects.filter(prediction__account__user=user_id).delete()
        withdraw_kinds(user_id=user_id, kinds=OF_OUTCOMES)


gauges.counted("coverage", coverage)
