"""Delete the texts of drafts when consent to keeping texts is withdrawn; what is planned stays."""

from typing import Any

from django.dispatch import receiver

from accounts.linked.services import wait_for_writers
from predictions.models import SavedDraft
from privacy.consent.services import consent_withdrawn
from privacy.purposes import Purpose


@receiver(consent_withdrawn)
def erase_texts(user_id: int, purpose: Purpose, **_: Any) -> None:
    if purpose == Purpose.DRAFTS:
        wait_for_writers(user_id)
        SavedDraft.objects.filter(account__user=user_id).update(caption="", variants=[])
