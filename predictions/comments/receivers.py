"""Delete comments when consent to keeping texts is withdrawn."""

from typing import Any

from django.dispatch import receiver

from accounts.linked.services import wait_for_writers
from predictions.models import DraftComment
from privacy.consent.services import consent_withdrawn
from privacy.purposes import Purpose


@receiver(consent_withdrawn)
def erase_comments(user_id: int, purpose: Purpose, **_: Any) -> None:
    """Delete the comments on the person's drafts, whoever wrote them."""
    if purpose == Purpose.DRAFTS:
        wait_for_writers(user_id)
        DraftComment.objects.filter(draft__account__user=user_id).delete()
