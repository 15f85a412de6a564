"""Keep accounts' styles up to date, and delete them, and texts that wait for staff, when consent is withdrawn."""

from functools import partial
from typing import Any

from django.db import transaction
from django.dispatch import receiver

from accounts.linked.services import wait_for_writers
from accounts.models import TikTokAccount
from predictions.captions.styles import NEEDED
from predictions.captions.tasks import enqueue_style
from predictions.learning.signals import weights_learned
from predictions.models import CaptionAppeal, CaptionStyle
from privacy.consent.services import consent_given, consent_withdrawn
from privacy.purposes import Purpose


@receiver(weights_learned)
def update_style(account_id: int, **_: Any) -> None:
    """Enqueue the account: its posts changed. A lost message costs nothing but time, as the writer works it out too."""
    enqueue_style(account_id)


@receiver(consent_given)
def update_styles(user_id: int, purpose: Purpose, **_: Any) -> None:
    """Enqueue the person's accounts once they agree to what a style needs."""
    if purpose in NEEDED - {Purpose.SERVICE}:
        for account_id in TikTokAccount.objects.filter(user=user_id).values_list("pk", flat=True):
            transaction.on_commit(partial(enqueue_style, account_id), robust=True)


@receiver(consent_withdrawn)
def erase_styles_and_texts(user_id: int, purpose: Purpose, **_: Any) -> None:
    """Delete what was derived from captions, and appeals whose text is still there."""
    if purpose in NEEDED - {Purpose.SERVICE}:
        wait_for_writers(user_id)
        CaptionStyle.objects.filter(account__user=user_id).delete()
    if purpose == Purpose.DRAFTS:
        CaptionAppeal.objects.filter(account__user=user_id, state=CaptionAppeal.State.OPEN).delete()
