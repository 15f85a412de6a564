"""Signals that cancel an erasure, keep the service shut after a restore, or show in the metrics what is late."""

from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver

from privacy.consent.services import consent_given
from privacy.erasure import figures  # noqa: F401 - registers itself
from privacy.erasure.inactivity import cancel_if_void
from privacy.erasure.restores.replay import reason_to_stay_shut
from privacy.erasure.selectors import erasures_on_time
from telemetry.service_levels import gauges
from telemetry.signals import readiness_asked


@receiver(readiness_asked)
def keep_erased_out(**_: Any) -> str:
    """Report a restored backup that would serve people who were erased since."""
    return reason_to_stay_shut()


@receiver(user_logged_in)
def cancel_on_sign_in(user: Any, **_: Any) -> None:
    """Cancel an erasure for inactivity."""
    cancel_if_void(user_id=user.pk, signs_in=True)


@receiver(consent_given)
def cancel_on_consent(user_id: int, **_: Any) -> None:
    """Cancel an erasure for withdrawn consent."""
    cancel_if_void(user_id=user_id)


gauges.counted("erasures", erasures_on_time)
