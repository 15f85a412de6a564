"""Delete people's own words when consent to keeping texts is withdrawn; verdicts and reasons stay.

The words were meant for staff, but the text of the consent promises that none is kept.
"""

from typing import Any

from django.dispatch import receiver

from accounts.linked.services import wait_for_writers
from predictions.models import Feedback
from privacy.consent.services import consent_withdrawn
from privacy.purposes import Purpose


@receiver(consent_withdrawn)
def erase_words(user_id: int, purpose: Purpose, **_: Any) -> None:
    if purpose == Purpose.DRAFTS:
        wait_for_writers(user_id)
        Feedback.objects.filter(prediction__account__user=user_id).exclude(text="").update(text="")
