"""End links when consent to the service is withdrawn, and when an erasure begins."""

from typing import Any

from django.dispatch import receiver
from django.utils import timezone

from accounts.linked.services import wait_for_writers
from predictions.models import SharedLink
from privacy.consent.services import consent_withdrawn
from privacy.declarations.kinds import Subject
from privacy.erasure.hooks import on_stop
from privacy.purposes import Purpose


@receiver(consent_withdrawn)
def end_links(user_id: int, purpose: Purpose, **_: Any) -> None:
    """Revoke the person's links; without consent to keep texts, those that stay show no captions any more."""
    links = SharedLink.objects.filter(account__user=user_id)
    if purpose == Purpose.SERVICE:
        wait_for_writers(user_id)
        links.filter(revoked_at=None).update(revoked_at=timezone.now())
    elif purpose == Purpose.DRAFTS:
        wait_for_writers(user_id)
        links.filter(with_caption=True).update(with_caption=False)


@on_stop
def show_nothing(subject: Subject) -> None:
    """Revoke the links of the accounts that are erased: their rows may go later, as TikTok is waited for."""
    SharedLink.objects.filter(account__in=subject.account_ids, revoked_at=None).update(revoked_at=timezone.now())
